//! Documents that are too many, too large, too deep, in circles, or none.

use std::collections::HashSet;

use super::{super::*, described};

const NONE: &str = "<wsdl:definitions xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/'/>";

fn importing(locations: &[String]) -> String {
    let imports: String = locations.iter().map(|l| format!("<wsdl:import namespace='n' location='{l}'/>")).collect();
    format!("<wsdl:definitions xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/'>{imports}</wsdl:definitions>")
}

#[test]
fn a_service_is_asked_for_its_wsdl_unless_a_query_says_what_for() {
    let asked = |address: &str| Documents::at(address, Limits::default()).wanted().unwrap();
    assert_eq!(asked("http://h:1/s"), "http://h:1/s?wsdl");
    assert_eq!(asked("https://h"), "https://h/?wsdl");
    assert_eq!(asked("http://h/s?singleWsdl"), "http://h/s?singleWsdl");
    assert_eq!(asked("dir/s.wsdl"), "dir/s.wsdl");
}

#[test]
fn imports_in_a_circle_are_read_once_each() {
    let mut asked = Vec::new();
    let serve = |address: &str| {
        asked.push(address.to_owned());
        Some(importing(&["?wsdl".into(), "?a".into(), "/s?b#part".into()]))
    };
    described("http://h/s", serve).unwrap();
    assert_eq!(asked, ["http://h/s?wsdl", "http://h/s?a", "http://h/s?b"]);
}

#[test]
fn there_are_only_so_many_documents() {
    let mut count = 0;
    let endless = |_: &str| {
        count += 1;
        Some(importing(&(0..5).map(|next| format!("?{count}-{next}")).collect::<Vec<_>>()))
    };
    let error = described("http://h/s", endless).unwrap_err();
    assert!(error.contains("more than 32 documents"), "{error}");
    assert!(count < 32, "{count}");
}

#[test]
fn imports_are_only_so_deep() {
    let mut count = 0;
    let chain = |_: &str| {
        count += 1;
        Some(importing(&[format!("?{count}")]))
    };
    let error = described("http://h/s", chain).unwrap_err();
    assert!(error.contains("8 deep"), "{error}");
    assert_eq!(count, 9);
}

#[test]
fn there_are_only_so_many_bytes() {
    let limits = Limits { documents: 3, bytes: 300 };
    let mut documents = Documents::at("http://h/s", limits);
    documents.wanted().unwrap();
    assert_eq!(documents.room(), 300);
    documents.take(importing(&["?a".into()]).as_bytes(), None).unwrap();
    assert_eq!(documents.wanted().unwrap(), "http://h/s?a");
    let room = documents.room();
    assert!(room < 300, "{room}");
    let error = documents.take(" ".repeat(room + 1).as_bytes(), None).unwrap_err();
    assert_eq!(error, "http://h/s?a: more than 300 bytes in all");
}

#[test]
fn what_is_no_wsdl_says_so() {
    let why = |text: &str| described("http://h/s", |_| Some(text.to_owned())).unwrap_err();
    assert_eq!(why("<html/>"), "http://h/s?wsdl: <html> is neither a WSDL nor a schema");
    assert!(why("nothing").contains("not XML"));
    assert!(why(&format!("<!DOCTYPE a [<!ENTITY e 'x'>]>{NONE}")).contains("document type"));
    assert!(why(&format!("<!DOCTYPE a SYSTEM 'http://evil.example/x.dtd'>{NONE}")).contains("document type"));
    assert!(why(&"<wsdl:definitions xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/'>".repeat(40)).contains("too deep"));
}

#[test]
fn imports_never_leave_the_host_that_was_asked() {
    let mut asked = HashSet::new();
    let serve = |address: &str| {
        asked.insert(address.to_owned());
        let elsewhere = ["http://evil.example:99/x?xsd=1", "https://OTHER/y", "../z.xsd", "//k/w", "w.xsd"];
        Some(if asked.len() > 1 { NONE.to_owned() } else { importing(&elsewhere.map(str::to_owned)) })
    };
    let description = described("http://h:80/a/s", serve).unwrap();
    let hosts: HashSet<_> = asked.iter().map(|address| address.split('/').nth(2).unwrap()).collect();
    assert_eq!(hosts, HashSet::from(["h:80"]), "{asked:?}");
    assert!(
        asked.contains("http://h:80/x?xsd=1")
            && asked.contains("http://h:80/a/w.xsd")
            && asked.contains("http://h:80/z.xsd")
    );
    let expected = [
        "imports name the host evil.example:99; they were read from http://h:80",
        "imports name the host OTHER; they were read from http://h:80",
    ];
    assert_eq!(description.remarks, expected);
}

#[test]
fn a_file_imports_files_beside_it_and_no_urls() {
    let mut asked = Vec::new();
    let serve = |address: &str| {
        asked.push(address.to_owned());
        Some(if asked.len() > 1 { NONE.to_owned() } else { importing(&["./types.xsd".into(), "../up.xsd".into()]) })
    };
    described("/site/wsdl/service.wsdl", serve).unwrap();
    assert_eq!(asked, ["/site/wsdl/service.wsdl", "/site/wsdl/types.xsd", "/site/up.xsd"]);
    let error = described("service.wsdl", |_| Some(importing(&["http://h/x".into()]))).unwrap_err();
    assert!(error.starts_with("service.wsdl imports http://h/x, which is not fetched for a file"), "{error}");
}

#[test]
fn types_in_a_circle_end() {
    let ctips = super::shipped("ctips");
    let circles = [
        (
            "<xs:complexType name=\"SessionObject\">\n    <xs:sequence>",
            "<xs:complexType name=\"SessionObject\"><xs:complexContent>\
          <xs:extension base=\"tns:SessionObject\"><xs:sequence>",
        ),
        (
            "name=\"status\" type=\"xs:int\" />\n    </xs:sequence>",
            "name=\"status\" type=\"xs:int\" /></xs:sequence></xs:extension>\
          </xs:complexContent>",
        ),
        ("<xs:restriction base=\"xs:int\" />", "<xs:restriction base=\"tns:char\" />"),
    ];
    let fitted = super::fixture_with("ctips-edk-mono", &circles).fit(&ctips, None);
    assert!(fitted.is_ok());
}
