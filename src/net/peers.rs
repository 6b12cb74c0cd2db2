//! The peers of a listener, and the way to report problems with them. Reports go through the bridge, which limits them
//! together with all others: a flood of connections does not flood the log.

use tokio::sync::mpsc::{self, error::SendError};

use super::input::Input;
use crate::{bridge::Owner, log, port::Notice};

#[derive(Clone)]
pub struct Peers {
    pub inputs: mpsc::Sender<Input>,
    pub about: Option<Owner>,
}

impl Peers {
    /// Logs a problem with one of the peers.
    pub async fn complain(&self, notice: Notice) {
        let complaint = Input::Complaint { about: self.about, notice: notice.into() };
        // While the bridge stops, nothing counts reports, but few peers are left that could cause any.
        if let Err(SendError(Input::Complaint { notice, .. })) = self.inputs.send(complaint).await {
            log::notices::write(None, None, &notice);
        }
    }
}
