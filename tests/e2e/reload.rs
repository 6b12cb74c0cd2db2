//! SIGHUP, or a file that changes, loads the configuration and the mappings again: rules change between two messages, sessions stay.

use cti_bridge::sim::messages::{agent, login, short};
use serde_json::json;

use crate::{daemon::Hosted, world::*};

/// The state that the application is told of an agent who logs on and is idle.
async fn state_told(world: &mut Hosted, id: i64) -> String {
    world.line.say(&login(id, 0)).await.unwrap();
    world.line.say(&agent("agent-idle", id, 1, json!({}))).await.unwrap();
    let told = format!("AgentStateChange a{id} ");
    loop {
        if let Some(state) = short(&event(&mut world.desk).await).strip_prefix(&told) {
            return state.to_owned();
        }
    }
}

#[tokio::test]
async fn rules_change_while_sessions_stay_and_what_is_wrong_changes_nothing() {
    let mut world = Hosted::with(Extra::default()).await;
    let before = world.daemon.configuration();
    assert_eq!(state_told(&mut world, 1001).await, "Idle");

    world.daemon.configure(&format!("{before}\n[application.desk.tables.state]\nidle = 'Lazy'\n"));
    world.daemon.signal("-HUP");
    let refused = world.daemon.line("event=\"reload_refused\"").await;
    assert!(refused.contains("unknown member of CTIAgentState `Lazy`"), "{refused}");
    assert_eq!(state_told(&mut world, 1002).await, "Idle", "nothing was changed");

    let right = format!("{before}\n[application.desk.tables.state]\nidle = 'Reserved'\n");
    world.daemon.configure(&format!("{right}[log]\nqueue_bytes = '2MiB'\n"));
    world.daemon.signal("-HUP");
    world.daemon.line("event=\"reloaded\" sections=2").await;
    let needed = world.daemon.line("event=\"restart_needed\"").await;
    assert!(needed.contains("section=\"log\""), "{needed}");
    assert_eq!(state_told(&mut world, 1003).await, "Reserved", "the new table, in the same session");

    world.daemon.configure(&before);
    world.daemon.signal("-HUP");
    world.daemon.line("event=\"reloaded\"").await;
    assert_eq!(state_told(&mut world, 1004).await, "Idle", "and back");
    world.daemon.signal("-TERM");
    let end = world.daemon.end().await;
    assert_eq!(end.code, Some(0));
    assert!(!end.log.contains(PASSWORD) && !end.log.contains(USER_PASSWORD), "{}", end.log);
}

#[tokio::test]
async fn a_file_that_changes_is_loaded_by_itself_and_complained_of_once() {
    let rest = "[reload]\nwatch = true\ninterval = '20ms'\n";
    let mut world = Hosted::with(Extra { rest, ..Extra::default() }).await;
    let before = world.daemon.configuration();
    assert_eq!(state_told(&mut world, 1001).await, "Idle");
    world.daemon.configure(&format!("{before}\n[application.desk.tables.state]\nidle = 'Lazy'\n"));
    world.daemon.line("event=\"reload_refused\"").await;
    world.daemon.configure(&format!("{before}\n[application.desk.tables.state]\nidle = 'Reserved'\n"));
    world.daemon.line("event=\"reloaded\"").await;
    assert_eq!(state_told(&mut world, 1002).await, "Reserved");
    // Nobody watches any more, from the next load on.
    world.daemon.configure(&before.replace("watch = true", "watch = false"));
    world.daemon.line("event=\"reloaded\"").await;
    assert_eq!(state_told(&mut world, 1003).await, "Idle");
    world.daemon.configure("platform = 1\n");
    assert_eq!(state_told(&mut world, 1004).await, "Idle");
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    assert_eq!(log.matches("event=\"reload_refused\"").count(), 1, "{log}");
    assert!(!log.contains("restart_needed"), "{log}");
}
