//! The users of an application, and how often they may try to log on.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{Section, hashes};

/// The users of an application.
#[derive(Debug, Default)]
pub struct Users {
    /// Names with passwords, or hashes of them.
    pub known: Vec<(String, SecretString)>,
    /// Users whose commands are refused.
    pub read_only: Vec<String>,
    pub tries: TryLimits,
}

/// The forms of password that a dialect allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passwords {
    /// Passwords, or hashes of them: clients send the password itself.
    OrHashes,
    /// Passwords alone, for this reason.
    Alone(&'static str),
}

impl Passwords {
    /// Why a password, or a hash, cannot be used.
    fn fault(self, name: &str, password: &SecretString) -> Option<String> {
        let text = password.expose_secret();
        if text.is_empty() {
            return Some(format!("the password of {name:?} is empty"));
        }
        match self {
            _ if !hashes::is_hash(text) => None,
            Passwords::OrHashes => hashes::fault(text).map(|fault| format!("the password of {name:?} {fault}")),
            Passwords::Alone(why) => Some(format!("the password of {name:?} cannot be a hash: {why}")),
        }
    }
}

/// The bounds of wrong log-ons.
#[derive(Debug, Clone, Copy)]
pub struct TryLimits {
    /// So many wrong tries of one user at one address need no wait.
    pub free: u32,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for TryLimits {
    fn default() -> TryLimits {
        TryLimits { free: 5, longest: Duration::from_secs(60) }
    }
}

impl TryLimits {
    pub fn read(section: &Section) -> TryLimits {
        let defaults = TryLimits::default();
        TryLimits {
            free: section.number("logon_tries", defaults.free),
            longest: section.duration("logon_wait", defaults.longest),
        }
    }
}

impl Users {
    /// Reads `users`, `users_file`, `read_only` and how often they may try.
    pub fn read(section: &Section, passwords: Passwords) -> Users {
        let known = known(section, passwords);
        let read_only = section.list("read_only").unwrap_or_default();
        let is_user = |user: &String| known.iter().flatten().any(|(known, _)| known == user);
        for user in read_only.iter().filter(|user| known.is_some() && !is_user(user)) {
            section.problem("read_only", format!("there is no user {user:?}"));
        }
        Users { known: known.unwrap_or_default(), read_only, tries: TryLimits::read(section) }
    }
}

/// The users; none where something is wrong with them. An entry in `users` wins over the file's.
fn known(section: &Section, passwords: Passwords) -> Option<Vec<(String, SecretString)>> {
    let before = section.problem_count();
    let mut users = section.secrets("users");
    for (name, password) in &users {
        if let Some(fault) = passwords.fault(name, password) {
            section.problem_in("users", name, fault);
        }
    }
    let own = users.len();
    for (name, password) in section.secrets_file("users_file", |name, password| passwords.fault(name, password)) {
        match users[..own].iter().find(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
            None => users.push((name, password)),
            Some((known, _)) if *known == name => {}
            Some((known, _)) => {
                section.problem("users", format!("{known:?} and {name:?} of the file differ only in case"));
            }
        }
    }
    if section.problem_count() > before {
        return None;
    }
    if users.is_empty() {
        let text = format!("`{}.users` or `users_file` names no user: nobody could connect", section.path);
        section.missing("users", text);
    }
    Some(users)
}
