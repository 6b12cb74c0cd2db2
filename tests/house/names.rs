//! The program knows dialects as data: their names, and the names of their messages and fields on the wire, stand in the
//! vocabularies, in the rules and in each dialect's own folder. This test holds that no other source has them, neither as an
//! identifier nor in a string literal. The words of the model are everybody's: see [`Names::is_word`]. Comments are not read.

use std::{
    collections::{HashMap, HashSet},
    fs,
    sync::LazyLock,
};

use cti_bridge::{
    diagnostic::Problems,
    mapping::Mappings,
    model::*,
    shipped::Files,
    vocabulary::{Fields, Vocabulary},
};

use crate::rust_source::{self, Sort, Token};

/// The sources that may know dialects: their folder, the stand-ins for the vendors' systems, the list of shipped files and
/// the demo. And the service of Windows, whose words are those of Windows.
const AT_HOME: [&str; 5] = ["src/dialect/", "src/sim/", "src/shipped.rs", "src/cli/demo.rs", "src/cli/service.rs"];

/// Plain words that also name a message, a field or a type of some dialect.
const PLAIN: [&str; 38] = [
    "Accepted",
    "Comment",
    "Connect",
    "Error",
    "Fields",
    "ID",
    "Index",
    "Message",
    "Method",
    "Name",
    "Open",
    "Operation",
    "Refused",
    "at",
    "command",
    "connection",
    "connections",
    "error",
    "event",
    "filter",
    "flag",
    "groups",
    "hangup",
    "ids",
    "lost",
    "message",
    "out",
    "password",
    "profile",
    "purpose",
    "release",
    "reply",
    "resume",
    "timestamp",
    "token",
    "url",
    "user",
    "version",
];

/// Dialects whose name is a word of the model as well. The model, and every room that uses it, says `agent`, `agent_id` and
/// `AgentState` of the person at a desktop, so this name alone cannot be told from the word. `layers.rs` finds its
/// folder, and its messages, fields and types are found here like those of any other dialect.
const ALSO_WORDS: [&str; 1] = ["agent"];

static NAMES: LazyLock<Names> = LazyLock::new(Names::shipped);

/// The names in the sources that should have none, each with its place.
static FOUND: LazyLock<Vec<(String, String)>> = LazyLock::new(found);

/// The words that the sources may not have, and those that they may have nevertheless.
struct Names {
    /// Each dialect's name, as its words.
    dialects: Vec<Vec<String>>,
    /// Names of messages, fields, types and contracts.
    wire: HashSet<String>,
    /// The table of words, as rules write them.
    words: HashSet<String>,
}

impl Names {
    fn shipped() -> Names {
        let mut problems = Problems::default();
        let mappings = Mappings::load(&Files::built_in(), &mut problems);
        assert!(!mappings.dialects.is_empty());
        let told = mappings.dialects.keys().filter(|name| !ALSO_WORDS.contains(&name.as_str()));
        let mut names = Names {
            dialects: told.map(|name| words_of(name)).collect(),
            wire: HashSet::new(),
            words: table_of_words(),
        };
        for dialect in mappings.dialects.values() {
            names.add(&dialect.vocabulary);
        }
        // The numbers that name messages somewhere say nothing.
        names.wire.retain(|name| name.contains(char::is_alphabetic));
        names
    }

    fn add(&mut self, vocabulary: &Vocabulary) {
        for (kind, def) in vocabulary.kinds() {
            self.wire.insert(def.label.clone());
            self.wire.extend(def.wire_names.iter().map(|(_, name)| name.clone()));
            self.wire.extend(def.aliases.iter().cloned());
            self.wire.extend(vocabulary.profiles.iter().map(|profile| profile.message_name(vocabulary, kind)));
            self.add_fields(&def.fields);
        }
        for record in &vocabulary.records {
            self.wire.insert(record.name.clone());
            self.add_fields(&record.fields);
        }
        self.wire.extend(vocabulary.headers.fields.iter().map(|field| field.label.clone()));
        self.wire.extend(vocabulary.enums.iter().map(|known| known.name.clone()));
        for profile in &vocabulary.profiles {
            self.wire.extend([profile.contract.clone(), profile.callback_contract.clone()]);
        }
    }

    fn add_fields(&mut self, fields: &Fields) {
        for field in &fields.list {
            self.wire.insert(field.label.clone());
            self.wire.extend(field.aliases.iter().cloned());
        }
    }

    /// Whether the model has this word. Literals write it as rules do, identifiers in a form of Rust's. A word that is a
    /// dialect's name, too, is the model's only as a variant: in lower case it is the dialect's folder.
    fn is_word(&self, sort: Sort, text: &str) -> bool {
        if sort == Sort::Text {
            return self.words.contains(text);
        }
        let words = words_of(text);
        let is_folder = text.starts_with(char::is_lowercase) && self.dialects.contains(&words);
        self.words.contains(&words.join("-")) && !is_folder
    }

