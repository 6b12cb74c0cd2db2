//! Routes over loopback: an event feed behind, a CTIPS application in front, an embedded Open Media Service that finds agents;
//! and what a killed bridge leaves behind.

use cti_bridge::sim::{
    desk::Desk,
    feed::FeedSim,
    media::{MediaSim, Plan},
    messages::*,
};
use serde_json::json;

use crate::{daemon::Daemon, world::*};

pub fn settings(url: &str, store: &str) -> String {
    format!(
        "[platform.media]\ndialect = 'open-media'\nurl = '{url}'\nuser = 'admin'\npassword = 'secret'\npoll = '20ms'\n\
         reconnect_min = '20ms'\nreconnect_max = '50ms'\nservice_groups = {{ 30 = 9 }}\nrules = {{ group = 9 }}\n{store}"
    )
}

async fn office(media: &MediaSim) -> (World, Desk) {
    let platform = settings(&media.url(), "[admin]\nlisten = '127.0.0.1:0'");
    let extra = Extra {
        top: "store = ''",
        application: "routes = 'media'\nroute_timeout = '5s'",
        rest: &platform,
        ..Extra::default()
    };
    let world = World::with(extra).await;
    let desk = world.desk().await;
    (world, desk)
}

pub async fn select(desk: &mut Desk, call: i64, action: &str, destination: &str) -> i64 {
    let members = [("CallId", &*call.to_string()), ("RouteActionType", action), ("RouteDestination", destination)];
    desk.ask("RouteSelect", &members).await.unwrap()
}

/// The next event about a route, with its name, its status or reason, and the request.
async fn route_event(desk: &mut Desk) -> (String, String, i64) {
    loop {
        let event = event(desk).await;
        let name = event["EventType"].as_str().unwrap_or_default().to_owned();
        if name.starts_with("Route") && name != "RouteRequest" {
            let detail =
                ["RouteRejectReason", "FailureReason", "RouteStatus"].iter().find_map(|key| event[key].as_str());
            return (name, detail.unwrap_or_default().to_owned(), event["RequestId"].as_i64().unwrap_or(0));
        }
    }
}

fn told(name: &str, detail: &str, request: i64) -> (String, String, i64) {
    (name.to_owned(), detail.to_owned(), request)
}

#[tokio::test]
async fn calls_are_routed_through_the_service_and_given_up_with_their_calls() {
    let media = MediaSim::start().await.unwrap();
    let (mut world, mut desk) = office(&media).await;
    world.say(call("route-request", 900, 1, json!({}))).await;
    hears(&mut desk, &["CallStarted 900", "CallOffered 900", "RouteRequest 900"]).await;
    let request = select(&mut desk, 900, "RouteToAgent", "anna").await;
    let added = soon("a request", media.hear()).await;
    assert_eq!((added.operation.as_str(), &added.given["PrivateData"]), ("AddRequest", &json!("guid-900")));
    assert!(media.allocate(added.id, "anna"));
    assert_eq!(route_event(&mut desk).await, told("RouteUsed", "RouteSuccess", request));
    world.say(call("call-cleared", 900, 2, json!({}))).await;
    let cancelled = soon("a cancellation", media.hear()).await;
    let given = &cancelled.given;
    assert_eq!((cancelled.id, &given["CancelIfAllocated"]), (added.id, &json!(true)));
    let metrics = get(world.running.admin.unwrap(), "/metrics").await;
    for outcome in ["added", "used"] {
        let line = format!("cti_bridge_routes_total{{application=\"desk\",outcome=\"{outcome}\"}} 1");
        assert!(metrics.contains(&line), "{line} is missing in:\n{metrics}");
    }
    world.running.stop().await;
}

#[tokio::test]
async fn a_restarted_service_and_one_that_is_gone_fail_what_is_open() {
    // Nobody else listens at this address: whoever is asked once it is gone is nobody.
    let media = MediaSim::start_at("127.0.0.2:0".parse().unwrap(), &Plan::default()).await.unwrap();
    let (mut world, mut desk) = office(&media).await;
    world.say(call("route-request", 900, 1, json!({}))).await;
    hears(&mut desk, &["CallStarted 900", "CallOffered 900", "RouteRequest 900"]).await;
    let request = select(&mut desk, 900, "RouteToAgent", "anna").await;
    soon("a request", media.hear()).await;
    media.disconnect_router();
    let (name, reason, of) = route_event(&mut desk).await;
    assert_eq!((name.as_str(), of), ("RouteRequestFailed", request));
    assert!(reason.contains("Failed"), "{reason}");
    // What is asked of it now fails with the fault's name.
    let request = select(&mut desk, 900, "RouteToService", "30").await;
    let (name, reason, of) = route_event(&mut desk).await;
    assert_eq!((name.as_str(), of), ("RouteRequestFailed", request));
    assert!(reason.starts_with("RouterDisconnectedFault: "), "{reason}");
    // And once it is gone, with that.
    media.stop().await;
    let (name, ..) = route_event(&mut desk).await;
    assert_eq!(name, "RouteUsed", "the time is up");
    world.running.stop().await;
}

