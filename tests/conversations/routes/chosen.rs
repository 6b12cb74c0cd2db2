//! `routing = "open-media"`: a CTIPS platform asks for a route, MiCC Enterprise chooses the agent, the platform is told.

use std::sync::{Arc, Mutex};

use cti_bridge::{
    message::Message,
    model::RequestIx,
    port::{Heard, Input, Lines, PlatformConversation, PlatformOutput, Reading, Taken, Troubles},
    time::Time,
    vocabulary::Vocabulary,
};
use serde_json::{Value, json};

use super::{
    service::Mood,
    world::{Site, World},
};

/// A portal that takes whatever is asked of it.
#[derive(Debug)]
pub struct Portal {
    pub vocabulary: Arc<Vocabulary>,
    pub asked: Arc<Mutex<Vec<Value>>>,
    /// What it was asked last and has not answered.
    pub open: Option<RequestIx>,
}

impl Lines for Portal {
    fn heard(&mut self, _: Time, message: &Message) -> Heard {
        let def = self.vocabulary.message(message.kind().unwrap());
        let id = def.fields.slot("RequestId").and_then(|slot| message.get(slot).as_int());
        let request = id.filter(|id| *id > 0).and_then(|_| self.open.take());
        request.map_or(Heard::Event, Heard::Answer)
    }
    fn unread(&mut self, _: Time, _: Option<&str>) {}
}

impl PlatformConversation for Portal {
    fn handle(&mut self, _: Time, _: &mut Input<'_>, _: &Reading<'_>, _: &mut Message) -> Option<Taken> {
        None
    }
    fn command(&mut self, _: Time, message: &mut Message, request: RequestIx, _: i64) {
        self.open = Some(request);
        let mut line = Vec::new();
        self.vocabulary.write_json(message, &mut line);
        self.asked.lock().unwrap().push(serde_json::from_slice(&line).unwrap());
    }
    fn poll(&mut self) -> Option<PlatformOutput> {
        None
    }
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn expire(&mut self, _: Time) {}
    fn troubles(&self) -> Troubles {
        Troubles::default()
    }
    fn lines(&mut self) -> Option<&mut dyn Lines> {
        Some(self)
    }
}

/// A call of the portal's asks for its route, at service 30, within ten seconds.
fn asking() -> World {
    let mut world = World::at(&Site { portal: true, ..Site::default() });
    world.portal(&json!({
        "EventType": "RouteRequest", "CallId": 700, "ServiceId": 30, "RouteTimeout": 10,
        "CallInfo": { "ANI": "5551234", "DNIS": "800" },
    }));
    world
}

/// The selections that the portal was told, in words.
fn told(world: &World) -> Vec<String> {
    let asked = world.portal_asked.lock().unwrap();
    let selections = asked.iter().map(|line| &line["RouteSelect"]);
    let word = |select: &Value| {
        let destination = select["RouteDestination"].as_str().unwrap_or_default();
        format!("{} {} {destination}", select["CallId"], select["RouteActionType"].as_str().unwrap()).trim().to_owned()
    };
    selections.map(word).collect()
}

#[test]
fn whoever_the_service_chooses_gets_the_call() {
    let mut world = asking();
    world.shows(&[], &["add", "look-up 1001"]);
    let added = world.last_added().clone();
    assert_eq!((&added["ServiceGroupID"], &added["ForceToPreferredAgent"]), (&json!(9), &json!(false)));
    assert_eq!(added["IVRInfo"][0], json!({ "Label": "ANI", "Data": "5551234" }));
    world.happens(1001, "Allocated", 40, "anna").pass(1);
    assert_eq!(told(&world), ["700 RouteToAgent anna"]);
    world.pass(30);
    assert_eq!(told(&world).len(), 1, "nothing else is selected");
    world.portal(&json!({ "EventType": "CallEnd", "CallId": 700 }));
    world.shows(&[], &["cancel 1001 though allocated"]);
}

