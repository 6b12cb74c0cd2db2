//! Lines through a bridge, for `cti-bridge translate` and for scenarios in tests. One side is a platform, the other an
//! application, both of them files. The messages' own timestamps are the clock. UTC is preferred where a message tells
//! it, so that setting a local clock moves no timer.

mod explain;
mod pair;
mod tally;

use std::{borrow::Cow, sync::Arc, time::Duration};

use hashbrown::HashSet;
use serde::Deserialize;

use crate::{
    bridge::{Bad, Bridge, Output, shown},
    mapping::Dialect,
    message::Message,
    port::{self, Frequency, Texts},
    time::{Clock, Time, Zone},
    vocabulary::{Decoded, JsonError, Vocabulary},
    wire::{
        replaced::Replaced,
        tolerant::{self, Rest},
    },
};

pub use explain::{Explanation, Step};
pub use pair::{End, PairError, dialect};
use tally::Before;
pub use tally::Tally;

/// A line that is no message: the clock goes to `at`, then the platform's link is lost or back, or an application asks.
/// `{"at": "2026-11-20T10:00:20Z", "link": "down"}`, `{"at": …, "request": {…}}`, `{"at": …}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Direction {
    at: String,
    link: Option<LinkWord>,
    request: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LinkWord {
    Down,
    Up,
}

impl Direction {
    /// Reads a line as a direction, if it is one, with the reasons why characters of it became U+FFFD.
    fn read(text: &str) -> Option<(Direction, Replaced)> {
        // Messages have an `at`, too; their other fields tell them apart.
        if !text.contains("\"at\"") {
            return None;
        }
        match serde_json::from_str(text) {
            Ok(direction) => Some((direction, Replaced::default())),
            Err(error) if error.is_syntax() => {
                let (mended, replaced) = tolerant::mend(text)?;
                Some((serde_json::from_str(&mended).ok()?, replaced))
            }
            Err(_) => None,
        }
    }
}

/// The first moment, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Start {
    moment: u64,
    /// The difference between local time and UTC that was assumed, if no message had told it.
    assumed: Option<i64>,
}

/// The time for which the clock goes on after the last line: far longer than a call may be silent, including everything
/// that follows from its end.
const LONGEST_END: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most timers that may run out without the clock going on.
const MOST_AT_ONCE: usize = 100_000;

/// See the module.
pub struct Translator {
    bridge: Bridge,
    platform: Arc<Dialect>,
    application: Arc<Dialect>,
    /// What was noticed and not yet asked for.
    notices: Vec<String>,
    /// What is wrong with fields is said once.
    strays: HashSet<String>,
    /// Counts of characters in the lines that became U+FFFD.
    texts: Texts,
    now: Time,
    /// The platform's clock, as its messages show it.
    clock: Clock,
    start: Option<Start>,
    /// Both sides speak one dialect.
    relays: bool,
    /// The number of the line that is being read.
    line: u64,
    tally: Tally,
    /// What followed from the line, where it is to be explained.
    explained: Option<Explanation>,
    /// The memory for messages that are counted.
    counted: Message,
}

impl Translator {
    /// Sets the zone of a platform whose messages tell none; the default is UTC.
    pub fn set_zone(&mut self, zone: Zone) {
        self.bridge.set_zone(&zone);
        self.clock.set_zone(zone);
    }

    /// Has lines explained from now on; see [`Translator::explanation`].
    pub fn explain(&mut self) {
        self.bridge.tell_stories(true);
        self.explained = Some(Explanation::default());
    }

