//! Frames of desktops. Each is looked at for whose it is, completed, and noted; then it goes on to the rules, unless it is
//! the conversation's own, may be part of a transfer, or is not the desktop's to say.

use super::{
    Client, LISTS,
    additions::RECORDS,
    desk::{Name, Shown, State},
    fields::{is_date, is_filled, made, member, record_fields, text},
};
use crate::{
    message::{Message, Node},
    port::{Heard, Next, Notice, PlatformOutput, Reading, Taken, Unread},
    time::{self, Time, Written},
    vocabulary::{AgentPart, Role, Side, Vocabulary, Wanted},
};

/// A time of a desktop counts if it differs from the bridge's clock by no more than this, in milliseconds: it may be a
/// little ahead, and events may have waited.
const AHEAD: u64 = 60_000;
const BEHIND: u64 = 3_600_000;
/// The most calls and sessions that a desktop is taken to have.
const MOST_CALLS: usize = 1000;

/// Why an event is not taken.
type Refused = &'static str;

impl Client {
    /// Takes the next frame of a desktop's bytes.
    pub(super) fn read(
        &mut self,
        now: Time,
        desk: usize,
        bytes: &mut &[u8],
        vocabulary: &Vocabulary,
        message: &mut Message,
    ) -> Option<Taken> {
        let line = self.desks[desk].line.as_mut()?;
        line.heard = now;
        // Everything is read, whatever rules want: the conversation adds to it.
        let reading = Reading { vocabulary, wanted: &Wanted::new() };
        let next = line.stream.next(bytes, &reading, false, message)?;
        line.frames = line.frames.saturating_sub(1);
        if line.frames == 0 {
            self.hang_up(now, desk, "it sends too much at once");
            return Some(Taken::Nothing);
        }
        self.has_strays = matches!(&next, Next::Message(decoded) if !decoded.unknown.is_empty());
        Some(match next {
            Next::Message(decoded) => Taken::Message { heard: self.hear(now, desk, message), decoded },
            Next::Unread { unread, replaced, .. } => {
                self.outputs.extend(PlatformOutput::replaced(replaced));
                if matches!(unread, Unread::TooLong(_)) {
                    self.hang_up(now, desk, "a frame was too long");
                }
                Taken::Unread(unread)
            }
        })
    }

    fn hear(&mut self, now: Time, desk: usize, message: &mut Message) -> Heard {
        let Some(kind) = message.kind() else { return Heard::Nothing };
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        let number = |label: &str| member(&vocabulary, message, &[label]).as_int();
        match (def.side, def.label.as_str()) {
            (Side::Event, label) => match self.event(now, desk, label, message) {
                Ok(heard) => heard,
                Err(cause) => {
                    self.troubles.foreign_events += 1;
                    let user = self.desks[desk].agent.clone();
                    self.say(Notice::DesktopEventRefused { cause, user, message_name: label.to_owned() });
                    Heard::Nothing
                }
            },
            (Side::Reply, _) => self.answered(desk, message),
            (_, "disconnected") => {
                self.agent_away(now, desk);
                Heard::Nothing
            }
            (_, "lost") => {
                let (lost, perhaps_lost) = (number("lost").unwrap_or(0), number("unsure").unwrap_or(0));
                if lost > 0 || perhaps_lost > 0 {
                    // The relay shows the present state right after it, which makes up for them.
                    self.troubles.gaps += 1;
                    let user = Some(self.desks[desk].agent.clone());
                    self.say(Notice::RelayLostEvents { user, lost, perhaps_lost });
                }
                Heard::Nothing
            }
            // A pong shows that the relay is alive, as everything else does.
            (Side::Callback | Side::Request, _) => Heard::Nothing,
        }
    }

