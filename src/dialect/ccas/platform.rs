//! The conversation with CCAS through its relay, which connects to the bridge: pings, commands and their replies, and
//! whether the link is up.
//!
//! The relay's hello says nothing of CCAS. The link is up from the first event on, because the relay tells the picture right
//! after the hello, or from the first pong, should there be nothing to tell: pongs come after the picture. It is lost when the
//! relay says so, by event 36, and with the relay's line; until then nobody is told twice.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;

mod calling;
mod inquiry;
mod wraps;

use inquiry::Inquiry;
use wraps::ManualWraps;

use super::greet;
use crate::{
    dialect::{
        awaited::Awaited,
        strangers::{Refused, Strangers, refusal},
    },
    message::Message,
    model::RequestIx,
    port::{
        Codec, Connection, Heard, Input, Lines, Next, Notice, Output, PlatformConversation, PlatformOutput, Reading,
        Stream, Taken, Troubles, Try,
    },
    settings::TryLimits,
    time::Time,
    vocabulary::{Role, Side, Vocabulary},
};

/// How CCAS is talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a reply may take.
    pub reply_timeout: Duration,
    /// PINs of phone agents, by logon id: without one an agent cannot be logged on or off, nor be set ready or not ready.
    pub pins: BTreeMap<String, SecretString>,
    /// The longest time for which work after a call is extended, if an application asked for that work and nobody ended
    /// it.
    pub manual_wrap_limit: Duration,
    /// The relay's secret, which its hello carries.
    pub token: SecretString,
    pub tries: TryLimits,
    /// The longest line of the relay in bytes.
    pub max_frame: usize,
    /// True if CCAS is asked whether each agent who logs on is a phone agent. False where the platform is a file.
    pub asks_of_agents: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            reply_timeout: Duration::from_secs(10),
            pins: BTreeMap::new(),
            manual_wrap_limit: Duration::from_secs(3600),
            token: String::new().into(),
            tries: TryLimits::default(),
            max_frame: 1 << 20,
            asks_of_agents: true,
        }
    }
}

const PING_INTERVAL: Duration = Duration::from_secs(10);
/// So many pings without a pong, and nobody is there.
const MAX_UNANSWERED: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No relay is there.
    Waiting,
    /// A relay is there and has not said whether CCAS is.
    Greeted,
    /// The relay is there, and CCAS is not.
    Away,
    Live,
}

/// The purpose of a command that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A request of an application.
    Request(RequestIx),
    /// The question whether this agent is a phone agent.
    Inquiry(i64),
    /// An extension of work after a call.
    Renewal { agent: i64 },
}

/// One relay. See the module.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    vocabulary: Arc<Vocabulary>,
    state: State,
    strangers: Strangers,
    /// The connection of the relay that said a good hello last.
    relay: Option<Connection>,
    stream: Stream,
    /// When to ping next; never for a file.
    next_ping: Option<Time>,
    pings: i64,
    unanswered: u32,
    awaited: Awaited<Purpose>,
    inquiry: Inquiry,
    wraps: ManualWraps,
    outputs: VecDeque<PlatformOutput>,
    troubles: Troubles,
}

