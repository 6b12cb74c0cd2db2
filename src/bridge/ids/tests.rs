//! Ids on both sides: kept where they fit, minted where they do not, never crossing.

use super::*;

#[test]
fn a_call_keeps_its_own_number_where_it_fits_and_is_free() {
    let mut ids = Ids::new(1_000_000, 2, &[]);
    let mut give = |platform: usize, call: u64, native: Option<i64>| {
        let key = (platform, CallIx::of(call));
        ids.give(key, || New { native: native.map(|number| (0, number)), told: true, guid: None });
        ids.call(key).unwrap().id
    };
    assert_eq!(give(0, 1, Some(900)), 900);
    assert_eq!(give(0, 1, Some(901)), 900, "for good");
    assert_eq!(give(1, 1, Some(900)), 1_900_000_001, "taken");
    assert_eq!(give(0, 2, Some(1 << 40)), 1_900_000_002, "too large");
    assert_eq!(give(0, 3, None), 1_900_000_003);
    assert_eq!(ids.call_of_id(900), Some((0, CallIx::of(1))));
    ids.forget((0, CallIx::of(1)));
    assert_eq!(ids.call_of_id(900), None);
}

#[test]
fn a_number_that_the_application_was_told_of_is_no_call_any_more_and_others_may_be() {
    let mut ids = Ids::new(1_000_000, 1, &[]);
    let new = |native| move || New { native: Some((0, native)), told: true, guid: None };
    assert!(ids.may_be_unseen(900, |_, _| true));
    ids.give((0, CallIx::of(1)), new(900));
    ids.forget((0, CallIx::of(1)));
    assert!(!ids.may_be_unseen(900, |_, _| true), "it is over");
    ids.give((0, CallIx::of(2)), new(900));
    ids.forget((0, CallIx::of(2)));
    for call in 0..MAX_OVER as u64 {
        ids.give((0, CallIx::of(call)), new(call as i64 + 1000));
        ids.forget((0, CallIx::of(call)));
    }
    assert!(ids.may_be_unseen(900, |_, _| true), "so much is remembered");
    assert_eq!((ids.over.numbers.len(), ids.over.order.len()), (MAX_OVER, MAX_OVER));
    for none in [0, -1, MINTED, 1_900_000_001, i64::from(i32::MAX)] {
        assert!(!ids.may_be_unseen(none, |_, _| true), "{none}");
    }
}

#[test]
fn a_number_of_an_agent_says_whose_it_is() {
    let ids = Ids::new(1_000_000, 2, &[]);
    assert_eq!((ids.agent_room(12), ids.agent_room(1_000_012)), (Some((0, 12)), Some((1, 12))));
    assert_eq!((ids.agent_room(0), ids.agent_room(-1), ids.agent_room(1_600_000_000)), (None, None, None));
    assert_eq!(ids.native_service(1, DeviceKind::AgentQueue, 1_250_009), 9);
    let mut relaying = Ids::new(1_000_000, 2, &[]);
    relaying.relay(7);
    assert_eq!(
        (relaying.agent_room(1_000_012), relaying.agent_room(1_600_000_000)),
        (Some((1, 12)), Some((0, 1_600_000_000)))
    );
    assert_eq!(relaying.native_service(0, DeviceKind::AgentQueue, 9), 9);
}

#[test]
fn numbers_that_pass_are_their_own_whatever_they_are() {
    let mut ids = Ids::new(1_000_000, 2, &[]);
    ids.relay(7);
    let mut give = |platform: usize, call: u64, native: i64| {
        let key = (platform, CallIx::of(call));
        ids.give(key, || New { native: Some((0, native)), told: true, guid: None });
        ids.call(key).unwrap().id
    };
    assert_eq!(give(8, 1, 900), 1_900_000_001, "a number that the first platform may still say");
    assert_eq!((give(7, 1, 900), give(7, 2, 1 << 40)), (900, 1 << 40));
    assert_eq!(give(7, 3, 900), 900, "heard of again after its end");
    assert_ne!(give(7, 4, 1_900_000_001), 1_900_000_001, "another platform's call has it");
    ids.forget((7, CallIx::of(1)));
    assert_eq!(ids.call_of_id(900), Some((7, CallIx::of(3))));
    let queue = NativeId::Int(9);
    assert_eq!(ids.service(0, DeviceKind::AgentQueue, &queue), 9);
    assert_eq!(ids.service(1, DeviceKind::AgentQueue, &queue), 1_250_009);
    assert_eq!(ids.collisions(), Vec::<String>::new());
    let large = NativeId::Int(1_600_000_000);
    assert_eq!([ids.agent(0, &large), ids.agent(0, &large)], [1_600_000_000; 2]);
    assert_eq!(ids.native_agent(0, 1_600_000_000), Some(1_600_000_000));
    assert_eq!(ids.collisions().len(), 1, "said once");
}

