//! The table of routes, row by row, on a virtual clock; then random interleavings of everything that can happen.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::model::CallIx;

const CALL: CallKey = (0, CallIx::of(1));
const OTHER: CallKey = (0, CallIx::of(2));

/// A desk, with everything that it said and wanted so far in words.
struct Play {
    desk: Desk,
    now: Time,
    said: Vec<String>,
    wanted: Vec<String>,
}

fn wish(id: i64, route: RouteType, target: Target) -> Wish {
    let client = ClientId { application: 0, session: 7 };
    let (service, data) = (Some(9), Vec::new());
    Wish { client, id, call: Some(900), route: Some(route), destination: None, target, service, data }
}

fn to_service(id: i64) -> Wish {
    wish(id, RouteType::Service, Target::Service)
}

fn to_agent(id: i64, login: &str) -> Wish {
    wish(id, RouteType::Agent, Target::Agent { login: login.into(), id: None })
}

fn told(told: &Told) -> String {
    match told {
        Told::DefaultUsed => "default".into(),
        Told::Used { route, destination } => {
            let whom = destination.as_ref().map(|login| format!(" {login}")).unwrap_or_default();
            format!("used {}{whom}", route.name())
        }
        Told::Rejected(reason) => format!("rejected {}", reason.name()),
        Told::Failed(failure, reason) => format!("failed {}: {reason}", failure.name()),
    }
}

impl Play {
    fn new() -> Play {
        Play::with(Settings::default())
    }

    fn with(settings: Settings) -> Play {
        let mut play =
            Play { desk: Desk::new(settings, Some(1)), now: Time(1000), said: Vec::new(), wanted: Vec::new() };
        assert_eq!(play.desk.ask(play.now, CALL), Some(20));
        play
    }

    fn collect(&mut self) {
        while let Some(say) = self.desk.say() {
            let whose = say.asker.map_or(0, |asker| asker.id);
            self.said.push(format!("#{whose} {}", told(&say.told)));
        }
        while let Some(order) = self.desk.order() {
            self.wanted.push(match order {
                Order::Keep { number, id } => format!("keep {}{}", number.0, if id.is_some() { " added" } else { "" }),
                Order::Drop { number } => format!("drop {}", number.0),
                Order::Add { number } => format!("add {}", number.0),
                Order::Cancel { id, if_allocated, .. } => format!("cancel {id} {if_allocated}"),
                Order::LookUp { id, .. } => format!("look-up {id}"),
                Order::Follow { id, .. } => format!("follow {id}"),
                Order::Unfollow { id } => format!("unfollow {id}"),
                Order::Report { .. } => "report".into(),
            });
        }
    }

    fn select(&mut self, wish: Wish) -> &mut Play {
        self.desk.select(self.now, Some(CALL), false, wish);
        self.collect();
        self
    }

    fn answered(&mut self, number: u64, asked: RouteAsked, news: News) -> &mut Play {
        self.desk.answered(self.now, Number(number), asked, news);
        self.collect();
        self
    }

    fn added(&mut self, number: u64, news: News) -> &mut Play {
        self.answered(number, RouteAsked::Add, news)
    }

    fn heard(&mut self, id: i64, news: News) -> &mut Play {
        self.desk.heard(self.now, id, news);
        self.collect();
        self
    }

    fn pass(&mut self, seconds: u64) -> &mut Play {
        self.now = self.now + Duration::from_secs(seconds);
        self.desk.expire(self.now);
        self.collect();
        self
    }

    fn ended(&mut self) -> &mut Play {
        self.desk.ended(CALL);
        self.collect();
        self
    }

    /// What was said and wanted since this was asked last.
    #[track_caller]
    fn shows(&mut self, said: &[&str], wanted: &[&str]) -> &mut Play {
        assert_eq!(self.said, said);
        assert_eq!(self.wanted, wanted);
        self.said.clear();
        self.wanted.clear();
        self
    }

