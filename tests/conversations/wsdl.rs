//! How a conversation takes what a service's own WSDL says, on a virtual clock: when it asks, what waits for that, what is
//! said of it.

use std::sync::{Arc, OnceLock};

use cti_bridge::{
    bridge::{Bridge, Output, Owner, PlatformParts},
    diagnostic::Problems,
    dialect::{ctips, open_media},
    mapping::{Dialect, Mappings},
    message::Message,
    model::{Model, Settings},
    port::{self, Asker, Asks as _, Input, Level, PlatformConversation, PlatformOutput, Post, PostOutcome, Reading},
    shipped::Files,
    time::Time,
    vocabulary::{
        Wanted,
        wsdl::{Documents, Fitted, Limits},
    },
};

const URL: &str = "http://media/";
const OTHER: &str = "http://openmedia.example/service/2024";

fn dialect(name: &str) -> Arc<Dialect> {
    static MAPPINGS: OnceLock<Mappings> = OnceLock::new();
    MAPPINGS.get_or_init(|| Mappings::load(&Files::built_in(), &mut Problems::default())).dialects[name].clone()
}

/// What the WSDL of these files comes to.
fn fitted(dialect: &Dialect, folder: &str) -> Fitted {
    let mut documents = Documents::at("http://127.0.0.1:18733/OpenMediaService", Limits::default());
    while let Some(address) = documents.wanted() {
        let name = address.rsplit(['?', '=']).next().unwrap();
        let text = std::fs::read(format!("tests/fixtures/wsdl/{folder}/{name}.xml")).unwrap();
        documents.take(&text, None).unwrap();
    }
    documents.read().fit(&dialect.vocabulary, None).unwrap()
}

fn media() -> open_media::Client {
    let vocabulary = dialect("open-media").vocabulary.clone();
    let settings = open_media::ClientSettings { url: URL.into(), asks_wsdl: true, ..Default::default() };
    open_media::Client::new(settings, vocabulary.clone(), vocabulary.profile("open-media").unwrap())
}

/// One platform in a bridge, and what it says.
struct World {
    bridge: Bridge,
    now: Time,
}

impl World {
    fn new() -> World {
        let dialect = dialect("open-media");
        let mut bridge = Bridge::default();
        bridge.add_platform(PlatformParts {
            name: "media".into(),
            conversation: Box::new(media()),
            model: Model::new(Settings::default()),
            incoming: dialect.from.clone().unwrap(),
            outgoing: dialect.to.clone().unwrap(),
            knobs: dialect.to.as_ref().unwrap().knobs.iter().map(|(_, default)| default.clone()).collect(),
            service_groups: Default::default(),
        });
        World { bridge, now: Time(0) }
    }

    /// Lets time pass until its WSDL is asked for.
    fn until_asked(&mut self) {
        self.now = self.bridge.deadline().unwrap();
        self.bridge.expire(self.now);
        let asked: Vec<Output> = std::iter::from_fn(|| self.bridge.poll_all(self.now)).collect();
        let [Output::Wire { owner: Owner::Platform(0), output: port::Output::Describe(url) }] = &asked[..] else {
            panic!("{asked:?}")
        };
        assert_eq!(&**url, URL);
    }

    /// Tells what its WSDL came to: what is said of that, how much it matters, and the SOAPAction of the question that
    /// follows, which is not answered.
    fn described(&mut self, found: Result<Fitted, String>) -> (Vec<(Level, String)>, String) {
        self.bridge.described(self.now, 0, &URL.into(), found);
        let (mut said, mut posts) = (Vec::new(), Vec::new());
        while let Some(output) = self.bridge.poll_all(self.now) {
            match output {
                Output::Notice { notice, .. } => said.push((notice.level(), notice.to_string())),
                Output::Wire { output: port::Output::Post(post), .. } => posts.push(post),
                output => panic!("{output:?}"),
            }
        }
        let [post] = &posts[..] else { panic!("{posts:?}") };
        let (token, outcome) = (post.token, PostOutcome::NotSent("gone".into()));
        self.bridge.handle(self.now, Owner::Platform(0), Input::Answered { token, outcome });
        while self.bridge.poll_all(self.now).is_some() {}
        (said, post.action.to_string())
    }
}

/// Hands an input to a conversation by itself.
fn hand_in(client: &mut dyn PlatformConversation, dialect: &Dialect, now: Time, mut input: Input<'_>) {
    let reading = Reading { vocabulary: &dialect.vocabulary, wanted: &Wanted::new() };
    client.handle(now, &mut input, &reading, &mut Message::default());
}

/// The requests that a conversation posts.
fn posts(client: &mut dyn PlatformConversation) -> Vec<Post> {
    let outputs = std::iter::from_fn(|| client.poll());
    let post = |output| if let PlatformOutput::Wire(port::Output::Post(post)) = output { Some(*post) } else { None };
    outputs.filter_map(post).collect()
}

#[test]
fn what_a_wsdl_came_to_is_said_when_it_is_not_what_was_said_before() {
    let mut world = World::new();
    let other = || Ok(fitted(&dialect("open-media"), "open-media-mono-other-namespaces"));
    let usual = "http://tempuri.org/IOpenMediaService/GetAllOpenMediaServiceGroupStatus".to_owned();
    let moved = format!("{OTHER}/IOpenMediaService/GetAllOpenMediaServiceGroupStatus");
    let warning = |text: &str| vec![(Level::Warn, text.to_owned())];
    let unreadable = |serves: &str| {
        format!("the service's WSDL cannot be read reason=\"http://media/?wsdl: answered 404\" serves={serves:?}")
    };
    let missing = || Err("http://media/?wsdl: answered 404".to_owned());

    world.until_asked();
    let said = warning(&unreadable("the configured profile"));
    assert_eq!(world.described(missing()), (said, usual.clone()));
    world.until_asked();
    assert_eq!(world.described(missing()), (Vec::new(), usual));

    world.until_asked();
    let (said, action) = world.described(other());
    let [(Level::Info, text)] = &said[..] else { panic!("{said:?}") };
    assert!(text.starts_with("the service's WSDL is followed"), "{text}");
    assert!(text.ends_with(" profile=\"open-media\" differences=7 more_lacks=0"), "{text}");
    assert_eq!(action, moved);
    world.until_asked();
    assert_eq!(world.described(other()), (Vec::new(), moved.clone()));

    // What cannot be read any more leaves what was read last.
    world.until_asked();
    let said = warning(&unreadable("its last content"));
    assert_eq!(world.described(missing()), (said, moved));
}

