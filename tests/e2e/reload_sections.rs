//! Platforms and applications that come, go or change while the bridge runs. Those that did not change do not notice.

use cti_bridge::sim::{
    desk::Desk,
    feed::{FeedLine, FeedSim},
    media::{MediaSim, client::Client},
    messages::{agent_device, all, call, login, outside, short},
    subscriber::Subscriber,
};
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    daemon::{Daemon, Hosted},
    edges::free,
    world::{Extra, LOST_WITH_A_CALL, PASSWORD, USER_PASSWORD, event, get, hears, soon, text},
};

fn feed_section(name: &str, feed: &FeedSim) -> String {
    format!(
        "[platform.{name}]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
         reconnect_min = '10ms'\n",
        feed.address
    )
}

impl Hosted {
    /// Has another configuration loaded. Hands back the lines about sections, up to the last of these, in order.
    async fn reload(&mut self, text: &str, sections: &[(&str, &str)]) {
        self.daemon.configure(text);
        self.daemon.signal("-HUP");
        self.daemon.line("event=\"reloaded\"").await;
        for (section, cause) in sections {
            let line = self.daemon.line("event=\"section_exchanged\"").await;
            let expected = format!("cause=\"{cause}\" section=\"{section}\"");
            assert!(line.contains(&expected), "{expected}: {line}");
        }
    }

    /// The desk has heard nothing but this since it was asked last.
    async fn heard_nothing_else(&mut self, agent_id: i64) {
        self.line.say(&login(agent_id, 0)).await.unwrap();
        hears(&mut self.desk, &[&format!("AgentLoginStateChange a{agent_id} AgentLoggedIn")]).await;
    }
}

/// Agent 1001 logs on and answers a call.
async fn answers(line: &mut FeedLine, number: i64) {
    line.say(&login(1001, 0)).await.unwrap();
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    line.say(&call("established", number, 4, answered)).await.unwrap();
}

async fn until(desk: &mut Desk, told: &str) {
    while short(&event(desk).await) != told {}
}

#[tokio::test]
async fn an_application_comes_and_goes_and_others_do_not_notice() {
    let mut world = Hosted::with(Extra::default()).await;
    let before = world.daemon.configuration();
    let crm = "[application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = { crm = 'crm-pass-1' }\n\
               platforms = ['mitel']\n";
    world.daemon.configure(&format!("{before}{crm}"));
    world.daemon.signal("-HUP");
    let address = world.daemon.address().await;
    world.daemon.line("section=\"application.crm\"").await;
    let mut crm = soon("a log-on", Subscriber::log_on(address, "crm", "crm-pass-1")).await.unwrap();
    crm.subscribe(&[("agent-activity", &["*"])]).await.unwrap();
    world.heard_nothing_else(1001).await;
    assert_eq!(soon("an event", crm.hear()).await.unwrap()["agent-id"], 1001);

    world.reload(&before, &[("application.crm", "it is gone")]).await;
    soon("the end of the session", async { while crm.hear().await.is_ok() {} }).await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens there any more");
    world.heard_nothing_else(1002).await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}

