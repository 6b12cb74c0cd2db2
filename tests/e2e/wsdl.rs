//! A platform's own WSDL decides how it is spoken with: read over loopback before each session.

use cti_bridge::net::Running;

use crate::{
    service::{Asked, SILENCE, Service},
    world::*,
};

const EDK: &str = "http://www.aspect.com/unifiedip/edk/ctipsapi/2009/08";

/// The documents of a CTI Portal Server as WCF serves them: in several files, under a host's own name; its contract in this
/// namespace.
fn portal(namespace: &'static str) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    move |target| {
        let name = target.strip_prefix("/AgentCallService?")?.rsplit('=').next()?;
        let text = std::fs::read_to_string(format!("tests/fixtures/wsdl/ctips-edk-mono/{name}.xml")).ok()?;
        Some(text.replace("127.0.0.1:18731", "portal-7.internal:8730").replace(EDK, namespace))
    }
}

/// A bridge in front of a portal at this address.
async fn bridge(service: &Service, extra: &str) -> Running {
    let url = format!("http://{}/AgentCallService", service.address);
    let text = format!(
        "[platform.aspect]\ndialect = 'ctips'\nurls = ['{url}']\ncallback = 'http://127.0.0.1:0/events'\nuser = 'u'\n\
         password = 'p'\nreconnect_min = '10ms'\nreconnect_max = '10ms'\n{extra}\n[application.crm]\ndialect = 'event-feed'\n\
         listen = '127.0.0.1:0'\nusers = {{ crm = 'x' }}\nplatforms = ['aspect']\n"
    );
    run(&text).await
}

async fn asked(service: &mut Service) -> Asked {
    soon("a request", service.asked.recv()).await.unwrap()
}

#[tokio::test]
async fn a_services_own_wsdl_is_read_from_where_it_was_asked_and_followed() {
    let mut service = Service::start(portal("urn:another-contract")).await;
    let _running = bridge(&service, "").await;
    // Before each session: the first one is refused.
    for _ in 0..2 {
        for target in ["?wsdl", "?wsdl=wsdl0", "?xsd=xsd0", "?xsd=xsd1", "?xsd=xsd2", "?xsd=xsd3", "?xsd=xsd4"] {
            assert_eq!(asked(&mut service).await, Asked::Get(format!("/AgentCallService{target}")));
        }
        let Asked::Post { action, body } = asked(&mut service).await else { panic!("OpenConnection") };
        assert_eq!(action, "urn:another-contract/AgentCallService/OpenConnection");
        assert!(body.contains("<OpenConnection xmlns=\"urn:another-contract\">"), "{body}");
    }
}

#[tokio::test]
async fn without_a_wsdl_what_was_configured_serves() {
    let mut service = Service::start(|_| None).await;
    let _running = bridge(&service, "profile = 'guide'").await;
    assert_eq!(asked(&mut service).await, Asked::Get("/AgentCallService?wsdl".into()));
    let Asked::Post { action, .. } = asked(&mut service).await else { panic!("OpenConnection") };
    assert_eq!(action, "http://tempuri.org/IAgentCallService/OpenConnection");
}

#[tokio::test]
async fn a_service_need_not_be_asked() {
    let mut service = Service::start(portal("urn:another-contract")).await;
    let _running = bridge(&service, "wsdl = 'none'").await;
    let Asked::Post { action, .. } = asked(&mut service).await else { panic!("OpenConnection, first") };
    assert_eq!(action, format!("{EDK}/AgentCallService/OpenConnection"));
}

#[tokio::test]
async fn a_file_may_say_it_instead() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("wsdl-of-a-file");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["wsdl", "wsdl0", "xsd0", "xsd1", "xsd2", "xsd3", "xsd4"] {
        let text = std::fs::read_to_string(format!("tests/fixtures/wsdl/ctips-edk-mono/{name}.xml")).unwrap();
        let mut text = text.replace(EDK, "urn:of-a-file").replace("?xsd=\"", "\"");
        for (query, file) in [("?wsdl=", ""), ("?xsd=", "")] {
            text = text.replace(&format!("http://127.0.0.1:18731/AgentCallService{query}"), file);
        }
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut service = Service::start(|_| None).await;
    let _running = bridge(&service, &format!("wsdl = '{}'", folder.join("wsdl").display())).await;
    let Asked::Post { action, .. } = asked(&mut service).await else { panic!("OpenConnection, first") };
    assert_eq!(action, "urn:of-a-file/AgentCallService/OpenConnection");
}

#[tokio::test]
async fn a_file_that_is_no_wsdl_keeps_the_bridge_from_starting() {
    let text = "[platform.aspect]\ndialect = 'ctips'\nurls = ['http://127.0.0.1:1/x']\ncallback = 'http://127.0.0.1:0/e'\n\
                user = 'u'\npassword = 'p'\nwsdl = 'Cargo.toml'\n[application.crm]\ndialect = 'event-feed'\n\
                listen = '127.0.0.1:0'\nusers = { crm = 'x' }\nplatforms = ['aspect']\n";
    let error = start(text).await.err().unwrap();
    assert!(error.starts_with("aspect: Cargo.toml: not XML"), "{error}");
}

#[tokio::test]
async fn a_wsdl_of_too_many_documents_is_given_up() {
    let endless = |target: &str| {
        let next = target.len();
        Some(format!(
            "<d:definitions xmlns:d='http://schemas.xmlsoap.org/wsdl/'><d:import namespace='n' location='{target}{next}'/>\
             </d:definitions>"
        ))
    };
    let mut service = Service::start(endless).await;
    let _running = bridge(&service, "wsdl_max_documents = 3").await;
    for _ in 0..3 {
        assert!(matches!(asked(&mut service).await, Asked::Get(_)));
    }
    assert!(matches!(asked(&mut service).await, Asked::Post { .. }));
}

#[tokio::test]
async fn a_wsdl_that_is_too_large_or_never_comes_is_given_up() {
    for (answer, bound) in [(" ".repeat(3000), "wsdl_max_size = '2KiB'"), (SILENCE.into(), "wsdl_timeout = '1s'")] {
        let mut service = Service::start(move |_| Some(answer.clone())).await;
        let _running = bridge(&service, bound).await;
        assert!(matches!(asked(&mut service).await, Asked::Get(_)));
        assert!(matches!(asked(&mut service).await, Asked::Post { .. }), "{bound}");
    }
}
