//! How requests fare: histories, what came later, whose they are, and how long they are remembered.

use std::time::Duration;

use cti_bridge::{port::ApplicationConversation as _, sim::media::router::State};
use serde_json::{Value, json};

use super::{World, request, world};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn each_update_is_told_once_to_whoever_asks_from_the_last_time_on() {
    let mut world = world();
    let by_time = |world: &mut World, since: &Value| {
        let answer = world.ask("GetOpenMediaRequestsByTime", json!({ "retrieveLaterThan": since })).unwrap();
        (World::statuses(&answer), answer["TimeStamp"].clone())
    };
    let (nothing, start) = by_time(&mut world, &json!("0001-01-01T00:00:00"));
    assert_eq!((nothing, start.as_str()), (vec![], Some("2026-11-20T10:00:00.000Z")));
    // All in the same millisecond as the answer before: nothing is missed, and nothing told twice.
    let id = world.add(9);
    let (queued, first) = by_time(&mut world, &start);
    assert_eq!(queued, [(id, "Queued".to_owned())]);
    assert_eq!(by_time(&mut world, &first).0, []);
    world.set(id, State::Allocated, Some("anna"));
    world.set(id, State::Handling, None);
    let (both, second) = by_time(&mut world, &first);
    assert_eq!(both, [(id, "Allocated".to_owned()), (id, "Handling".to_owned())]);
    world.wait(MINUTE);
    world.set(id, State::Completed, None);
    assert_eq!(by_time(&mut world, &second).0, [(id, "Completed".to_owned())]);
    assert_eq!(by_time(&mut world, &start).0.len(), 4, "an earlier time has all of it again");
    // Other ways to write the same moment.
    let local = json!("2026-11-20T11:00:30+01:00");
    assert_eq!(by_time(&mut world, &local).0, [(id, "Completed".to_owned())]);
    assert_eq!(by_time(&mut world, &json!("2026-11-20T10:00:30.0000000")).0.len(), 1);
}

#[test]
fn a_history_has_the_place_at_the_time_and_a_status_the_place_of_now() {
    let mut world = world();
    let (first, id) = (world.add(9), world.add(9));
    world.set(first, State::Allocated, Some("anna"));
    assert_eq!(world.status(id)["QueuePosition"], 1);
    let history = |world: &mut World, since: &str| {
        let asked = json!({ "openMediaID": id, "retrieveLaterThan": since });
        world.ask("GetOpenMediaRequestHistoryByID", asked).unwrap()
    };
    let updates = history(&mut world, "2026-11-20T00:00:00Z");
    assert_eq!(World::statuses(&updates), [(id, "Queued".to_owned())]);
    assert_eq!(updates["OpenMediaRequests"][0]["QueuePosition"], 2);
    let all = world.ask("GetAllOpenMediaRequestStatus", json!({})).unwrap();
    assert_eq!(World::statuses(&all), [(first, "Allocated".to_owned()), (id, "Queued".to_owned())]);
    assert_eq!(all["OpenMediaRequests"][1]["QueuePosition"], 1);
    world.wait(MINUTE);
    world.set(id, State::Failed, None);
    assert_eq!(World::statuses(&history(&mut world, "2026-11-20T10:00:30Z")), [(id, "Failed".to_owned())]);
    assert_eq!(World::statuses(&history(&mut world, "2026-11-20T10:02:00Z")), []);
}

#[test]
fn requests_are_their_users_own() {
    let mut world = world();
    let id = world.add(9);
    let other = world.other.clone();
    for (operation, members, fault) in [
        ("GetOpenMediaRequestStatusByID", json!({ "openMediaID": id }), "InvalidOpenMediaIDFault"),
        ("GetOpenMediaRequestHistoryByID", json!({ "openMediaID": id }), "InvalidOpenMediaIDFault"),
        ("CancelRequest", json!({ "OpenMediaID": id }), "InvalidOpenMediaIDFault"),
        ("ModifyRequest", json!({ "OpenMediaID": id, "IVRInfo": [{ "Data": "x" }] }), "InvalidDataException"),
    ] {
        assert_eq!(world.call(&other, operation, members).unwrap_err().name, fault, "{operation}");
    }
    let diverted = world.call(&other, "DivertRequest", json!({ "OpenMediaID": id, "ServiceGroupID": 10 })).unwrap();
    assert_eq!(diverted["RequestStatus"], "GeneralError");
    for operation in ["GetOpenMediaRequestsByTime", "GetAllOpenMediaRequestStatus"] {
        assert_eq!(World::statuses(&world.call(&other, operation, json!({})).unwrap()), [], "{operation}");
    }
    let own = world.call(&other, "AddRequest", request(9)).unwrap()["OpenMediaID"].as_i64().unwrap();
    let all = world.call(&other, "GetAllOpenMediaRequestStatus", json!({})).unwrap();
    assert_eq!(World::statuses(&all), [(own, "Queued".to_owned())]);
    assert_eq!(world.status(id)["Status"], "Queued", "nobody touched it");
}

#[test]
fn what_is_over_is_forgotten_after_half_an_hour_and_what_is_open_never() {
    let mut world = world();
    let (over, open) = (world.add(9), world.add(9));
    world.set(over, State::Cancelled, None);
    world.wait(30 * MINUTE);
    assert_eq!(world.status(over)["Status"], "Cancelled");
    world.wait(Duration::from_millis(1));
    for operation in ["GetOpenMediaRequestStatusByID", "GetOpenMediaRequestHistoryByID"] {
        assert_eq!(world.fault(operation, json!({ "openMediaID": over })), "InvalidOpenMediaIDFault");
    }
    assert_eq!(world.fault("CancelRequest", json!({ "OpenMediaID": over })), "InvalidOpenMediaIDFault");
    let all = world.ask("GetOpenMediaRequestsByTime", json!({})).unwrap();
    assert_eq!(World::statuses(&all), [(open, "Queued".to_owned())], "the last update of what is open stays");
    assert_eq!(world.office.server.remembered(), Some(2), "still there, though nobody is shown it");
    world.wait(MINUTE);
    world.office.server.expire(world.now);
    assert_eq!(world.office.server.remembered(), Some(1));
    world.wait(100 * MINUTE);
    world.set(open, State::Completed, None);
    let history = world.ask("GetOpenMediaRequestHistoryByID", json!({ "openMediaID": open })).unwrap();
    assert_eq!(World::statuses(&history), [(open, "Completed".to_owned())], "its older updates have expired");
}

#[test]
fn after_a_restart_nothing_is_known() {
    let mut world = world();
    let id = world.add(9);
    world.office.restart();
    assert_eq!(world.fault("GetOpenMediaRequestStatusByID", json!({ "openMediaID": id })), "InvalidOpenMediaIDFault");
    assert_eq!(World::statuses(&world.ask("GetAllOpenMediaRequestStatus", json!({})).unwrap()), []);
    assert_ne!(world.add(9), id, "numbers go on");
}
