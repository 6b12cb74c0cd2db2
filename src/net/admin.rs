//! Health, readiness and metrics, for those who operate the bridge. Nothing is changed here: that is for the Unix socket.

use hyper::{Method, Request, StatusCode, body::Incoming, header::ACCEPT};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, timeout},
};

use super::{
    http::{Answer, Handler, Peer, answer, text},
    input::{Input, PlatformLink, Readiness},
    metrics::Form,
};
use crate::one_line::one_line;

/// How long the engine may take to answer; one that takes longer is not healthy.
const PATIENCE: Duration = Duration::from_secs(5);
const HELP: &str = "GET /healthz, /readyz (of one platform: /readyz?platform=NAME) or /metrics\n";

pub struct Admin {
    pub inputs: mpsc::Sender<Input>,
}

impl Handler for Admin {
    async fn handle(&self, request: Request<Incoming>, _: Peer) -> Answer {
        // The body of an answer to HEAD is left out where it is written.
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return text(StatusCode::METHOD_NOT_ALLOWED, HELP);
        }
        let silent = || text(StatusCode::SERVICE_UNAVAILABLE, "the bridge does not answer\n");
        match request.uri().path() {
            "/healthz" => match self.ask(Input::Ready).await {
                Some(_) => text(StatusCode::OK, "ok\n"),
                None => silent(),
            },
            "/readyz" => match self.ask(Input::Ready).await {
                Some(readiness) => ready(&readiness, request.uri().query()),
                None => silent(),
            },
            "/metrics" => match self.ask(Input::Metrics).await {
                Some(report) => {
                    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
                    let form = Form::accepted(accept);
                    answer(StatusCode::OK, form.content_type(), form.of(report))
                }
                None => silent(),
            },
            _ => text(StatusCode::NOT_FOUND, HELP),
        }
    }
}

/// Whether all platforms are connected and routes can be recorded, or whether the one platform is that the query names.
fn ready(Readiness { platforms, store_failed }: &Readiness, query: Option<&str>) -> Answer {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("platform="));
    if let Some(name) = asked
        && !platforms.iter().any(|known| known.name == name)
    {
        let names: Vec<&str> = platforms.iter().map(|platform| platform.name.as_str()).collect();
        return text(StatusCode::NOT_FOUND, format!("there is no such platform; there are {}\n", names.join(", ")));
    }
    let named = |what: &str, which: fn(&PlatformLink) -> bool| {
        let those = platforms.iter().filter(|known| which(known) && asked.is_none_or(|asked| asked == known.name));
        let names: Vec<&str> = those.map(|platform| platform.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("{what}: {}\n", names.join(", ")))
    };
    let away = named("not connected", |known| !known.is_up);
    let failed = store_failed.as_ref().filter(|_| asked.is_none());
    let failed = failed.map(|reason| format!("routes cannot be recorded: {}\n", one_line(reason)));
    // A platform that waits for sessions works: whoever asks should know, and send it no less.
    let held_back = named("held back", |known| known.is_held_back).unwrap_or_default();
    match [away, failed].into_iter().flatten().collect::<String>() {
        why if why.is_empty() => text(StatusCode::OK, format!("ready\n{held_back}")),
        why => text(StatusCode::SERVICE_UNAVAILABLE, why + &held_back),
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
