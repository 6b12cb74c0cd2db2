//! `[telemetry]`: where the spans of calls go.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;

use crate::settings::{ClientTls, Posts, Section, Url};

/// A collector that takes OTLP over HTTP.
#[derive(Debug, Clone)]
pub struct Telemetry {
    pub url: String,
    /// Plain HTTP to other machines is allowed.
    pub plaintext: bool,
    /// Sent with each request; their values are secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub service: String,
    /// Further attributes of the resource.
    pub attributes: Vec<(String, String)>,
    /// How many spans may wait.
    pub queue: usize,
    pub timeout: Duration,
    pub tls: ClientTls,
}

/// Where a collector takes traces, unless the address says another path.
const PATH: &str = "/v1/traces";

impl Telemetry {
    /// None without the section.
    pub fn read(root: &Section) -> Option<Telemetry> {
        let section = root.section("telemetry")?;
        let plaintext = section.flag("plaintext", false);
        let url = section.required("otlp");
        if let Some(url) = &url {
            Posts::check_url(&section, url, "otlp", plaintext, "https://collector.example:4318");
        }
        let mut headers = section.secrets("headers");
        headers.extend(section.secrets_file("headers_file", |_, _| None));
        let headers = headers.iter().filter_map(|(name, value)| {
            let header =
                HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value.expose_secret()).ok());
            let Some((name, mut value)) = header else {
                section.problem_in("headers", name, format!("{name:?} is no header with a value that can be sent"));
                return None;
            };
            value.set_sensitive(true);
            Some((name, value))
        });
        let telemetry = Telemetry {
            url: url.as_deref().map(with_path).unwrap_or_default(),
            plaintext,
            headers: headers.collect(),
            service: section.text_or("service", "cti-bridge"),
            attributes: section.values("attributes"),
            queue: section.number("queue", 2048u32).max(1) as usize,
            timeout: section.duration("timeout", Duration::from_secs(10)),
            tls: ClientTls::read(&section, "tls").unwrap_or_default(),
        };
        section.finish();
        url.is_some().then_some(telemetry)
    }
}

/// The address of a collector is enough.
fn with_path(url: &str) -> String {
    match Url::to_call(url) {
        Ok(parsed) if parsed.uri.path() == "/" => format!("{}{PATH}", url.trim_end_matches('/')),
        Ok(_) | Err(_) => url.to_owned(),
    }
}
