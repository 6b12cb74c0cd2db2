//! CTIPS in front of CTIPS, in either profile and across them: all events and requests, one platform or two.

use std::collections::HashMap;

use cti_bridge::{
    message::Kind,
    time::Time,
    vocabulary::{Side, Vocabulary},
    wire::soap,
};
use serde_json::{Map, Value, json};

use super::{Named, STEP, SWITCHES, renamed};
use crate::support::{
    filled::Filler,
    soap::{Wire, texts},
    virtual_bridge::{Told, VirtualBridge},
};

const PROFILES: [&str; 2] = ["edk-2009-08", "guide"];
/// So many variants of each message are enough for every type of destination and route.
const VARIANTS: usize = 6;
/// A platform's ids begin here: both platforms have the same.
const FIRST: i64 = 100;

/// What a member names.
fn named(label: &str, members: &Map<String, Value>) -> Option<Named> {
    let by = |key: &str| match members[key].as_str() {
        Some("Agent" | "RouteToAgent" | "FT_AGENT_ID") => Some(Named::Agent),
        Some("Service" | "RouteToService" | "FT_SERVICE_ID") => Some(Named::Service),
        Some("FT_SWITCH_ID") => Some(Named::Switch),
        _ => None,
    };
    match label {
        "CallId" | "ConsultationCallId" | "ConsultingCallId" | "ConsultedCallId" | "ConferenceCallId"
        | "TransferredCallId" => Some(Named::Call),
        "AgentId" | "AgentIdx" | "ConsultationAgentId" | "OriginatingAgentId" | "AgentIdList" => Some(Named::Agent),
        "ServiceId" | "ServiceIds" => Some(Named::Service),
        "SwitchId" | "TransferredCallSwitchId" => Some(Named::Switch),
        "Destination" => by("DestType"),
        "DestinationAddress" => by("DestinationType"),
        "RouteDestination" if members.contains_key("RouteType") => by("RouteType"),
        "RouteDestination" => by("RouteActionType"),
        _ => None,
    }
}

fn is_number(label: &str) -> bool {
    matches!(label, "Destination" | "DestinationAddress" | "RouteDestination" | "FieldValue")
}

/// A bridge with these platforms and an application, and what the test knows of both sides.
struct House {
    bridge: VirtualBridge,
    platforms: Vec<Wire>,
    application: Wire,
    /// The ids that the application was told, by platform.
    calls: HashMap<(usize, i64), i64>,
}

impl House {
    fn new(platforms: &[&str], application: &str) -> House {
        let dialects: Vec<String> = platforms.iter().map(|profile| format!("ctips/{profile}")).collect();
        let dialects: Vec<&str> = dialects.iter().map(String::as_str).collect();
        let mut bridge = VirtualBridge::new(&dialects, &[&format!("ctips/{application}")]);
        bridge.open(0, "desk");
        (0..platforms.len()).for_each(|platform| bridge.connect(platform));
        bridge.told();
        bridge.delivered();
        bridge.notices();
        let platforms = platforms.iter().map(|profile| Wire::new("ctips", Some(profile))).collect();
        House { bridge, platforms, application: Wire::new("ctips", Some(application)), calls: HashMap::new() }
    }

    /// What the application is told since the last time: each as its fields and as its bytes.
    fn heard(&mut self) -> Vec<(Value, Vec<u8>)> {
        let read = |body: Vec<u8>| self.application.read_event(&body).map(|event| (event, body));
        self.bridge.delivered().into_iter().filter_map(|delivered| read(delivered.body)).collect()
    }

    fn orders(&mut self) -> Vec<(usize, Value)> {
        let order = |told| match told {
            Told::Platform { platform, order } => Some((platform, order)),
            Told::Session { .. } | Told::Over { .. } => None,
        };
        self.bridge.told().into_iter().filter_map(order).collect()
    }

