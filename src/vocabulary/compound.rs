//! Fields that a dialect does not write as one JSON value of their type: lists in the text of one value, families of numbered
//! fields, names put together from several fields, and the parameter that has a request's fields inside it. Labels are
//! found here as the wire writes them; [`Fields::slot`] finds them as rules do.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::*;
use crate::message::{List, Message, Node, Value};

/// What stands between the parts of a joined name: no id has it inside.
const JOINT: char = '+';

/// One numbered field of a family: `IVRLabel3` is the member `Label` of the third item of `IVR`.
#[derive(Debug, Clone)]
pub(super) struct Part {
    label: String,
    /// The slot of the list that it belongs to.
    whole: usize,
    item: usize,
    member: usize,
    ty: Type,
}

/// A field that is expected next, so packed that it is read and remembered in one go: its slot, and where its key begins among
/// all keys and how long it is. Every key of every message is looked at here, and fields are far apart in memory.
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

/// What a slot that [`Fields::find`] found is to hold.
pub(super) struct Shape<'f> {
    pub ty: &'f Type,
    pub label: &'f str,
    pub separated: Option<&'f str>,
}

impl Fields {
    /// The slot of the parameter that has the other fields inside it.
    pub(super) const INSIDE: usize = u16::MAX as usize;

    /// Enters what the wire calls fields beside their labels: numbered parts, and, where case means nothing, the lower case.
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

    /// The slot of what the wire calls so: a field, [`Fields::INSIDE`], or behind the fields a part of a family.
    pub(super) fn find(&self, label: &str) -> Option<usize> {
        let named = || self.by_wire.get(label).or_else(|| self.by_wire.get(&*names::lower(label, self.ignore_case)));
        self.slot(label).or_else(|| if self.by_wire.is_empty() { None } else { named().map(|slot| *slot as usize) })
    }

    /// The slot that a sender's next field most likely has, where `next` is the one in the vocabulary's order, and how its key
    /// is usually written, between the value before and its own.
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

    /// Finds a field that was not the likely one, and remembers it as that.
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

    /// How many slots a message needs while it is read.
    pub fn width(&self) -> usize {
        self.list.len() + self.parts.len()
    }

    /// Whether a field is kept for the sake of a name that it is part of.
    pub(super) fn is_joined(&self, slot: usize) -> bool {
        self.pieces.contains(&slot)
    }

    /// Whether a message may be complete only once all of it was read.
    pub(super) fn is_compound(&self) -> bool {
        !self.parts.is_empty() || !self.pieces.is_empty()
    }

    /// Puts together what was read in parts.
    pub(super) fn put_together(&self, into: &mut Message) {
        if !self.is_compound() {
            return;
        }
        for (slot, field) in self.list.iter().enumerate().filter(|(_, field)| !field.joined.is_empty()) {
            let mut buffer = itoa::Buffer::new();
            let texts = field.joined.iter().map(|part| into.get(*part).as_text(&mut buffer).map(str::to_owned));
            if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
                let node = into.text(&texts.join(&JOINT.to_string()));
                into.set(slot, node);
            }
        }
        for slot in (0..self.list.len()).filter(|slot| self.list[*slot].family > 0) {
            let parts = self.parts.iter().enumerate().filter(|(_, part)| part.whole == slot);
            let given: Vec<(&Part, Node)> = parts
                .map(|(place, part)| (part, into.node(self.list.len() + place)))
                .filter(|(_, node)| *node != Node::Absent)
                .collect();
            if given.is_empty() {
                continue;
            }
            let members_of_one = self.parts.iter().filter(|part| part.whole == slot && part.item == 0).count();
            // The wire has room for a fixed number of items. Those of which nothing is said are none at the end of the list; before
            // others they keep their places, since an item may be known by its place alone.
            let says = |(_, node): &&(&Part, Node)| !into.value(*node).is_empty();
            let items = given.iter().filter(says).map(|(part, _)| part.item + 1).max().unwrap_or(0);
            let list = into.open_list();
            for item in 0..items {
                let members = given.iter().filter(|(part, _)| part.item == item);
                let record = into.open_record(members_of_one);
                for (part, node) in members {
                    into.put(&record, part.member, *node);
                }
                let record = into.close_record(record);
                into.push(record);
            }
            let node = into.close_list(list);
            into.set(slot, node);
        }
    }

    /// The piece of a joined name that a field is, where only the whole name is known.
    pub(super) fn piece<'m>(&self, message: &'m Message, slot: usize) -> Value<'m> {
        if !self.is_joined(slot) {
            return Value::Absent;
        }
        let pieces = self.list.iter().enumerate().find_map(|(whole, field)| {
            let place = field.joined.iter().position(|part| *part == slot)?;
            let Value::Text(text) = message.get(whole) else { return None };
            text.split(JOINT).nth(place)
        });
        pieces.map_or(Value::Absent, Value::Text)
    }
}

/// What the wire calls a member of an item of a family; items are counted from 1 there.
pub(super) fn part_label(family: &Field, item: usize, member: &Field) -> String {
    format!("{}{}{}", family.label, member.label, item + 1)
}

/// A list from the text of one. The first of the separators that occurs in it is the one, so that blanks inside an item stay
/// where something better separates. Items that are records take as many pieces each as they have fields.
pub(super) fn split(vocabulary: &Vocabulary, item: &Type, separators: &str, text: &str, into: &mut Message) -> Node {
    let separator = separators.chars().find(|separator| text.contains(*separator));
    let pieces: Vec<&str> = text.split(|c| Some(c) == separator).map(str::trim).collect();
    let typed = |ty: &Type, piece: &str, into: &mut Message| {
        json::typed_text(vocabulary, ty, piece).unwrap_or_else(|| into.text(piece))
    };
    let list = into.open_list();
    if let Type::Record(place) = item {
        let fields = &vocabulary.records[*place].fields.list;
        for pieces in pieces.chunks(fields.len().max(1)).filter(|pieces| pieces.iter().any(|piece| !piece.is_empty())) {
            let record = into.open_record(fields.len());
            for (slot, (field, piece)) in fields.iter().zip(pieces).enumerate() {
                let node = typed(&field.ty, piece, into);
                into.put(&record, slot, node);
            }
            let record = into.close_record(record);
            into.push(record);
        }
    } else {
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            let node = typed(item, piece, into);
            into.push(node);
        }
    }
    into.close_list(list)
}

/// The text of a list. A separator inside an item would make two of it and becomes a blank.
pub(super) fn join(separators: &str, list: List) -> String {
    let separator = separators.chars().next().unwrap_or('|');
    let mut text = String::new();
    let mut add = |value: Value| {
        let mut buffer = itoa::Buffer::new();
        let piece = value.as_text(&mut buffer).unwrap_or_default();
        text.extend(piece.chars().map(|c| if c == separator { ' ' } else { c }));
        text.push(separator);
    };
    for value in list.iter() {
        match value {
            Value::Record(record) => record.iter().for_each(&mut add),
            value => add(value),
        }
    }
    text.pop();
    text
}
