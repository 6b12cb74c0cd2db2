//! A description × a vocabulary → the profile for the service, with a remark on every difference. Contracts, operations and
//! events are compared here; `members`, `values` and `answers` compare the rest.

use super::{
    comparison::Comparison,
    description::{Complex, Contract, Description, Name, Operation, Resolved},
    fitted::{Fitted, Part, Sort, Weight},
    members::Ways,
    namespaces::most,
};
use crate::{
    message::Kind,
    vocabulary::{
        definition::Vocabulary,
        message_def::{MessageDef, Side},
        overlay::Owner,
        profile::Profile,
    },
};

impl Description {
    /// Compares the description with a vocabulary, based on the profile that was asked for, else on the shipped one that fits
    /// best. The error means that it has none of the dialect's operations.
    pub fn fit(&self, vocabulary: &Vocabulary, base: Option<&Profile>) -> Result<Fitted, String> {
        let bases = base.map_or_else(|| vocabulary.profiles.iter().collect(), |base| vec![base]);
        let fitted = bases.into_iter().filter_map(|base| Comparison::new(vocabulary, base, self).run());
        let best = fitted.min_by_key(|fitted| fitted.remarks().map(|(_, remark)| remark.weight.cost()).sum::<usize>());
        best.ok_or_else(|| format!("it has none of the operations of {}", vocabulary.title))
    }
}

impl<'c> Comparison<'c> {
    fn run(mut self) -> Option<Fitted> {
        let service = self.contract(Side::Request);
        let callback = self.contract(Side::Callback);
        if service.is_none() && callback.is_none() {
            return None;
        }
        for (side, contract) in [(Side::Request, service), (Side::Callback, callback)] {
            if let Some(contract) = contract {
                self.operations(side, contract);
            }
        }
        self.events();
        self.settle_namespaces();
        let mut parts: Vec<Part> = self.parts.into_iter().map(|(_, part)| part).collect();
        if let Some(first) = parts.first_mut() {
            self.description.remarks.iter().for_each(|remark| first.say(Weight::Differs, remark));
        }
        parts.sort_by_key(|part| part.sort);
        Some(Fitted { profile: self.profile, parts })
    }

    /// The possible names of a message, the most likely first.
    fn names(&self, kind: Kind) -> Vec<String> {
        let def = self.vocabulary.message(kind);
        let profiles = std::iter::once(self.base).chain(&self.vocabulary.profiles);
        let names = profiles.map(|profile| profile.message_name(self.vocabulary, kind));
        names.chain([def.wire_name().to_owned(), def.label.clone()]).chain(def.aliases.iter().cloned()).collect()
    }

    fn kinds(&self, side: Side) -> impl Iterator<Item = (Kind, &'c MessageDef)> + use<'c> {
        self.vocabulary.kinds().filter(move |(_, def)| def.side == side)
    }

    /// The contract that has most of the operations of this side.
    fn contract(&self, side: Side) -> Option<&'c Contract> {
        let known = |contract: &Contract| {
            self.kinds(side).filter(|(kind, _)| find_operation(&self.names(*kind), contract).is_some()).count()
        };
        let contracts = self.description.contracts.iter().map(|contract| (known(contract), contract));
        contracts.filter(|(known, _)| *known > 0).max_by_key(|(known, _)| *known).map(|(_, contract)| contract)
    }

    fn operations(&mut self, side: Side, contract: &'c Contract) {
        let (old_namespace, old_name) = self.base.contract_of(side);
        let mut part = Part::new(Sort::Service, old_name, &contract.name.local);
        let namespace = most(contract.operations.iter().map(|operation| operation.input.namespace.as_str()));
        if namespace != old_namespace {
            part.say(Weight::Differs, format!("its namespace is {namespace}"));
        }
        if contract.name.local != old_name {
            part.say(Weight::Differs, format!("is called {}", contract.name));
        }
        let namespaces = &mut self.profile.namespaces;
        match side {
            Side::Callback => {
                namespaces.callback = namespace.to_owned();
                self.profile.callback_contract = contract.name.local.clone();
            }
            Side::Request | Side::Reply | Side::Event => {
                namespaces.service = namespace.to_owned();
                self.profile.contract = contract.name.local.clone();
            }
        }
        let mut known = Vec::new();
        let mut operations = Vec::new();
        for (kind, def) in self.kinds(side) {
            match find_operation(&self.names(kind), contract) {
                Some(operation) => {
                    known.push(operation.name.as_str());
                    operations.push((kind, operation));
                }
                None => {
                    let mut missing = Part::new(Sort::Operation, &def.label, "");
                    missing.say(Weight::Lacks, "the WSDL has no such operation");
                    self.parts.push((Some(Owner::Message(kind)), missing));
                }
            }
        }
        let strange = contract.operations.iter().map(|operation| operation.name.as_str());
        let strange: Vec<&str> = strange.filter(|name| !known.contains(name)).collect();
        if !strange.is_empty() {
            part.say(Weight::Unknown, format!("has operations that are not known: {}", strange.join(", ")));
        }
        if side == Side::Request {
            self.headers(contract, &mut part);
        }
        self.parts.insert(0, (None, part));
        for (kind, operation) in operations {
            self.operation(kind, operation, &contract.name, namespace);
        }
        if side == Side::Request {
            self.faults(contract);
        }
    }

