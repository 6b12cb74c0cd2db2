//! The settings of desktops and of the applications that are written for AgentClient, as their sections have them.

use secrecy::{ExposeSecret, SecretString};

use super::{
    CqCodes, Server, ServerSettings, Tokens,
    platform::{Client, LISTS, List, Settings},
};
use crate::{
    dialect::registry::{
        ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry,
        PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport, Reading,
    },
    port::{ApplicationConversation, PlatformConversation},
    settings::{Listen, Queue, Section, TryLimits, Web, WebFile, hashes},
};

/// The subprotocol of WebSockets, and where they are.
pub(super) const PROTOCOL: &str = "cti-bridge.agent.v1";
pub(super) const PATH: &str = "/agent";
/// The shortest signing key in bytes.
const SHORTEST_KEY: usize = 16;
/// The most desktops unless the configuration says otherwise.
const CONNECTIONS: u32 = 1000;

/// The files that a platform serves beside the WebSocket.
const FILES: &[WebFile] = &[script("/agent-relay.js", include_bytes!("../../../relays/agent/agent-relay.js"))];
/// The files that an application serves beside it.
const CLIENT_FILES: &[WebFile] = &[
    script("/agent-client.js", include_bytes!("../../../adapters/agent-client/agent-client.js")),
    WebFile {
        path: "/agent-client.d.ts",
        content_type: "text/plain; charset=utf-8",
        content: include_bytes!("../../../adapters/agent-client/agent-client.d.ts"),
    },
];

const fn script(path: &'static str, content: &'static [u8]) -> WebFile {
    WebFile { path, content_type: "text/javascript; charset=utf-8", content }
}

pub fn entry() -> Entry {
    Entry {
        name: "agent".to_owned(),
        platform: Some(PlatformSide {
            named: &["agents", "service_groups"],
            read: Box::new(platform),
            // Lines of a file come from all desktops alike.
            replaying: None,
        }),
        application: Some(ApplicationSide {
            named: &["agents", "not_ready_reasons", "cq_codes", "group_cq_codes"],
            read: Box::new(application),
            guests: false,
            statistics: false,
        }),
    }
}

fn platform(section: &Section, reading: &Reading) -> Option<PlatformSettings> {
    let listen = Listen::read(section, reading.plaintext);
    let web = Web::read(section, PROTOCOL, PATH, FILES);
    let defaults = Settings::default();
    let settings = Settings {
        tokens: tokens(section),
        tries: TryLimits::read(section),
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        link_grace: section.duration("link_grace", defaults.link_grace),
        transfer_wait: section.duration("transfer_wait", defaults.transfer_wait),
        max_frame: web.max_frame,
        shares_ids: section.choice("call_ids", &[("shared", true), ("own", false)], defaults.shares_ids),
        service_groups: service_groups(section),
        lists: lists(section),
        real_time: section.list("real_time").unwrap_or_default(),
    };
    if !settings.shares_ids && !settings.lists.is_empty() {
        let text = "desktops tell of waiting calls by shared ids: `waiting_lists` needs `call_ids = \"shared\"`";
        section.problem("waiting_lists", text);
    }
    let connections = section.number("connections", CONNECTIONS) as usize;
    let listen = listen?;
    let exposed = listen.exposed;
    let transport = PlatformTransport::Accepted { listen, connections, web: Some(web) };
    Some(PlatformSettings { exposed, ..PlatformSettings::new(transport, settings) })
}

impl PlatformMaker for Settings {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation> {
        Box::new(Client::new(*self, start.vocabulary, start.now))
    }
}

fn application(section: &Section, _: &Reading) -> Option<ApplicationSettings> {
    let defaults = ServerSettings::default();
    let web = Web::read(section, PROTOCOL, PATH, CLIENT_FILES);
    let settings = ServerSettings {
        tokens: tokens(section),
        tries: TryLimits::read(section),
        max_connections: section.number("connections", defaults.max_connections as u32) as usize,
        max_frame: web.max_frame,
        not_ready_reasons: named_numbers(section, "not_ready_reasons"),
        cq_codes: cq_codes(section),
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

/// `cq_codes` of all service groups, and `group_cq_codes`: which of them each group has.
fn cq_codes(section: &Section) -> CqCodes {
    let all = named_numbers(section, "cq_codes");
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| *number > 0);
    let of_group = |(group, codes): (String, String)| {
        let known = |code: &str| number(code).filter(|code| all.iter().any(|(known, _)| known == code));
        let numbers = number(&group).zip(codes.split(',').map(known).collect::<Option<Vec<i64>>>());
        if numbers.is_none() {
            let text =
                format!("{group:?} should be the number of a service group, with codes of `cq_codes` such as \"7, 8\"");
            section.problem_in("group_cq_codes", &group, text);
        }
        numbers
    };
    let of_groups = section.values("group_cq_codes").into_iter().filter_map(of_group).collect();
    CqCodes { of_groups, all }
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
    let is_hash = |token: &SecretString| hashes::is_hash(token.expose_secret());
    let no_hash = |agent: &str| {
        format!(
            "the token of {agent:?} cannot be a hash: a token is compared with those of all agents; with `signing_key`, none is kept"
        )
    };
    for (agent, _) in agents.iter().filter(|(_, token)| is_hash(token)) {
        section.problem_in("agents", agent, no_hash(agent));
    }
    let own = agents.len();
    for (agent, token) in section.secret_lines("agents_file") {
        if is_hash(&token) {
            section.problem("agents_file", no_hash(&agent));
        }
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

/// `service_groups`: the ids of groups, of which records of calls have only the names.
fn service_groups(section: &Section) -> Vec<(String, i64)> {
    let pair = |(name, id): (String, String)| {
        let id = id.parse().ok().filter(|id| *id > 0);
        if id.is_none() {
            section.problem_in("service_groups", &name, format!("{name:?} should have the number of a service group"));
        }
        Some((name, id?))
    };
    section.values("service_groups").into_iter().filter_map(pair).collect()
}

/// `waiting_lists`: the lists of waiting calls that desktops subscribe to.
fn lists(section: &Section) -> Vec<&'static List> {
    let list = |name: String| {
        let list = LISTS.iter().find(|list| list.name == name);
        if list.is_none() {
            let names = LISTS.each_ref().map(|list| list.name).join(", ");
            section.problem("waiting_lists", format!("{name:?} is no list; there are {names}"));
        }
        list
    };
    section.list("waiting_lists").unwrap_or_default().into_iter().filter_map(list).collect()
}
