//! The peers of a listener, and the way to report problems with them. Reports go through the bridge, which limits them
//! together with all others: a flood of connections does not flood the log.

use tokio::sync::mpsc;

use super::input::Input;
use crate::{bridge::Owner, port::Notice};

#[derive(Clone)]
pub struct Peers {
    pub inputs: mpsc::Sender<Input>,
    pub about: Option<Owner>,
}

impl Peers {
    /// Logs a problem with one of the peers.
    pub async fn complain(&self, sort: &'static str, text: String) {
        self.say(Notice::warn(text).one_of(sort)).await;
    }

    pub async fn say(&self, notice: Notice) {
        let text = notice.text.clone();
        // While the bridge stops, nothing counts reports, but few peers are left that could cause any.
        if self.inputs.send(Input::Complaint { about: self.about, notice }).await.is_err() {
            tracing::warn!("{text}");
        }
    }
}

pub const NO_TLS: &str = "TLS handshakes that failed";