    /// The same message as it must be on the other side: `heard` is what came, from which the numbers of calls are taken the
    /// first time that a call is named.
    fn expected(&mut self, platform: usize, event: &Value, heard: &Value) -> Value {
        let mut given = Vec::new();
        renamed(heard, &named, &mut |named, id| {
            given.extend((named == Named::Call).then_some(id));
            id
        });
        let mut given = given.into_iter();
        let calls = &mut self.calls;
        renamed(event, &named, &mut |named, id| match named {
            Named::Agent | Named::Service => id + STEP * platform as i64,
            Named::Switch => id + SWITCHES * platform as i64,
            Named::Call => {
                let told = given.next().unwrap_or_default();
                *calls.entry((platform, id)).or_insert(if platform == 0 { id } else { told })
            }
        })
    }

    /// Fields that one of the profiles does not have.
    fn omit(&self, platform: usize, label: &str, fields: &mut Value) {
        let omits = |field: &str| self.platforms[platform].omits(label, field) || self.application.omits(label, field);
        fields.as_object_mut().unwrap().retain(|field, _| !omits(field));
    }

    /// A platform publishes an event; the session hears the same, and nothing else.
    #[track_caller]
    fn passes(&mut self, platform: usize, event: &Value, request: i64) {
        self.bridge.say(platform, &event.to_string());
        let heard = self.heard();
        let [(told, body)] = &heard[..] else { panic!("{} times: {event}\n{heard:?}", heard.len()) };
        let mut expected = self.expected(platform, event, told);
        let label = event["EventType"].as_str().unwrap();
        expected["RequestId"] = request.into();
        // The one of LinkStatus is always 0.
        if label != "LinkStatus" {
            expected["TenantId"] = 1.into();
        }
        self.omit(platform, label, &mut expected);
        same(label, told, &expected);
        let written = texts(body);
        for value in leaves(&expected) {
            assert!(written.contains(&value), "{label}: {value:?} is not in {written:?}");
        }
    }
}

/// All values in a message, as texts.
fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members.values().flat_map(leaves).collect(),
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Null => Vec::new(),
        value => vec![value.to_string()],
    }
}

/// Compares field by field. A list of call data may be filled up with empty items.
#[track_caller]
fn same(label: &str, told: &Value, expected: &Value) {
    for (field, wanted) in expected.as_object().unwrap() {
        assert_eq!(filled(&told[field]), filled(wanted), "{label}.{field}");
    }
}

/// Without empty items at the end of lists.
fn filled(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(label, value)| (label.clone(), filled(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => {
            let is_empty = |item: &Value| matches!(item, Value::Object(_)) && leaves(item).is_empty();
            let most = items.iter().rposition(|item| !is_empty(item)).map_or(0, |last| last + 1);
            items[..most].iter().map(filled).collect()
        }
        value => value.clone(),
    }
}

fn kinds(vocabulary: &Vocabulary, side: Side) -> Vec<Kind> {
    vocabulary.kinds().filter(|(_, def)| def.side == side && !def.session).map(|(kind, _)| kind).collect()
}

fn is_of_snapshot(label: &str) -> bool {
    matches!(label, "SnapShotUpdate" | "SnapShotRequestFailed" | "Snapshot")
}

/// All events of the vocabulary that nobody asked for, in so many variants.
fn events(vocabulary: &Vocabulary, variants: usize) -> Vec<Value> {
    let mut filler = Filler { vocabulary, is_number, last: FIRST, variant: 0 };
    let mut events = Vec::new();
    for variant in 0..variants {
        filler.variant = variant;
        for kind in kinds(vocabulary, Side::Event) {
            if is_of_snapshot(&vocabulary.message(kind).label) {
                continue;
            }
            let mut event = filler.fields(kind);
            event["RequestId"] = 0.into();
            // Where the portal has lost its platform, what follows is another matter.
            if event.contains_key("ComponentState") {
                event["ComponentState"] = "Up".into();
            }
            events.push(event.into());
        }
    }
    events
}

#[test]
fn every_field_of_every_event_arrives_in_and_across_profiles() {
    for platform in PROFILES {
        for application in PROFILES {
            let mut house = House::new(&[platform], application);
            let events = events(&house.application.vocabulary.clone(), VARIANTS);
            assert_eq!(events.len(), 29 * VARIANTS);
            for event in events {
                house.passes(0, &event, 0);
            }
            let mut notices = house.bridge.notices();
            notices.retain(|notice| !notice.starts_with("the platform reports that a part of it is"));
            assert_eq!(notices, [""; 0], "nothing is amiss");
        }
    }
}

/// What the bridge was told of before changes nothing: calls that are known, agents who are logged on.
fn beginnings(event: &Value) -> Vec<Value> {
    let mut before = Vec::new();
    renamed(event, &named, &mut |named, id| {
        before.extend(match named {
            Named::Agent => Some(json!({ "EventType": "AgentLoginStateChange", "AgentId": id, "SwitchId": 1,
                "AgentLoginName": format!("a{id}"), "LoginState": "AgentLoggedIn" })),
            Named::Call => {
                Some(json!({ "EventType": "CallStarted", "CallId": id, "CallSequenceId": id, "SwitchId": 1 }))
            }
            Named::Service | Named::Switch => None,
        });
        id
    });
    before
}

#[test]
fn two_platforms_with_the_same_ids_never_cross() {
    for is_known in [false, true] {
        let mut house = House::new(&["edk-2009-08", "guide"], "edk-2009-08");
        let variants = if is_known { 4 } else { 2 };
        for event in events(&house.application.vocabulary.clone(), variants) {
            for platform in [0, 1] {
                beginnings(&event).iter().filter(|_| is_known).for_each(|before| house.passes(platform, before, 0));
            }
            for platform in [0, 1] {
                house.passes(platform, &event, 0);
            }
        }
        let mut told: Vec<i64> = house.calls.values().copied().filter(|told| *told != 0).collect();
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), all, "each call of either platform has a number of its own");
    }
}

