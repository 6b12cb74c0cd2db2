//! The conversation with agents' desktops, each through a relay that connects to the bridge: hellos, pings, and which
//! connection is whose. `hearing` reads frames, `additions` completes them, `calling` has methods called, `transfers` finds
//! transfers, `leaving` follows desktops that went away, `naming` joins calls where desktops number them on their own. The
//! meaning of messages belongs to rules.
//!
//! The platform is up while the bridge listens. A desktop that goes away is an agent whose link is lost, nothing more.

mod additions;
mod calling;
mod desk;
mod fields;
mod groups;
mod hearing;
mod leaving;
mod naming;
mod transfers;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use hashbrown::HashMap;

use super::{Hello, PING, Refusal, SILENCE, Tokens, Who};
use crate::{
    dialect::strangers::{self, Refused, Strangers},
    message::Message,
    model::RequestIx,
    port::{Connection, Input, Notice, Output, PlatformConversation, PlatformOutput, Reading, Taken, Troubles},
    settings::TryLimits,
    time::Time,
    vocabulary::Vocabulary,
};
use desk::{Desk, Line};
use groups::Groups;
use transfers::Consulted;

/// How desktops are talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub tokens: Tokens,
    pub tries: TryLimits,
    /// How long a method may take to answer.
    pub reply_timeout: Duration,
    /// For how long the agent and the calls of a desktop that went away are kept.
    pub link_grace: Duration,
    /// For how long ends of calls are held back that may be a transfer.
    pub transfer_wait: Duration,
    /// The longest frame in bytes.
    pub max_frame: usize,
    /// An id names the same call on all desktops.
    pub shares_ids: bool,
    /// The ids of service groups, by name.
    pub service_groups: Vec<(String, i64)>,
    /// The lists of waiting calls that desktops subscribe to.
    pub lists: Vec<&'static List>,
    /// The service groups of which desktops tell real-time information.
    pub real_time: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            tokens: Tokens::default(),
            tries: TryLimits::default(),
            reply_timeout: Duration::from_secs(10),
            link_grace: Duration::from_secs(30),
            transfer_wait: Duration::from_millis(1500),
            max_frame: 64 << 10,
            shares_ids: true,
            service_groups: Vec::new(),
            lists: Vec::new(),
            real_time: Vec::new(),
        }
    }
}

/// A list of calls or sessions that wait: its name in the configuration, and the method and event of it.
#[derive(Debug)]
pub struct List {
    pub name: &'static str,
    pub method: &'static str,
    pub event: &'static str,
}

/// The lists that a desktop can subscribe to.
pub const LISTS: [List; 6] = [
    List { name: "personal", method: "SubscribeDispatchPersonalCalls", event: "OnDispatchPersonalCallEvent" },
    List { name: "common-hold", method: "SubscribeDispatchCommonHoldCalls", event: "OnDispatchCommonHoldCallEvent" },
    List { name: "voice", method: "SubscribeDispatchVoiceCalls", event: "OnDispatchVoiceCallEvent" },
    List { name: "email", method: "SubscribeDispatchEmails", event: "OnDispatchEmailEvent" },
    List { name: "sms", method: "SubscribeDispatchSMSs", event: "OnDispatchSMSEvent" },
    List { name: "campaign", method: "SubscribeDispatchCampaignCalls", event: "OnDispatchCampaignCallEvent" },
];

/// How often connections are looked after.
const TICK: Duration = Duration::from_secs(1);
/// How many frames a connection may send at once, and how many more each second. A relay may have kept 10 000 events.
const FRAMES: u32 = 20_000;
const FRAMES_PER_TICK: u32 = 200;

