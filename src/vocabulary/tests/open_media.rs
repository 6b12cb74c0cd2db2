//! The Open Media Service: requests with headers, answers and typed faults, by the capture of its clients and of a service.

use super::{capture, captured, field, member, shipped};
use crate::{
    message::{Message, Node, Value},
    vocabulary::*,
    wire::{
        soap::{self, Blame},
        xml::Element,
    },
};

const CAPTURE: &str = "open-media.txt";

fn profile(vocabulary: &Vocabulary) -> &Profile {
    vocabulary.profile("open-media").unwrap()
}

/// A request of a line: `{"AddRequest":{…}}`.
fn request(vocabulary: &Vocabulary, line: &str) -> Message {
    let mut message = Message::default();
    vocabulary.read_json(line, true, &Wanted::new(), &mut message).unwrap();
    message
}

fn written(vocabulary: &Vocabulary, profile: &Profile, headers: &[&str], message: &Message) -> String {
    let mut out = Vec::new();
    let template = ObjectTemplate::operation(vocabulary, profile, message.kind().unwrap());
    template.write_with(headers, vocabulary, message, &mut out);
    String::from_utf8(out).unwrap()
}

/// The body of an envelope.
fn body(text: &str) -> Element {
    soap::parse(text.as_bytes(), None).unwrap().body
}

/// What an answer to an operation says: the reply's label, and the line that says the same.
fn answer(vocabulary: &Vocabulary, operation: &str, body: &Element) -> Result<(String, String), NoReply> {
    let mut message = Message::default();
    let kind = vocabulary.read_reply(vocabulary.find(operation).unwrap(), body, &mut message)?;
    assert_eq!(message.kind(), Some(kind));
    let mut line = Vec::new();
    vocabulary.write_json(&message, &mut line);
    Ok((vocabulary.message(kind).label.clone(), String::from_utf8(line).unwrap()))
}

/// An answer of one operation, with these members in its result.
fn result(operation: &str, members: &str) -> Element {
    body(&format!(
        "{}<{operation}Response><{operation}Result xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>{members}\
         </{operation}Result></{operation}Response>{}",
        soap::OPEN,
        soap::CLOSE
    ))
}

#[test]
fn the_vocabulary_has_all_of_the_guide() {
    let media = shipped("open-media");
    let of_side = |side| media.labels(side).count();
    assert_eq!((of_side(Side::Request), of_side(Side::Reply), of_side(Side::Event)), (11, 11 + 7, 0));
    for (_, def) in media.kinds().filter(|(_, def)| def.side == Side::Request) {
        let reply = media.message(def.reply.unwrap());
        assert_eq!((reply.side, reply.fault), (Side::Reply, false), "{}", def.label);
        let faults: Vec<_> = def.faults.iter().map(|kind| media.message(*kind).label.as_str()).collect();
        assert!(faults.contains(&"InvalidUserFault"), "{}: {faults:?}", def.label);
    }
    let add = media.message(media.find("AddRequest").unwrap());
    let limits =
        |label: &str| add.fields.list.iter().find(|field| field.label == label).map(|f| (f.min, f.max)).unwrap();
    assert_eq!(limits("SessionPriority"), (Some(1), Some(100)));
    assert_eq!(limits("TypeOfSession"), (Some(1), None));
    assert_eq!(limits("IVRInfo"), (None, Some(3)));
    let headers: Vec<_> = media.headers.fields.iter().map(|field| (field.label.as_str(), field.secret)).collect();
    assert_eq!(headers, [("LogonID", false), ("Password", true)]);
}

