//! Orders of operators that are beyond the bridge itself: the program carries them out.

use tokio::sync::oneshot;

/// How many may wait.
pub const MOST: usize = 4;

/// Lines to show, or why nothing was done.
pub type Done = Result<Vec<String>, String>;

pub enum Order {
    /// Load the configuration and everything that belongs to it again.
    Reload(oneshot::Sender<Done>),
    LogLevel {
        level: String,
        reply: oneshot::Sender<Done>,
    },
    /// Collect what a support case needs.
    Support(oneshot::Sender<Done>),
}
