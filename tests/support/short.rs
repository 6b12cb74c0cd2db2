//! Messages of the feed's in short.

use serde_json::Value;

/// What goes before each device, and the fields that it is told in.
const DEVICES: [(&str, [&str; 3]); 15] = [
    (" ", ["queued-group-internal-id", "queued-group-type", ""]),
    (" ", ["alerting-device-id", "alerting-device-type", "alerting-device"]),
    (" ", ["joining-device-id", "joining-device-type", "joining-device"]),
    (" ", ["device-id", "device-type", "device"]),
    (" ", ["device-out-id", "device-out-type", "device-out"]),
    (" ", ["conferencing-device-id", "conferencing-device-type", "conferencing-device"]),
    (" ", ["transferring-device-id", "transferring-device-type", "transferring-device"]),
    (" ", ["divert-from-device-id", "divert-from-device-type", "divert-from-device"]),
    (" < ", ["calling-device-id", "calling-device-type", "calling-device"]),
    (" > ", ["divert-to-device-id", "divert-to-device-type", "divert-to-device"]),
    (" > ", ["divert-to-group-id", "divert-to-group-type", ""]),
    (" & ", ["conferenced-device-id", "conferenced-device-type", "conferenced-device"]),
    (" & ", ["transferred-device-id", "transferred-device-type", "transferred-device"]),
    (" & ", ["conference-to-device-id", "conference-to-device-type", "conference-to-device"]),
    (" & ", ["transfer-to-device-id", "transfer-to-device-type", "transfer-to-device"]),
];

/// The first id of a call that has no number on its platform.
const UNNUMBERED: i64 = 1_900_000_000;

/// A message of the feed's in short: its calls, its agent, its devices, its codes, the cause after `!`, and the media and
/// call type of its call table. What is zero or empty is left out, except of these two.
pub fn short(message: &Value) -> String {
    let mut text = message["message"].as_str().unwrap().to_owned();
    let number = |key: &str| match &message[key] {
        Value::String(text) => text.parse().unwrap_or(0),
        value => value.as_i64().unwrap_or(0),
    };
    for (sign, key) in [(" ", "call-id"), (" + ", "secondary-call-id"), (" = ", "resultant-call-id")] {
        match number(key) {
            0 => {}
            id if id > UNNUMBERED => text += &format!("{sign}s{}", id - UNNUMBERED),
            id => text += &format!("{sign}{id}"),
        }
    }
    if number("agent-id") != 0 {
        text += &format!(" a{}", number("agent-id"));
    }
    for (sign, [id, ty, dn]) in DEVICES {
        let dn = message[dn].as_str().unwrap_or_default();
        text += &match number(ty) {
            0 => String::new(),
            3 => format!("{sign}a{}/{dn}", number(id)),
            4 => format!("{sign}g{}", number(id)),
            5 if dn.is_empty() => format!("{sign}?"),
            5 => format!("{sign}{dn}"),
            other => format!("{sign}{other}:{}", number(id)),
        };
    }
    for (sign, key) in [("release ", "release-code"), ("#", "wrapup-code-id"), ("#", "wrapup-code"), ("!", "cause")] {
        if number(key) != 0 {
            text += &format!(" {sign}{}", number(key));
        }
    }
    for (sign, key) in [("type ", "call-type"), ("media ", "media-type")] {
        if message.get(key).is_some() {
            text += &format!(" {sign}{}", number(key));
        }
    }
    if message["abandoned-call"] == true {
        text += " abandoned";
    }
    match &message["call-table"][0] {
        Value::Null => {}
        call => text += &format!(" {}/{}", call["media"], call["call-type"]),
    }
    text
}
