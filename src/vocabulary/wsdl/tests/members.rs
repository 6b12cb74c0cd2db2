//! Types that do not agree, lists and single ones, namespaces type by type: by the WSDL of a CTI Portal Server.

use super::{fixture_with, remarks, shipped};
use crate::{
    message::Message,
    vocabulary::{ObjectTemplate, Profile, Vocabulary, Wanted},
};

const SNAPSHOT: &str =
    r#"{"Snapshot":{"SessionId":"S-1","TenantId":1,"RequestId":3,"EntityType":["AgentInfo","CallInfo"]}}"#;

fn written(ctips: &Vocabulary, profile: &Profile, line: &str) -> String {
    let mut message = Message::default();
    ctips.read_json(line, true, &Wanted::new(), &mut message).unwrap();
    let mut out = Vec::new();
    ObjectTemplate::operation(ctips, profile, message.kind().unwrap()).write(ctips, &message, &mut out);
    let text = String::from_utf8(out).unwrap();
    text.split("<s:Body>").nth(1).unwrap().split("</s:Body>").next().unwrap().to_owned()
}

#[test]
fn items_of_a_list_are_in_the_namespace_that_the_wsdl_has_for_them() {
    let ctips = shipped("ctips");
    let fitted = super::fixture("ctips-edk-mono").fit(&ctips, None).unwrap();
    // As a client of the same stack was seen to write it.
    let seen = "<d4p1:EntityType xmlns:d5p1=\"http://schemas.datacontract.org/2004/07/Aspect.CTIPS\">\
                <d5p1:CTIEntityType>AgentInfo</d5p1:CTIEntityType><d5p1:CTIEntityType>CallInfo</d5p1:CTIEntityType></d4p1:EntityType>";
    let text = written(&ctips, &fitted.profile, SNAPSHOT);
    assert!(text.contains(seen), "{text}");
}

