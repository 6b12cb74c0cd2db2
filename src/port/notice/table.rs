//! The one table of notices: the source of the type, of the log's lines and of their documentation.
//!
//! A row is a variant, its name in the log, its level, whether it is `Many` or `Few`, its constant text, and its fields.
//! The text is complete without the fields. Text from outside is only ever a field.

/// What the fields mean, each name the same in every notice. `platform` and `application` are fields of the log's lines:
/// whom the notice is about.
#[cfg(test)]
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("about", "what a failed request is about"),
    ("address", "the address on the bridge's side of a listener, or the platform's address"),
    ("agent", "the agent's id"),
    ("asker", "the application that asked, or whose platform asked for a route"),
    ("asks_snapshot", "whether the bridge asks for a snapshot because of it"),
    ("call", "the call's id"),
    ("callback", "the address at which a session is called"),
    ("cause", "the cause, in the bridge's own words"),
    ("changes", "the rules and entries that a rule file changes"),
    ("commit", "the commit that the program was built from"),
    ("count", "how many there were"),
    ("differences", "in how many ways a WSDL differs without lacking or contradicting anything"),
    ("expected", "the sequence number that was due"),
    ("fault", "the fault that a client was sent"),
    ("field", "the name of a field of a message"),
    ("filter", "the level of the log, and those of single modules"),
    ("held_s", "for how long nothing was read of a platform, in seconds"),
    ("limit", "the limit that was reached"),
    ("limit_s", "the time that was up, in seconds"),
    ("lost", "how many messages were lost for certain"),
    ("means", "the change that a rule made of a message"),
    ("message_name", "the name of a message"),
    ("more_lacks", "how many more things a WSDL lacks or contradicts than were told"),
    ("next_address", "the address that is tried next"),
    ("next_attempt_s", "when the next attempt comes, in seconds"),
    ("of", "the kind of the notices that were left out"),
    ("of_platform", "the platform that a message is about"),
    ("of_sort", "their first field with the bridge's own words"),
    ("operation", "the operation that was asked for"),
    ("origin", "the origin of a web page, as its browser sends it"),
    ("outcome", "what becomes of a request for a route"),
    ("part", "a part of a platform, of its snapshot, or of a WSDL"),
    ("path", "the path of a file"),
    ("peer", "the address of the other side of a connection"),
    ("perhaps_lost", "of how many messages it is unknown whether they were lost"),
    ("platform_agent", "the platform's own id of the agent"),
    ("platform_call", "the platform's own id of the call"),
    ("profile", "the wire profile that is followed"),
    ("reason", "the reason, often in the words of the other side"),
    ("request", "the number of a request"),
    ("result", "the result code of the platform"),
    ("route", "the number of a selected route"),
    ("routing_platform", "the platform that was asked for a route"),
    ("rule", "the name of a rule; none where a message passes whole"),
    ("second_call", "the id of the other call of a request"),
    ("section", "a section of the configuration"),
    ("sections", "how many platforms and applications have new rules"),
    ("sequence", "the sequence number that came"),
    ("serves", "what takes the place of a WSDL"),
    ("session", "the number of a session or connection of an application"),
    ("sessions", "how many sessions a message goes to"),
    ("signal", "the signal that the process got"),
    ("subscribed_to", "what a subscription is to"),
    ("to_platform", "the platform that a request goes to"),
    ("transition", "what changed"),
    ("user", "the name with which somebody logs on"),
    ("version", "the version of the program"),
    ("waiting", "how many wait"),
    ("within_s", "in how many seconds"),
];