/// Members, elements and values of enumerations that a later portal may have.
#[test]
fn what_no_vocabulary_knows_goes_on_behind_what_is_known() {
    const LATER: &str = "<Later>of &lt;later&gt;</Later><Parts><Part>1</Part><Part>2</Part></Parts>";
    for platform in PROFILES {
        for application in PROFILES {
            let mut house = House::new(&["guide", platform], application);
            for event in events(&house.application.vocabulary.clone(), 1) {
                let label = event["EventType"].as_str().unwrap().to_owned();
                let body = String::from_utf8(house.platforms[1].event(&event.to_string())).unwrap();
                // At the end of the event, and of a record in it.
                let (before, after) =
                    body.rsplit_once(if platform == "guide" { "</event>" } else { "</ctiEvent>" }).unwrap();
                let (end, after) = (&body[before.len()..body.len() - after.len()], after);
                let prefixed = LATER.replace("</", "</d4p1:").replace('<', "<d4p1:").replace("<d4p1:/d4p1:", "</d4p1:");
                let body = format!("{before}{prefixed}{end}{after}");
                let body = body.replace("</d4p1:PhoneNumber>", &format!("</d4p1:PhoneNumber>{prefixed}"));
                house.bridge.call(1, body.as_bytes());
                let heard = house.bridge.delivered();
                assert_eq!(heard.len(), 1, "{label}");
                let heard = String::from_utf8(heard[0].body.clone()).unwrap();
                let wanted = 1 + body.matches("</d4p1:PhoneNumber>").count();
                let found = heard.matches("of &lt;later&gt;</").count();
                assert_eq!(found, wanted, "{label}: {body}\n{heard}");
                let data = &house.application.profile.namespaces.data;
                let mut last = soap::parse(heard.as_bytes(), None).unwrap().body.children.remove(0).children;
                let (parts, later) = (last.pop().unwrap(), last.pop().unwrap());
                assert_eq!((later.name.as_str(), parts.name.as_str(), parts.children.len()), ("Later", "Parts", 2));
                assert_eq!((&later.namespace.unwrap(), &parts.children[1].namespace.clone().unwrap()), (data, data));
            }
        }
    }
}

