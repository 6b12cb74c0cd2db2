//! Who is let in: connections that come, their log-on, and the places that there are. What follows a log-on is not its business.

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::{Server, Session};
use crate::dialect::event_feed::{digest, subscriptions::Subscriptions};
use crate::{
    message::Message,
    port::{ApplicationConversation as _, Codec, Connection, Notice, Output, Stream, Try},
    time::Time,
};
use hashbrown::HashMap;

impl Server {
    /// A connection was accepted. If all places are taken, it is closed at once.
    pub(super) fn connected(&mut self, now: Time, key: u32, peer: &str) {
        if self.is_full() {
            return self.turn_away(key, peer.to_owned());
        }
        let session = Session {
            user: None,
            peer: peer.to_owned(),
            stream: Stream::new(Codec::Nul, self.settings.max_frame),
            subscriptions: Subscriptions::default(),
            sequence: 0,
            commands: HashMap::new(),
            deadline: Some(now + self.settings.login_timeout),
        };
        self.sessions.insert(key, session);
    }

    /// Whether all places are taken. Who has not authenticated takes none: the shell bounds how many of those there are.
    fn is_full(&self) -> bool {
        self.sessions.values().filter(|session| session.user.is_some()).count() >= self.settings.max_connections
    }

    fn turn_away(&mut self, key: u32, peer: String) {
        *self.lost.entry("too-many").or_default() += 1;
        self.say(Notice::ConnectionRefused { peer, limit: self.settings.max_connections });
        self.wire(Output::Close { connection: Connection::accepted(key) });
    }

    pub(super) fn authenticate(&mut self, now: Time, key: u32, id: i64, message: &Message) {
        let Some(kind) = message.kind() else { return };
        let fields = &self.vocabulary.message(kind).fields;
        let text =
            |label: &str| fields.slot(label).and_then(|slot| message.get(slot).text()).unwrap_or_default().trim();
        let (user, given) = (text("user"), text("password").to_ascii_lowercase());
        let Some(peer) = self.sessions.get(&key).map(|session| session.peer.as_str()) else { return };
        let known = self.settings.users.get(user).map(|secret| secret.expose_secret());
        let judged = self.tries.judge(now, peer, user, || {
            let same: bool = digest(known.unwrap_or("-")).as_bytes().ct_eq(given.as_bytes()).into();
            same && known.is_some()
        });
        let (reason, cause) = match judged {
            Try::Right => (String::new(), ""),
            Try::Wrong => ("unknown user or wrong password".to_owned(), "login"),
            Try::TooSoon(wait) => (Try::refusal(wait), "throttled"),
        };
        if judged != Try::Right {
            self.reply(key, "authenticate-reply", id, -1, &[("error-msg", &reason)]);
            self.lose(key, Some(user.to_owned()), &reason, cause);
            return self.wire(Output::Close { connection: Connection::accepted(key) });
        }
        let user = user.to_owned();
        // Others may have taken the last place since this one connected.
        if self.user_of(key).is_none() && self.is_full() {
            self.reply(key, "authenticate-reply", id, -1, &[("error-msg", "all connections are taken")]);
            let peer = self.sessions.remove(&key).map(|session| session.peer).unwrap_or_default();
            return self.turn_away(key, peer);
        }
        let Some(session) = self.sessions.get_mut(&key) else { return };
        session.deadline = None;
        let peer = session.peer.clone();
        session.user = Some(user.clone());
        self.wire(Output::Admit { connection: Connection::accepted(key) });
        self.say(Notice::SessionAuthenticated { session: key, user, peer });
        self.reply(key, "authenticate-reply", id, 0, &[]);
    }
}
