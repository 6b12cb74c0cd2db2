//! How long the model waits for a platform, and how much it keeps. The values are read by `config`.

use std::{collections::BTreeMap, time::Duration};

use super::digits;

/// How long the model waits for a platform that says nothing, and how much it keeps.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The platform's name, for what people read.
    pub platform: String,
    /// After an agent's last call, until the state falls back to the last readiness.
    pub state_grace: Duration,
    /// The wait after a call's end, for agents of whom the platform shows neither wrap-up nor its absence.
    pub wrap_grace: Duration,
    /// A call without any event.
    pub call_expiry: Duration,
    /// A call left by all parties known to be alive.
    pub orphan_grace: Duration,
    /// The same as `orphan_grace`, for a call that may wait where the platform does not show it.
    pub unseen_wait: Duration,
    /// The time for which the ids of a call still lead to it once the call and its wrap-up are over.
    pub id_grace: Duration,
    /// The time after which a lost link ends its calls and logs its agents off.
    pub link_grace: Duration,
    /// After the link is back or events were missed, for the platform to show who is there.
    pub resync_grace: Duration,
    /// An accepted request, for the event that shows it done.
    pub request_grace: Duration,
    pub max_calls: usize,
    pub max_agents: usize,
    pub max_services: usize,
    pub max_requests: usize,
    /// The numbers to dial for services, by the platform's own number of each service.
    pub service_numbers: BTreeMap<i64, String>,
    /// Bytes that all calls take up, with their parties, numbers and data.
    pub max_memory: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            platform: String::new(),
            state_grace: Duration::from_secs(2),
            wrap_grace: Duration::from_secs(30),
            call_expiry: Duration::from_secs(4 * 3600),
            orphan_grace: Duration::from_secs(60),
            unseen_wait: Duration::from_secs(15 * 60),
            id_grace: Duration::from_secs(60),
            link_grace: Duration::from_secs(30),
            resync_grace: Duration::from_secs(10),
            request_grace: Duration::from_secs(30),
            max_calls: 10_000,
            max_agents: 10_000,
            max_services: 5_000,
            max_requests: 1_000,
            service_numbers: BTreeMap::new(),
            max_memory: 24 << 20,
        }
    }
}

impl Settings {
    /// True if the number to dial for a service has these digits.
    pub(super) fn is_service_number(&self, wanted: &[u8]) -> bool {
        self.service_numbers.values().any(|number| digits(number)[..] == *wanted)
    }
}