    fn event(&mut self, now: Time, desk: usize, label: &str, message: &mut Message) -> Result<Heard, Refused> {
        if let "Transferred" | "CQCodesEntered" = label {
            return Err("only the bridge says it");
        }
        let is_subscribed = |event: &str| self.settings.lists.iter().any(|list| list.event == event);
        let is_list = LISTS.iter().any(|list| list.event == label);
        let is_real_time = label == "OnRealTimeInformationUpdate";
        if (is_list && !is_subscribed(label)) || (is_real_time && self.settings.real_time.is_empty()) {
            return Err("nobody subscribed to it");
        }
        let is_closing = label == "UserInformation" && self.user_information(message).iter().all(Option::is_none);
        let is_anew = !is_closing && self.is_own(desk, message)?;
        self.check_moment(now, message);
        if !is_closing {
            self.is_back(desk);
        }
        match label {
            "UserInformation" if is_closing => {
                self.close_picture(now, desk);
                return Ok(Heard::Nothing);
            }
            "UserInformation" | "OnUserStatusUpdate" | "OnUserLogin" => {
                if !self.user(desk, label, message) {
                    return Ok(Heard::Nothing);
                }
                self.complete_user(desk, message);
            }
            "OnApplicationClosed" => {
                self.leave(desk);
                return Ok(Heard::Nothing);
            }
            "OnRealTimeInformationUpdate" => {
                let about = |label| member(&self.vocabulary, message, &["RealTimeInformation", label]);
                let (name, id) = (text(about("ServiceGroupName")), about("ServiceGroupID").as_int());
                self.groups.learn(&name, id.unwrap_or_default());
            }
            label if is_list => self.complete_waiting(label, message),
            _ => {
                self.name_calls(now, desk, label, message);
                if let Some((_, record, space, group)) = RECORDS.iter().find(|(event, ..)| *event == label) {
                    return Ok(self.call_event(now, desk, message, record, *space, group));
                }
                return Ok(self.call_gone(now, desk, label, message));
            }
        }
        self.settle_text(message);
        if is_anew {
            // The log-off under the record before comes first.
            self.outputs.push_back(PlatformOutput::Event(Box::new(message.clone())));
            return Ok(Heard::Nothing);
        }
        Ok(self.hold_or_hear(now, desk, message, None))
    }

