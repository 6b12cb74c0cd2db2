//! The bridge is killed after each of its steps: whoever runs after it adds nothing twice, and leaves nothing behind.

use cti_bridge::mapping::Literal;

use super::{
    service::Mood,
    world::{Site, World},
};

fn site() -> Site {
    Site { keeps: true, knobs: vec![("group", Literal::Int(7))], ..Site::default() }
}

#[test]
fn nothing_is_added_before_its_record_is_written() {
    let mut world = World::at(&site());
    world.call(900).service_for(5, 900, "30").shows(&["RouteRequest 900"], &[]);
    assert_eq!(world.records.len(), 1);
    world.write().shows(&["RouteUsed 900 RouteSuccess RouteToService 30 #5"], &["add"]);
    let record = world.records.values().next().unwrap();
    assert_eq!((record.id, record.service, record.call.as_str()), (Some(1001), Some(9), "guid-900"));
    world.write().ends(900).shows(&[], &["cancel 1001 though allocated"]);
    assert!(world.records.is_empty());
}

#[test]
fn a_record_says_whose_route_it_is_even_where_the_call_was_over_before_the_number_came() {
    let mut world = World::at(&site());
    world.call(900).service_for(5, 900, "30").mood(Mood::Hold).write().ends(900);
    // Killed between the record and the cancellation.
    world.lives = Some(1);
    world.let_go();
    let record = world.records.values().next().unwrap();
    assert_eq!((record.id, record.call.as_str()), (Some(1001), "guid-900"));
    let left = world.records.clone();
    let mut next = World::at(&Site { keeps: false, ..site() });
    std::mem::swap(&mut next.service, &mut world.service);
    next.mood(Mood::Away("connection refused"));
    assert_eq!(next.restart_with(left.clone()), 1);
    assert!(next.notices.iter().any(|notice| notice.contains("guid-900")), "{:?}", next.notices);
    assert_eq!(next.records, left, "as long as it is not cancelled, whoever comes next finds it as it was");
    next.mood(Mood::Accept).pass(60);
    assert_eq!((next.service.live(), next.records.len()), (vec![], 0));
}

#[test]
fn a_bridge_that_is_killed_at_any_step_leaves_nothing_open_that_anybody_could_know_of() {
    let mut unknown = 0;
    for lives in 0..40 {
        let mut world = World::at(&site());
        world.lives = Some(lives);
        world.call(900).service_for(5, 900, "30").write().call(901).agent_for(6, 901, "77").write().pass(1);
        if world.service.live().contains(&1002) {
            world.happens(1002, "Allocated", 40, "77");
        }
        world.pass(1).ends(900).write();
        let (left, added) = (std::mem::take(&mut world.records), world.service.added.len());
        // Another bridge finds the records and the service.
        let mut next = World::at(&Site { keeps: false, ..site() });
        std::mem::swap(&mut next.service, &mut world.service);
        let reported = next.restart_with(left.clone());
        assert_eq!(reported, left.len(), "every open route is reported: {:?}", next.notices);
        next.pass(60);
        assert_eq!(next.service.added.len(), added, "nothing is added for a decision of an earlier run");
        // Nobody can know of what was added when the answer was not heard.
        let lost = left.values().filter(|record| record.id.is_none()).count();
        unknown += lost;
        assert!(next.service.live().len() <= lost, "{lives}: {:?} of {left:?}", next.service.live());
        assert!(next.records.is_empty(), "{lives}: {:?}", next.records);
    }
    assert!(unknown > 0, "the moment between asking and the answer was among them");
}

#[test]
fn a_route_of_a_platform_that_nobody_asks_any_more_is_reported_and_its_record_dropped() {
    let mut world = World::at(&site());
    world.call(900).service_for(5, 900, "30").write();
    let mut left = std::mem::take(&mut world.records);
    left.values_mut().for_each(|record| record.platform = "gone".into());
    let mut next = World::at(&Site { keeps: false, ..site() });
    assert_eq!(next.restart_with(left), 1);
    assert!(
        next.notices.iter().any(|notice| notice.starts_with("nobody: an earlier run left a route open")),
        "{:?}",
        next.notices
    );
    assert!(next.records.is_empty());
}