impl PlatformConversation for Client {
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        reading: &Reading<'_>,
        message: &mut Message,
    ) -> Option<Taken> {
        match input {
            Input::Bytes { connection, bytes } if self.relay == Some(*connection) => {
                return self.read(now, bytes, reading, message);
            }
            Input::Bytes { connection, bytes } => {
                let (line, peer) = self.strangers.first_line(*connection, bytes)?;
                let mut greeted = Ok(());
                let wait = self.strangers.judge(now, &peer, || {
                    greeted = greet(&line, &self.settings.token);
                    greeted.is_ok()
                });
                let cause = match wait {
                    None => "its hello or its token is wrong",
                    Some(wait) => {
                        greeted = Err(refusal(&Try::refusal(wait)));
                        "too many wrong hellos came from its address"
                    }
                };
                match greeted {
                    Ok(()) => self.welcome(now, *connection),
                    Err(line) => self.refuse(*connection, Refused { line, peer, cause }),
                }
            }
            Input::Opened { connection, peer } => self.strangers.came(now, *connection, peer),
            Input::Closed { connection, reason, .. } if self.relay == Some(*connection) => self.closed(reason),
            Input::Closed { connection, .. } => {
                if let Some(refused) = self.strangers.went(*connection) {
                    self.refuse(*connection, refused);
                }
            }
            Input::Text { .. }
            | Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. } => {}
        }
        Some(Taken::Nothing)
    }

    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, _: i64) {
        if let Err(reason) = self.fill_in_pin(message) {
            self.outputs.push_back(PlatformOutput::Failed(request, reason));
            return;
        }
        self.send_command(now, message, Purpose::Request(request));
        self.follow_wrap(now, message);
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        let own = self.next_ping.into_iter().chain(self.awaited.deadline());
        own.chain(self.wraps.deadline()).chain(self.strangers.deadline()).min()
    }

    fn expire(&mut self, now: Time) {
        for (id, purpose) in self.awaited.expire(now) {
            match purpose {
                Purpose::Request(request) => {
                    self.wraps.refused(id);
                    let seconds = self.settings.reply_timeout.as_secs_f64();
                    let reason = format!("no answer in {seconds} s; whether it was done is not known");
                    self.outputs.push_back(PlatformOutput::Failed(request, reason));
                }
                Purpose::Inquiry(agent) => {
                    self.inquiry.answered(agent, id);
                }
                // An unanswered extension does not prevent the next one.
                Purpose::Renewal { .. } => {}
            }
        }
        for (connection, refused) in self.strangers.expire(now) {
            self.refuse(connection, refused);
        }
        self.inquire(now);
        self.renew_wraps(now);
        if self.next_ping.is_none_or(|at| at > now) {
            return;
        }
        if self.unanswered >= MAX_UNANSWERED {
            self.hang_up("it does not answer");
        } else {
            self.ping(now);
        }
    }

    fn troubles(&self) -> Troubles {
        self.troubles
    }

    fn lines(&mut self) -> Option<&mut dyn Lines> {
        Some(self)
    }
}

impl Lines for Client {
    fn heard(&mut self, now: Time, message: &Message) -> Heard {
        self.hear(now, message)
    }

    /// A line that cannot be read is no pong: it says nothing of the link.
    fn unread(&mut self, _: Time, _: Option<&str>) {}
}

impl Client {
    pub fn new(settings: Settings, vocabulary: Arc<Vocabulary>) -> Client {
        Client {
            vocabulary,
            state: State::Waiting,
            strangers: Strangers::new(settings.tries),
            relay: None,
            stream: Stream::new(Codec::Lines, settings.max_frame),
            settings,
            next_ping: None,
            pings: 0,
            unanswered: 0,
            awaited: Awaited::default(),
            inquiry: Inquiry::default(),
            wraps: ManualWraps::default(),
            outputs: VecDeque::new(),
            troubles: Troubles::default(),
        }
    }