/// See the module.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    vocabulary: Arc<Vocabulary>,
    /// When the clock began, in milliseconds since 1970.
    epoch: Option<u64>,
    /// When the platform is told to be up; none once it was.
    up_at: Option<Time>,
    strangers: Strangers,
    /// The frame that is being read has properties that the vocabulary does not know.
    has_strays: bool,
    /// One for each agent whose desktop has ever connected. They are named by their places here.
    desks: Vec<Desk>,
    by_agent: HashMap<String, usize>,
    by_record: HashMap<i64, usize>,
    by_connection: BTreeMap<Connection, usize>,
    /// When connections are looked after next; none while there are none.
    tick: Option<Time>,
    /// The desktops that are away, by the time at which their agents are logged off.
    away: BTreeSet<(Time, usize)>,
    groups: Groups,
    /// Calls that were shown to be transferred to a desktop lately.
    consulted: Vec<Consulted>,
    /// Desktops that hold ends of calls back.
    holding: Vec<usize>,
    /// When results are due, and whose, the earliest first. Most of them came long before.
    due: VecDeque<(Time, usize)>,
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
            Input::Bytes { connection, bytes } => match self.by_connection.get(connection) {
                Some(desk) => return self.read(now, *desk, bytes, reading.vocabulary, message),
                None => {
                    let (line, peer) = self.strangers.first_line(*connection, bytes)?;
                    self.greet(now, *connection, &line, peer, false);
                }
            },
            Input::Text { connection, text } => match self.by_connection.get(connection) {
                Some(desk) => {
                    // One text is one line, whatever white space is in it.
                    let line = text.replace('\n', " ") + "\n";
                    return self.read(now, *desk, &mut line.as_bytes(), reading.vocabulary, message);
                }
                None => {
                    if let Some((line, peer)) = self.strangers.first_text(*connection, text) {
                        self.greet(now, *connection, &line, peer, true);
                    }
                }
            },
            Input::Opened { connection, peer } => self.strangers.came(now, *connection, peer),
            Input::Closed { connection, reason, .. } => {
                if let Some(desk) = self.by_connection.get(connection) {
                    self.lost(now, *desk, reason);
                } else if let Some(refused) = self.strangers.went(*connection) {
                    self.refuse(*connection, refused);
                }
            }
            Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. } => {}
        }
        Some(Taken::Nothing)
    }

    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, _: i64) {
        self.have_called(now, message, request);
    }

    fn set_epoch(&mut self, epoch: u64) {
        self.epoch = Some(epoch);
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        let own = [self.up_at, self.tick, self.strangers.deadline(), self.away.first().map(|(at, _)| *at)];
        own.into_iter().flatten().chain(self.due.front().map(|(due, _)| *due)).chain(self.transfers_deadline()).min()
    }

    fn expire(&mut self, now: Time) {
        if self.up_at.take_if(|at| *at <= now).is_some() {
            self.outputs.push_back(PlatformOutput::Up);
        }
        for (connection, refused) in self.strangers.expire(now) {
            self.refuse(connection, refused);
        }
        self.expire_calls(now);
        self.expire_transfers(now);
        self.expire_away(now);
        if self.tick.is_some_and(|at| at <= now) {
            self.look_after(now);
        }
    }

    fn troubles(&self) -> Troubles {
        self.troubles
    }
}

