//! Wire profiles: how one dialect's words are named and shaped on the wire by one of its implementations. An overlay of the
//! vocabulary, also data.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::{
    overlay::{Overlay, Owner},
    template::Hand,
    *,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Node},
};

/// An overlay. What it does not name stands as the vocabulary has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub contract: String,
    pub callback_contract: String,
    /// `{}` is the message's class name.
    event_class: String,
    /// `{namespace}`, `{contract}` and `{operation}` are replaced.
    action: String,
    pub namespaces: Namespaces,
    /// The type of a fault's detail, where it has one.
    pub fault: Option<String>,
    /// Whether only the very last update of a snapshot is marked, not the last of each type.
    pub completes_all: bool,
    /// Operations that return nothing.
    void: HashSet<Kind>,
    /// Fields that are lists of what the vocabulary has one of.
    listed: HashSet<(Kind, usize)>,
    omitted: HashSet<(Kind, usize)>,
    renamed: HashMap<(Kind, usize), String>,
    renamed_messages: HashMap<Kind, String>,
    /// How many items a list of this label always has.
    pad: HashMap<String, usize>,
    /// What a member of an enumeration is called where it is not as the vocabulary has it.
    renamed_members: HashMap<(usize, i64), String>,
    /// How requests are put down.
    pub(super) hand: &'static Hand,
    /// What the service's own WSDL says otherwise.
    pub overlay: Overlay,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    pub service: String,
    pub callback: String,
    pub data: String,
}

impl Profile {
    pub fn is_void(&self, kind: Kind) -> bool {
        self.void.contains(&kind)
    }

    pub fn set_void(&mut self, kind: Kind, is_void: bool) {
        if is_void {
            self.void.insert(kind);
        } else {
            self.void.remove(&kind);
        }
    }

    /// Whether a member is a list of what the vocabulary has one of.
    pub fn is_listed(&self, owner: impl Into<Owner>, slot: usize) -> bool {
        let owner = owner.into();
        let own = || matches!(owner, Owner::Message(kind) if self.listed.contains(&(kind, slot)));
        self.overlay.member(owner, slot).and_then(|form| form.listed).unwrap_or_else(own)
    }

    pub fn is_omitted(&self, owner: impl Into<Owner>, slot: usize) -> bool {
        let owner = owner.into();
        let own = || matches!(owner, Owner::Message(kind) if self.omitted.contains(&(kind, slot)));
        self.overlay.member(owner, slot).and_then(|form| form.omitted).unwrap_or_else(own)
    }

    /// The label of a member on this wire.
    pub fn label<'v>(&'v self, vocabulary: &'v Vocabulary, owner: impl Into<Owner>, slot: usize) -> &'v str {
        let owner = owner.into();
        if let Some(label) = self.overlay.member(owner, slot).and_then(|form| form.label.as_ref()) {
            return label;
        }
        match owner {
            Owner::Message(kind) => {
                let label = &vocabulary.message(kind).fields.list[slot].label;
                self.renamed.get(&(kind, slot)).unwrap_or(label)
            }
            Owner::Record(place) => &vocabulary.records[place].fields.list[slot].label,
        }
    }

    /// The slots of a data contract's members in the order in which they travel, the omitted ones left out: as the WSDL has
    /// them, else those of the base first, and both parts by their labels.
    pub fn data_order(&self, vocabulary: &Vocabulary, owner: Owner) -> Vec<usize> {
        let (count, base) = match owner {
            Owner::Message(kind) => {
                let def = vocabulary.message(kind);
                (def.fields.list.len(), def.base.filter(|_| def.side == Side::Event).map_or(0, |(_, count)| count))
            }
            Owner::Record(place) => (vocabulary.records[place].fields.list.len(), 0),
        };
        if let Some(order) = self.overlay.orders.get(&owner) {
            return order.clone();
        }
        let mut slots: Vec<usize> = (0..count).filter(|slot| !self.is_omitted(owner, *slot)).collect();
        slots.sort_by_key(|slot| (*slot >= base, self.label(vocabulary, owner, *slot)));
        slots
    }

