//! The history as it happens, for those outside who make something of their own of it, such as spans. It owns the
//! form in which they get it; it deliberately does not know what becomes of it.

use super::{Entry, Name, What};
use crate::{
    bridge::{Bridge, Owner},
    model::{Occasion, TransitionKind},
    port::Notice,
};

/// An entry of the history that names a call or a request.
#[derive(Debug, Clone)]
pub struct Happening {
    /// In milliseconds since 1970.
    pub at: u64,
    pub owner: Owner,
    /// The calls that it names, each with the side whose id it is.
    pub calls: Vec<(Owner, String)>,
    /// The guid of a call that begins.
    pub guid: Option<String>,
    pub agent: Option<String>,
    /// The application's request that it belongs to: its place, the session and the number.
    pub request: Option<(usize, u32, i64)>,
    /// Of a change of the picture, and whether no message of the platform says it.
    pub transition: Option<(TransitionKind, bool)>,
    /// A message came in: everything until the next one follows from it.
    pub is_message: bool,
    pub notices: Vec<Notice>,
}

impl Bridge {
    /// Tells what happened since the place, which goes on to the end. Returns false if the memory no longer had all of it.
    pub fn happenings(&self, place: &mut u64, mut tell: impl FnMut(Happening)) -> bool {
        let Some(history) = &self.history else { return true };
        let (seen, end) = (*place, history.tape.end());
        if seen == end {
            return true;
        }
        *place = history.tape.mark();
        for part in history.tape.since(seen) {
            for (place, entry) in part.entries() {
                let calls = calls(&entry);
                let request = request(&entry);
                if calls.is_empty() && request.is_none() {
                    continue;
                }
                tell(Happening {
                    at: self.epoch + entry.at.0,
                    owner: entry.owner,
                    calls,
                    guid: entry.guid.text(),
                    agent: entry.agent.text(),
                    request,
                    transition: if let What::Changed(Occasion::Transition(transition), is_presumed) = entry.what {
                        Some((transition, is_presumed))
                    } else {
                        None
                    },
                    is_message: matches!(entry.what, What::MessageIn(_)),
                    notices: self.notices_of(place, &entry),
                });
            }
        }
        seen >= history.tape.start()
    }
}

fn calls(entry: &Entry) -> Vec<(Owner, String)> {
    let named = [(entry.owner, entry.call), (entry.owner, entry.second), (entry.platform(), entry.platform_call)];
    named.into_iter().filter_map(|(owner, name): (Owner, Name)| Some((owner, name.text()?))).collect()
}

fn request(entry: &Entry) -> Option<(usize, u32, i64)> {
    let application = match (entry.owner, entry.what) {
        (Owner::Application(index), What::Taken(_)) => index,
        (Owner::Platform(_), What::CommandOut | What::ReplyIn) => entry.other,
        (Owner::Application(_) | Owner::Platform(_), _) => return None,
    };
    Some((application, entry.session?, entry.request?))
}
