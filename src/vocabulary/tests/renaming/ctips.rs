//! CTIPS → CTIPS, in both profiles.

use super::*;

/// The ids of each event beside the header's (chapter 4, Event Header). SiteId, the numbers of lines and of work groups, AgentCTIId,
/// CallSequenceId, codes and numbers to dial stay.
const HEADER: &str = "agent: AgentId; service: ServiceId; switch: SwitchId;";
const EVENTS: &[(&str, &str)] = &[
    ("AgentLoginStateChange", "service: ServiceState*.ServiceId"),
    ("AgentLoginRequestFailed", ""),
    ("AgentStateChange", "call.id: CallId; service: ServiceIds*"),
    ("AudioPathStateChange", "service: ServiceIds*"),
    ("EnterPasscode", "service: ServiceIds*"),
    ("ServiceStateChange", "agent: AgentIdList*"),
    ("AgentRequestFailed", "call.id: CallId"),
    ("CallCleared", "call.id: CallId ConsultationCallId"),
    ("CallCompleted", "call.id: CallId"),
    (
        "CallConferenced",
        "call.id: CallId ConsultingCallId ConsultedCallId ConferenceCallId; agent: ConsultationAgentId",
    ),
    ("CallConnected", "call.id: CallId; agent: OriginatingAgentId"),
    ("CallConsultation", "call.id: CallId ConsultationCallId; agent: ConsultationAgentId"),
    ("CallDataUpdate", "call.id: CallId"),
    ("CallDelivered", "call.id: CallId"),
    ("CallEnd", "call.id: CallId"),
    ("CallEstablished", "call.id: CallId"),
    ("CallHeld", "call.id: CallId"),
    ("CallOffered", "call.id: CallId"),
    ("CallOriginated", "call.id: CallId; agent: Destination"),
    ("CallRequestFailed", "call.id: CallId"),
    ("CallRetrieved", "call.id: CallId"),
    ("CallStarted", "call.id: CallId"),
    (
        "CallTransferred",
        "call.id: CallId ConsultingCallId ConsultedCallId TransferredCallId; agent: ConsultationAgentId; \
         switch: TransferredCallSwitchId",
    ),
    ("DigitsDialed", "call.id: CallId"),
    ("RouteRequest", "call.id: CallId"),
    ("RouteUsed", "call.id: CallId; agent: RouteDestination"),
    ("RouteReject", "call.id: CallId"),
    ("RouteRequestFailed", "call.id: CallId"),
    (
        "SnapShotUpdate",
        "call.id: AgentData.CallId CallData.CallId; agent: AgentData.AgentId CallData.AgentId CallData.Destination; \
         service: AgentData.Services*.ServiceId CallData.ServiceId ServiceData.ServiceId; \
         switch: AgentData.SwitchId CallData.SwitchId",
    ),
    ("SnapShotRequestFailed", ""),
    ("LinkStatus", ""),
];

/// The ids of each request (chapter 3). Login names, stations, codes and data stay.
const REQUESTS: &[(&str, &str)] = &[
    ("OpenConnection", ""),
    ("CloseConnection", ""),
    ("OnLine", ""),
    ("OffLine", ""),
    ("AddMessageClass", ""),
    ("DeleteMessageClass", ""),
    ("AddFilter", "agent-or-number: FieldValue"),
    ("DeleteFilter", "agent-or-number: FieldValue"),
    ("Snapshot", ""),
    ("LoginAgent", ""),
    ("LogoutAgent", "agent: AgentIdx"),
    ("PanicLogout", ""),
    ("SetAgentState", "agent: AgentIdx"),
    ("GetAgentState", "agent: AgentIdx"),
    ("SetDisposition", "agent: AgentIdx; call.id: CallId"),
    ("AcceptCall", "agent: AgentIdx; call.id: CallId"),
    ("ClearCall", "agent: AgentIdx; call.id: CallId"),
    ("ConferenceCall", "agent: AgentIdx; call.id: CallId ConsultationCallId"),
    ("ConsultationCall", "agent: AgentIdx; call.id: CallId; service: ServiceId; agent-or-number: DestinationAddress"),
    ("GetCallData", "agent: AgentIdx; call.id: CallId"),
    ("SetCallData", "agent: AgentIdx; call.id: CallId"),
    ("HoldCall", "agent: AgentIdx; call.id: CallId"),
    ("RetrieveCall", "agent: AgentIdx; call.id: CallId"),
    ("MakeCall", "agent: AgentIdx; call.id: CallId; service: ServiceId; agent-or-number: DestinationAddress"),
    ("SendDTMFDigits", "agent: AgentIdx; call.id: CallId"),
    ("TransferCall", "agent: AgentIdx; call.id: CallId ConsultationCallId; agent-or-number: DestinationAddress"),
    ("RouteSelect", "call.id: CallId; agent-or-number: RouteDestination"),
];

