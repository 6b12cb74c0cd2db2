//! Sets of fields. Fields are found by the label that rules write (`slot`) and by the one on the wire (`find`). The reader of JSON
//! first tries the field that followed the last one in earlier messages (`likely`); it does so for every key of every message.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use hashbrown::HashMap;

use super::{
    field::{Field, Type},
    renaming::Naming,
    wire_name::lower,
};
use crate::message::{Message, Node};

/// The fields of a message or of a record.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    pub list: Vec<Field>,
    by_label: HashMap<String, u16>,
    /// All labels as keys, one after the other, and where each begins.
    in_order: Vec<u8>,
    begins: Vec<u32>,
    /// By the slot that is next in the vocabulary's order: the field that was there in the last message, as a [`Guess`]. Clones
    /// share them, which does no harm to guesses.
    guesses: Arc<[AtomicU64]>,
    /// The types of all slots, parts of families included.
    types: Vec<Type>,
    pub(super) parts: Vec<Part>,
    /// Fields that a joined one consists of.
    pieces: Vec<usize>,
    by_wire: HashMap<String, u16>,
    ignore_case: bool,
    /// Which fields name something.
    pub(super) naming: Naming,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub name: String,
    pub chapter: String,
    pub fields: Fields,
    /// Written as a list of its values, not as an object.
    pub tuple: bool,
}

/// One numbered field of a family: `IVRLabel3` is the member `Label` of the third item of `IVR`.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub label: String,
    /// The slot of the list that it belongs to.
    pub whole: usize,
    pub item: usize,
    pub member: usize,
    ty: Type,
}

/// The field that is expected next, packed into one atomic number: its slot, the beginning of its key among all keys, and the
/// key's length. It is read for every key of every message, while the fields themselves are far apart in memory.
#[derive(Clone, Copy, Default)]
struct Guess(u64);

impl Guess {
    fn new(slot: usize, begin: u32, length: u32) -> Option<Guess> {
        let (slot, length) = (u16::try_from(slot).ok()?, u16::try_from(length).ok()?);
        Some(Guess(u64::from(begin) << 32 | u64::from(length) << 16 | u64::from(slot)))
    }

    #[inline(always)]
    fn parts(self) -> (usize, Range<usize>) {
        let begin = (self.0 >> 32) as usize;
        (usize::from(self.0 as u16), begin..begin + usize::from((self.0 >> 16) as u16))
    }
}

/// The type and label of a slot that [`Fields::find`] found.
pub(super) struct Shape<'f> {
    pub ty: &'f Type,
    pub label: &'f str,
    pub separated: Option<&'f str>,
}

impl Fields {
    pub fn slot(&self, label: &str) -> Option<usize> {
        self.by_label.get(label).map(|slot| *slot as usize)
    }