/// Hands all rows to another macro.
macro_rules! table {
    ($then:ident) => {
        $then! {
            // ── the way to a platform ─────────────────────────────────────────────────────────────────────────────────
            PlatformConnected platform_connected Info Many "the platform is connected and lets the bridge in" {}
            PlatformLost platform_lost Warn Many "the platform is not connected" {
                reason: String, next_attempt_s: f64,
            }
            HeldBack held_back Warn Many "nothing is read of the platform for now: sessions have to catch up first" {}
            HeldBackNoLonger held_back_no_longer Info Many "the platform is read again" { held_s: f64, }
            PlatformUnavailable platform_unavailable Warn Many "the platform cannot be asked" { reason: String, }
            PlatformSessionOpened platform_session_opened Info Many "the session with the platform is open and on line" {
                address: String,
            }
            PlatformSessionLost platform_session_lost Warn Many "there is no session with the platform" {
                address: String, reason: String, next_address: Option<String>, next_attempt_s: Option<f64>,
            }
            BridgeRefused bridge_refused Error Many "the platform refuses the bridge's user" {
                user: Option<String>, reason: String, result: Option<i64>,
            }
            PartDown part_down Warn Many "the platform reports that a part of it is down" { part: String, }
            PartUp part_up Warn Many "the platform reports that a part of it is up" { part: String, }
            RelayConnected relay_connected Info Many "the relay is connected" {}
            RelayLost relay_lost Warn Many "the relay is gone" { reason: String, }
            RelayRefused relay_refused Warn Many "a peer is no relay that may connect" {
                cause: &'static str, peer: String,
            }
            RelayReachesPlatform relay_reaches_platform Info Many "the platform behind the relay is there" {}
            RelayLostPlatform relay_lost_platform Warn Many "the platform behind the relay is away" {
                cause: &'static str,
            }

            DesktopConnected desktop_connected Info Many "an agent's desktop is connected" { user: String, peer: String, }
            DesktopLost desktop_lost Warn Many "an agent's desktop is gone" { user: String, reason: String, }
            DesktopEventRefused desktop_event_refused Warn Many "an event of an agent's desktop was dropped" {
                cause: &'static str, user: String, message_name: String,
            }

            // ── telemetry ─────────────────────────────────────────────────────────────────────────────────────────────
            TelemetryFailed telemetry_failed Warn Few "the collector does not take spans of calls" {
                address: String, reason: String,
            }
            TelemetryRestored telemetry_restored Info Few "the collector takes spans of calls again" {
                address: String, count: u64,
            }
            SpansDropped spans_dropped Warn Few "spans of calls are dropped" {
                cause: &'static str, limit: Option<u64>, count: Option<u64>,
            }

            // ── messages of a platform ────────────────────────────────────────────────────────────────────────────────
            EventsMissed events_missed Warn Many "the sequence has a gap: events were missed" {
                sequence: u32, expected: u32, asks_snapshot: bool,
            }
            RelayLostEvents relay_lost_events Warn Many "events were lost while the relay had nobody to tell" {
                user: Option<String>, lost: i64, perhaps_lost: i64,
            }
            ReplyUnexpected reply_unexpected Warn Many "a reply answers no command that is open" { request: i64, }
            SubscriptionRefused subscription_refused Error Many "a subscription was refused" {
                subscribed_to: String, result: i64, reason: String,
            }
            SubscriptionSplit subscription_split Warn Many
                "the subscription to everything at once was refused; the bridge tries one by one" { reason: String, }
            SubscriptionPartial subscription_partial Warn Many "a subscription was accepted in part only" {
                result: i64, reason: String,
            }
            SubscriptionUnanswered subscription_unanswered Warn Many
                "a subscription was not answered, though the platform is alive" {}
            SnapshotFailed snapshot_failed Error Many
                "the platform did not send the snapshot; everything known stays as it is" {
                part: Option<String>, result: Option<i64>, reason: String,
            }
            PlatformFault platform_fault Warn Many "the platform answered with a fault" { reason: String, }
            AnswerUnusable answer_unusable Warn Many "an answer of the platform cannot be used" { reason: String, }
            CallbackRefused callback_refused Warn Many "a call of the platform was refused" {
                cause: &'static str, reason: String,
            }
            MessageTooLong message_too_long Warn Many "a message was longer than allowed and was dropped" { limit: usize, }
            MessageUnknown message_unknown Warn Many "the vocabulary does not know a message" { message_name: String, }
            MessageUnusable message_unusable Warn Many "a message, or a field of it, cannot be used" {
                message_name: Option<String>, reason: String,
            }
            FieldUnknown field_unknown Warn Few "the vocabulary does not know a field of a message" {
                message_name: String, field: String,
            }
            FieldsOnlyCounted fields_only_counted Warn Few "further unknown fields are only counted" {}
            ValueUnknown value_unknown Warn Few "a value is not of its field's type: rules take it for absent" {
                message_name: String, reason: String,
            }
            TextReplaced text_replaced Warn Few
                "U+FFFD took the place of unreadable characters; further such messages are only counted" {
                cause: &'static str,
            }

            BoundReached bound_reached Warn Many "a limit of the platform was reached: something was ended or left out" {
                cause: &'static str, count: u64, limit: usize,
            }

            // ── what the bridge does by itself ────────────────────────────────────────────────────────────────────────
            AgentNotAskedAbout agent_not_asked_about Warn Many
                "too many questions wait: the bridge does not ask whether an agent is a phone agent" {
                agent: i64, waiting: usize,
            }
            WrapLimit wrap_limit Warn Many "the work after a call has lasted as long as it may: it is extended no more" {
                agent: i64, limit_s: u64,
            }
            WrapNotExtended wrap_not_extended Warn Many "the work after a call cannot be extended any more" { agent: i64, }
            IdsCollide ids_collide Warn Many "two agents or services cannot be told apart by their ids" { reason: String, }

            // ── the descriptions of SOAP services ─────────────────────────────────────────────────────────────────────
            WsdlUnreadable wsdl_unreadable Warn Many "the service's WSDL cannot be read" {
                reason: String, serves: &'static str,
            }
            WsdlDiffers wsdl_differs Warn Many "the service's WSDL lacks or contradicts something" {
                part: String, reason: String,
            }
            WsdlFollowed wsdl_followed Info Many
                "the service's WSDL is followed; `cti-bridge check --wsdl` shows all differences" {
                profile: String, differences: usize, more_lacks: usize,
            }

            // ── applications and their sessions ───────────────────────────────────────────────────────────────────────
            SessionOpened session_opened Info Many "a session opened" { session: u32, user: String, callback: String, }
            SessionAuthenticated session_authenticated Info Many "a connection authenticated itself" {
                session: u32, user: String, peer: String,
            }
            SessionRefused session_refused Warn Many "a session was refused: its callback did not take it" {
                session: u32, user: String, reason: String,
            }
            SessionClosed session_closed Info Many "a session closed" {
                session: u32, user: Option<String>, peer: Option<String>, reason: String,
            }
            SessionLost session_lost Warn Many "the bridge ended a session" {
                cause: &'static str, session: u32, user: Option<String>, peer: Option<String>, reason: String,
            }
            SessionFaulted session_faulted Warn Many
                "a session answered an event with a fault; it counts as delivered, and further ones are only counted" {
                session: u32,
            }
            ConnectionRefused connection_refused Warn Many "a connection was refused: all places are taken" {
                peer: String, limit: usize,
            }
            EventsDiscarded events_discarded Warn Many "events that waited for a session were discarded with it" {
                cause: &'static str, session: u32, count: u64,
            }
            RequestRefused request_refused Warn Many "a request was refused" {
                cause: &'static str, user: Option<String>, fault: Option<&'static str>, reason: Option<String>,
            }
            RequestFailed request_failed Info Many "a request failed" {
                about: &'static str, operation: &'static str, request: i64, session: u32, agent: Option<i64>,
                call: Option<i64>, second_call: Option<i64>, reason: String,
            }
            EntitiesFull entities_full Warn Many
                "the platform has more entities of one kind than are kept: snapshots will lack some" {}

            // ── routes ────────────────────────────────────────────────────────────────────────────────────────────────
            RouteFailed route_failed Warn Many "a route that the bridge selected failed" { reason: String, }
            RouteNotUsed route_not_used Warn Many "a selected route is not used: its request is cancelled" {
                route: u64, reason: String,
            }
            RouteUncertain route_uncertain Warn Many "whether the request for a route was added is unknown" {
                route: u64, reason: String,
            }
            RouteLeftOpen route_left_open Warn Few "an earlier run left a route open" {
                call: String, asker: String, routing_platform: String, request: Option<i64>, outcome: &'static str,
            }
            RecordStays record_stays Warn Many "the record of a route stays until the next start" {
                route: u64, reason: String,
            }
            RecordNotWritten record_not_written Error Many "records of routes could not be written" {
                path: String, reason: String,
            }
            RecordsWritten records_written Info Many "records of routes are written again; all that are open are kept" {
                path: String,
            }
            RecordUnreadable record_unreadable Error Many "the record of a route cannot be read" {
                route: u64, reason: String,
            }

            // ── sockets ───────────────────────────────────────────────────────────────────────────────────────────────
            Serving serving Info Few "serving an application" { address: String, }
            Awaiting awaiting Info Few "awaiting a platform" { address: String, }
            Unprotected unprotected Warn Few "plaintext: bytes leave this machine unprotected" { address: Option<String>, }
            AdminExposed admin_exposed Warn Few "anybody who reaches this machine can read health and metrics" {
                address: String,
            }
            FileWritable file_writable Warn Few
                "others can write a file of the configuration: they decide who logs on, and where to" { path: String, }
            ListenerFull listener_full Warn Many "all connections are taken; further ones wait" {
                address: Option<String>, limit: usize,
            }
            StrangerDismissed stranger_dismissed Warn Many "a connection that had not authenticated was closed" {
                cause: &'static str, address: Option<String>, peer: String,
            }
            AcceptFailed accept_failed Warn Many "a connection could not be accepted" {
                address: Option<String>, reason: String,
            }
            TlsFailed tls_failed Warn Many "a TLS handshake failed" { peer: String, reason: String, }

            WebsocketRefused websocket_refused Warn Many "a request for a WebSocket was refused" {
                cause: &'static str, peer: String, origin: Option<String>,
            }
            WebsocketBroken websocket_broken Warn Many "a WebSocket was closed because its peer broke the rules" {
                cause: &'static str, peer: String, reason: String,
            }

            ConnectionEnded connection_ended Debug Many "a connection of a client ended in an error" {
                peer: String, reason: String,
            }
            DeliveryDelayed delivery_delayed Debug Many "a session did not take an event yet: it is tried again" {
                session: u32, reason: String,
            }

            OverlayInForce overlay_in_force Info Few "a rule file changes the shipped one" {
                path: String, changes: String,
            }

            // ── the process ───────────────────────────────────────────────────────────────────────────────────────────
            Started started Info Few "the bridge starts" { version: &'static str, commit: &'static str, }
            Stopping stopping Info Few "the bridge stops" {}
            StopCutShort stop_cut_short Warn Few "shutdown_grace is over: some messages were not delivered" {}
            Reloaded reloaded Info Few "the rules were loaded anew and are in force" { sections: usize, }
            ReloadRefused reload_refused Error Few "nothing was changed: what was to be loaded is wrong" {
                reason: String,
            }
            SectionExchanged section_exchanged Info Few "a platform or an application was started, ended, or started anew" {
                cause: &'static str, section: String,
            }
            RestartNeeded restart_needed Warn Few "a change takes effect at the next start only" {
                section: String, reason: &'static str,
            }
            LevelChanged level_changed Info Few "the log has another level from now on" { filter: String, }
            SignalIgnored signal_ignored Warn Few "nothing was changed: the bridge ignores this signal" {
                signal: &'static str,
            }
            SupervisorAway supervisor_away Warn Few "the supervisor of the process is told nothing" { reason: String, }

            // ── the story of a call, an agent or a request, told only while somebody reads it ────────────────────────────
            MessageIn message_in Debug Traced "a message came in" {
                message_name: String, session: Option<u32>, call: Option<String>, agent: Option<String>,
                request: Option<i64>,
            }
            RuleFired rule_fired Debug Traced "a rule fired" {
                rule: String, means: &'static str, call: Option<String>, agent: Option<String>,
            }
            MessageIgnored message_ignored Debug Traced "no rule is for a message" { message_name: String, reason: String, }
            ChangeWithoutEffect change_without_effect Debug Traced "the picture did not take a change" {
                means: &'static str, reason: &'static str,
            }
            PictureChanged picture_changed Debug Traced "the picture changed" {
                transition: &'static str, call: Option<String>, second_call: Option<String>, agent: Option<String>,
                request: Option<i64>,
            }
            TransitionUntold transition_untold Debug Traced "an application is not told" {
                transition: &'static str, call: Option<String>, agent: Option<String>, reason: String,
            }
            MessageOut message_out Debug Traced "a message goes out" {
                message_name: String, rule: Option<String>, of_platform: String, sessions: usize, session: Option<u32>,
                call: Option<String>, agent: Option<String>, request: Option<i64>, platform_call: Option<String>,
                platform_agent: Option<String>,
            }
            RequestTaken request_taken Debug Traced "a request goes to its platform" {
                operation: &'static str, to_platform: String, session: u32, request: i64, agent: Option<String>,
                call: Option<String>, second_call: Option<String>,
            }
            CommandOut command_out Debug Traced "a command goes out" {
                message_name: String, rule: Option<String>, asker: Option<String>, session: u32, request: i64,
                call: Option<String>, agent: Option<String>,
            }
            ReplyIn reply_in Debug Traced "the platform answered a command" {
                message_name: String, asker: Option<String>, session: u32, request: i64,
            }

            // ── the log itself ────────────────────────────────────────────────────────────────────────────────────────
            LeftOut left_out Warn Few "further events of one kind were left out" {
                of: &'static str, of_sort: Option<&'static str>, count: u64, within_s: u64,
            }
        }
    };
}

pub(crate) use table;