    /// Checks that an event is about the desktop's own agent, and puts in whose it is. Returns whether the agent has another
    /// record now: a site may delete an agent and make it anew.
    fn is_own(&mut self, desk: usize, message: &mut Message) -> Result<bool, Refused> {
        const ANOTHERS: Refused = "it names another agent";
        let user = |label| member(&self.vocabulary, message, &["UserInformation", label]);
        let login = text(user("LoginID"));
        if !login.is_empty() && login != self.desks[desk].agent {
            return Err(ANOTHERS);
        }
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Agent(AgentPart::Id)));
        let claimed = [user("RecordID").as_int(), slot.and_then(|slot| message.get(slot).as_int())];
        let mut is_anew = false;
        for record in claimed.into_iter().flatten().filter(|record| *record > 0) {
            match (self.by_record.get(&record), self.desks[desk].record) {
                (Some(owner), _) if *owner == desk => continue,
                // The first desktop that says so has the record.
                (Some(_), _) => return Err(ANOTHERS),
                (None, None) => {}
                // Only user information with the agent's own logon id says so.
                (None, Some(_)) if login.is_empty() => return Err(ANOTHERS),
                (None, Some(before)) => {
                    self.leave(desk);
                    self.by_record.remove(&before);
                    is_anew = true;
                }
            }
            self.by_record.insert(record, desk);
            self.desks[desk].record = Some(record);
        }
        let Some(record) = self.desks[desk].record else { return Err("its desktop has not said whose it is") };
        if let Some(slot) = slot {
            message.set(slot, Node::Int(record));
        }
        Ok(is_anew)
    }

    /// Each desktop has a clock of its own. A time that cannot be is left out: the bridge's own clock counts then.
    fn check_moment(&self, now: Time, message: &mut Message) {
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Time));
        let (Some(slot), Some(_)) = (slot, self.epoch) else { return };
        let Some(Written::Moment(at)) = time::parse(&text(message.get(slot))) else { return };
        let (at, own) = (u64::try_from(at).unwrap_or_default(), self.moment(now));
        if at > own + AHEAD || at + BEHIND < own {
            message.set(slot, Node::Absent);
        }
    }

    /// Takes in user information. Returns whether it says anything new.
    fn user(&mut self, desk: usize, label: &str, message: &mut Message) -> bool {
        let Some(fields) = record_fields(&self.vocabulary, message, "UserInformation") else { return true };
        let count = fields.list.len();
        let whole = [fields.slot("LoginID"), fields.slot("RecordID")];
        let told = self.user_information(message);
        let is_whole = whole.iter().flatten().any(|slot| told.get(*slot).is_some_and(Option::is_some));
        let station = text(member(&self.vocabulary, message, &["UserInformation", "ExtensionNumber"]));
        let desk_of = &mut self.desks[desk];
        desk_of.known.resize(count, None);
        if !station.is_empty() {
            desk_of.station = station;
        }
        let (is_known, has_shown) = desk_of.line.as_ref().map_or((true, true), |line| (line.is_known, line.has_shown));
        if label == "UserInformation" && !has_shown && (is_whole || desk_of.picture.is_none()) {
            // The present state begins with it.
            desk_of.picture = Some(Default::default());
        }
        if label == "OnUserLogin" || (is_whole && !is_known) {
            if let Some(line) = &mut desk_of.line {
                line.is_known = true;
            }
            self.note_user(desk, message);
            return true;
        }
        self.differences(desk, message)
    }

    /// An event with the record of a call or session.
    fn call_event(
        &mut self,
        now: Time,
        desk: usize,
        message: &mut Message,
        record: &str,
        space: u8,
        group: &[&str],
    ) -> Heard {
        let vocabulary = self.vocabulary.clone();
        let Some(name) = Name::new(space, member(&vocabulary, message, &[record, "ID"])) else { return Heard::Event };
        self.complete(message, record, &name, group);
        self.settle_text(message);
        let of = |label| member(&vocabulary, message, &[record, label]);
        let state = State::from_code(of("State").as_int().unwrap_or_default(), is_date(of("EndTime")));
        let (number, consulted) = (text(of("PhoneNumber")), is_filled(of("ConsultingCallInfo")));
        let before = self.desks[desk].clone_calls_for(&name);
        self.note_call(now, desk, &name, state, number, consulted);
        let is_news = consulted && before.shown.is_none_or(|shown| !shown.consulted);
        if space == 0 && is_news && self.consultation_shown(now, desk, &name, message) {
            return Heard::Nothing;
        }
        self.hold_or_hear(now, desk, message, Some((&name, before.pair)))
    }

    /// Notes what a desktop shows of a call or session.
    fn note_call(
        &mut self,
        now: Time,
        desk: usize,
        name: &Name,
        state: Option<State>,
        number: String,
        consulted: bool,
    ) {
        let desk = &mut self.desks[desk];
        if let Some(picture) = &mut desk.picture {
            picture.insert(name.clone());
        }
        if state == Some(State::Done) {
            desk.calls.remove(name);
            return;
        }
        let has_room = desk.calls.len() < MOST_CALLS;
        match desk.calls.get_mut(name) {
            Some(shown) => {
                shown.state = state.unwrap_or(shown.state);
                shown.consulted |= consulted;
                if !number.is_empty() {
                    shown.number = number;
                }
            }
            None if has_room => {
                let shown = Shown { state: state.unwrap_or(State::Alerting), number, consulted, since: now };
                desk.calls.insert(name.clone(), shown);
            }
            None => {}
        }
    }

    /// The relay says that a call or session is gone, or that two calls were joined.
    fn call_gone(&mut self, now: Time, desk: usize, label: &str, message: &mut Message) -> Heard {
        let vocabulary = self.vocabulary.clone();
        let fields: &[(&str, u8)] = match label {
            "Gone" => &[("CallID", 0), ("MessageID", 1), ("SessionID", 2)],
            "Conferenced" => &[("HeldCall", 0)],
            _ => &[],
        };
        let named = fields.iter().find_map(|(field, space)| Name::new(*space, member(&vocabulary, message, &[field])));
        self.settle_text(message);
        let Some(name) = named else { return self.hold_or_hear(now, desk, message, None) };
        let before = self.desks[desk].clone_calls_for(&name);
        self.desks[desk].calls.remove(&name);
        // The held call of a conference has not ended.
        let about = (label == "Gone").then_some((&name, before.pair));
        self.hold_or_hear(now, desk, message, about)
    }

    /// The desktop has shown its present state. What it has not shown is gone.
    fn close_picture(&mut self, now: Time, desk: usize) {
        if let Some(picture) = self.desks[desk].picture.take() {
            self.release(desk);
            let gone = self.desks[desk].calls.keys().filter(|name| !picture.contains(*name)).cloned();
            for name in gone.collect::<Vec<_>>() {
                self.say_gone(desk, &name);
            }
        }
        let line = self.desks[desk].line.as_mut();
        if line.is_some_and(|line| !std::mem::replace(&mut line.has_shown, true)) {
            self.subscribe(now, desk);
        }
    }

    /// Says that a desktop does not have a call or session any more.
    pub(super) fn say_gone(&mut self, desk: usize, name: &Name) {
        self.desks[desk].calls.remove(name);
        let Some(record) = self.desks[desk].record else { return };
        let field = match name.space {
            0 => "CallID",
            1 => "MessageID",
            _ => "SessionID",
        };
        let record = record.to_string();
        let gone = made(&self.vocabulary, "Gone", &[("agent", &record), (field, &name.id)]);
        self.outputs.push_back(PlatformOutput::Event(gone));
    }
}
