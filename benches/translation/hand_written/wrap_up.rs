//! The work after a call, and the call's end, which waits for it.

use bytes::Bytes;

use super::{
    HandWritten,
    agent::State,
    event::{CALL_COMPLETED, CALL_END, publish_event},
    frame::Frame,
};

impl HandWritten {
    pub fn completed(&self, place: usize, publish: &mut impl FnMut(Bytes)) {
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

    pub fn agent_wrap(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(place) = self.find(frame) else { return };
        self.leave(place, frame.agent_id, publish);
        let Some(agent) = self.agents.get_mut(&frame.agent_id) else { return };
        if !agent.wraps.contains(&place) {
            agent.wraps.push(place);
        }
        self.tell_state(frame.agent_id, State::Wrap, Some(place), publish);
    }

    pub fn wrap_ended(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let Some(place) = self.find(frame) else { return };
        self.call_mut(place).disposition = frame.wrapup_code_id;
        self.wrapped_up(place, frame.agent_id, publish);
    }

    pub fn wrapped_up(&mut self, place: usize, agent: i64, publish: &mut impl FnMut(Bytes)) {
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
}
