//! What applications are told, checked against what the platforms were made to say.

use std::collections::BTreeSet;

use cti_bridge::wire::xml::Element;
use serde_json::Value;

use super::{
    office::{CRM, Cause, DESK, Office, STEP},
    stories::{AGENTS, GROUP},
};

/// The platform that an agent's or a service's id belongs to, and its own number there.
fn native(id: i64) -> (usize, i64) {
    ((id / STEP) as usize, id % STEP)
}

fn text<'e>(element: &'e Element, name: &str) -> &'e str {
    element.child(name).map(|child| child.text.as_str()).unwrap_or_default()
}

fn number(element: &Element, name: &str) -> i64 {
    text(element, name).parse().unwrap_or(0)
}

impl Office {
    /// A CTIEvent for the desk.
    pub fn event(&mut self, event: &Element) {
        let name = text(event, "EventType");
        self.seen.insert(format!("event {name}"));
        let (call, agent) = (number(event, "CallId"), number(event, "AgentId"));
        self.told[DESK].heard.push((name.into(), call, agent, number(event, "RequestId")));
        if matches!(self.cause, Cause::Asked { crossing: true }) && name.ends_with("Failed") {
            return;
        }
        let switch = number(event, "SwitchId");
        assert!([1, 2].contains(&switch), "{event:?}");
        let owner = switch as usize - 1;
        if let Cause::Platform(platform, _) = self.cause {
            assert_eq!(owner, platform, "{event:?}");
        }
        for data in ["AgentData", "CallData", "ServiceData"].iter().filter(|_| name == "SnapShotUpdate") {
            let Some(data) = event.child(data).filter(|data| !data.children.is_empty()) else { continue };
            self.item(owner, data);
        }
        self.check_agent(owner, agent);
        self.check_service(owner, number(event, "ServiceId"));
        for child in event.children.iter().filter(|child| child.name.ends_with("CallId")) {
            self.check_call(DESK, owner, child.text.parse().unwrap_or(0), name == "CallStarted");
        }
        let info = event.child("CallInfo").unwrap_or(event);
        self.check_caller(DESK, owner, call, text(info, "ANI"));
    }

    fn item(&mut self, owner: usize, data: &Element) {
        let (agent, call, service) = (number(data, "AgentId"), number(data, "CallId"), number(data, "ServiceId"));
        match data.name.as_str() {
            "AgentData" => {
                self.check_agent(owner, agent);
                self.snapshot.insert(("agent", agent));
                self.names.insert(format!("{owner} {} is {agent}", text(data, "AgentLoginName")));
            }
            "CallData" => {
                self.check_call(DESK, owner, call, false);
                self.check_agent(owner, agent);
                self.check_service(owner, service);
                self.snapshot.insert(("call", call));
            }
            _ => {
                self.check_service(owner, service);
                self.snapshot.insert(("service", service));
                self.names.insert(format!("{owner} service {service}"));
            }
        }
    }

