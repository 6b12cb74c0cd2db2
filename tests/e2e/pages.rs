//! Programs of AgentClient over loopback, by the protocol's lines: each sees and commands its own agent, and none disturbs
//! another.

use std::net::SocketAddr;

use cti_bridge::{
    net::Running,
    sim::{
        feed::{FeedLine, FeedSim},
        messages::*,
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::world::{PASSWORD, run, soon};

/// A bridge between a feed and programs of agents 77 and 78, who are 1001 and 1002 there.
struct Office {
    feed: FeedSim,
    line: FeedLine,
    running: Running,
}

impl Office {
    async fn start(application: &str) -> Office {
        let feed = FeedSim::start().await.unwrap();
        let text = format!(
            "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
             reconnect_min = '10ms'\nresync_grace = '50ms'\n[admin]\nlisten = '127.0.0.1:0'\n[application.pages]\ndialect = 'agent'\n\
             listen = '127.0.0.1:0'\nagents = {{ 77 = 'tk-77', 78 = 'tk-78' }}\nplatforms = ['mitel']\n{application}\n",
            feed.address
        );
        let running = run(&text).await;
        let line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
        Office { feed, line, running }
    }

    fn address(&self) -> SocketAddr {
        self.running.applications[0]
    }

    async fn say(&mut self, message: Value) {
        self.line.say(&message).await.unwrap();
    }

    async fn log_on(&mut self) {
        for id in [1001, 1002] {
            self.say(login(id, 0)).await;
            self.say(agent("agent-idle", id, 1, json!({}))).await;
        }
    }

    async fn ring(&mut self, number: i64, id: i64) {
        let rings = all(&[agent_device("alerting-device", id), outside("calling-device")]);
        self.say(call("delivered", number, 3, rings)).await;
    }
}

struct Page {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Page {
    async fn connect(address: SocketAddr) -> Page {
        let (reader, writer) = TcpStream::connect(address).await.unwrap().into_split();
        Page { lines: BufReader::new(reader).lines(), writer }
    }

    /// The program of an agent who is logged on; what it hears first was heard.
    async fn open(address: SocketAddr, login: &str) -> Page {
        let mut page = Page::connect(address).await;
        page.say(&hello(&format!("tk-{login}"))).await;
        page.until("AgentAbilities").await;
        page.until("OnUserLogin").await;
        page
    }

    async fn say(&mut self, frame: &Value) {
        self.raw(format!("{frame}\n").as_bytes()).await;
    }

    async fn raw(&mut self, bytes: &[u8]) {
        // A connection that the bridge has ended takes no more.
        let _ = self.writer.write_all(bytes).await;
    }

    /// The next frame that is no ping; none at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let line = soon("a frame", self.lines.next_line()).await.ok().flatten()?;
            let frame: Value = serde_json::from_str(&line).unwrap();
            if frame.get("ping").is_none() {
                return Some(frame);
            }
        }
    }

    /// Passes frames over until an event of this type.
    async fn until(&mut self, event: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("the end came before {event}"));
            if frame["type"] == event {
                return frame;
            }
        }
    }

    /// The result of a method; events before it are passed over.
    async fn call(&mut self, id: i64, method: &str, args: Value) -> Value {
        self.say(&json!({ "id": id, "call": method, "args": args })).await;
        loop {
            let frame = self.next().await.expect("a result");
            if frame["id"] == id && frame.get("hresult").is_some() {
                return frame;
            }
        }
    }

    /// The states of the next calls that it is told of.
    async fn states(&mut self, count: usize) -> Vec<(i64, i64)> {
        let mut states = Vec::new();
        while states.len() < count {
            let call = self.until("OnCallEvent").await["Call"].clone();
            states.push((call["ID"].as_i64().unwrap(), call["State"].as_i64().unwrap()));
        }
        states
    }
}

fn hello(token: &str) -> Value {
    json!({ "hello": "agent-client", "version": 1, "token": token })
}

