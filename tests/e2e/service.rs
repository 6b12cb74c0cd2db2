//! A service that answers GETs as it is told, and keeps what is posted to it.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// What was asked: the target of a GET, or the SOAPAction and the body of a POST.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    Get(String),
    Post { action: String, body: String },
}

pub struct Service {
    pub address: SocketAddr,
    pub asked: mpsc::UnboundedReceiver<Asked>,
}

/// An answer that never comes.
pub const SILENCE: &str = "(silence)";

/// What a GET of this target answers; nothing is a 404. Posts are answered with an empty 500.
type Answers = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Service {
    pub async fn start(answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, asked) = mpsc::unbounded_channel();
        let answers: Arc<Answers> = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answers.clone(), sender.clone()));
            }
        });
        Service { address, asked }
    }
}

async fn converse(stream: TcpStream, answers: Arc<Answers>, asked: mpsc::UnboundedSender<Asked>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut first, mut action, mut length) = (String::new(), String::new(), 0);
        stream.read_line(&mut first).await.ok().filter(|count| *count > 0)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "soapaction" => action = value.trim().trim_matches('"').to_owned(),
                "content-length" => length = value.trim().parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let target = first.split(' ').nth(1)?.to_owned();
        let (status, answer) = match first.starts_with("GET") {
            true => answers(&target).map_or(("404 Not Found", String::new()), |text| ("200 OK", text)),
            false => ("500 Internal Server Error", String::new()),
        };
        let _ = asked.send(match first.starts_with("GET") {
            true => Asked::Get(target),
            false => Asked::Post { action, body: String::from_utf8(body).unwrap() },
        });
        if answer == SILENCE {
            return std::future::pending().await;
        }
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        stream.get_mut().write_all((head + &answer).as_bytes()).await.ok()?;
    }
}
