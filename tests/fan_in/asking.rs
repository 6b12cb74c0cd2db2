//! What applications ask, and which platform must hear of it.

use std::collections::BTreeSet;

use cti_bridge::{dialect::event_feed::digest, wire::soap};
use serde_json::{Value, json};

use crate::{
    assembly::CRM_PASSWORD,
    drive::{connect_crm, crm_says, desk_posts},
    office::{CRM, Cause, DESK, Kind, Life, Office, STEP},
    stories::{AGENTS, GROUP, login_number},
};

/// What an application asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    NotReady,
    Answer,
    HangUp,
    Hold,
    Conference,
    LogIn,
}

impl Ask {
    pub const ALL: [Ask; 6] = [Ask::NotReady, Ask::Answer, Ask::HangUp, Ask::Hold, Ask::Conference, Ask::LogIn];
}

impl Office {
    pub fn open_desk(&mut self) {
        let open = "<ClientCallbackURL>http://127.0.0.1:1/</ClientCallbackURL><TenantIds><int>1</int></TenantIds>\
                    <UserCredentials><Password>desk-pass-91</Password><UserName>Test01</UserName></UserCredentials>";
        self.post("OpenConnection", open);
        for class in ["Agent", "Call", "Route", "System"] {
            self.post("AddMessageClass", &format!("<MessageClass>EventCategory{class}</MessageClass>"));
        }
        self.post("OnLine", "");
    }

    fn post(&mut self, operation: &str, args: &str) {
        let of_session = "<SessionId>session</SessionId><TenantId>1</TenantId>";
        let session = if operation == "OpenConnection" { "" } else { of_session };
        let args = format!("{args}{session}");
        let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
        desk_posts(&mut self.bridge, self.now, &body);
        self.perform();
    }

    pub fn open_crm(&mut self) {
        let digest = digest(CRM_PASSWORD);
        connect_crm(&mut self.bridge, self.now);
        self.send(json!({ "message": "authenticate", "user": "crm", "password": digest }));
        let all = json!(["*"]);
        let types = ["entity", "agent-activity", "call-activity"];
        let records: Vec<Value> = types.iter().map(|ty| json!(["ecc", ty, all])).collect();
        self.send(json!({ "message": "subscribe-events", "subscribe": records }));
    }

    fn send(&mut self, mut request: Value) {
        self.requests += 1;
        request["request-id"] = self.requests.into();
        crm_says(&mut self.bridge, self.now, &request.to_string());
        self.perform();
    }

    /// Both applications ask who and what is there: it is what both platforms say.
    pub fn snapshot(&mut self) {
        self.cause = Cause::Asked { crossing: false };
        self.names.clear();
        self.snapshot.clear();
        self.requests += 1;
        let types = ["AgentInfo", "CallInfo", "ServiceInfo"].map(|ty| format!("<CTIEntityType>{ty}</CTIEntityType>"));
        let args = format!("<RequestId>{}</RequestId><EntityType>{}</EntityType>", self.requests, types.concat());
        self.post("Snapshot", &args);
        self.send(json!({ "message": "subscribe-events", "subscribe": [["ecc", "entity", ["*"]]] }));
        for platform in 0..2 {
            let shift = STEP * platform as i64;
            if self.is_up(platform) {
                for agent in AGENTS {
                    assert!(self.snapshot.contains(&("agent", agent + shift)), "{agent} {:?}", self.snapshot);
                }
                assert!(self.snapshot.contains(&("service", GROUP + shift)), "{:?}", self.snapshot);
            }
            // A platform keeps its calls and agents while it is not connected.
            for agent in AGENTS {
                assert!(self.snapshot.contains(&("crm agent", agent + shift)), "{agent} {:?}", self.snapshot);
            }
            assert!(self.snapshot.contains(&("crm group", GROUP + shift)), "{:?}", self.snapshot);
            for life in self.platforms[platform].lives.iter().filter(|life| life.known) {
                let id = self.told[DESK].ids[&(platform, life.number)];
                assert!(self.snapshot.contains(&("call", id)), "{id} {:?}", self.snapshot);
            }
        }
    }

    /// Agents and services of both platforms by name, with their ids at both applications.
    pub fn names(mut self) -> BTreeSet<String> {
        self.snapshot();
        self.names
    }