#[tokio::test]
async fn a_platform_comes_and_goes_and_its_calls_end_as_for_a_lost_link() {
    let [admin] = free();
    let rest = format!("[admin]\nlisten = '{admin}'\n");
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let before = world.daemon.configuration();
    let second = FeedSim::start().await.unwrap();
    let both =
        before.replace("platforms = ['mitel']", "platforms = ['mitel', 'second']") + &feed_section("second", &second);
    world.reload(&both, &[("platform.second", "it is new")]).await;
    let mut line = soon("the log-on", second.welcome(PASSWORD)).await.unwrap();
    hears(&mut world.desk, &["LinkStatus Down", "LinkStatus Up"]).await;
    answers(&mut line, 900).await;
    until(&mut world.desk, "CallEstablished 900 a1001001").await;
    answers(&mut world.line, 901).await;
    until(&mut world.desk, "CallEstablished 901 a1001").await;
    assert!(get(admin, "/readyz?platform=second").await.starts_with("HTTP/1.1 200"));

    world.reload(&before, &[("platform.second", "it is gone")]).await;
    let lost = LOST_WITH_A_CALL.map(|told| told.replace("a1001", "a1001001"));
    let expected = lost.each_ref().map(String::as_str);
    while short(&event(&mut world.desk).await) != expected[0] {}
    hears(&mut world.desk, &expected[1..]).await;
    soon("the end of the connection", async { while line.hear().await.is_ok() {} }).await;
    assert!(get(admin, "/readyz?platform=second").await.starts_with("HTTP/1.1 404"));
    let metrics = get(admin, "/metrics").await;
    assert!(metrics.contains("\"mitel\"") && !metrics.contains("second\""), "{metrics}");
    // The other platform's call goes on.
    world.line.say(&call("call-cleared", 901, 9, serde_json::json!({}))).await.unwrap();
    until(&mut world.desk, "CallEnd 901").await;
    // It comes again, as a new one.
    world.reload(&both, &[("platform.second", "it is new")]).await;
    let _line = soon("the log-on", second.welcome(PASSWORD)).await.unwrap();
    until(&mut world.desk, "LinkStatus Up").await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}

#[tokio::test]
async fn a_platform_that_changes_is_a_lost_link_that_comes_back_in_time() {
    let mut world = Hosted::with(Extra::default()).await;
    let before = world.daemon.configuration();
    answers(&mut world.line, 900).await;
    until(&mut world.desk, "CallEstablished 900 a1001").await;
    let other = FeedSim::start().await.unwrap();
    let old = before.lines().find(|line| line.starts_with("address = ")).unwrap();
    let moved = before.replace(old, &format!("address = '{}'", other.address));
    let cause = "it has other keys or values, besides those that can be exchanged";
    world.reload(&moved, &[("platform.mitel", cause)]).await;
    until(&mut world.desk, "LinkStatus Down").await;
    world.line = soon("the log-on", other.welcome(PASSWORD)).await.unwrap();
    hears(&mut world.desk, &["LinkStatus Up"]).await;
    // The call is the same.
    world.line.say(&call("held", 900, 9, agent_device("holding-device", 1001))).await.unwrap();
    until(&mut world.desk, "CallHeld 900").await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}

