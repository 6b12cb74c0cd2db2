//! The log's lines of notices: the constant text is the message, `event` is the kind's name, and everything else is a field.

use crate::port::{Level, Notice, table};

/// Writes a notice about a platform or an application, which are given by their names.
pub fn write(platform: Option<&str>, application: Option<&str>, notice: &Notice) {
    if let Notice::LeftOut { of, of_sort, count, within_s } = notice {
        let (event, text) = (notice.kind().name(), notice.kind().text());
        return match notice.level() {
            Level::Debug => tracing::debug!(event, platform, application, of, of_sort, count, within_s, "{text}"),
            Level::Info => tracing::info!(event, platform, application, of, of_sort, count, within_s, "{text}"),
            Level::Warn => tracing::warn!(event, platform, application, of, of_sort, count, within_s, "{text}"),
            Level::Error => tracing::error!(event, platform, application, of, of_sort, count, within_s, "{text}"),
        };
    }
    macro_rules! level {
        (Debug) => {
            tracing::Level::DEBUG
        };
        (Info) => {
            tracing::Level::INFO
        };
        (Warn) => {
            tracing::Level::WARN
        };
        (Error) => {
            tracing::Level::ERROR
        };
    }
    macro_rules! lines {
        ($($variant:ident $name:ident $level:ident $frequency:ident $text:literal {
            $($field:ident: $type:ty),* $(,)?
        })*) => {
            match notice {
                $(Notice::$variant { $($field),* } => tracing::event!(
                    level!($level), event = stringify!($name), platform, application, $($field,)* $text
                ),)*
            }
        };
    }
    table!(lines);
}

/// Whether anybody reads the stories of calls, which are notices at level debug.
pub fn shows_stories() -> bool {
    tracing::enabled!(tracing::Level::DEBUG)
}
