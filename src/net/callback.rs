//! Calling an application back: one task and one connection per session, everything in order. An event is sent once, or the
//! session ends; it is never left out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    bring,
    exchange::{self, Access, Exchange},
    input::Input,
    metrics::Measured,
    peers::Peers,
    room::{Waiting, bring_room},
    tls::Connector,
};
use crate::{
    bridge::Owner,
    port::{Connection, Delivery, Notice},
    settings::Callback as Settings,
};

/// The most that is read of a client's answer.
const ANSWER: usize = 64 << 10;

/// How the clients of one application are called.
pub struct Callbacks {
    pub settings: Settings,
    access: Arc<Access>,
}

impl Callbacks {
    pub fn new(settings: Settings, connector: Connector) -> Callbacks {
        let allow = Some(settings.allow.clone());
        let access = Access::new(connector, &settings.tls, allow, settings.plaintext, ANSWER);
        let access = Arc::new(access.idle_for(settings.idle));
        Callbacks { settings, access }
    }
}

/// The task that makes the calls of one queue.
pub struct Caller {
    pub callbacks: Arc<Callbacks>,
    pub owner: Owner,
    pub connection: Connection,
    pub inputs: mpsc::Sender<Input>,
    /// Events that wait in the queue.
    pub waiting: Arc<Waiting>,
    pub measured: Measured,
    /// How long a client that cannot be reached is waited for.
    pub give_up: Duration,
}

/// How a client took an event.
enum Taken {
    Well,
    WithFault,
}

/// Why a call did not get through.
#[derive(Debug)]
enum Failure {
    /// Nothing of it was written.
    Unsent(String),
    /// It may have been taken, or in part.
    Unknown(String),
    /// It was taken, and answered by something else than success.
    Answered(StatusCode),
}

impl Caller {
    pub async fn run(self, url: String, calls: mpsc::Receiver<(Delivery, Instant)>, stop: CancellationToken) {
        let (owner, connection) = (self.owner, self.connection);
        let inputs = self.inputs.clone();
        let ended = tokio::select! {
            () = stop.cancelled() => None,
            ended = self.converse(&url, calls) => ended,
        };
        if let Some(reason) = ended {
            bring(&inputs, Input::Closed { owner, connection, reason, cause: Some("callback-failed") }).await;
        }
    }

    /// Calls until there is nothing more to call, or until an event could not be delivered; hands back why.
    async fn converse(&self, url: &str, mut calls: mpsc::Receiver<(Delivery, Instant)>) -> Option<String> {
        let (owner, connection) = (self.owner, self.connection);
        let mut line = Exchange::new(self.callbacks.access.clone(), url);
        let mut has_faulted = false;
        while let Some((Delivery { token, action, body }, at)) = next(&mut calls, line.as_mut().ok()).await {
            let line = match &mut line {
                Ok(line) => line,
                Err(reason) => {
                    let reason = format!("the address {reason}");
                    let Some(token) = token else { return Some(reason) };
                    bring(&self.inputs, Input::Delivered { owner, connection, token, result: Err(reason) }).await;
                    continue;
                }
            };
            if let Some(token) = token {
                let result = self.post(line, &action, body).await.map_err(|failure| failure.text());
                bring(&self.inputs, Input::Delivered { owner, connection, token, result }).await;
                continue;
            }
            if self.waiting.take(1, body.len()) {
                bring_room(&self.inputs, owner, connection).await;
            }
            match self.event(line, &action, body).await {
                Ok(Taken::Well) => {}
                Ok(Taken::WithFault) => {
                    self.measured.faulted.inc();
                    if !std::mem::replace(&mut has_faulted, true) {
                        // Once per session; the metrics count them all.
                        self.say(Notice::SessionFaulted { session: self.connection.number() }).await;
                    }
                }
                Err(failure) => return Some(failure.text()),
            }
            self.measured.delivery.observe(at.elapsed(), 1);
        }
        None
    }

    async fn post(&self, line: &mut Exchange, action: &str, body: Bytes) -> Result<(), Failure> {
        match line.post(action, body, Instant::now(), self.callbacks.settings.timeout).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(Failure::Answered(answer.status)),
            Err(exchange::Failure::Unsent(reason)) => Err(Failure::Unsent(reason)),
            Err(exchange::Failure::Unknown(reason)) => Err(Failure::Unknown(reason)),
        }
    }

    async fn say(&self, notice: Notice) {
        Peers { inputs: self.inputs.clone(), about: Some(self.owner) }.complain(notice).await;
    }

    /// Posts an event. While nothing of it has been written it is tried again, for as long as heartbeats may be missed.
    async fn event(&self, line: &mut Exchange, action: &str, body: Bytes) -> Result<Taken, Failure> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(100);
        loop {
            match self.post(line, action, body.clone()).await {
                Ok(()) => return Ok(Taken::Well),
                // The client has it, and says that it could not cope: repeating it would be a second event.
                Err(Failure::Answered(StatusCode::INTERNAL_SERVER_ERROR)) => return Ok(Taken::WithFault),
                Err(Failure::Unsent(reason)) if begun.elapsed() + wait < self.give_up => {
                    self.say(Notice::DeliveryDelayed { session: self.connection.number(), reason }).await;
                    sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// The next call to make; meanwhile, the connection is closed if the client closes it.
async fn next(
    calls: &mut mpsc::Receiver<(Delivery, Instant)>,
    line: Option<&mut Exchange>,
) -> Option<(Delivery, Instant)> {
    let Some(line) = line else { return calls.recv().await };
    tokio::select! {
        biased;
        next = calls.recv() => next,
        never = line.idle() => match never {},
    }
}

impl Failure {
    fn text(&self) -> String {
        match self {
            Failure::Unsent(reason) => reason.clone(),
            Failure::Unknown(reason) => format!("{reason}; whether it was taken is not known"),
            Failure::Answered(status) if status.is_redirection() => {
                format!("the callback answered with a redirect ({status}), which is not followed")
            }
            Failure::Answered(status) => format!("the callback answered {status}"),
        }
    }
}
