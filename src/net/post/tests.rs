//! What is said to have become of a post is what became of it.

use std::{future::Future, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::settings::ClientTls;

struct Office {
    posts: Option<Posts>,
    inputs: mpsc::Receiver<Input>,
    url: Arc<str>,
    tokens: u64,
}

const PATIENT: Duration = Duration::from_secs(30);

fn settings() -> Settings {
    Settings { tls: ClientTls::default(), plaintext: false, connections: 1, queue: 2, max_answer: 1000 }
}

impl Office {
    /// A platform whose connections are served by this, one after the other.
    async fn new<F: Future<Output = ()> + Send + 'static>(
        settings: Settings,
        serve: impl Fn(usize, TcpStream) -> F + Send + 'static,
    ) -> Office {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/Service", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for place in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(place, stream));
            }
        });
        Office::at(settings, &url)
    }

    fn at(settings: Settings, url: &str) -> Office {
        let (sender, inputs) = mpsc::channel(16);
        let (posts, carrier) = posts(0, crate::net::tls::client(&settings.tls).unwrap(), &settings, sender);
        tokio::spawn(carrier.run());
        Office { posts: Some(posts), inputs, url: url.into(), tokens: 0 }
    }

    fn send(&mut self, timeout: Duration) -> Result<(), String> {
        self.tokens += 1;
        let body = format!("<request-{}/>", self.tokens).into_bytes();
        let post = Post { token: self.tokens, url: self.url.clone(), action: "urn:x/Do".into(), body, timeout };
        self.posts.as_ref().unwrap().send(post)
    }

    /// What became of the next one: "200 text", "not sent: …", "unknown: …".
    async fn outcome(&mut self) -> String {
        let Some(Input::Answered { outcome, .. }) = self.inputs.recv().await else { panic!("no outcome") };
        match outcome {
            PostOutcome::Answer { status, charset, body } => {
                format!("{status} {} {}", charset.unwrap_or_default(), String::from_utf8_lossy(&body))
            }
            PostOutcome::NotSent(reason) => format!("not sent: {reason}"),
            PostOutcome::Crowded(reason) => format!("crowded: {reason}"),
            PostOutcome::Unknown(reason) => format!("unknown: {reason}"),
        }
    }

    async fn post(&mut self, timeout: Duration) -> String {
        self.send(timeout).unwrap();
        self.outcome().await
    }
}

