//! The settings of desktops and of the applications that are written for AgentClient, as their sections have them.

use secrecy::{ExposeSecret, SecretString};

use super::Tokens;
use crate::{dialect::registry::Entry, settings::Section};

/// The shortest signing key in bytes.
const SHORTEST_KEY: usize = 16;

/// Keys of either side's section that are tables whose keys are names that the operator gives.
pub(super) const NAMED: &[&str] = &["agents", "service_groups"];

pub fn entry() -> Entry {
    Entry { name: "agent".to_owned(), platform: None, application: None }
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
