//! Snapshots: what an application asks for at once, told item by item from the pictures.

use super::Bridge;
use crate::model::{CallIx, Entity, LinkState, Transition, TransitionKind};

impl Bridge {
    /// The reason why there is nothing to show: none of the application's platforms is connected.
    pub(super) fn nobody_is_there(&self, index: usize) -> Option<String> {
        let platforms = &self.applications[index].platforms;
        let is_up = |platform: &usize| self.platforms[*platform].model.link() == LinkState::Up;
        if platforms.iter().any(is_up) {
            return None;
        }
        let names: Vec<&str> = platforms.iter().map(|platform| self.platforms[*platform].name.as_str()).collect();
        Some(format!("{} is not connected", names.join(", ")))
    }

    /// Tells what the connected platforms have, one event per item. Types come in the order in which they were asked
    /// for. The last item of each type is marked, and so is the last of all. A type without an item gets one event
    /// without data.
    pub(super) fn snapshot(&mut self, index: usize, session: u32, id: i64, entities: &[Entity]) {
        let is_up = |platform: &usize| self.platforms[*platform].model.link() == LinkState::Up;
        let platforms: Vec<usize> = self.applications[index].platforms.iter().copied().filter(is_up).collect();
        let Some(first) = platforms.first().copied() else { return };
        let mut items: Vec<(usize, Transition)> = Vec::new();
        for platform in &platforms {
            self.applications[index].give_numbers(*platform, &self.platforms[*platform]);
        }
        for entity in entities {
            let earlier = items.len();
            for platform in &platforms {
                items.extend(self.items(index, *platform, *entity).into_iter().map(|item| (*platform, item)));
            }
            if items.len() == earlier {
                let mut empty = Transition::new(TransitionKind::SnapshotEmpty);
                empty.details.entity = Some(*entity);
                items.push((first, empty));
            }
            if let Some((_, last)) = items.last_mut() {
                last.details.last_of_type = true;
            }
        }
        if let Some((_, last)) = items.last_mut() {
            last.details.last = true;
        }
        let server = self.applications[index].server.as_ref();
        let marks_only_the_last = server.is_some_and(|server| server.marks_only_the_last());
        for (platform, mut item) in items {
            if marks_only_the_last {
                item.details.last_of_type = item.details.last;
            }
            self.answer(index, platform, session, id, item);
        }
    }

    pub(super) fn items(&self, index: usize, platform: usize, entity: Entity) -> Vec<Transition> {
        let model = &self.platforms[platform].model;
        match entity {
            Entity::Agents => {
                let agents = model.agents().filter(|(_, agent)| agent.is_there());
                agents.map(|(agent, _)| Transition::new(TransitionKind::SnapshotAgent).agent(agent)).collect()
            }
            Entity::Calls => {
                let ids = &self.applications[index].ids;
                let told = |call: &CallIx| ids.told((platform, *call)).is_some();
                let calls = model.calls().map(|(call, _)| call).filter(told);
                calls.map(|call| Transition::new(TransitionKind::SnapshotCall).call(call)).collect()
            }
            Entity::Services => {
                let services = model.services().filter(|(_, service)| service.told);
                let item = |service| {
                    let mut transition = Transition::new(TransitionKind::SnapshotService);
                    transition.service = Some(service);
                    transition
                };
                services.map(|(service, _)| item(service)).collect()
            }
        }
    }
}
