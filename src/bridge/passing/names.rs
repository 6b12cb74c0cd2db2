//! The ids of one platform in terms of an application, and the reverse.

use crate::{
    bridge::{ids::Ids, platform::Platform},
    mapping::CallPart,
    model::{CallIx, DeviceKind, Id, NativeId},
    vocabulary::{Renames, Thing},
};

/// How far apart the switches of one platform are from those of the next.
const SWITCHES: i64 = 1000;

/// The number of a platform's switch as an application sees it: its own on the platform that the application lists first.
fn switch(place: usize, id: Id<'_>) -> Option<NativeId> {
    let shift = i64::try_from(place).ok()? * SWITCHES;
    id.as_int().filter(|_| shift > 0).map(|number| NativeId::Int(number + shift))
}

/// The number under which an application knows a platform where the bridge itself tells of it. Where messages pass, it is
/// the platform's switch 1, so that it is no other platform's.
pub(in crate::bridge) fn switch_of(place: usize, messages_pass: bool) -> i64 {
    let place = place as i64;
    if messages_pass { place * SWITCHES + 1 } else { place + 1 }
}

/// The platform's own number of a switch.
fn native_switch(place: usize, id: Id<'_>) -> Option<NativeId> {
    let shift = i64::try_from(place).ok()? * SWITCHES;
    id.as_int().filter(|number| shift > 0 && *number >= shift).map(|number| NativeId::Int(number - shift))
}

/// A replacement, unless it is what stands there already.
fn other(id: Id<'_>, wanted: NativeId) -> Option<NativeId> {
    (wanted.as_id() != id).then_some(wanted)
}

/// Events: a platform's ids become an application's.
pub(super) struct ToApplication<'a> {
    pub ids: &'a mut Ids,
    pub parts: &'a [CallPart],
    pub platform: &'a Platform,
    pub index: usize,
    pub place: usize,
}

impl ToApplication<'_> {
    fn call(&mut self, part: u8, id: Id<'_>) -> Option<NativeId> {
        let call = self.platform.model.call_bearing(part, id);
        match self.parts.get(usize::from(part))? {
            CallPart::Number => match call {
                Some(call) => other(id, NativeId::Int(self.give(call))),
                None if self.place > 0 => Some(NativeId::Int(self.ids.unseen((self.index, part, id.as_int()?)))),
                None => None,
            },
            CallPart::Guid => {
                let call = call?;
                self.give(call);
                let guid = self.ids.call((self.index, call))?.guid.as_deref()?;
                Some(NativeId::Text(guid.into()))
            }
            // The switch's own number is nobody's key.
            CallPart::Sequence => None,
        }
    }

    /// The application's number of a call, which is given here, the first time.
    fn give(&mut self, call: CallIx) -> i64 {
        let platform = self.platform;
        let key = (self.index, call);
        self.ids.give(key, || platform.numbering(call, self.parts.contains(&CallPart::Guid), true));
        self.ids.call(key).map_or(0, |known| known.id)
    }
}

impl Renames for ToApplication<'_> {
    /// A text is an id only if the platform has shown it as one: it may be a name in a field that takes either.
    fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
        let native = || NativeId::new(id);
        match thing {
            Thing::Call(part) => self.call(part, id),
            // The ids of the platform that the application lists first are its own.
            Thing::Agent | Thing::Service(_) if self.place == 0 => None,
            Thing::Agent => {
                let is_it = id.as_int().is_some() || self.platform.model.agent_by_id(id).is_some();
                other(id, NativeId::Int(self.ids.agent(self.place, &native().filter(|_| is_it)?)))
            }
            Thing::Service(kind) => {
                let kind = kind.unwrap_or(DeviceKind::Group);
                let is_it = id.as_int().is_some() || self.platform.model.service_by_id(kind, id).is_some();
                other(id, NativeId::Int(self.ids.service(self.place, kind, &native().filter(|_| is_it)?)))
            }
            Thing::Switch => switch(self.place, id),
            // No event leaves it open which of the two stands there.
            Thing::AgentOrNumber => None,
        }
    }
}

/// Requests: an application's ids become a platform's.
pub(super) struct ToPlatform<'a> {
    pub ids: &'a Ids,
    pub parts: &'a [CallPart],
    pub platform: &'a Platform,
    pub index: usize,
    pub place: usize,
}

impl ToPlatform<'_> {
    fn call(&self, part: u8, id: Id<'_>) -> Option<NativeId> {
        let number = id.as_int().filter(|_| self.parts.get(usize::from(part)) == Some(&CallPart::Number))?;
        if let Some((owner, call)) = self.ids.call_of_id(number) {
            let native = self.platform.model.find_call(call).filter(|_| owner == self.index)?;
            return other(id, native.name(part)?.clone());
        }
        let (owner, space, native) = self.ids.native_unseen(number)?;
        (owner == self.index && space == part).then_some(NativeId::Int(native))
    }

    fn agent(&self, id: Id<'_>) -> Option<NativeId> {
        let number = id.as_int()?;
        let model = &self.platform.model;
        let mut known = model.agents().filter_map(|(_, agent)| agent.id.as_ref());
        let own = known.find(|native| self.ids.agent(self.place, native) == number).cloned();
        own.or_else(|| self.ids.native_agent(self.place, number).map(NativeId::Int))
    }

    fn knows_agent(&self, id: Id<'_>) -> bool {
        let own = self.agent(id);
        own.is_some_and(|own| self.platform.model.agents().any(|(_, agent)| agent.id.as_ref() == Some(&own)))
    }
}

impl Renames for ToPlatform<'_> {
    fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
        match thing {
            Thing::Call(part) => self.call(part, id),
            Thing::Agent => other(id, self.agent(id)?),
            // A login name that is a number is no id, unless an agent has it.
            Thing::AgentOrNumber if self.knows_agent(id) => other(id, self.agent(id)?),
            Thing::AgentOrNumber => None,
            Thing::Service(kind) => {
                let kind = kind.unwrap_or(DeviceKind::Group);
                other(id, NativeId::Int(self.ids.native_service(self.place, kind, id.as_int()?)))
            }
            Thing::Switch => native_switch(self.place, id),
        }
    }
}
