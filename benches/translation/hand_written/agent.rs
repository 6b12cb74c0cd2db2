//! Agents: who they are, at which station, and the state that was told last.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    HandWritten,
    event::{AGENT_LOGIN, AGENT_STATE, publish_event},
    frame::{AGENT, Device, Frame, GROUP},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Unknown,
    Idle,
    PendingActive,
    Active,
    Wrap,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Unknown => "INVALID",
            State::Idle => "Idle",
            State::PendingActive => "PendingActive",
            State::Active => "Active",
            State::Wrap => "Wrap",
        }
    }
}

pub struct Agent {
    pub number: String,
    pub station: String,
    pub services: SmallVec<[i64; 4]>,
    pub ready: bool,
    pub wraps: SmallVec<[usize; 2]>,
    pub calls: SmallVec<[usize; 2]>,
    pub told: State,
}

impl HandWritten {
    /// The agent that a device is, by id or by station.
    pub fn agent_of(&self, device: &Device) -> Option<i64> {
        if device.kind == AGENT && device.id != 0 {
            return Some(device.id);
        }
        let digits: SmallVec<[u8; 24]> = device.number.bytes().filter(u8::is_ascii_digit).collect();
        std::str::from_utf8(&digits).ok().and_then(|digits| self.stations.get(digits)).copied()
    }

    pub fn agent_login(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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

    pub fn agent_idle(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(agent) = self.agents.get_mut(&frame.agent_id) else { return };
        agent.ready = true;
        for place in std::mem::take(&mut agent.wraps) {
            self.wrapped_up(place, frame.agent_id, publish);
        }
        self.tell_state(frame.agent_id, State::Idle, None, publish);
    }

    pub fn tell_state(&mut self, id: i64, state: State, call: Option<usize>, publish: &mut impl FnMut(Bytes)) {
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
