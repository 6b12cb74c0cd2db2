//! MiCC Enterprise behind, through its relay: who is let in, what applications hear, what reaches the methods, and what
//! happens when the relay goes and comes back.

use cti_bridge::sim::{
    ccas::{answered, delivered, established, logon},
    desk::Desk,
    messages::short,
    relay::Relay,
};
use serde_json::json;

use crate::{
    office::{Office, TOKEN, hear},
    stories::{story, tell},
    world::{USER_PASSWORD, event, hears, soon},
};

#[tokio::test]
async fn a_relay_without_the_token_is_told_so_and_closed() {
    let office = Office::start().await;
    let mut stranger = Relay::greet(office.running.platforms[0].unwrap(), "guess").await.unwrap();
    let refusal = soon("a refusal", stranger.hear()).await.unwrap();
    assert_eq!(refusal, json!({ "error": "the token is wrong" }));
    assert!(soon("the end", stranger.hear()).await.is_err());
}

#[tokio::test]
async fn a_call_of_a_service_group_is_told_to_a_feed_application_and_a_ctips_one() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let mut desk = Desk::start(office.running.applications[1]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();

    tell(&mut office, &mut crm, story("service-call")).await;
    hears(
        &mut desk,
        &[
            "CallStarted 900",
            "CallOffered 900",
            "CallDelivered 900",
            "AgentStateChange a40 Reserved",
            "CallConnected 900 a40",
            "AgentStateChange a40 PendingActive",
            "CallEstablished 900 a40",
            "AgentStateChange a40 Active",
            "CallCleared 900 a40 NearEnd",
            "AgentStateChange a40 Wrap",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a40 Idle",
            "AgentLoginStateChange a42 AgentLoggedIn",
        ],
    )
    .await;
}

#[tokio::test]
async fn commands_become_methods_and_what_they_answer_comes_back() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let release = json!({ "message": "command", "sub-request-type": "release", "agent-id": 40, "release-code": 7 });
    let id = crm.send(release.clone()).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!(call["call"], "SetVoiceNotReady");
    assert_eq!(call["args"], json!({ "lAgentRecID": 40, "lReason": 7 }));
    office.relay.answer(&call, None).await.unwrap();
    let reply = &hear(&mut crm, &["command"]).await[0];
    assert_eq!((reply["request-id"].as_i64(), reply["result"].as_i64()), (Some(id), Some(0)));
    office.say(json!({ "type": 4, "RecID": 40, "ReasonID": 7, "ReasonString": "Lunch" })).await;
    assert_eq!(hear(&mut crm, &["agent-release"]).await[0]["release-code"], 7);

    let id = crm.send(release).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    office.relay.answer(&call, Some("Agent is busy")).await.unwrap();
    let reply = &hear(&mut crm, &["command"]).await[0];
    assert_eq!((reply["request-id"].as_i64(), reply["error-msg"].as_str()), (Some(id), Some("Agent is busy")));
}

#[tokio::test]
async fn a_ctips_application_holds_a_call_that_ccas_has() {
    let mut office = Office::start().await;
    let mut desk = Desk::start(office.running.applications[1]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    office.say(delivered(40, 900, "5551234")).await;
    office.say(established(40, 900, "5551234")).await;
    while short(&event(&mut desk).await) != "CallEstablished 900 a40" {}
    hears(&mut desk, &["AgentStateChange a40 Active"]).await;
    let id = desk.ask("HoldCall", &[("AgentIdx", "40"), ("CallId", "900")]).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!(
        (call["call"].as_str(), &call["args"]),
        (Some("HoldCall"), &json!({ "lAgentRecID": 40, "lCallID": 900 }))
    );
    office.relay.answer(&call, None).await.unwrap();
    office.say(json!({ "type": 10, "RecID": 40, "CallID": 900, "OnHold": 0 })).await;
    let held = event(&mut desk).await;
    assert_eq!((held["EventType"].as_str(), held["RequestId"].as_i64()), (Some("CallHeld"), Some(id)));
}

#[tokio::test]
async fn a_relay_that_another_takes_the_place_of_ends_no_call() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    office.say(delivered(40, 900, "5551234")).await;
    office.say(established(40, 900, "5551234")).await;
    hear(&mut crm, &["delivered", "established", "agent-on-call"]).await;
    // A newer connection takes the place of the one before, which ends.
    let bridge = office.running.platforms[0].unwrap();
    let old = std::mem::replace(&mut office.relay, Relay::greet(bridge, TOKEN).await.unwrap());
    drop(old);
    // The platform's call and its agents are there as before.
    office.snapshot().await;
    office.say(json!({ "type": 10, "RecID": 40, "CallID": 900, "OnHold": 0 })).await;
    hear(&mut crm, &["held"]).await;
}

