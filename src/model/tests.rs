//! Whole stories told to the model, and the guarantees that no order of events can break.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;

use super::*;
use crate::message::Value;

const OUTSIDE: &str = "5551234";

/// A change in a form that can be shuffled: who, on which call, by number.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    kind: ChangeKind,
    call: i64,
    second: i64,
    result: i64,
    party: Who,
    other: Who,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Nobody,
    Agent(i64),
    Outside,
}

impl Who {
    fn device(self) -> Device<'static> {
        match self {
            Who::Nobody => Device::default(),
            Who::Agent(id) => Device { kind: Some(DeviceKind::Agent), id: Id::Int(id), number: "" },
            Who::Outside => Device { kind: Some(DeviceKind::Device), id: Id::None, number: OUTSIDE },
        }
    }
}

fn said(kind: ChangeKind, call: i64, party: Who, other: Who) -> Said {
    Said { kind, call, second: 0, result: 0, party, other }
}

fn names(guid: &str, call: i64) -> CallNames<'_> {
    let mut names = CallNames::default();
    if call != 0 {
        names.0[0] = Id::Text(guid);
        names.0[1] = Id::Int(call);
    }
    names
}

struct Teller {
    model: Model,
    now: Time,
    out: Vec<Transition>,
    /// Ends wait until they are asked for.
    is_slow: bool,
}

impl Teller {
    fn new() -> Teller {
        let mut model = Model::new(Settings { platform: "test".into(), ..Settings::default() });
        model.name_calls_uniquely(0);
        model.link_up(Time(0));
        model.take_consequences(&mut Vec::new());
        Teller { model, now: Time(0), out: Vec::new(), is_slow: false }
    }

    fn say(&mut self, said: &Said) -> Effect {
        let guids = [said.call, said.second, said.result].map(|call| format!("g{call}"));
        let mut change = Attributes::default();
        change.call = names(&guids[0], said.call);
        change.second = names(&guids[1], said.second);
        change.result = names(&guids[2], said.result);
        change.party = said.party.device();
        change.other = said.other.device();
        change.service = Device { kind: Some(DeviceKind::Group), id: Id::Int(9), number: "" };
        if said.other == Who::Outside {
            change.set_weak(Fact::Ani, Value::Text(OUTSIDE));
        }
        self.model.begin(self.now, None);
        let effect = self.model.apply(&Change::new(said.kind, &change));
        self.collect();
        effect
    }

    fn collect(&mut self) {
        while self.model.has_more() && !self.is_slow {
            self.model.go_on(self.now);
        }
        let mut consequences = Vec::new();
        self.model.take_consequences(&mut consequences);
        self.out.extend(consequences.into_iter().map(|next| match next {
            Consequence::Tell(transition) => transition,
            Consequence::Order(order) => panic!("nobody asked for anything: {order:?}"),
        }));
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.model.expire(self.now);
        self.collect();
    }

    /// What was told since the last look, one word each; agents by id, calls by guid.
    fn told(&mut self) -> Vec<String> {
        let told = self.out.drain(..).map(|transition| word(&self.model, &transition)).collect();
        self.model.settle(&mut Vec::new());
        told
    }
}

fn guid(model: &Model, call: CallIx) -> String {
    model.call(call).name(0).map_or("?".into(), |id| id.to_string())
}

fn word(model: &Model, transition: &Transition) -> String {
    let mut word = transition.kind.name().to_owned();
    if let Some(call) = transition.call {
        word += &format!(" {}", guid(model, call));
    }
    if let Some(agent) = transition.agent {
        word += &format!(" a{}", model.agent(agent).id.as_ref().unwrap());
    }
    if let Some(state) = transition.details.state {
        word += &format!(" {}", state.name());
    }
    if let Some(end) = transition.details.end {
        word += &format!(" {}", end.name());
    }
    word
}

/// Only what an application that knows agents is told.
fn seen_by_agents(told: Vec<String>) -> Vec<String> {
    told.into_iter().filter(|word| !word.starts_with("party-left")).collect()
}

use ChangeKind as K;
use Who::{Agent, Nobody, Outside};

