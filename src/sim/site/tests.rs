//! The site alone: what a person at the desk can do, on a virtual clock.

use serde_json::{Value, json};

use super::*;

/// The names of events, with the call where it has one.
fn names(events: &[Value]) -> Vec<String> {
    let call = |event: &Value| event["CallID"].as_i64().map(|id| format!(" {id}")).unwrap_or_default();
    events.iter().map(|event| event["type"].as_str().unwrap_or("?").to_owned() + &call(event)).collect()
}

fn ask(site: &mut Site, at: u64, method: &str, call: i64) -> Vec<String> {
    let args = json!({ "lAgentRecID": ANN, "lCallID": call, "lReason": 3, "bstrDialString": BEN_STATION });
    site.call(Time(at), method, &args).expect(method);
    names(&site.take_events())
}

fn wait(site: &mut Site) -> Vec<String> {
    let at = site.deadline().expect("something happens");
    site.expire(at);
    names(&site.take_events())
}

#[test]
fn a_customer_calls_whoever_is_free_and_work_follows() {
    let mut site = Site::new(1);
    assert_eq!(site.deadline(), None);
    assert_eq!(ask(&mut site, 0, "SetVoiceReady", 0), ["READY"]);
    assert_eq!(wait(&mut site), ["CALLINFORMATION 900", "DELIVERED 900"]);
    assert_eq!(ask(&mut site, 3000, "AnswerCall", 900), ["ESTABLISHED 900"]);
    assert_eq!(ask(&mut site, 4000, "HoldCall", 900), ["HOLD 900"]);
    assert_eq!(ask(&mut site, 5000, "MakeCall", 0), ["ORIGINATED 901"]);
    assert_eq!(wait(&mut site), ["DELIVERED 901", "DELIVERED 901"]);
    assert_eq!(wait(&mut site), ["ESTABLISHED 901", "ESTABLISHED 901"]);
    assert_eq!(ask(&mut site, 9000, "TransferCall", 901), ["TRANSFERRED", "TRANSFERRED"]);
    assert_eq!(ask(&mut site, 9500, "CancelClerical", 900), ["CLERICALENDED 900"]);
    assert_eq!(wait(&mut site), ["CALLINFORMATION 903", "DELIVERED 903"]);
    assert_eq!(ask(&mut site, 13_000, "RejectServiceCall", 903), ["CALLREJECTED 903"]);
    assert_eq!(wait(&mut site), ["CONNECTIONCLEARED 902", "CALLINFORMATION 904", "DELIVERED 904"]);
}

#[test]
fn a_call_that_nobody_answers_goes_elsewhere() {
    let mut site = Site::new(1);
    ask(&mut site, 0, "SetVoiceReady", 0);
    wait(&mut site);
    assert_eq!(wait(&mut site), ["CALLREJECTED 900", "NOTREADY"]);
    assert_eq!(site.deadline(), None);
}

#[test]
fn what_does_not_fit_the_state_fails() {
    let mut site = Site::new(1);
    let args = json!({ "lAgentRecID": ANN, "lCallID": 900 });
    for method in ["AnswerCall", "HoldCall", "RetrieveCall", "HangupCall", "TransferCall", "CancelClerical", "Fly"] {
        assert!(site.call(Time(0), method, &args).is_err(), "{method}");
    }
    assert!(site.call(Time(0), "SetVoiceReady", &json!({ "lAgentRecID": BEN })).is_err());
    assert!(site.take_events().is_empty());
}
