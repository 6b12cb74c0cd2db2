//! Services: groups, queues and whatever else calls wait at.

use super::*;

#[derive(Debug)]
pub struct Service {
    pub kind: DeviceKind,
    pub id: NativeId,
    pub name: String,
    /// Applications were told that it exists.
    pub told: bool,
    stamp: u64,
}

impl Model {
    pub fn service_by_id(&self, kind: DeviceKind, id: Id) -> Option<ServiceIx> {
        self.service_ids.get(&SpacedRef { space: kind as u8, id }).copied().filter(|_| !id.is_none())
    }

    /// The service that a device is, which is learnt of thereby; none for what is no service.
    pub(super) fn service_of(&mut self, device: &Device) -> Option<ServiceIx> {
        let kind = device.kind.filter(|kind| kind.is_service())?;
        if let Some(service) = self.service_by_id(kind, device.id) {
            return Some(service);
        }
        let id = NativeId::new(device.id)?;
        if self.services.len() >= self.settings.max_services {
            return None;
        }
        let service = Service { kind, id: id.clone(), name: String::new(), told: false, stamp: 0 };
        let index = self.services.insert(service);
        self.service_ids.insert(SpacedId { space: kind as u8, id }, index);
        Some(index)
    }

    pub(super) fn service_known(&mut self, change: &Change) -> Effect {
        let Some(index) = self.service_of(&change.service) else { return Effect::Full };
        let stamp = self.stamp;
        let service = &mut self.services[index];
        service.stamp = stamp;
        let name = kept(change.text(Fact::Name));
        if !name.is_empty() && service.name != name {
            service.name = name.to_owned();
        }
        if !std::mem::replace(&mut service.told, true) {
            self.tell_service(TransitionKind::ServiceAdded, index);
        }
        Effect::Taken
    }

    pub(super) fn service_removed(&mut self, change: &Change) -> Effect {
        let Some(index) = self.service_of(&change.service) else { return Effect::Full };
        self.remove_service(index);
        Effect::Taken
    }

    fn remove_service(&mut self, index: ServiceIx) {
        if !std::mem::replace(&mut self.services[index].told, false) {
            return;
        }
        self.tell_service(TransitionKind::ServiceRemoved, index);
        self.closed_services.push(index);
    }

    /// Whoever is told that a service is gone is told of its agents, too: they leave it afterwards.
    pub(super) fn leave_service(&mut self, index: ServiceIx) {
        for agent in self.agents.indices() {
            self.agents[agent].services.retain(|known| *known != index);
        }
    }

    /// Services of this kind that were not in this message do not exist any more.
    pub(super) fn services_listed(&mut self, change: &Change) -> Effect {
        for index in self.services.indices() {
            let service = &self.services[index];
            if service.told && Some(service.kind) == change.service.kind && service.stamp != self.stamp {
                self.remove_service(index);
            }
        }
        Effect::Taken
    }

    fn tell_service(&mut self, kind: TransitionKind, service: ServiceIx) {
        let mut transition = Transition::new(kind);
        transition.service = Some(service);
        self.tell(transition);
    }
}