#[tokio::test]
async fn a_vocabulary_that_changes_restarts_the_connections_of_its_dialect_alone() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("words-{}", std::process::id()));
    let file = folder.join("dialects/event-feed.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let shipped = std::fs::read_to_string("mappings/dialects/event-feed.toml").unwrap();
    std::fs::write(&file, &shipped).unwrap();
    let feed = FeedSim::start().await.unwrap();
    let top = format!("mappings = '{}'", folder.display());
    let crm = "[application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = { crm = 'crm-pass-1' }\n\
               platforms = ['mitel']\n";
    let extra = Extra { top: &top, rest: crm, ..Extra::default() };
    let mut daemon = Daemon::start(&text(&feed.address.to_string(), &extra));
    let (crm, service) = (daemon.address().await, daemon.address().await);
    let mut line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    let mut desk = Desk::start(service).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    let mut subscriber = soon("a log-on", Subscriber::log_on(crm, "crm", "crm-pass-1")).await.unwrap();
    answers(&mut line, 900).await;
    until(&mut desk, "CallEstablished 900 a1001").await;

    std::fs::write(&file, format!("{shipped}\n# Another one.\n")).unwrap();
    daemon.signal("-HUP");
    for section in ["platform.mitel", "application.crm"] {
        let line = daemon.line("event=\"section_exchanged\"").await;
        assert!(line.contains(&format!("cause=\"its vocabulary changed\" section=\"{section}\"")), "{line}");
    }
    soon("the end of the connection", async { while line.hear().await.is_ok() {} }).await;
    soon("the end of the session", async { while subscriber.hear().await.is_ok() {} }).await;
    let mut line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    until(&mut desk, "LinkStatus Down").await;
    hears(&mut desk, &["LinkStatus Up"]).await;
    line.say(&call("held", 900, 9, agent_device("holding-device", 1001))).await.unwrap();
    until(&mut desk, "CallHeld 900").await;
    soon("a log-on", Subscriber::log_on(crm, "crm", "crm-pass-1")).await.unwrap();
    daemon.signal("-TERM");
    assert_eq!(daemon.end().await.code, Some(0));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn an_application_that_changes_is_served_anew_at_its_address() {
    let mut world = Hosted::with(Extra::default()).await;
    let before = world.daemon.configuration();
    let cause = "it has other keys or values, besides those that can be exchanged";
    let changed = before.replace("[application.desk]", "[application.desk]\nsessions = 3");
    world.reload(&changed, &[("application.desk", cause)]).await;
    until(&mut world.desk, "LinkStatus Down").await;
    let refused = soon("an answer", world.desk.call("OnLine", &[])).await.unwrap_err();
    assert!(refused.contains("no such session"), "{refused}");
    soon("a session", world.desk.online("Test01", USER_PASSWORD)).await.unwrap();
    world.heard_nothing_else(1001).await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}

#[tokio::test]
async fn an_application_of_open_media_comes_goes_and_changes_like_others() {
    let media = MediaSim::start().await.unwrap();
    let [service] = free();
    let platform = format!(
        "[platform.media]\ndialect = 'open-media'\nurl = '{}'\nuser = 'admin'\npassword = 'secret'\npoll = '10ms'\n\
         reconnect_min = '10ms'\nreconnect_max = '10ms'\n\
         [application.other]\ndialect = 'open-media'\nlisten = '127.0.0.1:0'\nplatforms = ['media']\n\
         users = {{ web = 'web-pass' }}\n",
        media.url()
    );
    let application = |more: &str| {
        format!(
            "{platform}[application.tickets]\ndialect = 'open-media'\nlisten = '{service}'\nplatforms = ['media']\n\
             users = {{ web = 'web-pass' }}\n{more}\n"
        )
    };
    let add = async || {
        let members = json!({ "ServiceGroupID": 9, "IVRInfo": [{ "Label": "ticket", "Data": "4711" }] });
        let added = async {
            loop {
                let answer = Client::new("web", "web-pass").call(service, "AddRequest", members.clone()).await;
                // The platform may not be connected yet.
                match answer.ok().and_then(|answer| answer["OpenMediaID"].as_i64()) {
                    Some(id) => return id,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        soon("a request", added).await
    };
    let mut daemon = Daemon::start(&application(""));
    daemon.address().await;
    let first = add().await;
    let changed = "it has other keys or values, besides those that can be exchanged";
    for (text, cause, is_served) in [
        (application("max_body = '4KiB'"), changed, true),
        (platform.clone(), "it is gone", false),
        (application(""), "it is new", true),
    ] {
        daemon.configure(&text);
        daemon.signal("-HUP");
        let line = daemon.line("section=\"application.tickets\"").await;
        assert!(line.contains("event=\"section_exchanged\"") && line.contains(cause), "{line}");
        if is_served {
            assert!(add().await > first);
        } else {
            assert!(TcpStream::connect(service).await.is_err(), "nobody listens there any more");
        }
    }
    assert_eq!(media.count("CancelRequest"), 0, "what clients have added goes on");
    daemon.signal("-TERM");
    assert_eq!(daemon.end().await.code, Some(0));
}

#[tokio::test]
async fn an_address_that_is_taken_changes_nothing() {
    let mut world = Hosted::with(Extra::default()).await;
    let before = world.daemon.configuration();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let crm = format!(
        "[application.crm]\ndialect = 'event-feed'\nlisten = '{}'\nusers = {{ crm = 'x' }}\nplatforms = ['mitel']\n",
        taken.local_addr().unwrap()
    );
    world.daemon.configure(&(before.replace(USER_PASSWORD, "another-pass-77") + &crm));
    world.daemon.signal("-HUP");
    let refused = world.daemon.line("event=\"reload_refused\"").await;
    assert!(refused.contains("crm: cannot listen on"), "{refused}");
    let stranger = Desk::start(world.service).await.unwrap();
    stranger.open_at(&stranger.url(), "Test01", USER_PASSWORD).await.unwrap();
    world.heard_nothing_else(1001).await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}
