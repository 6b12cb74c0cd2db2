//! The process as Linux shows it in /proc.

use std::fs;

use super::Process;

/// The unit of processor times in /proc. It is 100 on every Linux, whatever the kernel's own tick.
const TICKS: f64 = 100.0;

pub fn read() -> Process {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let system = fs::read_to_string("/proc/stat").unwrap_or_default();
    Process {
        cpu_seconds: field(&stat, 14).zip(field(&stat, 15)).map(|(user, system)| (user + system) / TICKS),
        // The folder that is read is open, too.
        open_fds: fs::read_dir("/proc/self/fd").ok().and_then(|open| i64::try_from(open.count()).ok()).map(|it| it - 1),
        max_fds: limits.lines().find_map(|line| line.strip_prefix("Max open files")).and_then(first),
        resident_bytes: status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(first).map(|it| it * 1024),
        start_seconds: boot(&system).zip(field(&stat, 22)).map(|(boot, since)| boot + since / TICKS),
    }
}

/// A field of `stat`, counted from 1. The second is the program's name in brackets, which may hold anything.
fn field(stat: &str, number: usize) -> Option<f64> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(number - 3)?.parse().ok()
}

/// The first number of a text.
fn first(text: &str) -> Option<i64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// When the machine started.
fn boot(system: &str) -> Option<f64> {
    system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
