//! A table whose entries keep their places, so that their indices can be handed out; freed places are used again.

/// An index type for one table.
macro_rules! index {
    ($($(#[$meta:meta])* $name:ident),+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl From<usize> for $name {
            fn from(place: usize) -> $name {
                $name(place as u32)
            }
        }

        impl From<$name> for usize {
            fn from(index: $name) -> usize {
                index.0 as usize
            }
        }
    )+};
}

index! {
    /// A call of one platform's model.
    CallIx,
    /// An agent of one platform's model.
    AgentIx,
    /// A service of one platform's model.
    ServiceIx,
    /// A request open at one platform.
    RequestIx
}

#[derive(Debug)]
pub struct Slab<I, T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
    index: std::marker::PhantomData<I>,
}

impl<I, T> Default for Slab<I, T> {
    fn default() -> Self {
        Slab { entries: Vec::new(), free: Vec::new(), index: std::marker::PhantomData }
    }
}

impl<I: From<usize> + Into<usize> + Copy, T> Slab<I, T> {
    pub fn insert(&mut self, value: T) -> I {
        match self.free.pop() {
            Some(place) => {
                self.entries[place as usize] = Some(value);
                I::from(place as usize)
            }
            None => {
                self.entries.push(Some(value));
                I::from(self.entries.len() - 1)
            }
        }
    }

    pub fn remove(&mut self, index: I) -> Option<T> {
        let value = self.entries.get_mut(index.into())?.take()?;
        self.free.push(index.into() as u32);
        Some(value)
    }

    pub fn get(&self, index: I) -> Option<&T> {
        self.entries.get(index.into())?.as_ref()
    }

    pub fn get_mut(&mut self, index: I) -> Option<&mut T> {
        self.entries.get_mut(index.into())?.as_mut()
    }

    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(place, entry)| entry.as_ref().map(|value| (I::from(place), value)))
    }

    pub fn indices(&self) -> Vec<I> {
        self.iter().map(|(index, _)| index).collect()
    }
}

/// Indexing is for indices that the table gave out and has not freed since.
impl<I: From<usize> + Into<usize> + Copy, T> std::ops::Index<I> for Slab<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        self.entries[index.into()].as_ref().expect("an index outlived its entry")
    }
}

impl<I: From<usize> + Into<usize> + Copy, T> std::ops::IndexMut<I> for Slab<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        self.entries[index.into()].as_mut().expect("an index outlived its entry")
    }
}