    /// A client without a relay: for lines that come from a file, whose platform is there until it says otherwise.
    pub fn replaying(vocabulary: Arc<Vocabulary>) -> Client {
        let settings = Settings { asks_of_agents: false, ..Settings::default() };
        Client { state: State::Live, ..Client::new(settings, vocabulary) }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn write(&mut self, line: Vec<u8>) {
        // Where the platform is a file, there is no relay.
        let connection = self.relay.unwrap_or(Connection::accepted(0));
        self.wire(Output::Write { connection, bytes: line.into() });
    }

    // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// A relay said a good hello. It takes the place of any other.
    fn welcome(&mut self, now: Time, connection: Connection) {
        if self.relay.is_some() {
            self.hang_up("another connection takes its place");
        }
        self.relay = Some(connection);
        self.wire(Output::Admit { connection });
        self.stream = Stream::new(Codec::Lines, self.settings.max_frame);
        self.connected(now);
    }

    fn connected(&mut self, now: Time) {
        self.state = State::Greeted;
        self.unanswered = 0;
        self.say(Notice::RelayConnected {});
        // At once: the relay waits for it with everything else.
        self.ping(now);
    }

    /// The peer is no relay: it is told why if it still listens, and closed.
    fn refuse(&mut self, connection: Connection, refused: Refused) {
        let Refused { line, peer, cause } = refused;
        self.say(Notice::RelayRefused { cause, peer });
        if !line.is_empty() {
            self.wire(Output::Write { connection, bytes: line.into() });
        }
        self.wire(Output::Close { connection });
    }

    fn hang_up(&mut self, why: &str) {
        if let Some(connection) = self.relay {
            self.wire(Output::Close { connection });
        }
        self.closed(why);
    }

    fn closed(&mut self, why: &str) {
        self.relay = None;
        if self.state == State::Waiting {
            return;
        }
        self.lose(why);
        self.state = State::Waiting;
        self.next_ping = None;
        self.say(Notice::RelayLost { reason: why.to_owned() });
    }

    /// Takes the next message of the relay's bytes.
    fn read(&mut self, now: Time, bytes: &mut &[u8], reading: &Reading<'_>, message: &mut Message) -> Option<Taken> {
        Some(match self.stream.next(bytes, reading, false, message)? {
            Next::Message(decoded) => Taken::Message { heard: self.hear(now, message), decoded },
            Next::Unread { unread, replaced, .. } => {
                self.outputs.extend(PlatformOutput::replaced(replaced));
                Taken::Unread(unread)
            }
        })
    }

    fn hear(&mut self, now: Time, message: &Message) -> Heard {
        let Some(kind) = message.kind() else { return Heard::Nothing };
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        let field = |label: &str| def.fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default();
        match (def.side, def.label.as_str()) {
            (Side::Event, "DISCONNECT") => {
                self.away("CCAS disconnected");
                Heard::Nothing
            }
            (Side::Event, label) => {
                self.alive();
                self.follow(now, label, def, message);
                Heard::Event
            }
            (_, "disconnected") => {
                self.away("the relay is not connected to CCAS");
                Heard::Nothing
            }
            (_, "pong") => {
                self.unanswered = 0;
                if self.state == State::Greeted {
                    self.alive();
                }
                Heard::Nothing
            }
            (_, "lost") => {
                self.gap(field("lost").as_int().unwrap_or(0), field("unsure").as_int().unwrap_or(0));
                Heard::Nothing
            }
            (Side::Reply, _) => {
                let id = def.role(Role::Request).and_then(|slot| message.get(slot).as_int());
                let heard = self.answered(id.unwrap_or(0), field("hresult").as_int(), field("error"));
                self.inquire(now);
                heard
            }
            _ => Heard::Nothing,
        }
    }

    fn alive(&mut self) {
        if self.state != State::Live {
            self.state = State::Live;
            self.say(Notice::RelayReachesPlatform {});
            self.outputs.push_back(PlatformOutput::Up);
        }
    }

    /// The relay is there, and CCAS is not.
    fn away(&mut self, why: &'static str) {
        if self.state != State::Away {
            self.lose(why);
            self.state = State::Away;
            self.say(Notice::RelayLostPlatform { cause: why });
        }
    }

    /// What was open gets no answer any more, and the picture is worth nothing.
    fn lose(&mut self, why: &str) {
        for purpose in self.awaited.lose() {
            if let Purpose::Request(request) = purpose {
                let reason = "the connection was lost; whether it was done is not known";
                self.outputs.push_back(PlatformOutput::Failed(request, reason.into()));
            }
        }
        self.inquiry = Inquiry::default();
        self.wraps = ManualWraps::default();
        self.troubles.disconnects += u64::from(self.state == State::Live);
        self.outputs.push_back(PlatformOutput::Down(why.to_owned()));
    }

    /// Events were lost. The relay shows the picture anew right after saying so.
    fn gap(&mut self, lost: i64, unsure: i64) {
        if lost > 0 || unsure > 0 {
            self.troubles.gaps += 1;
            self.say(Notice::RelayLostEvents { user: None, lost, perhaps_lost: unsure });
            if self.state == State::Live {
                self.outputs.push_back(PlatformOutput::Resync);
            }
        }
    }
}

#[cfg(test)]
mod tests;
