//! A site that adapts the rules: functions in its own rule file, its numbers, its tables. Everything through `translate`.

use std::{fs, path::Path};

use cti_bridge::shipped::Files;
use serde_json::Value;

use super::{complaints, cti_bridge, folder, stderr, stdout};

const CONFIG: &str = r#"
[platform.mitel]
dialect  = "event-feed"
address  = "127.0.0.1:1"
user     = "feed"
password = "secret"
numbers  = { country = "49", internal_length = 4 }
zone     = "+01:00"

[platform.micc]
dialect = "ccas"
listen  = "127.0.0.1:7410"
token   = "secret"

[application.desk]
dialect   = "ctips"
listen    = "127.0.0.1:8730"
users     = { Test01 = "secret" }
platforms = ["mitel"]

[application.crm]
dialect   = "event-feed"
listen    = "127.0.0.1:31457"
users     = { crm = "secret" }
platforms = ["micc"]

[application.crm.tables.release-code]
1 = 101
2 = 102
3 = 103
4 = 104
5 = 105
6 = 106
7 = 142
8 = 108
9 = 109
"#;

/// The shipped rules of the feed with the site's own expressions for the caller's number and for call data.
fn adapted(folder: &Path) {
    let files = Files::built_in();
    let shipped = &files.get("from-event-feed.toml").unwrap().text;
    let mut text = shipped.clone();
    let changes = [
        (
            "\"profile[id='caller-id'].value\"",
            "\"e164(profile[id='caller-id'].value) ?? profile[id='caller-id'].value\"",
        ),
        (
            "{ each = \"profile\", when = \"id >= 101\", key = \"id\", value = \"value\" }",
            "{ fixed.key = \"queue-seconds\", value = \"seconds-between(profile[id='start-queue-time'].value, timestamp)\" }",
        ),
    ];
    for (old, new) in changes {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text = text.replace(old, new);
    }
    fs::write(folder.join("from-event-feed.toml"), text).unwrap();
}

fn translated(folder: &Path, from: &str, to: &str, input: &str) -> Vec<Value> {
    fs::write(folder.join("bridge.toml"), CONFIG).unwrap();
    let (config, mappings) = (folder.join("bridge.toml").display().to_string(), folder.join("mappings"));
    let mut arguments = vec!["translate", "--from", from, "--to", to, "--config", &config];
    let mappings = mappings.is_dir().then(|| mappings.display().to_string());
    arguments.extend(mappings.iter().flat_map(|mappings| ["--mappings", mappings]));
    let output = cti_bridge(&arguments, input);
    assert_eq!((output.status.code(), complaints(&output)), (Some(0), ""), "{}", stdout(&output));
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_caller_is_told_in_e164_and_the_time_in_the_queue_as_call_data() {
    let place = folder("site-numbers");
    fs::create_dir(place.join("mappings")).unwrap();
    adapted(&place.join("mappings"));
    let told = |caller: &str| {
        let input = format!(
            r#"{{"timestamp":"2026-11-20 10:00:00","message":"agent-login","agent-id":1001,"agent-number":"77","agent-ext":"5001"}}
{{"timestamp":"2026-11-20 10:01:16","message":"established","call-id":77,"pbx-call-id":9077,"guid":"g-77","call-table":[{{"media":1,"call-type":1,"dnis":"800","group":{{"type":4,"id":30}},"call-profile":[{{"id":2,"value":"{caller}"}},{{"id":18,"value":"2026-11-20T09:00:00Z"}}],"connections":[]}}],"acd-call":true,"cause":0,"joining-device-id":1001,"joining-device-type":3,"joining-device":"5001","calling-device-id":0,"calling-device-type":5,"calling-device":"{caller}"}}
"#
        );
        let told = translated(&place, "mitel", "desk", &input);
        let one = |name: &str| told.iter().find(|event| event["EventType"] == name).cloned().unwrap();
        (one("CallEstablished")["ANI"].clone(), one("CallEnd")["CallData"][0].clone())
    };
    let (caller, data) = told("(030) 123 456");
    assert_eq!(caller, "+4930123456");
    assert_eq!((&data["key"], &data["value"]), (&"queue-seconds".into(), &"76".into()));
    assert_eq!(told("4001").0, "4001", "an internal number stays one");
}

#[test]
fn release_codes_go_through_the_site_s_table() {
    let place = folder("site-tables");
    let mut input = String::from(
        r#"{"type": 35, "at": "2026-11-20T10:00:00Z"}
{"type": 1, "RecID": 40, "LogonID": "140", "DN": "4040", "VoiceReady": 1, "at": "2026-11-20T10:00:01Z"}
"#,
    );
    for code in 1..=10 {
        input += &format!(
            "{{\"message\": \"command\", \"request-id\": {code}, \"sub-request-type\": \"release\", \"agent-id\": 40, \
             \"release-code\": {code}}}\n"
        );
    }
    let told = translated(&place, "micc", "crm", &input);
    let asked = told.iter().filter_map(|line| line["args"]["lReason"].as_i64());
    assert_eq!(asked.collect::<Vec<_>>(), [101, 102, 103, 104, 105, 106, 142, 108, 109, 10], "{told:#?}");
}

#[test]
fn a_section_that_is_not_there_is_named() {
    let place = folder("site-missing");
    fs::write(place.join("bridge.toml"), CONFIG).unwrap();
    let config = place.join("bridge.toml").display().to_string();
    for (from, to, part) in [
        ("mitle", "desk", "the configuration has no [platform.mitle] (did you mean `mitel`?)"),
        ("mitel", "ctips", "the configuration has no [application.ctips]"),
    ] {
        let output = cti_bridge(&["translate", "--from", from, "--to", to, "--config", &config], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}
