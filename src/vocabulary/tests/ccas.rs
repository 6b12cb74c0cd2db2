//! CCAS: what its relay says, read and written by the shipped vocabulary.

use serde_json::json;

use super::{field, member, shipped};
use crate::{
    diagnostic::{Problems, Source},
    message::{Message, Value},
    vocabulary::*,
};

/// The events of tables 3 and 4 with their parameters in the guide's order, and those that only older servers have. IVR3 is
/// IVRLabel1, IVRData1 … IVRData3.
const EVENTS: &str = "\
1 LOGON: Name DN RecID LogonID VoiceReady EmailReady OpenMediaReady MediaReady MachineName NumberOfServiceGroups \
  ServiceGroupList OASID
2 LOGOFF: RecID
3 READY: RecID
4 NOTREADY: RecID ReasonID ReasonString
5 EMAILREADY: RecID
6 EMAILNOTREADY: RecID ReasonID ReasonString
7 ORIGINATED: RecID CallID ServiceGroupID CallType
8 DELIVERED: RecID CallID OppositePartyNumber TrunkID CalledNumber PrivateData Cause
9 ESTABLISHED: RecID CallID PrivateData TrunkID CallSubstate OppositePartyNumber Cause MediaServerSessionUri
10 HOLD: RecID CallID OnHold
11 RETRIEVED: RecID CallID
12 TRANSFERRED: RecID HeldCallID ActiveCallID NewCallID ClericalFlag TransferringAgent OppositePartyNumber \
  PrivateData
13 CONFERENCE: RecID HeldCallID ActiveCallID NewCallID OppositePartyNumber
14 CONNECTIONCLEARED: RecID CallID ClericalFlag DivertedFlag DivertDestination
15 CLERICALENDED: RecID CallID
16 CALLREJECTED: RecID CallID Cause
17 CALLBACKACCEPT: RecID OrigCallID CallID CallType
18 CALLBACKREJECT: RecID CallID CallType Cause
19 CALLBACKSTATUS: RecID CallID CallType CallbackStatus Cause
20 EMAILREJECT: RecID MessageID ServiceGroupID Cause
21 EMAILDELETE: RecID MessageID ServiceGroupID ClericalFlag
22 EMAILREPLY: RecID MessageID ServiceGroupID Subject ForwardFlag RecipientList EmailText ClericalFlag
23 EMAILFORWARD: RecID MessageID ServiceGroupID
24 CALLINFORMATION: RecID CallID ServiceGroupID CallingPartyNumber CalledNumber IVR10 TimeInQueue CallType
25 CALLBACK: RecID ServiceGroupID CallingPartyNumber CalledNumber IVR3 CallType OrigCallID
26 MEDIASTARTED:
27 MEDIASTOPPED:
28 CHATSTATUS:
29 CAMPAIGNACCEPT: RecID CampaignID CustomerID CallID
30 CAMPAIGNREJECT: RecID CampaignID CustomerID Cause
31 CAMPAIGNSTATUS: RecID CampaignID CustomerID Cause
32 CAMPAIGNINFO: RecID CampaignID CustomerID CustomerName CustomerNumber Comment IVR10
33 SERVICEGROUP_ADDED: RecID ServiceGroupPurpose Name
34 AGENT_SERVICEGROUPS_CHANGED: RecID ServiceGroupList
35 DATA_COMPLETE:
36 DISCONNECT:
37 XFER_CALL_INFORMATION: RecID HeldCallID ActiveCallID ServiceGroupID CallingPartyNumber CalledNumber IVR3
38 IP_AGENTINFO: RecID IPAddress RASPort CSPort
39 CALLINFORMATION_UPDATE: RecID CallID CallType IVR3
40 ASSOCIATEDDATA_SET: RecID CallID CallType PrivateData
41 CQCODES: RecID CallID CallType CQCodeList
42 FAILED: RecID CallID Cause CalledNumber
43 RECORDINGSTARTED: RecID DN IPAddress CallID ServiceGroupID OppositePartyNumber
44 RECORDINGSTOPPED: RecID CallID
45 LOGON_PHONEAGENT: RecID DN
46 LOGOFF_PHONEAGENT: RecID
47 PHONEAGENT_STATUSES: RecID CallSubstate
48 PHONEAGENT_CALL_INFORMATION: RecID CallID ServiceGroupID CallingPartyNumber CalledNumber IVR10 TimeInQueue
49 OPENMEDIAREJECTED: RecID SessionID Cause
50 OPENMEDIAHANDLING: RecID SessionID
51 OPENMEDIACOMPLETED: RecID SessionID ClericalFlag
52 OPENMEDIANOTREADY: RecID ReasonID ReasonString
53 OPENMEDIAREADY: RecID
55 CHATREJECT: RecID SessionID Cause
56 CHATHANDLING: RecID SessionID
57 CHATCOMPLETE: RecID SessionID ClericalFlag
58 CHATREADY: RecID
59 CHATNOTREADY: RecID ReasonID ReasonString
60 EMAILREDIRECT: RecID ToRecID MessageID ServiceGroupID EmailText
61 CHATREDIRECT: RecID ToRecID SessionID ServiceGroupID
62 EMAILHANDLING: RecID MessageID
63 SMSHANDLING: RecID MessageID
64 OPENMEDIAREDIRECT: RecID ToRecID SessionID ServiceGroupID
65 CHATFORWARD: RecID SessionID ServiceGroupID
66 OPENMEDIAFORWARD: RecID SessionID ServiceGroupID";

