//! The defaults do not contradict each other: each bound holds what another one lets in, as far as it is not told in portions
//! (`tests/conversations/portions.rs`, `tests/e2e/portions.rs`).

use super::*;
use crate::{
    dialect::registry::ApplicationTransport,
    model::{Attributes, Change, ChangeKind, Device, DeviceKind, Fact, Id, Model},
    settings::Queue,
    time::Time,
};

/// The defaults of everything.
fn defaults() -> Config {
    let (config, problems) = load(&format!("{SMALL}{OTHERS}"), &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    config
}

/// The queues of all applications that are told something.
fn queues(config: &Config) -> Vec<(&str, &Queue)> {
    fn queue(transport: &ApplicationTransport) -> Option<&Queue> {
        match transport {
            ApplicationTransport::Accepted { queue, .. } => Some(queue),
            ApplicationTransport::Served(served) => served.callback.as_ref().map(|callback| &callback.queue),
        }
    }
    let all = config.applications.iter();
    all.filter_map(|known| Some((known.name.as_str(), queue(&known.settings.transport)?))).collect()
}

/// An inbound call as most are: names, numbers, the caller's name, three items of data, the caller and an agent.
fn tell_a_call(model: &mut Model, number: i64) {
    let guid = format!("0C2E4BE3-7F9A-4B0C-9D5E-{number:012}");
    let labels = ["customer", "contract", "language"].map(Value::Text);
    for kind in [ChangeKind::Queued, ChangeKind::Connected] {
        let mut attributes = Attributes::default();
        attributes.call.0[0] = Id::Text(&guid);
        attributes.call.0[1] = Id::Int(number);
        attributes.party = Device { kind: Some(DeviceKind::Agent), id: Id::Int(number), number: "4001" };
        attributes.other = Device { kind: Some(DeviceKind::Device), id: Id::None, number: "+495551234567" };
        attributes.service = Device { kind: Some(DeviceKind::Group), id: Id::Int(9), number: "" };
        attributes.set(Fact::Ani, Value::Text("+495551234567"));
        attributes.set(Fact::Dnis, Value::Text("+498001234567"));
        attributes.set(Fact::CallerName, Value::Text("A caller with a name"));
        attributes.data = Some(labels.iter().map(|label| (*label, Value::Text("a value of some length"))).collect());
        model.begin(Time(number as u64), None);
        model.apply(&Change::new(kind, &attributes));
    }
    model.take_consequences(&mut Vec::new());
    model.settle(&mut Vec::new());
}

#[test]
fn the_memory_of_calls_holds_as_many_ordinary_calls_as_there_may_be() {
    let settings = defaults().platforms.swap_remove(0).model;
    let (calls, memory) = (settings.max_calls, settings.max_memory);
    let mut model = Model::new(settings);
    model.name_calls_uniquely(0);
    model.link_up(Time(0));
    for number in 1..=calls as i64 {
        tell_a_call(&mut model, number);
    }
    assert_eq!(model.call_count(), calls, "calls were ended because they need more than {memory} bytes");
}

#[test]
fn a_queue_holds_the_longest_message_more_than_once() {
    let config = defaults();
    let longest = feed(&load(SMALL, &[], &[]).0).max_frame;
    for (name, queue) in queues(&config) {
        // A queue of which half is taken has no more room for what is many: a message may still come.
        assert!(queue.bytes / 2 > longest, "{name}: {} bytes for messages of {longest}", queue.bytes);
    }
}

#[test]
fn a_request_that_is_kept_finds_room_to_be_sent() {
    for platform in &defaults().platforms {
        if let PlatformTransport::Posted(posted) = &platform.settings.transport {
            let (kept, queue) = (platform.model.max_requests, posted.posts.queue);
            assert!(queue >= kept, "{}: {kept} requests may be open, {queue} may wait to be sent", platform.name);
        }
    }
}

#[test]
fn all_sessions_find_a_connection() {
    for application in &defaults().applications {
        if let (ApplicationTransport::Served(served), "ctips") =
            (&application.settings.transport, &*application.dialect)
        {
            let sessions = ctips(application).max_sessions;
            assert!(served.limits.connections >= sessions, "{sessions} sessions, {:?}", served.limits);
        }
    }
}

#[test]
fn what_applications_are_told_of_all_agents_and_services_does_not_fit_a_queue_and_is_told_in_portions() {
    let config = defaults();
    let model = &config.platforms[0].model;
    let many = model.max_agents + model.max_services + model.max_calls;
    for (name, queue) in queues(&config) {
        // If this fails, queues have become so large that portions may be unnecessary.
        assert!(many > queue.messages, "{name}");
    }
}