fn inbound(call: i64, agent: i64) -> Vec<Said> {
    vec![
        said(K::RouteAsked, call, Nobody, Nobody),
        said(K::Queued, call, Nobody, Nobody),
        said(K::Alerted, call, Agent(agent), Outside),
        said(K::Connected, call, Agent(agent), Outside),
        said(K::Held, call, Agent(agent), Nobody),
        said(K::Retrieved, call, Agent(agent), Nobody),
        said(K::Left, call, Agent(agent), Nobody),
        said(K::WrapStarted, call, Agent(agent), Nobody),
        said(K::Ended, call, Nobody, Nobody),
        said(K::WrapEnded, call, Agent(agent), Nobody),
        said(K::Ready, 0, Agent(agent), Nobody),
    ]
}

/// Agent `a` consults `b` about call `call` in call `second`, and transfers or conferences into `result`.
fn joining(kind: ChangeKind, call: i64, second: i64, result: i64, a: i64, b: i64) -> Vec<Said> {
    vec![
        said(K::Alerted, call, Agent(a), Outside),
        said(K::Connected, call, Agent(a), Outside),
        said(K::Held, call, Agent(a), Nobody),
        said(K::Originated, second, Agent(a), Nobody),
        said(K::Alerted, second, Agent(b), Agent(a)),
        said(K::Connected, second, Agent(b), Agent(a)),
        Said { second, result, ..said(kind, call, Agent(a), Outside) },
        said(K::Left, second, Agent(b), Nobody),
        said(K::Ended, second, Nobody, Nobody),
        said(K::Left, result, Agent(b), Nobody),
        said(K::Ended, result, Nobody, Nobody),
        said(K::WrapEnded, result, Agent(b), Nobody),
        said(K::WrapEnded, call, Agent(a), Nobody),
    ]
}

#[test]
fn a_whole_inbound_call_reads_in_the_order_of_the_guide() {
    let mut teller = Teller::new();
    for said in inbound(1, 12) {
        teller.say(&said);
    }
    let told = seen_by_agents(teller.told());
    assert_eq!(
        told,
        [
            "call-started g1",
            "route-requested g1",
            "call-queued g1",
            "call-dequeued g1",
            "alerting g1 a12",
            "agent-state g1 a12 pending-active",
            "connected g1 a12",
            "agent-state g1 a12 active",
            "held g1 a12",
            "retrieved g1 a12",
            "agent-cleared g1 a12 near",
            "agent-state g1 a12 wrap",
            "call-ended g1",
            "wrap-ended g1 a12",
            "call-completed g1",
            "agent-state a12 idle",
        ]
    );
}

#[test]
fn a_call_that_ended_in_silence_starts_anew_when_it_is_heard_of_again() {
    let mut teller = Teller::new();
    teller.say(&said(K::Alerted, 1, Agent(12), Outside));
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    teller.wait(60);
    teller.told();
    assert_eq!(teller.say(&said(K::Left, 1, Agent(12), Nobody)), Effect::Late);
    teller.say(&said(K::Queued, 1, Nobody, Nobody));
    assert_eq!(teller.told(), ["call-started g1", "call-queued g1"]);
}

#[test]
fn a_call_is_allocated_to_an_agent_once() {
    let mut teller = Teller::new();
    let allocated = said(K::Allocated, 1, Agent(12), Nobody);
    teller.say(&allocated);
    teller.say(&allocated);
    let told = ["call-started g1", "call-queued g1", "call-dequeued g1", "agent-state g1 a12 reserved"];
    assert_eq!(teller.told(), told);
    // Rejected before it alerted: the state stands until the platform says more, or for its time.
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    assert!(teller.told().is_empty());
    teller.wait(2);
    assert_eq!(teller.told(), ["agent-state a12 idle"]);
    teller.say(&allocated);
    assert_eq!(teller.told(), told[1..], "and the next time is another");
    teller.say(&said(K::Alerted, 1, Agent(12), Outside));
    teller.say(&allocated);
    assert_eq!(teller.told(), ["alerting g1 a12", "agent-state g1 a12 pending-active"]);
}

#[test]
fn a_call_that_no_agent_is_in_any_more_is_deserted() {
    let mut teller = Teller::new();
    teller.say(&said(K::Alerted, 1, Agent(12), Outside));
    teller.say(&said(K::Connected, 1, Agent(13), Outside));
    for agent in [12, 13] {
        teller.told();
        teller.say(&said(K::Left, 1, Agent(agent), Nobody));
        teller.say(&said(K::Deserted, 1, Nobody, Nobody));
        assert_eq!(teller.told().contains(&"call-ended g1".to_owned()), agent == 13);
    }
}

