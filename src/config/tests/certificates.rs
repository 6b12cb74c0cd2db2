//! TLS files that cannot be used are errors at their keys, before anything runs.

use std::{fs, path::PathBuf};

use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A folder with a certificate, its key, another key, and files that are neither.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cti-bridge-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    for (file, text) in [
        ("server.pem", certificate.pem()),
        ("server.key", key.serialize_pem()),
        ("other.key", KeyPair::generate().unwrap().serialize_pem()),
        ("empty.pem", String::new()),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

#[test]
fn files_that_cannot_be_used_are_errors_at_their_keys() {
    let folder = folder("certificates");
    let file = |name: &str| folder.join(name).display().to_string();
    let (certificate, key, empty) = (file("server.pem"), file("server.key"), file("empty.pem"));
    let platform = |tls: &str| SMALL.replace("user = \"feed\"", &format!("user = \"feed\"\ntls = {tls}"));
    let application = |tls: &str| format!("{SMALL}tls = {tls}\n");
    let own =
        |certificate: &str, key: &str, more: &str| format!("{{ certificate = '{certificate}', key = '{key}'{more} }}");
    for right in [
        platform(&format!("{{ ca = '{certificate}' }}")),
        platform(&own(&certificate, &key, "")),
        application(&own(&certificate, &key, "")),
        application(&own(&certificate, &key, &format!(", client_ca = '{certificate}'"))),
    ] {
        let (config, problems) = load(&right, &[], &[]);
        assert!(problems.is_empty(), "{}", problems.render());
        let known = config.certificates();
        assert_eq!(known.iter().map(|known| &known.path).collect::<Vec<_>>(), [&folder.join("server.pem")]);
    }
    for (wrong, part) in [
        (platform("{ ca = '/nonexistent.pem' }"), "/nonexistent.pem: No such file"),
        (platform(&format!("{{ ca = '{empty}' }}")), "there is no certificate in it"),
        (platform(&format!("{{ certificate = '{certificate}' }}")), "`platform.mitel.tls.certificate` needs `key`"),
        (platform("{ server_name = '…' }"), "is no name of a server"),
        (application(&own("/nonexistent.pem", &key, "")), "/nonexistent.pem: No such file"),
        (application(&own(&empty, &key, "")), "there is no certificate in it"),
        (application(&own(&certificate, &certificate, "")), "there is no private key in it"),
        (application(&own(&certificate, &file("other.key"), "")), "this is not the key of the certificate in"),
        (application(&own(&certificate, &key, &format!(", client_ca = '{empty}'"))), "there is no certificate in it"),
    ] {
        let problems = load(&wrong, &[], &[]).1;
        let report = problems.render();
        assert!(problems.len() == 1 && report.contains(part) && report.contains("bridge.toml:"), "{part}:\n{report}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
