//! `cti-bridge health`: asks a bridge that runs whether it works, for containers and scripts that have no HTTP client.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    process::ExitCode,
    time::Duration,
};

use clap::Args;

use super::{failed, print};

/// Slightly longer than the bridge itself takes until it answers that it does not work.
const PATIENCE: Duration = Duration::from_secs(6);
/// The most of an answer that is read, in bytes.
const MOST: u64 = 64 << 10;

#[derive(Args)]
pub struct Options {
    /// The address that [admin] listens on
    #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:9901")]
    address: String,
    /// Ask whether all platforms are connected (/readyz), not only whether the bridge works (/healthz)
    #[arg(long)]
    ready: bool,
}

pub fn run(options: &Options) -> ExitCode {
    let path = if options.ready { "/readyz" } else { "/healthz" };
    match ask(&options.address, path) {
        Ok((200, said)) => print(&said),
        Ok((_, said)) => failed(said.trim_end()),
        Err(reason) => failed(format!("{}: {reason}", options.address)),
    }
}

/// The status and the body of an answer.
fn ask(address: &str, path: &str) -> Result<(u16, String), String> {
    let text = |error: std::io::Error| error.to_string();
    let mut addresses = address.to_socket_addrs().map_err(text)?;
    let mut stream = addresses
        .find_map(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())
        .ok_or("the bridge does not take the connection")?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(text)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").map_err(text)?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer).map_err(text)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer is not HTTP")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("the answer is not HTTP")?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_body_and_silence_is_an_error() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = std::thread::spawn(move || {
            for answer in
                ["HTTP/1.1 503 Service Unavailable\r\nContent-Length: 20\r\n\r\nnot connected: mitel\n", "+OK\n"]
            {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = [0; 512];
                let count = stream.read(&mut asked).unwrap();
                assert!(asked[..count].starts_with(b"GET /readyz HTTP/1.1\r\n"));
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert_eq!(ask(&address, "/readyz"), Ok((503, "not connected: mitel\n".into())));
        assert_eq!(ask(&address, "/readyz"), Err("the answer is not HTTP".into()));
        served.join().unwrap();
        assert!(ask(&address, "/readyz").is_err());
    }
}
