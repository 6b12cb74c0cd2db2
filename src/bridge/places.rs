//! Platforms and applications by their places. A place stays whose it is: one that is gone leaves its place empty, and nobody
//! else gets it, so that what still names it leads nowhere.

use std::ops::{Deref, DerefMut};

#[derive(Debug)]
pub struct Places<T> {
    all: Vec<T>,
    /// The places that are not empty, in order.
    present: Vec<usize>,
}

impl<T> Default for Places<T> {
    fn default() -> Places<T> {
        Places { all: Vec::new(), present: Vec::new() }
    }
}

impl<T> Places<T> {
    /// Gives it the next place.
    pub fn push(&mut self, one: T) -> usize {
        let place = self.all.len();
        self.all.push(one);
        self.present.push(place);
        place
    }

    /// Nobody is at this place any more.
    pub fn empty(&mut self, place: usize) {
        self.present.retain(|known| *known != place);
    }

    pub fn is_present(&self, place: usize) -> bool {
        self.present.binary_search(&place).is_ok()
    }

    /// Those who are there, with their places.
    pub fn present(&self) -> impl Iterator<Item = (usize, &T)> {
        self.present.iter().map(|place| (*place, &self.all[*place]))
    }

    pub fn present_mut(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let (mut rest, mut next) = (self.all.iter_mut(), 0);
        self.present.iter().filter_map(move |place| {
            let one = rest.nth(place - next)?;
            next = place + 1;
            Some((*place, one))
        })
    }
}

/// All places, the empty ones included.
impl<T> Deref for Places<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<T> DerefMut for Places<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_empty_is_passed_over_and_given_to_nobody() {
        let mut places = Places::default();
        assert_eq!(["a", "b", "c", "d"].map(|one| places.push(one)), [0, 1, 2, 3]);
        places.empty(2);
        places.empty(0);
        assert_eq!(places.push("e"), 4);
        assert_eq!(
            places.present().map(|(place, one)| (place, *one)).collect::<Vec<_>>(),
            [(1, "b"), (3, "d"), (4, "e")]
        );
        places.present_mut().for_each(|(_, one)| *one = "x");
        assert_eq!(places.to_vec(), ["a", "x", "c", "x", "x"]);
    }
}
