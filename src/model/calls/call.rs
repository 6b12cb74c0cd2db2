//! One call: plain data, and questions that the call alone can answer. Parties are in `party`; nothing is told here.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{MAX_PARTIES, Party, PartyState};
use crate::{model::*, time::Time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Live,
    /// Over; wrap-up may be going on, and its ids still lead here.
    Ended,
}

#[derive(Debug)]
pub struct Call {
    pub names: SmallVec<[SpacedId; 3]>,
    /// Most calls have a caller and an agent, and a further party now and then.
    pub parties: SmallVec<[Party; 2]>,
    pub phase: Phase,
    pub direction: Direction,
    /// The agent who began it; none where it comes from outside.
    pub originator: Option<AgentIx>,
    pub ani: SmolStr,
    /// The calling number is a guess that a better one may replace.
    pub ani_weak: bool,
    pub dnis: SmolStr,
    /// Numbers that a join must not change any more.
    pub numbers_kept: bool,
    pub caller_name: SmolStr,
    /// From 1 to 100, as its platform counts.
    pub priority: Option<u8>,
    pub media: Option<Media>,
    pub ty: Option<CallType>,
    pub cause: Option<Cause>,
    /// The platform's further number of the call (CallSequenceId), as it was told first.
    pub sequence: Option<NativeId>,
    /// Applications were told of the call, with that number or without one.
    pub sequence_kept: bool,
    pub data: Vec<(SmolStr, SmolStr)>,
    /// The last one.
    pub disposition: Option<i64>,
    /// Every one, and who gave it.
    pub dispositions: SmallVec<[(AgentIx, i64); 1]>,
    /// The last agent to leave of those who answered. Once the call is over, this agent's code is the call's.
    pub last_agent: Option<AgentIx>,
    /// The agent whom the platform has chosen for it.
    pub reserved_for: Option<AgentIx>,
    /// Where it waits.
    pub queue: Option<ServiceIx>,
    /// Where it waits or last waited.
    pub service: Option<ServiceIx>,
    /// It has waited somewhere, or does.
    pub has_waited: bool,
    /// When it began to wait there, by the platform's clock, in milliseconds since 1970.
    pub queued_at: Option<u64>,
    /// Where it is going.
    pub destination: KnownDevice,
    /// The other call of the agent who began this one as a consultation.
    pub consults: Option<CallIx>,
    pub consultation_told: bool,
    /// The far end of an agent's own call has connected.
    pub far_end_told: bool,
    /// Agents who listen to the call or assist in it. They are not parties.
    pub observers: SmallVec<[AgentIx; 1]>,
    /// The moment of the call's beginning by the platform's clock, if an earlier call of that day had its number.
    pub again_at: Option<u64>,
    /// Applications were told that a call of this name is over, and the platform goes on with it: nothing may be told
    /// of it under that name.
    pub renamed: bool,
    /// The call that this one became part of.
    pub joined_into: Option<CallIx>,
    /// Two calls joined in this one, and everybody stayed.
    pub conferenced: bool,
    /// Two calls joined in it, and it is not known who handed them on.
    pub handed_on: bool,
    /// It ended because nothing was heard of it any more.
    pub presumed_over: bool,
    /// The call has no parties, and may wait where the platform does not show it.
    pub waits_unseen: bool,
    /// Whether the call was abandoned, where the platform says so.
    pub said_abandoned: Option<bool>,
    /// Agents who answered and whose wrap-up is not over.
    pub owed: SmallVec<[AgentIx; 2]>,
    pub completed: bool,
    /// The time since which no agent works on the call. Its ids still lead to it during the time of grace that follows.
    pub over_since: Time,
    /// An agent placed the call as a callback, reached nobody and put it back, and this has been told.
    pub reinserted: bool,
    pub last_event: Time,
    /// The link's epoch in which the platform last said anything of it.
    pub(in crate::model) seen_epoch: u64,
    /// A timer looks whether the call has become an orphan.
    pub orphan_watch: bool,
    /// Its part of the weight of all calls, as it was counted last.
    pub weighs: usize,
}

