//! The table of routes, row by row.

use cti_bridge::mapping::Literal;
use serde_json::json;

use super::{
    service::Mood,
    world::{Site, World},
};

const ASKED: &str = "RouteRequest 900";

#[test]
fn a_service_is_used_once_the_request_is_taken_and_the_request_lives_as_long_as_the_call() {
    let mut world = World::new();
    world.call(900).service_for(5, 900, "30");
    world.shows(&[ASKED, "RouteUsed 900 RouteSuccess RouteToService 30 #5"], &["add"]);
    let added = world.last_added().clone();
    assert_eq!((&added["ServiceGroupID"], &added["ForceToPreferredAgent"]), (&json!(9), &json!(false)));
    assert_eq!(added["PrivateData"], "guid-900;vip");
    let info = json!([
        { "Label": "ANI", "Data": "5551234" }, { "Label": "DNIS", "Data": "800" }, { "Label": "101", "Data": "gold" },
    ]);
    assert_eq!(added["IVRInfo"], info);
    assert_eq!(world.service.users.last().unwrap(), &["admin", "secret"]);
    world.pass(600).shows(&[], &[]);
    world.service_for(6, 900, "30").shows(&["RouteReject 900 CallAlreadyRouted #6"], &[]);
    world.ends(900).shows(&[], &["cancel 1001 though allocated"]);
    assert_eq!(world.routes(), (0, 0));
}

#[test]
fn where_the_table_is_silent_a_service_has_the_same_number() {
    let mut world = World::new();
    world.call(900).service_for(5, 900, "12");
    assert_eq!(world.last_added()["ServiceGroupID"], 12);
}

#[test]
fn an_agent_is_used_when_that_agent_has_the_request() {
    for status in ["Allocated", "Handling", "Complete"] {
        let mut world = World::new();
        world.agent(1001, "77").call(900).feed(
            "queued",
            900,
            json!({ "queued-group-internal-id": 30, "queued-group-type": 4 }),
        );
        world.agent_for(5, 900, "77").shows(&[ASKED], &["add", "look-up 1001"]);
        let added = world.last_added().clone();
        assert_eq!((&added["ServiceGroupID"], &added["PreferredAgentLogonID"]), (&json!(9), &json!("77")));
        assert_eq!((&added["ForceToPreferredAgent"], &added["PreferredAgentID"]), (&json!(true), &json!(0)));
        world.pass(2).shows(&[], &[]).happens(1001, status, 40, "77").pass(1);
        world.shows(&["RouteUsed 900 RouteSuccess RouteToAgent 77 #5"], &[]);
    }
}

#[test]
fn an_agents_id_becomes_its_login_name_and_an_unknown_name_goes_as_it_is() {
    let mut world = World::at(&Site { knobs: vec![("group", Literal::Int(7))], ..Site::default() });
    world.agent(1001, "77").call(900).agent_for(5, 900, "1001");
    let added = world.last_added();
    assert_eq!(
        (&added["PreferredAgentLogonID"], &added["ServiceGroupID"]),
        (&json!("77"), &json!(7)),
        "the site's own group"
    );
    world.call(901).agent_for(6, 901, "somebody");
    assert_eq!(world.last_added()["PreferredAgentLogonID"], "somebody");
}

#[test]
fn the_record_id_is_said_only_where_a_platform_of_micc_shows_it() {
    let mut world = World::at(&Site { knobs: vec![("group", Literal::Int(7))], ..Site::default() });
    world.agent(1001, "77");
    let services = json!({ "ServiceGroupList": "9", "NumberOfServiceGroups": 1, "VoiceReady": 1 });
    let mut logon = json!({ "type": 1, "RecID": 40, "LogonID": "77", "DN": "4077", "Name": "Ann" });
    logon.as_object_mut().unwrap().extend(services.as_object().unwrap().clone());
    world.ccas(&logon);
    world.call(900).agent_for(5, 900, "77");
    let added = world.last_added();
    assert_eq!((&added["PreferredAgentID"], &added["PreferredAgentLogonID"]), (&json!(40), &json!("77")));
    // Without a log-on id in the status the record id tells who it is.
    world.happens(1001, "Allocated", 40, "").pass(1);
    world.tells(&[ASKED, "RouteUsed 900 RouteSuccess RouteToAgent 77 #5"]);
}

#[test]
fn an_agent_who_has_no_service_to_go_through_fails_with_what_is_missing() {
    let mut world = World::new();
    world.call(900).agent_for(5, 900, "77");
    let lacks = "media (MiCC Enterprise Open Media Service) needs a service group: the call has no service, and `rules = { group = … }` of the platform names none";
    world.shows(&[ASKED, &format!("RouteRequestFailed 900 RequestFailed {lacks} #5")], &[]);
}

/// An agent was asked for, and the service has it as 1001.
fn waiting() -> World {
    let mut world = World::at(&Site { knobs: vec![("group", Literal::Int(7))], ..Site::default() });
    world.agent(1001, "77").call(900).agent_for(5, 900, "77");
    world.shows(&[ASKED], &["add", "look-up 1001"]);
    world
}