    /// What followed from the lines since this was asked last, where lines are explained.
    pub fn explanation(&mut self) -> Explanation {
        self.explained.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes in the line of this number as its bytes, or the reason why it cannot be read, and counts what becomes of it; see
    /// [`Translator::line`]. A byte-order mark at its start is skipped, and bytes that are no UTF-8 become U+FFFD.
    pub fn numbered(
        &mut self,
        number: u64,
        line: Result<&[u8], String>,
        out: &mut impl FnMut(&[u8]),
    ) -> Result<(), String> {
        self.line = number;
        self.tally.lines += u64::from(line.as_ref().map_or(true, |line| !tolerant::without_bom(line).is_empty()));
        let taken = line.and_then(|line| self.bytes(line, out));
        if let Err(reason) = &taken {
            self.tally.bad.add(reason, number);
            if let Some(explained) = &mut self.explained {
                explained.error = Some(reason.clone());
            }
        }
        taken
    }

    /// Takes in a line as its bytes, likewise.
    pub fn bytes(&mut self, line: &[u8], out: &mut impl FnMut(&[u8])) -> Result<(), String> {
        if matches!(line, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err("the lines are UTF-16: save them as UTF-8".into());
        }
        let (text, replaced) = tolerant::decode(line);
        self.say_replaced(replaced);
        if text.is_empty() { Ok(()) } else { self.line(&text, out) }
    }

    /// What became of the lines so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes in a line: a message of either side, recognised by its shape, or a [`Direction`]. A line may hold several
    /// of them, one right after the other. Each resulting message is handed to `out`.
    pub fn line(&mut self, text: &str, out: &mut impl FnMut(&[u8])) -> Result<(), String> {
        let Some((first, more)) = tolerant::split(text) else { return self.one(text, out) };
        let mut taken = self.one(first, out);
        let mut rest = Rest::default();
        rest.keep(more);
        while let Some(next) = rest.take_next() {
            let result = self.one(&next, out);
            taken = taken.and(result);
        }
        taken
    }

    fn one(&mut self, text: &str, out: &mut impl FnMut(&[u8])) -> Result<(), String> {
        match Direction::read(text) {
            Some((direction, replaced)) => {
                self.say_replaced(replaced);
                self.direct(&direction, out)
            }
            None => self.message(text, out),
        }
    }

    /// Reports characters of the lines that became U+FFFD, once per sort.
    fn say_replaced(&mut self, replaced: Replaced) {
        self.notices.extend(self.texts.count(replaced).into_iter().map(|notice| notice.to_string()));
    }

    fn direct(&mut self, direction: &Direction, out: &mut impl FnMut(&[u8])) -> Result<(), String> {
        let Some(moment) = self.clock.read(None, Some(&direction.at), None) else {
            return Err(format!("\"at\" is no time: {:?}", direction.at));
        };
        self.advance_to(moment, out);
        if let Some(link) = direction.link {
            self.bridge.platform_link(self.now, 0, link == LinkWord::Up);
            self.drain(out);
        }
        match &direction.request {
            Some(request) => self.message(&request.to_string(), out),
            None => Ok(()),
        }
    }

    fn message(&mut self, text: &str, out: &mut impl FnMut(&[u8])) -> Result<(), String> {
        let vocabulary = self.platform.vocabulary.clone();
        let mut message = Message::default();
        // Where both sides speak one dialect, a request is told from the answer of the same name by its further names.
        if self.relays
            && let Ok(read) = vocabulary.read_json(text, true, &Vec::new(), &mut message)
            && message.kind().is_some_and(|kind| vocabulary.message(kind).wire_names.len() > 1)
        {
            let text = self.mended(text, &read, &message);
            let result = self.bridge.application_line(self.now, 0, &text);
            self.drain(out);
            return result.map_err(|bad| bad.to_string());
        }
        let result = match vocabulary.read_json(text, false, &Vec::new(), &mut message) {
            Ok(read) => {
                let text = self.mended(text, &read, &message);
                self.advance(&message, out);
                self.look_for_strays(&vocabulary, &text, &message);
                let before = Before::of(&self.bridge.platforms()[0]);
                let told = self.tally.told();
                let taken = self.bridge.platform_line(self.now, 0, &text);
                self.drain(out);
                if let (Ok(()), Some(kind), true) = (&taken, message.kind(), told == self.tally.told())
                    && let Some(reason) = before.idle(&self.bridge.platforms()[0], kind)
                {
                    self.tally.idle.add(&reason, self.line);
                }
                taken
            }
            Err(error @ (JsonError::Syntax(_) | JsonError::NotAnObject)) => {
                self.bridge.platform_unread(self.now, 0, text);
                Err(Bad::of(error.to_string()))
            }
            Err(of_platform) => {
                let vocabulary = self.application.vocabulary.clone();
                let mut text = Cow::Borrowed(text);
                if let Ok(read) = vocabulary.read_json(&text, true, &Vec::new(), &mut message) {
                    text = self.mended(&text, &read, &message).into_owned().into();
                    self.look_for_strays(&vocabulary, &text, &message);
                } else {
                    self.bridge.platform_unread(self.now, 0, &text);
                }
                self.bridge.application_line(self.now, 0, &text).map_err(|of_application| match of_platform {
                    JsonError::Unknown(_) => Bad::of(self.platform.vocabulary.explain(false, &of_platform)),
                    JsonError::Syntax(_) | JsonError::NotAnObject | JsonError::Nameless => of_application,
                })
            }
        };
        self.drain(out);
        result.map_err(|bad| {
            let reason = bad.to_string();
            // The reason is reported as the line's error, and not a second time as a notice.
            self.notices.retain(|notice| *notice != reason);
            reason
        })
    }

    /// The text of a message as it was read: with U+FFFD where the original had characters that JSON does not allow.
    fn mended<'t>(&mut self, text: &'t str, read: &Decoded, message: &Message) -> Cow<'t, str> {
        self.say_replaced(read.replaced);
        if read.replaced.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(message.held().to_owned()) }
    }

    fn look_for_strays(&mut self, vocabulary: &Vocabulary, text: &str, message: &Message) {
        let found = message.kind().map(|kind| vocabulary.strays(text, kind)).unwrap_or_default();
        for stray in found {
            if self.strays.insert(stray.clone()) {
                self.notices.push(stray);
            }
        }
    }

    /// What was noticed since the last time: nothing that kept a line from being taken.
    pub fn notices(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(&mut self.notices).into_iter()
    }

    /// The clock goes to the message's time, never back; timers that run out on the way do.
    fn advance(&mut self, message: &Message, out: &mut impl FnMut(&[u8])) {
        let Some([local, utc]) = shown(&self.platform.vocabulary, message) else { return };
        if let Some(moment) = self.clock.read(None, local, utc) {
            self.advance_to(moment, out);
        }
    }

    fn advance_to(&mut self, moment: u64, out: &mut impl FnMut(&[u8])) {
        let told = self.clock.told();
        let start = match self.start {
            // Until now only local time was told. The earlier moments were wrong by the difference between the assumed
            // zone and the real one.
            Some(Start { moment, assumed: Some(assumed) }) if let Some(told) = told => {
                Start { moment: moment.saturating_add_signed(assumed - told), assumed: None }
            }
            Some(start) => start,
            None => Start { moment, assumed: self.clock.assumed() },
        };
        if self.start.is_none_or(|known| known.moment != start.moment) {
            self.bridge.set_epoch(start.moment);
        }
        self.start = Some(start);
        let now = self.now.max(Time(moment.saturating_sub(start.moment)));
        self.run_until(now, out);
        self.now = now;
    }

    fn run_until(&mut self, until: Time, out: &mut impl FnMut(&[u8])) {
        // Timers that run out may set others for the same moment, but only up to a bound.
        let mut at_once = 0;
        while let Some(deadline) = self.bridge.deadline().filter(|deadline| *deadline <= until) {
            at_once = if deadline > self.now { 0 } else { at_once + 1 };
            self.now = self.now.max(deadline);
            if at_once > MOST_AT_ONCE {
                self.notices.push("timers ran out without end and were left".into());
                return;
            }
            self.bridge.expire(self.now);
            self.drain(out);
        }
    }

    /// The end of all lines: every timer runs out. Everything that can end does so within some hours of the lines'
    /// clock; the rest would go on for ever, and is left.
    pub fn finish(&mut self, out: &mut impl FnMut(&[u8])) {
        self.line = 0;
        self.run_until(self.now + LONGEST_END, out);
    }

    /// True if a timer is still to run out.
    pub fn waits(&self) -> bool {
        self.bridge.deadline().is_some()
    }

    fn drain(&mut self, out: &mut impl FnMut(&[u8])) {
        while let Some(output) = self.bridge.poll_all(self.now) {
            match output {
                Output::Line(line) => {
                    let name = self.name_of(&line, false);
                    self.tally.events.add(&name, self.line);
                    self.explain_written(false, &line);
                    out(&line);
                }
                // A line without what ends it on the platform's line.
                Output::Wire { output: port::Output::Write { bytes, .. }, .. } => {
                    let line = bytes.split_last().map_or(&[][..], |(_, line)| line);
                    let name = self.name_of(line, true);
                    self.tally.commands.add(&name, self.line);
                    self.explain_written(true, line);
                    out(line);
                }
                Output::Notice { notice, .. } => {
                    if notice.kind().frequency() != Frequency::Traced {
                        self.notices.push(notice.to_string());
                    }
                    if let Some(explained) = &mut self.explained {
                        explained.steps.push(Step::Told(*notice));
                    }
                }
                Output::Wire { .. } | Output::Keep { .. } | Output::Drop { .. } => {}
            }
        }
        for (operation, reason) in self.bridge.application_failures(0) {
            self.tally.failed.add(&format!("{operation}: {reason}"), self.line);
        }
    }

    fn explain_written(&mut self, is_command: bool, line: &[u8]) {
        if let Some(explained) = &mut self.explained {
            let text = String::from_utf8_lossy(line).into_owned();
            explained.steps.push(Step::Written { is_command, text });
        }
    }

    /// The name of a message that goes out: a command to the platform, or an event of the application's dialect.
    fn name_of(&mut self, line: &[u8], is_command: bool) -> String {
        let vocabulary = if is_command { &self.platform.vocabulary } else { &self.application.vocabulary };
        let text = std::str::from_utf8(line).unwrap_or_default();
        let read = vocabulary.read_json(text, is_command, &Vec::new(), &mut self.counted);
        let kind = read.ok().and_then(|_| self.counted.kind());
        kind.map_or_else(|| "others".to_owned(), |kind| vocabulary.message(kind).label.clone())
    }
}
