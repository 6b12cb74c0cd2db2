//! Whole stories from a CCAS to an application of the feed's, over sockets: those in files, and those of other media.

use cti_bridge::sim::{ccas::logon, subscriber::Subscriber};

use crate::{
    office::Office,
    support::{
        media::{self, MEDIA},
        short::short,
        story::{self, Story, shown},
    },
    world::soon,
};

/// A story of `tests/stories/ccas-to-event-feed`, from when both agents are logged on.
pub fn story(flow: &str) -> Story {
    let pair = "ccas-to-event-feed";
    let is_logon = |line: &&serde_json::Value| line["type"] == 1;
    let lines = story::lines(pair, flow);
    let logons = lines.iter().take_while(is_logon).count();
    let told = shown(&story::told(pair, flow));
    let (before, told) = told.split_at(2 * logons);
    assert!(before.iter().all(|message| message.starts_with("agent-login ") || message.starts_with("agent-idle ")));
    Story { name: flow.into(), lines: lines[logons..].to_vec(), told: told.to_vec() }
}

/// A story in an office of its own.
async fn play(story: Story) {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    tell(&mut office, &mut crm, story).await;
}

/// The application hears what the story says, and nothing else before the next thing that happens: agent 42 logs on.
pub async fn tell(office: &mut Office, crm: &mut Subscriber, story: Story) {
    let next = ["agent-login a42 !12", "agent-idle a42"].map(str::to_owned);
    let told = [story.told, next.to_vec()].concat();
    for line in story.lines.into_iter().chain([logon(42)]) {
        office.say(line).await;
    }
    let mut heard = Vec::new();
    while heard.len() < told.len() {
        let message = soon("a message", crm.hear()).await.unwrap();
        heard.extend(Some(short(&message)).filter(|message| !message.starts_with("entity")));
    }
    assert_eq!(heard, told, "{}", story.name);
}

async fn play_all(flows: &[&str]) {
    for flow in flows {
        play(story(flow)).await;
    }
}

#[tokio::test]
async fn calls_from_and_to_the_outside_and_between_agents() {
    play_all(&[
        "service-call",
        "outgoing-call",
        "direct-call",
        "hold-by-either-side",
        "internal-call",
        "hold-between-agents",
        "rejected-call",
        "rejected-because-the-agent-logged-off",
    ])
    .await;
}

#[tokio::test]
async fn transfers_and_conferences() {
    play_all(&["transfer", "blind-transfer", "conference"]).await;
}

#[tokio::test]
async fn callbacks_and_campaigns() {
    play_all(&[
        "callback",
        "web-callback",
        "callback-to-somebody-busy",
        "callback-without-an-answer",
        "callback-to-somebody-not-available",
        "callback-to-a-wrong-number",
        "callback-refused",
        "campaign-call",
        "campaign-call-refused",
        "campaign-call-to-somebody-busy",
    ])
    .await;
}

#[tokio::test]
async fn sessions_of_other_media() {
    for medium in &MEDIA {
        for story in [media::handled, media::forwarded, media::redirected, media::redirected_in_vain] {
            play(story(medium)).await;
        }
    }
}

#[tokio::test]
async fn readiness_of_each_medium() {
    play_all(&["readiness-of-each-medium"]).await;
}
