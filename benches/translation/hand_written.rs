//! What somebody would write by hand for this one pair of dialects, knowing it to be the only one: one typed structure for
//! all frames, the same tables of ids, each event's text around its values. It knows the flows that are measured and keeps
//! what other flows would need; it has no rules, no other dialects, no requests.

use std::{borrow::Cow, collections::VecDeque, time::Duration};

use bytes::Bytes;
use hashbrown::HashMap;
use serde::Deserialize;
use smallvec::SmallVec;

use crate::support::bridge::Translate;

// ── what is read ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Any event, as far as it is used. Borrowed from the frame.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Frame<'f> {
    sequence: Option<u32>,
    #[serde(borrow)]
    message: Cow<'f, str>,
    call_id: i64,
    pbx_call_id: i64,
    tapi_call_id: i64,
    #[serde(borrow)]
    guid: Cow<'f, str>,
    #[serde(borrow)]
    call_table: Vec<Entry<'f>>,
    agent_id: i64,
    #[serde(borrow)]
    agent_number: Cow<'f, str>,
    #[serde(borrow)]
    agent_ext: Cow<'f, str>,
    groups: Vec<Group>,
    wrapup_code_id: i64,
    queued_group_internal_id: i64,
    destination_internal_id: i64,
    destination_type: i64,
    alerting_device_id: i64,
    alerting_device_type: i64,
    #[serde(borrow)]
    alerting_device: Cow<'f, str>,
    joining_device_id: i64,
    joining_device_type: i64,
    #[serde(borrow)]
    joining_device: Cow<'f, str>,
    calling_device_id: i64,
    calling_device_type: i64,
    #[serde(borrow)]
    calling_device: Cow<'f, str>,
    device_out_id: i64,
    device_out_type: i64,
    #[serde(borrow)]
    device_out: Cow<'f, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Entry<'f> {
    media: i64,
    call_type: i64,
    #[serde(borrow)]
    dnis: Cow<'f, str>,
    group: Option<Group>,
    #[serde(borrow)]
    call_profile: Vec<Profile<'f>>,
}

#[derive(Deserialize)]
struct Profile<'f> {
    id: i64,
    #[serde(borrow)]
    value: Cow<'f, str>,
}

#[derive(Deserialize)]
struct Group {
    r#type: i64,
    id: i64,
}

struct Device<'f> {
    id: i64,
    kind: i64,
    number: &'f str,
}

const AGENT: i64 = 3;
const GROUP: i64 = 4;

impl Entry<'_> {
    fn profile(&self, id: i64) -> &str {
        self.call_profile.iter().find(|profile| profile.id == id).map_or("", |profile| &profile.value)
    }
}

impl<'f> Frame<'f> {
    /// The entry of the call table that is the event's own call.
    fn entry(&self) -> Option<&Entry<'f>> {
        let named = |id, value: &str| {
            let names = |entry: &&Entry| entry.call_profile.iter().any(|p| p.id == id && p.value == value);
            self.call_table.iter().find(names)
        };
        named(42, &self.guid)
            .or_else(|| named(1, itoa::Buffer::new().format(self.pbx_call_id)))
            .or(self.call_table.first())
    }

    fn calling(&self) -> Device<'_> {
        Device { id: self.calling_device_id, kind: self.calling_device_type, number: &self.calling_device }
    }
}

// ── what is remembered ────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Clone, Copy, PartialEq, Eq)]
enum PartyState {
    Alerting,
    Connected,
    Left,
}

struct Call {
    id: i64,
    guid: String,
    number: i64,
    pbx: i64,
    ani: String,
    dnis: String,
    caller: String,
    outbound: bool,
    acd: bool,
    data: Vec<(String, String)>,
    service: i64,
    queue: i64,
    disposition: i64,
    parties: SmallVec<[(i64, PartyState); 4]>,
    owed: SmallVec<[i64; 2]>,
    routing: bool,
    over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Idle,
    PendingActive,
    Active,
    Wrap,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Unknown => "INVALID",
            State::Idle => "Idle",
            State::PendingActive => "PendingActive",
            State::Active => "Active",
            State::Wrap => "Wrap",
        }
    }
}

