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
use tokio::net::TcpStream;

pub struct Poster {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Poster {
    pub async fn connect(address: SocketAddr) -> Poster {
        let stream = TcpStream::connect(address).await.expect("the sink listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Poster { sender, host: address.to_string() }
    }

    pub async fn post(&mut self, body: Bytes) {
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
