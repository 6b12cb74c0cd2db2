//! Number spaces: a call, an e-mail and a session of other media may have the same number. A request names its call in one of
//! them; `requests` finds the call.

use super::{Application, Bridge};
use crate::{mapping::CallPart, model::CallNames};

/// Whether a part of a call's name is a number of the application's own.
fn is_number(application: &Application, place: usize) -> bool {
    application.to().call_parts.get(place) == Some(&CallPart::Number)
}

impl Bridge {
    /// Whether an application that names a call so can mean one in this number space of a platform: in the one of the same
    /// name, or in one that the application has no name for.
    pub(super) fn may_mean(
        &self,
        application: &Application,
        platform: usize,
        names: &CallNames<'_>,
        space: Option<u8>,
    ) -> bool {
        let name_of = |space: u8| self.platforms[platform].outgoing().vocabulary.call_names.get(usize::from(space));
        let Some(name) = space.and_then(name_of) else { return true };
        let own = application.from.vocabulary.call_names.iter().zip(0u8..).find(|(known, _)| *known == name);
        let own = own.map(|(_, place)| place).filter(|place| is_number(application, usize::from(*place)));
        own.is_none_or(|own| names.iter().any(|name| name.space == own && name.id.as_int().is_some()))
    }

    /// The number space of a platform in which an application names a call: the one of the same name, if both sides have
    /// it. A name that is a number on the application's side alone is that of calls, or it is nothing on the platform.
    pub(super) fn space_of(&self, application: &Application, platform: usize, names: &CallNames<'_>) -> Option<u8> {
        let platform = &self.platforms[platform];
        let named = names.iter().find(|name| name.id.as_int().is_some()).map(|name| usize::from(name.space));
        let same = |place: usize| {
            let name = application.from.vocabulary.call_names.get(place)?;
            let known = &platform.outgoing().vocabulary.call_names;
            known.iter().position(|known| known == name).and_then(|place| u8::try_from(place).ok())
        };
        let is_of_calls =
            |place: usize| application.from.vocabulary.call_names.get(place).is_some_and(|name| name == "id");
        match named.filter(|place| is_number(application, *place)) {
            Some(place) if !is_of_calls(place) => same(place),
            Some(_) | None => platform.number_place(),
        }
    }
}
