//! Open Media services that only their own WSDL explains: what is written to them, and what their answers are read as.

use super::{fixture, fixture_with, remarks, shipped};
use crate::{
    message::Message,
    vocabulary::{ObjectTemplate, Profile, Vocabulary, Wanted},
    wire::soap,
};

/// A request as it is written: the SOAPAction, and what stands in the body.
fn written(media: &Vocabulary, profile: &Profile, line: &str) -> (String, String) {
    let mut message = Message::default();
    media.read_json(line, true, &Wanted::new(), &mut message).unwrap();
    let kind = message.kind().unwrap();
    let mut out = Vec::new();
    ObjectTemplate::operation(media, profile, kind).write_with(&["u", "p"], media, &message, &mut out);
    let text = String::from_utf8(out).unwrap();
    soap::parse(text.as_bytes(), None).unwrap();
    let body = text.split("<s:Header>").nth(1).unwrap().split("</s:Envelope>").next().unwrap();
    (profile.action(media, kind), body.to_owned())
}

/// What an answer is read as: a line.
fn read(media: &Vocabulary, profile: &Profile, operation: &str, answer: &str) -> String {
    let text = format!("{}{answer}{}", soap::OPEN, soap::CLOSE);
    let body = soap::parse(text.as_bytes(), None).unwrap().body;
    let mut message = Message::default();
    let reading = media.reading(profile);
    reading.read_reply(media.find(operation).unwrap(), &body, &mut message).unwrap();
    let mut line = Vec::new();
    media.write_json(&message, &mut line);
    String::from_utf8(line).unwrap()
}

const ADD: &str = r#"{"AddRequest":{"ServiceGroupID":9,"IVRInfo":[{"Label":"ANI","Data":"5551234"}]}}"#;

