//! The ids of calls, agents and services, as whoever is told knows them: an application by those it was given, a platform by
//! its own.

use super::{Live, Naming, native};
use crate::{
    mapping::CallPart,
    message::Value,
    model::{AgentIx, CallIx, DeviceKind, NativeId, ServiceIx, SpacedId},
    vocabulary::Which,
};

impl<'p> Live<'p> {
    pub(super) fn call_of(&self, which: Which) -> Option<CallIx> {
        match which {
            Which::Call => self.subject.call,
            Which::Second => self.subject.second,
            Which::Result => self.subject.result,
        }
    }

    pub(super) fn call_name(&self, which: Which, place: u8) -> Value<'p> {
        let Some(call) = self.call_of(which) else {
            return match self.naming {
                Naming::Native { number } => {
                    let unseen = self.unseen_call(which).filter(|id| id.space == place).map(|id| native(&id.id));
                    // An id that means "no call" is passed on unchanged.
                    let none = || self.asked_call(which).filter(|id| *id < 0 && number == Some(place)).map(Value::Int);
                    unseen.or_else(none)
                }
                Naming::Of { .. } => self.asked_call(which).map(Value::Int),
            }
            .unwrap_or_default();
        };
        match self.naming {
            Naming::Native { .. } => {
                self.model.find_call(call).and_then(|call| call.name(place)).map(native).unwrap_or_default()
            }
            Naming::Of { parts, calls, .. } => {
                let Some(known) = calls[which as usize] else { return Value::Absent };
                match parts.get(usize::from(place)) {
                    Some(CallPart::Guid) => known.guid.as_deref().map(Value::Text).unwrap_or_else(|| self.guid(call)),
                    Some(CallPart::Sequence) => {
                        let sequence = self.sequence(call);
                        if sequence.is_empty() { Value::Int(known.id) } else { sequence }
                    }
                    Some(CallPart::Number) | None => Value::Int(known.id),
                }
            }
        }
    }

    /// The application's own id of the call that it named.
    pub(super) fn asked_call(&self, which: Which) -> Option<i64> {
        let asked = self.request().map(|request| request.asked);
        match which {
            Which::Call => asked.and_then(|asked| asked.call).or(self.local.and_then(|local| local.call)),
            Which::Second => asked.and_then(|asked| asked.second),
            Which::Result => None,
        }
    }

    /// The platform's own number of a call that an application named and the platform has not shown.
    pub(super) fn unseen_call(&self, which: Which) -> Option<&'p SpacedId> {
        let unseen = &self.request()?.unseen;
        match which {
            Which::Call => unseen.call.as_ref(),
            Which::Second => unseen.second.as_ref(),
            Which::Result => None,
        }
    }

    /// The name that a platform gives its calls beside numbers.
    pub(super) fn guid(&self, call: CallIx) -> Value<'p> {
        let names = self.model.find_call(call).map(|call| &call.names);
        let text = names.into_iter().flatten().find(|name| matches!(name.id, NativeId::Text(_)));
        text.map(|name| native(&name.id)).unwrap_or_default()
    }

    pub(super) fn sequence(&self, call: CallIx) -> Value<'p> {
        match self.model.find_call(call).and_then(|call| call.sequence.as_ref()) {
            Some(NativeId::Int(number)) => Value::Int(*number),
            Some(NativeId::Text(_)) | None => Value::Absent,
        }
    }

    pub(super) fn agent_id(&self, agent: AgentIx) -> Value<'p> {
        let Some(id) = &self.model.agent(agent).id else { return Value::Absent };
        match self.naming {
            Naming::Native { .. } => native(id),
            Naming::Of { ids, place, .. } => Value::Int(ids.agent(place, id)),
        }
    }

    pub(super) fn service_id(&self, service: ServiceIx) -> Value<'p> {
        let service = self.model.service(service);
        self.service_number(service.kind, &service.id)
    }

    pub(super) fn service_number(&self, kind: DeviceKind, id: &'p NativeId) -> Value<'p> {
        match self.naming {
            Naming::Native { .. } => native(id),
            Naming::Of { ids, place, .. } => Value::Int(ids.service(place, kind, id)),
        }
    }
}
