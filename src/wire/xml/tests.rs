//! Documents that are read, mended or refused.

use super::*;
use crate::wire::characters::escape;

#[track_caller]
fn refused(text: &str, reason: &str) {
    let error = parse(text).expect_err(text).to_string();
    assert!(error.contains(reason), "{text:?}: {error}");
}

#[test]
fn text_is_read_whole_with_its_references_and_sections() {
    let root = parse("<a xmlns='n'>x &amp; y&#33;<![CDATA[<z>]]><b/></a>").unwrap();
    assert_eq!((root.text.as_str(), root.namespace.as_deref()), ("x & y!<z>", Some("n")));
    assert_eq!(root.children[0].name, "b");
}

#[test]
fn nil_is_seen_under_any_prefix() {
    let text = "<a xmlns:q='http://www.w3.org/2001/XMLSchema-instance'><b q:nil='true'/><c nil='true'/></a>";
    let root = parse(text).unwrap();
    assert_eq!((root.children[0].nil, root.children[1].nil), (true, false));
}

#[test]
fn names_in_values_are_resolved_where_that_is_wanted() {
    let text =
        "<a xmlns='d' xmlns:t='u:t' type='t:X' name='t:Y'><b type=' Z ' xmlns:t='u:other'><c type='t:W'/></b></a>";
    let root = document(text, &["type"]).unwrap().root;
    assert_eq!((root.attribute("type"), root.attribute("name")), (Some("{u:t}X"), Some("t:Y")));
    let inner = &root.children[0];
    assert_eq!((inner.attribute("type"), inner.children[0].attribute("type")), (Some("{d}Z"), Some("{u:other}W")));
    assert_eq!(document("<a type='X'/>", &["type"]).unwrap().root.attribute("type"), Some("X"));
    assert_eq!(document("<a type='q:X'/>", &["type"]).unwrap().root.attribute("type"), Some("q:X"));
}

#[test]
fn what_is_no_document_is_refused() {
    refused("", "no element");
    refused("<a>", "cut off");
    refused("<a></b>", "");
    refused("<a/><b/>", "follows the root");
    refused("<a/>x", "outside the root");
    refused("<a x='1' x='2'/>", "");
    refused("<p:a/>", "not bound");
    refused("<!DOCTYPE a><a/>", "document type");
    refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "document type");
    refused("<a>&e;</a>", "not predefined");
    refused("<a>&#;</a>", "without a number");
    refused("<a>&#xG;</a>", "without a number");
    refused("<a>&#-1;</a>", "without a number");
    refused(&"<a>".repeat(40), "too deep");
    refused(&format!("<a>{}</a>", "<b/>".repeat(30_000)), "too many");
}

#[track_caller]
fn replaces(text: &str, expected: &str, sorts: &[Sort]) {
    let document = document(text, &[]).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let value = document.root.attribute("v").unwrap_or(&document.root.text);
    assert_eq!((value, document.replaced.sorts().collect::<Vec<_>>()), (expected, sorts.to_vec()), "{text:?}");
}

#[test]
fn characters_that_xml_forbids_are_replaced_and_nothing_is_lost() {
    use Sort::{Forbidden, Reference};
    for reference in ["&#x1F;", "&#0;", "&#000;", "&#xFFFE;", "&#xffff;", "&#xD800;", "&#x110000;", "&#99999999999;"] {
        replaces(&format!("<a>x{reference}y</a>"), "x\u{fffd}y", &[Reference]);
        replaces(&format!("<a v='{reference}y{reference}&amp;'/>"), "\u{fffd}y\u{fffd}&", &[Reference]);
        replaces(&format!("<a><![CDATA[{reference}]]></a>"), reference, &[]);
        replaces(&format!("<a><b v='{reference}'/>z</a>"), "z", &[Reference]);
        replaces(&format!("<a><!-- {reference} -->z</a>"), "z", &[]);
    }
    for raw in ["\0", "\u{1}", "\u{1f}", "\u{b}", "\u{fffe}", "\u{ffff}"] {
        replaces(&format!("<a>x{raw}</a>\n{raw}"), "x\u{fffd}", &[Forbidden]);
        replaces(&format!("<a v='{raw}'>x</a>"), "\u{fffd}", &[Forbidden]);
        replaces(&format!("<a><![CDATA[{raw}]]></a>"), "\u{fffd}", &[Forbidden]);
    }
    replaces("\u{feff}<a>\u{85}&#x85;&#xD;&#9;\u{fffd}\u{10ffff}</a>", "\u{85}\u{85}\r\t\u{fffd}\u{10ffff}", &[]);
}

#[test]
fn bytes_are_decoded_and_what_they_lack_is_said() {
    let read =
        |bytes: &[u8], charset| read(bytes, charset, &[]).map(|document| (document.root.text, document.replaced));
    assert_eq!(read(b"\xef\xbb\xbf<a>\xe4</a>", None), Ok(("\u{fffd}".into(), Sort::Bytes.into())));
    assert_eq!(
        read(b"<?xml version='1.0' encoding = 'latin1'?><a>\xe4</a>", None),
        Ok(("ä".into(), Replaced::default()))
    );
    assert_eq!(read(b"<a/>", Some("klingon")).unwrap_err().to_string(), "the encoding \"klingon\" is not known");
}

#[test]
fn what_is_written_is_read_back() {
    let text = "a & b < c > d \"e\" \r\n ä \u{1F600} \u{ffff}\u{1}";
    let mut out = b"<a>".to_vec();
    escape(text, &mut out);
    out.extend_from_slice(b"</a>");
    let read = parse(std::str::from_utf8(&out).unwrap()).unwrap().text;
    assert_eq!(read, text.replace(['\u{ffff}', '\u{1}'], "\u{fffd}"));
}