#[test]
fn a_call_offered_to_an_agent_is_placed_under_another_name() {
    let mut teller = Teller::new();
    teller.say(&said(K::Alerted, 1, Agent(12), Outside));
    teller.told();
    teller.say(&Said { result: 2, ..said(K::Originated, 1, Agent(12), Nobody) });
    assert_eq!(teller.told(), ["call-originated g2 a12"]);
    teller.say(&said(K::Originated, 2, Agent(12), Nobody));
    assert!(teller.told().is_empty(), "that is the same call");
    let call = teller.model.calls.named(&names("g2", 2)).unwrap();
    assert_eq!(teller.model.calls.named(&names("g1", 1)), Some(call));
    assert_eq!(teller.model.call(call).name(1), Some(&NativeId::Int(2)), "what the platform calls it now");
}

#[test]
fn whoever_is_opposite_holds_and_whoever_held_retrieves() {
    let mut teller = Teller::new();
    teller.say(&said(K::Originated, 1, Agent(12), Nobody));
    teller.say(&said(K::Connected, 1, Agent(13), Agent(12)));
    teller.told();
    let opposite = |kind, agent| said(kind, 1, Nobody, Agent(agent));
    teller.say(&opposite(K::Held, 13));
    teller.say(&said(K::Held, 1, Agent(12), Nobody));
    teller.say(&opposite(K::Held, 13));
    assert_eq!(teller.told(), ["held g1 a12"]);
    teller.say(&opposite(K::Retrieved, 13));
    teller.say(&opposite(K::Retrieved, 12));
    assert_eq!(teller.told(), ["retrieved g1 a12"]);
}

#[test]
fn who_joined_two_calls_is_the_agent_who_was_in_both() {
    for kind in [K::Transferred, K::Conferenced] {
        let mut teller = Teller::new();
        for said in joining(kind, 1, 2, 3, 12, 13).iter().take(6) {
            teller.say(said);
        }
        teller.told();
        teller.say(&Said { second: 2, result: 3, ..said(kind, 1, Nobody, Agent(13)) });
        assert_eq!(teller.told()[0], format!("{} g1 a12", kind.name()));
        // The same, told by whoever did it, is no news.
        teller.say(&Said { second: 2, result: 3, ..said(kind, 1, Agent(12), Nobody) });
        assert!(teller.told().is_empty());
    }
}

#[test]
fn who_handed_a_call_on_may_be_told_later() {
    let mut teller = Teller::new();
    teller.say(&said(K::Connected, 1, Agent(12), Outside));
    teller.told();
    teller.say(&Said { second: 2, result: 3, ..said(K::Transferred, 1, Nobody, Agent(13)) });
    assert!(!teller.told().iter().any(|word| word.starts_with("agent-cleared")));
    let by = Said { second: 2, result: 3, ..said(K::Transferred, 1, Agent(12), Nobody) };
    teller.say(&by);
    teller.say(&by);
    assert_eq!(seen_by_agents(teller.told()), ["agent-cleared g3 a12 near"]);
}

#[test]
fn an_agent_who_is_freed_goes_on_with_other_calls_and_work() {
    let mut teller = Teller::new();
    for call in [1, 2] {
        teller.say(&said(K::Connected, call, Agent(12), Outside));
    }
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    teller.told();
    teller.say(&said(K::Freed, 1, Agent(12), Nobody));
    assert!(teller.told().is_empty(), "still on call 2");
    teller.say(&said(K::WrapStarted, 1, Agent(12), Nobody));
    teller.say(&said(K::Left, 2, Agent(12), Nobody));
    assert_eq!(seen_by_agents(teller.told()), ["agent-cleared g2 a12 near", "agent-state g2 a12 wrap"]);
    teller.say(&said(K::WrapEnded, 2, Agent(12), Nobody));
    teller.say(&said(K::Freed, 2, Agent(12), Nobody));
    assert_eq!(teller.told(), ["wrap-skipped g2 a12"], "still at work after call 1");
    teller.say(&said(K::WrapEnded, 1, Agent(12), Nobody));
    teller.say(&said(K::Freed, 1, Agent(12), Nobody));
    assert_eq!(teller.told(), ["wrap-ended g1 a12", "agent-state a12 idle"]);
}

