//! The settings of desktops and of the applications that are written for AgentClient, as their sections have them.

use secrecy::{ExposeSecret, SecretString};

use super::{Server, ServerSettings, Tokens};
use crate::{
    dialect::registry::{
        ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry, Reading,
    },
    port::ApplicationConversation,
    settings::{Queue, Section, Web},
};

/// The WebSocket's subprotocol and path.
const PROTOCOL: &str = "cti-bridge.agent.v1";
const PATH: &str = "/agent";

/// The shortest signing key in bytes.
const SHORTEST_KEY: usize = 16;

/// Keys of either side's section that are tables whose keys are names that the operator gives.
pub(super) const NAMED: &[&str] = &["agents", "service_groups", "not_ready_reasons", "cq_codes"];

pub fn entry() -> Entry {
    Entry {
        name: "agent".to_owned(),
        platform: None,
        application: Some(ApplicationSide {
            named: NAMED,
            read: Box::new(application),
            guests: false,
            statistics: false,
        }),
    }
}

fn application(section: &Section, _: &Reading) -> Option<ApplicationSettings> {
    let defaults = ServerSettings::default();
    let web = Web::read(section, PROTOCOL, PATH, &[]);
    let settings = ServerSettings {
        tokens: tokens(section),
        max_connections: section.number("connections", defaults.max_connections as u32) as usize,
        max_frame: web.max_frame,
        not_ready_reasons: named_numbers(section, "not_ready_reasons"),
        cq_codes: named_numbers(section, "cq_codes"),
    };
    let transport = ApplicationTransport::Accepted {
        queue: Queue::read(section),
        connections: settings.max_connections,
        web: Some(web),
    };
    let read_only = section.list("read_only").unwrap_or_default();
    Some(ApplicationSettings { transport, conversation: Box::new(settings), read_only, labels: Vec::new() })
}

impl ApplicationMaker for ServerSettings {
    fn make(self: Box<Self>, start: ApplicationStart) -> Box<dyn ApplicationConversation> {
        Box::new(Server::new(*self, start.vocabulary))
    }
}

/// A table of numbers with their names, in the order of the numbers.
fn named_numbers(section: &Section, key: &'static str) -> Vec<(i64, String)> {
    let pair = |(number, name): (String, String)| match number.parse::<i32>().ok().filter(|number| *number > 0) {
        Some(number) => Some((i64::from(number), name)),
        None => {
            section.problem(key, format!("{number:?} should be a number above 0, with its name behind it"));
            None
        }
    };
    let mut pairs: Vec<(i64, String)> = section.values(key).into_iter().filter_map(pair).collect();
    pairs.sort();
    pairs
}

/// Reads `agents`, `agents_file` and `signing_key`, of either side.
pub(super) fn tokens(section: &Section) -> Tokens {
    let before = section.problem_count();
    let mut agents = section.secrets("agents");
    for (agent, _) in agents.iter().filter(|(_, token)| token.expose_secret().is_empty()) {
        section.problem_in("agents", agent, format!("the token of {agent:?} is empty"));
    }
    let own = agents.len();
    for (agent, token) in section.secret_lines("agents_file") {
        // An entry in `agents` wins over the file's.
        if agents[..own].iter().all(|(known, _)| *known != agent) {
            agents.push((agent, token));
        }
    }
    let signing_key = section.secret("signing_key", "signing_key_file");
    let is_short = |key: &&SecretString| key.expose_secret().len() < SHORTEST_KEY;
    if signing_key.as_ref().filter(is_short).is_some() {
        let key = if section.has("signing_key") { "signing_key" } else { "signing_key_file" };
        section.problem(key, format!("a signing key has at least {SHORTEST_KEY} bytes"));
    }
    if agents.is_empty() && signing_key.is_none() && section.problem_count() == before {
        let text =
            format!("`{}.agents`, `agents_file` or `signing_key` is missing: nobody could connect", section.path);
        section.missing("agents", text);
    }
    Tokens::new(agents, signing_key)
}
