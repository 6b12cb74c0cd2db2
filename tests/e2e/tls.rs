//! TLS towards the platform, from applications and towards their callbacks; a certificate that nobody vouches for is refused.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use cti_bridge::sim::{desk::Desk, feed::FeedSim, messages::*};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::WebPkiClientVerifier,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{daemon::Daemon, world::*};

/// An authority, and a certificate for localhost that it vouches for, as files.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
        Authority { folder }
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn identity(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let chain = vec![CertificateDer::from_pem_file(self.file("server.pem")).unwrap()];
        (chain, PrivateKeyDer::from_pem_file(self.file("server.key")).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).unwrap()).unwrap();
        roots
    }

    /// Takes TLS connections and passes what they carry on in plain.
    pub async fn front(&self, behind: SocketAddr) -> SocketAddr {
        self.front_for(behind, None).await
    }

    /// The same, for those whom somebody vouches for.
    async fn front_for(&self, behind: SocketAddr, known: Option<&Authority>) -> SocketAddr {
        let (chain, key) = self.identity();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = match known {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let (roots, provider) = (Arc::new(authority.roots()), Arc::new(default_provider()));
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap();
                config.with_client_cert_verifier(verifier)
            }
        };
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut outer) = acceptor.accept(stream).await else { return };
                    let mut inner = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut outer, &mut inner).await;
                });
            }
        });
        address
    }

    /// Takes plain connections and passes what they carry on in TLS.
    pub async fn back(&self, behind: SocketAddr) -> SocketAddr {
        self.back_as(behind, None).await
    }

    /// The same, showing the certificate of somebody.
    async fn back_as(&self, behind: SocketAddr, shown: Option<&Authority>) -> SocketAddr {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(self.roots());
        let config = match shown {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let (chain, key) = authority.identity();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        let connector = TlsConnector::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut outer, _)) = listener.accept().await {
                let connector = connector.clone();
                tokio::spawn(async move {
                    let inner = TcpStream::connect(behind).await.unwrap();
                    let name = ServerName::try_from("localhost").unwrap();
                    let Ok(mut inner) = connector.connect(name, inner).await else { return };
                    let _ = copy_bidirectional(&mut outer, &mut inner).await;
                });
            }
        });
        address
    }
}