#[test]
fn the_usual_service_is_spoken_with_as_ever() {
    let media = shipped("open-media");
    let usual = media.profile("open-media").unwrap();
    let fitted = fixture("open-media-mono-usual").fit(&media, None).unwrap();
    assert_eq!(fitted.profile.name, "open-media");
    assert_eq!(written(&media, &fitted.profile, ADD), written(&media, usual, ADD));
    // Only parameters without a value are another matter: nil is no time.
    let expected = [
        "Differs GetOpenMediaRequestHistoryByID: retrieveLaterThan is left out where it is empty",
        "Differs GetOpenMediaRequestsByTime: retrieveLaterThan is left out where it is empty",
    ];
    assert_eq!(remarks(&fitted), expected);
    assert!(fitted.fits());
    let (_, body) = written(&media, &fitted.profile, r#"{"GetOpenMediaRequestsByTime":{}}"#);
    assert!(body.contains(r#"<GetOpenMediaRequestsByTime xmlns="http://tempuri.org/"></GetOpen"#), "{body}");
    let all = media.kinds().filter(|(_, def)| def.side == crate::vocabulary::Side::Request).count();
    assert_eq!(fitted.parts.iter().filter(|part| part.sort == super::Sort::Operation).count(), all);
}

#[test]
fn another_contracts_namespaces_and_numbers_are_followed() {
    let media = shipped("open-media");
    let fitted = fixture("open-media-mono-other-namespaces").fit(&media, None).unwrap();
    let expected = [
        "Differs IOpenMediaService: its namespace is http://openmedia.example/service/2024",
        "Differs IOpenMediaService: the namespace of its data is http://schemas.datacontract.org/2004/07/Micc.Enterprise.Media",
        "Differs AddRequest: in its answer: RequestStatus is a number, not a name",
        "Differs DivertRequest: in its answer: RequestStatus is a number, not a name",
        "Differs GetOpenMediaRequestHistoryByID: retrieveLaterThan is left out where it is empty",
        "Differs GetOpenMediaRequestsByTime: retrieveLaterThan is left out where it is empty",
        "Differs OpenMediaRequest: Status is a number, not a name",
    ];
    assert_eq!(remarks(&fitted), expected);
    assert!(fitted.fits());
    let (action, body) = written(&media, &fitted.profile, ADD);
    assert_eq!(action, "http://openmedia.example/service/2024/IOpenMediaService/AddRequest");
    let usual = written(&media, media.profile("open-media").unwrap(), ADD).1;
    let data = "http://schemas.datacontract.org/2004/07/";
    let expected = usual.replace("http://tempuri.org/", "http://openmedia.example/service/2024");
    let expected = expected
        .replace(&format!("{data}Solidus.OpenMedia.Contracts.DataContracts"), &format!("{data}Micc.Enterprise.Media"));
    assert_eq!(body, expected);
    let answer = "<AddRequestResponse xmlns='http://openmedia.example/service/2024'><AddRequestResult>\
                  <OpenMediaID>7</OpenMediaID><RequestStatus>2</RequestStatus></AddRequestResult></AddRequestResponse>";
    let line = read(&media, &fitted.profile, "AddRequest", answer);
    assert!(line.contains("\"RequestStatus\":\"InvalidServiceGroup\""), "{line}");
}

#[test]
fn the_positions_of_an_enumerations_members_are_the_guides_numbers() {
    let media = shipped("open-media");
    let fitted = fixture("open-media-mono-other-names").fit(&media, None).unwrap();
    let lines = remarks(&fitted);
    assert!(
        lines.contains(&"Differs RequestStatus: InvalidServiceGroup (2) is written NoSuchGroup".to_owned()),
        "{lines:?}"
    );
    let answer = "<GetAllOpenMediaRequestStatusResponse><R><OpenMediaRequests><OpenMediaRequest><ID>1</ID>\
                  <Status>Offered</Status></OpenMediaRequest><OpenMediaRequest><ID>2</ID><Status>None</Status>\
                  </OpenMediaRequest></OpenMediaRequests></R></GetAllOpenMediaRequestStatusResponse>";
    let line = read(&media, &fitted.profile, "GetAllOpenMediaRequestStatus", answer);
    assert!(line.contains("\"Status\":\"Allocated\"") && line.contains("\"Status\":\"Unknown\""), "{line}");
}

#[test]
fn members_that_are_all_known_are_taken_by_name_in_any_order() {
    let media = shipped("open-media");
    let swapped = [("\"Allocated\"", "\"X\""), ("\"Handling\"", "\"Allocated\""), ("\"X\"", "\"HANDLING\"")];
    let fitted = fixture_with("open-media-mono-usual", &swapped).fit(&media, None).unwrap();
    let lines = remarks(&fitted);
    let of_status: Vec<_> = lines.iter().filter(|line| line.contains("OpenMediaRequestStatus:")).collect();
    let expected = [
        "Differs OpenMediaRequestStatus: its members are in another order; they are taken by name",
        "Differs OpenMediaRequestStatus: Handling (3) is written HANDLING",
    ];
    assert_eq!(of_status, expected);
    let answer = "<GetAllOpenMediaRequestStatusResponse><R><OpenMediaRequests><OpenMediaRequest>\
                  <Status>Allocated</Status></OpenMediaRequest></OpenMediaRequests></R></GetAllOpenMediaRequestStatusResponse>";
    let line = read(&media, &fitted.profile, "GetAllOpenMediaRequestStatus", answer);
    assert!(line.contains("\"Status\":\"Allocated\""), "{line}");
}

#[test]
fn a_service_of_asmx_is_followed_and_what_it_lacks_is_said() {
    let media = shipped("open-media");
    let fitted = fixture("open-media-asmx").fit(&media, None).unwrap();
    assert!(!fitted.fits());
    let lacking: Vec<_> = remarks(&fitted).into_iter().filter(|line| line.starts_with("Lacks")).collect();
    assert_eq!(lacking.len(), 6);
    assert_eq!(lacking[0], "Lacks DivertRequest: the WSDL has no such operation");
    let (action, body) = written(&media, &fitted.profile, ADD);
    assert_eq!(action, "http://media.example/asmx/AddRequest");
    // Its own order; nothing where others have nil.
    let expected = "<AddRequest xmlns=\"http://media.example/asmx/\"><request xmlns:a=\"http://media.example/asmx/\">\
                    <a:ServiceGroupID>9</a:ServiceGroupID><a:TenantID>-1</a:TenantID><a:ServiceGroupName/><a:IVRInfo>\
                    <a:IVRInformation><a:Label>ANI</a:Label><a:Data>5551234</a:Data></a:IVRInformation></a:IVRInfo>\
                    <a:PreferredAgentID>0</a:PreferredAgentID><a:ForceToPreferredAgent>false</a:ForceToPreferredAgent>\
                    <a:TypeOfSession>0</a:TypeOfSession><a:QueueStartTime i:nil=\"true\"/>\
                    <a:SessionPriority>0</a:SessionPriority></request></AddRequest>";
    assert!(body.contains(expected), "{body}");
}

#[test]
fn a_single_file_has_faults_headers_and_numbers_of_its_own() {
    let media = shipped("open-media");
    let fitted = fixture("open-media-single").fit(&media, None).unwrap();
    assert!(fitted.fits());
    let lines = remarks(&fitted);
    for line in [
        "Differs IOpenMediaService: the header Password is PassWord of OpenMediaService2",
        "Spares NoLicenseFault: has no member Message",
        "Unknown NoLicenseFault: has a member Reason, which is not known",
        "Unknown MaintenanceFault: is not known: its reason is told as it comes",
        "Differs OpenMediaRequestStatus: Allocated (2) is written Zugeteilt",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    let (_, body) = written(&media, &fitted.profile, ADD);
    let headers = "<LogonID xmlns=\"OpenMediaService2\">u</LogonID><PassWord xmlns=\"OpenMediaService2\">p</PassWord>";
    assert!(body.starts_with(headers), "{body}");
    // The numbers that the serializer notes count, not the positions: Failed stands third.
    let answer = "<GetAllOpenMediaRequestStatusResponse><R><OpenMediaRequests><OpenMediaRequest>\
                  <Status>Failed</Status></OpenMediaRequest><OpenMediaRequest><Status>InArbeit</Status></OpenMediaRequest>\
                  </OpenMediaRequests></R></GetAllOpenMediaRequestStatusResponse>";
    let line = read(&media, &fitted.profile, "GetAllOpenMediaRequestStatus", answer);
    assert!(line.contains("\"Status\":\"Failed\"") && line.contains("\"Status\":\"Handling\""), "{line}");
}

#[test]
fn operations_parameters_and_members_of_other_names_are_followed() {
    let media = shipped("open-media");
    let others = [
        ("\"AddRequest", "\"addrequest"),
        (":AddRequest", ":addrequest"),
        ("\"request\"", "\"ask\""),
        ("\"openMediaID\"", "\"id\""),
        ("\"ServiceGroupID\"", "\"serviceGroupId\""),
    ];
    let fitted = fixture_with("open-media-mono-usual", &others).fit(&media, None).unwrap();
    assert!(fitted.fits(), "{:#?}", remarks(&fitted));
    let lines = remarks(&fitted);
    for line in [
        "Differs AddRequest: is called addrequest",
        "Differs AddRequest: its parameter is called ask",
        "Differs AddRequest: ServiceGroupID is called serviceGroupId",
        "Differs GetOpenMediaRequestStatusByID: openMediaID is called id",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    let (_, body) = written(&media, &fitted.profile, ADD);
    assert!(body.contains("<addrequest xmlns=\"http://tempuri.org/\"><ask xmlns:a="), "{body}");
    assert!(body.contains("<a:serviceGroupId>9</a:serviceGroupId>"), "{body}");
    let (_, body) = written(&media, &fitted.profile, r#"{"GetOpenMediaRequestStatusByID":{"openMediaID":7}}"#);
    assert!(body.contains("><id>7</id></GetOpenMediaRequestStatusByID>"), "{body}");
    let answer =
        "<addrequestResponse><addrequestResult><OpenMediaID>7</OpenMediaID></addrequestResult></addrequestResponse>";
    assert!(read(&media, &fitted.profile, "AddRequest", answer).contains("\"OpenMediaID\":7"));
}
