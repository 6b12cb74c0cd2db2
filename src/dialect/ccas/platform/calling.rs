//! Methods that the relay is to call, and what it answers.

use super::{Client, PING_INTERVAL, Purpose};
use crate::{
    message::{Message, Node, Value},
    port::{Codec, Heard, Notice, PlatformOutput},
    time::Time,
    vocabulary::Role,
};
use secrecy::ExposeSecret;

impl Client {
    pub(super) fn answered(&mut self, id: i64, hresult: Option<i64>, error: Value) -> Heard {
        let Some(purpose) = self.awaited.answered(id) else {
            self.say(Notice::ReplyUnexpected { request: id });
            return Heard::Nothing;
        };
        let is_refused = hresult.is_some_and(|hresult| hresult < 0);
        if is_refused {
            self.wraps.refused(id);
        }
        let request = match purpose {
            Purpose::Request(request) => request,
            Purpose::Inquiry(agent) => {
                // An agent about whom the answer is no longer wanted has logged off meanwhile.
                let is_wanted = self.inquiry.answered(agent, id);
                return if is_refused || !is_wanted { Heard::Nothing } else { Heard::About(agent) };
            }
            Purpose::Renewal { agent } => {
                if is_refused {
                    self.say(Notice::WrapNotExtended { agent });
                }
                return Heard::Nothing;
            }
        };
        match hresult {
            // It says nothing that anybody could read.
            Some(failure) if failure < 0 && error.is_empty() => {
                let reason = format!("CCAS refused it: HRESULT 0x{:08X}", failure as u32);
                self.outputs.push_back(PlatformOutput::Failed(request, reason));
                Heard::Nothing
            }
            _ => Heard::Answer(request),
        }
    }

    /// Rules name the phone agent whose PIN is wanted; no rule sees a PIN.
    pub(super) fn fill_in_pin(&self, message: &mut Message) -> Result<(), String> {
        let fields = message.kind().map(|kind| &self.vocabulary.message(kind).fields);
        let Some(slot) = fields.and_then(|fields| fields.slot("bstrPIN")) else { return Ok(()) };
        let agent = message.get(slot).text().unwrap_or_default().to_owned();
        if agent.is_empty() {
            return Err("the agent's logon id is not known, so that no PIN can be looked up, and CCAS wants one".into());
        }
        let Some(pin) = self.settings.pins.get(&agent) else {
            return Err(format!(
                "no PIN is configured for agent {agent:?} (`pins` of the platform), and CCAS wants one"
            ));
        };
        let node = message.text(pin.expose_secret());
        message.set(slot, node);
        Ok(())
    }

    pub(super) fn send_command(&mut self, now: Time, message: &mut Message, purpose: Purpose) {
        let id = self.awaited.begin(purpose, now + self.settings.reply_timeout);
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Request));
        if let Some(slot) = slot {
            message.set(slot, Node::Int(id));
        }
        self.send(message);
    }

    /// Calls a method on the conversation's own behalf, with numeric arguments.
    pub(super) fn call(&mut self, now: Time, method: &str, numbers: &[(&str, i64)], purpose: Purpose) {
        let vocabulary = self.vocabulary.clone();
        let Some(kind) = vocabulary.find(method) else { return };
        let fields = &vocabulary.message(kind).fields;
        let mut message = Message::default();
        message.start(kind, fields.list.len());
        for (label, number) in numbers {
            if let Some(slot) = fields.slot(label) {
                message.set(slot, Node::Int(*number));
            }
        }
        self.send_command(now, &mut message, purpose);
    }

    pub(super) fn ping(&mut self, now: Time) {
        self.pings += 1;
        self.unanswered += 1;
        self.next_ping = Some(now + PING_INTERVAL);
        let mut line = format!("{{\"ping\":{}}}", self.pings).into_bytes();
        line.push(Codec::Lines.end());
        self.write(line);
    }

    pub(super) fn send(&mut self, message: &Message) {
        let mut line = Vec::with_capacity(128);
        self.vocabulary.write_json(message, &mut line);
        line.push(Codec::Lines.end());
        self.write(line);
    }
}
