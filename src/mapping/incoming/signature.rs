//! The attributes that the change of a rule has, by the model's table: a rule that sets another one is wrong, and so is a
//! rule that leaves out one that the change needs. How settings are compiled is in `parts`.

use std::{ops::Range, sync::Arc};

use hashbrown::HashSet;

use super::plan::Rule;
use crate::{
    diagnostic::{Problems, Source, nearest},
    document::Key,
    model::{Attribute, Meaning, Part},
    vocabulary::{MessageDef, Side, Which},
};

/// Reports a setting of an attribute that the change cannot have. The result is the attribute that was probably meant.
pub fn check_set(means: Meaning, key: &Key, problems: &mut Problems) -> Option<Attribute> {
    if can_take(means, key) {
        return None;
    }
    let has: Vec<&str> = means.signature().attributes().filter(is_settable).map(Attribute::name).collect();
    let right = nearest(key.name, has.iter().copied());
    let help = match right {
        Some(right) => Some(format!("did you mean `{right}`?")),
        None if has.is_empty() => None,
        None => Some(format!("it can have {}", has.join(", "))),
    };
    let text = format!("`{}` has no `{}`", means.name(), key.name);
    problems.add_with_help(key.source, key.span.clone(), text, help);
    right.and_then(Attribute::from_name)
}

/// Reports what a change needs and a rule leaves out; what it tried to set has its own errors. A reply need not say what it answers: the conversation knows it.
pub fn check_complete(
    rule: &Rule,
    tried: &[Attribute],
    def: &MessageDef,
    (source, span): (&Arc<Source>, &Range<usize>),
    problems: &mut Problems,
) {
    if def.side == Side::Reply {
        return;
    }
    for group in rule.means.signature().required {
        if !group.iter().any(|attribute| has(rule, *attribute) || tried.contains(attribute)) {
            let names: Vec<String> = group.iter().map(|attribute| format!("`{}`", attribute.name())).collect();
            let (means, names) = (rule.means.name(), names.join(" or "));
            let text = format!("`{means}` needs {names}, which neither this rule nor a role of `{}` sets", def.label);
            problems.add(source, span.clone(), text);
        }
    }
}

/// Whether a setting makes sense for a change. A name that nothing has is reported where it is compiled.
fn can_take(means: Meaning, key: &Key) -> bool {
    Attribute::from_name(key.name).is_none_or(|attribute| means.has(attribute))
}

fn is_settable(attribute: &Attribute) -> bool {
    match attribute {
        Attribute::Part(part) => part.is_settable(),
        Attribute::Fact(_) => true,
    }
}

/// Whether a rule, or a role of its message, sets an attribute.
fn has(rule: &Rule, attribute: Attribute) -> bool {
    let named = |which: Which| rule.calls.iter().any(|(known, ..)| *known == which);
    match attribute {
        Attribute::Fact(fact) => rule.facts.iter().any(|plan| plan.fact == fact),
        Attribute::Part(Part::Call) => rule.call.is_some() || named(Which::Call),
        Attribute::Part(Part::Second) => named(Which::Second),
        Attribute::Part(Part::Result) => named(Which::Result),
        Attribute::Part(Part::Request) => rule.request.is_some(),
        Attribute::Part(Part::Party) => rule.party.is_some(),
        Attribute::Part(Part::Other) => rule.other.is_some(),
        Attribute::Part(Part::To) => rule.to.is_some(),
        Attribute::Part(Part::Service) => rule.service.is_some(),
        Attribute::Part(Part::Data) => !rule.data.is_empty(),
        Attribute::Part(Part::Services) => rule.services.is_some(),
    }
}

/// The settings of `[shared]` that some rule has taken, by place. They apply where the change has the attribute; one that
/// applies nowhere is wrong.
#[derive(Default)]
pub struct Taken(HashSet<(*const Source, usize)>);

impl Taken {
    /// Whether a rule takes a shared setting.
    pub fn by(&mut self, means: Meaning, key: &Key) -> bool {
        let takes = can_take(means, key);
        if takes {
            self.0.insert(key.place());
        }
        takes
    }

    pub fn check(&self, key: &Key, problems: &mut Problems) {
        if !self.0.contains(&key.place()) {
            let text = format!("no rule for these messages makes a change that has `{}`", key.name);
            key.problem(problems, text);
        }
    }
}