    /// The name of a dialect, or one of its names on the wire, that a token says.
    fn said_by(&self, token: &Token) -> Option<String> {
        if !matches!(token.sort, Sort::Identifier | Sort::Text) || self.is_word(token.sort, &token.text) {
            return None;
        }
        if self.wire.contains(&token.text) {
            return Some(token.text.clone());
        }
        let words = words_of(&token.text);
        let has = |name: &&Vec<String>| {
            words.windows(name.len()).any(|window| window == &name[..]) || words.contains(&name.concat())
        };
        if let Some(dialect) = self.dialects.iter().find(has) {
            return Some(dialect.join("-"));
        }
        // A name of several words is no accident in a longer text either.
        let parts = token.text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        let is_name =
            |part: &&str| words_of(part).len() > 1 && self.wire.contains(*part) && !self.is_word(Sort::Text, part);
        parts.filter(|_| token.sort == Sort::Text).find(is_name).map(str::to_owned)
    }
}

/// The tables that the rule language knows: their entries and their own names.
fn table_of_words() -> HashSet<String> {
    macro_rules! tables {
        ($($table:ident)+) => { [$((stringify!($table), $table::NAMES)),+] };
    }
    let tables = tables!(
        About AgentAttribute AgentState CallAttribute CallState CallType Cause ChangeKind ConnectionState Detail
        DeviceKind Direction End Entity Fact Failure ItemAttribute ListAttribute Media Object Occupation OrderKind Part
        PartyAttribute PartyRole RejectReason RequestAttribute RequestKind RouteChange RouteStatus RouteType
        ServiceAttribute TransitionKind
    );
    let own = tables.iter().map(|(name, _)| words_of(name).join("-"));
    own.chain(tables.iter().flat_map(|(_, entries)| entries.iter().map(|entry| (*entry).to_owned()))).collect()
}

/// The words of a name in any form, in lower case: `EventFeed`, `event-feed`, `EVENT_FEED` are two.
fn words_of(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| letters[place]);
        let humps = before.is_some_and(char::is_lowercase);
        let ends_capitals =
            before.is_some_and(char::is_uppercase) && letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if !letter.is_alphanumeric() || (letter.is_uppercase() && (humps || ends_capitals)) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn found() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut known = HashMap::new();
    for path in rust_source::files("src") {
        let shown = path.display().to_string();
        if rust_source::is_test(&path) || AT_HOME.iter().any(|home| shown.starts_with(home)) {
            continue;
        }
        for token in rust_source::program(&fs::read_to_string(&path).unwrap()) {
            let name = known.entry((token.sort, token.text.clone())).or_insert_with(|| NAMES.said_by(&token));
            found.extend(name.clone().map(|name| (name, format!("{shown}:{}", token.line))));
        }
    }
    found
}

#[test]
fn only_dialects_know_their_names() {
    let wrong = FOUND.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str()));
    let wrong: Vec<String> = wrong.map(|(name, place)| format!("{place}: {name}")).collect();
    assert!(wrong.is_empty(), "names of dialects outside src/dialect:\n{}", wrong.join("\n"));
}

#[test]
fn every_plain_word_is_needed() {
    assert!(PLAIN.is_sorted_by(|one, other| one < other), "the plain words stand in alphabetical order");
    let idle: Vec<_> = PLAIN.iter().filter(|word| !FOUND.iter().any(|(name, _)| name == *word)).collect();
    assert!(idle.is_empty(), "no source has these as names of a dialect any more: {idle:?}");
}

#[test]
fn a_dialect_that_is_also_a_word_of_the_model_is_found_by_all_else() {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    for name in ALSO_WORDS {
        assert!(NAMES.words.contains(name) && mappings.dialects.contains_key(name), "{name} needs no exemption");
    }
    let said = |text: &str| NAMES.said_by(&rust_source::program(text)[0]);
    assert_eq!(said("agent_id"), None);
    assert_eq!(said("\"OnCallEvent\"").as_deref(), Some("OnCallEvent"));
}

#[test]
fn names_are_found_in_every_form() {
    let said = |source: &str| -> Vec<String> {
        rust_source::program(source).iter().filter_map(|token| NAMES.said_by(token)).collect()
    };
    assert_eq!(said("use event_feed::Client; EventFeed; EVENT_FEED; EventFeedClient;"), ["event-feed"; 4]);
    assert_eq!(
        said("Ctips, ctips_events, CTIPSPlatform, \"it is CCAS\", \"eventfeed\""),
        ["ctips", "ctips", "ctips", "ccas", "event-feed"]
    );
    assert_eq!(said("open_media(\"an Open Media client\")"), ["open-media"; 2]);
    assert_eq!(said("EventType == \"SessionId\" || \"<EventType>\""), ["EventType", "SessionId", "EventType"]);
    assert_eq!(said("\"call-table\" \"call-table[0].dnis\" \"AgentCallService\" r#\"/AgentCallService\"#").len(), 4);
    // The model's words, other words, comments and tests.
    assert_eq!(said("Media::OpenMedia => \"open-media\", CallStarted, call_started, \"call.caller-name\""), [""; 0]);
    assert_eq!(said("opened, \"media that are open\" // ctips\n#[cfg(test)] mod ctips { \"EventType\" }"), [""; 0]);
    // A literal has a word of the model only as rules write it.
    assert_eq!(said("\"CallCompleted\""), ["CallCompleted"]);
}
