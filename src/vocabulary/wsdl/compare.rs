//! A description × a vocabulary → the profile in which the service is spoken with, and what is to be said of that: contracts,
//! operations, events. Members and enumerations are `members` and `values`.

use hashbrown::HashMap;

use super::{
    description::{Complex, Contract, Description, Name, Operation, Resolved, Simple},
    fitted::{Fitted, Part, Remark, Sort, Weight},
    members::Ways,
};
use crate::{
    message::Kind,
    vocabulary::{MessageDef, Owner, Profile, Side, Vocabulary},
};

impl Description {
    /// Compares the description with a vocabulary: on the base of the profile that was asked for, else of the shipped one that
    /// fits best. An error where it has none of the dialect's operations.
    pub fn fit(&self, vocabulary: &Vocabulary, base: Option<&Profile>) -> Result<Fitted, String> {
        let bases = base.map_or_else(|| vocabulary.profiles.iter().collect(), |base| vec![base]);
        let fitted = bases.into_iter().filter_map(|base| Comparison::new(vocabulary, base, self).run());
        let best = fitted.min_by_key(|fitted| fitted.remarks().map(|(_, remark)| remark.weight.cost()).sum::<usize>());
        best.ok_or_else(|| format!("it has none of the operations of {}", vocabulary.title))
    }
}

/// One comparison, while it is made.
pub struct Comparison<'c> {
    pub vocabulary: &'c Vocabulary,
    pub base: &'c Profile,
    pub description: &'c Description,
    pub profile: Profile,
    pub parts: Vec<(Option<Owner>, Part)>,
    /// What records and enumerations were compared with.
    pub records: HashMap<usize, &'c Complex>,
    pub enums: HashMap<usize, &'c Simple>,
    /// The namespaces of data contracts' members, and the names of lists' items.
    pub spaces: Vec<(Owner, usize, &'c str)>,
    pub items: Vec<(Owner, usize, &'c Name, &'c str)>,
}

impl Part {
    pub fn new(sort: Sort, name: impl Into<String>, wire: impl Into<String>) -> Part {
        Part { sort, name: name.into(), wire: wire.into(), remarks: Vec::new() }
    }

    pub fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.remarks.push(Remark { weight, text: text.into() });
    }
}

impl<'c> Comparison<'c> {
    fn new(vocabulary: &'c Vocabulary, base: &'c Profile, description: &'c Description) -> Comparison<'c> {
        Comparison {
            vocabulary,
            base,
            description,
            profile: base.clone(),
            parts: Vec::new(),
            records: HashMap::new(),
            enums: HashMap::new(),
            spaces: Vec::new(),
            items: Vec::new(),
        }
    }

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

    /// What a message may be called, the most likely first.
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
            _ => {
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
        self.parts.insert(0, (None, part));
        for (kind, operation) in operations {
            self.operation(kind, operation, namespace);
        }
        self.fault(contract);
    }

    fn operation(&mut self, kind: Kind, operation: &'c Operation, namespace: &str) {
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
            part.say(Weight::Differs, format!("its SOAPAction is {action:?}"));
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
        let slots: Vec<usize> = (0..def.fields.list.len()).collect();
        let parameters = self.description.members(complex);
        let Some(wanted) = self.parameter(kind) else {
            self.members(owner, &slots, &parameters, Ways { data: false, written: true }, part);
            return;
        };
        let inside = match parameters.as_slice() {
            [parameter] => match self.description.resolve(&parameter.ty) {
                Resolved::Complex(complex, _) => Some((parameter.name.local.as_str(), complex)),
                _ => None,
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
        let members = self.description.members(complex);
        self.members(owner, &slots, &members, Ways { data: true, written: true }, part);
    }

    /// The one parameter that has an operation's fields as members.
    fn parameter(&self, kind: Kind) -> Option<&'c str> {
        let is_request = self.vocabulary.message(kind).side == Side::Request;
        self.vocabulary.parameter.as_deref().filter(|_| is_request)
    }

    fn result(&mut self, kind: Kind, operation: &'c Operation, part: &mut Part) {
        let Some(ty) = &self.vocabulary.message(kind).returns else { return };
        let output = operation.output.as_ref().and_then(|output| self.description.inside(output));
        let Some(Resolved::Complex(complex, _)) = output else { return };
        let members = self.description.members(complex);
        let is_void = members.is_empty();
        if is_void != self.base.is_void(kind) {
            part.say(Weight::Differs, if is_void { "returns nothing" } else { "returns something" });
            self.profile.set_void(kind, is_void);
        }
        if let Some(result) = members.first() {
            self.value(None, "what it returns", ty, result, part);
        }
    }

    /// The type of the faults' details.
    fn fault(&mut self, contract: &'c Contract) {
        let mut faults = contract.operations.iter().flat_map(|operation| &operation.faults);
        let Some(first) = faults.next() else { return };
        let known = |name: &&str| faults.clone().any(|fault| fault.local == **name) || first.local == **name;
        if self.base.fault.as_deref().filter(known).is_none() && self.vocabulary.labels(Side::Reply).next().is_none() {
            let mut part = Part::new(Sort::Fault, self.base.fault.as_deref().unwrap_or("no type"), &first.local);
            part.say(Weight::Differs, format!("the details of faults are of type {first}"));
            self.profile.fault = Some(first.local.clone());
            self.parts.push((None, part));
        }
    }

    /// The classes of events, where the WSDL has any: it is the callback's that does.
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
            let slots: Vec<usize> = (0..def.fields.list.len()).collect();
            let members = self.description.members(complex);
            self.members(owner, &slots, &members, Ways { data: true, written: false }, &mut part);
            self.parts.push((Some(owner), part));
        }
        for (kind, def) in missing {
            let mut part = Part::new(Sort::Type, &def.label, "");
            part.say(Weight::Spares, "the WSDL has no such event");
            self.parts.push((Some(Owner::Message(kind)), part));
        }
    }