    /// The slots of an operation's parameters in the order in which they travel: as the WSDL has them, else as the vocabulary.
    pub fn parameter_order(&self, vocabulary: &Vocabulary, kind: Kind) -> Vec<usize> {
        let owner = Owner::Message(kind);
        let usual = || 0..vocabulary.message(kind).fields.list.len();
        let kept = || usual().filter(|slot| !self.is_omitted(owner, *slot)).collect();
        self.overlay.orders.get(&owner).cloned().unwrap_or_else(kept)
    }

    /// The namespace of a member of a data contract.
    pub fn namespace(&self, owner: Owner, slot: usize) -> &str {
        let own = self.overlay.member(owner, slot).and_then(|form| form.namespace.as_deref());
        own.unwrap_or(&self.namespaces.data)
    }

    /// The operation or event class of a message on this wire.
    pub fn message_name(&self, vocabulary: &Vocabulary, kind: Kind) -> String {
        if let Some(name) = self.overlay.names.get(&Owner::Message(kind)) {
            return name.clone();
        }
        let def = vocabulary.message(kind);
        let name = self.renamed_messages.get(&kind).map_or(def.wire_name(), String::as_str);
        match def.side {
            Side::Event => self.event_class.replace("{}", name),
            _ => name.to_owned(),
        }
    }

    pub fn padding(&self, label: &str) -> usize {
        self.pad.get(label).copied().unwrap_or(0)
    }

    /// What the members of an enumeration are called on this wire, by code.
    pub fn member_names(&self, vocabulary: &Vocabulary, place: usize) -> Vec<(i64, String)> {
        let name = |member: &Member| {
            let of_wsdl = self.overlay.values.get(&(place, member.code));
            let renamed = of_wsdl.or(self.renamed_members.get(&(place, member.code))).or(member.wire.as_ref());
            (member.code, renamed.unwrap_or(&member.name).clone())
        };
        vocabulary.enums[place].members.iter().map(name).collect()
    }

    /// The namespace and contract that an operation belongs to.
    pub fn contract_of(&self, side: Side) -> (&str, &str) {
        match side {
            Side::Callback | Side::Event => (&self.namespaces.callback, &self.callback_contract),
            _ => (&self.namespaces.service, &self.contract),
        }
    }

    pub fn action(&self, vocabulary: &Vocabulary, kind: Kind) -> String {
        if let Some(action) = self.overlay.actions.get(&kind) {
            return action.clone();
        }
        let (namespace, contract) = self.contract_of(vocabulary.message(kind).side);
        let operation = self.message_name(vocabulary, kind);
        let action = self.action.replace("{namespace}", namespace).replace("{contract}", contract);
        action.replace("{operation}", &operation)
    }
}

pub fn load(key: &Key, node: Node, vocabulary: &Vocabulary, problems: &mut Problems) -> Option<Profile> {
    let table = node.table(problems)?;
    let namespaces = table.get("namespaces").and_then(|node| node.table(problems))?;
    let profile = Profile {
        name: key.name.to_owned(),
        contract: table.required("contract", problems).to_owned(),
        callback_contract: table.text("callback_contract", problems).unwrap_or_default().to_owned(),
        event_class: table.text("event_class", problems).unwrap_or("{}").to_owned(),
        action: table.required("action", problems).to_owned(),
        namespaces: Namespaces {
            service: namespaces.required("service", problems).to_owned(),
            callback: namespaces.text("callback", problems).unwrap_or_default().to_owned(),
            data: namespaces.required("data", problems).to_owned(),
        },
        fault: table.text("fault", problems).map(str::to_owned),
        completes_all: table.choice("complete", &["type", "all"], problems) == Some("all"),
        void: table
            .texts("void", problems)
            .iter()
            .filter_map(|(text, node)| message(vocabulary, text, *node, problems))
            .collect(),
        listed: fields(vocabulary, table.texts("list", problems), problems),
        omitted: fields(vocabulary, table.texts("omit", problems), problems),
        pad: padding(vocabulary, table.section("pad", problems), problems),
        renamed: HashMap::new(),
        renamed_messages: HashMap::new(),
        renamed_members: HashMap::new(),
        hand: match table.choice("hand", &["net", "compact"], problems) {
            Some("compact") => &Hand::COMPACT,
            _ => &Hand::NET,
        },
        overlay: Overlay::default(),
    };
    namespaces.finish(problems);
    let mut profile = profile;
    for (key, node) in table.section("rename", problems) {
        let Some(name) = node.text(problems) else { continue };
        if let Some(member) = enum_member(vocabulary, key.name) {
            profile.renamed_members.insert(member, name.to_owned());
        } else if key.name.contains('.') {
            let found = places(vocabulary, key.name);
            if found.is_empty() {
                unknown_place(vocabulary, key.source, key.span.clone(), key.name, problems);
            }
            profile.renamed.extend(found.into_iter().map(|place| (place, name.to_owned())));
        } else if let Some(kind) = vocabulary.find(key.name) {
            profile.renamed_messages.insert(kind, name.to_owned());
        } else {
            let known = vocabulary.messages.iter().map(|def| def.label.as_str());
            problems.unknown(key.source, key.span.clone(), "message", key.name, known);
        }
    }
    table.finish(problems);
    Some(profile)
}

