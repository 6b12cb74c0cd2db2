//! The table of faults: each is injected by a test that reaches it. `docs/reference/faults.md` is made of it, and every test that it
//! names exists. What a fault costs is asserted in its test, not here.

use std::{collections::BTreeSet, fmt::Write, fs};

use crate::reference::keep;

/// What happens, what is lost by it, and the test: its file and its name.
type Fault = (&'static str, &'static str, &'static str, &'static str);

const NOTHING: &str = "nothing";

const TABLE: [(&str, &[Fault]); 8] = [
    (
        "Peers that have not authenticated",
        &[
            (
                "100 connections send half a head, half a body or nothing to an HTTP listener",
                NOTHING,
                "tests/e2e/strangers.rs",
                "half_heads_and_half_bodies_give_way_to_a_real_client",
            ),
            (
                "100 connections say nothing to a feed's listener, a relay's, or the admin listener",
                NOTHING,
                "tests/e2e/strangers.rs",
                "silent_connections_to_a_feed_a_relay_s_listener_and_health_give_way",
            ),
            (
                "a listener is full of strangers while others are logged on",
                NOTHING,
                "tests/e2e/strangers.rs",
                "who_has_logged_on_never_gives_way",
            ),
            (
                "a first request does not come in time",
                "the connection; `stranger_dismissed`",
                "tests/e2e/strangers.rs",
                "a_first_request_that_does_not_come_in_time_is_said",
            ),
            (
                "somebody guesses passwords or tokens",
                "the guesser's time; `request_refused`, `session_lost`, `relay_refused`",
                "tests/e2e/strangers.rs",
                "guesses_have_to_wait_at_every_log_on",
            ),
            (
                "a flood of users and addresses guesses passwords",
                "what was remembered of the one heard of least lately",
                "src/port/tries.rs",
                "the_table_has_a_bound_and_those_heard_of_last_stay",
            ),
            (
                "many log on whose passwords have to be verified by hashes",
                "the log-ons beyond 64 that wait; `request_refused`",
                "src/net/verify.rs",
                "few_are_verified_at_once_and_an_address_leaves_others_as_many_places_as_it_has",
            ),
            (
                "a few addresses have as many hashes verified as they can",
                "the time of their own log-ons: whose address has fewer under way goes first",
                "src/net/verify.rs",
                "whose_address_has_fewer_under_way_goes_first",
            ),
            (
                "one address guesses many passwords at the same time where users have hashes",
                "the guesser's time; no more than `logon_tries` verifications for one user, four times as many for one address",
                "src/dialect/log_ons.rs",
                "a_throttled_address_verifies_nothing_not_even_while_others_of_it_are_verified",
            ),
            (
                "TLS handshakes fail by the hundred",
                NOTHING,
                "tests/e2e/tls.rs",
                "a_flood_of_handshakes_that_fail_is_a_few_lines_with_the_reason",
            ),
            (
                "a relay has the wrong token",
                "its connection; `relay_refused`",
                "tests/e2e/relays.rs",
                "a_relay_without_the_token_is_told_so_and_closed",
            ),
            (
                "something else than an authentication comes first",
                "the connection; `session_lost`",
                "tests/e2e/subscribers.rs",
                "something_else_than_an_authentication_first_ends_the_connection",
            ),
        ],
    ),
    (
        "Hostile input",
        &[
            (
                "a platform sends broken, deep or endless JSON",
                "the broken messages; `message_too_long`, `message_unusable`",
                "tests/e2e/hostile.rs",
                "a_feed_that_sends_broken_deep_and_endless_json",
            ),
            (
                "a platform floods the bridge with unknown messages",
                "the unknown messages; `message_unknown`",
                "tests/e2e/hostile.rs",
                "a_feed_that_floods_with_what_nobody_knows_is_not_logged_line_by_line",
            ),
            (
                "requests are broken, deep or full of entities",
                "the requests, each answered with a fault",
                "tests/e2e/hostile.rs",
                "requests_that_are_broken_deep_or_full_of_entities",
            ),
            (
                "heads and bodies without an end, lengths that lie",
                "the requests, each answered with its status",
                "tests/e2e/hostile.rs",
                "ten_thousand_header_lines_endless_bodies_and_lengths_that_lie",
            ),
            (
                "a client sends its body too slowly",
                "the request, answered with 408",
                "tests/e2e/hostile.rs",
                "slow_senders_are_let_go_and_idle_ones_take_nobodys_place",
            ),
            (
                "odd bytes and characters in names",
                "the odd characters, which become U+FFFD; `texts_replaced`",
                "tests/e2e/texts.rs",
                "a_feed_with_odd_names_loses_nothing_and_sees_no_gap",
            ),
            (
                "a body is compressed, or in another form",
                "the request, answered with 415",
                "tests/e2e/texts.rs",
                "a_body_in_another_form_is_refused_by_name_on_every_service",
            ),
            (
                "a callback address leads to where nobody may be called",
                "the session, refused with the reason",
                "tests/e2e/sessions.rs",
                "nobody_is_called_whom_the_operator_did_not_name",
            ),
            (
                "a callback address has an impossible port",
                "the session, refused with the reason",
                "tests/e2e/edges.rs",
                "a_callback_url_that_is_none_is_a_fault_that_says_so",
            ),
            (
                "texts from outside hold line ends and terminal escapes",
                NOTHING,
                "tests/e2e/edges.rs",
                "text_from_outside_forges_no_line_of_the_log",
            ),
        ],
    ),
    (
        "The line to a platform",
        &[
            (
                "the connection is lost for good during calls",
                "the calls, each ended once",
                "tests/e2e/link.rs",
                "a_lost_platform_ends_every_call_once_and_comes_back_with_its_differences_only",
            ),
            (
                "the connection is lost and back in time",
                NOTHING,
                "tests/e2e/link.rs",
                "a_platform_that_is_back_in_time_shows_which_calls_went_on",
            ),
            (
                "the connection is half open: nothing comes any more",
                NOTHING,
                "tests/e2e/link.rs",
                "a_half_open_connection_is_found_and_replaced",
            ),
            (
                "messages are missing in the sequence",
                "the missed messages; `events_missed`, and a snapshot is compared",
                "tests/e2e/link.rs",
                "missed_messages_are_answered_by_a_fresh_snapshot",
            ),
            (
                "the platform refuses the password",
                NOTHING,
                "tests/e2e/link.rs",
                "a_platform_that_refuses_the_password_is_tried_again",
            ),
            (
                "a command is not answered",
                "the request, failed with the reason",
                "tests/e2e/link.rs",
                "a_command_that_nobody_answers_fails_in_time",
            ),
            (
                "one of two platforms goes",
                "its calls only",
                "tests/e2e/fan_in.rs",
                "one_platform_goes_and_the_calls_of_the_other_go_on",
            ),
            (
                "the line is lost with many calls and sessions of both kinds",
                "the calls, each ended once; no session",
                "tests/e2e/portions.rs",
                "a_lost_link_with_many_calls_costs_nobody_the_session",
            ),
            (
                "the line is lost with 8,300 calls and 60 sessions",
                "the calls, each ended once; no session",
                "tests/e2e/portions.rs",
                "a_lost_link_with_8300_calls_is_told_to_60_sessions_each_end_once_while_the_bridge_answers",
            ),
            (
                "far more calls begin than are remembered",
                "the calls heard of least lately, each ended once; `bound_reached`",
                "src/model/tests.rs",
                "a_flood_of_calls_at_the_bound_ends_the_oldest_of_them_each_once_and_is_counted",
            ),
            (
                "another relay takes the place of the relay",
                NOTHING,
                "tests/e2e/relays.rs",
                "a_relay_that_another_takes_the_place_of_ends_no_call",
            ),
            (
                "the relay is lost and comes back",
                NOTHING,
                "tests/e2e/relays.rs",
                "an_application_stays_connected_while_the_relay_is_lost_and_until_it_is_back",
            ),
            (
                "a portal is restarted or replaced",
                NOTHING,
                "tests/e2e/portals.rs",
                "a_portal_that_is_restarted_or_replaced_is_found_again_and_told_by_its_differences",
            ),
            (
                "a portal is away, another one is there",
                NOTHING,
                "tests/e2e/portals.rs",
                "the_second_portal_takes_over_from_the_first",
            ),
            (
                "a service's WSDL is too large, or never comes",
                NOTHING,
                "tests/e2e/wsdl.rs",
                "a_wsdl_that_is_too_large_or_never_comes_is_given_up",
            ),
            (
                "a platform closes the connection with a post unread",
                "the post, whose outcome is said to be unknown",
                "src/net/post/tests.rs",
                "closed_with_the_request_unread_is_unknown",
            ),
            (
                "a platform answers half",
                "the answer, said to be unknown",
                "src/net/post/tests.rs",
                "half_an_answer_is_unknown",
            ),
        ],
    ),
    (
        "Sessions of applications",
        &[
            (
                "a client does not read what it is told",
                "its session",
                "tests/e2e/sessions.rs",
                "a_client_that_never_reads_loses_its_session_and_nobody_else_notices",
            ),
            (
                "a client falls behind",
                "its session, and what waited; `session_lost`, `events_discarded`",
                "tests/e2e/sessions.rs",
                "a_client_that_falls_behind_loses_its_session_at_the_documented_bound",
            ),
            (
                "a subscriber does not read",
                "its connection",
                "tests/e2e/subscribers.rs",
                "who_does_not_read_loses_the_connection_and_nobody_else_notices",
            ),
            (
                "a callback server closes each connection after its answer, without saying so",
                NOTHING,
                "tests/e2e/sessions.rs",
                "a_callback_server_that_closes_each_connection_without_saying_so_loses_nothing",
            ),
            (
                "a callback server may have closed an idle connection",
                NOTHING,
                "tests/e2e/sessions.rs",
                "a_connection_that_was_idle_too_long_is_not_used_again",
            ),
            (
                "a callback server closes the connection instead of answering",
                "the session, and three events that waited; `session_lost`, `events_discarded`",
                "tests/e2e/sessions.rs",
                "a_session_that_ends_with_its_connection_has_the_reason_and_what_waited_is_counted",
            ),
            (
                "a callback never reads, or never stops answering",
                "its session",
                "tests/e2e/hostile.rs",
                "a_callback_that_never_reads_or_never_stops_answering",
            ),
            (
                "a client answers events with faults",
                "nothing; `session_faulted`",
                "tests/e2e/hostile.rs",
                "a_client_that_answers_events_with_faults_hears_on_and_is_complained_of_once",
            ),
            (
                "a client answers no heartbeats",
                "its session",
                "tests/e2e/sessions.rs",
                "unanswered_heartbeats_end_a_session_and_answered_ones_keep_it",
            ),
            (
                "one session too many opens",
                "that session, refused with the reason",
                "tests/e2e/sessions.rs",
                "unknown_users_and_one_session_too_many_are_refused_with_the_reason",
            ),
            (
                "one connection too many is made",
                "that connection; `connection_refused`",
                "tests/e2e/subscribers.rs",
                "one_connection_too_many_is_refused_and_the_others_go_on",
            ),
        ],
    ),
    (
        "Much at once",
        &[
            (
                "a platform never ends its calls",
                "the oldest calls, each ended once; `bound_reached`",
                "tests/e2e/hostile.rs",
                "a_feed_that_never_ends_its_calls",
            ),
            (
                "more calls, agents and services than the limits allow",
                "three calls ended, two agents and the further services left out; `bound_reached`",
                "tests/e2e/admin.rs",
                "what_the_limits_of_a_platform_cost_is_counted_and_said",
            ),
            (
                "more requests that pass whole are answered in a minute than are kept",
                "the number of the oldest in later events that name it; `bound_reached`",
                "src/bridge/passing/open.rs",
                "few_answered_requests_linger_and_the_oldest_makes_room",
            ),
            (
                "a snapshot is longer than the queue",
                NOTHING,
                "tests/e2e/portions.rs",
                "a_snapshot_longer_than_the_queue_is_told_to_the_end",
            ),
            (
                "clients ask for long lists over and over",
                NOTHING,
                "tests/e2e/portions.rs",
                "clients_that_ask_for_entities_over_and_over_stop_nobody",
            ),
            (
                "one client's queue fills while the machine is busy, and the others keep up",
                NOTHING,
                "src/net/room.rs",
                "a_session_is_not_too_slow_before_it_had_a_second_nor_while_it_takes_much",
            ),
            (
                "thousands of agents log on at once",
                NOTHING,
                "tests/e2e/portions.rs",
                "a_flood_of_log_ons_waits_for_sessions_that_all_read",
            ),
        ],
    ),
    (
        "The log",
        &[
            (
                "nobody reads stderr",
                "lines of the log; their number is said and counted",
                "tests/e2e/edges.rs",
                "a_log_that_nobody_reads_stops_nobody_and_says_later_what_was_dropped",
            ),
            (
                "floods of every sort of complaint",
                "their lines beyond ten in ten seconds; `left_out`, and `cti_bridge_notices_total` has them all",
                "tests/e2e/edges.rs",
                "floods_of_every_sort_are_a_few_lines_each",
            ),
            (
                "a flood of one sort of complaint comes with a few of another",
                "lines of the flood only",
                "tests/e2e/daemon.rs",
                "a_flood_of_rubbish_hides_no_refused_log_on_and_is_counted",
            ),
            (
                "stderr is closed",
                "the log",
                "tests/program/main.rs",
                "nobody_reading_stderr_changes_neither_the_work_nor_the_exit_code",
            ),
        ],
    ),
    (
        "The collector of spans",
        &[
            (
                "it is away, or takes a request and never answers",
                "spans beyond `queue`; `telemetry_failed`, `spans_dropped`, once",
                "tests/e2e/telemetry.rs",
                "a_collector_that_is_away_or_hangs_disturbs_nothing",
            ),
            (
                "it is overloaded for a while",
                NOTHING,
                "tests/e2e/telemetry.rs",
                "a_collector_that_cannot_take_spans_yet_is_asked_again_and_complained_of_once",
            ),
            (
                "it refuses a request, or some spans of it",
                "those spans; `cti_bridge_spans_total{outcome=\"refused\"}`",
                "tests/e2e/telemetry.rs",
                "refused_spans_are_dropped_and_counted",
            ),
        ],
    ),
    (
        "The process and its disk",
        &[
            (
                "the disk with the records of routes is full, and has room again",
                "routes that are selected meanwhile, failed with the reason; `record_not_written`",
                "src/net/store/tests.rs",
                "a_disk_that_was_full_is_written_again_with_all_that_is_open",
            ),
            (
                "the file with the records of routes is deleted",
                NOTHING,
                "src/net/store/tests.rs",
                "a_file_that_was_lost_is_made_anew_with_all_that_is_open",
            ),
            (
                "the folder of the records is lost, and comes back",
                "the route that is selected meanwhile, failed with the reason; `/readyz` says so",
                "tests/e2e/routes.rs",
                "a_store_that_is_lost_is_said_and_works_again",
            ),
            (
                "more records wait than the queue of the file holds",
                "the route, failed with the reason; `record_stays`",
                "src/net/store/tests.rs",
                "a_full_queue_refuses_records_and_lets_the_old_ones_stay",
            ),
            (
                "`kill -9` again and again",
                "nothing; no route is requested twice",
                "tests/e2e/killed.rs",
                "however_often_it_is_killed_nothing_is_added_twice_and_nothing_is_forgotten",
            ),
            (
                "`kill -9` with a route open",
                "the route, cancelled and reported by the next run",
                "tests/e2e/routes.rs",
                "what_a_killed_bridge_leaves_open_the_next_one_cancels_and_reports",
            ),
            (
                "a client does not answer while the bridge stops",
                "what waits for it, after `shutdown_grace`",
                "tests/e2e/shutdown.rs",
                "a_client_that_does_not_answer_is_not_waited_for_longer_than_the_grace_time",
            ),
            (
                "rules that are loaded anew are wrong",
                "nothing; `reload_refused`",
                "tests/e2e/reload.rs",
                "rules_change_while_sessions_stay_and_what_is_wrong_changes_nothing",
            ),
            (
                "two hundred reloads, ten of them wrong, others with sections that come and go, while sessions hear events",
                "nothing; `reload_refused`",
                "tests/e2e/reload_under_load.rs",
                "two_hundred_reloads_under_load_cost_no_session_and_no_event",
            ),
            (
                "the address of an application that is added by a reload is taken",
                "nothing; `reload_refused`",
                "tests/e2e/reload_sections.rs",
                "an_address_that_is_taken_changes_nothing",
            ),
            (
                "a platform is taken out by a reload during a call",
                "the platform's calls, each ended once; `section_exchanged`",
                "tests/e2e/reload_sections.rs",
                "a_platform_comes_and_goes_and_its_calls_end_as_for_a_lost_link",
            ),
            (
                "a reload changes the address of a platform during a call",
                "nothing; `section_exchanged`",
                "tests/e2e/reload_sections.rs",
                "a_platform_that_changes_is_a_lost_link_that_comes_back_in_time",
            ),
        ],
    ),
];