#[tokio::test]
async fn a_page_sees_its_agents_call_and_answers_it() {
    let mut office = Office::start("").await;
    office.log_on().await;
    let mut page = Page::open(office.address(), "77").await;
    let mut other = Page::open(office.address(), "78").await;
    office.ring(900, 1001).await;
    assert_eq!(page.states(1).await, [(900, 3)]);
    let result = page.call(5, "AnswerActiveCall", json!({})).await;
    assert_eq!(result, json!({ "id": 5, "hresult": 0, "out": { "Result": true } }));
    let command = soon("a command", office.line.hear()).await.unwrap();
    assert_eq!((&command["sub-request-type"], &command["request-id"]), (&json!("answer"), &json!(5)));
    office.line.answer(&command, -1, Some("too late")).await.unwrap();
    let failed = page.until("RequestFailed").await;
    assert_eq!(
        (&failed["id"], &failed["call"], &failed["error"]),
        (&json!(5), &json!("AnswerActiveCall"), &json!("too late"))
    );
    let held = page.call(6, "HoldActiveCall", json!({})).await;
    assert_eq!((&held["out"]["Result"], &held["error"]), (&json!(false), &json!("no call is active")));
    let made = page.call(7, "MakeCall", json!({ "Number": "1", "UseNumberTranslation": true })).await;
    let lacks = "mitel (Mitel Connect ONSITE event feed) has no command to make a call";
    assert_eq!((&made["out"]["Result"], &made["error"]), (&json!(false), &json!(lacks)));
    // The other agent's program has heard of nothing, and may do nothing.
    let theirs = other.call(8, "HangupCall", json!({ "CallID": 900 })).await;
    assert_eq!(theirs["error"], "the agent has no call 900");
    assert_eq!(other.call(9, "GetCalls", json!({})).await["out"]["Calls"], json!([]));
}

#[tokio::test]
async fn who_has_no_good_token_or_talks_nonsense_is_let_go_and_nobody_else_notices() {
    let mut office = Office::start("logon_tries = 10").await;
    office.log_on().await;
    let mut page = Page::open(office.address(), "77").await;
    // What does not begin like a frame is taken for HTTP.
    let nonsense = [b"{".to_vec(), b"x".repeat((64 << 10) - 1), b"\n".to_vec()].concat();
    let another = json!({ "hello": "agent-client", "version": 1, "token": "tk-78", "agent": "77" });
    let first: [(&[u8], &str); 5] = [
        (&format!("{}\n", hello("tk-79")).into_bytes(), "refused"),
        (&format!("{another}\n").into_bytes(), "refused"),
        (b"{\"id\":1,\"call\":\"GetCalls\"}\n", "the first frame is no hello of an agent-client"),
        (&nonsense, "the first frame is no hello of an agent-client"),
        (b"{\"hello\":\"agent-client\",\"version\":1}\n", "refused"),
    ];
    for (bytes, error) in first {
        let mut stranger = Page::connect(office.address()).await;
        stranger.raw(bytes).await;
        // Whoever sends more than the bridge reads may lose the answer with the connection.
        if let Some(frame) = stranger.next().await {
            assert_eq!(frame, json!({ "error": error }));
            assert_eq!(stranger.next().await, None);
        }
    }
    for bytes in [&b"}{\n"[..], &nonsense, b"\0\xff\xfe\n", b"{\"id\":1}\n"] {
        let mut odd = Page::open(office.address(), "77").await;
        odd.raw(bytes).await;
        let last = odd.next().await;
        assert!(last.is_none_or(|frame| frame["error"].is_string()));
        assert_eq!(odd.next().await, None);
    }
    office.ring(900, 1001).await;
    assert_eq!(page.states(1).await, [(900, 3)]);
}