/// Reads one request, and hands back its head and body.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&text);
        if text.ends_with("/>") {
            return Some(text.into_owned());
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn an_answer_comes_back_with_its_charset_and_the_request_says_its_action() {
    let office = Office::new(settings(), |_, mut stream| async move {
        while let Some(text) = request(&mut stream).await {
            assert!(text.starts_with("POST /Service HTTP/1.1\r\n"), "{text}");
            assert!(text.to_lowercase().contains("soapaction: \"urn:x/do\"\r\n"), "{text}");
            stream.write_all(ok(text.split("\r\n\r\n").last().unwrap()).as_bytes()).await.unwrap();
        }
    });
    let mut office = office.await;
    for place in 1..=3 {
        assert_eq!(office.post(PATIENT).await, format!("200 utf-8 <request-{place}/>"));
    }
}

#[tokio::test]
async fn requests_arrive_in_their_order_over_one_connection() {
    let mut office = Office::new(settings(), |place, mut stream| async move {
        assert_eq!(place, 0, "the connection is kept");
        while let Some(text) = request(&mut stream).await {
            stream.write_all(ok(text.split("\r\n\r\n").last().unwrap()).as_bytes()).await.unwrap();
        }
    })
    .await;
    office.send(PATIENT).unwrap();
    office.send(PATIENT).unwrap();
    // What waits is posted even though nobody will post anything more.
    office.posts = None;
    assert_eq!(office.outcome().await, "200 utf-8 <request-1/>");
    assert_eq!(office.outcome().await, "200 utf-8 <request-2/>");
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    // The port is taken, and nobody listens.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    let mut office = Office::at(settings(), &url);
    assert!(office.post(PATIENT).await.starts_with("not sent: 127.0.0.1:"));
    office.url = "ftp://127.0.0.1/".into();
    assert_eq!(office.post(PATIENT).await, "not sent: ftp://127.0.0.1/ is neither http nor https");
}

#[tokio::test]
async fn plain_http_to_another_machine_is_not_sent_unless_somebody_says_so() {
    let mut office = Office::at(settings(), "http://192.0.2.1/");
    let outcome = office.post(PATIENT).await;
    assert!(outcome.contains("192.0.2.1:80 is another machine: use https, or configure plaintext = true"), "{outcome}");
}

#[tokio::test]
async fn closed_with_the_request_unread_is_unknown() {
    let mut office = Office::new(settings(), |_, stream| async move {
        // The bytes are here, and nobody reads them.
        stream.peek(&mut [0; 1]).await.unwrap();
    })
    .await;
    let outcome = office.post(PATIENT).await;
    assert!(outcome.starts_with("unknown: "), "{outcome}");
}

#[tokio::test]
async fn no_answer_in_time_is_unknown_and_the_next_has_a_new_connection() {
    let mut office = Office::new(settings(), |place, mut stream| async move {
        while request(&mut stream).await.is_some() {
            if place > 0 {
                stream.write_all(ok("<a/>").as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(office.post(Duration::from_secs(1)).await, "unknown: no answer in 1 s");
    assert_eq!(office.post(PATIENT).await, "200 utf-8 <a/>");
}

#[tokio::test]
async fn half_an_answer_is_unknown() {
    let mut office = Office::new(settings(), |_, mut stream| async move {
        request(&mut stream).await;
        let whole = ok("<answer/>");
        stream.write_all(&whole.as_bytes()[..whole.len() - 3]).await.unwrap();
    })
    .await;
    let outcome = office.post(PATIENT).await;
    assert!(outcome.starts_with("unknown: the answer (200 OK) broke off"), "{outcome}");
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_not_read() {
    let mut office = Office::new(settings(), |_, mut stream| async move {
        request(&mut stream).await;
        stream.write_all(ok(&"x".repeat(1001)).as_bytes()).await.unwrap();
    })
    .await;
    assert_eq!(office.post(PATIENT).await, "unknown: the answer (200 OK) is longer than 1000 bytes");
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_is_dialled_anew() {
    let mut office = Office::new(settings(), |place, mut stream| async move {
        request(&mut stream).await;
        let answer = ok(&format!("<{place}/>")).replacen("\r\n", "\r\nConnection: close\r\n", 1);
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    assert_eq!(office.post(PATIENT).await, "200 utf-8 <0/>");
    assert_eq!(office.post(PATIENT).await, "200 utf-8 <1/>");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let mut office = Office::new(settings(), |place, mut stream| async move {
        assert_eq!(place, 0);
        request(&mut stream).await;
        let answer = "HTTP/1.1 302 Found\r\nLocation: /Elsewhere\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        assert_eq!(request(&mut stream).await, None);
    })
    .await;
    assert_eq!(office.post(PATIENT).await, "302  ");
}

#[tokio::test]
async fn the_queue_and_the_time_in_it_are_bounded() {
    let mut office =
        Office::new(settings(), |_, mut stream| async move { while request(&mut stream).await.is_some() {} }).await;
    office.send(Duration::from_secs(1)).unwrap();
    // Once the first is on its way there is room for two more.
    while office.posts.as_ref().unwrap().fill().0 > 0 {
        tokio::task::yield_now().await;
    }
    office.send(Duration::from_millis(1)).unwrap();
    office.send(PATIENT).unwrap();
    assert_eq!(office.send(PATIENT).unwrap_err(), "2 requests wait to be posted already");
    assert_eq!(office.outcome().await, "unknown: no answer in 1 s");
    assert_eq!(office.outcome().await, "crowded: it waited 0.001 s for its turn, behind others");
}

#[tokio::test]
async fn so_many_at_a_time_as_there_are_connections() {
    let settings = Settings { connections: 2, ..settings() };
    let (both, mut begun) = mpsc::channel(2);
    let mut office = Office::new(settings, move |_, mut stream| {
        let both = both.clone();
        async move {
            request(&mut stream).await;
            both.send(()).await.unwrap();
            // Neither is answered before both are there.
            both.closed().await;
            stream.write_all(ok("<a/>").as_bytes()).await.unwrap();
        }
    })
    .await;
    office.send(PATIENT).unwrap();
    office.send(PATIENT).unwrap();
    for _ in 0..2 {
        begun.recv().await.unwrap();
    }
    drop(begun);
    assert_eq!(office.outcome().await, "200 utf-8 <a/>");
    assert_eq!(office.outcome().await, "200 utf-8 <a/>");
}
