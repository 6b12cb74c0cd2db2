//! What clients have done: adding, cancelling, diverting, modifying, options.

use cti_bridge::sim::media::router::State;
use serde_json::json;

use super::{request, world};

#[test]
fn a_request_goes_from_the_queue_to_an_agent_to_its_end() {
    let mut world = world();
    let added = world.ask("AddRequest", request(9)).unwrap();
    let id = added["OpenMediaID"].as_i64().unwrap();
    assert_eq!(added, json!({ "RequestStatus": "Success", "OpenMediaID": id, "QueuePosition": 1, "EWT": 0 }));
    let second = world.ask("AddRequest", request(9)).unwrap();
    assert_eq!((&second["QueuePosition"], &second["EWT"]), (&json!(2), &json!(5)));

    let queued = world.status(id);
    assert_eq!(
        (&queued["ID"], &queued["Status"], &queued["ServiceGroupID"], &queued["QueuePosition"], &queued["AgentID"]),
        (&json!(id), &json!("Queued"), &json!(9), &json!(1), &json!(0))
    );
    world.set(id, State::Allocated, Some("anna"));
    let allocated = world.status(id);
    assert_eq!(
        (&allocated["Status"], &allocated["AgentID"], &allocated["LogonID"]),
        (&json!("Allocated"), &json!(501), &json!("anna"))
    );
    assert_eq!((&allocated["TenantID"], &allocated["QueuePosition"]), (&json!(1), &json!(0)));
    // The one behind has moved up: its status shows it, though nothing happened to it.
    assert_eq!(world.status(id + 1)["QueuePosition"], 1);

    world.set(id, State::Handling, None);
    assert_eq!(world.status(id)["LogonID"], "anna");
    world.set(id, State::Completed, None);
    let completed = world.status(id);
    assert_eq!((&completed["Status"], &completed["AgentID"]), (&json!("Completed"), &json!(501)));
}

