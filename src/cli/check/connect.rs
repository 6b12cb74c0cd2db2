//! `check --connect`: logs on to each platform as `run` would, and leaves again. No application is served meanwhile.

use std::{fmt::Write, time::Duration};

use crate::{
    config::Config,
    dialect::registry::PlatformTransport,
    mapping::Mappings,
    net::{self, PlatformLink},
};

/// The longest that a platform is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a platform that gave a reason for being away may still change its mind.
const SECOND_THOUGHTS: Duration = Duration::from_secs(1);

/// Tries every platform. Hands back a line for each, and whether all let the bridge in.
pub fn connect(mut config: Config, mappings: &Mappings) -> Result<(String, bool), String> {
    // A relay connects by itself: there is nothing to try.
    let waits = |transport: &PlatformTransport| matches!(transport, PlatformTransport::Accepted { .. });
    let (waiting, tried): (Vec<_>, Vec<_>) =
        config.platforms.into_iter().partition(|platform| waits(&platform.settings.transport));
    let mut lines = String::new();
    for platform in waiting {
        let _ = writeln!(lines, "platform.{}: not tried, because it connects by itself", platform.name);
    }
    config.platforms = tried;
    config.applications.clear();
    (config.admin, config.store) = (Default::default(), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let links = runtime.map_err(|error| error.to_string())?.block_on(stand(config, mappings))?;
    for PlatformLink { name, is_up, away, .. } in &links {
        let _ = match (is_up, away) {
            (true, _) => writeln!(lines, "platform.{name}: it lets the bridge in"),
            (false, Some(reason)) => writeln!(lines, "platform.{name}: not connected: {reason}"),
            (false, None) => writeln!(lines, "platform.{name}: not connected in {} s", PATIENCE.as_secs()),
        };
    }
    Ok((lines, links.iter().all(|link| link.is_up)))
}

/// How all platforms stand once each has let the bridge in or has said why not.
async fn stand(config: Config, mappings: &Mappings) -> Result<Vec<PlatformLink>, String> {
    let running = net::start(config, mappings).await?;
    let begun = tokio::time::Instant::now();
    let links = loop {
        tokio::time::sleep(LOOK).await;
        let mut links = running.platform_links().await;
        // A link that never was up is not lost: its reason is only in what was complained of.
        for link in &mut links {
            link.away = link.away.take().or(link.last_complaint.take());
        }
        let elapsed = begun.elapsed();
        let is_settled = |link: &PlatformLink| link.is_up || (link.away.is_some() && elapsed > SECOND_THOUGHTS);
        if links.iter().all(is_settled) || elapsed > PATIENCE {
            break links;
        }
    };
    running.stop().await;
    Ok(links)
}