#[test]
fn what_a_wsdl_lacks_is_said_one_by_one() {
    let mut world = World::new();
    world.until_asked();
    let (said, _) = world.described(Ok(fitted(&dialect("open-media"), "open-media-asmx")));
    let warnings: Vec<_> = said.iter().filter(|(level, _)| *level == Level::Warn).map(|(_, text)| text).collect();
    assert_eq!(warnings.len(), 6);
    let lacks = "the service's WSDL lacks or contradicts something";
    assert_eq!(*warnings[0], format!("{lacks} part=\"DivertRequest\" reason=\"the WSDL has no such operation\""));
}

#[test]
fn what_is_asked_before_the_wsdl_was_read_is_written_as_the_wsdl_says() {
    let open_media = dialect("open-media");
    let mut client = media();
    client.expire(Time(0));
    let mut add = Message::default();
    open_media.vocabulary.read_json(r#"{"AddRequest":{"ServiceGroupID":9}}"#, true, &Wanted::new(), &mut add).unwrap();
    client.ask(Time(0), &mut add, Asker::Guest(7));
    assert!(posts(&mut client).is_empty());
    let other = fitted(&open_media, "open-media-mono-other-namespaces").profile;
    hand_in(&mut client, &open_media, Time(5), Input::Described { profile: Ok(&other) });
    let posts = posts(&mut client);
    let actions: Vec<&str> = posts.iter().map(|post| post.action.rsplit('/').next().unwrap()).collect();
    assert_eq!(actions, ["AddRequest", "GetAllOpenMediaServiceGroupStatus"]);
    let body = String::from_utf8(posts[0].body.clone()).unwrap();
    assert!(body.contains(&format!("<AddRequest xmlns=\"{OTHER}\">")), "{body}");
}

#[test]
fn only_so_many_requests_wait_for_a_wsdl() {
    let open_media = dialect("open-media");
    let mut client = media();
    let line = r#"{"CancelRequest":{"OpenMediaID":7}}"#;
    for number in 0..1002 {
        let mut cancel = Message::default();
        open_media.vocabulary.read_json(line, true, &Wanted::new(), &mut cancel).unwrap();
        client.ask(Time(0), &mut cancel, Asker::Guest(number));
    }
    let failed: Vec<PlatformOutput> = std::iter::from_fn(|| client.poll()).collect();
    let expected = "its WSDL is not read yet, and 1000 requests wait for that";
    for (output, number) in failed.iter().zip(1000..) {
        let PlatformOutput::NoAnswer { asker: Asker::Guest(asker), reason, unknown: false } = output else {
            panic!("{output:?}")
        };
        assert_eq!((*asker, reason.as_str()), (number, expected));
    }
    assert_eq!(failed.len(), 2);
    hand_in(&mut client, &open_media, Time(5), Input::Described { profile: Err("none".into()) });
    assert_eq!(posts(&mut client).len(), 1000);
}

#[test]
fn a_portal_is_asked_before_each_session_and_at_each_address() {
    let portal = dialect("ctips");
    let urls = vec!["http://one/".into(), "http://two/".into()];
    let settings = ctips::ClientSettings { urls, asks_wsdl: true, ..Default::default() };
    let guide = portal.vocabulary.profile("guide").unwrap();
    let mut client =
        ctips::Client::new(settings, portal.vocabulary.clone(), guide.clone(), Box::new(|| "path".to_owned()));
    let mut opened = |found: Result<Fitted, String>, now: Time| {
        if client.deadline().is_some_and(|due| due <= now) {
            client.expire(now);
        }
        let asked = std::iter::from_fn(|| client.poll()).find_map(|output| match output {
            PlatformOutput::Wire(port::Output::Describe(url)) => Some(url.to_string()),
            _ => None,
        });
        let profile = found.as_ref().map(|fitted| &fitted.profile).map_err(Clone::clone);
        hand_in(&mut client, &portal, now, Input::Described { profile });
        let post = posts(&mut client).remove(0);
        let (token, outcome) = (post.token, PostOutcome::NotSent("gone".into()));
        hand_in(&mut client, &portal, now, Input::Answered { token, outcome });
        (asked.unwrap(), post.url.to_string(), post.action.to_string())
    };
    let told = |url: &str, action: &str| (url.to_owned(), url.to_owned(), action.to_owned());
    let edk = "http://www.aspect.com/unifiedip/edk/ctipsapi/2009/08/AgentCallService/OpenConnection";
    let found = Ok(fitted(&portal, "ctips-edk-mono"));
    assert_eq!(opened(found, Time(0)), told("http://one/", edk));
    // The other one says nothing: what was configured serves, not what the first one said.
    let configured = "http://tempuri.org/IAgentCallService/OpenConnection";
    assert_eq!(opened(Err("none".into()), Time(0)), told("http://two/", configured));
    assert_eq!(opened(Err("none".into()), Time(60_000)), told("http://one/", configured));
}