#[test]
fn an_agent_is_present_until_the_platform_says_otherwise() {
    let mut teller = Teller::new();
    let present = said(K::AgentPresent, 0, Agent(12), Nobody);
    teller.say(&present);
    teller.say(&present);
    assert_eq!(teller.told(), ["agent-added a12", "agent-logged-on a12"]);
    teller.say(&said(K::LoggedOff, 0, Agent(12), Nobody));
    teller.say(&present);
    assert_eq!(teller.told(), ["agent-logged-off a12"]);
    // The platform is to tell everyone anew.
    teller.model.link_down(teller.now, "test");
    teller.collect();
    teller.wait(30);
    teller.model.link_up(teller.now);
    teller.say(&present);
    assert_eq!(teller.told(), ["link-down", "link-up", "agent-logged-on a12"]);
}

#[test]
fn what_a_platform_does_not_show_is_not_there() {
    let mut teller = Teller::new();
    let all_shown = said(K::AllShown, 0, Nobody, Nobody);
    for agent in [12, 13] {
        teller.say(&said(K::LoggedOn, 0, Agent(agent), Nobody));
    }
    teller.say(&said(K::ServiceKnown, 0, Nobody, Nobody));
    teller.say(&all_shown);
    teller.told();
    teller.say(&all_shown);
    assert!(teller.told().is_empty());
    teller.model.resync(teller.now);
    teller.say(&said(K::LoggedOn, 0, Agent(13), Nobody));
    teller.say(&all_shown);
    assert_eq!(teller.told(), ["agent-logged-off a12", "service-removed"]);
}

#[test]
fn repeats_say_nothing_and_an_end_of_the_unknown_starts_nothing() {
    let mut teller = Teller::new();
    assert_eq!(teller.say(&said(K::Ended, 7, Nobody, Nobody)), Effect::UnknownCall);
    for said in inbound(1, 12).iter().take(4) {
        teller.say(said);
    }
    teller.told();
    for said in inbound(1, 12).iter().take(4) {
        teller.say(said);
    }
    // Queued again after it was delivered: that is news.
    assert_eq!(teller.told(), ["route-requested g1", "call-queued g1"]);
}

#[test]
fn a_transfer_into_a_new_call_ends_both_old_ones_and_clears_only_who_transferred() {
    let mut teller = Teller::new();
    for said in joining(K::Transferred, 1, 2, 3, 12, 13).iter().take(7) {
        teller.say(said);
    }
    let told = seen_by_agents(teller.told());
    assert_eq!(
        told[6..],
        [
            "call-started g2",
            "call-originated g2 a12",
            "alerting g2 a13",
            "agent-state g2 a13 pending-active",
            "connected g2 a13",
            "agent-state g2 a13 active",
            "far-end-connected g2 a12",
            "consultation g1 a12",
            "transferred g1 a12",
            "agent-cleared g1 a12 near",
            "call-ended g1",
            "call-ended g2",
            "wrap-skipped g2 a12",
            "call-completed g2",
        ],
        "{told:#?}"
    );
    let result = teller.model.calls.named(&names("g3", 3)).unwrap();
    assert_eq!(teller.model.call(result).ani, OUTSIDE);
    assert_eq!(teller.model.calls.named(&names("g1", 1)), Some(result), "old names lead to the result");

    let ends = joining(K::Transferred, 1, 2, 3, 12, 13).split_off(7);
    for said in &ends[..2] {
        assert_eq!(teller.say(said), Effect::Late, "the end of an old call");
    }
    assert_eq!(teller.told(), Vec::<String>::new());
    for said in &ends[2..] {
        teller.say(said);
    }
    assert_eq!(
        seen_by_agents(teller.told()),
        [
            "agent-cleared g3 a13 near",
            "call-ended g3",
            "wrap-skipped g3 a13",
            "call-completed g3",
            "wrap-skipped g1 a12",
            "call-completed g1",
        ]
    );
}

#[test]
fn where_the_result_keeps_an_id_that_call_goes_on() {
    let mut teller = Teller::new();
    for said in joining(K::Conferenced, 1, 2, 1, 12, 13).iter().take(7) {
        teller.say(said);
    }
    let told = seen_by_agents(teller.told());
    assert_eq!(told[told.len() - 3..], ["conferenced g1 a12", "call-ended g2", "call-completed g2"], "{told:#?}");
    teller.say(&said(K::Left, 1, Outside, Nobody));
    let told = ["agent-cleared g1 a12 far", "agent-cleared g1 a13 far"];
    assert_eq!(seen_by_agents(teller.told()), told, "both agents spoke with the customer");
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    teller.say(&said(K::Left, 1, Agent(13), Nobody));
    assert_eq!(seen_by_agents(teller.told()), Vec::<String>::new(), "and are told so once");
}

