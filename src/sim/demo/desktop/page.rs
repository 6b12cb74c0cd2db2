//! Serves the page of the desk. The page loads `agent-client.js` from the bridge itself, like a page of any other site.

use std::{net::SocketAddr, sync::Arc};

use hyper::{Request, StatusCode, body::Incoming};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, sync::DropGuard, task::TaskTracker};

use crate::net::http::{self, Answer, Handler, Peer};

const PAGE: &str = include_str!("../../../../adapters/agent-client/desk/index.html");
const STYLE: &str = include_str!("../../../../adapters/agent-client/desk/desk.css");
const SCRIPT: &str = include_str!("../../../../adapters/agent-client/desk/desk.js");
/// How the page names the script that the bridge serves, if that is where the page itself is.
const SCRIPT_OF_BRIDGE: &str = "src=\"/agent-client.js\"";

/// The files of the page.
struct Desk {
    page: String,
}

impl Handler for Desk {
    async fn handle(&self, request: Request<Incoming>, _: Peer) -> Answer {
        match request.uri().path() {
            "/" => http::answer(StatusCode::OK, "text/html; charset=utf-8", self.page.clone()),
            "/desk.css" => http::answer(StatusCode::OK, "text/css; charset=utf-8", STYLE),
            "/desk.js" => http::answer(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT),
            path => http::text(StatusCode::NOT_FOUND, format!("{path} is not a part of the desk")),
        }
    }
}

/// Serves the page until the guard is dropped. `bridge` is where the application is served.
pub fn serve(listener: TcpListener, bridge: SocketAddr) -> DropGuard {
    let stop = CancellationToken::new();
    let desk =
        Arc::new(Desk { page: PAGE.replace(SCRIPT_OF_BRIDGE, &format!("src=\"http://{bridge}/agent-client.js\"")) });
    let limits = http::Limits::admin();
    tokio::spawn(http::serve(listener, None, limits, desk, None, stop.clone(), TaskTracker::new()));
    stop.drop_guard()
}
