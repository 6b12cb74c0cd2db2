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
    assert!(metrics.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{metrics}");
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
        r#"cti_bridge_translation_seconds_bucket{le="0.00001",application="desk"}"#,
        r#"cti_bridge_delivery_seconds_count{application="desk"} "#,
        r#"cti_bridge_request_seconds_count{platform="mitel"} 1"#,
        r#"cti_bridge_open_requests{platform="mitel"} 0"#,
        r#"cti_bridge_last_message_age_seconds{platform="mitel"} 0"#,
        r#"cti_bridge_bound_used{section="platform.mitel",bound="max_calls"} 1"#,
        r#"cti_bridge_bound_limit{section="platform.mitel",bound="max_calls"} 10000"#,
        r#"cti_bridge_bound_used{section="application.desk",bound="sessions"} 1"#,
        r#"cti_bridge_bound_limit{section="application.desk",bound="queue"} 16384"#,
        r#"cti_bridge_bound_used{section="application.desk",bound="connections"} "#,
        r#"cti_bridge_bound_limit{section="admin",bound="connections"} 64"#,
        // Counters are there before anything is counted.
        r#"cti_bridge_messages_in_total{platform="mitel",message="conferenced"} 0"#,
        r#"cti_bridge_refused_total{platform="mitel",reason="full"} 0"#,
        r#"cti_bridge_sessions_lost_total{application="desk",cause="heartbeat"} 0"#,
        r#"cti_bridge_disconnects_total{platform="mitel"} 0"#,
        "cti_bridge_build_info{version=",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    let open = request(admin, "GET", "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n").await;
    assert!(open.to_lowercase().contains("content-type: application/openmetrics-text") && open.ends_with("# EOF\n"));
    let head = request(admin, "HEAD", "/metrics", "").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    for secret in [PASSWORD, USER_PASSWORD, "5551234", "gold", "SALE", desk.session.as_str()] {
        assert!(!metrics.contains(secret), "{secret} is shown");
    }
    world.line.close().await.unwrap();
    soon("LinkStatus", async { while short(&event(&mut desk).await) != "LinkStatus Down" {} }).await;
    let ready = get(admin, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("not connected: mitel"), "{ready}");
    let ready = get(admin, "/readyz?platform=mitel").await;
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("not connected: mitel"), "{ready}");
    let unknown = get(admin, "/readyz?platform=mittel").await;
    assert!(unknown.starts_with("HTTP/1.1 404") && unknown.contains("there are mitel"), "{unknown}");
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
        r#"cti_bridge_notices_total{section="platform.mitel",event="bound_reached",sort="max_agents: agents are left out"} 2"#,
        r#"event="bound_reached",sort="max_calls or max_memory: live calls were ended to make room"} 3"#,
        r#"event="bound_reached",sort="max_services: services are left out"}"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}
