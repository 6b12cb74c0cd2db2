//! A platform that is made anew keeps its place in the bridge. The tasks of each of its eras bring their inputs under a number that
//! holds both, so that nothing that the tasks of an earlier one still bring is taken for news.

use super::input::Input;
use crate::bridge::Owner;

/// The most platforms or applications that there may ever be, those that are gone included.
pub const PLACES: usize = 1 << 16;

/// The number of a platform of this place and era.
pub fn of(place: usize, era: u32) -> usize {
    place + PLACES * era as usize
}

impl Input {
    /// The input as the bridge knows whose it is; none if its platform was made anew meanwhile.
    pub fn arrived(mut self, eras: &[u32]) -> Option<Input> {
        let number = match &mut self {
            Input::Opened { owner: Owner::Platform(number), .. }
            | Input::Read { owner: Owner::Platform(number), .. }
            | Input::Text { owner: Owner::Platform(number), .. }
            | Input::Room { owner: Owner::Platform(number), .. }
            | Input::Closed { owner: Owner::Platform(number), .. }
            | Input::Request { owner: Owner::Platform(number), .. }
            | Input::Answered { owner: Owner::Platform(number), .. }
            | Input::Delivered { owner: Owner::Platform(number), .. }
            | Input::Complaint { about: Some(Owner::Platform(number)), .. }
            | Input::Described { platform: number, .. } => number,
            Input::Opened { .. }
            | Input::Read { .. }
            | Input::Text { .. }
            | Input::Room { .. }
            | Input::Closed { .. }
            | Input::Request { .. }
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Complaint { .. }
            | Input::Verified { .. }
            | Input::Kept { .. }
            | Input::StoreFailed(_)
            | Input::Exchange { .. }
            | Input::Watched(_)
            | Input::Metrics(_)
            | Input::Complaints(_)
            | Input::Stories(_)
            | Input::Trace { .. }
            | Input::Ready(_) => return Some(self),
        };
        let (place, era) = (*number % PLACES, *number / PLACES);
        *number = place;
        (eras.get(place).is_some_and(|current| *current as usize == era)).then_some(self)
    }
}
