//! Posting to a platform: what its conversation wants posted waits in a bounded queue, so many at a time are on their way,
//! each over a connection of its own that is kept for the next. Each is posted once, and what is known of it is brought.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    bring,
    describe::Describer,
    exchange::{Access, Exchange, Failure},
    input::Input,
    tls::Connector,
};
use crate::{
    bridge::Owner,
    port::{Post, PostOutcome},
    settings::Posts as Settings,
};

/// The way to one platform, as the engine knows it.
pub struct Posts {
    queue: mpsc::Sender<(Post, Instant)>,
    most: usize,
    /// What reads its WSDLs, where they are read.
    pub describer: Option<Arc<Describer>>,
}

/// What carries the posts of one platform.
pub struct Carrier {
    platform: usize,
    access: Arc<Access>,
    connections: usize,
    queue: mpsc::Receiver<(Post, Instant)>,
    inputs: mpsc::Sender<Input>,
}

/// A platform's queue, and who empties it.
pub fn posts(
    platform: usize,
    connector: Connector,
    settings: &Settings,
    inputs: mpsc::Sender<Input>,
) -> (Posts, Carrier) {
    let access = Access::new(connector, &settings.tls, None, settings.plaintext, settings.max_answer);
    let (sender, queue) = mpsc::channel(settings.queue);
    let carrier = Carrier { platform, access: Arc::new(access), connections: settings.connections, queue, inputs };
    (Posts { queue: sender, most: settings.queue, describer: None }, carrier)
}

impl Posts {
    /// Has it posted; else why it was not.
    pub fn send(&self, post: Post) -> Result<(), String> {
        let sent = self.queue.try_send((post, Instant::now()));
        sent.map_err(|_| format!("{} requests wait to be posted already", self.most))
    }

    /// How many wait, and how many may.
    pub fn fill(&self) -> (usize, usize) {
        (self.queue.max_capacity() - self.queue.capacity(), self.most)
    }
}

impl Carrier {
    /// Posts until nobody has anything more to post, and everything is answered.
    pub async fn run(mut self) {
        let mut kept: Vec<Kept> = Vec::new();
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                Some(done) = running.join_next() => {
                    if let Ok(Some(exchange)) = done {
                        kept.push(exchange);
                    }
                }
                () = poll_fn(|cx| poll_closed(&mut kept, cx)) => {}
                next = self.queue.recv(), if running.len() < self.connections => {
                    let Some((post, since)) = next else { break };
                    let (token, url) = (post.token, post.url.clone());
                    let place = kept.iter().position(|(known, _)| *known == url);
                    let exchange = match place {
                        Some(place) => Ok(kept.swap_remove(place).1),
                        None => {
                            // Connections to other addresses are not worth keeping beyond the number that is in use.
                            kept.truncate(self.connections.saturating_sub(running.len() + 1));
                            Exchange::new(self.access.clone(), &url)
                        }
                    };
                    let (platform, inputs) = (self.platform, self.inputs.clone());
                    running.spawn(async move {
                        let (outcome, exchange) = match exchange {
                            Ok(mut exchange) => (carry(&mut exchange, post, since).await, Some((url, exchange))),
                            Err(reason) => (PostOutcome::NotSent(format!("{url} {reason}")), None),
                        };
                        let owner = Owner::Platform(platform);
                        bring(&inputs, Input::Answered { owner, token, outcome }).await;
                        exchange
                    });
                }
            }
        }
        while running.join_next().await.is_some() {}
    }
}

/// A connection to an address that was posted to.
type Kept = (Arc<str>, Exchange);

/// Drops connections that the platform has closed. Ready if there were any.
fn poll_closed(kept: &mut Vec<Kept>, cx: &mut Context<'_>) -> Poll<()> {
    let before = kept.len();
    kept.retain_mut(|(_, exchange)| exchange.poll_closed(cx).is_pending());
    if kept.len() < before { Poll::Ready(()) } else { Poll::Pending }
}

async fn carry(exchange: &mut Exchange, post: Post, since: Instant) -> PostOutcome {
    if since.elapsed() >= post.timeout {
        let seconds = post.timeout.as_secs_f64();
        return PostOutcome::Crowded(format!("it waited {seconds} s for its turn, behind others"));
    }
    match exchange.post(&post.action, Bytes::from(post.body), since, post.timeout).await {
        Ok(answer) => match answer.body {
            Ok(body) => PostOutcome::Answer { status: answer.status.as_u16(), charset: answer.charset, body },
            Err(reason) => PostOutcome::Unknown(reason),
        },
        Err(Failure::Unsent(reason)) => PostOutcome::NotSent(reason),
        Err(Failure::Unknown(reason)) => PostOutcome::Unknown(reason),
    }
}

#[cfg(test)]
mod tests;
