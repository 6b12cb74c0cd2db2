//! The time that the service may take to answer.

use std::time::Duration;

use cti_bridge::{
    diagnostic::Problems,
    dialect::open_media::{Client, ClientSettings},
    mapping::Mappings,
    message::Message,
    port::{Asker, Asks as _, Output, PlatformConversation as _, PlatformOutput, RouteAsked},
    shipped::Files,
    time::Time,
};

#[test]
fn whoever_asks_waits_as_long_as_was_configured() {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    let vocabulary = mappings.dialects["open-media"].vocabulary.clone();
    let settings = ClientSettings { reply_timeout: Duration::from_secs(2), ..ClientSettings::default() };
    let mut client = Client::new(settings, vocabulary.clone(), &vocabulary.profiles[0]);
    let mut timeout = |label: &str, asker: Asker| {
        let kind = vocabulary.find(label).unwrap();
        let mut message = Message::default();
        message.start(kind, vocabulary.message(kind).fields.list.len());
        client.ask(Time(0), &mut message, asker);
        match client.poll() {
            Some(PlatformOutput::Wire(Output::Post(post))) => post.timeout.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    for label in ["AddRequest", "CancelRequest", "GetServiceGroupStatus"] {
        assert_eq!(timeout(label, Asker::Guest(1)), 2, "{label}");
    }
    // A route's asker, too, is told after two seconds that there is no answer. A later answer has the request
    // cancelled.
    assert_eq!(timeout("AddRequest", Asker::Route { route: 1, asked: RouteAsked::Add }), 6);
}
