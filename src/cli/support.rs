//! What a support case needs, as one text: the build, the configuration with everything masked that may be a secret, the
//! overlays, the standing of the platforms, the latest complaints, and the metrics. No messages, and no values of any.

use super::run::{Loaded, Options, load};
use crate::net::{Done, PlatformLink, Running, build};

pub async fn collect(options: &Options, running: &Running) -> Done {
    let mut text = Vec::new();
    section(&mut text, "build");
    text.push(format!("cti-bridge {} ({})", build::VERSION, build::COMMIT));
    text.push(format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    text.push(format!("made at {:.0}", jiff::Timestamp::now()));
    section(&mut text, "platforms");
    for PlatformLink { name, is_up, away, .. } in running.platform_links().await {
        let standing = if is_up { "connected" } else { "not connected" };
        text.push(format!("{name}: {standing} {}", away.unwrap_or_default()).trim_end().to_owned());
    }
    // As the files are now, which may not be as they were at the start.
    match load(&options.config, &options.overrides, options.mappings.as_deref(), None) {
        Ok(Loaded { mappings, shown, .. }) => {
            section(&mut text, "configuration (as the file is now; values that may be secrets are masked)");
            text.extend(shown.lines().map(str::to_owned));
            section(&mut text, "overlays");
            let overlays = mappings.overlays.iter();
            text.extend(overlays.map(|overlay| format!("{}: {}", overlay.file, overlay.changes.join(", "))));
        }
        Err(failure) => {
            section(&mut text, "configuration (as the file is now, it is wrong)");
            text.push(failure.reason);
            text.extend(failure.reports.lines().map(str::to_owned));
        }
    }
    section(&mut text, "latest complaints");
    text.extend(running.complaints().await);
    section(&mut text, "metrics");
    text.extend(running.metrics().await.lines().map(str::to_owned));
    Ok(text)
}

fn section(text: &mut Vec<String>, title: &str) {
    if !text.is_empty() {
        text.push(String::new());
    }
    text.push(format!("== {title} =="));
}