    #[track_caller]
    fn nothing_is_left(&mut self) {
        assert_eq!(self.desk.size(), (0, 0));
        assert!(self.desk.by_id.is_empty() && self.desk.alarms.is_empty() && self.desk.routes.is_empty());
    }
}

fn taken(login: &str) -> News {
    News::Taken(Who { login: login.into(), id: Some(5) })
}

fn fault(reason: &str) -> News {
    News::Failed { reason: reason.into(), unknown: false }
}

fn silence(reason: &str) -> News {
    News::Failed { reason: reason.into(), unknown: true }
}

/// An agent was selected, and the routing platform has the request as 501.
fn waiting() -> Play {
    let mut play = Play::new();
    play.select(to_agent(5, "77")).added(1, News::Accepted(501));
    play.shows(&[], &["add 1", "follow 501"]);
    play
}

#[test]
fn a_route_request_ends_once() {
    let mut desk = Desk::new(Settings::default(), None);
    assert_eq!(desk.ask(Time(0), CALL), Some(20));
    assert_eq!(desk.ask(Time(0), CALL), None, "asked already");
    assert!(desk.routed(CALL));
    assert!(!desk.routed(CALL));
    assert_eq!(desk.deadline(), None);
    assert_eq!(desk.ask(Time(0), CALL), Some(20), "a second time, at the next route point");
    desk.expire(Time(20_000));
    assert_eq!(desk.say().map(|say| say.told), Some(Told::DefaultUsed));
    desk.expire(Time(60_000));
    assert_eq!(desk.say(), None);
}

#[test]
fn without_a_routing_platform_only_the_default_can_be_selected() {
    let mut play = Play { desk: Desk::new(Settings::default(), None), ..Play::new() };
    let default = |id| wish(id, RouteType::Default, Target::Service);
    play.select(to_service(1)).select(default(2));
    play.desk.ask(play.now, CALL);
    play.select(to_service(3)).select(wish(4, RouteType::External, Target::Service)).select(default(5));
    play.desk.select(play.now, None, false, default(6));
    play.collect();
    play.shows(
        &[
            "#1 failed failed: no `routes` platform is configured for this application",
            "#2 failed invalid-state: no route was asked for this call",
            "#3 failed failed: no `routes` platform is configured for this application",
            "#4 failed failed: no `routes` platform is configured for this application",
            "#5 default",
            "#6 failed invalid-call: no such call is known",
        ],
        &[],
    );
}