pub fn records(folder: &std::path::Path) -> String {
    format!("store = '{}'", folder.display())
}

/// The bridge is killed while a route is open; the next one cancels it, says so, and adds nothing.
#[tokio::test]
async fn what_a_killed_bridge_leaves_open_the_next_one_cancels_and_reports() {
    let media = MediaSim::start().await.unwrap();
    let feed = FeedSim::start().await.unwrap();
    let store = std::env::temp_dir().join(format!("cti-bridge-routes-{}", uuid::Uuid::new_v4()));
    let platform = settings(&media.url(), "");
    let extra = Extra { top: &records(&store), application: "routes = 'media'", rest: &platform, ..Extra::default() };
    let configuration = text(&feed.address.to_string(), &extra);
    let mut daemon = Daemon::start(&configuration);
    let mut line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
    let mut desk = Desk::start(daemon.address().await).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    line.say(&call("route-request", 900, 1, json!({}))).await.unwrap();
    hears(&mut desk, &["CallStarted 900", "CallOffered 900", "RouteRequest 900"]).await;
    let request = select(&mut desk, 900, "RouteToService", "30").await;
    let added = soon("a request", media.hear()).await;
    assert_eq!(route_event(&mut desk).await, told("RouteUsed", "RouteSuccess", request));
    // Records are written in order: where the next call's request is added, the number of the first one is on the disk.
    line.say(&call("route-request", 901, 1, json!({}))).await.unwrap();
    hears(&mut desk, &["CallStarted 901", "CallOffered 901", "RouteRequest 901"]).await;
    select(&mut desk, 901, "RouteToService", "30").await;
    assert_eq!(soon("another request", media.hear()).await.operation, "AddRequest");
    daemon.signal("-KILL");
    daemon.end().await;
    let mut next = Daemon::start(&configuration);
    let cancelled = async { while media.hear().await.id != added.id {} };
    soon("a cancellation", cancelled).await;
    next.line("an earlier run left a route open").await;
    assert_eq!((media.count("AddRequest"), media.count("CancelRequest") > 0), (2, true));
    drop(next);
    let _ = std::fs::remove_file(&store);
}

/// The folder of the records goes, and comes back: routes fail in between, and nothing needs a restart.
#[tokio::test]
async fn a_store_that_is_lost_is_said_and_works_again() {
    let media = MediaSim::start().await.unwrap();
    let folder = std::env::temp_dir().join(format!("cti-bridge-store-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let platform = settings(&media.url(), "[admin]\nlisten = '127.0.0.1:0'");
    let top = records(&folder.join("routes"));
    let extra = Extra { top: &top, application: "routes = 'media'", rest: &platform, ..Extra::default() };
    let mut world = World::with(extra).await;
    let mut desk = world.desk().await;
    let admin = world.running.admin.unwrap();
    let ready = async || get(admin, "/readyz").await;
    while !ready().await.starts_with("HTTP/1.1 200") {}
    std::fs::remove_dir_all(&folder).unwrap();
    world.say(call("route-request", 900, 1, json!({}))).await;
    hears(&mut desk, &["CallStarted 900", "CallOffered 900", "RouteRequest 900"]).await;
    let request = select(&mut desk, 900, "RouteToService", "30").await;
    let (name, reason, of) = route_event(&mut desk).await;
    assert_eq!((name.as_str(), of), ("RouteRequestFailed", request), "{reason}");
    assert_eq!(media.count("AddRequest"), 0, "nothing is asked for that is not recorded");
    let said = ready().await;
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("routes cannot be recorded: "), "{said}");
    std::fs::create_dir(&folder).unwrap();
    soon("readiness", async { while !ready().await.starts_with("HTTP/1.1 200") {} }).await;
    let request = select(&mut desk, 900, "RouteToService", "30").await;
    assert_eq!(soon("a request", media.hear()).await.operation, "AddRequest");
    assert_eq!(route_event(&mut desk).await, told("RouteUsed", "RouteSuccess", request));
    world.running.stop().await;
    let _ = std::fs::remove_dir_all(&folder);
}