/// The methods of table 1 with their parameters and results in the guide's order.
const METHODS: &str = "\
Initialize()
Connect(bstrCCASMachineName, lCCASPort)
ConnectWithIPAddress(bstrCCASMachineName, lCCASPort, bstrNICIPAddress)
ConnectWithDirectConnect(bstrCCASMachineName, lCCASPort, bstrNICIPAddress)
Uninitialize()
GetLastErrorInfo() -> lError, bstrErrorString
GetAgentRecIDFromLogonID(bstrAgentLogonID) -> lAgentRecID
MakeCall(lAgentRecID, bstrDialString)
AnswerCall(lAgentRecID, lCallID)
HangupCall(lAgentRecID, lCallID)
HangupSession(lAgentRecID, lSessionID)
HoldCall(lAgentRecID, lCallID)
RetrieveCall(lAgentRecID, lCallID)
ConferenceCall(lAgentRecID)
TransferCall(lAgentRecID, lHeldCallID)
DeflectCall(lAgentRecID, bstrDest, lCallID)
RejectServiceCall(lAgentRecID, lCallID)
CancelClerical(lAgentRecID, lCallID)
CancelSessionClerical(lAgentRecID, lSessionID)
ExtendClerical(lAgentRecID, lCallID, lNumSeconds)
SetVoiceReady(lAgentRecID)
SetVoiceNotReady(lAgentRecID, lReason)
GetVoiceReadyStatus(lAgentRecID) -> lStatus
SetEmailReady(lAgentRecID)
SetEmailNotReady(lAgentRecID)
GetEmailReadyStatus(lAgentRecID) -> lStatus
GetNotReadyReasons(lTenantRecID) -> bstrReasons
LogonPhoneAgent(bstrPIN, bstrExtension, lTenantID, lOASID)
LogoffPhoneAgent(bstrPIN, lTenantID)
SetPhoneAgentReady(bstrPIN, lTenantID)
SetPhoneAgentNotReady(bstrPIN, lTenantID, lReasonID)
GetPhoneAgentVoiceReadyStatus(lAgentRecID) -> val
GetPhoneAgentRecIDFromExtension(bstrExtension) -> val
GetPhoneAgentServiceGroupID(bstrExtension) -> val
GetAgentServiceGroups(lAgentRecID) -> bstrGroups
GetPhoneAgentstatus(lAgentRecID) -> loggedOn, ready, notReadyReasonID, callState, serviceGroupID, callID
SetAgentCQCodes(lAgentRecID, lCallID, lServiceGroupID, bstrCQCodes)
SetPrivateData(lAgentRecID, lCallID, bstrPrivateData)
DeflectPhoneAgentCall(lAgentRecID, lTenantID, lCallID, bstrDest)
SetAgentIVRData(lAgentRecID, lTenantID, lCallID, IVR3)
GetAgentCallManagerID(lAgentRecID) -> val
SetAgentIVRDataWithCDR(lAgentRecID, lTenantID, lCallID, lMediaType, IVR3)
SetChatReady(lAgentRecID)
SetChatNotReady(lAgentRecID)
SetOpenMediaReady(lAgentRecID)
SetOpenMediaNotReady(lAgentRecID)
StopApp(lAgentRecID)
MakeCampaignCall(lAgentRecID, lCampaignID, lCustomerID, lCampaignCallID, bstrDialString)
RejectCampaignCall(lAgentRecID, lCampaignID, lCustomerID, lReason)
SetCampaignCallStatus(lAgentRecID, lCampaignCallID, lStatus, dNextCallAttempt, bCloseForm, bUpdateComment, \
  bstrComment)
