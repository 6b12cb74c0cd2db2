//! A call's way through its parties, from the queue until everybody has left it.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    HandWritten, ID_GRACE, WRAP_GRACE,
    agent::State,
    call::PartyState,
    event::{CALL_CLEARED, CALL_CONNECTED, CALL_DELIVERED, CALL_ESTABLISHED, publish_event},
    frame::{Device, Frame},
};

impl HandWritten {
    pub fn queued(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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

    pub fn delivered(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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

    pub fn established(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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

    pub fn conn_cleared(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
        let device = Device { id: frame.device_out_id, kind: frame.device_out_type, number: &frame.device_out };
        let (Some(agent), Some(place)) = (self.agent_of(&device), self.find(frame)) else { return };
        self.note(place, frame);
        self.leave(place, agent, publish);
    }

    pub fn leave(&mut self, place: usize, agent: i64, publish: &mut impl FnMut(Bytes)) {
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

    pub fn call_cleared(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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
}