#[test]
fn a_value_that_no_enumeration_has_goes_on_as_it_came() {
    let mut house = House::new(&["edk-2009-08"], "guide");
    let event = json!({ "EventType": "AgentStateChange", "AgentId": 12, "AgentState": "Idle" }).to_string();
    let body = String::from_utf8(house.platforms[0].event(&event)).unwrap().replace(">Idle<", ">Dreaming<");
    house.bridge.call(0, body.as_bytes());
    let heard = house.bridge.delivered();
    assert!(texts(&heard[0].body).contains(&"Dreaming".to_owned()));
    assert_eq!(
        house.bridge.notices(),
        ["a value is not of its field's type: rules take it for absent message_name=\"AgentStateChange\" \
          reason=\"AgentState: \\\"Dreaming\\\" is not of type CTIAgentState\""]
    );
}

// ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// All requests of the vocabulary that are for the platform, in several variants.
fn requests(vocabulary: &Vocabulary) -> Vec<(String, Value)> {
    let mut filler = Filler { vocabulary, is_number, last: FIRST, variant: 0 };
    let mut requests = Vec::new();
    for variant in 0..VARIANTS {
        filler.variant = variant;
        for kind in kinds(vocabulary, Side::Request) {
            let label = vocabulary.message(kind).label.clone();
            if !is_of_snapshot(&label) {
                requests.push((label, filler.fields(kind).into()));
            }
        }
    }
    requests
}

/// How a platform tells the outcome of a request.
fn outcome(label: &str, number: &Value, fields: &Value) -> Value {
    let call = &fields["CallId"];
    let event = match label {
        "LoginAgent" | "PanicLogout" => {
            json!({ "EventType": "AgentLoginRequestFailed", "FailureType": "InvalidAgentName" })
        }
        "LogoutAgent" | "SetAgentState" | "GetAgentState" => json!({ "EventType": "AgentStateChange",
            "AgentId": fields["AgentIdx"], "AgentState": "NotReadyPark", "ServiceIds": [4711], "SipPort": 5060 }),
        "RouteSelect" => json!({ "EventType": "RouteReject", "CallId": call, "RouteRejectReason": "DestinationBusy" }),
        "SetCallData" | "GetCallData" => json!({ "EventType": "CallDataUpdate", "CallId": call, "UpdateType":
            "GetCallDataReturned", "CallData": [{ "key": "a", "value": "b" }], "CallSequenceId": 77 }),
        _ => json!({ "EventType": "CallRequestFailed", "CallId": call, "FailureType": "PlayDigitsFailure",
            "FailureReason": "no <&> digits", "CallSequenceId": 78, "CallOriginatingSiteId": 79 }),
    };
    let mut event = event;
    event["RequestId"] = number.clone();
    event["SwitchId"] = 2.into();
    event
}

impl House {
    /// The session asks; the platform gets it whole, under a number of the bridge's. Hands back that number.
    #[track_caller]
    fn asks(&mut self, platform: usize, label: &str, fields: &Value) -> Value {
        let calls = &self.calls;
        let mut asked = renamed(fields, &named, &mut |named, id| match named {
            Named::Agent | Named::Service => id + STEP * platform as i64,
            Named::Switch => id + SWITCHES * platform as i64,
            Named::Call => calls[&(platform, id)],
        });
        asked["SessionId"] = self.bridge.session_id("desk").into();
        asked["TenantId"] = 1.into();
        asked["RequestId"] = 4242.into();
        let body = self.application.request(&json!({ label: asked }).to_string());
        self.bridge.post("desk", &body);
        let mut orders = self.orders();
        assert_eq!(orders.len(), 1, "{label} {asked} {orders:?} {:?}", self.heard());
        let (to, order) = orders.remove(0);
        let mut got = order[label].clone();
        assert_eq!(to, platform, "{label}");
        let number = got["RequestId"].take();
        let mut expected = fields.clone();
        for (field, wanted) in [("SessionId", json!("S-1")), ("TenantId", json!(1)), ("RequestId", Value::Null)] {
            expected[field] = wanted;
        }
        same(label, &got, &expected);
        number
    }

    /// Makes the ids of a request known: the application was told of its calls and its agents.
    #[track_caller]
    fn tells(&mut self, platform: usize, fields: &Value) {
        beginnings(fields).iter().for_each(|before| self.passes(platform, before, 0));
    }
}

