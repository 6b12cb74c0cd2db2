//! Whom the connections of a listener come from, and the way to complain about them. Complaints go through the bridge, which
//! counts those of all others: a flood of connections makes no flood of lines.

use tokio::sync::mpsc;

use super::engine::Input;
use crate::{bridge::About, dialect::Notice};

#[derive(Clone)]
pub struct Peers {
    pub inputs: mpsc::Sender<Input>,
    pub about: About,
}

impl Peers {
    /// Has the log say what is wrong with one of them.
    pub async fn complain(&self, sort: &'static str, text: String) {
        self.say(Notice::warn(text).one_of(sort)).await;
    }

    pub async fn say(&self, notice: Notice) {
        let text = notice.text.clone();
        // While the bridge stops nobody counts, but then there are few left who could be complained about.
        if self.inputs.send(Input::Complaint { about: self.about, notice }).await.is_err() {
            tracing::warn!("{text}");
        }
    }
}

pub const NO_TLS: &str = "TLS handshakes that failed";