#[test]
fn a_service_is_used_as_soon_as_the_request_is_accepted_and_given_up_when_the_call_ends() {
    let mut play = Play::new();
    play.select(to_service(5)).added(1, News::Accepted(501)).shows(&["#5 used service"], &["add 1"]);
    play.pass(3600).select(to_service(6)).shows(&["#6 rejected already-routed"], &[]);
    play.ended().shows(&[], &["cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).shows(&[], &[]).nothing_is_left();
}

#[test]
fn refusals_reject_and_another_may_be_tried_until_the_time_is_up() {
    let mut play = Play::new();
    play.select(to_service(5))
        .added(1, News::Refused(RejectReason::NoRoute))
        .shows(&["#5 rejected no-route"], &["add 1"]);
    play.select(to_service(6))
        .added(2, News::Refused(RejectReason::Unknown))
        .shows(&["#6 rejected unknown"], &["add 2"]);
    play.select(wish(7, RouteType::External, Target::Service)).shows(&["#7 rejected no-route"], &[]);
    play.select(to_service(8)).select(to_service(9)).shows(&["#9 rejected already-routed"], &["add 3"]);
    play.added(3, News::Accepted(501)).shows(&["#8 used service"], &[]);
}

#[test]
fn a_fault_or_no_answer_fails_and_says_what_is_known() {
    let mut play = Play::new();
    play.select(to_service(5)).added(1, fault("InvalidUserFault: bad user"));
    play.shows(&["#5 failed failed: InvalidUserFault: bad user"], &["add 1"]);
    play.select(to_service(6)).added(2, silence("connection reset"));
    let unknown = "#6 failed failed: connection reset: whether the request was added is unknown";
    play.shows(&[unknown], &["add 2", "report"]);
    assert_eq!(play.desk.counts.unknown, 1);
    play.pass(20).shows(&["#0 default"], &[]).ended().nothing_is_left();
}

#[test]
fn an_answer_that_comes_too_late_cancels_what_nobody_waits_for() {
    let mut play = Play::new();
    play.select(to_service(5)).pass(10);
    let unknown = "#5 failed failed: no answer in 10 s: whether the request was added is unknown";
    play.shows(&[unknown], &["add 1"]);
    // Another may be tried meanwhile.
    play.select(to_service(6)).added(2, News::Accepted(502)).shows(&["#6 used service"], &["add 2"]);
    play.added(1, News::Accepted(501)).shows(&[], &["cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled);
    play.ended().answered(2, RouteAsked::Cancel, News::Over("over".into())).nothing_is_left();
}

#[test]
fn an_agent_is_used_when_that_agent_has_the_request() {
    for news in [taken("77"), News::Completed(Who { login: "77".into(), id: None })] {
        let mut play = waiting();
        play.heard(501, News::Queued).shows(&[], &[]).heard(501, news.clone());
        assert_eq!(play.said, ["#5 used agent 77"]);
        play.heard(501, news).select(to_agent(6, "78"));
        assert_eq!(play.said[1..], ["#6 rejected already-routed"]);
    }
    let mut play = Play::new();
    let known = Target::Agent { login: "ann".into(), id: Some(5) };
    play.select(wish(5, RouteType::Agent, known)).added(1, News::Accepted(501)).heard(501, taken(""));
    play.shows(&["#5 used agent ann"], &["add 1", "follow 501", "unfollow 501"]);
}

#[test]
fn an_agents_request_lives_until_the_call_ends() {
    let mut play = waiting();
    play.heard(501, taken("77")).shows(&["#5 used agent 77"], &["unfollow 501"]);
    play.pass(100).ended().shows(&[], &["cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Over("done".into())).shows(&[], &[]).nothing_is_left();
    // One that came to its end before need not be cancelled.
    let mut play = waiting();
    play.heard(501, taken("77")).heard(501, News::Completed(Who::default())).ended();
    play.shows(&["#5 used agent 77"], &["unfollow 501"]).nothing_is_left();
}

#[test]
fn another_agent_than_the_one_wanted_is_no_route() {
    let mut play = waiting();
    play.heard(501, taken("78")).shows(&["#5 rejected no-route"], &["unfollow 501", "cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).select(to_service(6)).shows(&[], &["add 2"]);
}

#[test]
fn an_agent_who_does_not_get_it_in_time_does_not_get_it() {
    let mut play = waiting();
    play.pass(20).shows(&[], &["unfollow 501", "cancel 501 false"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).shows(&["#5 rejected timeout", "#0 default"], &[]);
    play.select(to_service(6)).shows(&["#6 rejected already-routed"], &[]);
    play.ended().shows(&[], &[]).nothing_is_left();
}

#[test]
fn what_was_allocated_in_the_last_moment_is_looked_at_again() {
    let late = |news: News| {
        let mut play = waiting();
        play.pass(20).answered(1, RouteAsked::Cancel, News::NotCancelled);
        play.shows(&[], &["unfollow 501", "cancel 501 false", "look-up 501"]);
        play.answered(1, RouteAsked::LookUp, news);
        play
    };
    late(taken("77")).shows(&["#5 used agent 77"], &[]);
    late(taken("78")).shows(&["#5 rejected no-route", "#0 default"], &["cancel 501 true"]);
    late(News::Completed(Who { login: "77".into(), id: None })).shows(&["#5 used agent 77"], &[]);
    late(News::Queued).shows(&["#5 rejected timeout", "#0 default"], &["cancel 501 true"]);
    late(News::Lost("the platform gave it up".into()))
        .shows(&["#5 failed failed: the platform gave it up", "#0 default"], &[]);
    late(silence("no answer"))
        .shows(&["#5 rejected timeout", "#0 default"], &[])
        .pass(5)
        .shows(&[], &["cancel 501 true"]);
}

#[test]
fn nobody_waits_for_a_routing_platform_that_does_not_say_whether_it_was_withdrawn() {
    let answered = &["#5 rejected timeout", "#0 default"];
    let mut play = waiting();
    play.pass(20).shows(&[], &["unfollow 501", "cancel 501 false"]).pass(1).shows(answered, &["cancel 501 true"]);
    // It says so later, and then that it cancelled it.
    play.answered(1, RouteAsked::Cancel, News::NotCancelled).shows(&[], &["look-up 501"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).shows(&[], &[]).ended().nothing_is_left();
    // The same where it does not say who has it.
    let mut play = waiting();
    play.pass(20).answered(1, RouteAsked::Cancel, News::NotCancelled);
    play.shows(&[], &["unfollow 501", "cancel 501 false", "look-up 501"]).pass(1).shows(answered, &["cancel 501 true"]);
    play.answered(1, RouteAsked::LookUp, taken("77"))
        .answered(1, RouteAsked::Cancel, silence("no answer"))
        .shows(&[], &[]);
    // It is asked for until it is certain.
    play.pass(60).shows(&[], &["cancel 501 true"]).answered(1, RouteAsked::Cancel, News::Cancelled);
    play.ended().nothing_is_left();
}

#[test]
fn a_call_that_ends_first_takes_its_selection_with_it() {
    let mut play = waiting();
    play.ended().shows(&["#5 rejected call-cleared"], &["unfollow 501", "cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).shows(&[], &[]).nothing_is_left();
    // While it is being added, too.
    let mut play = Play::new();
    play.select(to_service(5)).ended().shows(&["#5 rejected call-cleared"], &["add 1"]);
    play.added(1, News::Accepted(501)).shows(&[], &["cancel 501 true"]);
    play.answered(1, RouteAsked::Cancel, News::Cancelled).nothing_is_left();
    // And while it is withdrawn.
    let mut play = waiting();
    play.pass(20).ended().answered(1, RouteAsked::Cancel, News::NotCancelled).answered(
        1,
        RouteAsked::LookUp,
        taken("77"),
    );
    assert_eq!(play.said, ["#5 rejected call-cleared"]);
}

#[test]
fn the_platform_that_routes_the_call_itself_ends_the_selection_first() {
    let mut play = waiting();
    assert!(play.desk.routed(CALL));
    play.collect();
    play.shows(&["#5 rejected already-routed"], &["unfollow 501", "cancel 501 true"]);
    play.pass(60).select(to_service(6)).shows(&["#6 rejected already-routed"], &[]);
}

#[test]
fn while_it_is_being_added_the_time_can_be_up() {
    let mut play = Play::with(Settings { answer: Duration::from_secs(60), ..Settings::default() });
    play.select(to_service(5)).pass(20).shows(&["#5 rejected timeout", "#0 default"], &["add 1"]);
    play.added(1, News::Accepted(501)).shows(&[], &["cancel 501 true"]);
}

#[test]
fn a_request_that_failed_aged_out_or_was_forgotten_fails_its_selection() {
    waiting().heard(501, News::Lost("Failed".into())).shows(&["#5 failed failed: Failed"], &["unfollow 501"]);
    waiting()
        .answered(1, RouteAsked::LookUp, News::Missing("InvalidOpenMediaIDFault: 501".into()))
        .shows(&["#5 failed failed: InvalidOpenMediaIDFault: 501"], &["unfollow 501"]);
    waiting()
        .heard(501, News::Cancelled)
        .shows(&["#5 failed failed: somebody cancelled the request"], &["unfollow 501"]);
}

#[test]
fn a_number_that_is_given_anew_is_not_cancelled_for_the_call_that_had_it_before_the_restart() {
    let mut play = Play::new();
    play.select(to_service(5)).added(1, News::Accepted(501));
    play.desk.ask(play.now, OTHER);
    play.desk.select(play.now, Some(OTHER), false, to_service(6));
    play.added(2, News::Accepted(501)).shows(&["#5 used service", "#6 used service"], &["add 1", "add 2"]);
    play.ended().shows(&[], &[]);
    play.desk.ended(OTHER);
    play.collect();
    play.shows(&[], &["cancel 501 true"]);
}

#[test]
fn a_platform_that_is_away_fails_what_is_open_and_what_is_asked_and_is_asked_to_cancel_when_it_is_back() {
    let mut play = waiting();
    play.desk.media_down(play.now, "media: connection refused");
    play.collect();
    play.shows(&["#5 failed failed: media: connection refused"], &["unfollow 501"]);
    play.select(to_service(6)).shows(&["#6 failed failed: media: connection refused"], &[]);
    play.select(wish(7, RouteType::Default, Target::Service)).shows(&["#7 default"], &[]);
    play.desk.media_up();
    play.collect();
    // Asked again after 5 s at first, which were not waited for, and then twice as long each time.
    play.shows(&[], &["cancel 501 true"]).answered(1, RouteAsked::Cancel, silence("reset")).pass(9).shows(&[], &[]);
    play.pass(1).shows(&[], &["cancel 501 true"]).answered(1, RouteAsked::Cancel, News::NotCancelled);
    play.shows(&[], &["look-up 501"]).answered(1, RouteAsked::LookUp, News::Completed(Who::default()));
    play.ended().shows(&[], &[]).nothing_is_left();
}

#[test]
fn nothing_is_added_before_its_record_is_kept() {
    let mut play = Play::with(Settings { keeps: true, ..Settings::default() });
    play.select(to_agent(5, "77")).shows(&[], &["keep 1"]);
    play.desk.kept(play.now, Number(1));
    play.desk.kept(play.now, Number(1));
    play.collect();
    play.shows(&[], &["add 1"]).added(1, News::Accepted(501)).shows(&[], &["keep 1 added", "follow 501"]);
    play.ended().answered(1, RouteAsked::Cancel, News::Cancelled);
    play.shows(&["#5 rejected call-cleared"], &["unfollow 501", "cancel 501 true", "drop 1"]).nothing_is_left();
    // The call ends before the record is there: nothing is ever added.
    let mut play = Play::with(Settings { keeps: true, ..Settings::default() });
    play.select(to_agent(5, "77")).ended();
    play.desk.kept(play.now, Number(1));
    play.collect();
    play.shows(&["#5 rejected call-cleared"], &["keep 1", "drop 1"]).nothing_is_left();
    // It cannot be kept.
    let mut play = Play::with(Settings { keeps: true, ..Settings::default() });
    play.select(to_agent(5, "77")).desk.not_kept(Number(1), "disk full");
    play.collect();
    play.shows(&["#5 failed failed: its record could not be kept: disk full"], &["keep 1", "drop 1"]);
}

#[test]
fn what_an_earlier_run_left_behind_is_cancelled() {
    let mut play = Play::new();
    play.desk.keep(41);
    assert_eq!(play.desk.adopt(play.now, Some(Number(40)), Some(501)), Some(Number(40)), "its record stays");
    assert_eq!(play.desk.adopt(play.now, None, Some(502)), Some(Number(42)), "another desk's gets a new one");
    assert_eq!(play.desk.adopt(play.now, Some(Number(41)), None), None);
    play.collect();
    play.shows(&[], &["cancel 501 true", "cancel 502 true"]);
    play.answered(40, RouteAsked::Cancel, News::Missing("restarted".into())).shows(&[], &["drop 40"]);
    play.answered(42, RouteAsked::Cancel, News::Cancelled).shows(&[], &["drop 42"]);
    play.select(to_service(7)).shows(&[], &["keep 43"]);
    assert_eq!((play.desk.counts.left_over, play.desk.counts.unknown), (3, 1));
}

#[test]
fn one_selection_too_many_fails_and_is_counted() {
    let mut play = Play::with(Settings { most: 1, ..Settings::default() });
    play.select(to_service(5)).added(1, News::Accepted(501));
    play.desk.ask(play.now, OTHER);
    play.desk.select(play.now, Some(OTHER), false, to_service(6));
    play.collect();
    play.shows(&["#5 used service", "#6 failed failed: too many routes are open (`max_routes`)"], &["add 1"]);
    assert_eq!(play.desk.counts.full, 1);
}

#[test]
fn its_tables_are_as_large_as_what_is_open_whatever_has_been() {
    let mut desk = Desk::new(Settings { keeps: true, ..Settings::default() }, Some(1));
    for place in 1..=10_000u64 {
        let (now, call, number) = (Time(place * 20), (0, CallIx::of(place)), Number(place));
        desk.ask(now, call);
        desk.select(now, Some(call), false, if place % 2 == 0 { to_service(1) } else { to_agent(1, "77") });
        desk.kept(now, number);
        desk.answered(now, number, RouteAsked::Add, News::Accepted(place as i64));
        if let Some(over) = place.checked_sub(100).filter(|over| *over > 0) {
            desk.ended((0, CallIx::of(over)));
            desk.answered(now, Number(over), RouteAsked::Cancel, News::Cancelled);
        }
        while desk.say().is_some() || desk.order().is_some() {}
        desk.expire(now);
        let sizes = [desk.selections.len(), desk.routes.len(), desk.by_id.len(), desk.alarms.len()];
        assert!(sizes.iter().all(|size| *size <= 100), "after {place} routes: {sizes:?}");
    }
}

// ── whatever happens ──────────────────────────────────────────────────────────────────────────────────────────────────

/// A routing platform as it really is: it does what it is asked, and says so, or not, or much later.
#[derive(Debug, Default)]
struct Service {
    next: i64,
    /// What it has, with the agent who has it.
    live: BTreeMap<i64, Option<&'static str>>,
    /// Added and ended one way or other.
    ended: BTreeMap<i64, &'static str>,
    /// What it was asked and has not answered.
    open: Vec<Question>,
    added: BTreeMap<Number, u32>,
}

#[derive(Debug)]
struct Question {
    number: Number,
    asked: RouteAsked,
    id: i64,
    if_allocated: bool,
}

#[derive(Debug, Clone)]
enum Move {
    Ask(u8),
    Select(u8, u8),
    /// Answers one of the open questions: truly, with a refusal or fault, or not at all, before or after it was done.
    Answer(u8, u8),
    Agent(u8, u8),
    End(u8, u8),
    Restart,
    Routed(u8),
    CallEnds(u8),
    Pass(u16),
    Down,
    Up,
    Kept,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        2 => any::<u8>().prop_map(Move::Ask),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(call, what)| Move::Select(call, what)),
        6 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Move::Answer(which, how)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(which, whom)| Move::Agent(which, whom)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(which, how)| Move::End(which, how)),
        1 => Just(Move::Restart),
        1 => any::<u8>().prop_map(Move::Routed),
        2 => any::<u8>().prop_map(Move::CallEnds),
        3 => (0..25_000u16).prop_map(Move::Pass),
        1 => Just(Move::Down),
        1 => Just(Move::Up),
        4 => Just(Move::Kept),
    ];
    proptest::collection::vec(one, 1..120)
}

/// A desk, its routing platform, and the books of what must come out.
struct World {
    desk: Desk,
    service: Service,
    now: Time,
    /// Selections by the number of their request: how many answers each had.
    answers: BTreeMap<i64, u32>,
    /// Route requests by call: whether one is open, as the application sees it.
    open: BTreeMap<CallKey, bool>,
    keeps: Vec<Number>,
    records: BTreeMap<Number, bool>,
}

const CALLS: u64 = 4;

impl World {
    fn new(keeps: bool) -> World {
        let settings = Settings { most: 12, keeps, ..Settings::default() };
        World {
            desk: Desk::new(settings, Some(1)),
            service: Service { next: 500, ..Service::default() },
            now: Time(0),
            answers: BTreeMap::new(),
            open: BTreeMap::new(),
            keeps: Vec::new(),
            records: BTreeMap::new(),
        }
    }

    fn call(which: u8) -> CallKey {
        (0, CallIx::of(u64::from(which) % CALLS))
    }

    fn collect(&mut self) {
        while let Some(say) = self.desk.say() {
            if let Some(asker) = say.asker {
                *self.answers.get_mut(&asker.id).expect("nobody asked") += 1;
            }
            if let Told::DefaultUsed | Told::Used { .. } = say.told {
                let call = say.call.expect("of a call");
                let open = self.open.insert(call, false);
                assert_eq!(open, Some(true), "a route request ends once");
            }
        }
        while let Some(order) = self.desk.order() {
            let question = |number, asked, id, if_allocated| Question { number, asked, id, if_allocated };
            match order {
                Order::Keep { number, id } => {
                    self.records.insert(number, id.is_some());
                    if id.is_none() {
                        self.keeps.push(number);
                    }
                }
                Order::Drop { number } => {
                    self.records.remove(&number);
                }
                Order::Add { number } => {
                    if self.desk.settings.keeps {
                        assert!(self.records.contains_key(&number), "added without a record");
                    }
                    *self.service.added.entry(number).or_default() += 1;
                    self.service.open.push(question(number, RouteAsked::Add, 0, false));
                }
                Order::Cancel { number, id, if_allocated } => {
                    self.service.open.push(question(number, RouteAsked::Cancel, id, if_allocated));
                }
                Order::LookUp { number, id } => self.service.open.push(question(number, RouteAsked::LookUp, id, false)),
                Order::Follow { .. } | Order::Unfollow { .. } | Order::Report { .. } => {}
            }
        }
    }

    /// What the platform really does, and says.
    fn does(&mut self, question: &Question) -> News {
        let service = &mut self.service;
        let agent = service.live.get(&question.id).copied();
        match (question.asked, agent) {
            (RouteAsked::Add, _) => {
                service.next += 1;
                service.live.insert(service.next, None);
                News::Accepted(service.next)
            }
            (RouteAsked::Cancel, Some(agent)) if agent.is_none() || question.if_allocated => {
                service.live.remove(&question.id);
                service.ended.insert(question.id, "cancelled");
                News::Cancelled
            }
            (RouteAsked::Cancel, Some(_)) => News::NotCancelled,
            (RouteAsked::LookUp, Some(None)) => News::Queued,
            (RouteAsked::LookUp, Some(Some(login))) => taken(login),
            (_, None) => match service.ended.get(&question.id) {
                Some(&"forgotten") | None => News::Missing("no such request".into()),
                Some(_) if question.asked == RouteAsked::Cancel => News::Over("terminated".into()),
                Some(&"cancelled") => News::Cancelled,
                Some(&"failed") => News::Lost("failed".into()),
                Some(_) => News::Completed(Who { login: "77".into(), id: None }),
            },
        }
    }

    fn answer(&mut self, which: u8, how: u8) {
        if self.service.open.is_empty() {
            return;
        }
        let question = self.service.open.remove(usize::from(which) % self.service.open.len());
        let news = match (how % 8, question.asked) {
            (0, RouteAsked::Add) => News::Refused(RejectReason::NoRoute),
            (0, _) | (1, _) => News::Failed { reason: "a fault".into(), unknown: false },
            // Without an answer nobody can cancel what was added: that is reported, and not asked for here.
            (2, RouteAsked::Add) => silence("not done, and nobody knows"),
            (2, _) => {
                self.does(&question);
                silence("done, and nobody knows")
            }
            _ => self.does(&question),
        };
        self.desk.answered(self.now, question.number, question.asked, news);
    }

    fn play(&mut self, step: &Move, request: i64) {
        match *step {
            Move::Ask(call) => {
                let call = World::call(call);
                if self.desk.ask(self.now, call).is_some() {
                    assert_ne!(self.open.insert(call, true), Some(true));
                }
            }
            Move::Select(call, what) => {
                let wish = match what % 8 {
                    0 => wish(request, RouteType::Default, Target::Service),
                    1 => wish(request, RouteType::External, Target::Service),
                    2..4 => to_service(request),
                    _ => to_agent(request, "77"),
                };
                self.answers.insert(request, 0);
                self.desk.select(self.now, Some(World::call(call)), false, wish);
            }
            Move::Answer(which, how) => self.answer(which, how),
            Move::Agent(which, whom) => {
                let agent = if whom % 3 == 0 { "78" } else { "77" };
                let place = usize::from(which) % self.service.live.len().max(1);
                if let Some((id, has)) = self.service.live.iter_mut().nth(place) {
                    *has = Some(agent);
                    let id = *id;
                    self.desk.heard(self.now, id, taken(agent));
                }
            }
            Move::End(which, how) => {
                let place = usize::from(which) % self.service.live.len().max(1);
                if let Some(id) = self.service.live.keys().nth(place).copied() {
                    self.service.live.remove(&id);
                    let failed = how % 2 == 0;
                    self.service.ended.insert(id, if failed { "failed" } else { "completed" });
                    let who = Who { login: "77".into(), id: None };
                    let news = if failed { News::Lost("failed".into()) } else { News::Completed(who) };
                    self.desk.heard(self.now, id, news);
                }
            }
            Move::Restart => {
                let gone = std::mem::take(&mut self.service.live);
                self.service.ended.extend(gone.keys().map(|id| (*id, "forgotten")));
                for id in gone.into_keys() {
                    self.desk.heard(self.now, id, News::Missing("restarted".into()));
                }
            }
            Move::Routed(call) => {
                let call = World::call(call);
                let was_open = self.open.get(&call) == Some(&true);
                let ended = self.desk.routed(call);
                self.collect();
                assert_eq!(ended, was_open);
                self.open.insert(call, false);
            }
            Move::CallEnds(call) => {
                let call = World::call(call);
                self.desk.ended(call);
                self.open.insert(call, false);
            }
            Move::Pass(millis) => {
                self.now = self.now + Duration::from_millis(u64::from(millis));
                self.desk.expire(self.now);
            }
            Move::Down => self.desk.media_down(self.now, "away"),
            Move::Up => self.desk.media_up(),
            Move::Kept => {
                if !self.keeps.is_empty() {
                    let number = self.keeps.remove(0);
                    self.desk.kept(self.now, number);
                }
            }
        }
        self.collect();
    }

    /// All calls end, everything is kept and answered, and time goes by.
    fn come_to_an_end(&mut self) {
        (0..CALLS as u8).for_each(|call| self.play(&Move::CallEnds(call), 0));
        for _ in 0..200 {
            self.play(&Move::Up, 0);
            self.play(&Move::Kept, 0);
            self.play(&Move::Answer(0, 7), 0);
            self.play(&Move::Pass(10_000), 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_selection_is_answered_once_and_nothing_is_left_behind(keeps: bool, moves in moves()) {
        let mut world = World::new(keeps);
        for (place, step) in moves.iter().enumerate() {
            world.play(step, place as i64 + 1);
            prop_assert!(world.desk.selections.len() <= 12 && world.desk.by_id.len() <= 12);
        }
        world.come_to_an_end();
        prop_assert!(world.answers.values().all(|answers| *answers == 1), "{:?}", world.answers);
        prop_assert!(world.service.added.values().all(|added| *added == 1), "one request for one selection");
        prop_assert!(world.service.live.is_empty(), "left on the platform: {:?}", world.service.live);
        prop_assert!(world.service.open.is_empty());
        prop_assert!(world.records.is_empty(), "{:?}", world.records);
        prop_assert!(world.desk.selections.is_empty() && world.desk.routes.is_empty());
        prop_assert!(world.desk.alarms.is_empty() && world.desk.by_id.is_empty());
    }
}