struct Agent {
    number: String,
    station: String,
    services: SmallVec<[i64; 4]>,
    ready: bool,
    wraps: SmallVec<[usize; 2]>,
    calls: SmallVec<[usize; 2]>,
    told: State,
}

/// The one session: its tenant, and the classes that it registered for.
struct Session {
    tenant: i64,
    classes: [bool; 5],
}

/// How long an ended call's ids lead to it.
const ID_GRACE: Duration = Duration::from_secs(60);
const WRAP_GRACE: Duration = Duration::from_secs(30);
const MAX_FRAME: usize = 1 << 20;

pub struct HandWritten {
    now: Duration,
    buffer: Vec<u8>,
    sequence: Option<u32>,
    calls: Vec<Option<Call>>,
    free: Vec<usize>,
    guids: HashMap<String, usize>,
    numbers: HashMap<i64, usize>,
    pbx: HashMap<i64, usize>,
    /// By the application's number.
    ids: HashMap<i64, usize>,
    minted: i64,
    agents: HashMap<i64, Agent>,
    logins: HashMap<String, i64>,
    stations: HashMap<String, i64>,
    ended: VecDeque<(Duration, usize)>,
    wrapping: VecDeque<(Duration, usize)>,
    session: Session,
}

impl HandWritten {
    pub fn new() -> HandWritten {
        HandWritten {
            now: Duration::ZERO,
            buffer: Vec::new(),
            sequence: None,
            calls: Vec::new(),
            free: Vec::new(),
            guids: HashMap::new(),
            numbers: HashMap::new(),
            pbx: HashMap::new(),
            ids: HashMap::new(),
            minted: 1_900_000_000,
            agents: HashMap::new(),
            logins: HashMap::new(),
            stations: HashMap::new(),
            ended: VecDeque::new(),
            wrapping: VecDeque::new(),
            session: Session { tenant: 1, classes: [false, true, true, true, true] },
        }
    }
}

impl Translate for HandWritten {
    fn read(&mut self, mut bytes: &[u8], publish: &mut impl FnMut(Bytes)) {
        while let Some(end) = memchr::memchr(0, bytes) {
            if self.buffer.is_empty() {
                self.frame(&bytes[..end], publish);
            } else {
                let mut buffer = std::mem::take(&mut self.buffer);
                buffer.extend_from_slice(&bytes[..end]);
                self.frame(&buffer, publish);
                buffer.clear();
                self.buffer = buffer;
            }
            bytes = &bytes[end + 1..];
        }
        assert!(self.buffer.len() + bytes.len() <= MAX_FRAME, "a frame is too long");
        self.buffer.extend_from_slice(bytes);
    }

    fn pass(&mut self, time: Duration, publish: &mut impl FnMut(Bytes)) {
        self.now += time;
        while let Some((_, place)) = self.wrapping.pop_front_if(|(due, _)| *due <= self.now) {
            if self.calls[place].as_mut().is_some_and(|call| !std::mem::take(&mut call.owed).is_empty()) {
                self.completed(place, publish);
            }
        }
        while let Some((_, place)) = self.ended.pop_front_if(|(due, _)| *due <= self.now) {
            let Some(call) = self.calls[place].take() else { continue };
            self.guids.remove(&call.guid);
            self.numbers.remove(&call.number);
            self.pbx.remove(&call.pbx);
            self.ids.remove(&call.id);
            self.free.push(place);
        }
    }
}

