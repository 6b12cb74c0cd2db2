//! The keys of TLS, on either end of a connection. The files are read by `config`.

use std::path::PathBuf;

use super::Section;

/// How the bridge connects to servers: whom it trusts, and what it shows to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Certificates to trust, in PEM; those of the system where there is none.
    pub ca: Option<PathBuf>,
    /// The name in the server's certificate, where it is not the host's.
    pub server_name: Option<String>,
    /// The bridge's own certificate, for servers that ask for one.
    pub identity: Option<Identity>,
}

/// A certificate with its key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The certificate that the bridge shows to those who connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Whoever connects must show a certificate that one of these vouches for.
    pub client_ca: Option<PathBuf>,
}

impl ClientTls {
    /// Reads the table of this key, if it is there.
    pub fn read(section: &Section, key: &'static str) -> Option<ClientTls> {
        let table = section.section(key)?;
        let (ca, server_name) = (table.path("ca"), table.text("server_name"));
        let (certificate, key) = (table.path("certificate"), table.path("key"));
        for (name, other) in [("certificate", "key"), ("key", "certificate")] {
            if table.has(name) && !table.has(other) {
                table.missing(other, format!("`{}.{name}` needs `{other}`", table.path));
            }
        }
        let identity = certificate.zip(key).map(|(certificate, key)| Identity { certificate, key });
        table.finish();
        Some(ClientTls { ca, server_name, identity })
    }
}

impl ServerTls {
    /// Reads the table of this key, if it is there and complete.
    pub fn read(section: &Section, key: &'static str) -> Option<ServerTls> {
        let table = section.section(key)?;
        let required = |name: &'static str| {
            if !table.has(name) {
                table.missing(name, format!("`{}.{name}` is missing", table.path));
            }
            table.path(name)
        };
        let (certificate, key) = (required("certificate"), required("key"));
        let client_ca = table.path("client_ca");
        table.finish();
        Some(ServerTls { certificate: certificate?, key: key?, client_ca })
    }
}
