//! What a Mitel Connect feed says, byte by byte as its guide's templates have it: their fields, in their order, NUL-framed.

/// A feed: it numbers its messages.
#[derive(Default)]
pub struct Feed {
    sequence: u32,
}

/// One agent: agent 1001 sits at station 4001.
#[derive(Clone, Copy)]
pub struct Agent(pub u32);

impl Agent {
    pub fn station(self) -> u32 {
        self.0 + 3000
    }

    fn device(self, name: &str) -> String {
        format!("\"{name}-id\":{},\"{name}-type\":3,\"{name}\":\"{}\"", self.0, self.station())
    }
}

fn guid(call: u32) -> String {
    format!("00030000-{call:04x}-5d4e-a1f7-00104924{:04x}", call >> 16)
}

fn caller(name: &str, call: u32) -> String {
    format!("\"{name}-id\":0,\"{name}-type\":5,\"{name}\":\"{}\"", number_of(call))
}

fn number_of(call: u32) -> u32 {
    5_550_000 + call % 10_000
}

impl Feed {
    /// A feed whose next message has this number.
    pub fn from(sequence: u32) -> Feed {
        Feed { sequence }
    }

    fn frame(&mut self, message: &str, head: &str, fields: &str) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let time = "2026-11-20 10:27:44";
        let comma = if fields.is_empty() { "" } else { "," };
        let text = format!(
            "{{\"version\":1,\"sequence\":{sequence},\"timestamp\":\"{time}\",{head}\"topic\":\"contact-center\",\
             \"message\":\"{message}\",\"sub-topic\":\"\"{comma}{fields}}}\0"
        );
        text.into_bytes()
    }

    fn activity(&mut self, message: &str, fields: &str) -> Vec<u8> {
        self.frame(message, "\"gmt\":\"2026-11-20 15:27:44\",", fields)
    }

    fn of_agent(&mut self, message: &str, agent: Agent, more: &str) -> Vec<u8> {
        self.activity(message, &format!("\"agent-id\":{},\"cause\":0{more}", agent.0))
    }

    fn of_call(&mut self, message: &str, call: u32, more: &str) -> Vec<u8> {
        let (guid, number) = (guid(call), number_of(call));
        self.activity(
            message,
            &format!(
                "\"call-id\":{call},\"pbx-call-id\":{},\"guid\":\"{guid}\",\"call-table\":[{{\"media\":1,\"call-type\":1,\
                 \"dnis\":\"8005550199\",\"group\":{{\"type\":4,\"id\":9}},\"call-profile\":[{{\"id\":42,\"value\":\
                 \"{guid}\"}},{{\"id\":2,\"value\":\"{number}\"}},{{\"id\":6,\"value\":\"Jane Doe\"}},{{\"id\":101,\
                 \"value\":\"gold\"}}],\"connections\":[{{\"device\":\"{number}\",\"state\":3}}]}}],\"acd-call\":true,\
                 \"cause\":0{more}",
                call + 50_000
            ),
        )
    }

    /// An agent logs on and is ready.
    pub fn arrive(&mut self, agent: Agent) -> Vec<u8> {
        let station = agent.station();
        let groups = format!(
            ",\"agent-number\":\"{}\",\"agent-ext\":\"{station}\",\"groups\":[{{\"type\":4,\"id\":9}}]",
            agent.0 - 924
        );
        let mut bytes = self.of_agent("agent-login", agent, &groups);
        bytes.extend(self.idle(agent));
        bytes
    }

    pub fn idle(&mut self, agent: Agent) -> Vec<u8> {
        self.of_agent("agent-idle", agent, "")
    }

    /// A call comes in, up to where it waits.
    pub fn queue(&mut self, call: u32) -> Vec<Vec<u8>> {
        vec![
            self.of_call("route-request", call, ",\"irn-id\":7,\"irn-device\":\"700\""),
            self.of_call(
                "routed",
                call,
                ",\"destination-internal-id\":9,\"destination-type\":4,\"destination-device\":\"\"",
            ),
            self.of_call("queued", call, ",\"queued-group-internal-id\":9,\"queued-group-type\":4"),
        ]
    }

    /// A call comes in, up to where it alerts at an agent.
    pub fn offer(&mut self, call: u32, agent: Agent) -> Vec<Vec<u8>> {
        let alerting = format!(",{},{}", agent.device("alerting-device"), caller("calling-device", call));
        let mut frames = self.queue(call);
        frames.push(self.of_call("delivered", call, &alerting));
        frames
    }

    pub fn establish(&mut self, call: u32, agent: Agent) -> Vec<u8> {
        let joining = format!(",{},{}", agent.device("joining-device"), caller("calling-device", call));
        self.of_call("established", call, &joining)
    }

    /// The agent hangs up, wraps up, and is ready again.
    pub fn finish(&mut self, call: u32, agent: Agent) -> Vec<Vec<u8>> {
        let of_call = format!(
            ",\"media-type\":1,\"call-id\":{call},\"tapi-call-id\":{},\"guid\":\"{}\",\"wrapup-code\":3",
            call + 50_000,
            guid(call)
        );
        let wrapped = format!(",\"agent-id\":{},\"wrapup-code-id\":3,\"wrapup-id-list\":[3]", agent.0);
        vec![
            self.of_call("conn-cleared", call, &format!(",{}", agent.device("device-out"))),
            self.of_agent("agent-wrap", agent, &of_call),
            self.of_call("call-cleared", call, ",\"abandoned-call\":false"),
            self.of_call("wrap-ended", call, &wrapped),
            self.idle(agent),
        ]
    }

    pub fn whole_call(&mut self, call: u32, agent: Agent) -> Vec<Vec<u8>> {
        let mut frames = self.offer(call, agent);
        frames.push(self.establish(call, agent));
        frames.extend(self.finish(call, agent));
        frames
    }

    /// Sixty fields of numbers about a group.
    pub fn statistics(&mut self) -> Vec<u8> {
        let mut fields = String::from(
            "\"group-id\":9,\"group-name\":\"Sales\",\"start-time\":\"2026-11-20 10:15:00\",\"interval-length\":15",
        );
        for (place, label) in STATISTICS.iter().enumerate() {
            fields += &format!(",\"{label}\":{}", place * 37 % 997);
        }
        self.frame("group-stats", "", &fields)
    }
}