#[test]
fn data_contracts_may_be_in_several_namespaces() {
    let ctips = shipped("ctips");
    let old = "<xs:element minOccurs=\"0\" name=\"UserCredentials\" nillable=\"true\" type=\"tns:UserCredentials\" />";
    let new = "<xs:element minOccurs=\"0\" name=\"UserCredentials\" nillable=\"true\" type=\"o:UserCredentials\" xmlns:o=\"urn:o\" />";
    let schema = "<xs:schema elementFormDefault=\"qualified\" targetNamespace=\"urn:o\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\
                  <xs:complexType name=\"UserCredentials\"><xs:sequence>\
                  <xs:element minOccurs=\"0\" name=\"UserName\" nillable=\"true\" type=\"xs:string\" />\
                  <xs:element minOccurs=\"0\" name=\"Password\" nillable=\"true\" type=\"xs:string\" />\
                  </xs:sequence></xs:complexType></xs:schema></wsdl:types>";
    let fitted = fixture_with("ctips-edk-mono", &[(old, new), ("</wsdl:types>", schema)]).fit(&ctips, None).unwrap();
    let lines = remarks(&fitted);
    for line in [
        "Differs UserCredentials: members of it are in namespace urn:o",
        "Differs UserCredentials: its members are in another order",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    let open = r#"{"OpenConnection":{"ClientCallbackURL":"u","UserCredentials":{"UserName":"n","Password":"p"}}}"#;
    let text = written(&ctips, &fitted.profile, open);
    let expected = "<d4p1:UserCredentials><o:UserName xmlns:o=\"urn:o\">n</o:UserName>\
                    <o:Password xmlns:o=\"urn:o\">p</o:Password></d4p1:UserCredentials>";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_list_may_be_one_and_one_a_list() {
    let ctips = shipped("ctips");
    let list = "type=\"q6:ArrayOfCTIEntityType\"";
    let one = "type=\"q6:CTIEntityType\"";
    let user = ("type=\"tns:UserCredentials\" />\n    </xs:sequence>", "type=\"tns:ArrayOfU\" />\n    </xs:sequence>");
    let array = "<xs:complexType name=\"ArrayOfU\"><xs:sequence><xs:element minOccurs=\"0\" maxOccurs=\"unbounded\" \
                 name=\"U\" nillable=\"true\" type=\"tns:UserCredentials\" /></xs:sequence></xs:complexType>\
                 <xs:complexType name=\"UserCredentials\">";
    let replaced = [(list, one), user, ("<xs:complexType name=\"UserCredentials\">", array)];
    let fitted = fixture_with("ctips-edk-mono", &replaced).fit(&ctips, None).unwrap();
    let lines = remarks(&fitted);
    for line in ["Differs Snapshot: EntityType is one, not a list", "Differs OpenConnection: UserCredentials is a list"]
    {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    let text = written(&ctips, &fitted.profile, SNAPSHOT);
    assert!(text.contains("<d4p1:EntityType>AgentInfo</d4p1:EntityType>"), "{text}");
    let empty = written(&ctips, &fitted.profile, r#"{"Snapshot":{"EntityType":[]}}"#);
    assert!(empty.contains("<d4p1:EntityType i:nil=\"true\" />"), "{empty}");
    let open = r#"{"OpenConnection":{"UserCredentials":{"UserName":"n"}}}"#;
    let text = written(&ctips, &fitted.profile, open);
    assert!(text.contains("<d4p1:UserCredentials><d4p1:U><d4p1:Password"), "{text}");
}

#[test]
fn what_cannot_be_followed_is_said() {
    let ctips = shipped("ctips");
    let replaced = [
        (
            "name=\"ClientCallbackURL\" nillable=\"true\" type=\"xs:string\"",
            "name=\"ClientCallbackURL\" type=\"xs:int\"",
        ),
        ("type=\"tns:UserCredentials\" />\n    </xs:sequence>", "type=\"tns:Nowhere\" />\n    </xs:sequence>"),
        ("name=\"StationId\"", "name=\"Extension\""),
        ("minOccurs=\"0\" name=\"MultiLine\"", "name=\"Mandatory\""),
        ("name=\"AgentIdx\" type=\"xs:int\"", "name=\"AgentIdx\" type=\"xs:long\""),
    ];
    let fitted = fixture_with("ctips-edk-mono", &replaced).fit(&ctips, None).unwrap();
    assert!(!fitted.fits());
    let lines = remarks(&fitted);
    for line in [
        "Contradicts OpenConnection: ClientCallbackURL is a number, not of type text",
        "Contradicts OpenConnection: the WSDL does not say what UserCredentials is: there is no type Nowhere",
        "Lacks LoginAgent: has no member StationId",
        "Unknown LoginAgent: has a member Extension, which is not known",
        "Lacks LoginAgent: has no member MultiLine",
        "Contradicts LoginAgent: wants a member Mandatory, which is not known",
        "Differs LogoutAgent: AgentIdx is a number of 64 bits",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
    }
    let text = written(&ctips, &fitted.profile, r#"{"LoginAgent":{"StationId":"7","MultiLine":1}}"#);
    assert!(!text.contains("StationId") && !text.contains("MultiLine"), "{text}");
}

#[test]
fn the_wsdl_of_another_service_is_none_of_the_dialects() {
    let error = super::fixture("ctips-edk-mono").fit(&shipped("open-media"), None).unwrap_err();
    assert_eq!(error, "it has none of the operations of MiCC Enterprise Open Media Service");
}

#[test]
fn the_profile_that_was_asked_for_is_the_base() {
    let ctips = shipped("ctips");
    let guide = ctips.profile("guide").unwrap();
    let fitted = super::fixture("ctips-edk-mono").fit(&ctips, Some(guide)).unwrap();
    assert_eq!(fitted.profile.name, "guide");
    let lines = remarks(&fitted);
    assert!(lines.contains(&"Differs Snapshot: has a member RequestId".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"Differs LogoutAgent: AgentId is called AgentIdx".to_owned()), "{lines:#?}");
    let text = written(&ctips, &fitted.profile, SNAPSHOT);
    let best = super::fixture("ctips-edk-mono").fit(&ctips, None).unwrap();
    assert_eq!(text, written(&ctips, &best.profile, SNAPSHOT));
}