impl Call {
    pub fn new(now: Time) -> Call {
        Call {
            names: SmallVec::new(),
            parties: SmallVec::new(),
            phase: Phase::Live,
            direction: Direction::Inbound,
            originator: None,
            ani: SmolStr::default(),
            ani_weak: true,
            dnis: SmolStr::default(),
            numbers_kept: false,
            caller_name: SmolStr::default(),
            priority: None,
            media: None,
            ty: None,
            cause: None,
            sequence: None,
            sequence_kept: false,
            data: Vec::new(),
            disposition: None,
            dispositions: SmallVec::new(),
            last_agent: None,
            reserved_for: None,
            queue: None,
            service: None,
            has_waited: false,
            queued_at: None,
            destination: KnownDevice::default(),
            consults: None,
            consultation_told: false,
            far_end_told: false,
            observers: SmallVec::new(),
            again_at: None,
            renamed: false,
            joined_into: None,
            conferenced: false,
            handed_on: false,
            presumed_over: false,
            waits_unseen: false,
            said_abandoned: None,
            owed: SmallVec::new(),
            completed: false,
            over_since: now,
            reinserted: false,
            last_event: now,
            seen_epoch: 0,
            orphan_watch: false,
            weighs: 0,
        }
    }

    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// The code that counts for the whole call: the one of the agent who was connected last. Where the platform gave a
    /// code without naming its agent, that code counts.
    pub fn final_disposition(&self) -> Option<i64> {
        match self.last_agent.filter(|_| !self.dispositions.is_empty()) {
            Some(agent) => self.disposition_of(agent),
            None => self.disposition,
        }
    }

    /// The agent who is connected, or was connected last.
    pub fn answering_agent(&self) -> Option<AgentIx> {
        let answered = |party: &&Party| party.is_in() && party.answered && party.device.is_agent();
        self.parties.iter().rev().find(answered).and_then(|party| party.device.agent).or(self.last_agent)
    }

    /// The last code that this agent gave to the call.
    pub fn disposition_of(&self, agent: AgentIx) -> Option<i64> {
        self.dispositions.iter().rev().find(|(giver, _)| *giver == agent).map(|(_, code)| *code)
    }

    /// About how many bytes the call takes up.
    pub fn weight(&self) -> usize {
        /// What an allocation costs beside what is in it.
        const ALLOCATED: usize = 16;
        let text = |text: &str| if text.is_empty() { 0 } else { text.len() + ALLOCATED };
        // Short ones stand in the call itself.
        let kept = |kept: &SmolStr| if kept.is_heap_allocated() { text(kept) } else { 0 };
        // Its two counts stand before a text that is shared.
        let id = |id: &NativeId| if let NativeId::Text(id) = id { 2 * size_of::<usize>() + text(id) } else { 0 };
        let item = |(key, value): &(SmolStr, SmolStr)| size_of::<(SmolStr, SmolStr)>() + kept(key) + kept(value);
        let party = |party: &Party| size_of::<Party>() + kept(&party.device.number);
        // Each name stands in the model's table, too, and shares its text.
        let name = |name: &SpacedId| 3 * size_of::<SpacedId>() + id(&name.id);
        size_of::<Call>()
            + [&self.ani, &self.dnis, &self.caller_name].into_iter().map(kept).sum::<usize>()
            + self.data.iter().map(item).sum::<usize>()
            + self.parties.iter().map(party).sum::<usize>()
            + self.names.iter().map(name).sum::<usize>()
    }

    /// The call's name in a number space.
    pub fn name(&self, space: u8) -> Option<&NativeId> {
        self.names.iter().find(|name| name.space == space).map(|name| &name.id)
    }

    pub fn party_of(&self, agent: AgentIx) -> Option<usize> {
        self.parties.iter().position(|party| party.device.agent == Some(agent))
    }

    /// Where the agent's party is, if the agent is in the call.
    pub fn live_party_of(&self, agent: AgentIx) -> Option<usize> {
        self.party_of(agent).filter(|place| self.parties[*place].is_in())
    }

