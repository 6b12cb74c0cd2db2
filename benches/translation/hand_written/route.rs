//! A call that asks for a route, and the route that it takes.

use bytes::Bytes;

use super::{
    HandWritten,
    event::{ROUTE_REQUEST, ROUTE_USED, publish_event},
    frame::{AGENT, Frame, GROUP},
};

impl HandWritten {
    pub fn route_request(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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

    pub fn routed(&mut self, frame: &Frame, publish: &mut impl FnMut(Bytes)) {
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
}