#[test]
fn a_route_that_the_platform_does_not_use_leaves_its_agent_nothing() {
    let rejected = json!({
        "EventType": "RouteReject", "CallId": 700, "RequestId": 1, "RouteRejectReason": "NoRouteToDestination",
    });
    let used = |request: i64, status: &str, route: &str, destination: &str| {
        json!({
            "EventType": "RouteUsed", "CallId": 700, "RequestId": request, "RouteStatus": status, "RouteType": route,
            "RouteDestination": destination,
        })
    };
    let default = |request| used(request, "RouteDefaultUsed", "RouteToDefault", "");
    let failed = json!({
        "EventType": "RouteRequestFailed", "CallId": 700, "RequestId": 1, "FailureType": "DestinationBusy",
        "FailureReason": "nobody there",
    });
    // The bridge selects the default route for calls that the platform has not routed itself.
    let asked = ["700 RouteToAgent anna", "700 RouteToDefault"];
    for (answer, why, asked) in [
        (rejected.clone(), "rejected the route", &asked[..]),
        (failed, "failed the route (nobody there)", &asked[..]),
        (default(1), "used its own default instead of the route", &asked[..1]),
        (default(0), "used its own default instead of the route", &asked[..1]),
    ] {
        let mut world = asking();
        world.happens(1001, "Allocated", 40, "anna").pass(1).shows(&[], &["add", "look-up 1001"]);
        world.portal(&answer).shows(&[], &["cancel 1001 though allocated"]);
        assert_eq!(
            world.notices,
            [format!(
                "aspect: a selected route is not used: its request is cancelled route=1 reason={:?}",
                format!("the platform {why}")
            )]
        );
        assert_eq!(told(&world), asked, "{why}");
        world.pass(30).portal(&json!({ "EventType": "CallEnd", "CallId": 700 })).shows(&[], &[]);
        assert_eq!(told(&world), asked, "{why}: once");
    }
    // In the last two seconds, the platform is about to use its default by itself.
    for (late, count) in [(7, 2), (8, 1)] {
        let mut world = asking();
        world.happens(1001, "Allocated", 40, "anna").pass(1).pass(late).portal(&rejected);
        assert_eq!(told(&world).len(), count, "{late} s later");
        assert!(world.service.live().is_empty(), "cancelled");
    }
    // What it uses lives as long as the call.
    for request in [0, 1] {
        let mut world = asking();
        world.happens(1001, "Allocated", 40, "anna").pass(1);
        world.portal(&used(request, "RouteSuccess", "RouteToAgent", "anna")).pass(30);
        assert_eq!((world.service.live(), world.notices.len()), (vec![1001], 0));
    }
}

#[test]
fn without_an_agent_two_seconds_before_the_time_is_up_the_platform_routes_as_it_always_does() {
    let mut world = asking();
    world.pass(7);
    assert_eq!(told(&world), [""; 0]);
    world.pass(1);
    assert_eq!(told(&world), ["700 RouteToDefault"]);
    assert!(world.service.live().is_empty(), "cancelled");
    world.pass(30);
    assert_eq!(told(&world).len(), 1);
}

#[test]
fn a_service_that_does_not_say_whether_it_cancelled_is_not_waited_for() {
    let mut world = asking();
    world.mood(Mood::Silent).pass(8);
    assert_eq!(told(&world), [""; 0], "an agent may have it in this moment");
    world.pass(1);
    assert_eq!(told(&world), ["700 RouteToDefault"], "a second before the time is up");
}

#[test]
fn whatever_else_happens_the_platform_routes_as_it_always_does_at_once() {
    for mood in [Mood::Refuse("ServiceGroupClosed"), Mood::Fault("NoLicenseFault", "none left"), Mood::Away("refused")]
    {
        let mut world = World::at(&Site { portal: true, ..Site::default() });
        world.mood(mood.clone());
        world.portal(&json!({ "EventType": "RouteRequest", "CallId": 700, "ServiceId": 30, "RouteTimeout": 10 }));
        assert_eq!(told(&world), ["700 RouteToDefault"], "{mood:?}");
        world.pass(30);
        assert_eq!(told(&world).len(), 1, "{mood:?}");
    }
    let mut world = asking();
    world.happens(1001, "Failed", 0, "").pass(1);
    assert_eq!(told(&world), ["700 RouteToDefault"]);
}

#[test]
fn a_request_that_may_have_been_added_is_reported_of_the_platform_whose_call_it_was_for() {
    let mut world = World::at(&Site { portal: true, ..Site::default() });
    world.mood(Mood::Lost("connection reset"));
    world.portal(&json!({ "EventType": "RouteRequest", "CallId": 700, "ServiceId": 30, "RouteTimeout": 10 }));
    assert_eq!(told(&world), ["700 RouteToDefault"]);
    let uncertain = "aspect: whether the request for a route was added is unknown route=1 reason=\"connection reset\"";
    assert_eq!(world.notices, [uncertain]);
}

#[test]
fn a_call_that_ends_first_is_routed_nowhere() {
    let mut world = asking();
    world.portal(&json!({ "EventType": "CallEnd", "CallId": 700 })).pass(30);
    assert_eq!(told(&world), [""; 0]);
    assert!(world.service.live().is_empty());
}