#[test]
fn another_agent_is_no_route() {
    let mut world = waiting();
    world.happens(1001, "Allocated", 41, "78").pass(1);
    world.shows(&["RouteReject 900 NoRouteToDestination #5"], &["cancel 1001 though allocated"]);
    // Another may be tried until the time is up.
    world.service_for(6, 900, "30").shows(&["RouteUsed 900 RouteSuccess RouteToService 30 #6"], &["add"]);
}

#[test]
fn whichever_application_selects_first_a_call_is_routed_once_and_all_are_told() {
    let mut world = World::at(&Site { applications: 2, ..Site::default() });
    world.call(900).mood(Mood::Hold).service_for(5, 900, "30").select_by(1, 6, 900, "RouteToAgent", "77");
    world.shows(&["RouteRequest 900", "RouteRequest 900", "RouteReject 900 CallAlreadyRouted #6"], &["add"]);
    let used = ["RouteUsed 900 RouteSuccess RouteToService 30 #5", "RouteUsed 900 RouteSuccess RouteToService 30"];
    world.let_go().shows(&used, &[]);
    world.select_by(1, 7, 900, "RouteToService", "30").shows(&["RouteReject 900 CallAlreadyRouted #7"], &[]);
    world.ends(900).shows(&[], &["cancel 1001 though allocated"]);
    // Where the first one's is refused, the other may select.
    world.call(901).mood(Mood::Refuse("ServiceGroupClosed")).service_for(8, 901, "30").mood(Mood::Accept);
    world.select_by(1, 9, 901, "RouteToService", "30").shows(
        &[
            "RouteRequest 901",
            "RouteRequest 901",
            "RouteReject 901 NoRouteToDestination #8",
            "RouteUsed 901 RouteSuccess RouteToService 30",
            "RouteUsed 901 RouteSuccess RouteToService 30 #9",
        ],
        &["add", "add"],
    );
}

#[test]
fn every_refusal_of_the_service_is_a_rejection() {
    for (status, reason) in [
        ("ServiceGroupClosed", "NoRouteToDestination"),
        ("InvalidServiceGroup", "NoRouteToDestination"),
        ("TenantDisabled", "NoRouteToDestination"),
        ("PreferredAgentLoggedOff", "NoRouteToDestination"),
        ("GeneralError", "UnknownReason"),
    ] {
        let mut world = World::new();
        world.mood(Mood::Refuse(status)).call(900).service_for(5, 900, "30");
        world.shows(&[ASKED, &format!("RouteReject 900 {reason} #5")], &["add"]);
        world.mood(Mood::Accept).service_for(6, 900, "30").tells(&["RouteUsed 900 RouteSuccess RouteToService 30 #6"]);
    }
}

#[test]
fn every_fault_fails_with_its_name_and_text() {
    for fault in [
        "InvalidUserFault",
        "NoLicenseFault",
        "RouterDisconnectedFault",
        "InvalidDataException",
        "InvalidDataFault",
        "InvalidOpenMediaIDFault",
        "OpenMediaRequestTerminatedFault",
    ] {
        let mut world = World::new();
        world.mood(Mood::Fault(fault, "not today")).call(900).service_for(5, 900, "30");
        world.shows(&[ASKED, &format!("RouteRequestFailed 900 RequestFailed {fault}: not today #5")], &["add"]);
        world.pass(20).tells(&["RouteUsed 900 RouteDefaultUsed RouteToDefault"]);
    }
}

#[test]
fn no_answer_fails_and_says_that_nobody_knows() {
    let mut world = World::new();
    world.mood(Mood::Lost("connection reset")).call(900).service_for(5, 900, "30");
    let unknown = "connection reset: whether the request was added is unknown";
    world.shows(&[ASKED, &format!("RouteRequestFailed 900 RequestFailed {unknown} #5")], &["add"]);
    let uncertain = "desk: whether the request for a route was added is unknown route=1 reason=\"connection reset\"";
    assert_eq!(world.notices, [uncertain]);
    // What cannot have been seen is known, and so is what was not let through.
    world.mood(Mood::Away("connection refused")).service_for(6, 900, "30");
    world.tells(&["RouteRequestFailed 900 RequestFailed connection refused #6"]);
    let mut world = World::new();
    world.mood(Mood::Html(404)).call(900).service_for(5, 900, "30");
    let refused = "the service answered with status 404 and no SOAP envelope";
    world.tells(&[ASKED, &format!("RouteRequestFailed 900 RequestFailed {refused} #5")]);
}

#[test]
fn an_answer_that_comes_too_late_is_cancelled() {
    let mut world = World::new();
    world.mood(Mood::Hold).call(900).service_for(5, 900, "30").pass(10);
    let unknown = "no answer in 10 s: whether the request was added is unknown";
    world.shows(&[ASKED, &format!("RouteRequestFailed 900 RequestFailed {unknown} #5")], &["add"]);
    world.let_go().shows(&[], &["cancel 1001 though allocated"]);
    assert!(world.service.live().is_empty());
}