#[test]
fn requests_are_written_exactly_as_clients_were_seen_to_write_them() {
    let media = shipped("open-media");
    let add =
        r#"{"AddRequest":{"ServiceGroupID":9,"PrivateData":"guid","IVRInfo":[{"Label":"ANI","Data":"5551234"}]}}"#;
    let written_ = written(&media, profile(&media), &["admin", "secret"], &request(&media, add));
    assert_eq!(captured(CAPTURE)[0], written_);

    let status = request(&media, r#"{"GetOpenMediaRequestStatusByID":{"openMediaID":1001}}"#);
    let written_ = written(&media, profile(&media), &["admin", "secret"], &status);
    // This one was captured without an XML declaration.
    let (_, written_) = written_.split_once("?>").unwrap();
    assert!(capture(CAPTURE).contains(written_), "{written_}");
}

#[test]
fn every_request_that_is_written_is_read_back() {
    let media = shipped("open-media");
    for line in [
        r#"{"AddRequest":{"TenantID":1,"ServiceGroupName":"a & b","IVRInfo":[{"Data":"<y>","Label":"x"}],
            "PreferredAgentLogonID":"anna","ForceToPreferredAgent":true,"QueueStartTime":"2026-11-20T10:27:44Z"}}"#,
        r#"{"CancelRequest":{"OpenMediaID":7,"CancelIfAllocated":true,"DoNotReport":false}}"#,
        r#"{"DivertRequest":{"OpenMediaID":7,"ServiceGroupID":9}}"#,
        r#"{"ModifyRequest":{"OpenMediaID":7,"IVRInfo":[],"PrivateData":"p"}}"#,
        r#"{"SetOptions":{"TypeOfSession":2,"CloseTabOptions":4}}"#,
        r#"{"GetOpenMediaRequestHistoryByID":{"openMediaID":7,"retrieveLaterThan":"2026-11-20T10:27:44.71Z"}}"#,
        r#"{"GetOpenMediaRequestsByTime":{"retrieveLaterThan":"2026-11-20T10:27:44.71Z"}}"#,
        r#"{"GetAllOpenMediaRequestStatus":{}}"#,
        r#"{"GetServiceGroupStatus":{"serviceGroupID":9}}"#,
        r#"{"GetAllOpenMediaServiceGroupStatus":{"tenantID":-1}}"#,
    ] {
        let message = request(&media, line);
        for headers in [&["admin", "s & t"][..], &[]] {
            let text = written(&media, profile(&media), headers, &message);
            let envelope = soap::parse(text.as_bytes(), None).unwrap();
            let values: Vec<_> = envelope.headers.iter().map(|header| header.text.as_str()).collect();
            assert_eq!(values, headers);
            let kind = media.operation(&envelope.body.name).unwrap();
            assert_eq!(Some(kind), message.kind());
            let mut read = Message::default();
            let decoded = media.read_xml(kind, &envelope.body, &mut read).unwrap();
            assert_eq!(decoded, Decoded::default(), "{text}");
            let said = |message: &Message| {
                let labels = media.message(kind).fields.labels();
                let given = labels.filter(|label| field(&media, message, label) != "Absent");
                given.map(|label| (label.to_owned(), field(&media, message, label))).collect::<Vec<_>>()
            };
            let read = said(&read);
            for given in said(&message) {
                assert!(read.contains(&given), "{given:?} is not in {read:?}");
            }
        }
    }
}

#[test]
fn a_request_is_read_whatever_its_order_prefixes_and_nils() {
    let media = shipped("open-media");
    let kind = media.find("AddRequest").unwrap();
    let text = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' \
                xmlns:n='http://www.w3.org/2001/XMLSchema-instance'><e:Body><q:AddRequest xmlns:q='urn:other'><x>\
                <TypeOfSession n:nil='1'/><q:ServiceGroupID>9</q:ServiceGroupID><TenantID n:nil='true'/><Further>1</Further>\
                <IVRInfo><IVRInformation><Label>ANI</Label><Data n:nil='true'/></IVRInformation></IVRInfo>\
                <SessionPriority n:nil='true'/><ForceToPreferredAgent n:nil='true'/><QueueStartTime n:nil='true'/>\
                </x></q:AddRequest></e:Body></e:Envelope>";
    let mut message = Message::default();
    let decoded = media.read_xml(kind, &body(text), &mut message).unwrap();
    assert_eq!(decoded.unknown.len(), 1);
    assert_eq!(field(&media, &message, "ServiceGroupID"), "Int(9)");
    assert_eq!(field(&media, &message, "TenantID"), "Nil");
    assert_eq!(field(&media, &message, "PreferredAgentID"), "Absent");
    let ivr = message.get(media.message(kind).fields.slot("IVRInfo").unwrap()).as_list().unwrap();
    let label = member(&media, "IVRInformation", ivr.iter().next().unwrap(), "Label");
    assert!(matches!(label, Value::Text("ANI")));
}

