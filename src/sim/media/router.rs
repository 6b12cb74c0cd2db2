//! A simulated router: service groups, agents and a queue. It carries out the Open Media Service's requests and reports
//! their states. Its user decides which agent gets which request.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The state of a request, named as in the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Allocated,
    Handling,
    Completed,
    Failed,
    Cancelled,
}

impl State {
    pub fn is_over(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Cancelled)
    }
}

#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub tenant: i64,
    pub open: bool,
}

#[derive(Debug, Clone)]
pub struct Agent {
    pub id: i64,
    pub logon: String,
    pub tenant: i64,
    pub logged_on: bool,
}

/// A request in the router.
#[derive(Debug)]
pub struct Request {
    pub state: State,
    pub group: i64,
    pub agent: Option<Agent>,
    /// The members of AddRequest, with later modifications.
    pub given: Value,
    /// The place in the queue, least first: priority, then the start of waiting, then the number.
    rank: (i64, u64, i64),
}

#[derive(Debug, Default)]
pub struct Router {
    pub groups: BTreeMap<i64, Group>,
    pub agents: Vec<Agent>,
    pub disabled_tenants: Vec<i64>,
    pub requests: BTreeMap<i64, Request>,
    pub options: Vec<Value>,
    /// Without licences, no request is added or changed.
    pub unlicensed: bool,
    next: i64,
    /// Status updates that were not polled yet.
    updates: Vec<Value>,
}

/// The estimated waiting time of each place in a queue, in seconds.
const SECONDS_EACH: i64 = 5;
/// The priority of a request without one: after all others.
const NO_PRIORITY: i64 = 101;

fn int(given: &Value, label: &str) -> i64 {
    given[label].as_i64().unwrap_or(0)
}

fn text<'v>(given: &'v Value, label: &str) -> &'v str {
    given[label].as_str().unwrap_or_default()
}

fn fault(name: &str, message: &str) -> Value {
    json!({ name: { "Message": message } })
}

impl Router {
    /// The first request gets the number after this one.
    pub fn starting_after(number: i64) -> Router {
        Router { next: number, ..Router::default() }
    }

    /// Carries out an operation: its members in, the answer out, as JSON. `now` is in milliseconds since 1970.
    pub fn ask(&mut self, now: u64, operation: &str, given: &Value) -> Value {
        let changes = !operation.starts_with("Get");
        if changes && self.unlicensed {
            return fault("NoLicenseFault", "no Open Media licence could be acquired");
        }
        let id = int(given, "OpenMediaID");
        match operation {
            "AddRequest" => self.add(now, given),
            "CancelRequest" => json!({ "CancelRequestResponse": { "Result": self.cancel(given) } }),
            "DivertRequest" => {
                let status = self.divert(now, given);
                json!({ "DivertRequestResponse": { "RequestStatus": status, "OpenMediaID": id } })
            }
            "ModifyRequest" => json!({ "ModifyRequestResponse": { "Result": self.modify(given) } }),
            "SetOptions" => {
                self.options.push(given.clone());
                json!({ "SetOptionsResponse": { "Result": true } })
            }
            "GetOpenMediaRequestStatusByID" => {
                let id = int(given, "openMediaID");
                match self.requests.contains_key(&id) {
                    true => {
                        json!({ "GetOpenMediaRequestStatusByIDResponse": { "OpenMediaRequests": [self.status(id)] } })
                    }
                    false => fault("InvalidOpenMediaIDFault", "no such request"),
                }
            }
            "GetServiceGroupStatus" => match self.groups.get(&int(given, "serviceGroupID")) {
                Some(group) => {
                    let id = int(given, "serviceGroupID");
                    json!({ "GetServiceGroupStatusResponse": { "ServiceGroupID": id, "Open": group.open } })
                }
                None => fault("InvalidDataException", "no Open Media service group"),
            },
            "GetAllOpenMediaServiceGroupStatus" => self.groups_of(int(given, "tenantID")),
            _ => fault("InvalidDataException", "the router does not know this"),
        }
    }