#[tokio::test]
async fn an_application_stays_connected_while_the_relay_is_lost_and_until_it_is_back() {
    let mut office = Office::with("link_grace = '50ms'").await;
    let mut crm = office.crm().await;
    for line in answered(800) {
        office.say(line).await;
    }
    let told = ["queued", "dequeued", "agent-reserved", "delivered", "established", "agent-on-call"];
    let last = hear(&mut crm, &told).await.pop().unwrap();
    office.relay.close().await.unwrap();
    let told = ["conn-cleared", "call-cleared", "agent-logout", "agent-logout"];
    let heard = hear(&mut crm, &told).await;
    assert!(heard[0]["sequence"].as_i64() > last["sequence"].as_i64(), "{heard:#?}");

    // Nobody is there who could do anything, which is said at once.
    let release = json!({ "message": "command", "sub-request-type": "release", "agent-id": 40, "release-code": 7 });
    let id = crm.send(release).await.unwrap();
    let reply = &hear(&mut crm, &["command"]).await[0];
    assert!(reply["request-id"] == id && reply["result"] == -1, "{reply}");
    assert!(reply["error-msg"].as_str().is_some_and(|reason| reason.contains("micc")), "{reply}");

    office.relay = Relay::greet(office.running.platforms[0].unwrap(), TOKEN).await.unwrap();
    office.snapshot().await;
    hear(&mut crm, &["agent-login", "agent-idle", "agent-login", "agent-idle"]).await;
    tell(&mut office, &mut crm, story("transfer")).await;
}

#[tokio::test]
async fn a_group_that_comes_with_the_link_is_added_once_as_reference_and_sample_have_it() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let reply = soon("a reply", crm.subscribe(&[("entity", &["group"])])).await.unwrap();
    assert_eq!(reply["result"], 0);
    office.relay = Relay::greet(office.running.platforms[0].unwrap(), TOKEN).await.unwrap();
    for (id, name) in [(10, "Support"), (11, "Orders")] {
        office.say(json!({ "type": 33, "RecID": id, "ServiceGroupPurpose": 0, "Name": name })).await;
    }
    let mut added = Vec::new();
    while added.last() != Some(&json!(["11", "Orders"])) {
        let message = soon("a message", crm.hear()).await.unwrap();
        if message["filter"] == "group" && message["update-type"] == "add" {
            let listed = &message["groups"][0];
            assert_eq!((&message["group-id"], &message["group-name"]), (&listed["group-id"], &listed["group-name"]));
            added.push(json!([message["group-id"], message["group-name"]]));
        }
    }
    assert_eq!(added, [json!(["10", "Support"]), json!(["11", "Orders"])], "the group that was there stayed");
}

#[tokio::test]
async fn phone_agents_are_asked_for_and_served_by_their_own_methods() {
    let mut office = Office::start().await;
    office.relay.phone_agents.push(40);
    let _crm = office.crm().await;
    let mut desk = Desk::start(office.running.applications[1]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    // The relay answers the bridge's questions while it waits for the first method: until then nothing is known of the
    // agents.
    for (agent, method) in [("40", "SetVoiceNotReady"), ("40", "SetPhoneAgentNotReady"), ("41", "SetVoiceNotReady")] {
        let members = [("AgentIdx", agent), ("NewState", "NotReady")];
        let id = soon("an answer", desk.ask("SetAgentState", &members)).await.unwrap();
        let call = soon("a call", office.relay.hear()).await.unwrap();
        assert_eq!(call["call"], method);
        if method == "SetPhoneAgentNotReady" {
            assert_eq!(call["args"], json!({ "bstrPIN": "1400", "lTenantID": -1, "lReasonID": 0 }));
        }
        soon("a reply", office.relay.answer(&call, Some("not now"))).await.unwrap();
        hears(&mut desk, &[&format!("AgentRequestFailed a{agent} RequestFailed #{id}")]).await;
    }
    // This agent has never been shown by CCAS.
    let stranger = [("AgentLoginName", "150"), ("StationId", "4050")];
    let id = soon("an answer", desk.ask("LoginAgent", &stranger)).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    let args = json!({ "bstrPIN": "1500", "bstrExtension": "4050", "lTenantID": -1, "lOASID": 1 });
    assert_eq!((&call["call"], &call["args"]), (&json!("LogonPhoneAgent"), &args));
    soon("a reply", office.relay.answer(&call, None)).await.unwrap();
    let mut shown = logon(50);
    shown["LogonID"] = "150".into();
    office.say(shown).await;
    let logged_on = format!("AgentLoginStateChange a50 AgentLoggedIn #{id}");
    hears(&mut desk, &[&logged_on, "AgentStateChange a50 Idle"]).await;
}