impl HandWritten {
    fn frame(&mut self, bytes: &[u8], publish: &mut impl FnMut(Bytes)) {
        let text = std::str::from_utf8(bytes).expect("a frame in UTF-8");
        let frame: Frame = serde_json::from_str(text).expect("a frame that is understood");
        if let Some(sequence) = frame.sequence {
            let expected = self.sequence.replace(sequence.wrapping_add(1));
            assert!(expected.is_none_or(|expected| expected == sequence), "events were missed");
        }
        match &*frame.message {
            "route-request" => self.route_request(&frame, publish),
            "routed" => self.routed(&frame, publish),
            "queued" => self.queued(&frame, publish),
            "delivered" => self.delivered(&frame, publish),
            "established" => self.established(&frame, publish),
            "conn-cleared" => self.conn_cleared(&frame, publish),
            "call-cleared" => self.call_cleared(&frame, publish),
            "agent-wrap" => self.agent_wrap(&frame, publish),
            "wrap-ended" => self.wrap_ended(&frame, publish),
            "agent-login" => self.agent_login(&frame, publish),
            "agent-idle" => self.agent_idle(&frame, publish),
            "group-stats" | "daily-group-stats" | "dnis-stats" => {}
            other => panic!("unknown message {other:?}"),
        }
    }

    // ── ids ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The call of an event: by the best name that is known. Numbers are given out again: one that leads to a call with
    /// another guid is another call's.
    fn find(&self, frame: &Frame) -> Option<usize> {
        if let Some(place) = self.guids.get(&*frame.guid) {
            return Some(*place);
        }
        let pbx = if frame.pbx_call_id != 0 { frame.pbx_call_id } else { frame.tapi_call_id };
        let place = *self.numbers.get(&frame.call_id).or_else(|| self.pbx.get(&pbx))?;
        let known = &self.call(place).guid;
        (known.is_empty() || frame.guid.is_empty() || *known == frame.guid).then_some(place)
    }

    /// Names that come later lead to the call, too.
    fn learn_names(&mut self, place: usize, frame: &Frame) {
        let call = self.calls[place].as_mut().expect("a call that is known");
        if call.guid.is_empty() && !frame.guid.is_empty() {
            call.guid.push_str(&frame.guid);
            self.guids.insert(frame.guid.to_string(), place);
        }
        if call.number == 0 && frame.call_id != 0 {
            call.number = frame.call_id;
            self.numbers.insert(frame.call_id, place);
        }
        if frame.pbx_call_id != 0 && frame.pbx_call_id != call.pbx {
            self.pbx.remove(&call.pbx);
            call.pbx = frame.pbx_call_id;
            self.pbx.insert(frame.pbx_call_id, place);
        }
    }

