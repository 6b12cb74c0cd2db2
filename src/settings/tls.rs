//! The keys of TLS, on either end of a connection.

use std::path::PathBuf;

use super::Section;

/// How servers are trusted that the bridge connects to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Certificates to trust, in PEM; those of the system where there is none.
    pub ca: Option<PathBuf>,
    /// The name in the server's certificate, where it is not the host's.
    pub server_name: Option<String>,
}

/// The certificate that the bridge shows to those who connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl ClientTls {
    /// Reads the table of this key, if it is there.
    pub fn read(section: &Section, key: &'static str) -> Option<ClientTls> {
        let table = section.section(key)?;
        let tls = ClientTls { ca: table.path("ca"), server_name: table.text("server_name") };
        table.finish();
        Some(tls)
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
        table.finish();
        Some(ServerTls { certificate: certificate?, key: key? })
    }
}
