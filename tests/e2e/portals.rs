//! A CTIPS platform behind, over HTTP: another bridge of this very program stands in for it, with an embedded feed behind
//! that one. In front are a CTIPS application and one that was written for the feed.

use cti_bridge::{
    net::Running,
    sim::{
        desk::Desk,
        feed::{FeedLine, FeedSim},
        messages::*,
        subscriber::Subscriber,
    },
};
use serde_json::{Value, json};

use crate::world::*;

const PORTAL: &str = "portal-pass-37";
/// For tests in which a portal goes away.
const SHORT: &str = "heartbeat_timeout = '3s'";
/// The applications, in the order of their names.
const CRM: usize = 0;
const DESK: usize = 1;

/// A portal, and the line by which its feed speaks.
struct Portal {
    line: FeedLine,
    running: Running,
}

impl Portal {
    async fn start(listen: &str, more: &str) -> Portal {
        let feed = FeedSim::start().await.unwrap();
        let text = format!(
            "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
             [application.portal]\ndialect = 'ctips'\nlisten = '{listen}'\nusers = {{ bridge = '{PORTAL}' }}\n\
             platforms = ['mitel']\nheartbeat = '500ms'\nmissed_heartbeats = 40\n{more}\n[admin]\nlisten = '127.0.0.1:0'\n",
            feed.address
        );
        let running = run(&text).await;
        let line = soon("the portal's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
        Portal { line, running }
    }

    fn url(&self) -> String {
        format!("http://{}/AgentCallService", self.running.applications[0])
    }

    async fn say(&mut self, message: Value) {
        self.line.say(&message).await.unwrap();
    }

    async fn ready(&mut self, id: i64) {
        self.say(login(id, 0)).await;
        self.say(agent("agent-idle", id, 0, json!({}))).await;
    }

    async fn metrics(&self) -> String {
        get(self.running.admin.unwrap(), "/metrics").await
    }
}

/// The bridge in front of portals.
async fn bridge(urls: &[String], more: &str) -> Running {
    let urls: Vec<String> = urls.iter().map(|url| format!("'{url}'")).collect();
    run(&format!(
        "[platform.aspect]\ndialect = 'ctips'\nurls = [{}]\ncallback = 'http://127.0.0.1:0/CTIEvents'\nuser = 'bridge'\n\
         password = '{PORTAL}'\nreconnect_min = '10ms'\nreconnect_max = '50ms'\n{more}\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
         platforms = ['aspect']\nsessions = 20\n\
         [application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ crm = '{USER_PASSWORD}' }}\n\
         platforms = ['aspect']\n[admin]\nlisten = '127.0.0.1:0'\n",
        urls.join(", ")
    ))
    .await
}

/// Once the platform is there.
async fn ready(running: &Running) {
    let admin = running.admin.unwrap();
    let wait = async { while !get(admin, "/readyz").await.starts_with("HTTP/1.1 200") {} };
    soon("the platform", wait).await;
}

