//! Services: groups, queues and whatever else calls wait at.

use super::*;

#[derive(Debug)]
pub struct Service {
    pub kind: DeviceKind,
    pub id: NativeId,
    pub name: String,
    /// Applications were told that it exists.
    pub told: bool,
    /// The link's epoch in which the platform last listed its agents.
    pub(super) listed_epoch: u64,
    stamp: u64,
    seen_epoch: u64,
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
        let name = String::new();
        let service = Service { kind, id: id.clone(), name, told: false, listed_epoch: 0, stamp: 0, seen_epoch: 0 };
        let index = self.services.insert(service);
        self.service_ids.insert(SpacedId { space: kind as u8, id }, index);
        Some(index)
    }

    /// A caller dialled this number and came to wait at this service: other callers sent to the number wait there, too.
    pub(super) fn learn_number(&mut self, service: ServiceIx, number: &str) {
        /// The most numbers remembered for all services together.
        const MOST: usize = 10_000;
        let digits: String = digits(number).iter().map(|digit| char::from(*digit)).collect();
        if !digits.is_empty() && !self.service_numbers.contains_key(&digits) && self.service_numbers.len() < MOST {
            self.service_numbers.insert(digits, service);
        }
    }

    /// True if calls to this number are known to wait at a service.
    pub(super) fn is_number_of_service(&self, number: &str) -> bool {
        let digits = digits(number);
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        !text.is_empty() && (self.service_numbers.contains_key(text) || self.is_configured(&digits))
    }

    fn is_configured(&self, wanted: &[u8]) -> bool {
        self.settings.service_numbers.values().any(|number| digits(number)[..] == *wanted)
    }

    fn service_meant(&mut self, device: &Device) -> Result<ServiceIx, Effect> {
        let is_one = device.kind.is_some_and(DeviceKind::is_service) && !device.id.is_none();
        self.service_of(device).ok_or(if is_one { Effect::Full } else { Effect::UnknownService })
    }

    pub(super) fn service_known(&mut self, change: &Change) -> Effect {
        let index = match self.service_meant(&change.service) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let (stamp, epoch) = (self.stamp, self.link.epoch);
        let service = &mut self.services[index];
        (service.stamp, service.seen_epoch) = (stamp, epoch);
        let name = kept(change.text(Fact::Name));
        let renamed = !name.is_empty() && service.name != name;
        if renamed {
            service.name = name.to_owned();
        }
        match (std::mem::replace(&mut service.told, true), renamed) {
            (false, _) => self.tell_service(TransitionKind::ServiceAdded, index),
            (true, true) => self.tell_service(TransitionKind::ServiceChanged, index),
            (true, false) => {}
        }
        Effect::Taken
    }

    pub(super) fn service_removed(&mut self, change: &Change) -> Effect {
        let index = match self.service_meant(&change.service) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
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

    /// Wherever agents are who were not shown, the platform would have shown them there.
    pub(super) fn all_listed(&mut self) {
        for index in self.services.indices() {
            self.services[index].listed_epoch = self.link.epoch;
        }
    }

    /// Services that the platform did not show since `epoch` began do not exist any more.
    pub(super) fn remove_unseen(&mut self, epoch: u64) {
        for index in self.services.indices() {
            let service = &self.services[index];
            if service.told && service.seen_epoch != epoch {
                self.remove_service(index);
            }
        }
    }

    fn tell_service(&mut self, kind: TransitionKind, service: ServiceIx) {
        let mut transition = Transition::new(kind);
        transition.service = Some(service);
        self.tell(transition);
    }
}