impl Client {
    pub fn new(settings: Settings, vocabulary: Arc<Vocabulary>, now: Time) -> Client {
        Client {
            groups: Groups::new(&settings.service_groups),
            vocabulary,
            epoch: None,
            up_at: Some(now),
            strangers: Strangers::new(settings.tries),
            has_strays: false,
            desks: Vec::new(),
            by_agent: HashMap::new(),
            by_record: HashMap::new(),
            by_connection: BTreeMap::new(),
            tick: None,
            away: BTreeSet::new(),
            consulted: Vec::new(),
            holding: Vec::new(),
            due: VecDeque::new(),
            outputs: VecDeque::new(),
            troubles: Troubles::default(),
            settings,
        }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    /// The moment of the bridge's clock, in milliseconds since 1970.
    fn moment(&self, now: Time) -> u64 {
        self.epoch.unwrap_or_default() + now.0
    }

    // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Somebody said a first line.
    fn greet(&mut self, now: Time, connection: Connection, line: &str, peer: String, is_text: bool) {
        let mut read = Err(Refusal::too_soon(Duration::ZERO));
        let (tokens, moment) = (&self.settings.tokens, self.moment(now));
        let wait = self.strangers.judge(now, &peer, || {
            read = Hello::read(line, Who::Relay, tokens, moment);
            read.is_ok()
        });
        match wait.map_or(read, |wait| Err(Refusal::too_soon(wait))) {
            Ok(hello) => self.welcome(now, connection, hello.agent, peer, is_text),
            Err(refusal) => self.refuse(connection, Refused { line: refusal.line, peer, cause: refusal.cause }),
        }
    }

    /// A relay said a good hello. It takes the place of any other of the same agent.
    fn welcome(&mut self, now: Time, connection: Connection, agent: String, peer: String, is_text: bool) {
        let desk = match self.by_agent.get(&agent) {
            Some(desk) => *desk,
            None => {
                self.by_agent.insert(agent.clone(), self.desks.len());
                self.desks.push(Desk::new(agent.clone()));
                self.desks.len() - 1
            }
        };
        if let Some(line) = self.desks[desk].line.take() {
            let bytes = strangers::refusal("replaced by a newer connection").into();
            self.wire(Output::Write { connection: line.connection, bytes });
            self.wire(Output::Close { connection: line.connection });
            self.forget_line(line);
        }
        self.desks[desk].line = Some(Line::new(now, connection, is_text, self.settings.max_frame));
        self.by_connection.insert(connection, desk);
        self.wire(Output::Admit { connection });
        self.tick.get_or_insert(now + TICK);
        self.say(Notice::DesktopConnected { user: agent, peer });
        // At once: the relay waits for it with everything else.
        self.ping(now, desk);
    }

    /// The peer is no relay: it is told why if it still listens, and closed.
    fn refuse(&mut self, connection: Connection, refused: Refused) {
        let Refused { line, peer, cause } = refused;
        self.troubles.strangers += 1;
        self.say(Notice::RelayRefused { cause, peer });
        if !line.is_empty() {
            self.wire(Output::Write { connection, bytes: line.into() });
        }
        self.wire(Output::Close { connection });
    }

    /// Closes a desktop's connection, for this reason.
    fn hang_up(&mut self, now: Time, desk: usize, why: &str) {
        if let Some(line) = &self.desks[desk].line {
            let connection = line.connection;
            self.wire(Output::Write { connection, bytes: strangers::refusal(why).into() });
            self.wire(Output::Close { connection });
            self.lost(now, desk, why);
        }
    }

    /// A desktop's connection is over.
    fn lost(&mut self, now: Time, desk: usize, reason: &str) {
        let Some(line) = self.desks[desk].line.take() else { return };
        self.troubles.disconnects += 1;
        self.say(Notice::DesktopLost { user: self.desks[desk].agent.clone(), reason: reason.to_owned() });
        self.forget_line(line);
        self.goes_away(now, desk);
        if self.by_connection.is_empty() {
            self.tick = None;
        }
    }

    /// Nothing comes on this connection any more.
    fn forget_line(&mut self, mut line: Line) {
        self.by_connection.remove(&line.connection);
        for purpose in line.awaited.lose() {
            self.fails(purpose, "the desktop's connection was lost; whether it was done is not known");
        }
    }

    fn write(&mut self, desk: usize, line: Vec<u8>) {
        if let Some(connection) = self.desks[desk].line.as_ref().map(|line| line.connection) {
            self.wire(Output::Write { connection, bytes: line.into() });
        }
    }

    fn ping(&mut self, now: Time, desk: usize) {
        let Some(line) = &mut self.desks[desk].line else { return };
        line.pings += 1;
        line.next_ping = now + PING;
        let frame = format!("{{\"ping\":{}}}\n", line.pings);
        self.write(desk, frame.into_bytes());
    }

    /// Pings connections, and gives up those that are silent. Those that keep messages apart by themselves are looked
    /// after by the shell.
    fn look_after(&mut self, now: Time) {
        self.tick = Some(now + TICK);
        let desks: Vec<usize> = self.by_connection.values().copied().collect();
        for desk in desks {
            let Some(line) = &mut self.desks[desk].line else { continue };
            line.frames = (line.frames + FRAMES_PER_TICK).min(FRAMES);
            if !line.is_text && now - line.heard >= SILENCE {
                self.hang_up(now, desk, "it does not answer");
            } else if line.next_ping <= now {
                self.ping(now, desk);
            }
        }
    }
}

#[cfg(test)]
mod tests;