MakeCallbackCall(lAgentRecID, lCallbackID, lCallbackCallID, bstrDialString)
RejectCallbackCall(lAgentRecID, lCallbackID, lReason)
SetCallbackCallStatus(lAgentRecID, lCallbackCallID, lStatus, dNextCallAttempt, bCloseForm)
SendDTMF(lAgentRecID, lCallID, bstrDigits)
SetLogonCredentials(bstrUserId, bstrPassword, lTenantID)
GetAgentMediaSettings(lAgentRecID) -> lNumberOfConcurrentOM, lReceiveChatWhileHandlingOM, \
  lReceiveEmailWhileHandlingOM, lReceiveVoiceWhileHandlingOM, lReceiveChatWhileHandlingVoice, \
  lReceiveEmailWhileHandlingVoice, lReceiveOMWhileHandlingVoice, lNumberOfConcurrentChat, \
  lReceiveVoiceWhileHandlingChat, lReceiveEmailWhileHandlingChat, lReceiveOMWhileHandlingChat, \
  lNumberOfConcurrentEmail, lReceiveVoiceWhileHandlingEmail, lReceiveChatWhileHandlingEmail, \
  lReceiveOMWhileHandlingEmail, lChatEnabled, lEmailEnabled, lSMSEnabled, lOMEnabled";

/// The numbered parameters that a family stands for.
fn numbered(label: &str) -> Vec<String> {
    let Some(count) = label.strip_prefix("IVR").and_then(|count| count.parse::<usize>().ok()) else {
        return vec![label.to_owned()];
    };
    (1..=count).flat_map(|number| [format!("IVRLabel{number}"), format!("IVRData{number}")]).collect()
}

fn labels<'t>(list: &'t str, separator: &'t str) -> impl Iterator<Item = String> + 't {
    list.split(separator).map(str::trim).filter(|label| !label.is_empty()).flat_map(numbered)
}

/// A value that a parameter can have: of the field of its name, or of the text that a part of a family is.
fn sample(ccas: &Vocabulary, fields: &Fields, label: &str) -> serde_json::Value {
    let Some(slot) = fields.slot(label) else { return format!("the text of {label}").into() };
    let field = &fields.list[slot];
    match &field.ty {
        Type::Int | Type::Long | Type::Id => 40.into(),
        Type::Bool => true.into(),
        Type::Time => "2026-11-21T10:00:00Z".into(),
        Type::Enum(place) if ccas.enums[*place].by_name => ccas.enums[*place].members[1].name.clone().into(),
        Type::Enum(place) => ccas.enums[*place].members[1].code.into(),
        Type::List(_) => "5x4".replace('x', &field.separated.as_ref().unwrap()[..1]).into(),
        _ => "some text".into(),
    }
}

fn object(entries: Vec<(String, serde_json::Value)>) -> String {
    let entries: Vec<_> = entries.iter().map(|(label, value)| format!("{}:{value}", json!(label))).collect();
    format!("{{{}}}", entries.join(","))
}

fn read(ccas: &Vocabulary, asks: bool, text: &str) -> Message {
    let mut message = Message::default();
    let decoded = ccas.read_json(text, asks, &Wanted::new(), &mut message);
    assert_eq!(decoded, Ok(Decoded::default()), "{text}");
    message
}