    /// An application asks for something for an agent of a platform; the third of all calls is the other platform's.
    pub fn ask(
        &mut self,
        application: usize,
        ask: Ask,
        platform: usize,
        n: usize,
        mut random: impl FnMut(usize) -> usize,
    ) {
        // A feed has no word for these.
        let foreign = application == CRM && matches!(ask, Ask::Hold | Ask::Conference);
        let ask = if foreign { Ask::HangUp } else { ask };
        let agent = AGENTS[n % 2];
        let agent_id = agent + STEP * platform as i64;
        let crossing = n == 3 && !matches!(ask, Ask::NotReady | Ask::LogIn);
        let other = if crossing { 1 - platform } else { platform };
        let mut call = |platform: usize, known: &[Life]| {
            let known: Vec<&Life> = known.iter().filter(|life| life.known).collect();
            let life = known.get(random(known.len().max(1)))?;
            Some((life.number, *self.told[application].ids.get(&(platform, life.number))?))
        };
        let first = call(
            if ask == Ask::Conference { platform } else { other },
            match ask {
                Ask::Conference => &self.platforms[platform].lives,
                _ => &self.platforms[other].lives,
            },
        );
        let second = call(other, &self.platforms[other].lives);
        let needs = match ask {
            Ask::NotReady | Ask::LogIn => 0,
            Ask::Answer | Ask::HangUp | Ask::Hold => 1,
            Ask::Conference => 2,
        };
        if (needs > 0 && first.is_none()) || (needs > 1 && second.is_none()) {
            return;
        }
        let ((call, call_id), (_, second_id)) = (first.unwrap_or_default(), second.unwrap_or_default());
        // The login name 77 is known on both: the first platform is meant.
        let number = login_number(platform, agent);
        let meant = if application == DESK && ask == Ask::LogIn && number == "77" { 0 } else { platform };
        self.cause = Cause::Asked { crossing };
        self.told[application].heard.clear();
        if application == DESK {
            let (operation, args) = match ask {
                Ask::NotReady => ("SetAgentState", "<NewState>NotReady</NewState>".to_owned()),
                Ask::Answer => ("AcceptCall", format!("<CallId>{call_id}</CallId><AcceptCall>true</AcceptCall>")),
                Ask::HangUp => ("ClearCall", format!("<CallId>{call_id}</CallId>")),
                Ask::Hold => ("HoldCall", format!("<CallId>{call_id}</CallId>")),
                Ask::Conference => (
                    "ConferenceCall",
                    format!("<CallId>{call_id}</CallId><ConsultationCallId>{second_id}</ConsultationCallId>"),
                ),
                Ask::LogIn => {
                    ("LoginAgent", format!("<AgentLoginName>{number}</AgentLoginName><StationId>4099</StationId>"))
                }
            };
            let agent = if ask == Ask::LogIn { String::new() } else { format!("<AgentIdx>{agent_id}</AgentIdx>") };
            self.requests += 1;
            self.post(operation, &format!("<RequestId>{}</RequestId>{agent}{args}", self.requests));
        } else {
            let (what, with_call) = match ask {
                Ask::NotReady => ("release", false),
                Ask::Answer => ("answer", true),
                Ask::LogIn => ("login", false),
                _ => ("hangup", true),
            };
            let mut command = json!({ "message": "command", "sub-request-type": what, "agent-id": agent_id });
            if with_call {
                command["call-id"] = call_id.into();
            }
            if ask == Ask::LogIn {
                let group = if n >= 2 { (GROUP + STEP * platform as i64, 4) } else { (0, 0) };
                command["agent-number"] = number.clone().into();
                command["agent-extension"] = "4099".into();
                command["group-id"] = group.0.into();
                command["group-type"] = group.1.into();
            }
            self.send(command);
        }
        let failed = self.told[application]
            .heard
            .iter()
            .any(|(name, .., request)| *request == self.requests && (name.ends_with("Failed") || name == "command -1"));
        let orders: Vec<(usize, Value)> = (0..2)
            .flat_map(|place| std::mem::take(&mut self.platforms[place].orders).into_iter().map(move |o| (place, o)))
            .collect();
        let context = format!("{ask:?} by {application} for {agent_id}, call {call_id}, {orders:?}");
        if crossing {
            assert!(orders.is_empty() && failed, "nothing can be done across platforms: {context}");
            self.seen.insert("refused across".into());
            return;
        }
        // A feed cannot hold or join calls, and CCAS logs nobody on at a single group.
        let lacks = match self.platforms[meant].kind {
            Kind::Feed => matches!(ask, Ask::Hold | Ask::Conference),
            Kind::Ccas => ask == Ask::LogIn && application == CRM && n >= 2,
        };
        let expected = usize::from(self.is_up(meant) && !lacks);
        assert_eq!(orders.len(), expected, "{context}");
        assert!(failed || expected > 0, "{context}");
        for (place, order) in orders {
            assert_eq!(place, meant, "{context}");
            let args = if order["args"].is_null() { &order } else { &order["args"] };
            // The feed's log-on has its numbers in quotes.
            let int = |value: &Value| value.as_i64().or(value.as_str()?.parse().ok());
            let own = |keys: [&str; 2]| keys.iter().find_map(|key| int(&args[*key]));
            if let Some(given) = own(["agent-id", "lAgentRecID"]) {
                assert_eq!(given, agent, "{context}");
            }
            if let (Some(given), 1) = (own(["call-id", "lCallID"]), needs) {
                assert_eq!(given, call, "{context}");
            }
            if let Some(group) = int(&args["group-id"]) {
                assert!([0, GROUP].contains(&group), "{context}");
            }
            let name = order["call"].as_str().or(order["sub-request-type"].as_str()).unwrap();
            self.seen.insert(format!("order {name}"));
        }
    }
}