    /// A record of these members. Members without a field are left out.
    pub fn record<'l>(&self, members: impl IntoIterator<Item = (&'l str, Node)>, into: &mut Message) -> Node {
        let record = into.open_record(self.list.len());
        for (label, node) in members {
            if let Some(slot) = self.slot(label) {
                into.put(&record, slot, node);
            }
        }
        into.close_record(record)
    }

    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|field| field.label.as_str())
    }

    /// Adds a field; one of the same label is replaced where it stands. Aliases lead to the same place.
    pub(super) fn add(&mut self, field: Field) -> usize {
        let slot = match self.slot(&field.label) {
            Some(slot) => slot,
            None => self.list.len(),
        };
        for label in std::iter::once(&field.label).chain(&field.aliases) {
            self.by_label.insert(label.clone(), slot as u16);
        }
        if slot == self.list.len() {
            self.list.push(field);
        } else {
            self.list[slot] = field;
        }
        slot
    }

    /// A further label of a field.
    pub(super) fn also_called(&mut self, label: &str, slot: usize) {
        self.by_label.insert(label.to_owned(), slot as u16);
    }

    /// The slot of the parameter that has other fields inside it.
    pub(super) const INSIDE: usize = u16::MAX as usize;

    /// Enters the names that fields have on the wire beside their labels: numbered parts, and lower case if case does not matter.
    pub(super) fn enter_wire_names(&mut self, records: &[Record], parameter: Option<&str>, ignore_case: bool) {
        for (whole, field) in self.list.iter().enumerate() {
            let Type::List(item) = &field.ty else { continue };
            let Type::Record(place) = **item else { continue };
            for item in 0..field.family {
                self.parts.extend(records[place].fields.list.iter().enumerate().map(|(slot, member)| Part {
                    label: part_label(field, item, member),
                    whole,
                    item,
                    member: slot,
                    ty: member.ty.clone(),
                }));
            }
        }
        self.pieces = self.list.iter().flat_map(|field| field.joined.iter().copied()).collect();
        let parts = self.parts.iter().enumerate().map(|(place, part)| (&part.label, self.list.len() + place));
        let mut known: Vec<(String, usize)> = parts.map(|(label, slot)| (label.clone(), slot)).collect();
        known.extend(parameter.map(|parameter| (parameter.to_owned(), Fields::INSIDE)));
        if ignore_case {
            let lower: Vec<_> = known.iter().map(|(label, slot)| (label.to_ascii_lowercase(), *slot)).collect();
            known.extend(lower);
            known.extend(self.by_label.iter().map(|(label, slot)| (label.to_ascii_lowercase(), *slot as usize)));
        }
        self.ignore_case = ignore_case;
        self.begins.push(0);
        for field in &self.list {
            self.in_order.extend_from_slice(format!(",\"{}\":", field.label).as_bytes());
            self.begins.push(self.in_order.len() as u32);
        }
        self.guesses =
            (0..self.list.len()).map(|slot| AtomicU64::new(self.guess(slot).unwrap_or_default().0)).collect();
        let parts = self.parts.iter().map(|part| &part.ty);
        self.types = self.list.iter().map(|field| &field.ty).chain(parts).cloned().collect();
        self.by_wire = known.into_iter().map(|(label, slot)| (label, slot as u16)).collect();
    }

    /// The slot for a name on the wire: of a field, [`Fields::INSIDE`], or behind the fields' slots that of a part of a family.
    pub(super) fn find(&self, label: &str) -> Option<usize> {
        let named = || self.by_wire.get(label).or_else(|| self.by_wire.get(&*lower(label, self.ignore_case)));
        self.slot(label).or_else(|| if self.by_wire.is_empty() { None } else { named().map(|slot| *slot as usize) })
    }

    /// The slot that a sender's next field most likely has, and its key as it is usually written, from the comma before it to the
    /// colon. `next` is the slot that is next in the vocabulary's order.
    #[inline(always)]
    pub(super) fn likely(&self, next: usize) -> Option<(usize, &[u8])> {
        let (slot, key) = Guess(self.guesses.get(next)?.load(Relaxed)).parts();
        Some((slot, self.in_order.get(key)?))
    }

    fn guess(&self, slot: usize) -> Option<Guess> {
        match self.begins.get(slot..slot + 2)? {
            [begin, end] => Guess::new(slot, *begin, end - begin),
            _ => None,
        }
    }

    /// Finds a field that was not the likely one, and makes it the likely one.
    pub(super) fn find_next(&self, next: usize, label: &str) -> Option<usize> {
        let slot = self.find(label)?;
        if let (Some(likely), Some(guess)) = (self.guesses.get(next), self.guess(slot)) {
            likely.store(guess.0, Relaxed);
        }
        Some(slot)
    }

    pub(super) fn ty(&self, slot: usize) -> &Type {
        &self.types[slot]
    }

    /// The field that a slot belongs to.
    pub(super) fn owner(&self, slot: usize) -> usize {
        slot.checked_sub(self.list.len()).and_then(|part| self.parts.get(part)).map_or(slot, |part| part.whole)
    }

    pub(super) fn shape(&self, slot: usize) -> Shape<'_> {
        match self.list.get(slot) {
            Some(field) => Shape { ty: &field.ty, label: &field.label, separated: field.separated.as_deref() },
            None => {
                let part = &self.parts[slot - self.list.len()];
                Shape { ty: &part.ty, label: &part.label, separated: None }
            }
        }
    }

    /// The number of slots that a message needs while it is read.
    pub fn width(&self) -> usize {
        self.list.len() + self.parts.len()
    }

    /// True if a field is a piece of a joined name, and kept for its sake.
    pub(super) fn is_joined(&self, slot: usize) -> bool {
        self.pieces.contains(&slot)
    }

    /// True if some fields are put together from others, for which the whole message must be read.
    pub(super) fn is_compound(&self) -> bool {
        !self.parts.is_empty() || !self.pieces.is_empty()
    }
}

/// The name of an item's member in a family on the wire, where items are counted from 1.
pub(super) fn part_label(family: &Field, item: usize, member: &Field) -> String {
    format!("{}{}{}", family.label, member.label, item + 1)
}
