//! Rules that a running bridge is given anew: those of each platform and application, as a newly loaded configuration and
//! mappings have them. Everything else of a section stays as it was at the start.

use tokio::sync::oneshot;

use super::{Running, assemble::rules, bring, input::Input};
use crate::{bridge::Rules, config::Config, mapping::Mappings};

/// The new rules of one section, by its name.
pub struct NewRules {
    pub is_platform: bool,
    pub name: String,
    pub rules: Rules,
}

/// What became of new rules.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// The sections whose rules are in force now.
    pub done: usize,
    /// Those that keep their rules, because the vocabulary is another one: `platform.mitel`.
    pub other_vocabulary: Vec<String>,
}

impl Running {
    /// Puts the rules, rule settings, tables, number plans and zones of a configuration in force, between two messages.
    pub async fn exchange_rules(&self, config: &Config, mappings: &Mappings) -> Result<Exchanged, String> {
        let platforms = config.platforms.iter().map(|it| (true, &it.name, &it.dialect, &it.site, &it.knobs));
        let applications = config.applications.iter().map(|it| (false, &it.name, &it.dialect, &it.site, &it.knobs));
        let all = platforms.chain(applications).map(|(is_platform, name, dialect, site, settings)| {
            let (incoming, outgoing) = rules(mappings, dialect, site)?;
            let rules = Rules { incoming, outgoing, settings: settings.clone() };
            Ok(NewRules { is_platform, name: name.clone(), rules })
        });
        let all = all.collect::<Result<Vec<NewRules>, String>>()?;
        let (reply, exchanged) = oneshot::channel();
        bring(&self.inputs, Input::Rules { all, reply }).await;
        exchanged.await.map_err(|_| "the bridge is stopping".into())
    }
}