fn message(vocabulary: &Vocabulary, text: &str, node: Node, problems: &mut Problems) -> Option<Kind> {
    let kind = vocabulary.find(text);
    if kind.is_none() {
        let known = vocabulary.messages.iter().map(|def| def.label.as_str());
        problems.unknown(node.source(), node.inner_span(), "message", text, known);
    }
    kind
}

fn fields(vocabulary: &Vocabulary, texts: Vec<(&str, Node)>, problems: &mut Problems) -> HashSet<(Kind, usize)> {
    let mut found = HashSet::new();
    for (text, node) in texts {
        let places = places(vocabulary, text);
        if places.is_empty() {
            unknown_place(vocabulary, node.source(), node.inner_span(), text, problems);
        }
        found.extend(places);
    }
    found
}

/// How many items lists of these labels always have.
fn padding(vocabulary: &Vocabulary, entries: Vec<(Key, Node)>, problems: &mut Problems) -> HashMap<String, usize> {
    let of_messages = vocabulary.messages.iter().flat_map(|def| &def.fields.list);
    let fields = of_messages.chain(vocabulary.records.iter().flat_map(|record| &record.fields.list));
    let lists = fields.filter(|field| matches!(field.ty, Type::List(_))).map(|field| field.label.as_str());
    let mut pad = HashMap::new();
    for (key, node) in entries {
        if !lists.clone().any(|label| label == key.name) {
            problems.unknown(key.source, key.span.clone(), "list", key.name, lists.clone());
        }
        match node.integer(problems).map(usize::try_from) {
            Some(Ok(count)) => drop(pad.insert(key.name.to_owned(), count)),
            Some(Err(_)) => node.problem(problems, "no list has less than no items"),
            None => {}
        }
    }
    pad
}

/// A place that is nowhere, with the nearest that is.
fn unknown_place(
    vocabulary: &Vocabulary,
    source: &Arc<Source>,
    span: Range<usize>,
    text: &str,
    problems: &mut Problems,
) {
    let message = text.split_once('.').map_or("*", |(message, _)| message);
    let any = (message == "*").then_some("*");
    let places = vocabulary.messages.iter().flat_map(|def| {
        let labels = def.fields.list.iter().map(|field| field.label.as_str());
        labels.map(move |label| format!("{}.{label}", any.unwrap_or(&def.label)))
    });
    let places: Vec<String> = places.collect();
    problems.unknown(source, span, "field", text, places.iter().map(String::as_str));
}

/// The member that `Enumeration.Member` names.
fn enum_member(vocabulary: &Vocabulary, text: &str) -> Option<(usize, i64)> {
    let (name, member) = text.split_once('.')?;
    let place = vocabulary.enumeration(name)?;
    vocabulary.enums[place].code(member).map(|code| (place, code))
}

/// The places that `Message.Field`, or `*.Field`, names.
fn places(vocabulary: &Vocabulary, text: &str) -> Vec<(Kind, usize)> {
    let Some((message, label)) = text.split_once('.') else { return Vec::new() };
    let messages = vocabulary.kinds().filter(|(_, def)| message == "*" || def.label == message);
    let own = |def: &MessageDef| def.fields.list.iter().position(|field| field.label == label);
    messages.filter_map(|(kind, def)| own(def).map(|slot| (kind, slot))).collect()
}
