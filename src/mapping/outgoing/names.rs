//! The names in a rule about a transition, and the leaves that they become.

use std::cell::RefCell;

use super::plan::{Leaf, Outgoing};
use crate::{
    mapping::{
        compile::{Compiler, Scope, unknown},
        literal::Literal,
        syntax::{self, Mistake, Step},
        type_of,
        value_type::Ty,
    },
    model::{
        AgentAttribute, CallAttribute, Detail, ItemAttribute, ListAttribute, PartyAttribute, PartyRole,
        RequestAttribute, ServiceAttribute,
    },
    vocabulary::{Role, Vocabulary, Which},
};

/// The names in a rule about a transition.
pub struct TransitionScope<'s> {
    pub vocabulary: &'s Vocabulary,
    pub knobs: &'s [(String, Literal)],
    /// True inside the items of a list.
    pub item: RefCell<bool>,
}

impl Scope for TransitionScope<'_> {
    type Leaf = Leaf;

    fn path(&self, _: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Ty), Mistake> {
        let names: Vec<(&str, std::ops::Range<usize>)> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Name { name, span } => Some((name.as_str(), span.clone())),
                Step::Keyed { .. } | Step::At(_) => None,
            })
            .collect();
        if names.len() != steps.len() {
            return Err(Mistake {
                span: 0..0,
                text: "nothing here has items to look up: use a list with `each`".into(),
            });
        }
        match names.as_slice() {
            [(name, span)] => self.single(name, span.clone()),
            [(object, span), (attribute, attribute_span)] => {
                self.attribute(object, span.clone(), attribute, attribute_span.clone())
            }
            _ => Err(Mistake { span: names[0].1.clone(), text: "no path here is that long".into() }),
        }
    }
}

impl TransitionScope<'_> {
    fn single(&self, name: &str, span: std::ops::Range<usize>) -> Result<(Leaf, Ty), Mistake> {
        if *self.item.borrow()
            && let Some(attribute) = ItemAttribute::from_name(name)
        {
            return Ok((Leaf::Item(attribute), type_of::item(attribute)));
        }
        match name {
            "platform" => return Ok((Leaf::Role(Role::Platform), Ty::Number)),
            "time" => return Ok((Leaf::Role(Role::Time), Ty::Text)),
            _ => {}
        }
        let Some(detail) = Detail::from_name(name) else {
            let objects = ["call", "second", "result", "agent", "service", "request", "platform", "time"];
            let objects = objects.into_iter().chain(PartyRole::names());
            return Err(unknown(span, "name", name, Detail::names().chain(objects).chain(ItemAttribute::names())));
        };
        Ok((Leaf::Detail(detail), type_of::detail(detail)))
    }

    fn attribute(
        &self,
        object: &str,
        span: std::ops::Range<usize>,
        name: &str,
        name_span: std::ops::Range<usize>,
    ) -> Result<(Leaf, Ty), Mistake> {
        let which = match object {
            "call" => Some(Which::Call),
            "second" => Some(Which::Second),
            "result" => Some(Which::Result),
            _ => None,
        };
        if let Some(which) = which {
            if let Some(place) = self.vocabulary.call_names.iter().position(|known| known == name) {
                return Ok((Leaf::CallName(which, place as u8), Ty::Id));
            }
            let Some(attribute) = CallAttribute::from_name(name) else {
                let mut known: Vec<&str> = self.vocabulary.call_names.iter().map(String::as_str).collect();
                known.extend(CallAttribute::NAMES);
                return Err(unknown(name_span, "attribute of a call", name, known));
            };
            return Ok((Leaf::Call(which, attribute), type_of::call(attribute)));
        }
        match object {
            "config" => match self.knobs.iter().position(|(known, _)| known == name) {
                Some(place) => Ok((Leaf::Knob(place), Ty::Any)),
                None => Err(unknown(name_span, "setting", name, self.knobs.iter().map(|(known, _)| known.as_str()))),
            },
            "agent" => AgentAttribute::from_name(name)
                .map(|attribute| (Leaf::Agent(attribute), type_of::agent(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of an agent", name, AgentAttribute::names())),
            "service" => ServiceAttribute::from_name(name)
                .map(|attribute| (Leaf::Service(attribute), type_of::service(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of a service", name, ServiceAttribute::names())),
            "request" => RequestAttribute::from_name(name)
                .map(|attribute| (Leaf::Request(attribute), type_of::request(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of a request", name, RequestAttribute::names())),
            _ => {
                let objects = ["call", "second", "result", "agent", "service", "request", "config"];
                let Some(role) = PartyRole::from_name(object) else {
                    return Err(unknown(span, "object", object, objects.into_iter().chain(PartyRole::names())));
                };
                PartyAttribute::from_name(name)
                    .map(|attribute| (Leaf::Party(role, attribute), type_of::party(attribute)))
                    .ok_or_else(|| unknown(name_span, "attribute of a party", name, PartyAttribute::names()))
            }
        }
    }
}

impl Outgoing {
    /// Checks that a path names a list or an attribute that rules can read. The error is the reason why not.
    pub fn knows(&self, path: &str) -> Result<(), String> {
        if ListAttribute::from_name(path).is_some() {
            return Ok(());
        }
        let scope = TransitionScope { vocabulary: &self.vocabulary, knobs: &self.knobs, item: RefCell::new(false) };
        let compiler = Compiler { scope: &scope, tables: &self.tables };
        let known = syntax::parse(path).and_then(|ast| compiler.compile(&ast, &Ty::Any));
        known.map(|_| ()).map_err(|mistake| mistake.text)
    }
}