    /// The call of an event, which starts it where nobody knows it; with all that the event says of it.
    fn call_for(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) -> usize {
        if let Some(place) = self.find(frame) {
            self.note(place, frame);
            return place;
        }
        let fits = frame.call_id > 0 && i32::try_from(frame.call_id).is_ok() && !self.ids.contains_key(&frame.call_id);
        let id = if fits {
            frame.call_id
        } else {
            self.minted += 1;
            self.minted
        };
        let call = Call {
            id,
            guid: frame.guid.to_string(),
            number: frame.call_id,
            pbx: frame.pbx_call_id,
            ani: String::new(),
            dnis: String::new(),
            caller: String::new(),
            outbound: false,
            acd: false,
            data: Vec::new(),
            service: 0,
            queue: 0,
            disposition: 0,
            parties: SmallVec::new(),
            owed: SmallVec::new(),
            routing: false,
            over: false,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.calls[place] = Some(call);
                place
            }
            None => {
                self.calls.push(Some(call));
                self.calls.len() - 1
            }
        };
        self.guids.insert(frame.guid.to_string(), place);
        self.numbers.insert(frame.call_id, place);
        self.pbx.insert(frame.pbx_call_id, place);
        self.ids.insert(id, place);
        self.note(place, frame);
        let call = self.call(place);
        publish_event(&self.session, CALL_STARTED, 0, call.service, publish, |out| {
            out.call_head(call);
            out.text(
                "<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>\
                      <d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>",
            );
        });
        publish_event(&self.session, CALL_OFFERED, 0, call.service, publish, |out| {
            out.member("ANI", &call.ani);
            out.call_head(call);
            out.text("<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>");
            out.member("DNIS", &call.dnis);
            out.text("<d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>");
        });
        place
    }

    fn call(&self, place: usize) -> &Call {
        self.calls[place].as_ref().expect("a call that is known")
    }

    fn call_mut(&mut self, place: usize) -> &mut Call {
        self.calls[place].as_mut().expect("a call that is known")
    }

    fn note(&mut self, place: usize, frame: &Frame) {
        self.learn_names(place, frame);
        let call = self.calls[place].as_mut().expect("a call that is known");
        let Some(entry) = frame.entry() else { return };
        let ani = entry.profile(2);
        let guess: &str = if call.ani.is_empty() { &frame.calling_device } else { "" };
        remember(&mut call.ani, if ani.is_empty() { guess } else { ani });
        remember(&mut call.dnis, &entry.dnis);
        let name = entry.profile(6);
        remember(&mut call.caller, if name.is_empty() { entry.profile(48) } else { name });
        call.acd |= matches!((entry.media, entry.call_type), (1, 1));
        if let (0, Some(group)) = (call.service, &entry.group)
            && group.r#type == GROUP
        {
            call.service = group.id;
        }
        for item in entry.call_profile.iter().filter(|profile| profile.id >= 101) {
            let mut buffer = itoa::Buffer::new();
            let key = buffer.format(item.id);
            match call.data.iter_mut().find(|(known, _)| known == key) {
                Some((_, value)) => remember(value, &item.value),
                None => call.data.push((key.to_owned(), item.value.to_string())),
            }
        }
    }

    /// The agent that a device is, by id or by station.
    fn agent_of(&self, device: &Device) -> Option<i64> {
        if device.kind == AGENT && device.id != 0 {
            return Some(device.id);
        }
        let digits: SmallVec<[u8; 24]> = device.number.bytes().filter(u8::is_ascii_digit).collect();
        std::str::from_utf8(&digits).ok().and_then(|digits| self.stations.get(digits)).copied()
    }

    // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    fn route_request(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let place = self.call_for(frame, publish);
        if std::mem::replace(&mut self.call_mut(place).routing, true) {
            return;
        }
        let call = self.call(place);
        publish_event(&self.session, ROUTE_REQUEST, 0, call.service, publish, |out| {
            out.text("<d4p1:CallId>");
            out.int(call.id);
            out.text("</d4p1:CallId>");
            out.call_info(call);
            out.text("<d4p1:CallOriginatingSiteId>0</d4p1:CallOriginatingSiteId><d4p1:CallSequenceId>");
            out.int(call.pbx);
            out.text(
                "</d4p1:CallSequenceId><d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>\
                 <d4p1:MediaType>VoiceAnalog</d4p1:MediaType><d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>\
                 <d4p1:RouteTimeout>20</d4p1:RouteTimeout><d4p1:SipIpAddress i:nil=\"true\" />\
                 <d4p1:SipPortNumber i:nil=\"true\" />",
            );
        });
    }

    fn routed(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let place = self.call_for(frame, publish);
        if !std::mem::replace(&mut self.call_mut(place).routing, false) {
            return;
        }
        let call = self.call(place);
        publish_event(&self.session, ROUTE_USED, 0, call.service, publish, |out| {
            out.call_head(call);
            out.text("<d4p1:RouteDestination>");
            out.int(frame.destination_internal_id);
            out.text("</d4p1:RouteDestination><d4p1:RouteStatus>RouteDefaultUsed</d4p1:RouteStatus><d4p1:RouteType>");
            out.text(match frame.destination_type {
                AGENT => "RouteToAgent",
                GROUP => "RouteToService",
                _ => "RouteToExternal",
            });
            out.text("</d4p1:RouteType>");
        });
    }

    fn queued(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let place = self.call_for(frame, publish);
        let call = self.call_mut(place);
        let queue = frame.queued_group_internal_id;
        if std::mem::replace(&mut call.queue, queue) == queue {
            return;
        }
        call.service = queue;
        let call = self.call(place);
        publish_event(&self.session, CALL_DELIVERED, 0, call.service, publish, |out| {
            out.member("ANI", &call.ani);
            out.call_head(call);
            out.call_type(call);
            out.member("DNIS", &call.dnis);
        });
    }

    fn delivered(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let device =
            Device { id: frame.alerting_device_id, kind: frame.alerting_device_type, number: &frame.alerting_device };
        let (agent, caller) = (self.agent_of(&device), self.agent_of(&frame.calling()));
        let place = self.call_for(frame, publish);
        let Some(agent) = agent else { return };
        let call = self.call_mut(place);
        call.outbound |= caller.is_some();
        match call.parties.iter_mut().find(|(known, _)| *known == agent) {
            Some((_, state)) if *state != PartyState::Left => return,
            Some((_, state)) => *state = PartyState::Alerting,
            None => call.parties.push((agent, PartyState::Alerting)),
        }
        call.queue = 0;
        let call = self.call(place);
        publish_event(&self.session, CALL_CONNECTED, agent, call.service, publish, |out| {
            out.text("<d4p1:CallId>");
            out.int(call.id);
            out.text("</d4p1:CallId>");
            out.call_info(call);
            out.text("<d4p1:CallOriginatingSiteId>0</d4p1:CallOriginatingSiteId><d4p1:CallSequenceId>");
            out.int(call.pbx);
            out.text("</d4p1:CallSequenceId>");
            out.call_type(call);
            out.text(
                "<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>\
                 <d4p1:OriginatingAgentId>0</d4p1:OriginatingAgentId><d4p1:PlayAudioAlert>false</d4p1:PlayAudioAlert>\
                 <d4p1:RejectReasonRequired>false</d4p1:RejectReasonRequired>\
                 <d4p1:ResourceGroupId>0</d4p1:ResourceGroupId><d4p1:ResponseRequired>true</d4p1:ResponseRequired>",
            );
        });
        if let Some(known) = self.agents.get_mut(&agent) {
            known.calls.push(place);
        }
        self.tell_state(agent, State::PendingActive, Some(place), publish);
    }

    fn established(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let device =
            Device { id: frame.joining_device_id, kind: frame.joining_device_type, number: &frame.joining_device };
        let (agent, caller) = (self.agent_of(&device), self.agent_of(&frame.calling()));
        let place = self.call_for(frame, publish);
        let Some(agent) = agent else { return };
        let call = self.call_mut(place);
        call.outbound |= caller.is_some();
        match call.parties.iter_mut().find(|(known, _)| *known == agent) {
            Some((_, state)) if *state == PartyState::Connected => return,
            Some((_, state)) => *state = PartyState::Connected,
            None => call.parties.push((agent, PartyState::Connected)),
        }
        if !call.owed.contains(&agent) {
            call.owed.push(agent);
        }
        call.queue = 0;
        let call = self.call(place);
        publish_event(&self.session, CALL_ESTABLISHED, agent, call.service, publish, |out| {
            out.member("ANI", &call.ani);
            out.call_head(call);
            out.text("<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>");
            out.member("DNIS", &call.dnis);
            out.text(
                "<d4p1:MediaType>VoiceAnalog</d4p1:MediaType><d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>\
                      <d4p1:SipIpAddress i:nil=\"true\" /><d4p1:SipPortNumber>0</d4p1:SipPortNumber>",
            );
        });
        if let Some(known) = self.agents.get_mut(&agent).filter(|known| !known.calls.contains(&place)) {
            known.calls.push(place);
        }
        self.tell_state(agent, State::Active, Some(place), publish);
    }

    fn conn_cleared(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let device = Device { id: frame.device_out_id, kind: frame.device_out_type, number: &frame.device_out };
        let (Some(agent), Some(place)) = (self.agent_of(&device), self.find(frame)) else { return };
        self.note(place, frame);
        self.leave(place, agent, publish);
    }

    fn leave(&mut self, place: usize, agent: i64, publish: &mut impl FnMut(Bytes)) {
        let call = self.call_mut(place);
        let Some((_, state)) = call.parties.iter_mut().find(|(known, _)| *known == agent) else { return };
        if std::mem::replace(state, PartyState::Left) == PartyState::Left {
            return;
        }
        let call = self.call(place);
        publish_event(&self.session, CALL_CLEARED, agent, call.service, publish, |out| {
            out.call_head(call);
            out.text(
                "<d4p1:ClearingPartyType>NearEnd</d4p1:ClearingPartyType>\
                      <d4p1:ConsultationCallId>0</d4p1:ConsultationCallId>",
            );
        });
        if let Some(known) = self.agents.get_mut(&agent) {
            known.calls.retain(|known| *known != place);
        }
    }

    fn call_cleared(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(place) = self.find(frame).filter(|place| !self.call(*place).over) else { return };
        self.note(place, frame);
        let in_it: SmallVec<[i64; 4]> = self.call(place).parties.iter().map(|(agent, _)| *agent).collect();
        for agent in in_it {
            self.leave(place, agent, publish);
        }
        let call = self.call_mut(place);
        call.over = true;
        let call = self.call(place);
        match call.owed.is_empty() {
            true => self.completed(place, publish),
            false => self.wrapping.push_back((self.now + WRAP_GRACE, place)),
        }
        self.ended.push_back((self.now + ID_GRACE, place));
    }

    fn completed(&self, place: usize, publish: &mut impl FnMut(Bytes)) {
        let call = self.call(place);
        publish_event(&self.session, CALL_END, 0, call.service, publish, |out| {
            out.text("<d4p1:AgentDisposition>");
            out.int(call.disposition);
            out.text("</d4p1:AgentDisposition>");
            out.call_data(call);
            out.call_head(call);
        });
        publish_event(&self.session, CALL_COMPLETED, 0, call.service, publish, |out| {
            out.call_head(call);
            out.text(
                "<d4p1:ChannelId>0</d4p1:ChannelId><d4p1:CircuitId>0</d4p1:CircuitId>\
                      <d4p1:ResourceGroupId>0</d4p1:ResourceGroupId>",
            );
        });
    }

    fn agent_wrap(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(place) = self.find(frame) else { return };
        self.leave(place, frame.agent_id, publish);
        let Some(agent) = self.agents.get_mut(&frame.agent_id) else { return };
        if !agent.wraps.contains(&place) {
            agent.wraps.push(place);
        }
        self.tell_state(frame.agent_id, State::Wrap, Some(place), publish);
    }

    fn wrap_ended(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(place) = self.find(frame) else { return };
        self.call_mut(place).disposition = frame.wrapup_code_id;
        self.wrapped_up(place, frame.agent_id, publish);
    }

    fn wrapped_up(&mut self, place: usize, agent: i64, publish: &mut impl FnMut(Bytes)) {
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.wraps.retain(|known| *known != place);
        }
        let Some(call) = self.calls[place].as_mut() else { return };
        let owed = call.owed.len();
        call.owed.retain(|known| *known != agent);
        if owed > 0 && call.owed.is_empty() && call.over {
            self.completed(place, publish);
        }
    }

    // ── agents ────────────────────────────────────────────────────────────────────────────────────────────────────────

    fn agent_login(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let agent = Agent {
            number: frame.agent_number.to_string(),
            station: frame.agent_ext.to_string(),
            services: frame.groups.iter().filter(|group| group.r#type == GROUP).map(|group| group.id).collect(),
            ready: false,
            wraps: SmallVec::new(),
            calls: SmallVec::new(),
            told: State::Unknown,
        };
        self.logins.insert(agent.number.clone(), frame.agent_id);
        let digits = agent.station.chars().filter(char::is_ascii_digit).collect();
        self.stations.insert(digits, frame.agent_id);
        publish_event(&self.session, AGENT_LOGIN, frame.agent_id, 0, publish, |out| {
            out.text("<d4p1:AgentCTIId>");
            out.int(frame.agent_id);
            out.text("</d4p1:AgentCTIId><d4p1:AgentCapabilities i:nil=\"true\" />");
            out.member("AgentLoginName", &agent.number);
            out.text("<d4p1:AgentMailbox i:nil=\"true\" />");
            out.member("AgentStationAddress", &agent.station);
            out.text(
                "<d4p1:AgentWorkGroupId>-1</d4p1:AgentWorkGroupId><d4p1:ChannelId>0</d4p1:ChannelId>\
                      <d4p1:CircuitId>0</d4p1:CircuitId><d4p1:LoginState>AgentLoggedIn</d4p1:LoginState>\
                      <d4p1:ResourceGroupId>0</d4p1:ResourceGroupId><d4p1:ServiceState>",
            );
            for service in &agent.services {
                out.text("<d4p1:CTIServiceInfo><d4p1:ServiceId>");
                out.int(*service);
                out.text("</d4p1:ServiceId><d4p1:ServiceState>Active</d4p1:ServiceState></d4p1:CTIServiceInfo>");
            }
            out.text(
                "</d4p1:ServiceState><d4p1:SipIpAddress i:nil=\"true\" /><d4p1:SipPortNumber>0</d4p1:SipPortNumber>",
            );
        });
        self.agents.insert(frame.agent_id, agent);
    }

    fn agent_idle(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(agent) = self.agents.get_mut(&frame.agent_id) else { return };
        agent.ready = true;
        for place in std::mem::take(&mut agent.wraps) {
            self.wrapped_up(place, frame.agent_id, publish);
        }
        self.tell_state(frame.agent_id, State::Idle, None, publish);
    }

    fn tell_state(&mut self, id: i64, state: State, call: Option<usize>, publish: &mut impl FnMut(Bytes)) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if std::mem::replace(&mut agent.told, state) == state {
            return;
        }
        let agent = &self.agents[&id];
        let call = call.map(|place| self.call(place));
        publish_event(&self.session, AGENT_STATE, id, call.map_or(0, |call| call.service), publish, |out| {
            out.text("<d4p1:AgentState>");
            out.text(state.name());
            out.text("</d4p1:AgentState><d4p1:CallId>");
            out.int(call.map_or(0, |call| call.id));
            out.text(
                "</d4p1:CallId><d4p1:ServiceIds xmlns:d5p1=\
                      \"http://schemas.microsoft.com/2003/10/Serialization/Arrays\">",
            );
            for service in &agent.services {
                out.text("<d5p1:int>");
                out.int(*service);
                out.text("</d5p1:int>");
            }
            out.text("</d4p1:ServiceIds><d4p1:SipAddress i:nil=\"true\" /><d4p1:SipPort>0</d4p1:SipPort>");
        });
    }
}