#[test]
fn the_customer_hanging_up_clears_the_agent_once_far_end() {
    let mut teller = Teller::new();
    for said in inbound(1, 12).iter().take(4) {
        teller.say(said);
    }
    teller.told();
    teller.say(&said(K::Left, 1, Outside, Nobody));
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    teller.say(&said(K::Ended, 1, Nobody, Nobody));
    assert_eq!(seen_by_agents(teller.told()), ["agent-cleared g1 a12 far", "call-ended g1"]);
    teller.wait(2);
    assert_eq!(teller.told(), ["agent-state a12 idle"], "the platform said nothing: the state falls back");
    teller.wait(28);
    assert_eq!(teller.told(), ["call-completed g1"], "after the grace for wrap-up");
}

#[test]
fn link_loss_ends_everything_once_and_calls_start_anew() {
    let mut teller = Teller::new();
    for said in inbound(1, 12).iter().take(4) {
        teller.say(said);
    }
    teller.told();
    teller.model.link_down(teller.now, "gone");
    teller.collect();
    assert_eq!(teller.told(), ["link-down"], "a broken connection is not yet a broken call");
    teller.wait(30);
    assert_eq!(seen_by_agents(teller.told()), ["agent-cleared g1 a12 near", "call-ended g1", "call-completed g1"]);
    teller.model.link_up(teller.now);
    teller.say(&said(K::Connected, 1, Agent(12), Outside));
    assert_eq!(teller.told(), ["link-up", "call-started g1", "connected g1 a12", "agent-state g1 a12 active"]);
}

/// The platform's statistics of a group: who is logged on there.
fn lists(teller: &mut Teller, group: i64, agents: &[i64]) {
    let service = Device { kind: Some(DeviceKind::Group), id: Id::Int(group), number: "" };
    teller.model.begin(teller.now, None);
    for agent in agents {
        let mut seen = Attributes::default();
        (seen.party, seen.service) = (Agent(*agent).device(), service);
        seen.set(Fact::State, Value::Int(AgentState::Idle.code()));
        teller.model.apply(&Change::new(K::AgentSeen, &seen));
    }
    let mut listed = Attributes::default();
    listed.service = service;
    teller.model.apply(&Change::new(K::AgentsListed, &listed));
    teller.collect();
}

#[test]
fn nobody_is_logged_off_before_all_of_their_groups_are_listed() {
    let mut teller = Teller::new();
    lists(&mut teller, 9, &[1, 2, 3]);
    lists(&mut teller, 12, &[3, 4, 5]);
    teller.model.link_down(teller.now, "gone");
    teller.model.link_up(teller.now);
    teller.collect();
    teller.told();
    lists(&mut teller, 9, &[1]);
    teller.wait(10);
    assert_eq!(teller.told(), ["agent-logged-off a2"], "group 12 has not been listed yet");
    lists(&mut teller, 12, &[4]);
    assert_eq!(teller.told(), ["agent-logged-off a3", "agent-logged-off a5"]);
    lists(&mut teller, 12, &[]);
    assert_eq!(
        teller.told(),
        ["agent-logged-on a4"],
        "a list alone logs nobody off who has been shown: it changes services"
    );
}

#[test]
fn an_alerting_agent_from_whom_the_call_is_diverted_is_cleared_without_a_transfer() {
    let mut teller = Teller::new();
    for said in inbound(1, 12).iter().take(3) {
        teller.say(said);
    }
    teller.told();
    teller.say(&said(K::Diverted, 1, Agent(12), Nobody));
    assert_eq!(seen_by_agents(teller.told()), ["agent-cleared g1 a12 near"]);
    teller.say(&said(K::Queued, 1, Nobody, Nobody));
    teller.wait(3);
    assert_eq!(teller.told(), ["call-queued g1", "agent-state a12 idle"]);
    teller.wait(3600);
    assert_eq!(teller.told(), Vec::<String>::new(), "a call that waits is no orphan");
}

#[test]
fn a_call_left_by_everyone_ends_after_a_minute_of_silence() {
    let mut teller = Teller::new();
    for said in inbound(1, 12).iter().take(4) {
        teller.say(said);
    }
    teller.say(&said(K::Left, 1, Agent(12), Nobody));
    teller.told();
    teller.wait(59);
    assert_eq!(teller.told(), ["agent-state a12 idle"]);
    teller.wait(1);
    assert_eq!(seen_by_agents(teller.told()), ["call-ended g1"]);
}

