//! How what becomes of requests is watched: one poll for all, none while nothing is open, and a service that was restarted or
//! is away.

use cti_bridge::{mapping::Literal, model::LinkState};

use super::{
    service::Mood,
    world::{Site, World},
};

fn office() -> World {
    World::at(&Site { knobs: vec![("group", Literal::Int(7))], ..Site::default() })
}

#[test]
fn one_poll_serves_all_from_the_last_time_stamp_and_none_goes_out_while_nothing_is_open() {
    let mut world = office();
    world.pass(60);
    assert_eq!(world.service.polls.len(), 0, "nothing is open");
    for call in 900..1000 {
        world.call(call).agent_for(call, call, "77");
    }
    world.service.polls.clear();
    world.pass(5);
    assert_eq!(world.service.polls.len(), 5, "one a second, for a hundred routes");
    assert!(world.service.polls.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", world.service.polls);
    world.happens(1001, "Allocated", 40, "77").pass(2);
    let last = world.service.polls.last().unwrap();
    assert_eq!(last, "2026-11-20T10:27:44.000101Z", "only what is new is asked for");
    for call in 900..1000 {
        world.ends(call);
    }
    world.service.polls.clear();
    world.pass(60);
    assert_eq!(world.service.polls.len(), 0, "nothing is open any more");
    assert_eq!((world.routes(), world.service.live()), ((0, 0), vec![]));
}

#[test]
fn a_status_that_is_on_its_way_is_not_asked_for_again() {
    let mut world = office();
    world.mood(Mood::Silent).call(900).agent_for(900, 900, "77").pass(5);
    assert_eq!(world.service.asked, ["add", "look-up 1001"]);
}

#[test]
fn a_restarted_service_has_forgotten_everything_and_says_so_once_it_is_asked() {
    let mut world = office();
    for call in [900, 901] {
        world.call(call).agent_for(call, call, "77");
    }
    world.tells(&["RouteRequest 900", "RouteRequest 901"]);
    world.service.restart();
    world.pass(19);
    // The calls' time is up before anybody would look at what is followed: the withdrawal shows it.
    world.tells(&[]).pass(1);
    let forgotten = "InvalidOpenMediaIDFault: no such request";
    world.tells(&[
        &format!("RouteRequestFailed 900 RequestFailed {forgotten} #900"),
        "RouteUsed 900 RouteDefaultUsed RouteToDefault",
        &format!("RouteRequestFailed 901 RequestFailed {forgotten} #901"),
        "RouteUsed 901 RouteDefaultUsed RouteToDefault",
    ]);
    assert_eq!(world.routes(), (0, 0));
}

#[test]
fn after_a_poll_without_an_answer_the_service_is_asked_what_it_still_has() {
    let mut world = office();
    for call in [900, 901] {
        world.call(call).agent_for(call, call, "77");
    }
    world.tells(&["RouteRequest 900", "RouteRequest 901"]);
    world.mood(Mood::Away("connection reset")).pass(1).mood(Mood::Accept);
    world.service.restart();
    world.pass(1);
    let forgotten = "InvalidOpenMediaIDFault: no such request";
    world.tells(&[
        &format!("RouteRequestFailed 901 RequestFailed {forgotten} #901"),
        &format!("RouteRequestFailed 900 RequestFailed {forgotten} #900"),
    ]);
}

#[test]
fn what_happened_to_a_request_before_its_number_was_known_is_not_missed() {
    // The first ones, of which each look shows a later clock than the last.
    let mut world = office();
    world.mood(Mood::Hold);
    for call in [900, 901] {
        world.call(call).agent_for(call, call, "77");
    }
    world.happens(1001, "Allocated", 40, "77").happens(1002, "Allocated", 40, "77").let_go();
    world.tells(&[
        "RouteRequest 900",
        "RouteRequest 901",
        "RouteUsed 900 RouteSuccess RouteToAgent 77 #900",
        "RouteUsed 901 RouteSuccess RouteToAgent 77 #901",
    ]);
    // One more while another is polled for.
    world.call(902).agent_for(902, 902, "77").mood(Mood::Hold).call(903).agent_for(903, 903, "77");
    world.happens(1004, "Allocated", 40, "77").pass(3).tells(&["RouteRequest 902", "RouteRequest 903"]);
    world.let_go().tells(&["RouteUsed 903 RouteSuccess RouteToAgent 77 #903"]);
}

/// Answers look after look until there are none, and hands back how many there were.
fn looks(world: &mut World) -> usize {
    let mut looks = 0;
    loop {
        let asked = std::mem::take(&mut world.service.asked);
        assert!(asked.len() <= 4 && asked.iter().all(|asked| asked.starts_with("look-up")), "at a time: {asked:?}");
        looks += asked.len();
        if asked.is_empty() {
            return looks;
        }
        world.let_go();
    }
}

#[test]
fn a_service_that_is_back_is_asked_about_thousands_of_requests_a_few_at_a_time() {
    const OPEN: i64 = 2000;
    let mut world = office();
    for call in 1..=OPEN {
        world.call(call).agent_for(call, call, "77");
    }
    world.service.asked.clear();
    world.mood(Mood::Away("connection reset")).pass(1).mood(Mood::Slow).pass(1);
    assert_eq!(looks(&mut world), OPEN as usize);
    world.pass(5);
    assert_eq!((world.routes().0, world.service.asked.len(), world.notices.len()), (OPEN as usize, 0, 0));
    // The same once it was restarted.
    world.mood(Mood::Away("connection reset")).pass(1).mood(Mood::Slow);
    world.service.restart();
    world.pass(1);
    assert_eq!(looks(&mut world), OPEN as usize);
    assert_eq!(world.routes().0, 0, "all have failed");
}

#[test]
fn a_service_that_is_away_fails_what_is_open_at_once_and_is_asked_to_cancel_when_it_is_back() {
    let mut world = office();
    world.call(900).agent_for(5, 900, "77").tells(&["RouteRequest 900"]);
    world.mood(Mood::Away("connection refused")).pass(2);
    world.tells(&["RouteRequestFailed 900 RequestFailed media: connection refused #5"]);
    world.service_for(6, 900, "30").tells(&["RouteRequestFailed 900 RequestFailed media: connection refused #6"]);
    assert!(world.notices.iter().any(|notice| notice.contains("connection refused")), "{:?}", world.notices);
    assert_eq!(world.service.live(), [1001]);
    world.mood(Mood::Accept).pass(10);
    assert!(world.service.live().is_empty(), "cancelled once it was back");
    world.service_for(7, 900, "30").tells(&["RouteUsed 900 RouteSuccess RouteToService 30 #7"]);
}

#[test]
fn a_service_that_does_not_let_the_bridge_in_is_not_there_until_it_does() {
    let mut world = office();
    world.mood(Mood::Stranger).call(900).service_for(5, 900, "30").pass(0);
    world.tells(&["RouteRequest 900", "RouteRequestFailed 900 RequestFailed InvalidUserFault: bad user #5"]);
    assert_ne!(world.media_link(), LinkState::Up);
    let refused = "media: error: the platform refuses the bridge's user reason=\"InvalidUserFault: bad user\"";
    assert_eq!(world.notices, [refused]);
    world.pass(10).service_for(6, 900, "30");
    world.tells(&["RouteRequestFailed 900 RequestFailed media: the service refuses the bridge's user: \
                   InvalidUserFault: bad user #6"]);
    assert_ne!(world.media_link(), LinkState::Up);
    // Its administrator has let the bridge in.
    world.mood(Mood::Accept).pass(60);
    assert_eq!(world.media_link(), LinkState::Up);
}

#[test]
fn a_full_queue_of_the_bridges_own_is_no_sign_that_the_service_is_away() {
    let mut world = office();
    world.call(900).agent_for(900, 900, "77").call(901).tells(&["RouteRequest 900", "RouteRequest 901"]);
    world.mood(Mood::Crowded("1024 requests wait to be posted already")).pass(5);
    world.agent_for(901, 901, "77");
    world.tells(&["RouteRequestFailed 901 RequestFailed 1024 requests wait to be posted already #901"]);
    world.mood(Mood::Accept).happens(1001, "Allocated", 40, "77").pass(1);
    world.tells(&["RouteUsed 900 RouteSuccess RouteToAgent 77 #900"]);
    // A look that found no room has its turn later.
    world.mood(Mood::Hold).agent_for(902, 901, "77").happens(1002, "Allocated", 40, "77");
    let held = world.service.let_go();
    world.mood(Mood::Crowded("1024 requests wait to be posted already")).answers(held).pass(5).tells(&[]);
    world.mood(Mood::Accept).pass(1).tells(&["RouteUsed 901 RouteSuccess RouteToAgent 77 #902"]);
}

#[test]
fn ten_thousand_routes_with_a_hundred_open_at_once_leave_nothing_behind() {
    const OPEN: i64 = 100;
    let mut world = World::at(&Site { keeps: true, knobs: vec![("group", Literal::Int(7))], ..Site::default() });
    let mut calls = Vec::new();
    for call in 1..=10_000i64 {
        world.call(call);
        if call % 2 == 0 {
            world.service_for(call, call, "30");
        } else {
            world.agent_for(call, call, "77");
        }
        if call > OPEN {
            world.ends(call - OPEN);
        }
        world.write();
        assert!(world.routes().0 <= OPEN as usize && world.records.len() <= OPEN as usize);
        if call % 50 == 0 {
            world.service.polls.clear();
            world.pass(1);
            assert!(world.service.polls.len() <= 1, "one poll an interval, for all");
        }
        if call % 1_000 == 0 {
            calls.push(world.bridge.platforms()[0].model.call_count());
            world.service.forget_the_past();
        }
    }
    // Fifty a second, whose ids are kept for a minute (`id_grace`).
    let most = OPEN as usize + 50 * 61;
    assert!(calls.iter().all(|count| *count <= most), "calls that are known of, every thousand routes: {calls:?}");
    assert_eq!(world.service.added.len(), 10_000);
    for call in 10_001 - OPEN..=10_000 {
        world.ends(call);
    }
    world.write().pass(3600);
    assert_eq!((world.routes(), world.service.live(), world.records.len()), ((0, 0), vec![], 0));
    assert_eq!(world.bridge.platforms()[0].model.call_count(), 0);
}