fn remember(known: &mut String, new: &str) {
    if !new.is_empty() && known != new {
        known.clear();
        known.push_str(new);
    }
}

// ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────────

/// The text of one class of events up to the agent's id, and from there to the request's.
struct Event {
    class: usize,
    open: &'static str,
    middle: &'static str,
}

macro_rules! event {
    ($name:literal, $class:literal, $category:literal) => {
        Event {
            class: $class,
            open: concat!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">",
                "<s:Body><PublishCTIEvent xmlns=\"http://www.aspect.com/unifiedip/edk/clientpublishapi/2009/08\"><ctiEvent xmlns:d4p1=\"http://www.aspect.com/unifiedip/edk/commondata/2009/08\" ",
                "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:type=\"d4p1:CTI", $name, "\"><d4p1:AgentId>"
            ),
            middle: concat!(
                "</d4p1:AgentId><d4p1:EventCategory>EventCategory", $category, "</d4p1:EventCategory><d4p1:EventType>",
                $name, "</d4p1:EventType><d4p1:RequestId>"
            ),
        }
    };
}

const AGENT_LOGIN: Event = event!("AgentLoginStateChange", 1, "Agent");
const AGENT_STATE: Event = event!("AgentStateChange", 1, "Agent");
const CALL_STARTED: Event = event!("CallStarted", 2, "Call");
const CALL_OFFERED: Event = event!("CallOffered", 2, "Call");
const CALL_DELIVERED: Event = event!("CallDelivered", 2, "Call");
const CALL_CONNECTED: Event = event!("CallConnected", 2, "Call");
const CALL_ESTABLISHED: Event = event!("CallEstablished", 2, "Call");
const CALL_CLEARED: Event = event!("CallCleared", 2, "Call");
const CALL_END: Event = event!("CallEnd", 2, "Call");
const CALL_COMPLETED: Event = event!("CallCompleted", 2, "Call");
const ROUTE_REQUEST: Event = event!("RouteRequest", 3, "Route");
const ROUTE_USED: Event = event!("RouteUsed", 3, "Route");

