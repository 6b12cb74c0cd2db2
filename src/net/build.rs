//! Which build this is.

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit that it was built from; `unknown` where neither git nor the archive says it.
pub const COMMIT: &str = env!("BRIDGE_COMMIT");
