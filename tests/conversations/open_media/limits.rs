//! What is refused before anything is sent: users, lengths, counts, ranges.

use cti_bridge::sim::media::client::Client;
use serde_json::{Value, json};

use super::{request, world};

#[test]
fn every_operation_wants_a_user() {
    let operations = [
        "AddRequest",
        "CancelRequest",
        "DivertRequest",
        "ModifyRequest",
        "SetOptions",
        "GetOpenMediaRequestStatusByID",
        "GetOpenMediaRequestHistoryByID",
        "GetOpenMediaRequestsByTime",
        "GetAllOpenMediaRequestStatus",
        "GetServiceGroupStatus",
        "GetAllOpenMediaServiceGroupStatus",
    ];
    for (user, password) in [("web", "wrong"), ("nobody", ""), ("", ""), ("web", "mail-secret")] {
        let mut world = world();
        let stranger = Client::new(user, password);
        for operation in operations {
            let fault = world.call(&stranger, operation, json!({})).unwrap_err();
            assert_eq!(fault.name, "InvalidUserFault", "{operation} as {user:?}");
            assert!(!fault.message.contains("secret") && !fault.message.contains("wrong-"), "{}", fault.message);
        }
        assert!(world.office.heard.is_empty());
    }
}

/// A request that is beyond one limit, and just within it.
fn at_the_limit(label: &str, beyond: Value, within: Value) {
    let mut world = world();
    let with = |value: &Value| {
        let mut asked = request(9);
        asked[label] = value.clone();
        asked
    };
    let fault = world.ask("AddRequest", with(&beyond)).expect_err(label);
    assert_eq!(fault.name, "InvalidDataException", "{label}: {}", fault.message);
    assert!(fault.message.contains(label) || label == "IVRInfo", "{}", fault.message);
    assert!(world.office.heard.is_empty(), "{label}: nothing gets to the router");
    world.ask("AddRequest", with(&within)).expect(label);
    assert_eq!(world.office.heard.len(), 1);
}

#[test]
fn lengths_counts_and_ranges_are_the_guides() {
    let items = |count: usize| vec![json!({ "Label": "l", "Data": "d" }); count];
    at_the_limit("IVRInfo", items(4).into(), items(3).into());
    at_the_limit("IVRInfo", json!([{ "Label": "x".repeat(101) }]), json!([{ "Label": "x".repeat(100) }]));
    at_the_limit("IVRInfo", json!([{ "Data": "x".repeat(101) }]), json!([{ "Data": "ä".repeat(100) }]));
    at_the_limit("IVRInfo", json!([]), json!([{ "Data": "x" }]));
    at_the_limit("IVRInfo", json!([{ "Label": " ", "Data": "" }]), json!([{ "Label": "x" }]));
    at_the_limit("PrivateData", json!("x".repeat(256)), json!("x".repeat(255)));
    // Characters are counted as .NET does: these are two each.
    at_the_limit("PrivateData", json!("😀".repeat(128)), json!("😀".repeat(127)));
    at_the_limit("ServiceGroupName", json!("x".repeat(21)), json!("x".repeat(20)));
    at_the_limit("SessionPriority", json!(101), json!(100));
    at_the_limit("SessionPriority", json!(-1), json!(1));
    at_the_limit("TypeOfSession", json!(-1), json!(1));
}

#[test]
fn a_request_names_its_group() {
    let mut world = world();
    let without = json!({ "IVRInfo": [{ "Label": "x" }] });
    assert_eq!(world.fault("AddRequest", without), "InvalidDataException");
    let by_name = json!({ "IVRInfo": [{ "Label": "x" }], "TenantID": 1, "ServiceGroupName": "Support" });
    assert_eq!(world.ask("AddRequest", by_name).unwrap()["RequestStatus"], "Success");
}

#[test]
fn changes_are_checked_as_well() {
    let mut world = world();
    let id = world.add(9);
    let heard = world.office.heard.len();
    let modify = |id: i64, items: Value| json!({ "OpenMediaID": id, "IVRInfo": items });
    assert_eq!(world.fault("ModifyRequest", modify(id, json!([]))), "InvalidDataException");
    assert_eq!(world.fault("ModifyRequest", modify(id, json!([{ "Data": "x".repeat(101) }]))), "InvalidDataException");
    assert_eq!(world.fault("ModifyRequest", modify(77, json!([{ "Data": "x" }]))), "InvalidDataException", "unknown");
    assert_eq!(
        world.fault("DivertRequest", json!({ "OpenMediaID": id, "ServiceGroupName": "x".repeat(21) })),
        "InvalidDataException"
    );
    for options in [
        json!({ "AgentActionOptions": 5 }),
        json!({ "AgentActionOptions": 2 }),
        json!({ "CloseTabOptions": 4 }),
        json!({ "CloseTabOptions": -1 }),
        json!({ "AllowDifferentTypes": 3 }),
        json!({ "SessionLinkOptions": 3 }),
        json!({ "MaxNumberOfSessions": -2 }),
        json!({ "ResetAllOptions": 2 }),
        json!({ "TypeOfSession": -1 }),
    ] {
        assert_eq!(world.fault("SetOptions", options.clone()), "InvalidDataFault", "{options}");
    }
    assert_eq!(world.fault("GetServiceGroupStatus", json!({ "serviceGroupID": 0 })), "InvalidDataException");
    assert_eq!(world.office.heard.len(), heard, "nothing gets to the router");
}

#[test]
fn what_cannot_be_read_is_a_fault_without_a_type() {
    let mut world = world();
    let client = world.anna.clone();
    let good = String::from_utf8(client.body("AddRequest", request(9))).unwrap();
    for (bad, reason) in [
        (good.replace(">9<", ">nine<"), "ServiceGroupID: \"nine\" is not of type int"),
        (good.replace("AddRequest", "AddRequests"), "there is no operation \"AddRequests\""),
        (good.replace("</s:Envelope>", ""), "cut off"),
        ("{}".to_owned(), "text outside the root"),
    ] {
        let reply = world.office.post(world.now, bad.as_bytes(), None).unwrap();
        let fault = client.read("AddRequest", &reply.body).unwrap_err();
        assert_eq!((reply.status, fault.name.as_str()), (500, ""));
        assert!(fault.message.contains(reason), "{}", fault.message);
    }
    let mut since = request(9);
    for (time, is_time) in
        [("yesterday", false), ("0001-01-01T00:00:00", true), ("2026-11-20T10:00:00.1234567+01:00", true)]
    {
        since["QueueStartTime"] = json!(time);
        let heard = world.office.heard.len();
        let fault = world.ask("AddRequest", since.clone()).err();
        let reason = "AddRequest: QueueStartTime: \"yesterday\" is not of type time";
        assert_eq!(fault.map(|fault| (fault.name, fault.message)), (!is_time).then(|| (String::new(), reason.into())));
        assert_eq!(world.office.heard.len() - heard, usize::from(is_time), "{time}");
    }
    let when = client.body("GetOpenMediaRequestsByTime", json!({ "retrieveLaterThan": "yesterday" }));
    let reply = world.office.post(world.now, &when, None).unwrap();
    let fault = client.read("GetOpenMediaRequestsByTime", &reply.body).unwrap_err();
    assert_eq!((fault.name.as_str(), fault.message.contains("yesterday")), ("", true));
}
