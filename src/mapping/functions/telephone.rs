//! Functions on telephone numbers. The country's prefixes come with the place (`numbers` in the configuration), or are
//! arguments.

use super::Arguments;
use crate::{mapping::site::NumberPlan, message::Value};

/// The most digits of an E.164 number.
const MOST_DIGITS: usize = 15;

/// The most digits of a number as it is dialled, with prefixes.
const MOST_DIALLED: usize = 24;

/// A telephone number as it was written.
enum Number {
    /// With its country, without any prefix.
    International(String),
    /// As it is dialled in the country.
    Dialled(String),
}

/// The digits of a number, without what is written between them. None if the text is no number.
fn read(text: &str, plan: &NumberPlan) -> Option<Number> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let (text, has_plus) = text.strip_prefix('+').map_or((text, false), |rest| (rest, true));
    let mut digits = String::new();
    // The trunk prefix in `+49 (0)30` is not dialled from abroad.
    let rest = match text.split_once("(0)") {
        Some((country, rest)) if has_plus => {
            add_digits(country, &mut digits)?;
            rest
        }
        Some(_) | None => text,
    };
    add_digits(rest, &mut digits)?;
    if digits.is_empty() {
        return None;
    }
    if has_plus {
        return Some(Number::International(digits));
    }
    let abroad = Some(&plan.international).filter(|prefix| !prefix.is_empty());
    match abroad.and_then(|prefix| digits.strip_prefix(prefix.as_str())) {
        Some(rest) if !rest.is_empty() && !plan.is_internal(&digits) => Some(Number::International(rest.to_owned())),
        Some(_) | None => Some(Number::Dialled(digits)),
    }
}

fn add_digits(text: &str, digits: &mut String) -> Option<()> {
    for letter in text.chars() {
        match letter {
            '0'..='9' if digits.len() < MOST_DIALLED => digits.push(letter),
            ' ' | '\u{a0}' | '-' | '\u{2011}' | '/' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    Some(())
}

/// The number with its country, without any prefix. None if it has none: it is internal, or its area is unknown.
fn with_country(number: Number, plan: &NumberPlan) -> Option<String> {
    let digits = match number {
        Number::International(digits) => digits,
        Number::Dialled(digits) if plan.is_internal(&digits) || plan.country.is_empty() => return None,
        Number::Dialled(digits) => match (digits.strip_prefix(plan.trunk.as_str()), &plan.area) {
            (Some(rest), _) => format!("{}{rest}", plan.country),
            (None, Some(area)) => format!("{}{area}{digits}", plan.country),
            (None, None) => return None,
        },
    };
    (digits.len() <= MOST_DIGITS && digits.len() > plan.country.len() && !digits.starts_with('0')).then_some(digits)
}

/// The place's number plan with the country and the trunk prefix that a call gives.
fn plan(arguments: &Arguments) -> Option<NumberPlan> {
    let mut plan = arguments.context.place.numbers.clone();
    for (place, part) in [(1, &mut plan.country), (2, &mut plan.trunk)] {
        if arguments.has(place) {
            let text = arguments.text(place)?;
            text.clone_into(part);
        }
    }
    Some(plan)
}

pub fn e164<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let made = |plan: NumberPlan| {
        let number = read(arguments.text(0)?, &plan)?;
        arguments.made(format!("+{}", with_country(number, &plan)?))
    };
    plan(arguments).and_then(made).unwrap_or_default()
}

pub fn national<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let made = |plan: NumberPlan| {
        let dialled = match read(arguments.text(0)?, &plan)? {
            Number::Dialled(digits) => digits,
            Number::International(digits) => match digits.strip_prefix(plan.country.as_str()) {
                Some(rest) if !plan.country.is_empty() => format!("{}{rest}", plan.trunk),
                Some(_) | None => format!("{}{digits}", plan.international),
            },
        };
        arguments.made(dialled)
    };
    plan(arguments).and_then(made).unwrap_or_default()
}

pub fn is_internal<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    let mut plan = arguments.context.place.numbers.clone();
    if arguments.has(1) {
        let Some(length) = arguments.number(1) else { return Value::Absent };
        plan.internal_length = usize::try_from(length).unwrap_or(0);
        plan.internal_prefixes.clear();
    }
    if arguments.has(2) {
        let Some(prefix) = arguments.text(2) else { return Value::Absent };
        plan.internal_prefixes = vec![prefix.to_owned()];
    }
    match arguments.text(0).and_then(|text| read(text, &plan)) {
        Some(Number::Dialled(digits)) => Value::Bool(plan.is_internal(&digits)),
        Some(Number::International(_)) => Value::Bool(false),
        None => Value::Absent,
    }
}