    fn groups_of(&self, tenant: i64) -> Value {
        let of_tenant = |group: &&Group| tenant == -1 || group.tenant == tenant;
        if self.disabled_tenants.contains(&tenant) || !self.groups.values().any(|group| of_tenant(&group)) {
            return fault("InvalidDataException", "no such tenant, or a disabled one");
        }
        let mine = self.groups.iter().filter(|(_, group)| of_tenant(group));
        let status: Vec<Value> = mine.map(|(id, group)| json!({ "ServiceGroupID": id, "Open": group.open })).collect();
        json!({ "GetAllOpenMediaServiceGroupStatusResponse": { "Status": status } })
    }

    /// The group that a request names, or the RequestStatus that tells why it may not go there.
    fn group_named(&self, given: &Value) -> Result<i64, &'static str> {
        let (id, name, tenant) =
            (int(given, "ServiceGroupID"), text(given, "ServiceGroupName"), int(given, "TenantID"));
        let found = match id {
            0 => self.groups.iter().find(|(_, group)| group.name == name && (group.tenant == tenant || tenant == -1)),
            id => self.groups.get_key_value(&id),
        };
        let (id, group) = found.ok_or("InvalidServiceGroup")?;
        if self.disabled_tenants.contains(&group.tenant) {
            return Err("TenantDisabled");
        }
        if group.open { Ok(*id) } else { Err("ServiceGroupClosed") }
    }

    fn add(&mut self, now: u64, given: &Value) -> Value {
        let refused = |status: &str| json!({ "AddRequestResponse": { "RequestStatus": status } });
        let group = match self.group_named(given) {
            Ok(group) => group,
            Err(status) => return refused(status),
        };
        let preferred = self.preferred(given);
        if preferred.is_some_and(|agent| !agent.logged_on) && given["ForceToPreferredAgent"] == true {
            return refused("PreferredAgentLoggedOff");
        }
        self.next += 1;
        let id = self.next;
        let since = crate::time::parse_since(text(given, "QueueStartTime")).filter(|since| *since < now);
        let priority = match (since, int(given, "SessionPriority")) {
            (None, priority) if priority > 0 => priority,
            _ => NO_PRIORITY,
        };
        let rank = (priority, since.unwrap_or(now), id);
        self.requests.insert(id, Request { state: State::Queued, group, agent: None, given: given.clone(), rank });
        self.queue_moved(group);
        let position = self.position(id);
        let wait = (position - 1).max(0) * SECONDS_EACH;
        json!({ "AddRequestResponse": {
            "RequestStatus": "Success", "OpenMediaID": id, "QueuePosition": position, "EWT": wait,
        } })
    }

    /// The preferred agent of a request. A record id takes precedence over a logon id.
    fn preferred(&self, given: &Value) -> Option<&Agent> {
        let (id, logon) = (int(given, "PreferredAgentID"), text(given, "PreferredAgentLogonID"));
        self.agents.iter().find(|agent| if id != 0 { agent.id == id } else { agent.logon == logon })
    }

    fn cancel(&mut self, given: &Value) -> bool {
        let id = int(given, "OpenMediaID");
        let Some(request) = self.requests.get_mut(&id).filter(|request| !request.state.is_over()) else { return false };
        match request.state {
            State::Allocated | State::Handling if given["CancelIfAllocated"] != true => return false,
            // An answered request counts as completed.
            State::Handling => request.state = State::Completed,
            State::Queued | State::Allocated | State::Completed | State::Failed | State::Cancelled => {
                request.state = State::Cancelled;
            }
        }
        self.changed(id);
        true
    }

    fn divert(&mut self, now: u64, given: &Value) -> &'static str {
        let id = int(given, "OpenMediaID");
        let group = match self.group_named(given) {
            Ok(group) => group,
            Err(status) => return status,
        };
        let Some(request) = self.requests.get_mut(&id).filter(|request| !request.state.is_over()) else {
            return "GeneralError";
        };
        let from = std::mem::replace(&mut request.group, group);
        (request.state, request.agent, request.rank.1) = (State::Queued, None, now);
        self.queue_moved(from);
        self.changed(id);
        "Success"
    }

    fn modify(&mut self, given: &Value) -> bool {
        let Some(request) = self.requests.get_mut(&int(given, "OpenMediaID")) else { return false };
        if request.state != State::Queued {
            return false;
        }
        let mut items = request.given["IVRInfo"].as_array().cloned().unwrap_or_default();
        for item in given["IVRInfo"].as_array().into_iter().flatten() {
            match items.iter_mut().find(|known| known["Label"] == item["Label"]) {
                Some(known) => *known = item.clone(),
                None => items.push(item.clone()),
            }
        }
        request.given["IVRInfo"] = items.into();
        if given["PrivateData"].is_string() {
            request.given["PrivateData"] = given["PrivateData"].clone();
        }
        true
    }

    // ── agents ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The next request of these groups for a ready agent, without requests that only another agent may get.
    pub fn next_for(&self, logon: &str, groups: &[i64]) -> Option<i64> {
        let fits = |request: &Request| {
            let forced = request.given["ForceToPreferredAgent"] == true;
            let preferred = self.preferred(&request.given);
            request.state == State::Queued
                && groups.contains(&request.group)
                && (!forced || preferred.is_none_or(|agent| agent.logon == logon))
        };
        let waiting = self.requests.iter().filter(|(_, request)| fits(request));
        waiting.min_by_key(|(_, request)| request.rank).map(|(id, _)| *id)
    }

    /// Gives a request to an agent, or moves it on there. Returns false if there is no such open request.
    pub fn set(&mut self, id: i64, state: State, logon: Option<&str>) -> bool {
        let agent = logon.and_then(|logon| self.agents.iter().find(|agent| agent.logon == logon).cloned());
        let Some(request) = self.requests.get_mut(&id).filter(|request| !request.state.is_over()) else { return false };
        request.state = state;
        request.agent = agent.or(request.agent.take()).filter(|_| !matches!(state, State::Queued | State::Failed));
        self.changed(id);
        true
    }

    /// Removes everything, as after a restart. Numbers continue.
    pub fn clear(&mut self) {
        self.requests.clear();
        self.updates.clear();
    }

    // ── how requests fare ─────────────────────────────────────────────────────────────────────────────────────────────

    /// The place of a request in its queue, from 1; or 0 if it is not in a queue.
    fn position(&self, id: i64) -> i64 {
        let Some(own) = self.requests.get(&id).filter(|request| request.state == State::Queued) else { return 0 };
        let before = |request: &&Request| {
            request.state == State::Queued && request.group == own.group && request.rank < own.rank
        };
        1 + self.requests.values().filter(before).count() as i64
    }

    fn status(&self, id: i64) -> Value {
        let Some(request) = self.requests.get(&id) else { return Value::Object(Map::new()) };
        let has_agent = matches!(request.state, State::Allocated | State::Handling | State::Completed);
        let agent = request.agent.as_ref().filter(|_| has_agent);
        json!({
            "ID": id,
            "Status": format!("{:?}", request.state),
            "AgentID": agent.map_or(0, |agent| agent.id),
            "TenantID": agent.map_or(0, |agent| agent.tenant),
            "LogonID": agent.map_or("", |agent| agent.logon.as_str()),
            "ServiceGroupID": request.group,
            "QueuePosition": self.position(id),
        })
    }

    fn changed(&mut self, id: i64) {
        self.updates.push(self.status(id));
        if let Some(group) = self.requests.get(&id).map(|request| request.group) {
            self.queue_moved(group);
        }
    }

    /// Reports the new places in a queue.
    fn queue_moved(&mut self, group: i64) {
        let waits = |request: &Request| request.state == State::Queued && request.group == group;
        let waiting: Vec<i64> = self.requests.iter().filter(|(_, request)| waits(request)).map(|(id, _)| *id).collect();
        let moved: Vec<Value> = waiting.into_iter().map(|id| self.status(id)).collect();
        self.updates.extend(moved);
    }

    /// The status updates since the last poll, as the answer to a poll.
    pub fn take_updates(&mut self) -> Option<Value> {
        let updates = std::mem::take(&mut self.updates);
        (!updates.is_empty()).then(|| json!({ "GetOpenMediaRequestsByTimeResponse": { "OpenMediaRequests": updates } }))
    }
}
