//! Services: groups, queues and whatever else calls wait at. Which agents work for one is kept with the agents.

use hashbrown::HashMap;

use super::{backlog::Cause, *};

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

/// The table of services, and what leads to each.
#[derive(Debug, Default)]
pub(super) struct Services {
    table: Slab<ServiceIx, Service>,
    ids: HashMap<SpacedId, ServiceIx>,
    /// Numbers that callers dialled to wait at a service, digits only.
    numbers: HashMap<String, ServiceIx>,
    /// Services that were removed, left by their agents when the last transitions are used.
    closed: Vec<ServiceIx>,
    /// How many there was no room for.
    left_out: u64,
    /// Services whose agents have changed since this was asked for last.
    pub restaffed: Vec<ServiceIx>,
}

impl Services {
    pub fn iter(&self) -> impl Iterator<Item = (ServiceIx, &Service)> {
        self.table.iter()
    }

    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = (ServiceIx, &Service)> {
        self.table.iter_from(place)
    }

    pub fn by_id(&self, kind: DeviceKind, id: Id) -> Option<ServiceIx> {
        self.ids.get(&SpacedRef { space: kind as u8, id }).copied().filter(|_| !id.is_none())
    }

    /// The service that a device is, which is learnt of thereby, as long as there are not more than `most`; none for
    /// what is no service.
    fn of(&mut self, device: &Device, most: usize) -> Option<ServiceIx> {
        let kind = device.kind.filter(|kind| kind.is_service())?;
        if let Some(service) = self.by_id(kind, device.id) {
            return Some(service);
        }
        let id = NativeId::new(device.id)?;
        if self.table.len() >= most {
            self.left_out += 1;
            return None;
        }
        let name = String::new();
        let service = Service { kind, id: id.clone(), name, told: false, listed_epoch: 0, stamp: 0, seen_epoch: 0 };
        let index = self.table.insert(service);
        self.ids.insert(SpacedId { space: kind as u8, id }, index);
        Some(index)
    }

    /// A caller dialled this number and came to wait at this service: other callers sent to the number wait there, too.
    pub fn learn_number(&mut self, service: ServiceIx, number: &str) {
        /// The most numbers remembered for all services together.
        const MOST: usize = 10_000;
        let digits: String = digits(number).iter().map(|digit| char::from(*digit)).collect();
        if !digits.is_empty() && !self.numbers.contains_key(&digits) && self.numbers.len() < MOST {
            self.numbers.insert(digits, service);
        }
    }

    /// The platform has listed the agents of every service: an agent whom it has not shown is at none.
    pub fn all_listed(&mut self, epoch: u64) {
        for index in self.table.indices() {
            self[index].listed_epoch = epoch;
        }
    }

    /// Whether agents of any have changed, or any was removed.
    pub fn has_news(&self) -> bool {
        !self.restaffed.is_empty() || !self.closed.is_empty()
    }

    pub fn take_closed(&mut self) -> Vec<ServiceIx> {
        std::mem::take(&mut self.closed)
    }
}

impl std::ops::Index<ServiceIx> for Services {
    type Output = Service;

    fn index(&self, index: ServiceIx) -> &Service {
        &self.table[index]
    }
}

impl std::ops::IndexMut<ServiceIx> for Services {
    fn index_mut(&mut self, index: ServiceIx) -> &mut Service {
        &mut self.table[index]
    }
}

impl Model {
    pub fn service_by_id(&self, kind: DeviceKind, id: Id) -> Option<ServiceIx> {
        self.services.by_id(kind, id)
    }

    /// The service that a device is, which is learnt of thereby; none for what is no service.
    pub(super) fn service_of(&mut self, device: &Device) -> Option<ServiceIx> {
        let found = self.services.of(device, self.settings.max_services);
        self.bounds.services = self.services.left_out;
        found
    }

    /// True if calls to this number are known to wait at a service.
    pub(super) fn is_number_of_service(&self, number: &str) -> bool {
        let digits = digits(number);
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        !text.is_empty() && (self.services.numbers.contains_key(text) || self.settings.is_service_number(&digits))
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
        let (stamp, epoch) = (self.moment.stamp, self.link.epoch);
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
        self.services.closed.push(index);
    }

    /// The agents leave a removed service only after its removal was told, because that message names them.
    pub(super) fn leave_service(&mut self, index: ServiceIx) {
        for agent in self.agents.indices() {
            self.agents[agent].services.retain(|known| *known != index);
        }
    }

    /// Services of this kind that were not in this message do not exist any more.
    pub(super) fn services_listed(&mut self, change: &Change) -> Effect {
        for index in self.services.table.indices() {
            let service = &self.services[index];
            if service.told && Some(service.kind) == change.service.kind && service.stamp != self.moment.stamp {
                self.remove_service(index);
            }
        }
        Effect::Taken
    }

    /// Services that the platform did not show since `epoch` began do not exist any more.
    pub(super) fn remove_unseen(&mut self, epoch: u64) {
        let unseen = self.services.iter().filter(|(_, service)| service.told && service.seen_epoch != epoch);
        unseen.for_each(|(service, _)| self.backlog.end_service(service, Cause::Unseen(epoch)));
    }

    pub(super) fn remove_if_unseen(&mut self, index: ServiceIx, epoch: u64) {
        let service = self.services.table.get(index);
        if service.is_some_and(|service| service.told && service.seen_epoch != epoch) {
            self.remove_service(index);
        }
    }

    fn tell_service(&mut self, kind: TransitionKind, service: ServiceIx) {
        let mut transition = Transition::new(kind);
        transition.service = Some(service);
        self.tell(transition);
    }
}