/// What each value of a field makes of another one; what is not here leaves it alone.
const TOLD: &[(&str, &str, &str, &str)] = &[
    ("CallOriginated", "DestType", "Destination", "agent: Agent; service: Service"),
    ("RouteUsed", "RouteType", "RouteDestination", "agent: RouteToAgent; service: RouteToService"),
    ("RouteSelect", "RouteActionType", "RouteDestination", "agent-or-number: RouteToAgent; service: RouteToService"),
    ("MakeCall", "DestinationType", "DestinationAddress", "agent-or-number: Agent; service: Service"),
    ("ConsultationCall", "DestinationType", "DestinationAddress", "agent-or-number: Agent; service: Service"),
    ("TransferCall", "DestinationType", "DestinationAddress", "agent-or-number: Agent; service: Service"),
    (
        "AddFilter",
        "FieldType",
        "FieldValue",
        "agent-or-number: FT_AGENT_ID; service: FT_SERVICE_ID; switch: FT_SWITCH_ID",
    ),
    (
        "DeleteFilter",
        "FieldType",
        "FieldValue",
        "agent-or-number: FT_AGENT_ID; service: FT_SERVICE_ID; switch: FT_SWITCH_ID",
    ),
];

/// What a profile has no member for.
const OMITTED: [(&str, &str, &str); 2] = [("guide", "AgentStateChange", "CallId"), ("guide", "Snapshot", "RequestId")];

fn filled(ctips: &Vocabulary, label: &str) -> Message {
    let member = |of: &str, _: &str, _: usize| match of {
        "CTIDestinationType" => Some("Agent"),
        "CTIRouteType" => Some("RouteToAgent"),
        "CTIFieldType" => Some("FT_AGENT_ID"),
        _ => None,
    };
    Filling { vocabulary: ctips, items: |_| 2, member, next: 1000 }.message(ctips.find(label).unwrap())
}

/// What a profile writes of a message.
fn written(ctips: &Vocabulary, profile: &str, message: &Message) -> Vec<u8> {
    let profile = ctips.profile(profile).unwrap();
    let kind = message.kind().unwrap();
    let mut out = Vec::new();
    match ctips.message(kind).side {
        Side::Event => {
            let publish = ctips.find("PublishCTIEvent").unwrap();
            assert_eq!(EventTemplate::new(ctips, profile, publish, kind).write(ctips, message, &mut out), 0);
        }
        _ => ObjectTemplate::operation(ctips, profile, kind).write(ctips, message, &mut out),
    }
    out
}

fn read_back(ctips: &Vocabulary, kind: Kind, bytes: &[u8]) -> Message {
    let envelope = soap::parse(bytes, None).unwrap();
    let mut message = Message::default();
    match ctips.message(kind).side {
        Side::Event => {
            let strange = ctips.read_event(kind, &envelope.body.children[0], &mut message).unwrap();
            assert_eq!(strange, []);
        }
        _ => drop(ctips.read_xml(kind, &envelope.body, &mut message).unwrap()),
    }
    message
}