    /// The party that is this device, which is no agent: by its id, else by its number.
    pub fn party_like(&self, device: &Device) -> Option<usize> {
        let same = |party: &&Party| {
            let known = &party.device;
            let id = known.id.as_ref().map_or(Id::None, NativeId::as_id);
            if !device.number.is_empty() && !known.number.is_empty() {
                return known.number == device.number;
            }
            !id.is_none() && id == device.id && known.kind == device.kind
        };
        let others = self.parties.iter().enumerate().filter(|(_, party)| !party.device.is_agent());
        others.filter(|(_, party)| same(party)).max_by_key(|(_, party)| party.is_in()).map(|(place, _)| place)
    }

    pub fn agents_in(&self) -> impl Iterator<Item = (usize, AgentIx)> + '_ {
        let parties = self.parties.iter().enumerate().filter(|(_, party)| party.is_in());
        parties.filter_map(|(place, party)| party.device.agent.map(|agent| (place, agent)))
    }

    /// The party that was called and of which nothing has been heard.
    pub fn dialled(&self) -> Option<usize> {
        self.parties.iter().position(|party| party.state == PartyState::Dialled)
    }

    /// A number was dialled: it is in the call, as the party that is there already, if there is one.
    pub fn dial(&mut self, device: &KnownDevice) {
        let known = self.others_in().next();
        if device.is_agent() || (device.number.is_empty() && known.is_none()) {
            return;
        }
        match known {
            Some(place) => self.parties[place].state = PartyState::Dialled,
            None if self.parties.len() < MAX_PARTIES => {
                self.parties.push(Party::new(device.clone(), PartyState::Dialled));
            }
            None => {}
        }
    }

    /// The number that was dialled is no party, but leads to the service where the call waits.
    pub fn drop_dialled(&mut self) {
        if let Some(place) = self.dialled() {
            self.parties[place].state = PartyState::Left;
        }
    }

    /// A number may be written in several ways: the party that is heard of first is the one that was called, and so is
    /// another one that connects to a call that alerts.
    pub fn identify_called(&mut self, device: &KnownDevice, state: PartyState) -> Option<usize> {
        let connects = state == PartyState::Connected && !device.is_agent();
        let alerts = |party: &Party| party.state == PartyState::Alerting && !party.device.is_agent();
        let alerting = || self.parties.iter().position(alerts).filter(|_| connects);
        let place = self.dialled().or_else(alerting)?;
        self.parties[place].device = device.clone();
        Some(place)
    }

    /// Places of the parties in the call that are no agents.
    pub fn others_in(&self) -> impl Iterator<Item = usize> + '_ {
        let parties = self.parties.iter().enumerate();
        parties.filter(|(_, party)| party.is_in() && !party.device.is_agent()).map(|(place, _)| place)
    }

    /// Whether this party called from outside.
    pub fn is_caller(&self, place: usize) -> bool {
        let Party { device, state, .. } = &self.parties[place];
        let dialable = matches!(device.kind, None | Some(super::DeviceKind::Device));
        let calls = *state == PartyState::Initiated || (!self.ani.is_empty() && device.number == self.ani);
        self.originator.is_none() && dialable && calls
    }

    /// Whether the caller from outside left before anybody answered. Of a call that is only presumed to be over nobody
    /// knows it, and one that an agent makes, or refuses to make, is nobody's to abandon.
    pub fn is_abandoned(&self) -> bool {
        let is_made = self.originator.is_some() || self.ty.is_some_and(CallType::is_made_by_agents);
        let answered = self.parties.iter().any(|party| party.answered);
        let seems = !(is_made || answered || self.presumed_over);
        self.phase == Phase::Ended && self.said_abandoned.unwrap_or(seems)
    }

    /// True if everybody else in a call of agents only left before the agent at this place.
    pub fn was_left_alone(&self, place: usize) -> bool {
        let mut others = self.parties.iter().enumerate().filter(|(other, _)| *other != place).peekable();
        let left_first =
            |party: &Party| party.device.is_agent() && !party.is_in() && party.left_first && !party.diverted;
        others.peek().is_some() && others.all(|(_, party)| left_first(party))
    }

    /// True if a party has left the call, and no party is known to be in it on the platform's side.
    pub fn is_orphan(&self) -> bool {
        self.orphan_watch && !self.is_held_by_platform()
    }

    /// Whether the platform still has the call in its hands: an agent, a queue or an IVR.
    pub fn is_held_by_platform(&self) -> bool {
        use super::DeviceKind::{Ivr, Script};
        let keeps = |party: &Party| {
            party.is_in() && (party.device.is_agent() || matches!(party.device.kind, Some(Ivr | Script)))
        };
        self.queue.is_some() || self.parties.iter().any(keeps)
    }

    /// The call's state for a snapshot, derived from what was told of the call.
    pub fn state(&self) -> CallState {
        if self.phase == Phase::Ended {
            return CallState::Ended;
        }
        let any = |state| self.parties.iter().any(|party| party.state == state && party.device.is_agent());
        match () {
            () if any(PartyState::Connected) && self.is_conference() => CallState::Conferenced,
            () if any(PartyState::Connected) && self.is_consultation() => CallState::Consulting,
            () if any(PartyState::Connected) => CallState::Connected,
            () if any(PartyState::Held) => CallState::Held,
            () if any(PartyState::Alerting) => CallState::Alerting,
            () if self.queue.is_some() => CallState::Queued,
            () if self.originator.is_some() => CallState::Originated,
            () => CallState::Started,
        }
    }

    /// True while the call is a conference: nobody has left it, or three parties are still in it.
    fn is_conference(&self) -> bool {
        let (all, here) = (self.parties.len(), self.parties.iter().filter(|party| party.is_in()).count());
        self.conferenced && (here >= 3 || here == all)
    }

    /// True if the call was told as a consultation about another call.
    fn is_consultation(&self) -> bool {
        self.consultation_told && self.direction == Direction::Consultation
    }

    /// The party in the call that this device, no agent, is. A number may be written in another way than before: where
    /// only one party can be meant, it is that one; but a device that has left already is nobody else.
    pub fn party_leaving(&self, device: &Device) -> Option<usize> {
        if let Some(place) = self.party_like(device) {
            return Some(place).filter(|place| self.parties[*place].is_in());
        }
        let dialable = matches!(device.kind, None | Some(DeviceKind::Device));
        let mut others = self.others_in();
        others.next().filter(|_| dialable && others.next().is_none())
    }

    /// Whether the agent's party is in this state.
    pub fn is_in_state(&self, agent: AgentIx, state: PartyState) -> bool {
        self.party_of(agent).is_some_and(|place| self.parties[place].state == state)
    }

    /// Adds a party, or the part of it that is there already joins in.
    pub fn add_party(&mut self, party: Party) {
        let asked = Device {
            kind: party.device.kind,
            id: party.device.id.as_ref().map_or(Id::None, NativeId::as_id),
            number: &party.device.number,
        };
        let place = match party.device.agent {
            Some(agent) => self.party_of(agent),
            None => self.party_like(&asked),
        };
        match place {
            Some(place) => {
                let there = &mut self.parties[place];
                there.state = party.state;
                there.answered |= party.answered;
                there.cleared = false;
            }
            None if self.parties.len() < MAX_PARTIES => self.parties.push(party),
            None => {}
        }
    }

    /// Whether the agent begins a call that was there before: one that waited for an agent who calls back, or that was
    /// offered to the agent, to be placed. Nobody
    /// in it has begun it, and the agent is not in it, or it alerts at the agent.
    pub fn may_be_begun_by(&self, agent: AgentIx) -> bool {
        let begun = self.originator.is_some_and(|other| other == agent || self.live_party_of(other).is_some());
        let place = self.live_party_of(agent);
        !begun && place.is_none_or(|place| self.parties[place].state == PartyState::Alerting)
    }
}
