//! Health, readiness and metrics, for those who operate the bridge.

use hyper::{Method, Request, StatusCode, body::Incoming};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};

use super::{
    http::{Answer, Handler, Peer, answer, text},
    input::Input,
};

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
                Some(missing) if missing.is_empty() => text(StatusCode::OK, "ready\n"),
                Some(missing) => {
                    text(StatusCode::SERVICE_UNAVAILABLE, format!("not connected: {}\n", missing.join(", ")))
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