    /// A message for the feed's application.
    pub fn message(&mut self, message: &Value) {
        let name = message["message"].as_str().unwrap_or_default();
        let agent = ["agent-id", "joining-device-id"].iter().find_map(|key| message[*key].as_i64()).unwrap_or(0);
        let call = message["call-id"].as_i64().unwrap_or(0);
        let request = message["request-id"].as_i64().unwrap_or(0);
        let heard = if name == "command" { format!("command {}", message["result"]) } else { name.to_owned() };
        self.told[CRM].heard.push((heard, call, agent, request));
        self.seen.insert(format!("message {name}"));
        if request != 0 {
            return;
        }
        if name == "entity-snapshot" {
            for (list, kind) in [("agents", "crm agent"), ("groups", "crm group")] {
                for entity in message[list].as_array().into_iter().flatten() {
                    let quoted = entity["group-id"].as_str().and_then(|id| id.parse().ok());
                    let id = [entity["agent-id"].as_i64(), quoted, entity["group-id"].as_i64()];
                    let id = id.into_iter().flatten().next().unwrap();
                    let given = entity["agent-name"].as_str().or(entity["group-name"].as_str()).unwrap();
                    assert!(given.ends_with(&native(id).0.to_string()), "{entity}");
                    self.snapshot.insert((kind, id));
                    self.names.insert(format!("crm {given} is {id}"));
                }
            }
            return;
        }
        let mut owners = BTreeSet::new();
        owners_in(message, &mut owners);
        if let Some(guid) = message["guid"].as_str().and_then(|guid| guid.strip_prefix("guid-")) {
            owners.insert(guid[..1].parse().unwrap());
        }
        owners.extend(match self.cause {
            Cause::Platform(platform, _) => Some(platform),
            _ => self.told[CRM].owners.get(&call).map(|(owner, _)| *owner),
        });
        assert_eq!(owners.len(), 1, "told of one platform, with ids of another: {message}");
        let owner = *owners.first().unwrap();
        self.check_call(CRM, owner, call, matches!(self.cause, Cause::Platform(..)));
        let profile = message["call-table"][0]["call-profile"].as_array().into_iter().flatten();
        for item in profile.filter(|item| item["id"] == 2) {
            self.check_caller(CRM, owner, call, item["value"].as_str().unwrap());
        }
    }

    fn check_agent(&self, owner: usize, id: i64) {
        assert!(id == 0 || (native(id).0 == owner && AGENTS.contains(&native(id).1)), "agent {id} of {owner}");
    }

    fn check_service(&self, owner: usize, id: i64) {
        assert!(id == 0 || native(id) == (owner, GROUP), "service {id} of {owner}");
    }

    /// An id belongs to a call of the platform that is told of; a new one to nobody who still has it.
    fn check_call(&mut self, application: usize, owner: usize, id: i64, may_start: bool) {
        if id == 0 {
            return;
        }
        let told = &mut self.told[application];
        let known = told.owners.get(&id).copied();
        let caused = if let Cause::Platform(platform, Some(call)) = self.cause { Some((platform, call)) } else { None };
        if let (Some(call), true) = (caused, may_start)
            && known != Some(call)
        {
            assert!(known.is_none_or(|known| !told.ids.contains_key(&known)), "{id} is {known:?}, and {call:?}, too");
            told.owners.insert(id, call);
            if id != call.1 {
                self.seen.insert("minted".into());
            }
        }
        if let (Some(call), true) = (caused, may_start) {
            told.ids.insert(call, id);
        }
        let now = told.owners.get(&id).copied();
        assert_eq!(now.map(|(platform, _)| platform), Some(owner), "call {id}: {:?}", self.cause);
    }

    /// Who calls is who calls there.
    fn check_caller(&self, application: usize, owner: usize, id: i64, number: &str) {
        if let (Some(whose), true) = (number.strip_prefix("70"), id != 0) {
            let (platform, call) = self.told[application].owners[&id];
            assert_eq!((whose, platform), (format!("{platform}{call}").as_str(), owner), "call {id}");
        }
    }
}

/// The platforms that ids in a feed's message belong to.
fn owners_in(value: &Value, owners: &mut BTreeSet<usize>) {
    let Value::Object(fields) = value else {
        value.as_array().into_iter().flatten().for_each(|value| owners_in(value, owners));
        return;
    };
    for (key, value) in fields {
        let typed = key.strip_suffix("-type").filter(|_| matches!(value.as_i64(), Some(3 | 4)));
        let id = match (typed, key.as_str(), value.as_i64()) {
            (Some(device), ..) => fields.get(&format!("{device}-id")).and_then(Value::as_i64),
            (None, "type", Some(4)) => fields.get("id").and_then(Value::as_i64),
            (None, "agent-id" | "group-id" | "queued-group-internal-id", id) => id,
            _ => None,
        };
        owners.extend(id.filter(|id| *id != 0).map(|id| native(id).0));
        owners_in(value, owners);
    }
}
