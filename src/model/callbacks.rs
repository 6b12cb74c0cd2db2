//! Callbacks that reached nobody and wait again. The platform tells the result before the callback's own end or after
//! it.

use super::*;

impl Model {
    pub(super) fn reinserted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.named_call(&change.call) else { return Effect::UnknownCall };
        if std::mem::replace(&mut self.calls[index].reinserted, true) {
            return Effect::Late;
        }
        if self.calls[index].is_live() {
            return self.queued(change);
        }
        let agent = self.device(&change.party).agent;
        let service = self.service_of(&change.service);
        let call = &mut self.calls[index];
        call.cause = change.int(Fact::Cause).and_then(Cause::from_code).or(call.cause);
        let mut transition = Transition::new(TransitionKind::CallReinserted).call(index).agent(agent);
        transition.service = service.or(call.service);
        transition.party = agent.and_then(|agent| call.party_of(agent)).map(|place| (index, place as u8));
        self.tell(transition);
        Effect::Taken
    }
}
