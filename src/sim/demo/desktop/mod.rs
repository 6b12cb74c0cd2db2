//! The agent's desk: a web page that was written for AgentClient, in front of MiCC Enterprise, with customers who call
//! (`sim::site`). Somebody can sit at it, or the story plays it alone.

mod page;
mod story;

use std::{net::SocketAddr, time::Instant};

use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};

use crate::{
    mapping::Mappings,
    net::Running,
    sim::{
        relay::Relay,
        site::{ANN, ANN_LOGON, BEN, Site},
        stage::{Look, Person, Stage},
    },
    time::Time,
};
pub use story::play;

const CONFIGURATION: &str = r#"
store = ""
[platform.micc]
dialect = "ccas"
listen = "127.0.0.1:0"
token = "demo"
[application.pages]
dialect = "agent"
listen = "127.0.0.1:0"
agents = { AGENT = "TOKEN" }
origins = ["ORIGIN"]
platforms = ["micc"]
not_ready_reasons = { 1 = "Break", 2 = "Lunch", 3 = "Meeting" }
cq_codes = { 1 = "Order placed", 2 = "Question answered", 3 = "Call back" }
"#;

const PEOPLE: &[Person] = &[("RecID=", ANN, "Ann"), ("RecID=", BEN, "Ben")];

/// Serves the page and the site until it is stopped, and prints the page's address and what happens. The page is served at
/// `listen`; port 0 is any that is free.
pub async fn open(mappings: &Mappings, listen: SocketAddr, look: Look, print: fn(&str)) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let listener = TcpListener::bind(listen).await.map_err(|error| format!("{listen}: {error}"))?;
    let address = listener.local_addr().map_err(text)?;
    let token = uuid::Uuid::new_v4().simple().to_string();
    let origin = format!("http://{address}");
    let running = start(mappings, &token, &origin).await?;
    let page = page::serve(listener, running.applications[0]);
    let mut office = Office::connect(&running, 1).await?;
    let stage = Stage::new(print, look, PEOPLE);
    print("");
    print(&format!("  The desk:  {origin}/#token={token}"));
    print("");
    print("  Open it in a browser, become ready, and a customer calls. Ctrl-C ends the demo.");
    print("");
    stage.title("MiCC Enterprise (CCAS) says", "the desk does", &[]);
    let played = loop {
        match office.next().await {
            Ok(Happened::Event(event)) => stage.row(&story::describe(&event), ""),
            Ok(Happened::Method { method, error: None }) => stage.row("", &format!("← {method}")),
            Ok(Happened::Method { method, error: Some(error) }) => stage.row("", &format!("← {method}: {error}")),
            Err(error) => break Err(error.to_string()),
        }
    };
    drop(page);
    running.stop().await;
    played
}

async fn start(mappings: &Mappings, token: &str, origin: &str) -> Result<Running, String> {
    let configuration = CONFIGURATION.replace("AGENT", ANN_LOGON).replace("TOKEN", token).replace("ORIGIN", origin);
    super::start(&configuration, mappings).await
}

/// The site behind its relay.
struct Office {
    relay: Relay,
    site: Site,
    began: Instant,
    /// Events that are not sent yet.
    waiting: std::collections::VecDeque<Value>,
}

/// One thing that happened at the site.
enum Happened {
    /// CCAS has told an event.
    Event(Value),
    /// The bridge has called a method, which failed for this reason.
    Method { method: String, error: Option<String> },
}

impl Office {
    async fn connect(running: &Running, pace: u32) -> Result<Office, String> {
        let bridge = running.platforms[0].ok_or("the bridge awaits no relay")?;
        let relay = Relay::greet(bridge, "demo").await.map_err(|error| error.to_string())?;
        let site = Site::new(pace);
        let waiting = site.present().into();
        Ok(Office { relay, site, began: Instant::now(), waiting })
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Waits for the next thing that happens, and carries it out. May be cancelled while nothing happens.
    async fn next(&mut self) -> std::io::Result<Happened> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.relay.say(&event).await?;
                return Ok(Happened::Event(event));
            }
            let deadline = self.site.deadline().map(|at| at - self.now());
            let due = async {
                match deadline {
                    Some(wait) => sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            let called = tokio::select! {
                called = self.relay.hear() => Some(called?),
                () = due => None,
            };
            let now = self.now();
            let Some(call) = called else {
                self.site.expire(now);
                self.waiting.extend(self.site.take_events());
                continue;
            };
            let method = call["call"].as_str().unwrap_or_default().to_owned();
            let error = self.site.call(now, &method, &call["args"]).err();
            self.relay.answer(&call, error.as_deref()).await?;
            self.waiting.extend(self.site.take_events());
            return Ok(Happened::Method { method, error });
        }
    }
}
