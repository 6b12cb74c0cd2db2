//! The text of a file that extends the shipped one and of that file, as one file that can stand alone: with the comments of
//! both, and without the shipped examples, which show the shipped rules.

use std::sync::Arc;

use toml_edit::{DocumentMut, Entry, Item, Table, TableLike};

use super::{OF_A_RULE, removed, whole};
use crate::{
    diagnostic::{Problems, Source},
    document,
};

/// The merged text. An error is the first in the syntax of either file.
pub fn text(file: &Arc<Source>, shipped: &Arc<Source>) -> Result<String, String> {
    let parse = |source: &Source| {
        let parsed: Result<DocumentMut, _> = source.text.parse();
        parsed.map_err(|error| format!("{}: {}", source.name, error.message()))
    };
    let (mut merged, mut above) = (parse(shipped)?, parse(file)?);
    let mut problems = Problems::default();
    let paths = document::read(shipped, &mut problems, |below, problems| {
        document::read(file, problems, |above, problems| removed(&below, &above, problems))
    });
    paths.iter().for_each(|path| remove(merged.as_table_mut(), path));
    drop_examples(&mut merged);
    for key in ["extends", "remove"] {
        above.remove(key);
    }
    put_over(merged.as_table_mut(), above.as_table_mut(), &mut Vec::new());
    place(&mut merged);
    Ok(merged.to_string())
}

fn remove(table: &mut dyn TableLike, path: &[String]) {
    match path {
        [] => {}
        [last] => _ = table.remove(last),
        [first, further @ ..] => {
            if let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut) {
                remove(inner, further);
            }
        }
    }
}

/// The messages of `[on]`.
fn messages(document: &mut DocumentMut) -> impl Iterator<Item = &mut dyn TableLike> {
    let on = document.get_mut("on").and_then(Item::as_table_like_mut);
    on.into_iter().flat_map(|on| on.iter_mut()).filter_map(|(_, message)| message.as_table_like_mut())
}

fn drop_examples(document: &mut DocumentMut) {
    for message in messages(document) {
        message.remove("example");
        for (_, rule) in message.iter_mut() {
            rule.as_table_like_mut().map(|rule| rule.remove("example"));
        }
    }
}

/// Puts a table over another one, as `document` does with their values.
fn put_over(below: &mut dyn TableLike, above: &mut dyn TableLike, path: &mut Vec<String>) {
    let keys: Vec<String> = above.iter().map(|(key, _)| key.to_owned()).collect();
    for key in keys {
        let Some(written) = above.key(&key).cloned() else { continue };
        let Some(mut item) = above.remove(&key) else { continue };
        path.push(key.clone());
        match below.entry_format(&written) {
            Entry::Vacant(place) => {
                unplace(&mut item);
                place.insert(item);
            }
            Entry::Occupied(mut known) => match (known.get_mut().as_table_like_mut(), item.as_table_like_mut()) {
                (Some(old), Some(new)) if !whole(path, || new.iter().any(|(key, _)| OF_A_RULE.contains(&key))) => {
                    put_over(old, new, path);
                }
                _ => replace(known.get_mut(), item),
            },
        }
        path.pop();
    }
}

/// Puts an item in the place of another one. The comment before a table stays if the new one has none.
fn replace(old: &mut Item, mut new: Item) {
    unplace(&mut new);
    if let (Item::Table(old), Item::Table(new)) = (&*old, &mut new) {
        new.set_position(old.position());
        let comment = |table: &Table| table.decor().prefix().and_then(|prefix| prefix.as_str()).map(str::to_owned);
        if let Some(kept) = comment(old).filter(|_| !comment(new).is_some_and(|own| own.contains('#'))) {
            new.decor_mut().set_prefix(kept);
        }
    }
    *old = new;
}

/// Forgets where tables stood in their own file: they follow the table before them.
fn unplace(item: &mut Item) {
    match item {
        Item::Table(table) => {
            table.set_position(None);
            table.iter_mut().for_each(|(_, inner)| unplace(inner));
        }
        Item::ArrayOfTables(tables) => tables.iter_mut().for_each(|table| {
            table.set_position(None);
            table.iter_mut().for_each(|(_, inner)| unplace(inner));
        }),
        Item::None | Item::Value(_) => {}
    }
}

/// Moves the rules that say beside which other they stand, which only a file that extends another says.
fn place(document: &mut DocumentMut) {
    let Some(on) = document.get_mut("on").and_then(Item::as_table_mut) else { return };
    for (name, message) in on.iter_mut() {
        let Some(message) = message.as_table_mut() else { continue };
        let mut order: Vec<String> = message.iter().map(|(key, _)| key.to_owned()).collect();
        let mut is_moved = false;
        for rule in order.clone() {
            let Some(keys) = message.get_mut(&rule).and_then(Item::as_table_like_mut) else { continue };
            let (before, after) = (keys.remove("before"), keys.remove("after"));
            let Some(wanted) = before.as_ref().or(after.as_ref()).and_then(Item::as_str) else { continue };
            let short = wanted.strip_prefix(name.get()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(wanted);
            order.retain(|other| *other != rule);
            let found = order.iter().position(|other| other == short);
            let to = found.map_or(order.len(), |to| to + usize::from(before.is_none()));
            order.insert(to, rule);
            is_moved = true;
        }
        if is_moved {
            let rank = |key: &str| order.iter().position(|known| known == key);
            message.sort_values_by(|one, _, other, _| rank(one.get()).cmp(&rank(other.get())));
            message.iter_mut().for_each(|(_, rule)| unplace(rule));
        }
    }
}