async fn desk(running: &Running) -> Desk {
    let mut desk = Desk::start(running.applications[DESK]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    desk
}

/// Passes over events until this one.
async fn until(desk: &mut Desk, wanted: &str) -> Value {
    loop {
        let event = event(desk).await;
        if short(&event) == wanted {
            return event;
        }
    }
}

/// A portal with an agent, the bridge in front of it, and a desk that knows of the agent.
async fn office(profile: &str) -> (Portal, Running, Desk) {
    let mut portal = Portal::start("127.0.0.1:0", &format!("profile = '{profile}'\nsessions = 1")).await;
    let running = bridge(&[portal.url()], &format!("profile = '{profile}'")).await;
    ready(&running).await;
    let mut desk = desk(&running).await;
    portal.ready(1001).await;
    until(&mut desk, "AgentStateChange a1001 Idle").await;
    (portal, running, desk)
}

fn offered() -> Value {
    call("delivered", 900, 2, all(&[agent_device("alerting-device", 1001), outside("calling-device")]))
}

fn answered() -> Value {
    call("established", 900, 4, all(&[agent_device("joining-device", 1001), outside("calling-device")]))
}

#[tokio::test]
async fn calls_of_a_portal_are_told_to_applications_of_both_dialects_in_either_profile() {
    for profile in ["edk-2009-08", "guide"] {
        let (mut portal, running, mut desk) = office(profile).await;
        let log_on = Subscriber::log_on(running.applications[CRM], "crm", USER_PASSWORD);
        let mut crm = soon("a log-on", log_on).await.unwrap();
        soon("a reply", crm.subscribe(&[("call-activity", &["*"])])).await.unwrap();
        let queue = json!({ "queued-group-internal-id": 9, "queued-group-type": 4 });
        for said in [
            call("queued", 900, 1, queue),
            offered(),
            answered(),
            call("conn-cleared", 900, 9, agent_device("device-out", 1001)),
            agent("agent-wrap", 1001, 9, json!({ "call-id": 900, "guid": "guid-900" })),
            call("call-cleared", 900, 9, json!({})),
            agent("agent-idle", 1001, 12, json!({})),
        ] {
            portal.say(said).await;
        }
        let story = [
            "CallStarted 900",
            "CallOffered 900",
            "CallDelivered 900",
            "CallConnected 900 a1001",
            "AgentStateChange a1001 PendingActive",
            "CallEstablished 900 a1001",
            "AgentStateChange a1001 Active",
            "CallCleared 900 a1001 NearEnd",
            "AgentStateChange a1001 Wrap",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a1001 Idle",
        ];
        let events = hears(&mut desk, &story).await;
        let connected = &events[3];
        assert_eq!((&connected["CallInfo"]["ANI"], &connected["ServiceId"]), (&json!(5551234), &json!(9)), "{profile}");
        assert_eq!(connected["CallInfo"]["CallData"][0], json!({ "key": 101, "value": "gold" }), "{profile}");
        assert_eq!(connected["CallSequenceId"], json!(5900));
        for word in ["queued", "dequeued", "delivered", "established", "conn-cleared", "call-cleared", "wrap-ended"] {
            let heard = soon("a message", crm.hear()).await.unwrap();
            assert_eq!((&heard["message"], &heard["call-id"]), (&json!(word), &json!(900)), "{profile}");
        }
    }
}

#[tokio::test]
async fn requests_reach_the_portal_with_their_ids_and_what_comes_of_them_comes_back() {
    let (mut portal, running, mut desk) = office("edk-2009-08").await;
    portal.say(offered()).await;
    until(&mut desk, "AgentStateChange a1001 PendingActive").await;
    desk.ask("AcceptCall", &[("AgentIdx", "1001"), ("CallId", "900"), ("AcceptCall", "true")]).await.unwrap();
    let command = soon("a command", portal.line.hear()).await.unwrap();
    assert_eq!(
        (&command["sub-request-type"], &command["agent-id"], &command["call-id"], &command["request-id"]),
        (&json!("answer"), &json!(1001), &json!(900), &json!(1))
    );
    portal.line.answer(&command, 0, None).await.unwrap();
    portal.say(answered()).await;
    hears(&mut desk, &["CallEstablished 900 a1001 #1", "AgentStateChange a1001 Active"]).await;
    let outside =
        [("AgentIdx", "1001"), ("CallId", "-1"), ("DestinationType", "External"), ("DestinationAddress", "5")];
    desk.ask("MakeCall", &outside).await.unwrap();
    let failed = until(&mut desk, "CallRequestFailed -1 a1001 RequestFailed #2").await;
    let reason = failed["FailureReason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "mitel (Mitel Connect ONSITE event feed) has no command to make a call", "the portal's own");
    desk.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "NotReady")]).await.unwrap();
    let command = soon("a command", portal.line.hear()).await.unwrap();
    portal.line.answer(&command, -1, Some("not now")).await.unwrap();
    let failed = until(&mut desk, "AgentRequestFailed a1001 RequestFailed #3").await;
    assert_eq!(failed["FailureReason"], "not now");
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    assert!(metrics.contains("cti_bridge_posts_total{platform=\"aspect\",outcome=\"answered\"}"), "{metrics}");
    assert!(metrics.contains("cti_bridge_unposted{platform=\"aspect\"} 0"), "{metrics}");
}