#[test]
fn an_e_mail_takes_no_number_from_a_call_that_goes_on() {
    let mut ids = Ids::new(1_000_000, 1, &[]);
    ids.relay(0);
    let mut give = |call: u64, space: u8, number: i64| {
        let key = (0, CallIx::of(call));
        ids.give(key, || New { native: Some((space, number)), told: true, guid: None });
        ids.call(key).unwrap().id
    };
    assert_eq!(give(1, 0, 5), 5);
    assert_eq!(give(2, 1, 5), 1_900_000_001, "the call has it");
    assert_eq!((give(3, 1, 6), give(4, 1, 6)), (6, 6), "heard of again after its end");
    assert_eq!(ids.call_of_id(5), Some((0, CallIx::of(1))));
}

#[test]
fn a_number_that_was_named_unseen_belongs_to_one_number_space() {
    let mut ids = Ids::new(1_000_000, 2, &[]);
    ids.relay(0);
    let minted = ids.unseen((1, 0, 5));
    assert_eq!(ids.native_unseen(minted), Some((1, 0, 5)));
    let new = |space| move || New { native: Some((space, 5)), told: true, guid: None };
    let (e_mail, call) = ((1, CallIx::of(1)), (1, CallIx::of(2)));
    ids.give(e_mail, new(1));
    assert_ne!(ids.call(e_mail).unwrap().id, minted, "the number was said of a call");
    ids.give(call, new(0));
    assert_eq!(ids.call(call).unwrap().id, minted);
}

#[test]
fn the_end_of_an_e_mail_says_nothing_about_the_call_with_its_number() {
    let mut ids = Ids::new(1_000_000, 1, &[]);
    ids.give((0, CallIx::of(1)), || New { native: Some((1, 5)), told: true, guid: None });
    ids.forget((0, CallIx::of(1)));
    assert!(ids.may_be_unseen(5, |_, space| space == Some(0)));
    assert!(!ids.may_be_unseen(5, |_, space| space == Some(1)));
}

#[test]
fn agents_and_services_have_the_same_numbers_after_a_restart() {
    let ids = Ids::new(1_000_000, 2, &[]);
    let agent = NativeId::Int(12);
    assert_eq!((ids.agent(0, &agent), ids.agent(1, &agent)), (12, 1_000_012));
    assert_eq!(ids.native_agent(1, 1_000_012), Some(12));
    let queue = NativeId::Int(9);
    assert_eq!(ids.service(0, DeviceKind::Group, &queue), 9);
    assert_eq!(ids.service(0, DeviceKind::AgentQueue, &queue), 250_009);
    let text = NativeId::Text("jdoe".into());
    assert_eq!(ids.agent(0, &text), Ids::new(1_000_000, 2, &[]).agent(0, &text));
    assert_ne!(ids.agent(0, &text), ids.agent(1, &text));
    assert!(i32::try_from(ids.agent(0, &text)).is_ok());
}

#[test]
fn numbers_that_have_no_room_are_hashed_so_that_none_is_given_twice() {
    let ids = Ids::new(1_000_000, 2, &[]);
    let int = NativeId::Int;
    let queue = ids.service(0, DeviceKind::AgentQueue, &int(9));
    assert_eq!(queue, 250_009);
    assert_ne!(ids.service(0, DeviceKind::Group, &int(250_009)), queue);
    assert_ne!(ids.agent(0, &int(1_000_012)), ids.agent(1, &int(12)));
    assert_eq!(ids.native_agent(0, 1_000_012), None, "it is an agent of the second platform");
    assert_eq!(ids.agent(1, &int(1_000_012)), 2_000_012, "nothing begins beyond the last platform");
    assert_eq!(Ids::new(1_000_000, 1, &[]).agent(0, &int(7_654_321)), 7_654_321);
    let all = [int(250_009), int(1_000_012), int(i64::MAX), int(0), int(-5), NativeId::Text("jdoe".into())];
    let fits = |id: i64| (HASHED..MINTED).contains(&id);
    assert!(all.iter().all(|native| fits(ids.service(1, DeviceKind::Group, native))), "hashes stand apart");
    assert_eq!(ids.collisions(), Vec::<String>::new());
}

#[test]
fn two_with_one_hash_are_said_once() {
    let ids = Ids::new(1_000_000, 1, &[]);
    let mut seen = HashMap::new();
    let name = |number: u32| NativeId::Text(format!("agent{number}").into());
    let (first, second) = (0..)
        .find_map(|number| seen.insert(ids.agent(0, &name(number)), number).map(|earlier| (earlier, number)))
        .unwrap();
    let collisions = ids.collisions();
    assert_eq!(collisions.len(), 1);
    let both = format!("agent{first} of platform 1 and agent{second} of platform 1 are both number");
    assert!(collisions[0].starts_with(&both), "{collisions:?}");
    ids.agent(0, &name(first));
    ids.agent(0, &name(second));
    assert_eq!(ids.collisions(), Vec::<String>::new());
}

#[test]
fn labels_have_numbers_in_the_order_of_first_sight() {
    let mut ids = Ids::new(1_000_000, 1, &[("Account".into(), 150)]);
    for label in ["Name", "Account", "Name", "117", ""] {
        ids.learn_label(label);
    }
    assert_eq!(["Account", "Name", "117", ""].map(|label| ids.label(label)), [Some(150), Some(101), Some(117), None]);
}