#[test]
fn a_full_table_ends_the_call_that_was_silent_longest() {
    let mut model = Model::new(Settings { max_calls: 2, ..Settings::default() });
    model.link_up(Time(0));
    let mut teller = Teller { model, now: Time(0), out: Vec::new(), is_slow: false };
    for call in 1..=3 {
        teller.now = Time(call as u64);
        teller.say(&said(K::Started, call, Nobody, Nobody));
    }
    assert_eq!(
        seen_by_agents(teller.told()),
        ["link-up", "call-started g1", "call-started g2", "call-ended g1", "call-completed g1", "call-started g3"]
    );
    assert_eq!(teller.model.call_count(), 2);
}

/// Nothing looks through the table for the oldest: the lists of ages say it (`check_ages`), and timers of those that are gone go.
#[test]
fn a_flood_of_calls_at_the_bound_ends_the_oldest_of_them_each_once_and_is_counted() {
    const BOUND: i64 = 1000;
    const CALLS: i64 = 20 * BOUND;
    let mut model = Model::new(Settings { max_calls: BOUND as usize, ..Settings::default() });
    model.link_up(Time(0));
    let mut teller = Teller { model, now: Time(0), out: Vec::new(), is_slow: false };
    let mut ended = Vec::new();
    // Call 1 is heard of again and again, and so is every tenth of the others, once.
    for call in 1..=CALLS {
        teller.now = Time(call as u64);
        teller.say(&said(K::Started, call, Nobody, Nobody));
        if call % 100 == 0 {
            teller.say(&said(K::Started, 1, Nobody, Nobody));
        }
        if call % 10 == 0 && call > 100 {
            teller.say(&said(K::Started, call - 95, Nobody, Nobody));
        }
        let told = seen_by_agents(teller.told());
        let number = |told: &String| told.strip_prefix("call-ended g").map(|number| number.parse::<i64>().unwrap());
        let of_this: Vec<i64> = told.iter().filter_map(number).collect();
        assert!(of_this.iter().all(|call| told.contains(&format!("call-completed g{call}"))), "{told:?}");
        ended.extend(of_this);
        assert!(teller.model.call_count() <= BOUND as usize && teller.model.timers.len() <= 8 * BOUND as usize);
        if call % 1000 == 0 {
            teller.model.calls.check_ages();
        }
    }
    let mut sorted = ended.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), ended.len(), "each ends once");
    assert_eq!(ended.len() as i64, CALLS - BOUND);
    assert_eq!(teller.model.bounds.calls_ended, ended.len() as u64);
    assert!(!ended.contains(&1));
    // A call's turn comes in the order in which it was heard of last.
    let last = |call: &i64| if call % 10 == 5 && *call > 5 && call + 95 <= CALLS { call + 95 } else { *call };
    assert!(ended.is_sorted_by_key(last), "{ended:?}");
}

#[test]
fn too_much_to_remember_ends_the_call_that_was_silent_longest() {
    let mut model = Model::new(Settings { max_memory: 100_000, ..Settings::default() });
    model.link_up(Time(0));
    let long = "x".repeat(30_000);
    for call in 1..=20 {
        model.begin(Time(call as u64), None);
        let guid = format!("g{call}");
        let mut change = Attributes::of_call(names(&guid, call));
        change.data = Some([(Value::Text("note"), Value::Text(&long))].into_iter().collect());
        assert_eq!(model.apply(&Change::new(K::Started, &change)), Effect::Taken);
        model.take_consequences(&mut Vec::new());
        model.settle(&mut Vec::new());
    }
    let kept: Vec<String> = model.calls().map(|(_, call)| call.names[0].id.to_string()).collect();
    assert_eq!(kept, ["g18", "g19", "g20"]);
    assert!(model.calls.weight() <= 100_000);
}

/// What an application has seen of one call.
#[derive(Default, Debug)]
struct Life {
    started: bool,
    ended: bool,
    completed: bool,
    cleared: BTreeSet<String>,
}

/// Watches that every call's life, and every agent's, is told as promised.
#[derive(Default)]
struct Watcher {
    lives: BTreeMap<CallIx, Life>,
    /// Whether an agent is logged on, where that was told.
    logged_on: BTreeMap<AgentIx, bool>,
}

