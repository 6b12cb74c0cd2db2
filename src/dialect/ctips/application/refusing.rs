//! Plain answers to requests: accepted, or refused with a reason, which the log may be told in other words than the client.

use super::{Handled, Server};
use crate::{
    message::Kind,
    port::{Notice, Reply},
    vocabulary::response,
    wire::soap::{self, Blame},
};

impl Server {
    pub(super) fn accept(&self, kind: Kind) -> Reply {
        Reply { status: 200, body: response(&self.vocabulary, &self.profile, kind, &[("", "0")]) }
    }

    pub(super) fn fault(&self, reason: &str) -> Reply {
        let detail = self.profile.fault.as_deref().map(|fault| (fault, self.profile.namespaces.data.as_str()));
        Reply { status: 500, body: soap::fault(Blame::Client, reason, detail) }
    }

    /// For a cause that says everything.
    pub(super) fn refuse_for(&mut self, cause: &'static str) -> Handled {
        self.refuse_telling(cause, None, cause)
    }

    pub(super) fn refuse(&mut self, cause: &'static str, reason: &str) -> Handled {
        self.refuse_telling(cause, Some(reason.to_owned()), reason)
    }

    /// Refuses with a reason for the client, and another one, if any, for the log.
    pub(super) fn refuse_telling(&mut self, cause: &'static str, told: Option<String>, reason: &str) -> Handled {
        self.say(Notice::RequestRefused { cause, user: None, fault: None, reason: told });
        Handled::Done(self.fault(reason))
    }
}
