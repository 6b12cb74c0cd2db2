//! Methods that a desktop's relay is to call, and what it answers.

use super::{
    Client, List,
    desk::{Name, State},
    fields::{id_node, made, member, text},
};
use crate::{
    message::{Message, Node},
    model::RequestIx,
    port::{Codec, Heard, Notice, PlatformOutput},
    time::Time,
    vocabulary::{AgentPart, Role},
};

/// The purpose of a method that was called.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A request of an application.
    Request(RequestIx),
    /// The same, and this event if it is done: nothing else confirms it.
    Confirmed(RequestIx, Box<Message>),
    /// A subscription of the bridge's own, to this.
    Subscription(String),
}

impl Client {
    /// Has the desktop that a command names carry it out.
    pub(super) fn have_called(&mut self, now: Time, message: &mut Message, request: RequestIx) {
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Agent(AgentPart::Id)));
        let agent = slot.map(|slot| message.get(slot)).unwrap_or_default();
        let desk = agent.as_int().and_then(|record| self.by_record.get(&record)).copied();
        let reason = match desk.map(|desk| &self.desks[desk]) {
            None => Some(format!("no desktop of agent {} is known", text(agent))),
            Some(desk) if desk.line.is_none() => Some(format!("the desktop of agent {} is not connected", desk.agent)),
            Some(desk) if desk.away_until.is_some() => Some(format!("the Agent of agent {} is away", desk.agent)),
            Some(_) => None,
        };
        let (Some(desk), None) = (desk, &reason) else {
            self.outputs.push_back(PlatformOutput::Failed(request, reason.unwrap_or_default()));
            return;
        };
        self.fill_in_calls(desk, message);
        let purpose = match self.confirmation(desk, message) {
            Some(event) => Purpose::Confirmed(request, event),
            None => Purpose::Request(request),
        };
        self.use_own_numbers(desk, message);
        self.call(now, desk, message, purpose);
    }

    /// Methods of the "active" call name none: the one that is meant is put in, so that the relay can check it.
    fn fill_in_calls(&self, desk: usize, message: &mut Message) {
        let Some(kind) = message.kind() else { return };
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        let desk = &self.desks[desk];
        let fill = |message: &mut Message, label: &str, states: &[State]| {
            let Some(slot) = def.fields.slot(label).filter(|slot| message.is_absent(*slot)) else { return };
            if let Some(name) = desk.only_call(states) {
                let node = id_node(message, &name.id);
                message.set(slot, node);
            }
        };
        let active = [State::Connected, State::Originated];
        match def.label.as_str() {
            "AnswerActiveCall" => fill(message, "CallID", &[State::Alerting]),
            "RetrieveActiveCall" => fill(message, "CallID", &[State::Held]),
            "HangupActiveCall" | "HoldActiveCall" | "EnterDtmfActiveCall" | "DeflectActiveCall" => {
                fill(message, "CallID", &active);
            }
            "ConferenceActiveCall" | "TransferCall" => {
                let held = if def.label == "TransferCall" { "CallID" } else { "HeldCallID" };
                fill(message, held, &[State::Held]);
                fill(message, "ActiveCallID", &active);
                let slots = [def.fields.slot(held), def.fields.slot("ActiveCallID")];
                let [Some(held), Some(other)] = slots else { return };
                // Applications name the two calls in any order.
                let state = |slot| desk.state(&Name::new(0, message.get(slot))?);
                if state(other) == Some(State::Held) && state(held) != Some(State::Held) {
                    let (first, second) = (message.node(held), message.node(other));
                    message.set(held, second);
                    message.set(other, first);
                }
            }
            _ => {}
        }
    }

    /// The event that says of codes that they were entered.
    fn confirmation(&self, desk: usize, message: &Message) -> Option<Box<Message>> {
        let kind = message.kind().filter(|kind| self.vocabulary.message(*kind).label == "EnterCQCodes")?;
        let record = self.desks[desk].record?.to_string();
        let of = |label| member(&self.vocabulary, message, &[label]);
        let field = match of("MediaType").as_int() {
            Some(1 | 5) => "SessionID",
            Some(3 | 4) => "MessageID",
            _ => "CallID",
        };
        let mut event = made(&self.vocabulary, "CQCodesEntered", &[("agent", &record), (field, &text(of("CallID")))]);
        let codes = self.vocabulary.message(kind).fields.slot("Codes")?;
        let node = event.copy(message.get(codes));
        let slot = self.vocabulary.message(event.kind()?).fields.slot("Codes")?;
        event.set(slot, node);
        Some(event)
    }

    fn call(&mut self, now: Time, desk: usize, message: &mut Message, purpose: Purpose) {
        let due = now + self.settings.reply_timeout;
        let Some(line) = &mut self.desks[desk].line else { return };
        let id = line.awaited.begin(purpose, due);
        self.due.push_back((due, desk));
        if let Some(slot) = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Request)) {
            message.set(slot, Node::Int(id));
        }
        let mut frame = Vec::with_capacity(128);
        self.vocabulary.write_json(message, &mut frame);
        frame.push(Codec::Lines.end());
        self.write(desk, frame);
    }

    /// A relay answers a method.
    pub(super) fn answered(&mut self, desk: usize, message: &Message) -> Heard {
        let vocabulary = self.vocabulary.clone();
        let of = |path: &[&str]| member(&vocabulary, message, path);
        let id = of(&["id"]).as_int().unwrap_or_default();
        let purpose = self.desks[desk].line.as_mut().and_then(|line| line.awaited.answered(id));
        let is_done = of(&["hresult"]).as_int().is_none_or(|hresult| hresult >= 0)
            && of(&["out", "Result"]).as_bool() != Some(false);
        match purpose {
            None => {
                self.say(Notice::ReplyUnexpected { request: id });
                Heard::Nothing
            }
            Some(Purpose::Request(request)) => Heard::Answer(request),
            Some(Purpose::Confirmed(request, event)) => {
                if is_done {
                    self.outputs.push_back(PlatformOutput::Event(event));
                }
                Heard::Answer(request)
            }
            Some(Purpose::Subscription(subscribed_to)) => {
                if !is_done {
                    let result = of(&["hresult"]).as_int().unwrap_or_default();
                    let reason = text(of(&["error"]));
                    self.say(Notice::SubscriptionRefused { subscribed_to, result, reason });
                }
                Heard::Nothing
            }
        }
    }

    /// No result comes.
    pub(super) fn fails(&mut self, purpose: Purpose, reason: &str) {
        match purpose {
            Purpose::Request(request) | Purpose::Confirmed(request, _) => {
                self.outputs.push_back(PlatformOutput::Failed(request, reason.to_owned()));
            }
            Purpose::Subscription(_) => {}
        }
    }

    /// Gives up methods whose results did not come in time.
    pub(super) fn expire_calls(&mut self, now: Time) {
        let seconds = self.settings.reply_timeout.as_secs_f64();
        while let Some((_, desk)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            let Some(line) = &mut self.desks[desk].line else { continue };
            for (_, purpose) in line.awaited.expire(now) {
                self.fails(purpose, &format!("no answer in {seconds} s; whether it was done is not known"));
            }
        }
    }

    /// Has a desktop subscribe to what the configuration names.
    pub(super) fn subscribe(&mut self, now: Time, desk: usize) {
        let Some(record) = self.desks[desk].record.map(|record| record.to_string()) else { return };
        let vocabulary = self.vocabulary.clone();
        let all: [(&str, &str); 3] = [("agent", &record), ("ServiceGroupID", "0"), ("CampaignID", "0")];
        let lists = self.settings.lists.clone().into_iter();
        let lists = lists.map(|List { name, method, .. }| (name.to_string(), made(&vocabulary, method, &all)));
        let groups = self.settings.real_time.clone().into_iter();
        let groups = groups.map(|group| {
            let mut message = made(&vocabulary, "SubscribeRealTimeInformation", &all[..1]);
            let node = message.text(&group);
            set(&vocabulary, &mut message, "ServiceGroupName", node);
            (group, message)
        });
        // Lists are told of once their events are enabled, after the subscriptions.
        let enabling = self.settings.lists.first().map(|_| {
            let message = made(&vocabulary, "EnableDispatchEvents", &all[..1]);
            ("events of lists".to_owned(), message)
        });
        for (name, mut message) in lists.chain(groups).chain(enabling).collect::<Vec<_>>() {
            set(&vocabulary, &mut message, "Subscribe", Node::Bool(true));
            set(&vocabulary, &mut message, "Enable", Node::Bool(true));
            self.call(now, desk, &mut message, Purpose::Subscription(name));
        }
    }
}

fn set(vocabulary: &crate::vocabulary::Vocabulary, message: &mut Message, label: &str, node: Node) {
    if let Some(slot) = message.kind().and_then(|kind| vocabulary.message(kind).fields.slot(label)) {
        message.set(slot, node);
    }
}
