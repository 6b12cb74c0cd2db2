//! Members of SOAP messages that the vocabulary does not know.

use super::*;
use crate::wire::xml::{self, Element};

const DATA: &str = "http://www.aspect.com/unifiedip/edk/commondata/2009/08";
const GUIDE: &str = "http://schemas.datacontract.org/2004/07/Aspect.CTIPS";

/// An event of a service of profile `edk-2009-08`, with members of its own.
fn event() -> String {
    format!(
        "<e xmlns:d='{DATA}' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><d:Aaa>a &amp; b &lt; c</d:Aaa>\
         <d:CallId>900</d:CallId><d:CallInfo><d:ANI>555</d:ANI><d:Mood>good</d:Mood></d:CallInfo>\
         <x:Other xmlns:x='urn:x&amp;y'> <x:In>1</x:In> <y:In xmlns:y='urn:y'/> <d:In i:nil='true'/> </x:Other><None/>\
         <d:Nothing i:nil='true'/></e>"
    )
}

fn read(ctips: &Vocabulary, label: &str, text: &str) -> Message {
    let element = xml::parse(text).unwrap();
    let mut message = Message::default();
    ctips.read_event(ctips.find(label).unwrap(), &element, &mut message).unwrap();
    message
}

fn written(ctips: &Vocabulary, profile: &str, message: &Message) -> Element {
    let profile = ctips.profile(profile).unwrap();
    let publish = ctips.find("PublishCTIEvent").unwrap();
    let mut out = Vec::new();
    EventTemplate::new(ctips, profile, publish, message.kind().unwrap()).write(ctips, message, &mut out);
    soap::parse(&out, None).unwrap().body.children.remove(0)
}

#[test]
fn what_nobody_knows_goes_on_behind_what_is_known() {
    let ctips = shipped("ctips");
    let message = read(&ctips, "CallConnected", &event());
    assert!(message.has_further());
    for (profile, data) in [("edk-2009-08", DATA), ("guide", GUIDE)] {
        let event = written(&ctips, profile, &message);
        let names: Vec<&str> = event.children.iter().map(|child| child.name.as_str()).collect();
        let count = names.len();
        assert_eq!(names[count - 4..], ["Aaa", "Other", "None", "Nothing"]);
        let [aaa, other, none, nothing] = &event.children[count - 4..] else { panic!() };
        // In the namespace of the new neighbours where it was in that of the old ones, else in its own.
        assert_eq!((aaa.namespace.as_deref(), aaa.text.as_str()), (Some(data), "a & b < c"));
        assert_eq!((nothing.namespace.as_deref(), nothing.nil), (Some(data), true));
        assert_eq!((none.namespace.as_deref(), none.text.as_str()), (None, ""));
        let inside: Vec<_> = other.children.iter().map(|child| (child.namespace.as_deref(), child.nil)).collect();
        assert_eq!(other.namespace.as_deref(), Some("urn:x&amp;y"));
        assert_eq!(inside, [(Some("urn:x&amp;y"), false), (Some("urn:y"), false), (Some(DATA), true)]);
        // What a record has stays in it.
        let info = event.child("CallInfo").unwrap();
        let info = info.child("CTICallInfo").unwrap_or(info);
        let mood = info.children.last().unwrap();
        assert_eq!((mood.name.as_str(), mood.namespace.as_deref(), mood.text.as_str()), ("Mood", Some(data), "good"));
        // Read again, it is the same again.
        let mut again = Message::default();
        ctips.read_event(message.kind().unwrap(), &event, &mut again).unwrap();
        assert_eq!(written(&ctips, profile, &again), event);
    }
}

#[test]
fn each_item_of_a_list_keeps_its_own() {
    let ctips = shipped("ctips");
    let item = |id: i64| format!("<CTIServiceInfo><ServiceId>{id}</ServiceId><New>{id}</New></CTIServiceInfo>");
    let text = format!("<e><ServiceState>{}{}</ServiceState></e>", item(1), item(2));
    let event = written(&ctips, "guide", &read(&ctips, "AgentLoginStateChange", &text));
    let services = &event.child("ServiceState").unwrap().children;
    let found: Vec<_> = services.iter().map(|service| service.child("New").map(|new| new.text.as_str())).collect();
    assert_eq!(found, [Some("1"), Some("2")]);
}

#[test]
fn a_request_keeps_its_own() {
    let ctips = shipped("ctips");
    let text =
        "<ClearCall xmlns='urn:s'><args xmlns:d='urn:d'><d:CallId>900</d:CallId><d:Why>late</d:Why></args></ClearCall>";
    let kind = ctips.find("ClearCall").unwrap();
    let mut message = Message::default();
    let decoded = ctips.read_xml(kind, &xml::parse(text).unwrap(), &mut message).unwrap();
    assert_eq!(decoded.unknown, ["Why"]);
    for (profile, data) in [("edk-2009-08", DATA), ("guide", GUIDE)] {
        let mut out = Vec::new();
        ObjectTemplate::operation(&ctips, ctips.profile(profile).unwrap(), kind).write(&ctips, &message, &mut out);
        let body = soap::parse(&out, None).unwrap().body;
        let why = body.child("args").unwrap().children.last().unwrap().clone();
        assert_eq!((why.name.as_str(), why.namespace.as_deref(), why.text.as_str()), ("Why", Some(data), "late"));
    }
    // Parameters stand in the contract's namespace, and an operation without any has no place for more.
    let media = shipped("open-media");
    let bare = |label: &str, inside: &str| {
        let kind = media.find(label).unwrap();
        let operation = xml::parse(&format!("<{label} xmlns='urn:s'>{inside}<New>1</New></{label}>")).unwrap();
        let mut message = Message::default();
        media.read_xml(kind, &operation, &mut message).unwrap();
        let mut out = Vec::new();
        ObjectTemplate::operation(&media, &media.profiles[0], kind).write(&media, &message, &mut out);
        soap::parse(&out, None).unwrap().body.child("New").and_then(|new| new.namespace.clone())
    };
    assert_eq!(
        bare("GetServiceGroupStatus", "<serviceGroupID>9</serviceGroupID>").as_deref(),
        Some("http://tempuri.org/")
    );
    assert_eq!(bare("GetAllOpenMediaRequestStatus", ""), None);
}

#[test]
fn a_message_that_begins_anew_has_none() {
    let ctips = shipped("ctips");
    let mut message = read(&ctips, "CallConnected", &event());
    message.start(ctips.find("CallHeld").unwrap(), 20);
    assert!(!message.has_further());
    let mut message = read(&ctips, "CallConnected", &event());
    message.clear();
    assert!(!message.has_further());
}
