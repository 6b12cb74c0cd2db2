//! The MiCC Enterprise Open Media Service: requests that are no calls, queued for agents by a router. Clients add them and
//! ask how they fare; nobody is called back. `platform` is the side of such a client, `application` the service's.

mod application;
mod platform;
pub mod settings;

pub use application::{Server, Settings as ServerSettings};
pub use platform::{Client, Settings as ClientSettings};
pub use settings::entry;

/// What became of a request; the numbers are the vocabulary's RequestStatus.
pub mod accepted {
    pub const SUCCESS: i64 = 0;
    pub const GROUP_CLOSED: i64 = 1;
    pub const INVALID_GROUP: i64 = 2;
    pub const TENANT_DISABLED: i64 = 3;
    pub const AGENT_LOGGED_OFF: i64 = 4;
    pub const GENERAL_ERROR: i64 = 5;
}

/// How a request fares; the numbers are the vocabulary's OpenMediaRequestStatus.
pub mod status {
    pub const UNKNOWN: i64 = 0;
    pub const QUEUED: i64 = 1;
    pub const ALLOCATED: i64 = 2;
    pub const HANDLING: i64 = 3;
    pub const COMPLETED: i64 = 4;
    pub const FAILED: i64 = 5;
    pub const CANCELLED: i64 = 6;

    /// Whether nothing follows.
    pub fn is_final(status: i64) -> bool {
        (COMPLETED..=CANCELLED).contains(&status)
    }
}
