//! The bridge is told to stop: sessions are told, queues drain, and whatever does not read does not hold it up.

use cti_bridge::sim::messages::*;

use crate::world::*;

#[tokio::test]
async fn sessions_are_told_and_what_waits_is_delivered() {
    let mut world = World::start().await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.say(call("established", 900, 4, answered)).await;
    let events = ["CallStarted 900", "CallOffered 900", "CallEstablished 900 a1001", "AgentStateChange a1001 Active"];
    hears(&mut desk, &events).await;
    let World { running, mut line, feed: _feed } = world;
    assert!(soon("the end", running.stop()).await, "in time");
    let told = ["CallCleared 900 a1001 NearEnd", "CallEnd 900", "CallCompleted 900", "LinkStatus Down"];
    hears(&mut desk, &told).await;
    assert!(soon("the feed's end", line.hear()).await.is_err(), "the feed's connection is closed");
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_not_waited_for_longer_than_the_grace_time() {
    let world = World::with(Extra { top: "shutdown_grace = '200ms'", ..Extra::default() }).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut desk = cti_bridge::sim::desk::Desk::start(world.running.applications[0]).await.unwrap();
    let (session, stream) = tokio::join!(desk.open_at(&url, "Test01", USER_PASSWORD), async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream
    });
    desk.session = session.unwrap();
    desk.register().await.unwrap();
    assert!(!soon("the end", world.running.stop()).await, "not everything could be delivered");
    drop(stream);
}