#[tokio::test]
async fn everything_can_be_encrypted() {
    let authority = Authority::new("all");
    let feed = FeedSim::start().await.unwrap();
    let front = authority.front(feed.address).await;
    let platform = format!("tls = {{ ca = '{}', server_name = 'localhost' }}", authority.file("ca.pem"));
    let application = format!(
        "tls = {{ certificate = '{}', key = '{}' }}\ncallback_tls = {{ ca = '{}' }}",
        authority.file("server.pem"),
        authority.file("server.key"),
        authority.file("ca.pem")
    );
    let extra = Extra { platform: &platform, application: &application, ..Extra::default() };
    let running = run(&text(&front.to_string(), &extra)).await;
    let mut line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    let mut desk = Desk::start(authority.back(running.applications[0]).await).await.unwrap();
    let callback = authority.front(desk.callback).await;
    let url = format!("https://localhost:{}/CTIEvents", callback.port());
    desk.session = soon("a session", desk.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    desk.register().await.unwrap();
    line.say(&login(1001, 0)).await.unwrap();
    line.say(&agent("agent-idle", 1001, 0, json!({}))).await.unwrap();
    hears(&mut desk, &["AgentLoginStateChange a1001 AgentLoggedIn", "AgentStateChange a1001 Idle"]).await;
    // Plain HTTP is no way in.
    let plain = Desk::start(running.applications[0]).await.unwrap();
    assert!(plain.open_at(&plain.url(), "Test01", USER_PASSWORD).await.is_err());
}

#[tokio::test]
async fn certificates_are_verified_both_ways() {
    let (authority, stranger) = (Authority::new("known"), Authority::new("unknown"));
    let feed = FeedSim::start().await.unwrap();
    let front = stranger.front(feed.address).await;
    let platform = format!("tls = {{ ca = '{}', server_name = 'localhost' }}", authority.file("ca.pem"));
    let application = format!("callback_tls = {{ ca = '{}' }}", authority.file("ca.pem"));
    let running =
        run(&text(&front.to_string(), &Extra { platform: &platform, application: &application, ..Extra::default() }))
            .await;
    let mut desk = Desk::start(running.applications[0]).await.unwrap();
    let callback = stranger.front(desk.callback).await;
    let url = format!("https://localhost:{}/CTIEvents", callback.port());
    let refused = soon("an answer", desk.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap_err();
    assert!(refused.contains("TLS: invalid peer certificate"), "{refused}");
    desk.online("Test01", USER_PASSWORD).await.unwrap();
    hears(&mut desk, &["LinkStatus Down"]).await;
    // A name that the certificate does not bear is refused, too.
    let callback = authority.front(desk.callback).await;
    let refused = desk.open_at(&format!("https://127.0.0.1:{}/", callback.port()), "Test01", USER_PASSWORD).await;
    assert!(refused.unwrap_err().contains("TLS: invalid peer certificate"));
}

#[tokio::test]
async fn a_flood_of_handshakes_that_fail_is_a_few_lines_with_the_reason() {
    let authority = Authority::new("flood");
    let own = format!(
        "tls = {{ certificate = '{}', key = '{}' }}",
        authority.file("server.pem"),
        authority.file("server.key")
    );
    let crm = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let rest = format!(
        "[application.crm]\ndialect = 'event-feed'\nlisten = '{crm}'\nusers = {{ crm = 'x' }}\nplatforms = ['mitel']\n{own}"
    );
    let extra = Extra { application: &own, rest: &rest, ..Extra::default() };
    let mut daemon = Daemon::start(&text("127.0.0.1:1", &extra));
    let first = daemon.address().await;
    let second = daemon.address().await;
    let begun = std::time::Instant::now();
    for address in [first, second] {
        for _ in 0..100 {
            let mut plain = TcpStream::connect(address).await.unwrap();
            plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            let _ = plain.read_to_end(&mut Vec::new()).await;
        }
    }
    daemon.signal("-TERM");
    let log = daemon.end().await.log;
    let spans = begun.elapsed().as_secs() as usize / 10 + 2;
    let said = log.matches("a TLS handshake failed event=\"tls_failed\"").count();
    assert!((20..=20 * spans).contains(&said), "{said} lines:\n{log}");
    assert!(log.contains(" of=\"tls_failed\" count="), "{log}");
}

#[tokio::test]
async fn both_ends_show_who_they_are_where_that_is_asked_for() {
    let (authority, stranger) = (Authority::new("mutual"), Authority::new("mutual-stranger"));
    let own = format!("certificate = '{}', key = '{}'", authority.file("server.pem"), authority.file("server.key"));
    let ca = authority.file("ca.pem");
    let feed = FeedSim::start().await.unwrap();
    let front = authority.front_for(feed.address, Some(&authority)).await;
    let platform = format!("tls = {{ ca = '{ca}', server_name = 'localhost', {own} }}");
    let application = format!("tls = {{ {own}, client_ca = '{ca}' }}");
    let extra = Extra { platform: &platform, application: &application, ..Extra::default() };
    let running = run(&text(&front.to_string(), &extra)).await;
    let _line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    let service = running.applications[0];
    for shown in [None, Some(&stranger)] {
        let desk = Desk::start(authority.back_as(service, shown).await).await.unwrap();
        assert!(desk.open_at(&desk.url(), "Test01", USER_PASSWORD).await.is_err());
    }
    let mut desk = Desk::start(authority.back_as(service, Some(&authority)).await).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn certificates_are_exchanged_between_two_handshakes() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let own = format!("tls = {{ certificate = '{}', key = '{}' }}", old.file("server.pem"), old.file("server.key"));
    let mut daemon = Daemon::start(&text("127.0.0.1:1", &Extra { application: &own, ..Extra::default() }));
    let service = daemon.address().await;
    let mut desk = Desk::start(old.back(service).await).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    // Half of an exchange is none.
    std::fs::copy(new.file("server.pem"), old.file("server.pem")).unwrap();
    daemon.signal("-HUP");
    let refused = daemon.line("event=\"reload_refused\"").await;
    assert!(refused.contains("this is not the key of the certificate"), "{refused}");
    std::fs::copy(new.file("server.key"), old.file("server.key")).unwrap();
    daemon.signal("-HUP");
    daemon.line("event=\"reloaded\"").await;
    let later = Desk::start(new.back(service).await).await.unwrap();
    later.open_at(&later.url(), "Test01", USER_PASSWORD).await.unwrap();
    // The certificate of before is not shown any more.
    let late = Desk::start(old.back(service).await).await.unwrap();
    assert!(late.open_at(&late.url(), "Test01", USER_PASSWORD).await.is_err());
}