#[test]
fn what_the_service_refuses_is_an_answer_with_its_status() {
    let mut world = world();
    let mut status = |members: serde_json::Value| {
        let mut asked = request(9);
        asked.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let answer = world.ask("AddRequest", asked).unwrap();
        assert_eq!(answer["OpenMediaID"] == 0, answer["RequestStatus"] != "Success");
        answer["RequestStatus"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(json!({ "ServiceGroupID": 99 })), "InvalidServiceGroup");
    assert_eq!(status(json!({ "ServiceGroupID": 0, "ServiceGroupName": "Sales", "TenantID": 1 })), "Success");
    assert_eq!(
        status(json!({ "ServiceGroupID": 0, "ServiceGroupName": "Sales", "TenantID": 2 })),
        "InvalidServiceGroup"
    );
    assert_eq!(status(json!({ "PreferredAgentLogonID": "anna", "ForceToPreferredAgent": true })), "Success");
    world.office.router.agents[0].logged_on = false;
    let forced = json!({ "PreferredAgentID": 501, "ForceToPreferredAgent": true });
    let mut asked = request(9);
    asked.as_object_mut().unwrap().extend(forced.as_object().unwrap().clone());
    assert_eq!(world.ask("AddRequest", asked).unwrap()["RequestStatus"], "PreferredAgentLoggedOff");
    world.office.router.groups.get_mut(&9).unwrap().open = false;
    assert_eq!(world.ask("AddRequest", request(9)).unwrap()["RequestStatus"], "ServiceGroupClosed");
    world.office.router.disabled_tenants.push(1);
    assert_eq!(world.ask("AddRequest", request(10)).unwrap()["RequestStatus"], "TenantDisabled");
}

#[test]
fn cancelling_depends_on_who_has_the_request() {
    let mut world = world();
    let cancel = |id: i64, if_allocated: bool| json!({ "OpenMediaID": id, "CancelIfAllocated": if_allocated, "DoNotReport": false });
    let (queued, allocated, handled) = (world.add(9), world.add(9), world.add(9));
    world.set(allocated, State::Allocated, Some("anna"));
    world.set(handled, State::Allocated, Some("bert"));
    world.set(handled, State::Handling, None);

    assert_eq!(world.ask("CancelRequest", cancel(queued, false)).unwrap(), true);
    assert_eq!(world.status(queued)["Status"], "Cancelled");
    assert_eq!(world.ask("CancelRequest", cancel(allocated, false)).unwrap(), false, "an agent has it");
    assert_eq!(world.status(allocated)["Status"], "Allocated");
    assert_eq!(world.ask("CancelRequest", cancel(allocated, true)).unwrap(), true);
    assert_eq!(world.status(allocated)["Status"], "Cancelled");
    assert_eq!(world.ask("CancelRequest", cancel(handled, true)).unwrap(), true);
    assert_eq!(world.status(handled)["Status"], "Completed", "an answered one counts as completed");

    assert_eq!(world.fault("CancelRequest", cancel(queued, true)), "OpenMediaRequestTerminatedFault");
    assert_eq!(world.fault("CancelRequest", cancel(77, true)), "InvalidOpenMediaIDFault");
    let asked: Vec<_> = world.office.heard.iter().filter(|heard| heard.operation == "CancelRequest").collect();
    assert_eq!(asked.len(), 4, "what is over or unknown never gets to the router");
}

#[test]
fn a_diverted_request_waits_in_the_other_group() {
    let mut world = world();
    let (id, later) = (world.add(9), world.add(10));
    world.set(id, State::Allocated, Some("anna"));
    let divert = |id: i64, group: i64| json!({ "OpenMediaID": id, "ServiceGroupID": group });
    assert_eq!(
        world.ask("DivertRequest", divert(id, 10)).unwrap(),
        json!({ "RequestStatus": "Success", "OpenMediaID": id })
    );
    let status = world.status(id);
    assert_eq!((&status["Status"], &status["ServiceGroupID"]), (&json!("Queued"), &json!(10)));
    assert_eq!((&status["QueuePosition"], &status["AgentID"]), (&json!(1), &json!(0)));
    assert_eq!(world.status(later)["QueuePosition"], 2);

    assert_eq!(world.ask("DivertRequest", divert(id, 99)).unwrap()["RequestStatus"], "InvalidServiceGroup");
    // The guide's 5, "invalid session ID": one that is unknown, and one that is over.
    assert_eq!(world.ask("DivertRequest", divert(77, 10)).unwrap()["RequestStatus"], "GeneralError");
    world.set(later, State::Failed, None);
    assert_eq!(world.ask("DivertRequest", divert(later, 9)).unwrap()["RequestStatus"], "GeneralError");
    assert_eq!(world.fault("DivertRequest", json!({ "OpenMediaID": id })), "InvalidDataException", "no group");
}

#[test]
fn data_is_replaced_and_added_while_the_request_waits() {
    let mut world = world();
    let id = world.add(9);
    let more = json!({
        "OpenMediaID": id, "PrivateData": "p",
        "IVRInfo": [{ "Label": "ANI", "Data": "999" }, { "Label": "DNIS", "Data": "800" }],
    });
    assert_eq!(world.ask("ModifyRequest", more.clone()).unwrap(), true);
    let given = &world.office.router.requests[&id].given;
    assert_eq!(given["IVRInfo"], json!([{ "Label": "ANI", "Data": "999" }, { "Label": "DNIS", "Data": "800" }]));
    assert_eq!(given["PrivateData"], "p");
    world.set(id, State::Allocated, Some("anna"));
    assert_eq!(world.ask("ModifyRequest", more.clone()).unwrap(), false, "an agent has it");
    world.set(id, State::Completed, None);
    assert_eq!(world.ask("ModifyRequest", more).unwrap(), false, "it is over");
}

#[test]
fn the_queue_is_ordered_by_priority_and_by_since_when_one_waits() {
    let mut world = world();
    let mut add = |members: serde_json::Value| {
        let mut asked = request(9);
        asked.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        world.ask("AddRequest", asked).unwrap()["OpenMediaID"].as_i64().unwrap()
    };
    let plain = add(json!({}));
    let low = add(json!({ "SessionPriority": 90 }));
    let high = add(json!({ "SessionPriority": 1 }));
    let old = add(json!({ "SessionPriority": 1, "QueueStartTime": "2026-11-20T09:00:00Z" }));
    let future = add(json!({ "QueueStartTime": "2036-11-20T09:00:00Z" }));
    let forced = add(json!({ "SessionPriority": 1, "PreferredAgentID": 502, "ForceToPreferredAgent": true }));
    let mut order = Vec::new();
    while let Some(id) = world.office.ready(world.now, "anna", &[9]) {
        order.push(id);
    }
    // The start of waiting counts before the priority, and one that is to come counts not at all.
    assert_eq!(order, [high, low, old, plain, future]);
    assert_eq!(world.office.ready(world.now, "bert", &[9]), Some(forced));
}

#[test]
fn options_and_groups_are_asked_of_the_router() {
    let mut world = world();
    assert_eq!(world.ask("SetOptions", json!({ "TypeOfSession": 2, "CloseTabOptions": 4 })).unwrap(), true);
    assert_eq!(world.office.router.options[0]["CloseTabOptions"], 4);
    world.office.router.groups.get_mut(&10).unwrap().open = false;
    assert_eq!(
        world.ask("GetServiceGroupStatus", json!({ "serviceGroupID": 10 })).unwrap(),
        json!({ "ServiceGroupID": 10, "Open": false })
    );
    assert_eq!(world.fault("GetServiceGroupStatus", json!({ "serviceGroupID": 77 })), "InvalidDataException");
    for tenant in [1, -1] {
        let groups = world.ask("GetAllOpenMediaServiceGroupStatus", json!({ "tenantID": tenant })).unwrap();
        let group = |id: i64, open: bool| json!({ "ServiceGroupID": id, "Open": open });
        assert_eq!(groups["Status"], json!([group(9, true), group(10, false)]));
    }
    assert_eq!(world.fault("GetAllOpenMediaServiceGroupStatus", json!({ "tenantID": 7 })), "InvalidDataException");
}

#[test]
fn without_licence_or_router_everything_that_changes_is_refused() {
    let mut world = world();
    let id = world.add(9);
    world.office.router.unlicensed = true;
    assert_eq!(world.fault("AddRequest", request(9)), "NoLicenseFault");
    world.office.router.unlicensed = false;

    world.office.disconnect_router(world.now);
    for (operation, members) in [
        ("AddRequest", request(9)),
        ("SetOptions", json!({ "AllowDifferentTypes": 1 })),
        ("GetServiceGroupStatus", json!({ "serviceGroupID": 9 })),
        ("GetAllOpenMediaServiceGroupStatus", json!({ "tenantID": 1 })),
    ] {
        assert_eq!(world.fault(operation, members), "RouterDisconnectedFault", "{operation}");
    }
    assert_eq!(world.status(id)["Status"], "Failed", "what was open has failed");
    world.office.connect_router();
    world.add(9);
}
