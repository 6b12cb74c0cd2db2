//! `like`: a rule, or all rules of a message, that differ from others in a few keys. A rule that is named by `like` is written
//! out itself, so that nobody has to follow a chain.

use super::rules::{Direction, Draft, Drafts, RawRule, RuleKeys};
use crate::{
    diagnostic::Problems,
    document::{Key, Node},
};

/// What `like` names.
enum Named<'m, 'd> {
    Rule(&'m RuleKeys<'d>),
    /// A message with several rules.
    Message(&'m Drafts<'d>),
}

/// Follows `like` everywhere.
pub fn resolve<'d>(messages: Vec<Drafts<'d>>, direction: Direction, problems: &mut Problems) -> Vec<RawRule<'d>> {
    let mut rules = Vec::new();
    for message in &messages {
        match message.like {
            Some(node) => all(&messages, message, node, direction, &mut rules, problems),
            None => {
                for draft in &message.rules {
                    let keys = one(&messages, message, draft, problems);
                    rules.push(raw(message, draft.name.as_ref(), draft.name.as_ref(), keys));
                }
            }
        }
    }
    for rule in rules.iter().filter(|rule| rule.keys.verb.is_none() && !rule.lost) {
        rule.place.problem(problems, format!("`{}` is missing in the rule `{}`", direction.verb(), rule.name));
    }
    rules
}

/// A rule; without keys, the one that it is like could not be used.
fn raw<'d>(
    message: &Drafts<'d>,
    name: Option<&Key<'d>>,
    place: Option<&Key<'d>>,
    keys: Option<RuleKeys<'d>>,
) -> RawRule<'d> {
    let on = message.on.clone();
    let place = place.cloned().unwrap_or_else(|| on.clone());
    let name = name.map_or(on.name.to_owned(), |name| format!("{}.{}", on.name, name.name));
    RawRule { name, on, place, lost: keys.is_none(), keys: keys.unwrap_or_default() }
}

/// The keys of one rule, with those of the rule that it is like.
fn one<'d>(
    messages: &[Drafts<'d>],
    message: &Drafts<'d>,
    draft: &Draft<'d>,
    problems: &mut Problems,
) -> Option<RuleKeys<'d>> {
    let Some(node) = draft.like else { return Some(draft.keys.clone()) };
    let own =
        draft.name.as_ref().map_or(message.on.name.to_owned(), |name| format!("{}.{}", message.on.name, name.name));
    match find(messages, &own, node, problems)? {
        Named::Rule(base) => Some(draft.keys.over(base)),
        Named::Message(several) => {
            let text = format!("`{}` has several rules: name one of them, {}", several.on.name, examples(several));
            node.problem(problems, text);
            None
        }
    }
}

/// The rules of a message that is like another one, or like one rule of it.
fn all<'d>(
    messages: &[Drafts<'d>],
    message: &Drafts<'d>,
    node: Node<'d>,
    direction: Direction,
    rules: &mut Vec<RawRule<'d>>,
    problems: &mut Problems,
) {
    match find(messages, message.on.name, node, problems) {
        None => rules.push(raw(message, None, None, None)),
        Some(Named::Rule(base)) => {
            for name in message.rules.iter().filter_map(|draft| draft.name.as_ref()) {
                let text = format!(
                    "`like` makes `[on.{}]` a rule, so it cannot hold the rule `{}`",
                    message.on.name, name.name
                );
                name.problem(problems, text);
            }
            rules.push(raw(message, None, None, Some(message.keys.over(base))));
        }
        Some(Named::Message(several)) => {
            let same = |name: &Key, draft: &&Draft| draft.name.as_ref().is_some_and(|own| own.name == name.name);
            for draft in &several.rules {
                let Some(name) = &draft.name else { continue };
                let base = one(messages, several, draft, problems);
                let own = message.rules.iter().find(|own| same(name, own));
                let keys = base.map(|base| message.keys.over(&base));
                let keys = keys.map(|keys| own.map_or(keys.clone(), |own| own.keys.over(&keys)));
                let place = own.and_then(|own| own.name.as_ref()).unwrap_or(&message.on);
                rules.push(raw(message, Some(name), Some(place), keys));
            }
            for draft in &message.rules {
                let Some(name) = &draft.name else { continue };
                if several.rules.iter().any(|base| same(name, &base)) {
                    continue;
                }
                if draft.keys.verb.is_none() && draft.like.is_none() {
                    let known = several.rules.iter().filter_map(|base| base.name.as_ref()).map(|known| known.name);
                    let what = format!("rule of `{}` without `{}`:", several.on.name, direction.verb());
                    problems.unknown(name.source, name.span.clone(), &what, name.name, known);
                    continue;
                }
                rules.push(raw(message, Some(name), Some(name), one(messages, message, draft, problems)));
            }
        }
    }
}

/// Finds what `like` names, and reports why it cannot be used.
fn find<'m, 'd>(
    messages: &'m [Drafts<'d>],
    own: &str,
    node: Node<'d>,
    problems: &mut Problems,
) -> Option<Named<'m, 'd>> {
    let text = node.text(problems)?;
    if text == own {
        node.problem(problems, format!("`{own}` cannot be like itself"));
        return None;
    }
    let mut known = Vec::new();
    for message in messages {
        let on = message.on.name;
        let like = message.like.and_then(|node| node.as_text());
        if text == on || (like.is_some() && text.strip_prefix(on).is_some_and(|rest| rest.starts_with('.'))) {
            return match (like, &message.rules[..]) {
                (Some(base), _) => chained(on, base, node, problems),
                (None, [draft]) if draft.name.is_none() => Some(Named::Rule(&draft.keys)),
                (None, _) => Some(Named::Message(message)),
            };
        }
        known.push(on.to_owned());
        for draft in &message.rules {
            let Some(name) = &draft.name else { continue };
            let full = format!("{on}.{}", name.name);
            if text == full {
                return match draft.like.and_then(|node| node.as_text()) {
                    Some(base) => chained(&full, base, node, problems),
                    None => Some(Named::Rule(&draft.keys)),
                };
            }
            known.push(full);
        }
    }
    problems.unknown(node.source(), node.inner_span(), "rule", text, known.iter().map(String::as_str));
    None
}

fn chained<'m, 'd>(name: &str, base: &str, node: Node<'d>, problems: &mut Problems) -> Option<Named<'m, 'd>> {
    node.problem(problems, format!("`{name}` is itself like `{base}`: name that one"));
    None
}

fn examples(message: &Drafts) -> String {
    let names = message.rules.iter().filter_map(|draft| draft.name.as_ref());
    names.map(|name| format!("`{}.{}`", message.on.name, name.name)).collect::<Vec<_>>().join(" or ")
}