fn written(ccas: &Vocabulary, message: &Message) -> String {
    let mut out = Vec::new();
    ccas.write_json(message, &mut out);
    String::from_utf8(out).unwrap()
}

/// The same JSON with every number as its text: ids are kept as they came.
fn texts(text: &str) -> serde_json::Value {
    let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
    for value in json.as_object_mut().unwrap().values_mut() {
        if value.is_number() {
            *value = value.to_string().into();
        }
    }
    json
}

#[test]
fn every_event_of_the_guide_is_there_with_its_parameters_and_nothing_else() {
    let ccas = shipped("ccas");
    let mut known = 0;
    for line in EVENTS.lines() {
        let (event, parameters) = line.split_once(':').unwrap();
        let (number, name) = event.split_once(' ').unwrap();
        let def = ccas.message(ccas.find(name).unwrap());
        assert_eq!(def.wire_names, [("type".to_owned(), number.to_owned())], "{name}");
        let sample = |label: String| (label.clone(), sample(&ccas, &def.fields, &label));
        let given: Vec<_> = labels(parameters, " ").map(sample).collect();
        let of = |name: serde_json::Value| object([vec![("type".to_owned(), name)], given.clone()].concat());
        let exact = of(number.parse::<u32>().unwrap().into());
        assert_eq!(written(&ccas, &read(&ccas, false, &exact)), exact, "as the relay writes it");

        let as_text = |(label, value): &(String, serde_json::Value)| match value {
            serde_json::Value::Number(number) => (label.to_uppercase(), number.to_string().into()),
            value => (label.to_uppercase(), value.clone()),
        };
        let shouted = [vec![("TYPE".to_owned(), number.into())], given.iter().map(as_text).collect()].concat();
        let backwards: Vec<_> = shouted.iter().rev().cloned().collect();
        let variants = [
            of(number.into()),
            of(name.into()),
            of(name.to_lowercase().into()),
            of(format!("BROADCAST_{name}").into()),
            of(format!("Broadcast_{}", name.to_lowercase()).into()),
            object(shouted),
            object(backwards),
        ];
        for text in variants {
            assert_eq!(texts(&written(&ccas, &read(&ccas, false, &text))), texts(&exact), "{text}");
        }
        known += 1;
    }
    assert_eq!(known, ccas.labels(Side::Event).count());
}

