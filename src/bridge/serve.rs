//! Inputs of applications' connections: what their conversations make of them goes to the model, or is answered from the
//! pictures.

use super::{Bad, Bridge, FILE_SESSION, Owner, application::Application, offered::Offered, story};
use crate::{
    message::Value,
    model::{LinkState, Transition, TransitionKind},
    port::{Heard, Input, Notice, Taken},
    time::Time,
    vocabulary::Role,
};

impl Bridge {
    /// Takes in an input of an application's connection. An input of bytes may hold several messages.
    pub(super) fn application_input(&mut self, now: Time, index: usize, input: &mut Input<'_>) {
        self.tell_guest_of_link(index);
        let holds_several = matches!(input, Input::Bytes { .. });
        for platform in &self.applications[index].platforms {
            self.platforms[*platform].stamp(now);
        }
        let mut message = std::mem::take(&mut self.message);
        loop {
            message.clear();
            let Application { server, ids, platforms, passing, .. } = &mut self.applications[index];
            let Some(server) = server else { break };
            let directory = Offered { ids, places: platforms, platforms: &self.platforms, passing };
            let Some(taken) = server.handle(now, input, &directory, &mut message) else { break };
            // What answers the input leaves before what follows from it.
            self.collect(now);
            if let Taken::Message { heard, .. } = taken {
                if let Some(kind) = message.kind() {
                    self.applications[index].counts.requests[kind.0 as usize] += 1;
                }
                let is_asked = matches!(heard, Heard::Asked { .. });
                if self.applications[index].teller.is_on() && !is_asked {
                    let session = if let Heard::Online { session } = heard { Some(session) } else { None };
                    let application = &mut self.applications[index];
                    let came = story::message_in(&application.teller, &application.from.vocabulary, &message, session);
                    application.tell_story(came);
                }
                match heard {
                    Heard::Asked { session, id } => self.asked(now, index, session, id, &message),
                    Heard::Online { session } => self.tell_lost_links(index, session),
                    Heard::Event
                    | Heard::Shown
                    | Heard::Answer(_)
                    | Heard::About(_)
                    | Heard::For(_)
                    | Heard::Nothing => {}
                }
            }
            if !holds_several {
                break;
            }
        }
        self.message = message;
        self.watch_groups(index);
        self.collect(now);
        self.ask_platforms(now);
    }

    /// The shell has discarded events that waited for a session.
    pub fn discarded(&mut self, now: Time, index: usize, session: u32, count: u64, cause: &'static str) {
        *self.discarded.entry((index, cause)).or_default() += count;
        self.complain(now, Some(Owner::Application(index)), Notice::EventsDiscarded { cause, session, count });
    }

    /// How many events were discarded with an application's sessions, by cause.
    pub fn discarded_of(&self, index: usize) -> impl Iterator<Item = (&'static str, u64)> {
        self.discarded.iter().filter(move |((of, _), _)| *of == index).map(|((_, cause), count)| (*cause, *count))
    }

    /// Finds out whether sessions subscribe to statistics of groups' agents, and tells those that have just done so.
    fn watch_groups(&mut self, index: usize) {
        let application = &mut self.applications[index];
        let Some(watches) = application.server.as_mut().and_then(|server| server.watches_groups()) else { return };
        let (is_watched, watchers) = (watches.has_watchers(), watches.new_watchers());
        application.statistics.watch(is_watched);
        for (session, groups) in watchers {
            application.want_groups(session, groups.as_deref(), &self.platforms);
        }
    }

    /// A request of the application that is a file.
    pub fn application_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let from = self.applications[index].from.clone();
        let mut message = std::mem::take(&mut self.message);
        let read = from.vocabulary.read_json(text, true, &Vec::new(), &mut message);
        let result = match read {
            Ok(decoded) => {
                let def = message.kind().map(|kind| from.vocabulary.message(kind));
                let role = def.and_then(|def| def.role(Role::Request));
                let given = role.map(|slot| message.get(slot)).unwrap_or_default();
                let id = given.as_int().unwrap_or(0);
                if def.is_some_and(|def| def.session) {
                    Err(Bad::of("a request of the session's own: there are no sessions in a file"))
                } else if let (Value::Text(text), None) = (given, given.as_int())
                    && !text.is_empty()
                {
                    let label = def.map(|def| def.label.as_str()).unwrap_or_default();
                    let field =
                        def.zip(role).map(|(def, slot)| def.fields.list[slot].label.as_str()).unwrap_or_default();
                    Err(Bad::of(format!("{label}: {field} is no number: {text:?}")))
                } else {
                    self.asked(now, index, FILE_SESSION, id, &message);
                    decoded.malformed().map_or(Ok(()), |malformed| Err(Bad::of(malformed)))
                }
            }
            Err(error) => Err(Bad::of(from.vocabulary.explain(true, &error))),
        };
        self.message = message;
        self.collect(now);
        result
    }

    /// The requests of the application that is a file that failed since the last time: what was asked for, and the reason.
    pub fn application_failures(&mut self, index: usize) -> Vec<(&'static str, String)> {
        self.applications[index].take_failures()
    }

    /// A session that comes on line learns which platforms are not connected.
    fn tell_lost_links(&mut self, index: usize, session: u32) {
        for platform in self.applications[index].platforms.clone() {
            if self.platforms[platform].model.link() != LinkState::Up {
                let transition = Transition::new(TransitionKind::LinkDown);
                self.answer(index, platform, session, 0, transition);
            }
        }
    }
}
