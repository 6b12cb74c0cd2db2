//! The shell's part, without sockets: it numbers connections, says a relay's hello, and makes calls.

use cti_bridge::{
    bridge::{Bridge, Owner},
    port::{Connection, HttpRequest, Input},
    time::Time,
};

use crate::{
    assembly::RELAY_TOKEN,
    office::{CRM, DESK, Kind},
};

/// The only connection of the feed application.
const SESSION: Connection = Connection(1);

/// The connections of one platform, one at a time.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    owner: Owner,
    kind: Kind,
    connection: Connection,
    /// The conversation has asked for the connection, and waits for it.
    pub is_wanted: bool,
}

impl Line {
    pub fn new(platform: usize, kind: Kind) -> Line {
        Line { owner: Owner::Platform(platform), kind, connection: Connection::accepted(0), is_wanted: false }
    }

    /// The conversation asks for a connection.
    pub fn wants(&mut self, connection: Connection) {
        assert!(self.kind == Kind::Feed && connection.is_asked());
        (self.connection, self.is_wanted) = (connection, true);
    }

    /// Whether nobody could connect now: the bridge waits before it does.
    pub fn waits(&self) -> bool {
        self.kind == Kind::Feed && !self.is_wanted
    }

    pub fn open(&mut self, bridge: &mut Bridge, now: Time) {
        match self.kind {
            Kind::Feed => assert!(std::mem::take(&mut self.is_wanted), "nobody has asked for a connection"),
            Kind::Ccas => self.connection = Connection::accepted(self.connection.number() + 1),
        }
        bridge.handle(now, self.owner, Input::Opened { connection: self.connection, peer: "test" });
        if self.kind == Kind::Ccas {
            self.say(bridge, now, &format!(r#"{{"hello":"ccas-relay","version":1,"token":"{RELAY_TOKEN}"}}"#));
        }
    }

    /// The platform says a message.
    pub fn say(&self, bridge: &mut Bridge, now: Time, message: &str) {
        let end = match self.kind {
            Kind::Feed => '\0',
            Kind::Ccas => '\n',
        };
        let bytes = format!("{message}{end}");
        bridge.handle(now, self.owner, Input::Bytes { connection: self.connection, bytes: bytes.as_bytes() });
    }

    pub fn close(&self, bridge: &mut Bridge, now: Time) {
        bridge.handle(now, self.owner, Input::Closed { connection: self.connection, reason: "test", cause: None });
    }
}

/// The feed application connects.
pub fn connect_crm(bridge: &mut Bridge, now: Time) {
    bridge.handle(now, Owner::Application(CRM), Input::Opened { connection: SESSION, peer: "127.0.0.1:9" });
    assert_eq!(bridge.applications()[CRM].server.as_ref().unwrap().sessions(), [SESSION.number()]);
}

/// The feed application sends a request.
pub fn crm_says(bridge: &mut Bridge, now: Time, request: &str) {
    let bytes = format!("{request}\0");
    bridge.handle(now, Owner::Application(CRM), Input::Bytes { connection: SESSION, bytes: bytes.as_bytes() });
}

/// The CTIPS application posts a request.
pub fn desk_posts(bridge: &mut Bridge, now: Time, body: &str) {
    bridge.handle(now, Owner::Application(DESK), Input::Request(HttpRequest::post(1, body.as_bytes())));
}

/// A client takes a call of which the outcome matters: the start of its session, or a heartbeat.
pub fn take_call(bridge: &mut Bridge, now: Time, connection: Connection, token: u64) {
    bridge.handle(now, Owner::Application(DESK), Input::Delivered { connection, token, result: Ok(()) });
}