/// Writes the event if the session wants it.
fn publish_event(
    session: &Session,
    event: Event,
    agent: i64,
    service: i64,
    publish: &mut impl FnMut(Bytes),
    fill: impl FnOnce(&mut Out),
) {
    if !session.classes[event.class] {
        return;
    }
    let mut out = Out(Vec::with_capacity(4096));
    out.text(event.open);
    out.int(agent);
    out.text(event.middle);
    out.int(0);
    out.text("</d4p1:RequestId><d4p1:ServiceId>");
    out.int(service);
    out.text("</d4p1:ServiceId><d4p1:SiteId>0</d4p1:SiteId><d4p1:SwitchId>1</d4p1:SwitchId><d4p1:TenantId>");
    out.int(session.tenant);
    out.text("</d4p1:TenantId>");
    fill(&mut out);
    out.text("</ctiEvent></PublishCTIEvent></s:Body></s:Envelope>");
    publish(out.0.into());
}

struct Out(Vec<u8>);

impl Out {
    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn int(&mut self, number: i64) {
        self.text(itoa::Buffer::new().format(number));
    }

    fn member(&mut self, name: &str, text: &str) {
        self.text("<d4p1:");
        self.text(name);
        self.text(">");
        self.escaped(text);
        self.text("</d4p1:");
        self.text(name);
        self.text(">");
    }

