//! How a session is opened: OpenConnection, and StartSession at its callback address.

use super::session::{Session, State};
use super::{Handled, STARTED, Server};
use crate::dialect::ctips::{credentials, text_in};
use crate::{
    dialect::log_ons::{LogOn, Refused},
    message::{Kind, Message, Value},
    port::{Connection, HttpRequest, Notice, Output, Reply},
    time::Time,
    vocabulary::response,
};
use bytes::Bytes;

/// An OpenConnection whose password is being verified.
#[derive(Debug)]
pub struct Opening {
    token: u64,
    message: Message,
}

impl Server {
    pub(super) fn open(&mut self, now: Time, request: &HttpRequest<'_>, message: &Message) -> Handled {
        let vocabulary = self.vocabulary.clone();
        let credential = |label: &str| text_in(&vocabulary, message, "UserCredentials", label);
        let (user, password) = (credential("UserName"), credential("Password"));
        let park = || Opening { token: request.token, message: message.clone() };
        match self.log_ons.judge(now, request.peer, user, password, park) {
            LogOn::Judged(Ok(())) => self.admit(request.token, message),
            LogOn::Judged(Err(refused)) => self.turn_away(user, refused),
            LogOn::Waits(output) => {
                self.outputs.extend(output.map(Into::into));
                Handled::Later
            }
        }
    }

    /// The passwords of requests that waited were verified.
    pub(super) fn verified(&mut self, now: Time, token: u64, is_right: Option<bool>) {
        let (openings, judged) = self.log_ons.verified(now, token, is_right);
        for Opening { token, message } in openings {
            let handled = match judged.clone() {
                Ok(()) => self.admit(token, &message),
                Err(refused) => {
                    let vocabulary = self.vocabulary.clone();
                    self.turn_away(text_in(&vocabulary, &message, "UserCredentials", "UserName"), refused)
                }
            };
            if let Handled::Done(reply) = handled {
                self.wire(Output::Respond { token, reply });
            }
        }
    }

    fn turn_away(&mut self, user: &str, Refused { cause, told }: Refused) -> Handled {
        self.say(Notice::RequestRefused { cause, user: Some(user.to_owned()), fault: None, reason: None });
        Handled::Done(self.fault(&told))
    }

    /// Opens a session for a user whose password was right.
    fn admit(&mut self, token: u64, message: &Message) -> Handled {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else {
            return self.refuse_for("no request");
        };
        let field = |label: &str| def.fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default();
        let credential = |label: &str| text_in(&vocabulary, message, "UserCredentials", label);
        let (user, password) = (credential("UserName"), credential("Password"));
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
        self.opening.insert(key, token);
        Handled::Later
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