#[test]
fn every_request_arrives_whole_and_ends_once_with_the_platforms_own_outcome() {
    for platform in PROFILES {
        for application in PROFILES {
            let mut house = House::new(&[platform], application);
            for (label, fields) in requests(&house.application.vocabulary.clone()) {
                house.tells(0, &fields);
                let number = house.asks(0, &label, &fields);
                house.passes(0, &outcome(&label, &number, &fields), 4242);
                house.ends_there();
            }
        }
    }
}

#[test]
fn events_that_name_an_answered_request_reach_its_asker_for_a_minute() {
    let mut house = House::new(&["guide"], "guide");
    let all = requests(&house.application.vocabulary.clone());
    let (label, fields) = all.iter().find(|(label, _)| label == "GetCallData").unwrap();
    house.tells(0, fields);
    let number = house.asks(0, label, fields);
    let event = outcome(label, &number, fields);
    house.passes(0, &event, 4242);
    house.bridge.pass_until(Time(house.bridge.now.0 + 59_000));
    house.passes(0, &event, 4242);
    house.bridge.pass_until(Time(house.bridge.now.0 + 60_001));
    // The request is nobody's any more: all who hear of the call are told.
    house.passes(0, &event, 0);
}

#[test]
fn requests_go_to_the_platform_whose_ids_they_name() {
    let mut house = House::new(&["guide", "edk-2009-08"], "guide");
    for (label, fields) in requests(&house.application.vocabulary.clone()) {
        for platform in [1, 0] {
            // A name says nothing of the platform: it is the first one's. Each is asked to log off the agents that it has.
            if label == "PanicLogout" || (platform == 1 && label == "LoginAgent") {
                continue;
            }
            house.tells(platform, &fields);
            let number = house.asks(platform, &label, &fields);
            house.passes(platform, &outcome(&label, &number, &fields), 4242);
            house.ends_there();
        }
    }
}

impl House {
    /// Nothing more is said of a request, whatever time passes.
    #[track_caller]
    fn ends_there(&mut self) {
        self.bridge.pass_until(Time(self.bridge.now.0 + 1000));
        let heard = self.heard();
        assert!(heard.is_empty(), "{heard:?}");
    }
}

// ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────────

impl House {
    /// A platform shows a record of its own snapshot: to the bridge alone.
    #[track_caller]
    fn shows(&mut self, platform: usize, shown: &Value) {
        self.bridge.say(platform, &shown.to_string());
        self.heard();
    }

    /// What the session is shown of these types.
    fn snapshot(&mut self, entity: &str) -> Vec<Value> {
        let asked = json!({ "SessionId": self.bridge.session_id("desk"), "TenantId": 1, "RequestId": 77,
            "EntityType": [entity] });
        let body = self.application.request(&json!({ "Snapshot": asked }).to_string());
        self.bridge.post("desk", &body);
        self.heard().into_iter().map(|(event, _)| event).collect()
    }
}

/// The records of an agent, a call and a service, as a platform shows them.
fn records(vocabulary: &Vocabulary, last: i64) -> Vec<(&'static str, &'static str, Value)> {
    let mut filler = Filler { vocabulary, is_number, last, variant: 1 };
    let kind = vocabulary.find("SnapShotUpdate").unwrap();
    let mut shown = Vec::new();
    for (entity, field) in [("AgentInfo", "AgentData"), ("CallInfo", "CallData"), ("ServiceInfo", "ServiceData")] {
        let mut event = Value::Object(filler.fields(kind));
        for other in ["AgentData", "CallData", "ServiceData"].into_iter().filter(|other| *other != field) {
            event[other] = Value::Null;
        }
        event["SnapShotType"] = entity.into();
        event["SnapShotTypeComplete"] = false.into();
        event["RequestId"] = 0.into();
        shown.push((entity, field, event));
    }
    shown
}

