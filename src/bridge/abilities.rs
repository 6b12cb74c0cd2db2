//! The abilities of a platform, of which an application may ask before it requests something. They follow from the rules by
//! which the platform is given orders, and from its picture. Requests themselves are not refused here; the platform decides.

use super::{ids::Ids, picture::Live, platform::Platform};
use crate::{
    mapping::Leaf,
    model::{AgentIx, Id, LinkState, Order, OrderKind},
    port::Abilities,
};

/// The abilities of one platform, under an application's own ids.
pub(super) struct Able<'a> {
    pub ids: &'a Ids,
    pub platform: &'a Platform,
    /// The platform's place in the bridge, and in the application's list.
    pub index: usize,
    pub place: usize,
}

impl Able<'_> {
    /// The platform's agent of this id.
    pub fn agent(&self, id: i64) -> Option<AgentIx> {
        let model = &self.platform.model;
        let native = self.ids.native_agent(self.place, id).filter(|_| id != 0)?;
        model.agent_by_id(Id::Int(native)).or_else(|| {
            // Ids that are texts, or too large, were given a number.
            let mut agents = model.agents().filter_map(|(index, agent)| Some((index, agent.id.as_ref()?)));
            agents.find(|(_, native)| self.ids.agent(self.place, native) == id).map(|(index, _)| index)
        })
    }
}

impl Abilities for Able<'_> {
    fn lacks(&self, order: OrderKind, agent: i64, call: i64) -> Option<String> {
        let Platform { name, model, outgoing, knobs, .. } = self.platform;
        if model.link() != LinkState::Up {
            return Some(format!("{name} is not connected"));
        }
        let mut asked = Order::new(order);
        asked.agent = self.agent(agent);
        asked.call = self.ids.call_of_id(call).filter(|(owner, _)| *owner == self.index).map(|(_, call)| call);
        let (has_call, has_agent) = (asked.call.is_some(), asked.agent.is_some());
        let is_open = |leaf: &Leaf| match leaf {
            Leaf::Request(_) | Leaf::Item(_) => true,
            Leaf::Call(..) | Leaf::CallName(..) | Leaf::Service(_) | Leaf::Party(..) => !has_call,
            Leaf::Agent(_) => !has_agent,
            Leaf::Detail(_) | Leaf::Knob(_) | Leaf::Role(_) => false,
        };
        let live = Live::native(model, (asked.kind.into(), &asked.subject), knobs, self.platform.number_place());
        let lacks = outgoing.lacks(order, &live, is_open)?;
        Some(format!("{name} ({}) {lacks}", outgoing.vocabulary.title))
    }
}
