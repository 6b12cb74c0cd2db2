//! Two files that are read as one: the second is put over the first. The places of the second are counted on behind the first's
//! text, so that each value keeps its own. Its reader says what is merged key by key and what is replaced.

use std::{mem, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The entries in the order of the file, with all places moved by `shift`.
pub fn placed(table: DeTable<'_>, shift: usize) -> DeTable<'_> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let placed = |(key, value): (Spanned<_>, Spanned<_>)| {
        (Spanned::new(moved(key.span(), shift), key.into_inner()), placed_value(value, shift))
    };
    entries.into_iter().map(placed).collect()
}

fn placed_value(value: Spanned<DeValue<'_>>, shift: usize) -> Spanned<DeValue<'_>> {
    let span = moved(value.span(), shift);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(placed(table, shift)),
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| placed_value(item, shift)).collect()),
        single => single,
    };
    Spanned::new(span, value)
}

fn moved(span: Range<usize>, shift: usize) -> Range<usize> {
    span.start + shift..span.end + shift
}

/// Takes out the value at a path.
pub fn remove<'d>(table: &mut DeTable<'d>, path: &[String]) {
    let Some((first, further)) = path.split_first() else { return };
    let mut kept = Vec::new();
    for (key, mut value) in mem::take(table) {
        let named = key.get_ref() == first.as_str();
        if let (true, false, DeValue::Table(inner)) = (named, further.is_empty(), value.get_mut()) {
            remove(inner, further);
        }
        if !(named && further.is_empty()) {
            kept.push((key, value));
        }
    }
    *table = kept.into_iter().collect();
}

/// Puts a table over another one. A value keeps the position that it had below, whoever says it.
pub fn put_over<'d>(
    below: DeTable<'d>,
    above: DeTable<'d>,
    path: &mut Vec<String>,
    whole: &dyn Fn(&[String], &DeTable<'d>) -> bool,
) -> DeTable<'d> {
    let mut merged: Vec<_> = below.into_iter().collect();
    for (key, value) in above {
        let Some(known) = merged.iter_mut().find(|(known, _)| *known == key) else {
            merged.push((key, value));
            continue;
        };
        path.push(key.get_ref().to_string());
        let span = value.span();
        let old = mem::replace(&mut known.1, Spanned::new(0..0, DeValue::Boolean(false))).into_inner();
        *known = match (old, value.into_inner()) {
            (DeValue::Table(old), DeValue::Table(new)) if !whole(path, &new) => {
                (key, Spanned::new(span, DeValue::Table(put_over(old, new, path, whole))))
            }
            (_, new) => (key, Spanned::new(span, new)),
        };
        path.pop();
    }
    merged.into_iter().collect()
}
