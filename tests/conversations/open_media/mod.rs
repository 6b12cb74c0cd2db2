//! The Open Media Service's side of the dialect: clients, the service and its router on a virtual clock, and the embedded
//! service over a socket.

mod bridge;
mod limits;
mod patience;
mod requests;
mod served;
mod status;

use std::time::Duration;

use cti_bridge::{
    sim::media::{
        Office, Plan,
        client::{Client, Fault},
        router::State,
    },
    time::Time,
};
use serde_json::{Value, json};

/// 2026-11-20 10:00:00 UTC.
pub const EPOCH: u64 = 1_795_168_800_000;

/// An office with two users, and the time that only this test passes.
pub struct World {
    pub office: Office,
    pub now: Time,
    pub anna: Client,
    pub other: Client,
}

pub fn world() -> World {
    let user = |name: &str| (name.to_owned(), format!("{name}-secret"));
    let plan = Plan { users: vec![user("web"), user("mail")], ..Plan::default() };
    World {
        office: Office::new(&plan, EPOCH),
        now: Time(0),
        anna: Client::new("web", "web-secret"),
        other: Client::new("mail", "mail-secret"),
    }
}

impl World {
    pub fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    pub fn call(&mut self, client: &Client, operation: &str, members: Value) -> Result<Value, Fault> {
        let body = client.body(operation, members);
        let reply = self.office.post(self.now, &body, None).expect("an answer");
        let answer = client.read(operation, &reply.body);
        assert_eq!(reply.status, if answer.is_ok() { 200 } else { 500 });
        answer
    }

    /// What the first user asks.
    pub fn ask(&mut self, operation: &str, members: Value) -> Result<Value, Fault> {
        let client = self.anna.clone();
        self.call(&client, operation, members)
    }

    /// The fault that the first user gets.
    pub fn fault(&mut self, operation: &str, members: Value) -> String {
        self.ask(operation, members).expect_err(operation).name
    }

    /// A request of the first user in a group; its id.
    pub fn add(&mut self, group: i64) -> i64 {
        let answer = self.ask("AddRequest", request(group)).unwrap();
        assert_eq!(answer["RequestStatus"], "Success");
        answer["OpenMediaID"].as_i64().unwrap()
    }

    pub fn set(&mut self, id: i64, state: State, logon: Option<&str>) {
        assert!(self.office.set(self.now, id, state, logon));
    }

    /// The latest update of a request.
    pub fn status(&mut self, id: i64) -> Value {
        let answer = self.ask("GetOpenMediaRequestStatusByID", json!({ "openMediaID": id })).unwrap();
        let updates = answer["OpenMediaRequests"].as_array().unwrap();
        assert_eq!(updates.len(), 1);
        updates[0].clone()
    }

    /// The statuses of an answer's updates, with their ids.
    pub fn statuses(answer: &Value) -> Vec<(i64, String)> {
        let updates = answer["OpenMediaRequests"].as_array().unwrap().iter();
        updates.map(|update| (update["ID"].as_i64().unwrap(), update["Status"].as_str().unwrap().to_owned())).collect()
    }
}

pub fn request(group: i64) -> Value {
    json!({ "ServiceGroupID": group, "IVRInfo": [{ "Label": "ANI", "Data": "5551234" }] })
}
