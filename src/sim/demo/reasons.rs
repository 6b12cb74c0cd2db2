//! Why an application is told nothing: the reasons of the bridge's own story, which the demo shows in cells that would be empty.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

/// The reasons given since they were last asked for.
#[derive(Clone, Default)]
pub struct Reasons(Arc<Mutex<Vec<String>>>);

impl Reasons {
    /// Listens to the story of a bridge that runs on this thread, for as long as the guard lives.
    pub fn listen(&self) -> DefaultGuard {
        tracing_subscriber::registry().with(self.clone()).set_default()
    }

    /// Forgets what was given: something else happens now.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The cell of an application that is told nothing.
    pub fn cell(&self) -> String {
        let mut given = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        given.dedup();
        match given.is_empty() {
            true => "· it says nothing new".to_owned(),
            false => format!("· {}", given.join("; ")),
        }
    }
}

impl<S: Subscriber> Layer<S> for Reasons {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("cti_bridge::log")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        if ["transition_untold", "message_ignored", "change_without_effect"].contains(&&*told.event) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(told.reason);
        }
    }
}

/// The two fields that are of interest.
#[derive(Default)]
struct Told {
    event: String,
    reason: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "event" => self.event = value.to_owned(),
            "reason" => self.reason = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