impl Watcher {
    fn watch(&mut self, model: &Model, transition: &Transition) -> Result<(), TestCaseError> {
        use TransitionKind as T;
        let told = word(model, transition);
        if let (T::AgentLoggedOn | T::AgentLoggedOff | T::AgentState, Some(agent)) = (transition.kind, transition.agent)
        {
            let is_on = transition.kind != T::AgentLoggedOff;
            let known = match transition.kind {
                T::AgentState => self.logged_on.get(&agent).copied(),
                _ => self.logged_on.insert(agent, is_on).map(|was_on| !was_on),
            };
            prop_assert!(known != Some(!is_on), "of whom is not logged on, or twice: {told}");
        }
        if let Some(result) = transition.result {
            self.lives.entry(result).or_default().started = true;
        }
        let Some(call) = transition.call else { return Ok(()) };
        let life = self.lives.entry(call).or_default();
        if transition.kind == T::CallStarted {
            prop_assert!(!life.started, "started twice: {told}");
            life.started = true;
            return Ok(());
        }
        prop_assert!(life.started, "before its start: {told}");
        if transition.kind == T::CallCompleted {
            prop_assert!(life.ended && !life.completed, "completed early or twice: {told}");
            life.completed = true;
            return Ok(());
        }
        let of_wrap_up = matches!(transition.kind, T::AgentState | T::WrapEnded | T::WrapSkipped | T::Disposed);
        prop_assert!(!life.ended || of_wrap_up, "after its end: {told}");
        let agent = transition.agent.map(|agent| model.agent(agent).id.as_ref().unwrap().to_string());
        match (transition.kind, agent) {
            (
                T::CallOriginated | T::Alerting | T::Connected | T::FarEndConnected | T::Held | T::Retrieved,
                Some(agent),
            ) => {
                life.cleared.remove(&agent);
            }
            (T::AgentCleared, Some(agent)) => prop_assert!(life.cleared.insert(agent), "cleared twice: {told}"),
            (T::CallEnded, _) => life.ended = true,
            _ => {}
        }
        Ok(())
    }
}

/// Scripts of a hundred calls, with agents of their own for every ten, so that agents have several calls at a time.
fn scripts() -> Vec<Vec<Said>> {
    (0..100)
        .map(|n| {
            let (a, b) = (1 + n / 10, 51 + n / 10);
            let (call, second) = (1000 + n, 2000 + n);
            match n % 5 {
                0 => joining(K::Transferred, call, second, 3000 + n, a, b),
                1 => joining(K::Conferenced, call, second, 3000 + n, a, b),
                2 => joining(K::Transferred, call, second, call, a, b),
                3 => {
                    let mut script = inbound(call, a);
                    script.insert(4, said(K::Diverted, call, Agent(a), Agent(b)));
                    script
                }
                _ if n % 2 == 0 => unanswered(call, a, b),
                _ => called_back(call, a),
            }
        })
        .chain((1..=10).chain(51..=60).map(sessions))
        .collect()
}

/// Agent `a` does not answer; the call waits again, and `b` does.
fn unanswered(call: i64, a: i64, b: i64) -> Vec<Said> {
    let mut script = inbound(call, b);
    script.splice(2..2, [said(K::Alerted, call, Agent(a), Outside), said(K::Queued, call, Nobody, Nobody)]);
    script
}

/// A call that waits is made by agent `a`.
fn called_back(call: i64, a: i64) -> Vec<Said> {
    vec![
        said(K::Queued, call, Nobody, Nobody),
        said(K::Alerted, call, Agent(a), Nobody),
        said(K::Originated, call, Agent(a), Outside),
        said(K::Connected, call, Outside, Agent(a)),
        said(K::Left, call, Outside, Nobody),
        said(K::Left, call, Agent(a), Nobody),
        said(K::Ended, call, Nobody, Nobody),
        said(K::WrapEnded, call, Agent(a), Nobody),
    ]
}