/// With the six fields of every event and the group's own four: sixty.
const STATISTICS: [&str; 50] = [
    "queued-calls",
    "queued-calls-above-tasa",
    "current-avg-que-time",
    "current-max-que-time",
    "queued-sti-1",
    "queued-sti-2",
    "queued-sti-3",
    "queued-sti-4",
    "queued-sti-5",
    "queued-sti-6",
    "agents-logged-in",
    "agent-in-release",
    "agents-in-wrap-up",
    "agents-idle",
    "agents-on-acd",
    "agents-on-non-acd",
    "agents-talk-too-long",
    "current-max-talk-time",
    "tsf",
    "acd-in-calls",
    "answered-calls",
    "abandoned-calls",
    "avg-time-abandoned",
    "max-time-abandoned",
    "interflow-out",
    "avg-time-interflow",
    "max-time-interflow",
    "interflow-in",
    "rph",
    "avg-acd-talk-time",
    "max-configured-acd-talk-time",
    "interval-max-queue-time",
    "interval-avg-queue-time",
    "asa",
    "required-agents",
    "tasa",
    "accepted-calls",
    "overflowed-in-calls-answered",
    "calls-answered-before-tasa",
    "calls-answered-after-tasa",
    "total-talk-time",
    "total-wrap-up-time",
    "longest-acd-talk-time",
    "overflowed-in-calls-interflowed-out",
    "overflowed-in",
    "overflowed-in-calls-abandoned",
    "abandoned-within-tasa",
    "abandoned-after-tasa",
    "transferred-in-calls",
    "transferred-out-calls",
];
