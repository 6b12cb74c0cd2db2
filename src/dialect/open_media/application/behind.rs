//! What stands behind the service says: whether it can be asked, what became of questions, how requests fare.

use super::{Answer, MOST_EARLY, Refusal, Server, Status, Waiting, accepted, check};
use crate::{
    message::{Kind, Message},
    port::{Guest, Notice},
    time::Time,
    vocabulary::MessageDef,
    wire::soap::Blame,
};

impl Guest for Server {
    fn link(&mut self, down: Option<String>) {
        self.down = down;
    }

    fn answered(&mut self, now: Time, ask: u64, message: &Message) {
        self.settle(now, ask, &Answer::Reply(message));
    }

    fn unanswered(&mut self, now: Time, ask: u64, reason: &str, unknown: bool) {
        let answer = if unknown { Answer::Unknown(reason) } else { Answer::NotSent(reason) };
        self.settle(now, ask, &answer);
    }

    /// The service says how requests fare: a reply with status updates, whatever it was asked.
    fn hear(&mut self, now: Time, message: &Message) {
        for (id, status) in self.words.statuses(message) {
            let known = self.cache.hear(now, id, status.clone());
            if !known && self.early.len() < MOST_EARLY && self.waiting.values().any(|w| self.words.is_add(w.request)) {
                self.early.push((id, status));
            }
        }
    }

    /// The service was asked about one request, and answers: how it fares, or that it knows it no more.
    fn hear_of(&mut self, now: Time, id: i64, message: &Message) {
        let def = message.kind().map(|kind| self.words.vocabulary.message(kind));
        match def.filter(|def| def.fault) {
            Some(fault) if fault.label == "InvalidOpenMediaIDFault" => self.cache.fail(now, id),
            // Any other fault says nothing of the request.
            Some(_) => {}
            None => self.hear(now, message),
        }
    }

    fn take_added(&mut self) -> Option<i64> {
        self.added.take()
    }

    fn is_open(&self, id: i64) -> bool {
        self.cache.is_open(id)
    }
}

impl Server {
    /// Answers the client whose question this is. Each question is settled once.
    fn settle(&mut self, now: Time, ask: u64, answer: &Answer<'_>) {
        let Some(waiting) = self.waiting.remove(&ask) else { return };
        let token = waiting.token;
        match self.settled(now, &waiting, answer) {
            Ok(reply) => self.reply(token, waiting.request, &reply),
            Err(refusal) => self.refuse(token, &refusal),
        }
        if !self.waiting.values().any(|waiting| self.words.is_add(waiting.request)) {
            self.early.clear();
        }
    }

    /// What a client is answered of an answer.
    fn settled(&mut self, now: Time, waiting: &Waiting, answer: &Answer<'_>) -> Result<Message, Refusal> {
        let Waiting { request, user, id, group, .. } = waiting;
        let vocabulary = self.words.vocabulary.clone();
        let def = vocabulary.message(*request);
        let is_status = def.label == "GetOpenMediaRequestStatusByID";
        let message = match answer {
            Answer::Reply(message) => message,
            // What is known is better than nothing.
            _ if is_status => return self.known(now, *request, user, *id),
            Answer::NotSent(reason) => return Err(Refusal::of("RouterDisconnectedFault", (*reason).to_owned())),
            Answer::Unknown(reason) => {
                let reason =
                    format!("the service did not answer: whether it did what was asked is not known ({reason})");
                return Err(Refusal::plain(Blame::Server, reason));
            }
        };
        let reply = message.kind().map(|kind| vocabulary.message(kind));
        if let Some(fault) = reply.filter(|reply| reply.fault) {
            return match self.faulted(now, def, &fault.label, *id, self.words.text(message, "Message").to_owned()) {
                None => self.known(now, *request, user, *id),
                Some(refusal) => Err(refusal),
            };
        }
        if is_status {
            self.hear(now, message);
            return self.known(now, *request, user, *id);
        }
        if def.label == "AddRequest" && self.words.int(message, "RequestStatus") == accepted::SUCCESS {
            let id = self.words.int(message, "OpenMediaID");
            let position = self.words.int(message, "QueuePosition");
            self.cache.add(now, id, user.clone(), Status::queued(*group, position));
            self.added = Some(id);
            let heard = std::mem::take(&mut self.early);
            for (known, status) in heard {
                if known == id {
                    self.cache.hear(now, known, status);
                } else {
                    self.early.push((known, status));
                }
            }
        }
        Ok((*message).clone())
    }

    /// What a fault of the service behind is to a client: none where it only shows that the request is gone.
    fn faulted(&mut self, now: Time, request: &MessageDef, label: &str, id: i64, reason: String) -> Option<Refusal> {
        if label == "InvalidOpenMediaIDFault" && id != 0 {
            // It was added, and is known there no more.
            self.cache.fail(now, id);
            if request.label == "GetOpenMediaRequestStatusByID" {
                return None;
            }
        }
        if label == "InvalidUserFault" {
            // The client is right: it is the bridge's own account that is refused.
            self.say(Notice::BridgeRefused { user: None, reason, result: None });
            let reason = "the bridge is not let into the Open Media Service".to_owned();
            return Some(Refusal { fault: Some("RouterDisconnectedFault"), blame: Blame::Server, reason, who: None });
        }
        let known = request.faults.iter().map(|kind| &self.words.vocabulary.message(*kind).label);
        let fault =
            check::FAULTS.iter().copied().find(|fault| *fault == label && known.clone().any(|known| known == fault));
        let reason = if fault.is_some() { reason } else { format!("{label}: {reason}") };
        Some(Refusal { fault, blame: Blame::Client, reason, who: None })
    }

    /// The answer to a question about one request, of what is remembered.
    fn known(&mut self, now: Time, request: Kind, user: &str, id: i64) -> Result<Message, Refusal> {
        let current = self.cache.current(now, user, id).ok_or_else(|| check::unknown_id(id))?;
        Ok(self.updates_reply(now, request, &[current]))
    }

    /// The router is gone, and every request with it: all that are not over have failed.
    pub fn router_lost(&mut self, now: Time, why: &str) {
        self.cache.fail_all(now);
        self.link(Some(why.to_owned()));
    }

    /// The service starts anew: nothing is known of earlier requests.
    pub fn restart(&mut self) {
        self.cache.clear();
    }
}