/// Agent `a` comes and goes.
fn sessions(a: i64) -> Vec<Said> {
    let kinds = [K::LoggedOn, K::Ready, K::NotReady, K::LoggedOff, K::Ready, K::LoggedOn, K::Freed];
    kinds.iter().map(|kind| said(*kind, 0, Agent(a), Nobody)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is repeated, left out or comes in another order: no call starts twice, ends twice or says anything after
    /// its end, no event of one call is told of another, and nothing is left in the end.
    #[test]
    fn no_order_of_events_breaks_a_life(seed in any::<u64>(), disorder in 0u32..100, is_slow in any::<bool>()) {
        let mut random = Random(seed | 1);
        let mut scripts = scripts();
        let mut teller = Teller::new();
        teller.is_slow = is_slow;
        let mut watcher = Watcher::default();
        while !scripts.is_empty() {
            let n = random.below(scripts.len() as u64) as usize;
            let script = &mut scripts[n];
            let disorderly = random.below(100) < u64::from(disorder) / 2;
            let at = if disorderly { random.below(script.len() as u64) as usize } else { 0 };
            let said = if disorderly && random.below(2) == 0 { script[at].clone() } else { script.remove(at) };
            if script.is_empty() {
                scripts.swap_remove(n);
            }
            if disorderly && random.below(4) == 0 {
                continue;
            }
            teller.now = teller.now + Duration::from_millis(random.below(3000));
            teller.model.expire(teller.now);
            teller.collect();
            check(&mut teller, &mut watcher, None)?;
            if is_slow && random.below(3) == 0 {
                teller.model.go_on(teller.now);
                teller.collect();
                check(&mut teller, &mut watcher, None)?;
            }
            let meant = calls_meant(&teller.model, &said);
            teller.say(&said);
            check(&mut teller, &mut watcher, Some((&said, &meant)))?;
            if random.below(500) == 0 {
                teller.model.link_down(teller.now, "test");
                teller.now = teller.now + Duration::from_secs(random.below(60));
                teller.model.expire(teller.now);
                teller.collect();
                check(&mut teller, &mut watcher, None)?;
                teller.model.link_up(teller.now);
            }
        }
        teller.is_slow = false;
        teller.collect();
        check(&mut teller, &mut watcher, None)?;
        while let Some(deadline) = teller.model.deadline() {
            teller.now = deadline;
            teller.model.expire(deadline);
            teller.collect();
            check(&mut teller, &mut watcher, None)?;
        }
        prop_assert!(teller.model.is_empty());
        for life in watcher.lives.values() {
            prop_assert!(life.ended && life.completed, "{life:?}");
        }
    }
}

/// The calls that a message may change: those that it names, and what they became part of. Whoever leaves, and what ends,
/// leaves and ends the very call that is named.
fn calls_meant(model: &Model, said: &Said) -> Vec<CallIx> {
    let bearer = |call: i64| model.calls.bearer(&names(&format!("g{call}"), call));
    let named = [said.call, said.second, said.result].into_iter().filter_map(bearer);
    match said.kind {
        K::Left | K::Ended | K::Diverted => named.collect(),
        _ => named.flat_map(|call| [call, model.result_of(call)]).collect(),
    }
}

/// Watches what was told; with what was said, that all of it is about the calls that were meant or started by it, and that
/// nobody is cleared but by a message that takes somebody out.
fn check(teller: &mut Teller, watcher: &mut Watcher, said: Option<(&Said, &[CallIx])>) -> Result<(), TestCaseError> {
    for transition in std::mem::take(&mut teller.out) {
        watcher.watch(&teller.model, &transition)?;
        use TransitionKind as T;
        let of_agent = transition.details.presumed
            || matches!(transition.kind, T::AgentState | T::WrapEnded | T::WrapSkipped | T::CallCompleted);
        let (Some((said, meant)), Some(call), false) = (said, transition.call, of_agent) else { continue };
        let told = word(&teller.model, &transition);
        let mut about = [Some(call), transition.second, transition.result].into_iter().flatten();
        // What it started is known only now.
        let started = calls_meant(&teller.model, said);
        prop_assert!(about.any(|call| meant.contains(&call) || started.contains(&call)), "{said:?}: {told}");
        if transition.kind == T::AgentCleared {
            let takes_out =
                matches!(said.kind, K::Left | K::Ended | K::Diverted | K::Transferred | K::WrapStarted | K::Queued);
            prop_assert!(takes_out, "{said:?}: {told}");
            let named = teller.model.agent_by_id(said.party.device().id);
            // If an agent leaves, another one may be left alone.
            let is_left = transition.details.end == Some(End::Far);
            prop_assert!(named.is_none() || named == transition.agent || is_left, "somebody else: {said:?}: {told}");
        }
    }
    let mut forgotten = Vec::new();
    teller.model.settle(&mut forgotten);
    for call in forgotten {
        let life = watcher.lives.remove(&call).unwrap_or_default();
        prop_assert!(life.ended && life.completed, "forgotten early: {life:?}");
    }
    teller.model.calls.check_ages();
    Ok(())
}

/// A small generator, so that a failing seed replays.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

mod signatures;
