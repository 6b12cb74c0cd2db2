//! How a session is opened: OpenConnection, and StartSession at its callback address.

use super::session::{Session, State};
use super::{Handled, STARTED, Server};
use crate::dialect::ctips::{credentials, text_in};
use crate::{
    message::{Kind, Message, Value},
    port::{Connection, HttpRequest, Notice, Output, Reply, Try},
    time::Time,
    vocabulary::response,
};
use bytes::Bytes;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

impl Server {
    pub(super) fn open(&mut self, now: Time, request: &HttpRequest<'_>, message: &Message) -> Handled {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else {
            return self.refuse_for("no request");
        };
        let field = |label: &str| def.fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default();
        let credential = |label: &str| text_in(&vocabulary, message, "UserCredentials", label);
        let (user, password) = (credential("UserName"), credential("Password"));
        let (cause, told) = match self.judge(now, request.peer, user, password) {
            Try::Right => ("", String::new()),
            Try::Wrong => ("unknown user or wrong password", "unknown user or wrong password".to_owned()),
            Try::TooSoon(wait) => ("too many wrong log-ons from its address", Try::refusal(wait)),
        };
        if !told.is_empty() {
            self.say(Notice::RequestRefused { cause, user: Some(user.to_owned()), fault: None, reason: None });
            return Handled::Done(self.fault(&told));
        }
        let tenants: Vec<i64> = field("TenantIds")
            .as_list()
            .iter()
            .flat_map(|list| list.iter())
            .filter_map(|value| value.as_int())
            .collect();
        let [tenant] = tenants[..] else {
            return self.refuse_for("OpenConnection names exactly one tenant in TenantIds");
        };
        if !self.settings.tenants.is_empty() && !self.settings.tenants.contains(&tenant) {
            return self.refuse_for("sessions are not opened for this tenant");
        }
        let Value::Text(url) = field("ClientCallbackURL") else {
            return self.refuse_for("OpenConnection has no ClientCallbackURL");
        };
        if self.sessions.len() >= self.settings.max_sessions {
            let most = self.settings.max_sessions;
            let reason = format!("the maximum number of connections ({most}) has been reached");
            return self.refuse("all sessions are taken", &reason);
        }
        self.next_session += 1;
        let key = self.next_session;
        let session = Session::new((self.new_id)(), user.to_owned(), tenant, url.trim().to_owned());
        let body = self.start_body(user, password, &session.id);
        let (connection, url) = (Connection::asked(key), session.callback.clone());
        self.wire(Output::Call { connection, url, give_up: self.give_up() });
        self.call(key, Some(STARTED), self.actions.start.clone(), body);
        self.sessions.insert(key, session);
        self.opening.insert(key, request.token);
        Handled::Later
    }

    /// Whether the password is the user's. An unknown user takes as long as a known one.
    fn judge(&mut self, now: Time, peer: &str, user: &str, password: &str) -> Try {
        let known = self.settings.users.get(user).map(|secret| secret.expose_secret());
        self.tries.judge(now, peer, user, || {
            let same: bool = known.unwrap_or("-").as_bytes().ct_eq(password.as_bytes()).into();
            same && known.is_some()
        })
    }

    pub(super) fn start_body(&self, user: &str, password: &str, id: &str) -> Bytes {
        let mut message = Message::default();
        let Some(kind) = self.vocabulary.find("StartSession") else { return Bytes::new() };
        let fields = &self.vocabulary.message(kind).fields;
        message.start(kind, fields.list.len());
        let user = credentials(&self.vocabulary, fields, "userinfo", (user, password), &mut message);
        let id = message.text(id);
        for (label, node) in [("userinfo", user), ("sessionId", id)] {
            if let Some(slot) = fields.slot(label) {
                message.set(slot, node);
            }
        }
        let mut body = Vec::new();
        self.start.write(&self.vocabulary, &message, &mut body);
        body.into()
    }

    /// The client has been called: it took the session, or not.
    pub(super) fn started(&mut self, now: Time, key: u32, result: Result<(), String>) {
        let token = self.opening.remove(&key);
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let reply = match result {
            Ok(()) => {
                session.state = State::Opened;
                session.next_heartbeat = now + self.settings.heartbeat;
                let (user, callback, id) = (session.user.clone(), session.callback.clone(), session.id.clone());
                self.say(Notice::SessionOpened { session: key, user, callback });
                let kind = self.vocabulary.find("OpenConnection").unwrap_or(Kind(0));
                let body = response(&self.vocabulary, &self.profile, kind, &[("SessionId", &id), ("status", "0")]);
                Reply { status: 200, body }
            }
            Err(reason) => {
                let user = session.user.clone();
                self.say(Notice::SessionRefused { session: key, user, reason: reason.clone() });
                self.sessions.remove(&key);
                self.wire(Output::Close { connection: Connection::asked(key) });
                self.fault(&format!("StartSession at ClientCallbackURL failed: {reason}"))
            }
        };
        if let Some(token) = token {
            self.wire(Output::Respond { token, reply });
        }
    }
}
