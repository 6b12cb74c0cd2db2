//! The dialects in which the bridge can converse, by name: on which sides, how their settings are read, how their conversations
//! are made, and their abilities. It is a value, so that a dialect can be added while the program runs. Vocabularies and rules
//! are not here; they belong to `mapping`.

use std::{any::Any, collections::BTreeMap, fmt::Debug, net::SocketAddr, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::{agent, ccas, ctips, event_feed, open_media, replay};
use crate::{
    port::{ApplicationConversation, PlatformConversation},
    settings::{Callback, Callee, Dial, Limits, Listen, Posts, Queue, Section, Web, Wsdl},
    time::Time,
    vocabulary::{Profile, Vocabulary},
};

/// The dialects of this program; a dialect is one line here.
const SHIPPED: [fn() -> Entry; 5] = [agent::entry, ccas::entry, ctips::entry, event_feed::entry, open_media::entry];

/// See the module.
#[derive(Debug, Default)]
pub struct Registry {
    entries: BTreeMap<String, Entry>,
}

/// One dialect.
#[derive(Debug)]
pub struct Entry {
    /// The name of its vocabulary and in the configuration.
    pub name: String,
    pub platform: Option<PlatformSide>,
    pub application: Option<ApplicationSide>,
}

/// A dialect on the platform's side.
pub struct PlatformSide {
    /// Keys of its section that are tables whose keys are names that the operator gives.
    pub named: &'static [&'static str],
    pub read: ReadPlatform,
    /// A conversation for a platform that is a file; [`replay`] serves where a dialect has none of its own.
    pub replaying: Option<Replay>,
}

/// A dialect on the application's side.
pub struct ApplicationSide {
    /// Keys of its section that are tables whose keys are names that the operator gives.
    pub named: &'static [&'static str],
    pub read: ReadApplication,
    /// Its clients are guests of one platform of the same dialect, which answers what they ask; no rules stand between.
    pub guests: bool,
    /// Its clients can subscribe to statistics, which cost a platform work.
    pub statistics: bool,
}

/// Reads a section; none where something is wrong that leaves nothing to go on with.
pub type ReadPlatform = Box<dyn Fn(&Section, &Reading) -> Option<PlatformSettings> + Send + Sync>;
pub type ReadApplication = Box<dyn Fn(&Section, &Reading) -> Option<ApplicationSettings> + Send + Sync>;

/// Makes a conversation with a platform that is a file: it is over before it began.
pub type Replay = fn(Arc<Vocabulary>) -> Box<dyn PlatformConversation>;

/// Facts about a section that its reader needs.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    pub vocabulary: &'r Vocabulary,
    /// The operator knows that bytes may leave the machine unprotected.
    pub plaintext: bool,
}

/// A platform's section, read.
#[derive(Debug)]
pub struct PlatformSettings {
    pub transport: PlatformTransport,
    pub conversation: Box<dyn PlatformMaker>,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
    /// The numbers to dial for services, where the platform tells none.
    pub service_numbers: BTreeMap<i64, String>,
    /// Of a platform that routes: its numbers of the services of others.
    pub service_groups: Vec<(i64, i64)>,
    /// Who chooses the agents for this platform's calls: a platform, or the one platform of a dialect that routes.
    pub routed_by: Option<String>,
    /// Of a platform that routes: how long it may take to answer.
    pub answer_time: Option<Duration>,
}

impl PlatformSettings {
    /// The settings of a platform that is neither routed by another nor routes for others.
    pub fn new(transport: PlatformTransport, conversation: impl PlatformMaker) -> PlatformSettings {
        PlatformSettings {
            transport,
            conversation: Box::new(conversation),
            exposed: false,
            service_numbers: BTreeMap::new(),
            service_groups: Vec::new(),
            routed_by: None,
            answer_time: None,
        }
    }
}

/// How a platform is reached.
#[derive(Debug)]
pub enum PlatformTransport {
    /// The bridge dials a stream.
    Dialled(Dial),
    /// The bridge accepts streams, so many at a time: its own, one that takes its place, and peers that have not said yet
    /// who they are. With `web`, a stream may be a WebSocket.
    Accepted { listen: Listen, connections: usize, web: Option<Web> },
    /// The bridge posts to an HTTP service.
    Posted(Box<Posted>),
}

