//! What can be read at a transition, by the model's table: whatever else a rule reads is always empty, and therefore wrong.
//! How names become leaves is in `names`.

use std::{ops::Range, sync::Arc};

use hashbrown::HashMap;

use super::plan::Leaf;
use crate::{
    diagnostic::{Problems, Source, nearest},
    document::Key,
    model::{
        AgentAttribute, CallAttribute, Detail, ItemAttribute, ListAttribute, Object, Occasion, PartyAttribute,
        PartyRole, RequestAttribute, ServiceAttribute, TransitionKind,
    },
    vocabulary::{Role, Vocabulary, Which},
};

/// Something that a rule reads and its transition never has.
pub struct Lack {
    pub source: Arc<Source>,
    pub span: Range<usize>,
    pub transition: Occasion,
    /// The name as the rule writes it.
    pub path: String,
}

impl Lack {
    pub fn text(&self) -> String {
        format!("`{}` has no `{}`", self.transition.name(), self.path)
    }

    pub fn report(&self, vocabulary: &Vocabulary, problems: &mut Problems) {
        if problems.has_at(&self.source, self.span.clone()) {
            return; // Its type is wrong as well.
        }
        let known = paths(self.transition, vocabulary);
        let help = match self.right(&known) {
            Some(right) => format!("did you mean `{right}`?"),
            None => self.has_instead(),
        };
        problems.add_with_help(&self.source, self.span.clone(), self.text(), Some(help));
    }

    /// The most similar attribute of the same object, else the same attribute of another one.
    fn right<'k>(&self, known: &'k [String]) -> Option<&'k String> {
        let (object, name) = parts(&self.path);
        let mut own = known.iter().filter(|path| parts(path).0 == object);
        let near = nearest(name, own.clone().map(|path| parts(path).1));
        let near = near.and_then(|near| own.find(|path| parts(path).1 == near));
        near.or_else(|| known.iter().find(|path| parts(path).1 == name))
    }

    fn has_instead(&self) -> String {
        let signature = self.transition.signature();
        let objects = signature.objects.iter().map(|object| object.name());
        let request = self.transition.has_of_request(RequestAttribute::Id).then_some("request");
        let details = signature.details.iter().map(|detail| detail.name());
        let has: Vec<&str> = objects.chain(request).chain(details).collect();
        if has.is_empty() { "it has nothing".to_owned() } else { format!("it has {}", has.join(", ")) }
    }
}

/// The object and the attribute of a path; a transition's own attributes are of no object.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

impl Leaf {
    /// Whether a transition can have its value; `list` is the list in whose items it is read.
    pub fn exists_at(&self, transition: Occasion, list: Option<ListAttribute>) -> bool {
        let is_told = !transition.is_order();
        match self {
            Leaf::CallName(which, _) => transition.has(object(*which)),
            Leaf::Call(which, attribute) => transition.has_of_call(object(*which), *attribute),
            // Statistics are read of the agents of a list.
            Leaf::Agent(attribute) => {
                let is_listed = list == Some(ListAttribute::ServiceAgents);
                transition.has_of_agent(*attribute)
                    && (is_listed || transition != Occasion::Transition(TransitionKind::GroupAgents))
            }
            Leaf::Party(role, _) => transition.has_party(*role),
            Leaf::Service(_) => transition.has(Object::Service),
            Leaf::Request(attribute) => transition.has_of_request(*attribute),
            Leaf::Detail(detail) => transition.has_detail(*detail),
            // Only applications are told numbers for the labels of call data.
            Leaf::Item(ItemAttribute::Number) => is_told || list == Some(ListAttribute::CallParties),
            Leaf::Role(Role::Platform | Role::Time | Role::Utc) => is_told,
            Leaf::Item(_) | Leaf::Knob(_) | Leaf::Role(_) => true,
        }
    }
}

fn object(which: Which) -> Object {
    match which {
        Which::Call => Object::Call,
        Which::Second => Object::Second,
        Which::Result => Object::Result,
    }
}

/// Everything that a rule about a transition can read outside of lists, as rules write it.
fn paths(transition: Occasion, vocabulary: &Vocabulary) -> Vec<String> {
    let mut paths: Vec<(Leaf, String)> = Vec::new();
    for detail in Detail::ALL {
        paths.push((Leaf::Detail(*detail), detail.name().to_owned()));
    }
    for (which, object) in [(Which::Call, "call"), (Which::Second, "second"), (Which::Result, "result")] {
        for (place, name) in vocabulary.call_names.iter().enumerate() {
            paths.push((Leaf::CallName(which, place as u8), format!("{object}.{name}")));
        }
        for attribute in CallAttribute::ALL {
            paths.push((Leaf::Call(which, *attribute), format!("{object}.{}", attribute.name())));
        }
    }
    for attribute in AgentAttribute::ALL {
        paths.push((Leaf::Agent(*attribute), format!("agent.{}", attribute.name())));
    }
    for attribute in ServiceAttribute::ALL {
        paths.push((Leaf::Service(*attribute), format!("service.{}", attribute.name())));
    }
    for attribute in RequestAttribute::ALL {
        paths.push((Leaf::Request(*attribute), format!("request.{}", attribute.name())));
    }
    for role in PartyRole::ALL {
        for attribute in PartyAttribute::ALL {
            paths.push((Leaf::Party(*role, *attribute), format!("{}.{}", role.name(), attribute.name())));
        }
    }
    paths.into_iter().filter(|(leaf, _)| leaf.exists_at(transition, None)).map(|(_, path)| path).collect()
}

/// What the transitions lack that each setting of `[shared]` has been used for, by the setting's place. A setting may read
/// what only some of them have; what none of them has is wrong, and so is a setting that is used for none.
#[derive(Default)]
pub struct Uses(HashMap<(*const Source, usize), Use>);

#[derive(Default)]
struct Use {
    count: usize,
    lacks: Vec<(usize, Lack)>,
}

impl Uses {
    pub fn add(&mut self, key: &Key, mut lacks: Vec<Lack>) {
        let known = self.0.entry(key.place()).or_default();
        known.count += 1;
        lacks.sort_by_key(|lack| (lack.span.start, lack.span.end));
        lacks.dedup_by_key(|lack| lack.span.clone());
        for lack in lacks {
            match known.lacks.iter_mut().find(|(_, first)| first.span == lack.span) {
                Some((count, _)) => *count += 1,
                None => known.lacks.push((1, lack)),
            }
        }
    }

    pub fn check(&self, key: &Key, problems: &mut Problems) {
        let Some(known) = self.0.get(&key.place()) else {
            key.problem(problems, format!("no rule for these messages leaves `{}` open", key.name));
            return;
        };
        for (_, lack) in known.lacks.iter().filter(|(count, _)| *count == known.count) {
            let text = format!("no transition that this is used for has `{}`", lack.path);
            problems.add(&lack.source, lack.span.clone(), text);
        }
    }
}
