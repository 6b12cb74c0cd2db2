//! The events' texts: what stands around the values of each, and the members that several share.

use bytes::Bytes;

use super::call::Call;

/// The one session: its tenant, and the classes that it registered for.
pub struct Session {
    pub tenant: i64,
    pub classes: [bool; 5],
}

/// The text of one class of events up to the agent's id, and from there to the request's.
pub struct Event {
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

pub const AGENT_LOGIN: Event = event!("AgentLoginStateChange", 1, "Agent");
pub const AGENT_STATE: Event = event!("AgentStateChange", 1, "Agent");
pub const CALL_STARTED: Event = event!("CallStarted", 2, "Call");
pub const CALL_OFFERED: Event = event!("CallOffered", 2, "Call");
pub const CALL_DELIVERED: Event = event!("CallDelivered", 2, "Call");
pub const CALL_CONNECTED: Event = event!("CallConnected", 2, "Call");
pub const CALL_ESTABLISHED: Event = event!("CallEstablished", 2, "Call");
pub const CALL_CLEARED: Event = event!("CallCleared", 2, "Call");
pub const CALL_END: Event = event!("CallEnd", 2, "Call");
pub const CALL_COMPLETED: Event = event!("CallCompleted", 2, "Call");
pub const ROUTE_REQUEST: Event = event!("RouteRequest", 3, "Route");
pub const ROUTE_USED: Event = event!("RouteUsed", 3, "Route");

/// Writes the event if the session wants it.
pub fn publish_event(
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
pub struct Out(Vec<u8>);

impl Out {
    pub fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn int(&mut self, number: i64) {
        self.text(itoa::Buffer::new().format(number));
    }

    pub fn member(&mut self, name: &str, text: &str) {
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

    pub fn call_head(&mut self, call: &Call) {
        self.text("<d4p1:CallId>");
        self.int(call.id);
        self.text("</d4p1:CallId><d4p1:CallOriginatingSiteId>0</d4p1:CallOriginatingSiteId><d4p1:CallSequenceId>");
        self.int(call.pbx);
        self.text("</d4p1:CallSequenceId>");
    }

    pub fn call_type(&mut self, call: &Call) {
        self.text("<d4p1:CallType>");
        self.text(match (call.acd, call.outbound) {
            (true, _) => "InboundAcd",
            (false, true) => "OutboundMakecall",
            (false, false) => "InboundDid",
        });
        self.text("</d4p1:CallType>");
    }

    pub fn call_info(&mut self, call: &Call) {
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
    pub fn call_data(&mut self, call: &Call) {
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