    fn operation(&mut self, kind: Kind, operation: &'c Operation, contract: &Name, namespace: &str) {
        let def = self.vocabulary.message(kind);
        let owner = Owner::Message(kind);
        let mut part = Part::new(Sort::Operation, &def.label, &operation.name);
        if let Some(trouble) = &operation.trouble {
            part.say(Weight::Contradicts, trouble);
            self.parts.push((Some(owner), part));
            return;
        }
        let element = &operation.input.local;
        if *element != self.base.message_name(self.vocabulary, kind) {
            part.say(Weight::Differs, format!("is called {element}"));
            self.profile.overlay.names.insert(owner, element.clone());
        }
        if operation.input.namespace != namespace {
            part.say(
                Weight::Contradicts,
                format!("is in namespace {}, the others in {namespace}", operation.input.namespace),
            );
        }
        if let Some(action) = &operation.action
            && *action != self.profile.action(self.vocabulary, kind)
        {
            // The default that WCF derives from the contract's name and namespace needs no remark of its own.
            let usual = format!("{}/{}/{}", namespace.trim_end_matches('/'), contract.local, operation.name);
            if *action != usual {
                part.say(Weight::Differs, format!("its SOAPAction is {action:?}"));
            }
            self.profile.overlay.actions.insert(kind, action.clone());
        }
        match self.description.inside(&operation.input) {
            Some(Resolved::Complex(complex, _)) => self.parameters(kind, complex, &mut part),
            _ => part.say(Weight::Contradicts, format!("the WSDL does not say what {element} holds")),
        }
        self.result(kind, operation, &mut part);
        self.parts.push((Some(owner), part));
    }

    fn parameters(&mut self, kind: Kind, complex: &'c Complex, part: &mut Part) {
        let def = self.vocabulary.message(kind);
        let owner = Owner::Message(kind);
        let parameters = self.description.members(complex);
        let Some(wanted) = self.vocabulary.parameter_of(kind) else {
            let slots: Vec<usize> = (0..def.fields.list.len()).collect();
            self.members(owner, &slots, &parameters, Ways { data: false, written: true }, part);
            return;
        };
        let inside = match parameters.as_slice() {
            [parameter] => match self.description.resolve(&parameter.ty) {
                Resolved::Complex(complex, _) => Some((parameter.name.local.as_str(), complex)),
                Resolved::Plain(_) | Resolved::Enumeration(..) | Resolved::Missing(_) => None,
            },
            _ => None,
        };
        let Some((name, complex)) = inside else {
            part.say(Weight::Contradicts, format!("does not take one parameter with members, as {wanted} is"));
            return;
        };
        if name != wanted {
            part.say(Weight::Differs, format!("its parameter is called {name}"));
            self.profile.overlay.parameters.insert(kind, name.to_owned());
        }
        self.data(owner, complex, Ways { data: true, written: true }, part);
    }

    /// The headers of requests. Without any in the WSDL nothing is said: services may want headers and not declare them.
    fn headers(&mut self, contract: &'c Contract, part: &mut Part) {
        let mut found: Vec<&Name> = contract.operations.iter().flat_map(|operation| &operation.headers).collect();
        found.sort();
        found.dedup();
        if found.is_empty() {
            return;
        }
        let headers = &self.vocabulary.headers;
        for (place, field) in headers.fields.iter().enumerate() {
            let Some(at) = found.iter().position(|name| name.local.eq_ignore_ascii_case(&field.label)) else {
                part.say(Weight::Spares, format!("no operation declares the header {}", field.label));
                continue;
            };
            let name = found.remove(at);
            if name.local != field.label || name.namespace != headers.namespace {
                part.say(Weight::Differs, format!("the header {} is {name} of {}", field.label, name.namespace));
                self.profile.overlay.headers.insert(place, (name.namespace.clone(), name.local.clone()));
            }
        }
        for name in found {
            part.say(Weight::Unknown, format!("declares a header {name}, which is not known"));
        }
    }

    /// The classes of events, if the WSDL has any; only a callback's does.
    fn events(&mut self) {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for (kind, def) in self.kinds(Side::Event) {
            let names = self.names(kind);
            let class = names
                .iter()
                .take(1 + self.vocabulary.profiles.len())
                .find_map(|name| self.description.complexes.iter().find(|(class, _)| class.local == *name));
            match class {
                Some((class, complex)) => found.push((kind, class, complex)),
                None => missing.push((kind, def)),
            }
        }
        if found.is_empty() {
            return;
        }
        for (kind, class, complex) in found {
            let def = self.vocabulary.message(kind);
            let owner = Owner::Message(kind);
            let mut part = Part::new(Sort::Type, &def.label, &class.local);
            if class.local != self.base.message_name(self.vocabulary, kind) {
                part.say(Weight::Differs, format!("is called {class}"));
                self.profile.overlay.names.insert(owner, class.local.clone());
            }
            self.data(owner, complex, Ways { data: true, written: false }, &mut part);
            self.parts.push((Some(owner), part));
        }
        for (kind, def) in missing {
            let mut part = Part::new(Sort::Type, &def.label, "");
            part.say(Weight::Spares, "the WSDL has no such event");
            self.parts.push((Some(Owner::Message(kind)), part));
        }
    }
}

/// The operation with one of these names: exact matches first, then in any case.
fn find_operation<'c>(names: &[String], contract: &'c Contract) -> Option<&'c Operation> {
    let find = |same: fn(&str, &str) -> bool| {
        let mut found = names.iter().filter_map(|name| contract.operations.iter().find(|o| same(&o.name, name)));
        found.next()
    };
    find(|a, b| a == b).or_else(|| find(|a, b| a.eq_ignore_ascii_case(b)))
}