#[test]
fn an_agent_who_does_not_get_it_in_time_does_not_get_it() {
    let mut world = waiting();
    world.pass(20);
    world
        .shows(&["RouteReject 900 RouteTimeout #5", "RouteUsed 900 RouteDefaultUsed RouteToDefault"], &["cancel 1001"]);
    assert!(world.service.live().is_empty());
    world.service_for(6, 900, "30").shows(&["RouteReject 900 CallAlreadyRouted #6"], &[]);
}

#[test]
fn a_service_that_does_not_say_whether_it_cancelled_is_not_waited_for() {
    let mut world = waiting();
    world.mood(Mood::Silent).pass(20).shows(&[], &[]).pass(1);
    world.tells(&["RouteReject 900 RouteTimeout #5", "RouteUsed 900 RouteDefaultUsed RouteToDefault"]);
}

#[test]
fn what_was_allocated_in_the_last_moment_is_looked_at_again() {
    for (login, told) in [
        ("77", &["RouteUsed 900 RouteSuccess RouteToAgent 77 #5"][..]),
        ("78", &["RouteReject 900 NoRouteToDestination #5", "RouteUsed 900 RouteDefaultUsed RouteToDefault"][..]),
    ] {
        let mut world = waiting();
        world.pass(19);
        // After the last poll.
        let due = world.bridge.deadline().unwrap();
        world.now = due;
        world.bridge.expire(due);
        world.happens(1001, "Allocated", 40, login).pass(1);
        world.tells(told);
        assert_eq!(world.service.live(), if login == "77" { vec![1001] } else { vec![] });
    }
}

#[test]
fn the_call_that_clears_first_takes_its_route_with_it() {
    let mut world = waiting();
    world.ends(900).shows(&["RouteReject 900 CallCleared #5"], &["cancel 1001 though allocated"]);
    assert_eq!(world.routes(), (0, 0));
    world.pass(60).shows(&[], &[]);
}

#[test]
fn the_platform_that_routes_the_call_itself_ends_the_selection_first() {
    let mut world = waiting();
    world.feed("routed", 900, json!({ "destination-internal-id": 12, "destination-type": 4 }));
    world.shows(
        &["RouteReject 900 CallAlreadyRouted #5", "RouteUsed 900 RouteDefaultUsed RouteToService 12"],
        &["cancel 1001 though allocated"],
    );
}

#[test]
fn a_request_that_the_service_gives_up_or_forgets_fails() {
    let mut world = waiting();
    world.happens(1001, "Failed", 0, "").pass(1);
    let failed = "Failed: the Open Media Service gave the request up";
    world.shows(&[&format!("RouteRequestFailed 900 RequestFailed {failed} #5")], &[]);
    world.pass(20).shows(&["RouteUsed 900 RouteDefaultUsed RouteToDefault"], &[]);
}

#[test]
fn the_default_is_the_platforms_own_and_nobody_can_dial_out() {
    let mut world = World::new();
    world.call(900).select(5, 900, "RouteToExternal", "0049123");
    world.service_for(6, 900, "nowhere").agent_for(7, 900, "");
    world.select(8, 900, "RouteToDefault", "");
    world.shows(
        &[
            ASKED,
            "RouteReject 900 NoRouteToDestination #5",
            "RouteReject 900 NoRouteToDestination #6",
            "RouteReject 900 NoRouteToDestination #7",
            "RouteUsed 900 RouteDefaultUsed RouteToDefault #8",
        ],
        &[],
    );
    world.call(901).pass(20).tells(&["RouteRequest 901", "RouteUsed 901 RouteDefaultUsed RouteToDefault"]);
    world.service_for(9, 999, "30").tells(&["RouteRequestFailed 999 InvalidCallId no such call is known #9"]);
}

#[test]
fn priorities_go_along_in_the_direction_that_the_site_has() {
    let table = |value: &str| json!({ "call-table": [{ "media": 1, "call-profile": [{ "id": 42, "value": "guid-900" }, { "id": 3, "value": value }] }] });
    for (given, highest_is_1, said) in
        [("7", true, 7), ("7", false, 94), ("100", false, 1), ("101", true, 0), ("0", true, 0), ("", true, 0)]
    {
        let knobs = vec![("priority-1-is-highest", Literal::Bool(highest_is_1))];
        let mut world = World::at(&Site { knobs, ..Site::default() });
        world.feed("route-request", 900, table(given)).service_for(5, 900, "30");
        assert_eq!(world.last_added()["SessionPriority"], said, "{given} {highest_is_1}");
        // Nothing else is known of the caller.
        assert_eq!(world.last_added()["IVRInfo"], json!([{ "Label": "GUID", "Data": "guid-900" }]));
    }
}

#[test]
fn what_is_too_long_is_cut_and_counted() {
    let mut world = World::new();
    let long = "ä".repeat(300);
    let table =
        json!({ "call-table": [{ "media": 1, "dnis": long, "call-profile": [{ "id": 42, "value": "guid-900" }] }] });
    world.feed("route-request", 900, table).service_for(5, 900, "30");
    assert_eq!(world.last_added()["IVRInfo"][0]["Data"], "ä".repeat(100));
    assert_eq!(world.bridge.platforms()[1].counts.cut, 1);
}
