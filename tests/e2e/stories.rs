//! Whole stories from a CCAS to an application of the feed's, over sockets.

use cti_bridge::sim::{ccas::logon, subscriber::Subscriber};

#[path = "../stories/mod.rs"]
pub mod ccas;

use ccas::{CALLBACKS, FAILURES, MEDIA, Story, short};

use crate::{office::Office, world::soon};

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

#[tokio::test]
async fn calls_from_and_to_the_outside_and_between_agents() {
    for story in [
        ccas::service_call(),
        ccas::outgoing_call(),
        ccas::direct_call(),
        ccas::held_by_either_side(),
        ccas::internal_call(),
        ccas::held_between_agents(),
        ccas::rejected_call(),
        ccas::rejected_as_logged_off(),
    ] {
        play(story).await;
    }
}

#[tokio::test]
async fn transfers_and_conferences() {
    for story in [ccas::transfer(), ccas::blind_transfer(), ccas::conference()] {
        play(story).await;
    }
}

#[tokio::test]
async fn callbacks_and_campaigns() {
    for (ty, code) in CALLBACKS {
        play(ccas::callback(ty, code)).await;
    }
    for (cause, reinserted, over) in FAILURES {
        play(ccas::failed_callback(cause, reinserted, over)).await;
    }
    for story in [ccas::refused_callback(), ccas::campaign(), ccas::refused_campaign(), ccas::busy_campaign()] {
        play(story).await;
    }
}

#[tokio::test]
async fn sessions_of_other_media() {
    for medium in &MEDIA {
        for story in [ccas::handled, ccas::forwarded, ccas::redirected, ccas::redirected_in_vain] {
            play(story(medium)).await;
        }
    }
}

#[tokio::test]
async fn readiness_of_each_medium() {
    play(ccas::readiness_of_each_medium()).await;
}
