use super::*;
use crate::port::Notice;

struct Named;

impl Names for Named {
    fn of(&self, owner: Owner) -> (&'static str, &str) {
        match owner {
            Owner::Platform(0) => ("platform", "mitel"),
            Owner::Platform(_) => ("platform", "micc"),
            Owner::Application(_) => ("application", "desk"),
        }
    }
}

const MITEL: Owner = Owner::Platform(0);
const MICC: Owner = Owner::Platform(1);
const DESK: Owner = Owner::Application(0);
const GUID: &str = "{00030000-0384-5D4E-A1F7-001049240001}";

fn happening(at: u64, owner: Owner, calls: &[(Owner, &str)]) -> Happening {
    Happening {
        at,
        owner,
        calls: calls.iter().map(|(owner, name)| (*owner, (*name).to_owned())).collect(),
        guid: None,
        agent: None,
        request: None,
        transition: None,
        is_message: false,
        notices: vec![Notice::PictureChanged {
            transition: "x",
            call: None,
            second_call: None,
            agent: None,
            request: None,
        }],
    }
}

fn message(at: u64, owner: Owner, call: &str) -> Happening {
    Happening { is_message: true, ..happening(at, owner, &[(owner, call)]) }
}

fn changed(at: u64, owner: Owner, call: &str, transition: TransitionKind) -> Happening {
    Happening { transition: Some((transition, false)), ..happening(at, owner, &[(owner, call)]) }
}

fn take(calls: &mut Calls, happenings: &[Happening]) {
    happenings.iter().for_each(|happening| calls.take(happening, &Named));
}

#[test]
fn a_call_has_what_began_it_and_what_follows_from_its_end() {
    let mut calls = Calls::default();
    take(
        &mut calls,
        &[
            message(1, MITEL, "77"),
            message(2, MITEL, "900"),
            changed(2, MITEL, "900", TransitionKind::CallStarted),
            happening(3, DESK, &[(DESK, "12"), (MITEL, "900")]),
        ],
    );
    assert!(calls.complete().is_empty());
    // The application asks under its own id, and the platform's reply names only the request.
    let request = Some((0, 1, 5));
    take(
        &mut calls,
        &[
            message(4, DESK, "12"),
            Happening { request, ..happening(4, DESK, &[(DESK, "12")]) },
            Happening { request, ..happening(5, MITEL, &[]) },
            Happening { agent: Some("40".into()), ..changed(6, MITEL, "900", TransitionKind::CallEnded) },
            changed(7, MITEL, "900", TransitionKind::CallCompleted),
            happening(8, DESK, &[(DESK, "12"), (MITEL, "900")]),
        ],
    );
    let spans = calls.complete();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    let times: Vec<u64> = span.events.iter().map(|event| event.at).collect();
    assert_eq!(times, [2, 2, 3, 4, 4, 5, 6, 7, 8]);
    assert_eq!((span.start, span.end, span.status), (2, 8, Status::Ok));
    assert_eq!((&*span.platform, &*span.call, &span.agents), ("mitel", "900", &vec!["40".to_owned()]));
    assert!(calls.names.is_empty() && calls.requests.is_empty() && calls.events == 0, "{calls:?}");
}

#[test]
fn a_guid_makes_one_trace_of_two_platforms_and_a_transfer_links_calls() {
    let mut calls = Calls::default();
    let begins = |at, owner, call: &str, guid: &str| Happening {
        guid: Some(guid.to_owned()),
        ..changed(at, owner, call, TransitionKind::CallStarted)
    };
    let joins = Happening {
        transition: Some((TransitionKind::Transferred, false)),
        ..happening(4, MITEL, &[(MITEL, "900"), (MITEL, "901")])
    };
    let other = "00030000-0385-5d4e-a1f7-0010492400ab";
    let lower = GUID.trim_matches(['{', '}']).to_lowercase();
    let begun = [begins(1, MITEL, "900", other), begins(2, MITEL, "901", GUID), begins(3, MICC, "5", &lower), joins];
    take(&mut calls, &begun);
    let spans = calls.all();
    let [first, second, elsewhere] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(second.ids.trace, elsewhere.ids.trace);
    assert_ne!(second.ids.span, elsewhere.ids.span);
    assert_ne!(first.ids.trace, second.ids.trace);
    assert_eq!((&first.links, &second.links), (&vec![second.ids.clone()], &vec![first.ids.clone()]));
    assert!(elsewhere.links.is_empty() && matches!(first.status, Status::Error(_)));
}

#[test]
fn an_end_that_only_the_bridge_tells_and_a_failed_request_are_errors() {
    for (transition, is_presumed, is_error) in [
        (TransitionKind::CallEnded, false, false),
        (TransitionKind::CallEnded, true, true),
        (TransitionKind::RequestFailed, false, true),
    ] {
        let mut calls = Calls::default();
        let ended = Happening { transition: Some((transition, is_presumed)), ..happening(2, MITEL, &[(MITEL, "900")]) };
        let begun = changed(1, MITEL, "900", TransitionKind::CallStarted);
        take(&mut calls, &[begun, ended, changed(3, MITEL, "900", TransitionKind::CallCompleted)]);
        assert_eq!(matches!(calls.complete()[0].status, Status::Error(_)), is_error);
    }
}

#[test]
fn an_id_that_comes_again_is_another_call() {
    let mut calls = Calls::default();
    let first = changed(1, MITEL, "900", TransitionKind::CallStarted);
    let again = changed(9, MITEL, "900", TransitionKind::CallStarted);
    take(&mut calls, &[first, again, changed(10, MITEL, "900", TransitionKind::CallCompleted)]);
    let over = calls.complete();
    assert_eq!((over.len(), over[0].start), (1, 9));
    let left = calls.all();
    assert_eq!((left.len(), left[0].start), (1, 1));
    assert_ne!(over[0].ids, left[0].ids);
    assert!(calls.names.is_empty());
}

#[test]
fn events_beyond_the_bound_are_counted() {
    let mut calls = Calls::default();
    take(&mut calls, &[changed(1, MITEL, "900", TransitionKind::CallStarted)]);
    for at in 0..600 {
        take(&mut calls, &[happening(at, MITEL, &[(MITEL, "900")])]);
    }
    let spans = calls.all();
    assert_eq!((spans[0].events.len(), spans[0].dropped_events), (500, 101));
}
