//! `cti-bridge translate`: lines in, lines out, and what it says of lines that it cannot take.

use std::process::Output;

use serde_json::Value;

use crate::{LOGIN, PAIR, complaints, cti_bridge, stderr, stdout};

fn translate(more: &[&str], input: &str) -> Output {
    cti_bridge(&[&["translate"], &PAIR[..], more].concat(), input)
}

#[test]
fn local_times_are_the_machine_s_or_in_the_zone_that_is_asked_for() {
    let input = r#"{"type": 35, "at": "2026-11-20T10:00:00Z"}
{"type": 1, "RecID": 40, "LogonID": "140", "DN": "4040", "VoiceReady": 1, "at": "2026-11-20T10:00:01Z"}
"#;
    for (zone, local) in
        [(None, "2026-11-20 19:00:01"), (Some("UTC"), "2026-11-20 10:00:01"), (Some("-03:30"), "2026-11-20 06:30:01")]
    {
        let zone = zone.map(|zone| format!("--zone={zone}"));
        let options: Vec<&str> =
            ["translate", "--from", "ccas", "--to", "event-feed"].into_iter().chain(zone.as_deref()).collect();
        let output = cti_bridge(&options, input);
        let login = stdout(&output).lines().find(|line| line.contains("agent-login")).unwrap_or_default();
        let login: Value = serde_json::from_str(login).unwrap();
        assert_eq!((login["timestamp"].as_str(), login["gmt"].as_str()), (Some(local), Some("2026-11-20 10:00:01")));
    }
    let output = cti_bridge(&[&["translate"], &PAIR[..], &["--zone", "Nowhere/Else"]].concat(), "");
    assert!(stderr(&output).contains("there is no zone \"Nowhere/Else\""), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn translate_turns_lines_into_lines() {
    let output = translate(&[], &format!("{LOGIN}\n"));
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(complaints(&output), "");
    let events: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["EventType"], "AgentLoginStateChange");
    assert_eq!(events[0]["AgentId"], 40);
}

#[test]
fn a_line_that_cannot_be_taken_is_named_and_the_rest_goes_on() {
    let input = format!("{{\"message\": \n{{\"message\":\"agent-dance\"}}\n\n{LOGIN}\n");
    let output = translate(&[], &input);
    assert_eq!(output.status.code(), Some(0));
    let said: Vec<_> = complaints(&output).lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("line 1: "), "{said:?}");
    assert!(said[1].starts_with("line 2: ") && said[1].contains("agent-dance"), "{said:?}");
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn what_is_odd_about_a_line_is_named_and_the_line_is_taken() {
    let input = [
        LOGIN,
        r#"{"SetAgentState":{"AgentIdx":40,"NewState":"Idle","RequestId":"six","AgentIdxx":4},"Extra":1}"#,
        r#"{"LoginAgentt":{"AgentLoginName":"40"}}"#,
        r#"{"message":"command","request-id":99,"result":0}"#,
        r#"{"message":"agent-idle","agent-id":40,"agent-nmuber":"40"}"#,
    ];
    let output = translate(&[], &input.join("\n"));
    assert_eq!(output.status.code(), Some(0));
    let said: Vec<_> = complaints(&output).lines().collect();
    let expected = [
        "line 2: SetAgentState: unknown field `Extra`",
        "line 2: SetAgentState: unknown field `AgentIdxx` (did you mean `AgentIdx`?)",
        "line 2: SetAgentState: RequestId is no number: \"six\"",
        "line 3: unknown message \"LoginAgentt\" (did you mean `LoginAgent`?)",
        "line 4: a reply answers no command that is open request=99",
        "line 5: agent-idle: unknown field `agent-nmuber` (did you mean `agent-id`?)",
    ];
    for line in expected {
        assert!(said.contains(&line), "{line:?} is not in {said:#?}");
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    assert!(!stdout(&output).contains("resume"), "a request that cannot be answered is not carried out");
    let strict = translate(&["--strict"], &[input[0], input[4]].join("\n"));
    assert_eq!(strict.status.code(), Some(0), "the lines are taken");
}

#[test]
fn a_gap_in_the_sequence_is_named_and_nobody_is_asked() {
    let line = |sequence: u32, second: u32| {
        format!(
            r#"{{"timestamp":"2026-11-20 10:00:{second:02}","message":"agent-login","agent-id":4,"agent-number":"4","agent-ext":"14","sequence":{sequence}}}"#
        )
    };
    let idle = r#"{"timestamp":"2026-11-20 10:01:30","message":"agent-idle","agent-id":4,"sequence":101}"#;
    let output = translate(&[], &format!("{}\n{}\n{idle}\n", line(1, 1), line(100, 2)));
    assert_eq!(
        complaints(&output),
        "line 2: the sequence has a gap: events were missed sequence=100 expected=2 asks_snapshot=false\n"
    );
    let told: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = told.iter().map(|event| event["EventType"].as_str().unwrap()).collect();
    assert_eq!(types, ["AgentLoginStateChange", "AgentStateChange"]);
}

#[test]
fn strict_stops_at_the_first_line_that_cannot_be_taken() {
    let output = translate(&["--strict"], &format!("{LOGIN}\nrubbish\n{}\n", LOGIN.replace("40", "41")));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("line 2: "), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn a_line_is_named_that_names_nobody_or_has_values_that_are_none() {
    let cases = [
        (r#"{"message":"established"}"#, "established: it names no call"),
        (r#"{"message":"agent-idle"}"#, "agent-idle: it names no agent"),
        (r#"{"message":"agent-idle","agent-id":0}"#, "agent-idle: it names no agent"),
        (r#"{"message":"agent-idle","agent-id":[1]}"#, "agent-idle: agent-id is not of type id"),
        (r#"{"message":"agent-idle","agent-id":true}"#, "agent-idle: agent-id is not of type id"),
        (r#"{"message":"agent-idle","agent-id":1.5}"#, "agent-idle: agent-id is not of type id"),
        (r#"{"agent-id":1.5,"message":"agent-idle"}"#, "agent-idle: agent-id is not of type id"),
        (r#"{"message":"agent-idle","agent-id":99999999999999999999999}"#, "agent-idle: agent-id is not of type id"),
    ];
    for (line, reason) in cases {
        let output = translate(&[], &format!("{line}\n{LOGIN}\n"));
        let said: Vec<&str> = complaints(&output).lines().collect();
        assert_eq!(said.len(), 1, "{line}: {said:?}");
        assert!(said[0].starts_with(&format!("line 1: {reason}")), "{line}: {said:?}");
        assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 1), "{line}");
        let strict = translate(&["--strict"], &format!("{line}\n{LOGIN}\n"));
        assert_eq!((strict.status.code(), stdout(&strict)), (Some(1), ""), "{line}");
    }
}

#[test]
fn what_began_before_or_comes_twice_is_no_lines_fault() {
    let lines = [
        LOGIN,
        LOGIN,
        r#"{"message":"agent-idle","agent-id":40.0}"#,
        r#"{"message":"agent-wrap","agent-id":40}"#,
        r#"{"message":"conn-cleared","call-id":900,"device-out-type":3,"device-out-id":40}"#,
        r#"{"message":"call-cleared","call-id":900}"#,
        r#"{"message":"queued","call-id":901,"queued-group-internal-id":9,"queued-group-type":4}"#,
        r#"{"message":"call-cleared","call-id":901}"#,
        r#"{"message":"call-cleared","call-id":901}"#,
        r#"{"message":"agent-logout","agent-id":41}"#,
    ];
    let output = translate(&["--strict"], &lines.join("\n"));
    assert_eq!((output.status.code(), complaints(&output)), (Some(0), ""));
}

#[test]
fn a_line_of_ten_megabytes_is_named_and_passed_over() {
    let output = translate(&[], &format!("\"{}\"\n{LOGIN}\n", "x".repeat(10 << 20)));
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).starts_with("line 1: longer than"), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1);
}

#[test]
fn an_unknown_dialect_is_refused_with_the_known_ones() {
    let output = cti_bridge(&["translate", "--from", "event-fed", "--to", "ctips"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("event-feed"), "{}", stderr(&output));
}

/// The summary that ends a translation.
fn summary(output: &Output) -> Vec<&str> {
    stderr(output).lines().filter_map(|line| line.strip_prefix("end: ")).collect()
}

#[test]
fn a_summary_tells_what_became_of_the_lines() {
    let lines = [
        LOGIN,
        r#"{"message":"agent-login","agent-id":null,"agent-number":"41"}"#,
        r#"{"HoldCall":{"AgentIdx":40,"CallId":9,"RequestId":5}}"#,
        "",
        r#"{"ClearCall":{"AgentIdx":40,"CallId":9,"RequestId":6}}"#,
        "rubbish",
        r#"{"message":"call-cleared","call-id":901}"#,
        r#"{"message":"call-cleared","call-id":902}"#,
    ];
    let output = translate(&[], &lines.join("\n"));
    assert_eq!(output.status.code(), Some(0));
    let expected = [
        "7 lines read, 3 events told, 1 command given, 2 requests failed, 1 not understood, 3 without effect",
        "events: CallRequestFailed 2, AgentLoginStateChange 1",
        "commands: hangup 1",
        "failed: hang-up: no answer in 10 s; whether it was done is not known (at the end)",
        "failed: hold: event-feed (Mitel Connect ONSITE event feed) has no command to hold a call (line 3)",
        "not understood: not JSON: expected value at line 1 column 1 (line 6)",
        "without effect: call-cleared: its call is not known (2, the first line 7)",
        "without effect: agent-login: its agent is not known (line 2)",
    ];
    assert_eq!(summary(&output), expected);
    assert_eq!(summary(&translate(&[], "")), ["0 lines read, 0 events told, 0 commands given"]);
    let strict = translate(&["--strict"], "rubbish\n");
    assert_eq!(strict.status.code(), Some(1));
    assert_eq!(summary(&strict)[0], "1 line read, 0 events told, 0 commands given, 1 not understood");
    assert_eq!(stdout(&strict), "");
}

#[test]
fn a_raw_capture_of_a_feed_is_read_as_it_is() {
    let idle = r#"{"message":"agent-idle","agent-id":40}"#;
    let lines = translate(&[], &format!("{LOGIN}\n{idle}\n"));
    let pretty = LOGIN.replace(r#","agent-id""#, ",\n  \"agent-id\"").replace('{', "{\r\n  ");
    for capture in [
        format!("{LOGIN}\0{idle}\0"),
        format!("{LOGIN}\0{idle}"),
        format!("{pretty}\0\n{idle}\n\0"),
        format!("\u{feff}{pretty}\0{idle}\0"),
    ] {
        let output = translate(&[], &capture);
        assert_eq!((output.status.code(), complaints(&output)), (Some(0), ""), "{capture:?}");
        assert_eq!(stdout(&output), stdout(&lines), "{capture:?}");
        assert!(summary(&output)[0].starts_with("2 messages read, 2 events told"), "{}", stderr(&output));
    }
    let output = translate(&[], &format!("{pretty}\0rubbish\0{idle}\0"));
    assert_eq!(complaints(&output), "message 2: not JSON: expected value at line 1 column 1\n");
    assert_eq!(stdout(&output), stdout(&lines));
    let utf16: Vec<u8> = format!("\u{feff}{LOGIN}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = crate::cti_bridge_bytes(&[&["translate"], &PAIR[..]].concat(), &utf16);
    assert!(complaints(&utf16).starts_with("line 1: the lines are UTF-16"), "{}", stderr(&utf16));
}
