//! The Unix socket of `[admin]`: what changes the bridge (reload, log level) and what shows calls (trace, support). Whoever may
//! open the socket may do all of it, so there are no passwords; the TCP listener of `[admin]` changes nothing.
//!
//! A connection is one order: a line with a JSON object, `{"do": "reload"}`. The answer is lines of JSON objects: `{"line": …}`
//! any number of times, and last `{"end": null}`, or `{"error": …}` with the reason.

use std::{
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    bring,
    input::Input,
    orders::{Done, Order},
};
use crate::bridge::Query;

/// The longest order, in bytes.
const LONGEST: u64 = 4096;
/// How long an order may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many operators may be served at a time; further ones wait.
const PLACES: usize = 16;
/// How many lines of a trace may wait for somebody who follows it.
const FOLLOWED: usize = 1024;

/// The socket, which is removed when this is dropped.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Control {
    /// Opens the socket. One that a bridge left behind, which is gone, is replaced.
    pub async fn open(path: &Path) -> Result<Control, String> {
        let failed = |error: std::io::Error| format!("admin: cannot listen on {}: {error}", path.display());
        if let Ok(found) = std::fs::symlink_metadata(path) {
            if !found.file_type().is_socket() {
                return Err(format!("admin: {} is there already, and is no socket", path.display()));
            }
            if UnixStream::connect(path).await.is_ok() {
                return Err(format!("admin: another bridge listens on {}", path.display()));
            }
        }
        // It gets its name only when nobody else may open it any more.
        let fresh = path.with_extension(format!("{}.new", std::process::id()));
        let _ = std::fs::remove_file(&fresh);
        let listener = UnixListener::bind(&fresh).map_err(failed)?;
        let named = std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o660))
            .and_then(|()| std::fs::rename(&fresh, path));
        if named.is_err() {
            let _ = std::fs::remove_file(&fresh);
        }
        named.map_err(failed)?;
        Ok(Control { listener, path: path.to_owned() })
    }

    /// Takes orders until told to stop.
    pub async fn serve(
        self,
        orders: mpsc::Sender<Order>,
        inputs: mpsc::Sender<Input>,
        shutdown: CancellationToken,
        tasks: TaskTracker,
    ) {
        let places = Arc::new(Semaphore::new(PLACES));
        loop {
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = shutdown.cancelled() => return,
                accepted = accepted => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let (orders, inputs, shutdown) = (orders.clone(), inputs.clone(), shutdown.clone());
            tasks.spawn(async move {
                let _place = place;
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    // Whoever has gone needs no answer.
                    _ = converse(stream, &orders, &inputs) => {}
                }
            });
        }
    }
}

async fn converse(
    mut stream: UnixStream,
    orders: &mpsc::Sender<Order>,
    inputs: &mpsc::Sender<Input>,
) -> std::io::Result<()> {
    let mut line = String::new();
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    timeout(PATIENCE, (&mut reader).take(LONGEST).read_line(&mut line)).await.map_err(std::io::Error::other)??;
    let order: Value = serde_json::from_str(&line).unwrap_or_default();
    let done = match order["do"].as_str() {
        Some("reload") => ask(orders, Order::Reload).await,
        Some("log-level") => {
            let level = order["level"].as_str().unwrap_or_default().to_owned();
            ask(orders, |reply| Order::LogLevel { level, reply }).await
        }
        Some("support") => ask(orders, Order::Support).await,
        Some("trace") => {
            let follow = order["follow"].as_bool() == Some(true);
            let (sender, followed) = mpsc::channel(FOLLOWED);
            let (reply, told) = oneshot::channel();
            let live = follow.then_some(sender);
            bring(inputs, Input::Trace { query: query(&order), live, reply }).await;
            let told = told.await.unwrap_or_else(|_| Err(STOPPING.into()));
            if follow && told.is_ok() {
                write(&mut writer, told.unwrap_or_default().into_iter().map(|line| json!({ "line": line }))).await?;
                return go_on(reader, writer, followed).await;
            }
            told
        }
        _ => Err("the order is not known".into()),
    };
    let (lines, end) = match done {
        Ok(lines) => (lines, json!({ "end": null })),
        Err(reason) => (Vec::new(), json!({ "error": reason })),
    };
    write(&mut writer, lines.into_iter().map(|line| json!({ "line": line })).chain([end])).await
}

const STOPPING: &str = "the bridge is stopping";

async fn ask(orders: &mpsc::Sender<Order>, order: impl FnOnce(oneshot::Sender<Done>) -> Order) -> Done {
    let (reply, done) = oneshot::channel();
    orders.send(order(reply)).await.map_err(|_| STOPPING)?;
    done.await.unwrap_or_else(|_| Err(STOPPING.into()))
}

fn query(order: &Value) -> Query {
    let id = |name: &str| order[name].as_str().map(str::to_owned);
    let number = order["request"].as_i64().or_else(|| order["request"].as_str()?.parse().ok());
    Query { call: id("call"), agent: id("agent"), request: number, platform: id("platform") }
}

/// Tells what happens as it does, until the other side goes.
async fn go_on(
    mut reader: BufReader<tokio::net::unix::ReadHalf<'_>>,
    mut writer: tokio::net::unix::WriteHalf<'_>,
    mut followed: mpsc::Receiver<String>,
) -> std::io::Result<()> {
    let mut nothing = [0; 64];
    loop {
        tokio::select! {
            read = reader.read(&mut nothing) => if read? == 0 { return Ok(()) },
            line = followed.recv() => match line {
                Some(line) => write(&mut writer, [json!({ "line": line })]).await?,
                None => return write(&mut writer, [json!({ "end": null })]).await,
            },
        }
    }
}

async fn write(
    writer: &mut tokio::net::unix::WriteHalf<'_>,
    lines: impl IntoIterator<Item = Value>,
) -> std::io::Result<()> {
    for line in lines {
        writer.write_all(format!("{line}\n").as_bytes()).await?;
    }
    writer.flush().await
}
