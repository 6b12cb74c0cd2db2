//! Agents' desktops behind, over newline-delimited JSON: who is let in, what one desktop may say, desktops that are cut, stuck
//! or hostile, and five hundred at once.

use std::net::SocketAddr;

use cti_bridge::{
    net::Running,
    sim::{desk::Desk, messages::short, relay::Relay},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::{USER_PASSWORD, event, hears, run, soon};

/// A bridge for so many agents' desktops, and a CTIPS application.
async fn office(agents: usize, more: &str) -> Running {
    let tokens: Vec<String> = (0..agents).map(|place| format!("{} = 'token-{place}'", 1040 + place)).collect();
    let text = format!(
        "[platform.desks]\ndialect = 'agent'\nlisten = '127.0.0.1:0'\nagents = {{ {} }}\n\
         service_groups = {{ Sales = 9 }}\n{more}\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
         platforms = ['desks']\n",
        tokens.join(", ")
    );
    run(&text).await
}

async fn application(running: &Running) -> Desk {
    let mut desk = Desk::start(running.applications[0]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    desk
}

async fn greet(bridge: SocketAddr, token: &str) -> Relay {
    let mut relay = Relay::connect(bridge).await.unwrap();
    relay.say(&json!({ "hello": "agent-relay", "version": 1, "token": token })).await.unwrap();
    relay
}

/// A desktop that has shown its agent: number 0 is agent 40.
async fn desktop(bridge: SocketAddr, place: usize) -> Relay {
    let mut relay = greet(bridge, &format!("token-{place}")).await;
    relay
        .say(&json!({ "type": "UserInformation", "UserInformation": { "RecordID": 40 + place,
            "LoginID": (1040 + place).to_string(), "ExtensionNumber": (4040 + place).to_string(), "LoggedOn": 1,
            "ReadyStatus": true } }))
        .await
        .unwrap();
    relay
}

async fn close_picture(relay: &mut Relay) {
    relay.say(&json!({ "type": "UserInformation" })).await.unwrap();
}

fn call(id: i64, state: i64) -> Value {
    json!({ "type": "OnCallEvent", "Call": { "ID": id, "State": state, "Incoming": true, "PhoneNumber": "5551234",
        "CallInfo": { "GroupName": "Sales", "QueueDuration": 5 } } })
}

/// The events until one comes, in short.
async fn until(desk: &mut Desk, last: &str) -> Vec<String> {
    let mut heard: Vec<String> = Vec::new();
    while heard.last().is_none_or(|event| !event.starts_with(last)) {
        heard.push(short(&event(desk).await));
    }
    heard
}

/// The last words that a peer hears.
async fn refused(mut relay: Relay) -> Value {
    let mut last = Value::Null;
    while let Ok(line) = soon("the end", relay.hear()).await {
        last = line;
    }
    last
}

#[tokio::test]
async fn two_desktops_are_one_platform_and_one_that_is_cut_comes_back() {
    let running = office(2, "").await;
    let bridge = running.platforms[0].unwrap();
    let mut desk = application(&running).await;
    let mut ann = desktop(bridge, 0).await;
    hears(&mut desk, &["AgentLoginStateChange a40 AgentLoggedIn", "AgentStateChange a40 Idle"]).await;
    let mut bob = desktop(bridge, 1).await;
    hears(&mut desk, &["AgentLoginStateChange a41 AgentLoggedIn", "AgentStateChange a41 Idle"]).await;
    close_picture(&mut ann).await;
    close_picture(&mut bob).await;
    ann.say(&call(900, 3)).await.unwrap();
    until(&mut desk, "AgentStateChange a40 Reserved").await;

    ann.say(&call(900, 6)).await.unwrap();
    let heard = until(&mut desk, "AgentStateChange a40 Active").await;
    assert!(heard.iter().any(|event| event.starts_with("CallEstablished 900")), "{heard:?}");

    let id = desk.ask("HoldCall", &[("AgentIdx", "40"), ("CallId", "900")]).await.unwrap();
    let asked = soon("a call", ann.hear()).await.unwrap();
    assert_eq!((asked["call"].as_str(), &asked["args"]), (Some("HoldActiveCall"), &json!({ "CallID": 900 })));
    ann.say(&json!({ "id": asked["id"], "hresult": 0, "out": { "Result": true } })).await.unwrap();
    ann.say(&call(900, 8)).await.unwrap();
    let held = event(&mut desk).await;
    assert_eq!((held["EventType"].as_str(), held["RequestId"].as_i64()), (Some("CallHeld"), Some(id)));

    // Cut, and back with the same call: nothing is told of it.
    drop(ann);
    let mut ann = desktop(bridge, 0).await;
    ann.say(&call(900, 8)).await.unwrap();
    close_picture(&mut ann).await;
    bob.say(&json!({ "type": "OnUserStatusUpdate", "UserInformation": { "ReadyStatus": false } })).await.unwrap();
    let heard = until(&mut desk, "AgentStateChange a41 NotReady").await;
    assert!(!heard.iter().any(|event| event.contains("900") || event.contains("Log")), "{heard:?}");

    // A newer connection takes the place of an older one.
    let mut newer = desktop(bridge, 0).await;
    assert_eq!(refused(ann).await, json!({ "error": "replaced by a newer connection" }));
    newer.say(&call(900, 11)).await.unwrap();
    until(&mut desk, "CallEnd 900").await;
}

#[tokio::test]
async fn a_desktop_that_stays_away_logs_its_agent_off_and_nobody_else() {
    let running = office(2, "link_grace = '50ms'").await;
    let bridge = running.platforms[0].unwrap();
    let mut desk = application(&running).await;
    let ann = desktop(bridge, 0).await;
    until(&mut desk, "AgentStateChange a40 Idle").await;
    let mut bob = desktop(bridge, 1).await;
    until(&mut desk, "AgentStateChange a41 Idle").await;
    drop(ann);
    hears(&mut desk, &["AgentLoginStateChange a40 AgentLoggedOut"]).await;
    bob.say(&call(900, 3)).await.unwrap();
    let heard = until(&mut desk, "AgentStateChange a41 Reserved").await;
    assert!(!heard.iter().any(|event| event.contains("Link")), "{heard:?}");
}

#[tokio::test]
async fn whoever_has_no_good_token_or_speaks_of_another_agent_harms_nobody() {
    let running = office(2, "").await;
    let bridge = running.platforms[0].unwrap();
    let mut desk = application(&running).await;
    let _first = desktop(bridge, 0).await;
    until(&mut desk, "AgentStateChange a40 Idle").await;

    for token in ["token-", "token-00", "", &"x".repeat(2000)] {
        assert_eq!(refused(greet(bridge, token).await).await, json!({ "error": "refused" }), "{token}");
    }
    // 64 KiB of nonsense, before the hello and after it.
    let mut stranger = TcpStream::connect(bridge).await.unwrap();
    let _ = stranger.write_all(&[b'x'; 64 << 10]).await;
    let _ = stranger.write_all(b"\n").await;
    let mut rest = Vec::new();
    let _ = soon("the end", stranger.read_to_end(&mut rest)).await;
    let mut foreign = greet(bridge, "token-1").await;
    foreign.say(&Value::String("x".repeat(60 << 10))).await.unwrap();
    for event in [
        json!({ "type": "OnApplicationClosed", "agent": 40 }),
        json!({ "type": "UserInformation", "UserInformation": { "RecordID": 40, "LoginID": "1041", "LoggedOn": 0 } }),
        json!({ "type": "UserInformation", "UserInformation": { "RecordID": 41, "LoginID": "1040", "LoggedOn": 1 } }),
        json!({ "type": "OnCallEvent", "agent": 40, "Call": { "ID": 900, "State": 6 } }),
    ] {
        foreign.say(&event).await.unwrap();
    }
    // A flood: the connection ends.
    let flood = "{\"pong\":1}\n".repeat(25_000);
    let _ = foreign.say(&json!({ "pong": 0 })).await;
    let mut flooding = TcpStream::connect(bridge).await.unwrap();
    flooding.write_all(b"{\"hello\":\"agent-relay\",\"version\":1,\"token\":\"token-1\"}\n").await.unwrap();
    let _ = flooding.write_all(flood.as_bytes()).await;
    let mut rest = Vec::new();
    let _ = soon("the end", flooding.read_to_end(&mut rest)).await;

    // All that may have taken so long that the first desktop was silent for too long.
    let mut ann = desktop(bridge, 0).await;
    close_picture(&mut ann).await;
    ann.say(&call(901, 3)).await.unwrap();
    let heard = until(&mut desk, "AgentStateChange a40 Reserved").await;
    assert!(heard.iter().all(|event| !event.contains("900") && !event.contains("a41")), "{heard:?}");
}

#[tokio::test]
async fn five_hundred_desktops_and_a_stuck_one() {
    const DESKTOPS: usize = 500;
    let running = office(DESKTOPS, "reply_timeout = '200ms'\nlink_grace = '10m'").await;
    let bridge = running.platforms[0].unwrap();
    let mut desk = application(&running).await;
    let mut stuck = None;
    for place in 0..DESKTOPS {
        let mut relay = desktop(bridge, place).await;
        close_picture(&mut relay).await;
        relay.say(&call(900 + place as i64, 6)).await.unwrap();
        if place == 0 {
            // It reads nothing and answers nothing.
            stuck = Some(relay);
            continue;
        }
        tokio::spawn(async move {
            while let Ok(asked) = relay.hear().await {
                let done = json!({ "id": asked["id"], "hresult": 0, "out": { "Result": true } });
                relay.say(&done).await.unwrap();
                relay.say(&call(asked["args"]["CallID"].as_i64().unwrap(), 8)).await.unwrap();
            }
        });
    }
    let mut active = 0;
    while active < DESKTOPS {
        active += usize::from(short(&event(&mut desk).await).ends_with(" Active"));
    }
    let mut ids = Vec::new();
    for place in [0, 1, DESKTOPS - 1] {
        let (agent, number) = ((40 + place).to_string(), (900 + place).to_string());
        ids.push(desk.ask("HoldCall", &[("AgentIdx", &agent), ("CallId", &number)]).await.unwrap());
    }
    let (mut held, mut failed) = (0, false);
    while held < 2 || !failed {
        let event = event(&mut desk).await;
        held += usize::from(event["EventType"] == "CallHeld");
        let reason = event.to_string();
        let is_stuck = reason.contains("no answer in 0.2 s") || reason.contains("is not connected");
        failed |= event["RequestId"] == ids[0] && is_stuck;
    }
    drop(stuck);
}
