//! The story of a desk with nobody at it: two customers call, one of them is transferred.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Happened, Office, PEOPLE, start};
use crate::{
    mapping::Mappings,
    sim::{
        agent::AgentProgram,
        site::BEN_STATION,
        stage::{Look, Stage},
    },
};

/// The site's waits are so many times shorter than in life.
const PACE: u32 = 8;
/// The longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

const LEGEND: [&str; 2] = [
    "→  the desk hears an event, or the result of a method   ←  somebody calls a method",
    "What stands on the left is CCAS's; the words on the right are AgentClient's.",
];

/// States of a call (guide, ICall).
const OFFERED: i64 = 3;
const CONNECTED: i64 = 6;
const HELD: i64 = 8;
const IDLE: i64 = 1;
const CLERICAL: i64 = 99;

pub async fn play(mappings: &Mappings, look: Look, print: fn(&str)) -> Result<(), String> {
    let running = start(mappings, "demo", "http://localhost").await?;
    let office = Office::connect(&running, PACE).await?;
    let desk = AgentProgram::greet(running.applications[0], "demo").await.map_err(|error| error.to_string())?;
    let mut story = Story { office, desk, stage: Stage::new(print, look, PEOPLE) };
    story.stage.title("MiCC Enterprise Agent Service (CCAS)", "a desk that was written for AgentClient", &LEGEND);
    let told = timeout(PATIENCE, story.tell()).await.unwrap_or_else(|_| Err("the story came to a halt".to_owned()));
    drop(story);
    running.stop().await;
    told
}

/// Both sides, and the stage that shows them.
struct Story {
    office: Office,
    desk: AgentProgram,
    stage: Stage,
}

impl Story {
    async fn tell(&mut self) -> Result<(), String> {
        self.stage.chapter("The desk opens: it shows its agent");
        self.wait("the agent", |event| event["UserInformation"]["LoggedOn"] == 1).await?;

        self.stage.chapter("Ann is ready; a customer calls, and she answers");
        self.ask("SetReadyStatus", json!({ "Status": true })).await?;
        let call = self.wait_for(OFFERED).await?;
        self.ask("AnswerCall", json!({ "CallID": call })).await?;
        self.wait_for(CONNECTED).await?;

        self.stage.chapter("She asks Ben, and transfers the customer to him");
        self.ask("HoldActiveCall", json!({})).await?;
        self.wait_for(HELD).await?;
        self.ask("MakeCall", json!({ "Number": BEN_STATION, "UseNumberTranslation": false })).await?;
        self.wait_for(CONNECTED).await?;
        self.ask("TransferCall", json!({ "CallID": call })).await?;
        let call = self.wait_for(CLERICAL).await?;
        self.finish(call).await?;

        self.stage.chapter("The next customer: hold, retrieve, hang up");
        let call = self.wait_for(OFFERED).await?;
        self.ask("AnswerCall", json!({ "CallID": call })).await?;
        self.wait_for(CONNECTED).await?;
        self.ask("HoldActiveCall", json!({})).await?;
        self.wait_for(HELD).await?;
        self.ask("RetrieveCall", json!({ "CallID": call })).await?;
        self.wait_for(CONNECTED).await?;
        self.ask("HangupCall", json!({ "CallID": call })).await?;
        let call = self.wait_for(CLERICAL).await?;

        self.stage.chapter("What CCAS cannot do is refused with a reason");
        self.call("StartRecording", json!({ "AgentID": 40, "AllCalls": true }), false).await?;
        self.finish(call).await?;
        self.ask("SetReadyStatus", json!({ "Status": false, "ReasonID": 2 })).await?;
        self.stage.chapter("That was all. To sit at the desk yourself: cti-bridge demo desktop");
        Ok(())
    }

    /// Files the call, and ends the work after it.
    async fn finish(&mut self, call: i64) -> Result<(), String> {
        let code = json!({ "MediaType": 2, "CallID": call, "Codes": [{ "Code": "1" }] });
        self.ask("EnterCQCodes", code).await?;
        self.ask("CancelClerical", json!({ "CallID": call })).await?;
        self.wait_for(IDLE).await.map(drop)
    }

    /// Calls a method that is taken.
    async fn ask(&mut self, method: &str, args: Value) -> Result<(), String> {
        self.call(method, args, true).await
    }

    /// Calls a method, and waits for its result, which should be this.
    async fn call(&mut self, method: &str, args: Value, taken: bool) -> Result<(), String> {
        self.stage.row("", &format!("← {method} {}", args.to_string().replace('"', "")));
        let id = self.desk.call(method, args).await.map_err(|error| error.to_string())?;
        let answer = self.wait(method, |frame| frame["id"] == id).await?;
        if answer["out"]["Result"] == taken { Ok(()) } else { Err(format!("{method} was answered by {answer}")) }
    }

    /// Waits until a call is in this state. Returns its id.
    async fn wait_for(&mut self, state: i64) -> Result<i64, String> {
        let event = self.wait(&format!("state {state}"), |event| event["Call"]["State"] == state).await?;
        event["Call"]["ID"].as_i64().ok_or_else(|| format!("a call without an id: {event}"))
    }

    /// Lets both sides go on until the desk hears what is awaited.
    async fn wait(&mut self, awaited: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value, String> {
        loop {
            tokio::select! {
                happened = self.office.next() => match happened.map_err(|error| error.to_string())? {
                    Happened::Event(event) => self.stage.row(&describe(&event), ""),
                    Happened::Method { method, error } => {
                        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
                        self.stage.row(&format!("← {method}{error}"), "");
                    }
                },
                frame = self.desk.hear() => {
                    let frame = frame.map_err(|error| format!("waiting for {awaited}: {error}"))?;
                    // What the agent is able to do is the mirror's business.
                    if frame["type"] != "AgentAbilities" {
                        self.stage.row("", &format!("→ {}", show(&frame)));
                    }
                    if is_it(&frame) {
                        return Ok(frame);
                    }
                }
            }
        }
    }
}

/// An event of CCAS as a readable text.
pub fn describe(event: &Value) -> String {
    let keys =
        ["RecID", "CallID", "HeldCallID", "ActiveCallID", "Name", "OppositePartyNumber", "ReasonID", "CQCodeList"];
    let values = keys.iter().filter_map(|key| event.get(*key).map(|value| format!(" {key}={value}").replace('"', "")));
    event["type"].as_str().unwrap_or("?").to_owned() + &values.collect::<String>()
}

/// A frame that the desk hears as a readable text.
fn show(frame: &Value) -> String {
    if let Some(id) = frame.get("id") {
        if let Some(failed) = frame["type"].as_str() {
            return format!("{failed} (call {id}): {}", frame["error"].as_str().unwrap_or_default());
        }
        let error = frame["error"].as_str().map(|error| format!(": {error}")).unwrap_or_default();
        return format!("{} (call {id}){error}", frame["out"]["Result"]);
    }
    let mut text = frame["type"].as_str().unwrap_or("?").to_owned();
    let (call, user) = (&frame["Call"], &frame["UserInformation"]);
    for (record, keys) in [(call, ["ID", "State", "PhoneNumber"]), (user, ["UserName", "LoggedOn", "ReadyStatus"])] {
        let values =
            keys.iter().filter_map(|key| record.get(*key).map(|value| format!(" {key}={value}").replace('"', "")));
        text.extend(values);
    }
    text
}