    /// The namespace of most data contracts is the profile's, what is in another is noted where it stands.
    fn settle_namespaces(&mut self) {
        if self.spaces.is_empty() {
            return;
        }
        let data = most(self.spaces.iter().map(|(.., namespace)| *namespace)).to_owned();
        let service = self.parts.iter_mut().find(|(_, part)| part.sort == Sort::Service);
        if let Some((_, part)) = service.filter(|_| data != self.base.namespaces.data) {
            match data.is_empty() {
                true => part.say(Weight::Contradicts, "members of its data are in no namespace"),
                false => part.say(Weight::Differs, format!("the namespace of its data is {data}")),
            }
        }
        let mut told = Vec::new();
        for (owner, slot, namespace) in std::mem::take(&mut self.spaces) {
            if namespace == data {
                continue;
            }
            self.profile.overlay.form(owner, slot).namespace = Some(namespace.to_owned());
            let part = self.parts.iter_mut().find(|(known, _)| *known == Some(owner));
            if let Some((_, part)) = part.filter(|_| !told.contains(&(owner, namespace))) {
                told.push((owner, namespace));
                part.say(Weight::Differs, format!("members of it are in namespace {namespace}"));
            }
        }
        for (owner, slot, item, expected) in std::mem::take(&mut self.items) {
            if item.namespace != data || item.local != expected {
                self.profile.overlay.form(owner, slot).item = Some((item.namespace.clone(), item.local.clone()));
                let label = self.profile.label(self.vocabulary, owner, slot).to_owned();
                if let Some((_, part)) = self.parts.iter_mut().find(|(known, _)| *known == Some(owner)) {
                    part.say(Weight::Differs, format!("items of {label} are {item} of {}", item.namespace));
                }
            }
        }
        self.profile.namespaces.data = data;
    }
}

/// The operation with one of these names: exactly, then in any case.
fn find_operation<'c>(names: &[String], contract: &'c Contract) -> Option<&'c Operation> {
    let find = |same: fn(&str, &str) -> bool| {
        let mut found = names.iter().filter_map(|name| contract.operations.iter().find(|o| same(&o.name, name)));
        found.next()
    };
    find(|a, b| a == b).or_else(|| find(|a, b| a.eq_ignore_ascii_case(b)))
}

/// What occurs most often; the first of those that do.
fn most<'n>(names: impl Iterator<Item = &'n str>) -> &'n str {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name)
}
