//! Health, readiness and metrics; and what never appears in them or in the logs.

use cti_bridge::sim::messages::*;
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn readiness_follows_the_platforms_and_metrics_count_by_name() {
    let mut world = World::with(Extra { rest: "[admin]\nlisten = '127.0.0.1:0'", ..Extra::default() }).await;
    let admin = world.running.admin.unwrap();
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    assert!(get(admin, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(admin, "/readyz").await.starts_with("HTTP/1.1 200"));
    world.line.raw(b"{\"message\":\"never-heard-of\"}\0{\0").await.unwrap();
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.say(call("established", 900, 4, answered)).await;
    world.say(call("call-cleared", 901, 4, json!({}))).await;
    world.say(other("group-stats", 4, json!({ "group-id": 9 }))).await;
    let events = ["CallStarted 900", "CallOffered 900", "CallEstablished 900 a1001", "AgentStateChange a1001 Active"];
    hears(&mut desk, &events).await;
    world.say(call("wrap-code", 900, 5, json!({ "agent-id": 1001, "wrapup-code-id": "SALE" }))).await;
    desk.ask("HoldCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    hears(&mut desk, &["CallRequestFailed 900 a1001 RequestFailed #1"]).await;
    let metrics = get(admin, "/metrics").await;
    for line in [
        r#"cti_bridge_messages_in_total{platform="mitel",message="established"} 1"#,
        r#"cti_bridge_messages_ignored_total{platform="mitel",message="group-stats"} 1"#,
        r#"cti_bridge_unknown_total{platform="mitel",what="message"} 1"#,
        r#"cti_bridge_refused_total{platform="mitel",reason="malformed"} 1"#,
        r#"cti_bridge_refused_total{platform="mitel",reason="unknown-call"} 1"#,
        r#"cti_bridge_refused_total{platform="mitel",reason="odd-code"} 1"#,
        r#"cti_bridge_rules_fired_total{platform="mitel",rule="established"} 1"#,
        r#"cti_bridge_messages_out_total{application="desk",message="CallEstablished"} 1"#,
        r#"cti_bridge_messages_published_total{application="desk",message="CallEstablished"} 1"#,
        r#"cti_bridge_requests_in_total{application="desk",message="HoldCall"} 1"#,
        r#"cti_bridge_sessions{application="desk"} 1"#,
        r#"cti_bridge_queue{application="desk",session="1"} 0"#,
        r#"cti_bridge_calls{platform="mitel"} 1"#,
        r#"cti_bridge_platform_connected{platform="mitel"} 1"#,
        "cti_bridge_translation_seconds_bucket",
        "cti_bridge_delivery_seconds_count",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    for secret in [PASSWORD, USER_PASSWORD, "5551234", "gold", "SALE", desk.session.as_str()] {
        assert!(!metrics.contains(secret), "{secret} is shown");
    }
    world.line.close().await.unwrap();
    soon("LinkStatus", async { while short(&event(&mut desk).await) != "LinkStatus Down" {} }).await;
    let ready = get(admin, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("not connected: mitel"), "{ready}");
    assert!(get(admin, "/healthz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_the_limits_of_a_platform_cost_is_counted_and_said() {
    let platform = "max_agents = 2\nmax_calls = 2\nmax_services = 1";
    let mut world = World::with(Extra { platform, rest: "[admin]\nlisten = '127.0.0.1:0'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    for id in 1001..1005 {
        world.say(login(id, 0)).await;
    }
    for number in 900..905 {
        let queued = json!({ "queued-group-internal-id": number - 891, "queued-group-type": 4 });
        world.say(call("queued", number, 4, queued)).await;
    }
    while short(&event(&mut desk).await) != "CallStarted 904" {}
    let metrics = get(world.running.admin.unwrap(), "/metrics").await;
    for line in [
        r#"cti_bridge_bounds_reached_total{platform="mitel",bound="agents"} 2"#,
        r#"cti_bridge_bounds_reached_total{platform="mitel",bound="calls-ended"} 3"#,
        r#"cti_bridge_notices_total{platform="mitel",event="bound_reached",sort="max_agents: agents are left out"} 2"#,
        r#"event="bound_reached",sort="max_calls or max_memory: live calls were ended to make room"} 3"#,
        r#"event="bound_reached",sort="max_services: services are left out"}"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}