#[test]
fn the_tables_have_every_event_and_request() {
    let ctips = shipped("ctips");
    let labels = |table: &[(&'static str, &str)]| table.iter().map(|(label, _)| *label).collect::<Vec<_>>();
    assert_eq!(labels(EVENTS), ctips.labels(Side::Event).collect::<Vec<_>>());
    assert_eq!(labels(REQUESTS), ctips.labels(Side::Request).collect::<Vec<_>>());
    assert_eq!((EVENTS.len(), REQUESTS.len()), (31, 27));
}

#[test]
fn what_names_something_is_renamed_and_nothing_else() {
    let ctips = shipped("ctips");
    let events = EVENTS.iter().map(|(label, ids)| (label, row(&[HEADER, ids])));
    for (label, expected) in events.chain(REQUESTS.iter().map(|(label, ids)| (label, row(&[ids])))) {
        let mut message = filled(&ctips, label);
        let before = values(&ctips, &message);
        assert_eq!(ctips.rename(&mut message, &mut Nothing), 0, "{label}");
        assert_eq!(values(&ctips, &message), before);
        let count = ctips.rename(&mut message, &mut Adding(sorts(&ctips)));
        let after = values(&ctips, &message);
        assert_eq!(renamed(&ctips, &before, &after), expected, "{label}");
        assert_eq!(before.iter().filter(|(path, value)| after[*path] != **value).count(), count, "{label}");
        assert_eq!(ctips.names_anything(message.kind().unwrap()), count > 0, "{label}");
    }
}

#[test]
fn what_a_field_names_another_one_tells() {
    let ctips = shipped("ctips");
    for (label, teller, told, meanings) in TOLD {
        let def = ctips.message(ctips.find(label).unwrap());
        let (teller, slot) = (def.fields.slot(teller).unwrap(), def.fields.slot(told).unwrap());
        let Type::Enum(of) = def.fields.list[teller].ty else { panic!("{label}") };
        for member in &ctips.enums[of].members {
            let mut message = filled(&ctips, label);
            message.set(teller, Node::Int(member.code));
            let before = values(&ctips, &message);
            ctips.rename(&mut message, &mut Adding(sorts(&ctips)));
            let found = renamed(&ctips, &before, &values(&ctips, &message));
            let sort =
                found.iter().find(|(_, paths)| paths.iter().any(|path| path == told)).map(|(sort, _)| sort.as_str());
            let meanings = row(&[meanings]);
            let expected = meanings.iter().find(|(_, members)| members.contains(&member.name));
            let expected = expected.map(|(sort, _)| sort.as_str());
            assert_eq!(sort, expected, "{label}: {}", member.name);
            assert!(matches!(message.get(slot), Value::Text(_)));
        }
    }
}

#[test]
fn what_is_written_is_read_renamed_to_itself_and_written_again_the_same() {
    let ctips = shipped("ctips");
    for (label, _) in EVENTS.iter().chain(REQUESTS) {
        let message = filled(&ctips, label);
        for profile in ["edk-2009-08", "guide"] {
            let first = written(&ctips, profile, &message);
            let mut read = read_back(&ctips, message.kind().unwrap(), &first);
            ctips.rename(&mut read, &mut Nothing);
            let second = written(&ctips, profile, &read);
            assert_eq!(String::from_utf8_lossy(&second), String::from_utf8_lossy(&first), "{label}, {profile}");
        }
    }
}

#[test]
fn every_field_goes_from_one_profile_to_the_other() {
    let ctips = shipped("ctips");
    for (label, _) in EVENTS.iter().chain(REQUESTS) {
        let message = filled(&ctips, label);
        let kind = message.kind().unwrap();
        for (one, other) in [("edk-2009-08", "guide"), ("guide", "edk-2009-08")] {
            let read = read_back(&ctips, kind, &written(&ctips, one, &message));
            let through = read_back(&ctips, kind, &written(&ctips, other, &read));
            let mut expected = values(&ctips, &message);
            let mut found = values(&ctips, &through);
            for (_, _, field) in OMITTED.iter().filter(|(_, of, _)| of == label) {
                expected.remove(*field);
                found.remove(*field);
            }
            assert_eq!(found, expected, "{label}: {one} to {other}");
        }
    }
}

#[test]
fn values_that_enumerations_do_not_have_go_on_as_they_came_and_nil_stays_nil() {
    let ctips = shipped("ctips");
    let text = "<e><AgentState>Meditating</AgentState><EventCategory>77</EventCategory><EventType>4</EventType>\
                <SwitchId>0</SwitchId><SipAddress i:nil='true' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/></e>";
    let element = crate::wire::xml::parse(text).unwrap();
    let kind = ctips.find("AgentStateChange").unwrap();
    let mut message = Message::default();
    assert_eq!(ctips.read_event(kind, &element, &mut message).unwrap().len(), 3);
    for profile in ["edk-2009-08", "guide"] {
        let out = String::from_utf8(written(&ctips, profile, &message)).unwrap();
        for part in [
            "<d4p1:AgentState>Meditating</d4p1:AgentState>",
            "<d4p1:EventCategory>77</d4p1:EventCategory>",
            "<d4p1:EventType>AgentStateChange</d4p1:EventType>",
            "<d4p1:SipAddress i:nil=\"true\" />",
        ] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
    // What names nothing is nobody's; only a switch may be 0.
    ctips.rename(&mut message, &mut Adding(sorts(&ctips)));
    assert_eq!(field(&ctips, &message, "SwitchId"), format!("Int({})", sorts(&ctips).last().unwrap().2));
}

#[test]
fn nobody_is_asked_for_what_names_nothing() {
    let ctips = shipped("ctips");
    let mut message = filled(&ctips, "MakeCall");
    let def = ctips.message(message.kind().unwrap());
    for (label, number) in [("AgentIdx", -1), ("CallId", 0), ("ServiceId", -1)] {
        message.set(def.fields.slot(label).unwrap(), Node::Int(number));
    }
    let text = message.text("jdoe");
    message.set(def.fields.slot("DestinationAddress").unwrap(), text);
    struct Asked(Vec<(Thing, String)>);
    impl Renames for Asked {
        fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
            self.0.push((thing, format!("{id:?}")));
            Some(NativeId::Text("asmith".into()))
        }
    }
    let mut asked = Asked(Vec::new());
    assert_eq!(ctips.rename(&mut message, &mut asked), 1);
    assert_eq!(asked.0, [(Thing::AgentOrNumber, "Text(\"jdoe\")".to_owned())]);
    assert_eq!(field(&ctips, &message, "DestinationAddress"), "asmith");
}