#[test]
fn every_fault_is_injected_by_a_test_that_exists() {
    let mut tests = BTreeSet::new();
    for (fault, _, file, test) in TABLE.iter().flat_map(|(_, faults)| *faults) {
        let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{fault}: {file}: {error}"));
        let (before, _) =
            source.split_once(&format!("fn {test}()")).unwrap_or_else(|| panic!("{fault}: {file} has no {test}"));
        let above = before.trim_end().trim_end_matches("async").trim_end();
        assert!(above.ends_with(']') && above.contains("test"), "{test} is no test");
        assert!(tests.insert(test), "{test} stands twice");
    }
    assert!(tests.len() >= 40, "{} faults", tests.len());
}

#[test]
fn the_faults_reference_is_the_table() {
    let mut out = "What happens when something goes wrong, and what it costs. Each fault is injected by a test. Names in `code` are events of \
                   [the log](log-events.md); `cti_bridge_notices_total` counts each of them.\n"
        .to_owned();
    for (title, faults) in TABLE {
        writeln!(out, "\n## {title}\n\n| fault | what is lost | test |\n|---|---|---|").unwrap();
        for (fault, lost, file, test) in faults {
            writeln!(out, "| {fault} | {lost} | `{test}` in [{file}](../../{file}) |").unwrap();
        }
    }
    keep("faults.md", "Faults", "tests/house/faults.rs", &out);
}
