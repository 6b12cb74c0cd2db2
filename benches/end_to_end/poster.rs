//! What is left of a bridge when nothing is translated: prepared bodies are posted, each after the answer to the one before.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    client::conn::http1::{SendRequest, handshake},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::mpsc};

/// As many posters as there are sessions, each of which posts everything, in order, by a task of its own.
#[derive(Clone)]
pub struct Posters(Vec<mpsc::UnboundedSender<Bytes>>);

impl Posters {
    pub async fn connect(address: SocketAddr, count: usize) -> Posters {
        let mut posters = Vec::new();
        for _ in 0..count {
            let mut poster = Poster::connect(address).await;
            let (handing, mut handed) = mpsc::unbounded_channel::<Bytes>();
            tokio::spawn(async move {
                while let Some(body) = handed.recv().await {
                    poster.post(body).await;
                }
            });
            posters.push(handing);
        }
        Posters(posters)
    }

    /// Has each of them post these, in turns.
    pub fn post_all(&self, bodies: &[Bytes]) {
        for body in bodies {
            self.0.iter().for_each(|poster| poster.send(body.clone()).expect("a poster"));
        }
    }
}

struct Poster {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Poster {
    async fn connect(address: SocketAddr) -> Poster {
        let stream = TcpStream::connect(address).await.expect("the sink listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Poster { sender, host: address.to_string() }
    }

    async fn post(&mut self, body: Bytes) {
        let request = Request::post("/CTIEvents")
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", "\"urn:bench/PublishCTIEvent\"")
            .body(Full::new(body))
            .expect("a request");
        self.sender.ready().await.expect("a connection that is kept");
        let response = self.sender.send_request(request).await.expect("an answer");
        assert!(response.status().is_success());
        response.into_body().collect().await.expect("an answer");
    }
}
