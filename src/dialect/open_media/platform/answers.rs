//! Answers of the service: what each means for what was asked, and for the way to the service.

use super::{Asked, Client, LOST, REFUSED};
use crate::{
    message::{Kind, Message, Value},
    port::{Heard, Notice, PlatformOutput, PostOutcome},
    time::Time,
    vocabulary::NoReply,
    wire::{
        soap::{self, SoapError},
        xml::XmlError,
    },
};

/// Why there is no answer to read.
pub(super) struct NoAnswer {
    reason: String,
    /// The service may have done what it was asked.
    unknown: bool,
    sign: Sign,
}

/// What a post's outcome says of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    There,
    /// Nothing was heard of it.
    Silent,
    /// It was not asked.
    None,
}

impl Client {
    /// Reads an answer into `message`; else says why there is none, and whether the service may have done what it was asked.
    pub(super) fn read(&mut self, kind: Kind, outcome: PostOutcome, message: &mut Message) -> Result<(), NoAnswer> {
        let (status, charset, body) = match outcome {
            PostOutcome::Answer { status, charset, body } => (status, charset, body),
            PostOutcome::NotSent(reason) => return Err(NoAnswer { reason, unknown: false, sign: Sign::Silent }),
            PostOutcome::Crowded(reason) => return Err(NoAnswer { reason, unknown: false, sign: Sign::None }),
            PostOutcome::Unknown(reason) => return Err(NoAnswer { reason, unknown: true, sign: Sign::Silent }),
        };
        let envelope = match soap::parse(&body, charset.as_deref()) {
            Ok(envelope) => envelope,
            Err(error) => {
                let reason = match &error {
                    SoapError::NotAnEnvelope | SoapError::EmptyBody | SoapError::Xml(XmlError::Malformed { .. }) => {
                        format!("the service answered with status {status} and no SOAP envelope")
                    }
                    SoapError::Version(_) | SoapError::Reference(_) | SoapError::Xml(XmlError::Unreadable(_)) => {
                        format!("the service's answer of status {status} can't be read: {error}")
                    }
                };
                // A service that answers with a 4xx status has not carried out the request.
                let refused = (400..500).contains(&status);
                return Err(NoAnswer { reason, unknown: !refused, sign: Sign::Silent });
            }
        };
        self.outputs.extend(PlatformOutput::replaced(envelope.replaced));
        match self.vocabulary.read_reply(kind, &envelope.body, message) {
            Ok(_) => Ok(()),
            Err(NoReply::Fault(fault)) => {
                Err(NoAnswer { reason: format!("fault {}: {fault}", fault.code), unknown: false, sign: Sign::There })
            }
            Err(error) => Err(NoAnswer {
                reason: format!("the service's answer can't be understood: {error}"),
                unknown: true,
                sign: Sign::There,
            }),
        }
    }

    /// The service answered.
    pub(super) fn there(&mut self, now: Time) {
        let was_silent = std::mem::take(&mut self.silent) > 0;
        self.backoff.reset();
        self.probe = None;
        let was_away = !std::mem::replace(&mut self.is_up, true);
        if was_away {
            self.outputs.push_back(PlatformOutput::Up);
        }
        // What happened meanwhile, the next poll tells; a restart shows in what is not known any more.
        if was_silent || was_away {
            self.verified = Some(now);
            self.due.extend(self.followed.keys());
        }
    }

    /// A request got no answer.
    pub(super) fn silent(&mut self, now: Time, reason: &str) {
        self.silent += 1;
        if self.is_up && self.silent < LOST {
            return;
        }
        self.away(now, reason.to_owned(), Notice::PlatformUnavailable { reason: reason.to_owned() });
    }

    /// The service does not let the bridge in. What somebody ordered may be all that the bridge's user is not let do.
    pub(super) fn refused(&mut self, now: Time, asked: Asked, text: &str) {
        match asked {
            Asked::Order(_) if self.is_up => self.probe = Some(now),
            Asked::Order(_) => {}
            Asked::Probe | Asked::Poll | Asked::Look(..) => {
                let notice = Notice::BridgeRefused { user: None, reason: text.to_owned(), result: None };
                self.away(now, format!("the service refuses the bridge's user: {text}"), notice);
            }
        }
    }

