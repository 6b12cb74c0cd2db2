//! The names in a rule about a transition, and the leaves that they become.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
};

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
        AgentAttribute, CallAttribute, Detail, ItemAttribute, ListAttribute, Occasion, PartyAttribute, PartyRole,
        RequestAttribute, ServiceAttribute, TransitionKind,
    },
    vocabulary::{Role, Vocabulary, Which},
};

/// The names in a rule about a transition.
pub struct TransitionScope<'s> {
    pub vocabulary: &'s Vocabulary,
    pub knobs: &'s [(String, Literal)],
    /// The transitions that the rule is about; without any, everything can be read.
    pub transitions: &'s [Occasion],
    /// The list in whose items a name is read.
    pub list: Cell<Option<ListAttribute>>,
    /// What was read that a transition never has.
    pub lacks: RefCell<Vec<(Range<usize>, Occasion, String)>>,
}

impl Scope for TransitionScope<'_> {
    type Leaf = Leaf;

    fn path(&self, _: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Ty), Mistake> {
        let names: Vec<(&str, Range<usize>)> = steps
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
        let (leaf, ty) = match names.as_slice() {
            [(name, span)] => self.single(name, span.clone()),
            [(object, span), (attribute, attribute_span)] => {
                self.attribute(object, span.clone(), attribute, attribute_span.clone())
            }
            _ => Err(Mistake { span: names[0].1.clone(), text: "no path here is that long".into() }),
        }?;
        let span = names[0].1.start..names[names.len() - 1].1.end;
        let lacking = self.transitions.iter().filter(|transition| !leaf.exists_at(**transition, self.list.get()));
        for transition in lacking {
            let path = names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(".");
            self.lacks.borrow_mut().push((span.clone(), *transition, path));
        }
        Ok((leaf, ty))
    }
}

impl<'s> TransitionScope<'s> {
    pub fn new(
        vocabulary: &'s Vocabulary,
        knobs: &'s [(String, Literal)],
        transitions: &'s [Occasion],
    ) -> TransitionScope<'s> {
        let (list, lacks) = (Cell::default(), RefCell::default());
        TransitionScope { vocabulary, knobs, transitions, list, lacks }
    }

    fn single(&self, name: &str, span: Range<usize>) -> Result<(Leaf, Ty), Mistake> {
        if let Some(list) = self.list.get()
            && let Some(attribute) = ItemAttribute::from_name(name)
            && list.items().contains(&attribute)
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
            let items = self.list.get().map(ListAttribute::items).unwrap_or_default().iter().map(|item| item.name());
            return Err(unknown(span, "name", name, Detail::names().chain(objects).chain(items)));
        };
        Ok((Leaf::Detail(detail), type_of::detail(detail)))
    }

    fn attribute(
        &self,
        object: &str,
        span: Range<usize>,
        name: &str,
        name_span: Range<usize>,
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
    /// Checks that a path names a list or an attribute that rules about a transition can read. The error is the reason why
    /// not.
    pub fn knows(&self, transition: Occasion, path: &str) -> Result<(), String> {
        let lacks = || format!("`{}` has no `{path}`", transition.name());
        if let Some(list) = ListAttribute::from_name(path) {
            return if transition.has_list(list) { Ok(()) } else { Err(lacks()) };
        }
        let transitions = [transition];
        let scope = TransitionScope::new(&self.vocabulary, &self.knobs, &transitions);
        // An example gives the attributes of an item's agent beside the list.
        if transition == Occasion::Transition(TransitionKind::GroupAgents) {
            scope.list.set(Some(ListAttribute::ServiceAgents));
        }
        let compiler = Compiler { scope: &scope, tables: &self.tables };
        let known = syntax::parse(path).and_then(|ast| compiler.compile(&ast, &Ty::Any));
        known.map_err(|mistake| mistake.text)?;
        if scope.lacks.borrow().is_empty() { Ok(()) } else { Err(lacks()) }
    }
}