#[tokio::test]
async fn a_route_that_the_portal_asks_for_is_selected_by_the_application() {
    let (mut portal, _running, mut desk) = office("edk-2009-08").await;
    portal.say(call("route-request", 901, 1, json!({}))).await;
    let request = until(&mut desk, "RouteRequest 901").await;
    assert_eq!(request["RouteTimeout"], 20, "the portal's time");
    let default = [("CallId", "901"), ("RouteActionType", "RouteToDefault"), ("RouteDestination", "")];
    desk.ask("RouteSelect", &default).await.unwrap();
    let used = until(&mut desk, "RouteUsed 901 RouteToDefault #1").await;
    assert_eq!(used["RouteStatus"], "RouteDefaultUsed");
    let agent = [("CallId", "901"), ("RouteActionType", "RouteToAgent"), ("RouteDestination", "1001")];
    desk.ask("RouteSelect", &agent).await.unwrap();
    until(&mut desk, "RouteRequestFailed 901 RequestFailed #2").await;
}

#[tokio::test]
async fn many_applications_share_one_session_of_the_portal() {
    let (mut portal, running, mut first) = office("edk-2009-08").await;
    let mut desks = Vec::new();
    for _ in 0..12 {
        desks.push(desk(&running).await);
    }
    portal.say(agent("agent-release", 1001, 3, json!({ "release-code": 4 }))).await;
    for desk in desks.iter_mut().chain([&mut first]) {
        until(desk, "AgentStateChange a1001 NotReady").await;
    }
    assert!(portal.metrics().await.contains("cti_bridge_sessions{application=\"portal\"} 1"));
}

#[tokio::test]
async fn a_portal_that_is_restarted_or_replaced_is_found_again_and_told_by_its_differences() {
    // Nobody else listens at this address: its port stays free until it is back.
    let mut portal = Portal::start("127.0.0.2:0", "").await;
    let running = bridge(&[portal.url()], SHORT).await;
    ready(&running).await;
    let mut desk = desk(&running).await;
    portal.ready(1001).await;
    until(&mut desk, "AgentStateChange a1001 Idle").await;
    let listen = portal.running.applications[0].to_string();
    assert!(portal.running.stop().await);
    until(&mut desk, "LinkStatus Down").await;
    let mut portal = Portal::start(&listen, "").await;
    until(&mut desk, "LinkStatus Up").await;
    // The portal knows nothing of the agent until its feed says so.
    until(&mut desk, "AgentLoginStateChange a1001 AgentLoggedOut").await;
    portal.ready(1001).await;
    until(&mut desk, "AgentStateChange a1001 Idle").await;
    assert!(running.stop().await);
    let closed = async { while !portal.metrics().await.contains("cti_bridge_sessions{application=\"portal\"} 0") {} };
    soon("the end of the session", closed).await;
}

#[tokio::test]
async fn the_second_portal_takes_over_from_the_first() {
    let mut second = Portal::start("127.0.0.1:0", "").await;
    second.ready(1001).await;
    let first = Portal::start("127.0.0.1:0", "").await;
    let running = bridge(&[first.url(), second.url()], SHORT).await;
    ready(&running).await;
    let mut desk = desk(&running).await;
    // A request that is on its way would show that it is gone before the portal says so.
    let shown = "cti_bridge_requests_in_total{application=\"portal\",message=\"Snapshot\"} 3";
    soon("the snapshot's end", async { while !first.metrics().await.contains(shown) {} }).await;
    assert!(first.running.stop().await);
    until(&mut desk, "LinkStatus Down").await;
    until(&mut desk, "LinkStatus Up").await;
    until(&mut desk, "AgentStateChange a1001 Idle").await;
}

#[tokio::test]
async fn the_callback_offers_its_wsdl_and_nothing_but_its_path() {
    let (_portal, running, _desk) = office("guide").await;
    let callback = running.platforms[0].unwrap();
    let wsdl = get(callback, "/CTIEvents?wsdl").await;
    assert!(wsdl.contains("<wsdl:portType name=\"IPublishCTIEvents\">") && wsdl.contains("HeartbeatMessage"), "{wsdl}");
    let schema = get(callback, "/CTIEvents?xsd=xsd1").await;
    assert!(schema.contains("CallConnectedEvent"), "{schema}");
    assert!(get(callback, "/").await.starts_with("HTTP/1.1 404"));
    assert!(get(callback, "/CTIEventsX?wsdl").await.starts_with("HTTP/1.1 404"));
}
