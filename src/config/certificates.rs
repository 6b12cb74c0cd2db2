//! The TLS files of a configuration: read, parsed and matched with each other, so that a file that cannot be used is an error at
//! its key and not a failure at the start. It also knows when certificates expire. Handshakes are the business of `net`.

mod expiry;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring::default_provider},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::WebPkiClientVerifier,
};

use super::Config;
use crate::{
    dialect::registry::{ApplicationTransport, PlatformTransport},
    settings::{ClientTls, Section, ServerTls},
};

/// What is wrong with the files of a TLS table, and the key that names the file.
#[derive(Debug)]
pub struct Wrong {
    pub key: &'static str,
    pub text: String,
}

impl Wrong {
    fn of(key: &'static str, path: &Path, reason: impl std::fmt::Display) -> Wrong {
        Wrong { key, text: format!("{}: {reason}", path.display()) }
    }
}

/// The bridge's end of TLS that a table configures.
#[derive(Debug, Clone, Copy)]
pub enum End<'c> {
    /// Others connect to the bridge.
    Server(&'c ServerTls),
    /// The bridge connects to others.
    Client(&'c ClientTls),
}

/// A table of the configuration that sets up TLS.
#[derive(Debug, Clone, Copy)]
pub struct TlsTable<'c> {
    /// `platform`, `application`, or a section that has no name of its own.
    pub side: &'static str,
    pub name: &'c str,
    /// `tls` or `callback_tls`.
    pub key: &'static str,
    pub end: End<'c>,
}

impl TlsTable<'_> {
    /// The section that has the table: `platform.mitel`.
    pub fn section(&self) -> String {
        if self.name.is_empty() { self.side.to_owned() } else { format!("{}.{}", self.side, self.name) }
    }
}

/// A file of certificates, and when the first of them expires, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// `platform.mitel`.
    pub section: String,
    pub path: PathBuf,
    pub expiry: i64,
}

impl Config {
    /// All tables that set up TLS.
    pub fn tls_tables(&self) -> Vec<TlsTable<'_>> {
        let mut all = Vec::new();
        for platform in &self.platforms {
            let mut add = |key, end| all.push(TlsTable { side: "platform", name: &platform.name, key, end });
            match &platform.settings.transport {
                PlatformTransport::Dialled(dial) => dial.tls.iter().for_each(|tls| add("tls", End::Client(tls))),
                PlatformTransport::Accepted { listen, .. } => {
                    listen.tls.iter().for_each(|tls| add("tls", End::Server(tls)));
                }
                PlatformTransport::Posted(posted) => {
                    add("tls", End::Client(&posted.posts.tls));
                    let callee = posted.callee.iter().filter_map(|callee| callee.tls.as_ref());
                    callee.for_each(|tls| add("callback_tls", End::Server(tls)));
                }
            }
        }
        for application in &self.applications {
            let mut add = |key, end| all.push(TlsTable { side: "application", name: &application.name, key, end });
            application.listen.tls.iter().for_each(|tls| add("tls", End::Server(tls)));
            if let ApplicationTransport::Served(served) = &application.settings.transport
                && let Some(callback) = &served.callback
            {
                add("callback_tls", End::Client(&callback.tls));
            }
        }
        let telemetry = self.telemetry.iter();
        all.extend(telemetry.map(|it| TlsTable { side: "telemetry", name: "", key: "tls", end: End::Client(&it.tls) }));
        all
    }

    /// The files of certificates that can be read, with their expiry.
    pub fn certificates(&self) -> Vec<Certificate> {
        let mut all: Vec<Certificate> = Vec::new();
        for table in self.tls_tables() {
            let paths = match table.end {
                End::Server(tls) => [Some(&tls.certificate), tls.client_ca.as_ref()],
                End::Client(tls) => [tls.ca.as_ref(), tls.identity.as_ref().map(|identity| &identity.certificate)],
            };
            for path in paths.into_iter().flatten() {
                let section = table.section();
                if let Some(expiry) = expiry::of_file(path)
                    && !all.iter().any(|known| (&known.section, &known.path) == (&section, path))
                {
                    all.push(Certificate { section, path: path.clone(), expiry });
                }
            }
        }
        all
    }
}

/// Reads the files of every table, and complains about those that cannot be used.
pub(super) fn check(root: &Section, config: &Config) {
    for table in config.tls_tables() {
        let section = match table.name {
            "" => root.section(table.side),
            name => root.sections(table.side).into_iter().find(|(known, _)| known == name).map(|(_, section)| section),
        };
        let section = section.and_then(|section| section.section(table.key));
        let checked = match table.end {
            End::Server(tls) => server(tls).map(drop),
            // The system's certificates are read when they are needed.
            End::Client(tls) if tls.ca.is_none() && tls.identity.is_none() => Ok(()),
            End::Client(tls) => client(tls).map(drop),
        };
        if let (Err(wrong), Some(section)) = (checked, &section) {
            section.problem(wrong.key, wrong.text);
        }
        if let End::Client(ClientTls { server_name: Some(name), .. }) = table.end
            && ServerName::try_from(name.as_str()).is_err()
            && let Some(section) = &section
        {
            section.problem("server_name", format!("{name:?} is no name of a server"));
        }
    }
}

/// What the bridge shows to those who connect to it, and whom of them it lets in.
pub fn server(tls: &ServerTls) -> Result<ServerConfig, Wrong> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Wrong::of("certificate", &tls.certificate, error))?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let roots = Arc::new(roots("client_ca", path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| Wrong::of("client_ca", path, error))?)
        }
    };
    let (chain, key) = identity(&tls.certificate, &tls.key)?;
    builder.with_single_cert(chain, key).map_err(|error| unusable(&tls.certificate, &tls.key, &error))
}

/// Whom the bridge trusts (the authorities of a file, or those of the system), and what it shows to them. There is no way
/// not to verify.
pub fn client(tls: &ClientTls) -> Result<ClientConfig, Wrong> {
    let roots = match &tls.ca {
        Some(path) => roots("ca", path)?,
        None => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        }
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Wrong { key: "ca", text: error.to_string() })?
        .with_root_certificates(roots);
    let Some(own) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let (chain, key) = identity(&own.certificate, &own.key)?;
    builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&own.certificate, &own.key, &error))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

/// The certificates of a file; there is at least one.
fn chain(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Wrong> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(|error| Wrong::of(key, path, reason(error)))?;
    match found.is_empty() {
        true => Err(Wrong::of(key, path, "there is no certificate in it")),
        false => Ok(found),
    }
}

fn roots(key: &'static str, path: &Path) -> Result<RootCertStore, Wrong> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(key, path)? {
        roots.add(certificate).map_err(|error| Wrong::of(key, path, error))?;
    }
    Ok(roots)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(certificate: &Path, key: &Path) -> Result<Identity, Wrong> {
    let chain = chain("certificate", certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => Wrong::of("key", key, "there is no private key in it"),
        error => Wrong::of("key", key, reason(error)),
    })?;
    Ok((chain, private))
}

/// Why a file is not read.
fn reason(error: rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// A certificate and a key that were read, and are of no use together.
fn unusable(certificate: &Path, key: &Path, error: &rustls::Error) -> Wrong {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            Wrong::of("key", key, format!("this is not the key of the certificate in {}", certificate.display()))
        }
        error => Wrong::of("certificate", certificate, error),
    }
}