#[test]
fn the_captured_answers_are_read() {
    let media = shipped("open-media");
    let bodies = captured(CAPTURE);
    let read = |operation: &str, place: usize| answer(&media, operation, &body(&bodies[place])).unwrap();
    assert_eq!(
        read("AddRequest", 1),
        (
            "AddRequestResponse".into(),
            r#"{"AddRequestResponse":{"RequestStatus":"Success","OpenMediaID":1001,"QueuePosition":1,"EWT":5}}"#.into()
        )
    );
    assert_eq!(
        read("AddRequest", 2),
        ("InvalidUserFault".into(), r#"{"InvalidUserFault":{"Message":"bad user"}}"#.into())
    );
    let (label, line) = read("GetOpenMediaRequestStatusByID", 3);
    assert_eq!(label, "GetOpenMediaRequestStatusByIDResponse");
    for part in [
        r#""ID":1001,"Status":"Queued","TimeStamp":"2026-11-20T10:27:44.713323Z","AgentID":0"#,
        r#""LogonID":"","ServiceGroupID":9,"QueuePosition":1"#,
        r#"{"TimeStamp":"2026-11-20T10:27:44.854633Z""#,
    ] {
        assert!(line.contains(part), "{line} lacks {part}");
    }
}

#[test]
fn a_status_is_read_by_name_in_any_case_by_alias_and_by_number() {
    let media = shipped("open-media");
    let status = |text: &str| {
        let members = format!("<OpenMediaRequests><R><Status>{text}</Status></R></OpenMediaRequests>");
        let (_, line) =
            answer(&media, "GetOpenMediaRequestsByTime", &result("GetOpenMediaRequestsByTime", &members)).unwrap();
        let (_, after) = line.split_once(r#""Status":"#).unwrap();
        after.split_once(',').unwrap().0.to_owned()
    };
    for text in ["Completed", "Complete", "COMPLETE", "completed", "4", " 4 "] {
        assert_eq!(status(text), "\"Completed\"", "{text}");
    }
    assert_eq!(status("handling"), "\"Handling\"");
    assert_eq!(status("0"), "\"Unknown\"");
    // What is new to this vocabulary is kept, and the rest of the answer is read.
    assert_eq!((status("Parked"), status("17")), ("\"Parked\"".into(), "17".into()));
    let (_, line) = answer(&media, "AddRequest", &result("AddRequest", "<RequestStatus>2</RequestStatus>")).unwrap();
    assert!(line.contains(r#""RequestStatus":"InvalidServiceGroup""#), "{line}");
}

#[test]
fn bare_results_are_read_whatever_they_are_called() {
    let media = shipped("open-media");
    let text = |inner: &str| {
        body(&format!("{}<CancelRequestResponse>{inner}</CancelRequestResponse>{}", soap::OPEN, soap::CLOSE))
    };
    let cancelled = |inner: &str| answer(&media, "CancelRequest", &text(inner)).map(|(_, line)| line);
    assert_eq!(
        cancelled("<CancelRequestResult>true</CancelRequestResult>").unwrap(),
        r#"{"CancelRequestResponse":{"Result":true}}"#
    );
    assert_eq!(cancelled("<return>0</return>").unwrap(), r#"{"CancelRequestResponse":{"Result":false}}"#);
    let wrong = cancelled("<CancelRequestResult>maybe</CancelRequestResult>").unwrap_err();
    assert_eq!(wrong.to_string(), "Result: \"maybe\" is not of type bool");
}

#[test]
fn what_is_no_answer_of_the_vocabulary_is_told_apart() {
    let media = shipped("open-media");
    let fault = |detail: &str| {
        let text = format!(
            "{}<s:Fault><faultcode>s:Server</faultcode><faultstring>oh</faultstring>{detail}</s:Fault>{}",
            soap::OPEN,
            soap::CLOSE
        );
        answer(&media, "AddRequest", &body(&text))
    };
    // A fault of the vocabulary: under any namespace, with another member than Message, in any case.
    assert_eq!(
        fault("<detail><x:nolicensefault xmlns:x='urn:y'><x:Text>no</x:Text></x:nolicensefault></detail>").unwrap(),
        ("NoLicenseFault".into(), r#"{"NoLicenseFault":{"Message":"oh"}}"#.into())
    );
    let NoReply::Fault(unknown) = fault("<detail><ExceptionDetail/></detail>").unwrap_err() else { panic!() };
    assert_eq!((unknown.code.as_str(), unknown.to_string().as_str()), ("s:Server", "ExceptionDetail: oh"));
    assert!(matches!(fault("").unwrap_err(), NoReply::Fault(soap::Fault { detail: None, .. })));
    // The answer to something else, and something else altogether.
    let other = answer(&media, "AddRequest", &result("CancelRequest", "true")).unwrap_err();
    assert_eq!(other, NoReply::Another("CancelRequestResponse".into()));
    // An answer with nothing in it is one.
    let (_, line) = answer(&media, "AddRequest", &result("AddRequest", "")).unwrap();
    assert!(line.contains(r#""RequestStatus":"Success","OpenMediaID":0"#), "{line}");
}

#[test]
fn answers_are_written_exactly_as_the_captured_service_wrote_them() {
    let media = shipped("open-media");
    let bodies = captured(CAPTURE);
    for (operation, place) in [("AddRequest", 1), ("GetOpenMediaRequestStatusByID", 3)] {
        let mut message = Message::default();
        let request = media.find(operation).unwrap();
        media.read_reply(request, &body(&bodies[place]), &mut message).unwrap();
        let mut out = Vec::new();
        ObjectTemplate::reply(&media, profile(&media), request).unwrap().write(&media, &message, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), bodies[place]);
    }
}

#[test]
fn bare_answers_faults_and_each_profiles_word_for_complete_are_written() {
    let media = shipped("open-media");
    let write = |profile: &str, line: &str, operation: &str| {
        let mut message = Message::default();
        media.read_json(line, false, &Wanted::new(), &mut message).unwrap();
        let mut out = Vec::new();
        let template = ObjectTemplate::reply(&media, media.profile(profile).unwrap(), media.find(operation).unwrap());
        template.unwrap().write(&media, &message, &mut out);
        String::from_utf8(out).unwrap()
    };
    let modified = write("open-media", r#"{"ModifyRequestResponse":{"Result":true}}"#, "ModifyRequest");
    assert!(modified.contains(
        "<ModifyRequestResponse xmlns=\"http://tempuri.org/\"><ModifyRequestResult>true</ModifyRequestResult></ModifyRequestResponse>"
    ));
    let line = r#"{"GetAllOpenMediaRequestStatusResponse":{"OpenMediaRequests":[{"ID":1,"Status":"Completed"}]}}"#;
    assert!(write("open-media", line, "GetAllOpenMediaRequestStatus").contains("<d4p1:Status>Complete</d4p1:Status>"));
    assert!(write("guide", line, "GetAllOpenMediaRequestStatus").contains("<d4p1:Status>Completed</d4p1:Status>"));

    for (kind, def) in media.kinds().filter(|(_, def)| def.fault) {
        let text = String::from_utf8(fault(&media, profile(&media), kind, Blame::Client, "no <such> thing")).unwrap();
        let (label, line) = answer(&media, "AddRequest", &body(&text)).unwrap();
        assert_eq!(label, def.label);
        assert!(line.contains(r#"{"Message":"no <such> thing"}"#), "{line}");
        assert_eq!(
            body(&text).child("detail").unwrap().children[0].namespace.as_deref(),
            Some("http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts")
        );
    }
}

#[test]
fn a_request_with_a_wrong_value_says_which() {
    let media = shipped("open-media");
    let kind = media.find("CancelRequest").unwrap();
    let read = |members: &str| {
        let text = format!("{}<CancelRequest><request>{members}</request></CancelRequest>{}", soap::OPEN, soap::CLOSE);
        media.read_xml(kind, &body(&text), &mut Message::default()).map_err(|wrong| wrong.to_string())
    };
    assert_eq!(read("<OpenMediaID>x</OpenMediaID>").unwrap_err(), "OpenMediaID: \"x\" is not of type int");
    assert!(
        read("<OpenMediaID>1</OpenMediaID><CancelIfAllocated>1</CancelIfAllocated>").is_ok(),
        "the guide's 1 for true"
    );
}

#[test]
fn not_given_is_written_as_clients_were_seen_to() {
    let media = shipped("open-media");
    let kind = media.find("AddRequest").unwrap();
    let mut message = Message::default();
    message.start(kind, media.message(kind).fields.list.len());
    let text = written(&media, profile(&media), &[], &message);
    for part in [
        "<a:PreferredAgentID>0</a:PreferredAgentID>",
        "<a:PreferredAgentLogonID i:nil=\"true\"/>",
        "<a:PrivateData i:nil=\"true\"/>",
        "<a:QueueStartTime i:nil=\"true\"/>",
        "<a:ServiceGroupName/>",
        "<a:SessionPriority>0</a:SessionPriority>",
        "<a:TenantID>-1</a:TenantID>",
        "<a:TypeOfSession>0</a:TypeOfSession>",
    ] {
        assert!(text.contains(part), "{text} lacks {part}");
    }
    let slot = media.message(kind).fields.slot("ServiceGroupName").unwrap();
    let name = message.text("Sales");
    message.set(slot, name);
    message.set(media.message(kind).fields.slot("TenantID").unwrap(), Node::Int(2));
    let text = written(&media, profile(&media), &[], &message);
    assert!(
        text.contains("<a:ServiceGroupName>Sales</a:ServiceGroupName>") && text.contains("<a:TenantID>2</a:TenantID>")
    );
}

#[test]
fn its_wsdl_says_what_its_messages_are() {
    let vocabulary = shipped("open-media");
    let profile = vocabulary.profile("open-media").unwrap();
    let writer = SchemaWriter { vocabulary: &vocabulary, profile, contract: Contract::Service };
    let text = writer.wsdl("http://127.0.0.1:12620/OpenMediaService", Schemas::Inline);
    crate::wire::xml::parse(&text).unwrap();
    let member = |name: &str, ty: &str| format!("<xsd:element minOccurs=\"0\" name=\"{name}\" type=\"{ty}\"/>");
    let nillable = |name: &str, ty: &str| member(name, ty).replace(" type=", " nillable=\"true\" type=");
    for said in [
        nillable("request", "d:AddOpenMediaRequest"),
        nillable("AddRequestResult", "d:AddOpenMediaResponse"),
        member("CancelRequestResult", "xsd:boolean"),
        member("openMediaID", "xsd:int") + &member("retrieveLaterThan", "xsd:dateTime"),
        nillable("QueueStartTime", "xsd:dateTime"),
        nillable("IVRInfo", "d:ArrayOfIVRInformation"),
        "<xsd:enumeration value=\"Complete\"/>".into(),
        "<wsdl:message name=\"NoLicenseFault\"><wsdl:part name=\"detail\" element=\"d:NoLicenseFault\"/>".into(),
        "<wsdl:service name=\"OpenMediaService\">".into(),
    ] {
        assert!(text.contains(&said), "{said}");
    }
    assert!(!text.contains("Args\""), "no data contract of its own stands around what is bare or extends a record");
    let faults = vocabulary.message(vocabulary.find("CancelRequest").unwrap()).faults.len();
    let operation = text.split("<wsdl:operation name=\"CancelRequest\">").nth(1).unwrap();
    let operation = operation.split("</wsdl:operation>").next().unwrap();
    assert_eq!(operation.matches("<wsdl:fault ").count(), faults);
}