#[tokio::test]
async fn a_flood_of_calls_is_answered_in_order_and_others_hear_their_events() {
    let mut office = Office::start("").await;
    office.log_on().await;
    let mut flood = Page::open(office.address(), "77").await;
    let mut page = Page::open(office.address(), "78").await;
    let count = 5000;
    let calls: String = (1..=count)
        .map(|id| format!("{}\n", json!({ "id": id, "call": "AnswerCall", "args": { "CallID": id } })))
        .collect();
    let Page { mut lines, mut writer } = flood;
    let send = tokio::spawn(async move {
        writer.write_all(calls.as_bytes()).await.unwrap();
        writer
    });
    office.ring(901, 1002).await;
    assert_eq!(page.states(1).await, [(901, 3)]);
    let mut next = 1;
    while next <= count {
        let line = soon("a result", lines.next_line()).await.unwrap().unwrap();
        let frame: Value = serde_json::from_str(&line).unwrap();
        if frame.get("hresult").is_some() {
            assert_eq!((&frame["id"], &frame["out"]["Result"]), (&json!(next), &json!(false)));
            next += 1;
        }
    }
    flood = Page { lines, writer: send.await.unwrap() };
    assert_eq!(flood.call(9999, "GetCalls", json!({})).await["out"]["Calls"], json!([]));
}

#[tokio::test]
async fn a_page_that_does_not_read_is_ended_by_its_queue_and_the_other_one_is_not() {
    let mut office = Office::start("queue = 16\nqueue_bytes = '64KiB'").await;
    office.log_on().await;
    let mut page = Page::open(office.address(), "77").await;
    // Its socket takes nothing any more, and the queue is full soon after that.
    let stuck = Page::open(office.address(), "77").await;
    let many = "x".repeat(4000);
    for number in 0..4000 {
        let data = json!({ "call-table": [{ "media": 1, "call-type": 1, "dnis": "800", "group": { "type": 4, "id": 9 },
            "call-profile": [{ "id": 2, "value": "5551234" }, { "id": 101, "value": many }], "connections": [] }] });
        let rings = all(&[agent_device("alerting-device", 1001), outside("calling-device"), data]);
        office.say(call("delivered", 900 + number, 3, rings)).await;
        while page.states(1).await != [(900 + number, 3)] {}
        if number % 50 == 49 && office.sessions().await == 1 {
            drop(stuck);
            return;
        }
    }
    panic!("the page that does not read is still there");
}

impl Office {
    /// How many programs are connected, as the metrics say.
    async fn sessions(&self) -> usize {
        let address = self.running.admin.expect("an admin listener");
        let metrics = crate::world::get(address, "/metrics").await;
        let line = metrics.lines().find(|line| line.starts_with("cti_bridge_sessions{")).unwrap_or_default();
        line.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
    }
}

#[tokio::test]
async fn a_platform_that_comes_back_tells_nothing_twice_and_nothing_out_of_order() {
    let mut office = Office::start("").await;
    office.log_on().await;
    let mut page = Page::open(office.address(), "77").await;
    office.ring(900, 1001).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    office.say(call("established", 900, 4, answered)).await;
    assert_eq!(page.states(2).await, [(900, 3), (900, 6)]);
    office.line.close().await.unwrap();
    assert_eq!(page.until("OnRegistrationStatus").await["Registered"], false);
    assert_eq!(page.call(1, "IsRegistered", json!({})).await["out"]["Result"], false);
    let held = page.call(2, "HoldActiveCall", json!({})).await;
    assert_eq!((&held["out"]["Result"], &held["error"]), (&json!(false), &json!("mitel is not connected")));
    office.line = soon("another log-on", office.feed.welcome(PASSWORD)).await.unwrap();
    assert_eq!(page.until("OnRegistrationStatus").await["Registered"], true);
    let agents = json!([
        { "agent-id": 1001, "agent-ext": "4001", "agent-state": 2, "acd-calls": 1 },
        { "agent-id": 1002, "agent-ext": "4002", "agent-state": 1 },
    ]);
    office.say(other("group-agent-stats", 20, json!({ "group-id": 9, "agents": agents }))).await;
    office.say(call("held", 900, 30, agent_device("device", 1001))).await;
    let mut told = Vec::new();
    while told.last() != Some(&"OnCallEvent".to_owned()) {
        let frame = page.next().await.unwrap();
        told.push(frame["type"].as_str().unwrap_or_default().to_owned());
    }
    told.retain(|event| event != "AgentAbilities");
    assert_eq!(told, ["OnCallEvent"], "the call goes on, and nothing else is news");
    // A page that comes now sees the same.
    let mut late = Page::connect(office.address()).await;
    late.say(&hello("tk-77")).await;
    assert_eq!(late.states(1).await, [(900, 8)]);
}