#[test]
fn every_method_is_written_with_its_parameters_in_the_order_of_the_guide() {
    let ccas = shipped("ccas");
    let results = &ccas.records[ccas.records.iter().position(|record| record.name == "out").unwrap()].fields;
    let mut known = 0;
    for line in METHODS.lines() {
        let (call, out) = line.split_once(" -> ").unwrap_or((line, ""));
        let (name, parameters) = call.trim_end_matches(')').split_once('(').unwrap();
        let def = ccas.message(ccas.find(name).unwrap());
        assert_eq!((def.side, def.chapter.clone()), (Side::Request, format!("Table 1, {name}")));
        let sample = |label: String| (label.clone(), sample(&ccas, &def.fields, &label));
        let arguments = object(labels(parameters, ",").map(sample).collect());
        let text = format!(r#"{{"id":7,"call":"{name}","args":{arguments}}}"#);
        assert_eq!(written(&ccas, &read(&ccas, true, &text)), text);
        let shuffled = format!(r#"{{"args":{arguments},"CALL":"{}","id":"7"}}"#, name.to_uppercase());
        assert_eq!(written(&ccas, &read(&ccas, true, &shuffled)), text);

        let out: Vec<_> = labels(out, ",").collect();
        assert_eq!(def.results, out, "{name}");
        assert!(out.iter().all(|label| results.slot(label).is_some()), "{name}");
        known += 1;
    }
    // The relay's own are the two that are no methods.
    assert_eq!(known + 2, ccas.labels(Side::Request).count());
}

#[test]
fn lists_come_with_any_separator_and_leave_with_the_guides() {
    let ccas = shipped("ccas");
    for list in ["5|4|23", "5 4 23", "5, 4, 23", "|5|4|23|", "5,4,23", " 5  4 23"] {
        let message = read(&ccas, false, &format!(r#"{{"type":34,"RecID":40,"ServiceGroupList":"{list}"}}"#));
        assert_eq!(written(&ccas, &message), r#"{"type":34,"RecID":40,"ServiceGroupList":"5|4|23"}"#, "{list}");
    }
    for (list, expected) in [("", ""), ("0049", "0049")] {
        let message = read(&ccas, false, &format!(r#"{{"ServiceGroupList":"{list}","type":34}}"#));
        let groups = message.get(ccas.message(message.kind().unwrap()).fields.slot("ServiceGroupList").unwrap());
        let texts: Vec<_> = groups
            .as_list()
            .unwrap()
            .iter()
            .map(|id| id.as_text(&mut itoa::Buffer::new()).unwrap().to_owned())
            .collect();
        assert_eq!(texts.join("|"), expected);
    }
    for one in [r#"{"type":34,"RecID":40,"ServiceGroupList":5}"#, r#"{"ServiceGroupList":5,"RecID":40,"type":34}"#] {
        assert!(
            written(&ccas, &read(&ccas, false, one)).contains(r#""ServiceGroupList":"5""#),
            "a number is a list of one"
        );
    }
    let many = read(&ccas, false, r#"{"type":13,"OppositePartyNumber":"+46 8 123, 5002"}"#);
    assert!(written(&ccas, &many).contains(r#""OppositePartyNumber":"+46 8 123,5002""#), "blanks inside stay");
    for many in [r#"{"type":34,"ServiceGroupList":[5,"4"]}"#, r#"{"ServiceGroupList":[5,"4"],"type":34}"#] {
        assert!(written(&ccas, &read(&ccas, false, many)).contains(r#""ServiceGroupList":"5|4""#), "{many}");
    }
}

#[test]
fn pairs_keep_the_place_of_a_blank_name() {
    let ccas = shipped("ccas");
    let codes = |given: &str| {
        let text = format!(r#"{{"id":1,"call":"SetAgentCQCodes","args":{{"bstrCQCodes":"{given}"}}}}"#);
        let message = read(&ccas, true, &text);
        let slot = ccas.message(message.kind().unwrap()).fields.slot("bstrCQCodes").unwrap();
        let name = |pair: Value, label: &str| match member(&ccas, "cq-code", pair, label) {
            Value::Text(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        let list = message.get(slot).as_list().unwrap();
        let pairs: Vec<_> = list.iter().map(|pair| format!("{}={}", name(pair, "Code"), name(pair, "Name"))).collect();
        (pairs.join(";"), written(&ccas, &message).contains(&format!(r#""bstrCQCodes":"{given}""#)))
    };
    assert_eq!(codes("1|Sold it, twice|2|Later"), ("1=Sold it, twice;2=Later".into(), true));
    assert_eq!(codes("1||2|Later"), ("1=;2=Later".into(), true));
    assert_eq!(codes("1|Sold|2|"), ("1=Sold;2=".into(), true));
}

#[test]
fn families_are_one_list_whatever_order_and_case_they_come_in() {
    let ccas = shipped("ccas");
    let text = r#"{"IVRDATA2":"b","type":24,"IvrLabel2":"B","CallID":900,"IVRLabel1":"A","IVRData1":7,"IVRLabel3":"","IVRData3":"","IVRLabel10":"J","IVRData10":"j"}"#;
    let message = read(&ccas, false, text);
    let slot = ccas.message(message.kind().unwrap()).fields.slot("IVR").unwrap();
    let items = message.get(slot).as_list().unwrap();
    let part = |item: Value, label: &str| format!("{:?}", member(&ccas, "ivr", item, label));
    let items: Vec<_> = items.iter().map(|item| (part(item, "Label"), part(item, "Data"))).collect();
    let pair = |label: &str, data: &str| (format!("Text({label:?})"), format!("Text({data:?})"));
    assert_eq!(items[..2], [pair("A", "7"), pair("B", "b")]);
    assert_eq!(items[2], pair("", ""), "an empty one before others keeps its place");
    assert_eq!(items[9..], [pair("J", "j")], "so do those that are left out");
    let mut decoded = Message::default();
    let eleventh = ccas.read_json(r#"{"type":24,"IVRLabel11":"K"}"#, false, &Wanted::new(), &mut decoded).unwrap();
    assert_eq!(eleventh.unknown.len(), 1);
    let short = written(
        &ccas,
        &read(&ccas, true, r#"{"call":"SetAgentIVRData","args":{"lCallID":900,"IVRLabel1":"A","IVRData1":"a"}}"#),
    );
    assert!(
        short
            .ends_with(r#""IVRLabel1":"A","IVRData1":"a","IVRLabel2":"","IVRData2":"","IVRLabel3":"","IVRData3":""}}"#),
        "{short}"
    );
}

#[test]
fn what_is_not_wanted_of_a_family_or_a_joined_name_is_not_kept() {
    let ccas = shipped("ccas");
    let info = ccas.find("CAMPAIGNINFO").unwrap();
    let slot = |label: &str| ccas.message(info).fields.slot(label).unwrap();
    let nothing = |def: &MessageDef| vec![Keep::Nothing; def.fields.list.len()];
    let mut keeps: Vec<Vec<Keep>> = ccas.messages.iter().map(nothing).collect();
    keeps[info.0 as usize][slot("RecID")] = Keep::Whole;
    keeps[info.0 as usize][slot("Campaign")] = Keep::Whole;
    let wanted: Wanted = keeps.into_iter().map(Kept::from).collect();
    let mut message = Message::default();
    let text = r#"{"type":32,"RecID":40,"IVRLabel1":"A","CampaignID":5,"Comment":"c","CustomerID":77}"#;
    ccas.read_json(text, false, &wanted, &mut message).unwrap();
    assert_eq!(field(&ccas, &message, "Campaign"), "5+77");
    assert_eq!(field(&ccas, &message, "Comment"), "Absent");
    assert_eq!(field(&ccas, &message, "IVR"), "Absent");
}

#[test]
fn a_campaigns_call_is_named_by_campaign_and_customer_and_taken_apart_again() {
    let ccas = shipped("ccas");
    let message =
        read(&ccas, false, r#"{"CUSTOMERID":"77","type":"30","RecID":40,"CampaignID":5,"Cause":"agent logged OFF"}"#);
    assert_eq!(field(&ccas, &message, "Campaign"), "5+77");
    assert_eq!(field(&ccas, &message, "Cause"), "Int(4)");
    let half = read(&ccas, false, r#"{"type":30,"CampaignID":5}"#);
    assert_eq!(field(&ccas, &half, "Campaign"), "Absent");

    let kind = ccas.find("RejectCampaignCall").unwrap();
    let mut order = Message::default();
    order.start(kind, ccas.message(kind).fields.list.len());
    let name = order.text("5+77");
    order.set(ccas.message(kind).fields.slot("Campaign").unwrap(), name);
    assert!(written(&ccas, &order).contains(r#""lCampaignID":5,"lCustomerID":77,"lReason":0}}"#));
}

#[test]
fn the_relays_own_messages_are_known_by_the_field_that_only_they_have() {
    let ccas = shipped("ccas");
    let label = |asks, text: &str| ccas.message(read(&ccas, asks, text).kind().unwrap()).label.clone();
    let theirs = [
        ("hello", r#"{"hello":"ccas-relay","version":1,"token":"t"}"#),
        ("disconnected", r#"{"disconnected":true}"#),
        ("pong", r#"{"pong":3}"#),
        ("reply", r#"{"id":1,"hresult":0}"#),
        ("reply", r#"{"id":1,"hresult":-2147467259,"error":"Not connected"}"#),
    ];
    for (name, text) in theirs {
        assert_eq!(label(false, text), name);
        assert_eq!(written(&ccas, &read(&ccas, false, text)), text);
    }
    for (name, text) in [("ping", r#"{"ping":3}"#), ("error", r#"{"error":"wrong token"}"#)] {
        assert_eq!(label(true, text), name);
        assert_eq!(written(&ccas, &read(&ccas, true, text)), text);
    }
    let out = r#"{"out":{"VAL":"40","loggedOn":1,"BSTRGROUPS":"5|Sales East|6|"},"hresult":"0","id":1}"#;
    let message = read(&ccas, false, out);
    let results = message.get(ccas.message(message.kind().unwrap()).fields.slot("out").unwrap());
    let result = |label: &str| member(&ccas, "out", results, label);
    assert_eq!(result("val").as_int(), Some(40));
    assert_eq!(result("loggedOn").as_bool(), Some(true));
    let groups: Vec<_> = result("bstrGroups").as_list().unwrap().iter().collect();
    assert_eq!(groups.len(), 2);
    assert!(matches!(member(&ccas, "service-group", groups[0], "Name"), Value::Text("Sales East")));
}

#[test]
fn what_the_guide_calls_by_two_names_is_read_under_either() {
    let ccas = shipped("ccas");
    let label = |name: &str| {
        let message = read(&ccas, false, &format!(r#"{{"type":"{name}"}}"#));
        ccas.message(message.kind().unwrap()).label.clone()
    };
    assert_eq!(label("BROADCAST_HELD"), "HOLD");
    assert_eq!(label("conferenced"), "CONFERENCE");
    assert_eq!(label("BROADCAST_IPAGENTINFO"), "IP_AGENTINFO");
    let diverted = read(&ccas, false, r#"{"type":14,"DIVERDESTINATION":"5551234"}"#);
    assert_eq!(field(&ccas, &diverted, "DivertDestination"), "5551234");
    let forwarded = read(&ccas, false, r#"{"type":23,"SERVICEGROUPLIST":9}"#);
    assert_eq!(field(&ccas, &forwarded, "ServiceGroupID"), "Int(9)");
    let at = read(&ccas, false, r#"{"type":2,"RecID":40,"at":"2026-11-21T10:00:00+01:00"}"#);
    assert_eq!(field(&ccas, &at, "at"), "2026-11-21T10:00:00+01:00");
}

#[test]
fn what_is_no_message_of_the_relay_says_why() {
    let ccas = shipped("ccas");
    let why =
        |text: &str| ccas.read_json(text, false, &Wanted::new(), &mut Message::default()).unwrap_err().to_string();
    assert_eq!(why(r#"{"type":54,"RecID":40}"#), "unknown message \"54\"");
    assert_eq!(why(r#"{"type":"MakeCall"}"#), "unknown message \"MakeCall\"");
    assert_eq!(why(r#"{"type":"BROADCAST_reply"}"#), "unknown message \"BROADCAST_reply\"");
    assert_eq!(why(r#"{"type":true}"#), "nothing in it names a message");
    assert_eq!(why(r#"{"RecID":40}"#), "nothing in it names a message");
    let mut message = Message::default();
    let odd =
        ccas.read_json(r#"{"type":34,"RecID":40,"ServiceGroupList":{"a":1}}"#, false, &Wanted::new(), &mut message);
    assert_eq!(odd.unwrap().malformed().unwrap(), "ServiceGroupList is not of type [id]");
    let rude = ccas.read_json(r#"{"call":"MakeCall","args":5}"#, true, &Wanted::new(), &mut message).unwrap_err();
    assert!(rude.to_string().contains("expected the fields of a message"), "{rude}");
}

#[test]
fn fields_that_cannot_be_compound_are_mistakes() {
    let of = |record: &str, field: &str| {
        let text = format!(
            r#"
            dialect = "x"
            title = "X"
            guide = "X"
            form = "json"
            enums = "code"
            name = ["type"]
            [record.pair]
            chapter = "1"
            fields = {{ A = "text", {record} }}
            [message.M]
            chapter = "1"
            side = "event"
            fields = {{ type = "long", {field} }}
            "#
        );
        let mut problems = Problems::default();
        load(&Source::new("x.toml", text), &mut problems);
        problems.render()
    };
    assert_eq!(of("", r#"F = { type = "[pair]", family = 2 }"#), "");
    assert!(of("", r#"F = { type = "[text]", family = 2 }"#).contains("a family is a list of records"));
    assert!(of("", r#"F = { type = "text", separated = "," }"#).contains("only the items of a list are separated"));
    assert!(of("", r#"F = { type = "id", joined = ["tpye"] }"#).contains("tpye"));
    assert!(of(r#"F = { type = "[pair]", family = 2 }"#, "").contains("not in records"));
}
