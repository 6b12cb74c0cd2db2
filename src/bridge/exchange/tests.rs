//! Rules are exchanged while a call lives.

use serde_json::Value;

use super::*;
use crate::{
    bridge::{ApplicationParts, Output, PlatformParts, routes},
    diagnostic::Problems,
    dialect::Registry,
    mapping::Mappings,
    model::{Media, Model, Settings},
    shipped::Files,
    sim::messages,
    time::Time,
};

fn load(files: &Files) -> Mappings {
    let mut problems = Problems::default();
    let mappings = Mappings::load(files, &mut problems);
    assert!(problems.is_empty());
    mappings
}

fn rules(mappings: &Mappings, dialect: &str) -> Rules {
    let dialect = &mappings.dialects[dialect];
    let (incoming, outgoing) = (dialect.from.clone().unwrap(), dialect.to.clone().unwrap());
    let settings = outgoing.knobs.iter().map(|(_, default)| default.clone()).collect();
    Rules { incoming, outgoing, settings }
}

/// A feed that is a file, and a CTIPS application that is one.
fn bridge(mappings: &Mappings) -> Bridge {
    let mut bridge = Bridge::default();
    let Rules { incoming, outgoing, settings } = rules(mappings, "event-feed");
    bridge.add_platform(PlatformParts {
        name: "mitel".into(),
        conversation: Registry::shipped().replaying(incoming.vocabulary.clone()),
        model: Model::new(Settings { platform: "mitel".into(), ..Settings::default() }),
        incoming,
        outgoing,
        knobs: settings,
        service_groups: Default::default(),
    });
    let Rules { incoming, outgoing, settings } = rules(mappings, "ctips");
    bridge.add_application(ApplicationParts {
        name: "desk".into(),
        server: None,
        from: incoming,
        to: outgoing,
        knobs: settings,
        platforms: vec![0],
        id_step: 1_000_000,
        routes: routes::Settings::default(),
        media_platform: None,
        media: Media::ALL.to_vec(),
        read_only: Default::default(),
        labels: Vec::new(),
    });
    bridge.platform_link(Time(0), 0, true);
    bridge
}

/// The application's events after a message about this call, each with its call and the calling number.
fn told(bridge: &mut Bridge, message: &str, call: i64) -> Vec<(String, i64, String)> {
    let line = messages::call(message, call, 1, messages::agent_device("alerting-device", 1001));
    bridge.platform_line(Time(1000), 0, &line.to_string()).unwrap();
    let lines = std::iter::from_fn(|| bridge.poll()).filter_map(|output| match output {
        Output::Line(line) => Some(serde_json::from_slice::<Value>(&line).unwrap()),
        _ => None,
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .filter(|line| line["CallId"].is_i64())
        .map(|line| (text(&line["EventType"]), line["CallId"].as_i64().unwrap_or_default(), text(&line["ANI"])))
        .collect()
}

#[test]
fn rules_are_exchanged_between_two_messages_and_calls_ids_and_counts_stay() {
    let mut bridge = bridge(&load(&Files::built_in()));
    let offered = |call: i64, ani: &str| ("CallOffered".to_owned(), call, ani.to_owned());
    let first = told(&mut bridge, "delivered", 900);
    assert!(first.contains(&offered(900, "5551234")), "{first:?}");
    let counted = |bridge: &Bridge| bridge.applications()[0].counts.rules.iter().sum::<u64>();
    let before = counted(&bridge);

    let other = Files::built_in().with("to-ctips.toml", |text| text.replacen("\"call.ani\"", "\"call.dnis\"", 1));
    let other = load(&other);
    bridge.exchange_rules(Owner::Application(0), rules(&other, "ctips")).unwrap();
    bridge.exchange_rules(Owner::Platform(0), rules(&other, "event-feed")).unwrap();

    assert_eq!(counted(&bridge), before);
    let second = told(&mut bridge, "delivered", 901);
    assert!(second.contains(&offered(901, "800")), "the new rule: {second:?}");
    let ended: Vec<i64> = told(&mut bridge, "call-cleared", 900).iter().map(|(_, call, _)| *call).collect();
    assert!(!ended.is_empty() && ended.iter().all(|call| *call == 900), "the call keeps its id: {ended:?}");
}

#[test]
fn rules_for_another_vocabulary_are_not_taken() {
    let mut bridge = bridge(&load(&Files::built_in()));
    let other = load(&Files::built_in().with("dialects/ctips.toml", |text| format!("# another one\n{text}")));
    assert_eq!(bridge.exchange_rules(Owner::Application(0), rules(&other, "ctips")), Err(OtherVocabulary));
    assert!(told(&mut bridge, "delivered", 900).iter().any(|(event, ..)| event == "CallOffered"));
}

#[test]
fn what_is_remembered_keeps_the_names_of_the_rules_of_its_time() {
    let mut bridge = bridge(&load(&Files::built_in()));
    bridge.remember_stories(1 << 20, false);
    told(&mut bridge, "delivered", 900);
    let query = || crate::bridge::Query { call: Some("900".into()), ..Default::default() };
    let (before, _) = bridge.story(query()).unwrap();
    assert!(before.iter().any(|line| line.contains("rule=\"delivered")), "{before:#?}");
    let mut other = load(&Files::built_in());
    let dialect = Arc::get_mut(other.dialects.get_mut("event-feed").unwrap()).unwrap();
    let incoming = Arc::get_mut(dialect.from.as_mut().unwrap()).unwrap();
    incoming.rule_names.iter_mut().for_each(|name| *name = format!("other-{name}").into());
    let other = rules(&other, "event-feed");
    bridge.exchange_rules(Owner::Platform(0), other).unwrap();
    assert_eq!(bridge.story(query()).unwrap().0, before);
    told(&mut bridge, "delivered", 901);
    let (after, _) = bridge.story(crate::bridge::Query { call: Some("901".into()), ..Default::default() }).unwrap();
    assert!(after.iter().any(|line| line.contains("rule=\"other-delivered")), "{after:#?}");
}
