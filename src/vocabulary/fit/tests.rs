//! Texts and lists that are too long.

use crate::{
    diagnostic::Problems,
    message::{Message, Value},
    shipped::Files,
    vocabulary::{self, Wanted},
};

#[test]
fn what_is_too_long_is_cut_at_a_character_and_counted() {
    let files = Files::built_in();
    let media = vocabulary::load(files.get("dialects/open-media.toml").unwrap(), &mut Problems::default());
    let items: Vec<String> =
        (0..5).map(|n| format!("{{\"Label\":\"{n}\",\"Data\":\"{}\"}}", "ä".repeat(100 + n))).collect();
    let line = format!(
        "{{\"AddRequest\":{{\"PrivateData\":\"{}\",\"ServiceGroupName\":\"short\",\"IVRInfo\":[{}]}}}}",
        "😀".repeat(200),
        items.join(",")
    );
    let mut message = Message::default();
    media.read_json(&line, true, &Wanted::new(), &mut message).unwrap();
    // The private data, the list, and the data of all items but the first.
    assert_eq!(media.fit(&mut message), 1 + 1 + 2);
    let mut line = Vec::new();
    media.write_json(&message, &mut line);
    let said: serde_json::Value = serde_json::from_slice(&line).unwrap();
    let add = &said["AddRequest"];
    let private = add["PrivateData"].as_str().unwrap();
    assert_eq!((private.encode_utf16().count(), private.chars().count()), (254, 127), "255 would be half of one");
    let items = add["IVRInfo"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|item| item["Data"].as_str().unwrap().chars().count() == 100));
    assert_eq!(media.fit(&mut message), 0);
    let slot = media.message(message.kind().unwrap()).fields.slot("ServiceGroupName").unwrap();
    assert!(matches!(message.get(slot), Value::Text("short")));
}
