//! A table whose entries keep their places, so that their indices can be handed out. Freed places are used again, under
//! another index. It knows nothing of what it keeps.
//!
//! Invariant: an index that outlived its entry leads nowhere (`a_place_is_used_again_under_another_index`).

use std::num::NonZeroU64;

/// An index of a table: the place, and how often it was used before.
macro_rules! index {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(NonZeroU64);

        impl Index for $name {
            fn new(place: u32, generation: u32) -> $name {
                $name::of(u64::from(generation) << 32 | u64::from(place))
            }

            fn place(self) -> usize {
                self.number() as u32 as usize
            }

            fn generation(self) -> u32 {
                (self.number() >> 32) as u32
            }
        }

        impl $name {
            /// The index of a number, the first of which is 0. No table has a place for the last.
            pub const fn of(number: u64) -> $name {
                // One more than the number is kept, so that an index that is missing takes no room of its own.
                $name(NonZeroU64::new(number.wrapping_add(1)).expect("a table has a place for it"))
            }

            pub fn number(self) -> u64 {
                self.0.get() - 1
            }

            /// The place behind this one, where an iteration that stopped here goes on.
            pub fn next_place(self) -> usize {
                self.place() + 1
            }
        }
    )+};
}

pub trait Index: Copy {
    fn new(place: u32, generation: u32) -> Self;
    fn place(self) -> usize;
    fn generation(self) -> u32;
}

index! {
    /// A call of one platform's model.
    CallIx,
    /// An agent of one platform's model.
    AgentIx,
    /// A service of one platform's model.
    ServiceIx
}

#[derive(Debug)]
struct Entry<T> {
    generation: u32,
    /// Boxed, so that the table grows by little and gives back what is freed.
    value: Option<Box<T>>,
}

#[derive(Debug)]
pub struct Slab<I, T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
    index: std::marker::PhantomData<I>,
}

impl<I, T> Default for Slab<I, T> {
    fn default() -> Self {
        Slab { entries: Vec::new(), free: Vec::new(), index: std::marker::PhantomData }
    }
}

impl<I: Index, T> Slab<I, T> {
    pub fn insert(&mut self, value: T) -> I {
        let value = Some(Box::new(value));
        match self.free.pop() {
            Some(place) => {
                let entry = &mut self.entries[place as usize];
                entry.value = value;
                I::new(place, entry.generation)
            }
            None => {
                self.entries.push(Entry { generation: 0, value });
                I::new((self.entries.len() - 1) as u32, 0)
            }
        }
    }

    pub fn remove(&mut self, index: I) -> Option<T> {
        self.get(index)?;
        let entry = &mut self.entries[index.place()];
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(index.place() as u32);
        entry.value.take().map(|value| *value)
    }

    pub fn get(&self, index: I) -> Option<&T> {
        let entry = self.entries.get(index.place())?;
        entry.value.as_deref().filter(|_| entry.generation == index.generation())
    }

    pub fn get_mut(&mut self, index: I) -> Option<&mut T> {
        let entry = self.entries.get_mut(index.place())?;
        entry.value.as_deref_mut().filter(|_| entry.generation == index.generation())
    }

    /// The index of the entry at a place.
    pub fn at(&self, place: usize) -> Option<I> {
        let entry = self.entries.get(place).filter(|entry| entry.value.is_some())?;
        Some(I::new(place as u32, entry.generation))
    }

    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.iter_from(0)
    }

    /// The entries from this place on.
    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = (I, &T)> {
        let entries = self.entries.iter().enumerate().skip(place);
        entries.filter_map(|(place, entry)| Some((I::new(place as u32, entry.generation), entry.value.as_deref()?)))
    }

    pub fn indices(&self) -> Vec<I> {
        self.iter().map(|(index, _)| index).collect()
    }
}

/// Indexing is for indices that the table gave out and has not freed since.
impl<I: Index, T> std::ops::Index<I> for Slab<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        self.get(index).expect("an index outlived its entry")
    }
}

impl<I: Index, T> std::ops::IndexMut<I> for Slab<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        self.get_mut(index).expect("an index outlived its entry")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_under_another_index() {
        let mut slab: Slab<CallIx, &str> = Slab::default();
        let old = slab.insert("old");
        assert_eq!(slab.remove(old), Some("old"));
        let new = slab.insert("new");
        assert_eq!((old.place(), new.place()), (0, 0));
        assert_eq!(slab.remove(old), None);
        assert_eq!((slab.get(old), slab.get(new)), (None, Some(&"new")));
        assert_eq!(slab.indices(), [new]);
        let next = slab.insert("next");
        assert_eq!(slab.iter_from(new.next_place()).collect::<Vec<_>>(), [(next, &"next")]);
        assert_eq!(slab.iter_from(next.next_place() + 7).next(), None);
    }
}
