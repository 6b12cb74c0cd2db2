//! What a running bridge is given anew: the rules of each platform and application, the users of applications, and the files of
//! TLS, as a newly loaded configuration and mappings have them. Everything is read before anything is exchanged; everything else
//! of a section stays as it was at the start.

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::{Running, assemble::rules, bring, input::Input, tls::NewEnds};
use crate::{bridge::Rules, config::Config, mapping::Mappings};

/// The new rules of one section, by its name.
pub struct NewRules {
    pub is_platform: bool,
    pub name: String,
    pub rules: Rules,
}

/// The new users of an application, by its name.
pub struct NewUsers {
    pub application: String,
    pub users: Vec<(String, SecretString)>,
    pub read_only: Vec<String>,
}

/// What became of a new configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// The sections whose rules are in force now.
    pub done: usize,
    /// Those that keep their rules, because the vocabulary is another one: `platform.mitel`.
    pub other_vocabulary: Vec<String>,
    /// Tables of TLS that came or went, or name another server: `platform.mitel.tls`.
    pub other_tls: Vec<String>,
}

impl Running {
    /// Puts the rules, rule settings, tables, number plans and zones of a configuration in force, between two messages; its
    /// users, between two log-ons; its certificates, between two handshakes.
    pub async fn exchange(&self, config: &Config, mappings: &Mappings) -> Result<Exchanged, String> {
        let platforms = config.platforms.iter().map(|it| (true, &it.name, &it.dialect, &it.site, &it.knobs));
        let applications = config.applications.iter().map(|it| (false, &it.name, &it.dialect, &it.site, &it.knobs));
        let all = platforms.chain(applications).map(|(is_platform, name, dialect, site, settings)| {
            let (incoming, outgoing) = rules(mappings, dialect, site)?;
            let rules = Rules { incoming, outgoing, settings: settings.clone() };
            Ok(NewRules { is_platform, name: name.clone(), rules })
        });
        let rules = all.collect::<Result<Vec<NewRules>, String>>()?;
        let ends = NewEnds::of(config)?;
        let users = config.applications.iter().map(|application| NewUsers {
            application: application.name.clone(),
            users: application.settings.conversation.users(),
            read_only: application.settings.read_only.clone(),
        });
        let (users, certificates) = (users.collect(), config.certificates());
        let (reply, exchanged) = oneshot::channel();
        bring(&self.inputs, Input::Exchange { rules, users, certificates, reply }).await;
        let mut exchanged = exchanged.await.map_err(|_| "the bridge is stopping".to_owned())?;
        exchanged.other_tls = self.ends.exchange(ends);
        Ok(exchanged)
    }
}
