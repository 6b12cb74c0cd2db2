//! The theme of a loss, found by the words in its names and its reason: reports group by it what does not fit.

/// Themes, each with parts of words that show it. The first that fits counts.
const THEMES: [(&str, &[&str]); 9] = [
    ("recording", &["record", "mediaserver"]),
    ("statistics", &["statistic", "stats", "waiting", "timein"]),
    ("routing", &["route", "routing", "irn-"]),
    ("campaigns and callbacks", &["campaign", "callback"]),
    ("other media", &["mail", "chat", "sms", "media"]),
    ("call data", &["calldata", "ivr", "callinfo", "private", "profile-"]),
    ("lines and stations", &["trunk", "circuit", "channel", "station", "sip", "audio", "tone", "machine", "address"]),
    ("agents", &["agent", "log-on", "logo", "login", "reason", "passcode", "wrap"]),
    ("calls", &["call", "transfer", "conference", "dest", "cause"]),
];

/// The theme of what is lost in this place for this reason.
pub fn theme(message: &str, field: Option<&str>, reason: &str) -> &'static str {
    let named = |text: &str| {
        let text = text.to_lowercase();
        THEMES.iter().find(|(_, words)| words.iter().any(|word| text.contains(word))).map(|(theme, _)| *theme)
    };
    let by_name = named(field.unwrap_or(message));
    by_name.or_else(|| named(reason)).unwrap_or("the rest")
}
