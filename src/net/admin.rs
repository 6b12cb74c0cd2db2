//! Health, readiness and metrics, for those who operate the bridge.

use hyper::{Method, Request, StatusCode, body::Incoming};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};

use super::{
    http::{Answer, Handler, Peer, answer, text},
    input::{Input, Readiness},
};
use crate::one_line::one_line;

/// How long the engine may take to answer; one that takes longer is not healthy.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Admin {
    pub inputs: mpsc::Sender<Input>,
}

impl Handler for Admin {
    async fn handle(&self, request: Request<Incoming>, _: Peer) -> Answer {
        if request.method() != Method::GET {
            return text(StatusCode::METHOD_NOT_ALLOWED, "GET /healthz, /readyz or /metrics\n");
        }
        let silent = || text(StatusCode::SERVICE_UNAVAILABLE, "the bridge does not answer\n");
        match request.uri().path() {
            "/healthz" => match self.ask(Input::Ready).await {
                Some(_) => text(StatusCode::OK, "ok\n"),
                None => silent(),
            },
            "/readyz" => match self.ask(Input::Ready).await {
                Some(Readiness { away, store_failed }) => {
                    let away = (!away.is_empty()).then(|| format!("not connected: {}\n", away.join(", ")));
                    let failed =
                        store_failed.map(|reason| format!("routes cannot be recorded: {}\n", one_line(&reason)));
                    match [away, failed].into_iter().flatten().collect::<String>() {
                        why if why.is_empty() => text(StatusCode::OK, "ready\n"),
                        why => text(StatusCode::SERVICE_UNAVAILABLE, why),
                    }
                }
                None => silent(),
            },
            "/metrics" => match self.ask(Input::Metrics).await {
                Some(metrics) => {
                    answer(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", metrics)
                }
                None => silent(),
            },
            _ => text(StatusCode::NOT_FOUND, "GET /healthz, /readyz or /metrics\n"),
        }
    }
}

impl Admin {
    async fn ask<T>(&self, input: impl FnOnce(oneshot::Sender<T>) -> Input) -> Option<T> {
        let (reply, answered) = oneshot::channel();
        let asked = async {
            self.inputs.send(input(reply)).await.ok()?;
            answered.await.ok()
        };
        timeout(PATIENCE, asked).await.ok().flatten()
    }
}
