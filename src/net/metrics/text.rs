//! The two forms of a report: OpenMetrics, and the older text that every reader of Prometheus's metrics knows.

/// The form that somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    OpenMetrics,
    Plain,
}

impl Form {
    /// The form that an `Accept` header asks for. Without one that names OpenMetrics, it is the older text.
    pub fn accepted(accept: Option<&str>) -> Form {
        let wants = accept.is_some_and(|accept| accept.to_ascii_lowercase().contains("application/openmetrics-text"));
        if wants { Form::OpenMetrics } else { Form::Plain }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Form::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Form::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// An OpenMetrics report in this form. The older text names a counter as its samples do, and has no end mark.
    pub fn of(self, report: String) -> String {
        match self {
            Form::OpenMetrics => report,
            Form::Plain => plain(&report),
        }
    }
}

fn plain(report: &str) -> String {
    let mut text = String::with_capacity(report.len());
    let mut help: Option<&str> = None;
    for line in report.lines() {
        if line.starts_with("# HELP ") {
            // It stands before the type, which says the name.
            help = Some(line);
            continue;
        }
        if let Some(named) = line.strip_prefix("# TYPE ") {
            let (name, kind) = named.split_once(' ').unwrap_or((named, "untyped"));
            let tail = if kind == "counter" { "_total" } else { "" };
            if let Some(words) = help.take().and_then(|help| help.strip_prefix("# HELP ")?.strip_prefix(name)) {
                text.extend(["# HELP ", name, tail, words, "\n"]);
            }
            text.extend(["# TYPE ", name, tail, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            text.extend([line, "\n"]);
        }
    }
    text
}