/// What events have told since is shown instead, and what they have shown without a snapshot.
#[test]
fn snapshots_have_what_events_have_told() {
    let mut house = House::new(&["edk-2009-08"], "edk-2009-08");
    house.passes(
        0,
        &json!({ "EventType": "AgentLoginStateChange", "AgentId": 12, "SwitchId": 7, "SiteId": 5,
        "LoginState": "AgentLoggedIn", "AgentLoginName": "anna", "AgentCapabilities": ["Director", "OnDemand"],
        "ResourceGroupId": 31, "CircuitId": 32, "ChannelId": 33, "SipIpAddress": "10.0.0.1", "SipPortNumber": 5061,
        "AgentWorkGroupId": 34 }),
        0,
    );
    house.passes(
        0,
        &json!({ "EventType": "AgentStateChange", "AgentId": 12, "SwitchId": 7, "SiteId": 5, "AgentState": "NotReadyPark" }),
        0,
    );
    house.passes(
        0,
        &json!({ "EventType": "CallConnected", "AgentId": 12, "SwitchId": 7, "CallId": 900, "ServiceId": 9,
        "CallSequenceId": 901, "ResourceGroupId": 41, "CallType": "InboundIpniq" }),
        0,
    );
    house.passes(
        0,
        &json!({ "EventType": "CallEstablished", "AgentId": 12, "SwitchId": 7, "CallId": 900, "ServiceId": 9,
        "CallSequenceId": 901, "ResourceGroupId": 41, "ChannelId": 43, "ANI": "555", "MediaType": "VoiceSip" }),
        0,
    );
    house.passes(
        0,
        &json!({ "EventType": "ServiceStateChange", "ServiceId": 9, "SwitchId": 7, "ServiceState": "Holiday" }),
        0,
    );
    let agents = house.snapshot("AgentInfo");
    let expected = json!({ "AgentId": 12, "SwitchId": 7, "AgentLoginName": "anna", "ResourceGroupId": 31, "CircuitId": 32,
        "AgentCapabilities": ["Director", "OnDemand"], "ChannelId": 33, "SipIpAddress": "10.0.0.1", "SipPortNumber": 5061,
        "AgentWorkGroupId": 34, "AgentState": "NotReadyPark", "CallId": 900 });
    same("AgentData", &agents[0]["AgentData"], &expected);
    assert_eq!((&agents[0]["SwitchId"], &agents[0]["SiteId"]), (&json!(7), &json!(5)));
    let expected = json!({ "CallId": 900, "CallSequenceId": 901, "ResourceGroupId": 41, "ChannelId": 43, "ANI": "555",
        "CallType": "InboundIpniq", "MediaType": "VoiceSip", "SwitchId": 7, "AgentId": 12, "CallState": "CallEstablished" });
    same("CallData", &house.snapshot("CallInfo")[0]["CallData"], &expected);
    let expected = json!({ "ServiceId": 9, "ServiceState": "Holiday" });
    same("ServiceData", &house.snapshot("ServiceInfo")[0]["ServiceData"], &expected);
}

/// Of each platform the same records, with their own ids: everything is shown again as it came.
#[test]
fn snapshots_have_every_field_that_the_platform_showed() {
    for platform in PROFILES {
        for application in PROFILES {
            let mut house = House::new(&[platform, "edk-2009-08"], application);
            let shown = records(&house.application.vocabulary.clone(), FIRST);
            for place in [0, 1] {
                shown.iter().for_each(|(_, _, event)| house.shows(place, event));
            }
            for (entity, field, event) in &shown {
                let told = house.snapshot(entity);
                for place in [0, 1] {
                    // Each is known by its switch.
                    let switch = json!(event["SwitchId"].as_i64().unwrap() + SWITCHES * place as i64);
                    let own = told.iter().find(|told| told["SwitchId"] == switch);
                    let told = own.unwrap_or_else(|| panic!("{entity} of {place}: {told:?}"));
                    let expected = house.expected(place, &event[field], &told[field]);
                    same(field, &told[field], &expected);
                    let number = if house.application.omits("Snapshot", "RequestId") { 0 } else { 77 };
                    assert_eq!((&told["SiteId"], &told["RequestId"]), (&event["SiteId"], &json!(number)));
                }
            }
        }
    }
}