    /// The service cannot be asked, for this reason; whether it can be again is found out by and by.
    pub(super) fn away(&mut self, now: Time, reason: String, notice: Notice) {
        if std::mem::replace(&mut self.is_up, false) {
            self.troubles.disconnects += 1;
        }
        self.outputs.push_back(PlatformOutput::Down(reason));
        self.wire(notice.into());
        if self.probe.is_none() && !self.describing {
            self.probe = Some(now + self.backoff.next());
        }
    }

    /// A question of the conversation's own could not be asked: it has its turn later. The next poll comes by itself.
    pub(super) fn ask_again(&mut self, now: Time, asked: Asked) {
        match asked {
            Asked::Probe => self.probe = Some(now + self.backoff.next()),
            Asked::Look(id, _) if self.followed.contains_key(&id) => drop(self.due.insert(id)),
            Asked::Look(..) | Asked::Poll | Asked::Order(_) => {}
        }
    }

    /// What a fault of its own vocabulary is called, with its text.
    pub(super) fn fault(&self, message: &Message) -> Option<(&str, String)> {
        let def = self.vocabulary.message(message.kind()?);
        let text = def.fields.slot("Message").map(|slot| message.get(slot));
        let text = if let Some(Value::Text(text)) = text { text } else { "" };
        def.fault.then(|| (def.label.as_str(), format!("{}: {text}", def.label)))
    }

    pub(super) fn learn_stamp(&mut self, message: &Message) {
        let def = message.kind().map(|kind| self.vocabulary.message(kind));
        let slot = def.and_then(|def| def.fields.slot("TimeStamp"));
        if let Some(Value::Text(stamp)) = slot.map(|slot| message.get(slot))
            && !stamp.is_empty()
        {
            self.stamp = Some(stamp.to_owned());
        }
    }

    pub(super) fn take_answer(&mut self, now: Time, token: u64, outcome: PostOutcome, message: &mut Message) -> Heard {
        let Some((kind, asked)) = self.posts.remove(&token) else { return Heard::Nothing };
        match asked {
            Asked::Poll => self.polling = false,
            Asked::Look(id, _) => drop(self.looking.remove(&id)),
            Asked::Probe | Asked::Order(_) => {}
        }
        let read = self.read(kind, outcome, message);
        let sign = read.as_ref().err().map_or(Sign::There, |no_answer| no_answer.sign);
        let fault = self.fault(message).map(|(label, text)| (label.to_owned(), text));
        let refused = fault.as_ref().filter(|(label, _)| label == REFUSED);
        match (&read, sign) {
            (Ok(()), _) if let Some((_, text)) = refused => self.refused(now, asked, text),
            (Err(NoAnswer { reason, .. }), Sign::Silent) => self.silent(now, reason),
            (_, Sign::There) => self.there(now),
            (_, Sign::Silent | Sign::None) => self.ask_again(now, asked),
        }
        let heard = match (asked, read) {
            (Asked::Order(asker), Ok(())) => Heard::For(asker),
            (Asked::Order(asker), Err(NoAnswer { reason, unknown, .. })) => {
                message.clear();
                self.outputs.push_back(PlatformOutput::NoAnswer { asker, reason, unknown });
                Heard::Nothing
            }
            (Asked::Look(id, asker), Ok(())) => {
                match &fault {
                    Some((label, _)) if label == "InvalidOpenMediaIDFault" => self.forgotten(id),
                    Some((label, text)) if label != REFUSED => {
                        self.wire(Notice::PlatformFault { reason: text.clone() }.into());
                    }
                    Some(_) => {}
                    // The clock of a poll that is on its way, or was answered, is the one to go by.
                    None if self.stamp.is_none() => self.learn_stamp(message),
                    None => {}
                }
                if self.followed.get(&id) == Some(&asker) {
                    Heard::For(asker)
                } else {
                    message.clear();
                    Heard::Nothing
                }
            }
            (Asked::Poll, Ok(())) if fault.is_none() => {
                self.learn_stamp(message);
                Heard::Event
            }
            (Asked::Probe | Asked::Poll, Ok(())) => {
                if let Some((_, text)) = fault.filter(|(label, _)| label != REFUSED) {
                    self.wire(Notice::PlatformFault { reason: text }.into());
                }
                message.clear();
                Heard::Nothing
            }
            (Asked::Look(..) | Asked::Probe | Asked::Poll, Err(NoAnswer { reason, .. })) => {
                if sign != Sign::Silent {
                    self.wire(Notice::AnswerUnusable { reason }.into());
                }
                message.clear();
                Heard::Nothing
            }
        };
        if sign == Sign::There {
            self.look();
        }
        heard
    }
}