    fn escaped(&mut self, text: &str) {
        let plain = |byte: u8| byte >= b' ' && !matches!(byte, b'&' | b'<' | b'>' | 0xef);
        if text.bytes().all(plain) {
            return self.text(text);
        }
        for c in text.chars() {
            match c {
                '&' => self.text("&amp;"),
                '<' => self.text("&lt;"),
                '>' => self.text("&gt;"),
                '\r' => self.text("&#xD;"),
                '\t' | '\n' => self.0.push(c as u8),
                '\0'..' ' | '\u{fffe}' | '\u{ffff}' => self.text("\u{fffd}"),
                c => self.text(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn call_head(&mut self, call: &Call) {
        self.text("<d4p1:CallId>");
        self.int(call.id);
        self.text("</d4p1:CallId><d4p1:CallOriginatingSiteId>0</d4p1:CallOriginatingSiteId><d4p1:CallSequenceId>");
        self.int(call.pbx);
        self.text("</d4p1:CallSequenceId>");
    }

    fn call_type(&mut self, call: &Call) {
        self.text("<d4p1:CallType>");
        self.text(match (call.acd, call.outbound) {
            (true, _) => "InboundAcd",
            (false, true) => "OutboundMakecall",
            (false, false) => "InboundDid",
        });
        self.text("</d4p1:CallType>");
    }

    fn call_info(&mut self, call: &Call) {
        self.text("<d4p1:CallInfo>");
        self.member("ANI", &call.ani);
        self.call_data(call);
        self.member("CallerId", &call.ani);
        self.member("DNIS", &call.dnis);
        self.text("<d4p1:FirstName i:nil=\"true\" />");
        match call.caller.is_empty() {
            true => self.text("<d4p1:LastName i:nil=\"true\" />"),
            false => self.member("LastName", &call.caller),
        }
        self.text("<d4p1:PhoneNumber i:nil=\"true\" /></d4p1:CallInfo>");
    }

    /// Twenty items, whatever there is.
    fn call_data(&mut self, call: &Call) {
        self.text("<d4p1:CallData>");
        for (key, value) in call.data.iter().take(20) {
            self.text("<d4p1:CTICallDataItem>");
            self.member("key", key);
            self.member("value", value);
            self.text("</d4p1:CTICallDataItem>");
        }
        for _ in call.data.len()..20 {
            self.text("<d4p1:CTICallDataItem><d4p1:key></d4p1:key><d4p1:value></d4p1:value></d4p1:CTICallDataItem>");
        }
        self.text("</d4p1:CallData>");
    }
}
