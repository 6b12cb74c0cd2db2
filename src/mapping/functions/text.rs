//! Functions on texts. Characters are Unicode's, so that no function cuts one in two.

use super::Arguments;
use crate::{mapping::results::MOST_TEXT, message::Value};

pub fn digits<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let Some(text) = arguments.text(0) else { return Value::Absent };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Value::Text(text);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    arguments.made(digits).unwrap_or_default()
}

pub fn trim<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    arguments.text(0).map(|text| Value::Text(text.trim())).unwrap_or_default()
}

pub fn lower<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    changed(arguments, str::to_lowercase)
}

pub fn upper<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    changed(arguments, str::to_uppercase)
}

fn changed<'v>(arguments: &Arguments<'_, 'v>, change: impl FnOnce(&str) -> String) -> Value<'v> {
    let text = arguments.text(0).filter(|text| text.len() <= MOST_TEXT);
    text.and_then(|text| arguments.made(change(text))).unwrap_or_default()
}

pub fn length<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    arguments.text(0).map(|text| Value::Int(text.chars().count() as i64)).unwrap_or_default()
}

pub fn slice<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(start)) = (arguments.text(0), arguments.number(1)) else { return Value::Absent };
    let count = match arguments.number(2) {
        Some(count) => usize::try_from(count).unwrap_or(0),
        None if arguments.has(2) => return Value::Absent,
        None => usize::MAX,
    };
    let start = match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => {
            let from_end = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
            text.chars().count().saturating_sub(from_end)
        }
    };
    let place = |text: &str, characters| text.char_indices().nth(characters).map_or(text.len(), |(place, _)| place);
    let rest = &text[place(text, start)..];
    Value::Text(&rest[..place(rest, count)])
}

pub fn starts_with<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    holds(arguments, |text, start| text.starts_with(start))
}

pub fn ends_with<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    holds(arguments, |text, end| text.ends_with(end))
}

pub fn contains<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    holds(arguments, |text, part| text.contains(part))
}

fn holds<'v>(arguments: &Arguments<'_, 'v>, test: impl FnOnce(&str, &str) -> bool) -> Value<'v> {
    let (Some(text), Some(other)) = (arguments.text(0), arguments.text(1)) else { return Value::Absent };
    Value::Bool(test(text, other))
}

pub fn replace<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(old), Some(new)) = (arguments.text(0), arguments.text(1), arguments.text(2)) else {
        return Value::Absent;
    };
    if old.is_empty() || !text.contains(old) {
        return Value::Text(text);
    }
    // The length is known before the text is made, because it may be out of bounds by far.
    let longer = text.matches(old).count().saturating_mul(new.len());
    if text.len() > MOST_TEXT || longer > MOST_TEXT {
        return Value::Absent;
    }
    arguments.made(text.replace(old, new)).unwrap_or_default()
}

pub fn strip_prefix<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(prefix)) = (arguments.text(0), arguments.text(1)) else { return Value::Absent };
    Value::Text(text.strip_prefix(prefix).unwrap_or(text))
}

pub fn prefix<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(prefix)) = (arguments.text(0), arguments.text(1)) else { return Value::Absent };
    if text.starts_with(prefix) {
        return Value::Text(text);
    }
    joined(arguments, "", [prefix, text].into_iter())
}

pub fn pad<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(width)) = (arguments.text(0), arguments.number(1)) else { return Value::Absent };
    let fill = if arguments.has(2) { arguments.text(2) } else { Some("0") };
    let mut fill = fill.unwrap_or_default().chars();
    let (Some(fill), None) = (fill.next(), fill.next()) else { return Value::Absent };
    let lacks = usize::try_from(width).unwrap_or(0).saturating_sub(text.chars().count());
    if lacks == 0 {
        return Value::Text(text);
    }
    if lacks > MOST_TEXT || text.len() > MOST_TEXT {
        return Value::Absent;
    }
    let mut padded: String = std::iter::repeat_n(fill, lacks).collect();
    padded.push_str(text);
    arguments.made(padded).unwrap_or_default()
}

pub fn split<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let (Some(text), Some(separator), Some(place)) = (arguments.text(0), arguments.text(1), arguments.number(2)) else {
        return Value::Absent;
    };
    if separator.is_empty() {
        return Value::Absent;
    }
    let part = match usize::try_from(place) {
        Ok(place) => text.split(separator).nth(place),
        Err(_) => usize::try_from(place.unsigned_abs() - 1).ok().and_then(|place| text.rsplit(separator).nth(place)),
    };
    part.map(Value::Text).unwrap_or_default()
}

pub fn join<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let Some(separator) = arguments.text(0) else { return Value::Absent };
    joined(arguments, separator, (1..arguments.given.len()).filter_map(|place| arguments.text(place)))
}

/// The parts that are not empty as one text, absent if there are none.
fn joined<'v>(arguments: &Arguments<'_, 'v>, separator: &str, parts: impl Iterator<Item = &'v str>) -> Value<'v> {
    let mut text = String::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(part);
        if text.len() > MOST_TEXT {
            return Value::Absent;
        }
    }
    if text.is_empty() { Value::Absent } else { arguments.made(text).unwrap_or_default() }
}
