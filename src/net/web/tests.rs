//! Answers of a listener to HTTP requests.

use http_body_util::{BodyExt, Empty};

use super::*;
use crate::settings::WebFile;

const FILES: &[WebFile] =
    &[WebFile { path: "/client.js", content_type: "text/javascript; charset=utf-8", content: b"export {};" }];

fn endpoint(origins: &[&str]) -> Endpoint {
    let origins = origins.iter().map(|origin| origin.to_string()).collect();
    Endpoint::new(Web { protocol: "test.v1", path: "/desk", origins, max_frame: 64 << 10, files: FILES })
}

fn request(path: &str, headers: &[(&str, &str)]) -> Request<Empty<bytes::Bytes>> {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).unwrap()
}

/// The headers of a browser that asks for a WebSocket.
const BROWSER: [(&str, &str); 5] = [
    ("Connection", "keep-alive, Upgrade"),
    ("Upgrade", "WebSocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "other, test.v1"),
];

/// The status of the answer to a browser's request with other headers, and the cause of a refusal.
fn status(endpoint: &Endpoint, path: &str, others: &[(&str, &str)]) -> (u16, &'static str) {
    let is_other = |name: &str| others.iter().any(|(other, _)| *other == name);
    let headers = BROWSER.into_iter().filter(|(name, _)| !is_other(name)).chain(others.iter().copied());
    let headers: Vec<_> = headers.filter(|(_, value)| !value.is_empty()).collect();
    match endpoint.answer(&request(path, &headers)) {
        Ok(answer) => (answer.status().as_u16(), ""),
        Err(refusal) => (refusal.answer().status().as_u16(), refusal.cause),
    }
}

#[test]
fn a_browser_s_request_becomes_a_websocket() {
    let answer = endpoint(&[]).answer(&request("/desk", &BROWSER)).ok().unwrap();
    assert_eq!(answer.status(), 101);
    // The pair of RFC 6455.
    assert_eq!(answer.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(answer.headers()[SEC_WEBSOCKET_PROTOCOL], "test.v1");
    assert!(!answer.headers().contains_key("sec-websocket-extensions"));
}

#[test]
fn pages_of_listed_origins_may_connect_and_no_others() {
    let own = endpoint(&["https://crm.example", "http://127.0.0.1:8080"]);
    for origin in ["https://crm.example", "http://127.0.0.1:8080", ""] {
        assert_eq!(status(&own, "/desk", &[("Origin", origin)]), (101, ""), "{origin}");
    }
    for origin in ["https://crm.example:8443", "http://crm.example", "https://crm.example.evil.example", "null"] {
        assert_eq!(status(&own, "/desk", &[("Origin", origin)]), (403, "foreign-origin"), "{origin}");
    }
    let twice = [("Origin", "https://crm.example"), ("Origin", "https://crm.example")];
    assert_eq!(status(&own, "/desk", &twice), (403, "foreign-origin"));
    assert_eq!(status(&endpoint(&["null"]), "/desk", &[("Origin", "null")]), (101, ""));
}

#[test]
fn a_request_that_is_not_whole_is_refused_with_the_reason() {
    let endpoint = endpoint(&[]);
    for (header, value, expected) in [
        ("Connection", "keep-alive", (426, "no-upgrade")),
        ("Upgrade", "", (426, "no-upgrade")),
        ("Upgrade", "h2c", (426, "no-upgrade")),
        ("Sec-WebSocket-Version", "8", (426, "no-upgrade")),
        ("Sec-WebSocket-Key", "", (400, "no-key")),
        ("Sec-WebSocket-Key", "short", (400, "no-key")),
        ("Sec-WebSocket-Protocol", "", (400, "other-subprotocol")),
        ("Sec-WebSocket-Protocol", "test.v2", (400, "other-subprotocol")),
    ] {
        assert_eq!(status(&endpoint, "/desk", &[(header, value)]), expected, "{header}: {value}");
    }
    let mut post = request("/desk", &BROWSER);
    *post.method_mut() = Method::POST;
    assert_eq!(endpoint.answer(&post).err().unwrap().cause, "no-upgrade");
    for path in ["/", "/desk/", "/Desk", "/client.js/x", "/..%2fetc"] {
        assert_eq!(status(&endpoint, path, &[]), (404, ""), "{path}");
    }
    // What is secret does not stand in a query, so nobody looks there.
    assert_eq!(status(&endpoint, "/desk?x=1", &[]), (101, ""));
}

#[tokio::test]
async fn files_are_served_whole_once_and_again_when_they_change() {
    let endpoint = endpoint(&["https://crm.example"]);
    let answer = endpoint.answer(&request("/client.js", &[("Origin", "https://crm.example")])).ok().unwrap();
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "https://crm.example"),
        ("connection", "close"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "export {};");
    let tag = headers["etag"].to_str().unwrap();
    for known in [tag, &format!("\"x\", W/{tag}"), "*"] {
        let answer = endpoint.answer(&request("/client.js", &[("If-None-Match", known)])).ok().unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (304, &headers["etag"]), "{known}");
    }
    let other = [("If-None-Match", "\"x\""), ("Origin", "https://evil.example")];
    let answer = endpoint.answer(&request("/client.js", &other)).ok().unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    let mut post = request("/client.js", &[]);
    *post.method_mut() = Method::POST;
    let answer = endpoint.answer(&post).ok().unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &HeaderValue::from_static("GET, HEAD")));
}