/// An HTTP service that is posted to.
#[derive(Debug)]
pub struct Posted {
    pub posts: Posts,
    /// Where it calls the bridge, if it does.
    pub callee: Option<Callee>,
    pub profile: Profile,
    pub wsdl: Wsdl,
}

/// An application's section, read.
#[derive(Debug)]
pub struct ApplicationSettings {
    pub transport: ApplicationTransport,
    pub conversation: Box<dyn ApplicationMaker>,
    /// Users whose commands are refused.
    pub read_only: Vec<String>,
    /// Numbers for labels of call data.
    pub labels: Vec<(String, i64)>,
}

/// How an application's clients reach the bridge.
#[derive(Debug)]
pub enum ApplicationTransport {
    /// They connect and keep a stream each. With `web`, it may be a WebSocket.
    Accepted { queue: Queue, connections: usize, web: Option<Web> },
    /// They post to an HTTP service of the bridge.
    Served(Box<Served>),
}

/// An HTTP service of the bridge.
#[derive(Debug)]
pub struct Served {
    pub path: &'static str,
    pub profile: Profile,
    pub limits: Limits,
    /// Where clients are called, if they are.
    pub callback: Option<Callback>,
}

/// Settings of a conversation with a platform, of which it is made.
pub trait PlatformMaker: Any + Debug + Send {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation>;
}

/// Facts about a platform's conversation that are known when the bridge starts.
pub struct PlatformStart {
    pub vocabulary: Arc<Vocabulary>,
    pub now: Time,
    /// Where the randomness of waits begins.
    pub seed: u64,
    /// Where the bridge listens for the platform's calls.
    pub called_at: Option<SocketAddr>,
    /// Some application may want statistics.
    pub statistics: bool,
    /// Makes path segments that nobody can guess.
    pub new_path: Box<dyn FnMut() -> String + Send>,
}

/// Settings of the conversation with an application's clients, of which it is made.
pub trait ApplicationMaker: Any + Debug + Send {
    /// Who may log on, with their passwords.
    fn users(&self) -> Vec<(String, SecretString)> {
        Vec::new()
    }
    fn make(self: Box<Self>, start: ApplicationStart) -> Box<dyn ApplicationConversation>;
}

/// Facts about an application's conversation that are known when the bridge starts.
pub struct ApplicationStart {
    pub vocabulary: Arc<Vocabulary>,
    /// Makes ids of sessions that nobody can guess.
    pub new_id: Box<dyn FnMut() -> String + Send>,
}

impl Registry {
    /// The dialects that the program has.
    pub fn shipped() -> Registry {
        let mut registry = Registry::default();
        SHIPPED.into_iter().for_each(|entry| registry.add(entry()));
        registry
    }

    /// Adds a dialect; it replaces one of the same name.
    pub fn add(&mut self, entry: Entry) {
        self.entries.insert(entry.name.clone(), entry);
    }

    pub fn platform(&self, dialect: &str) -> Option<&PlatformSide> {
        self.entries.get(dialect)?.platform.as_ref()
    }

    pub fn application(&self, dialect: &str) -> Option<&ApplicationSide> {
        self.entries.get(dialect)?.application.as_ref()
    }

    /// Keys of platforms' and applications' sections that are tables whose keys are names that the operator gives.
    pub fn named(&self) -> Vec<&'static str> {
        let of_platform = |entry: &Entry| entry.platform.as_ref().map_or(&[][..], |side| side.named);
        let of_application = |entry: &Entry| entry.application.as_ref().map_or(&[][..], |side| side.named);
        self.entries
            .values()
            .flat_map(|entry| of_platform(entry).iter().chain(of_application(entry)))
            .copied()
            .collect()
    }

    /// The conversation with a platform that is a file: it is over before it began.
    pub fn replaying(&self, vocabulary: Arc<Vocabulary>) -> Box<dyn PlatformConversation> {
        match self.platform(&vocabulary.dialect).and_then(|side| side.replaying) {
            Some(make) => make(vocabulary),
            None => Box::new(replay::Client::new(vocabulary)),
        }
    }
}

impl Debug for PlatformSide {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("PlatformSide").field("named", &self.named).finish_non_exhaustive()
    }
}

impl Debug for ApplicationSide {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let ApplicationSide { named, read: _, guests, statistics } = self;
        f.debug_struct("ApplicationSide")
            .field("named", named)
            .field("guests", guests)
            .field("statistics", statistics)
            .finish_non_exhaustive()
    }
}
