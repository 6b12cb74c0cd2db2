//! The last words of a platform about each of its agents, calls and services: the record that its last snapshot had of it, and
//! what its events have told of the same fields since. Rules answer snapshots from the picture; for applications of the
//! platform's own dialect the answer is filled from these records. Which things there are, and which ids they have, is the
//! picture's business alone.

use hashbrown::{HashMap, HashSet};

use crate::{
    message::{Kind, Message, Node, Value},
    model::{Id, Model, NativeId},
    vocabulary::{AgentPart, Fields, MessageDef, Role, Side, Thing, Type, Vocabulary, Which},
};

/// So many records are kept whatever the picture has.
const FEW: usize = 1000;
/// A record that was changed so often is copied, which frees the texts that it does not have any more.
const CHANGES: u32 = 100;

/// The records of one platform.
#[derive(Debug, Default)]
pub(in crate::bridge) struct Records {
    shapes: Vec<Shape>,
    /// By kind of message: the record that it tells members of, and its fields that name things which have records.
    tells: Vec<Option<Tells>>,
    names: Vec<Vec<(usize, usize)>>,
    known: HashMap<(usize, NativeId), Known>,
    /// With so many, those that the picture does not have any more are forgotten.
    most: usize,
}

/// A field of a message that shows the record of a thing.
#[derive(Debug)]
struct Shape {
    kind: Kind,
    slot: usize,
    /// The place of the record's type.
    record: usize,
    about: Thing,
    /// By member: events tell it, too, so that its last value is known.
    is_told: Vec<bool>,
}

/// An event that tells members of a record.
#[derive(Debug)]
struct Tells {
    shape: usize,
    /// The field that says whose.
    id: usize,
    /// Its fields and the members that they are.
    members: Vec<(usize, usize)>,
    /// Fields of the header.
    header: Vec<usize>,
}

#[derive(Debug)]
struct Known {
    /// The message that shows the record.
    message: Message,
    /// No event has named it since it was shown.
    is_fresh: bool,
    changes: u32,
}

/// A platform's record of one thing, with its application's ids.
#[derive(Debug)]
pub(in crate::bridge) struct Whole {
    pub message: Message,
    shape: usize,
    is_fresh: bool,
}

impl Records {
    pub fn new(vocabulary: &Vocabulary) -> Records {
        let events = || vocabulary.kinds().filter(|(_, def)| def.side == Side::Event);
        let mut shapes: Vec<Shape> = Vec::new();
        for (kind, def) in events() {
            for (slot, field) in def.fields.list.iter().enumerate() {
                let Type::Record(record) = field.ty else { continue };
                let fields = &vocabulary.records[record].fields;
                let Some(about) = fields.about().filter(|about| *about != Thing::Switch) else { continue };
                shapes.push(Shape { kind, slot, record, about, is_told: vec![false; fields.list.len()] });
            }
        }
        let mut tells: Vec<Option<Tells>> = vocabulary.kinds().map(|_| None).collect();
        for (kind, def) in events() {
            if shapes.iter().any(|shape| shape.kind == kind) {
                continue;
            }
            let of_shape = |(place, shape): (usize, &Shape)| Tells::new(vocabulary, def, place, shape);
            // A message is about the thing with which it shares the most members.
            let most = |best: Option<Tells>, other: Tells| match best {
                Some(best) if best.members.len() >= other.members.len() => Some(best),
                _ => Some(other),
            };
            let found = shapes.iter().enumerate().filter_map(of_shape).fold(None, most);
            if let Some(found) = &found {
                found.members.iter().for_each(|(_, member)| shapes[found.shape].is_told[*member] = true);
            }
            tells[kind.0 as usize] = found;
        }
        let names = vocabulary.kinds().map(|(_, def)| naming(def, &shapes)).collect();
        Records { shapes, tells, names, known: HashMap::new(), most: FEW }
    }

    /// Notes what a message tells.
    pub fn note(&mut self, vocabulary: &Vocabulary, message: &Message, model: &Model) {
        let Some(kind) = message.kind().filter(|_| !self.shapes.is_empty()) else { return };
        for (shape, slot) in &self.names[kind.0 as usize] {
            let known =
                NativeId::new(Id::from_value(message.get(*slot))).and_then(|id| self.known.get_mut(&(*shape, id)));
            if let Some(known) = known {
                known.is_fresh = false;
            }
        }
        if let Some(tells) = &self.tells[kind.0 as usize] {
            let shape = &self.shapes[tells.shape];
            let Some(id) = NativeId::new(Id::from_value(message.get(tells.id))) else { return };
            let known = self.known.entry((tells.shape, id)).or_insert_with(|| Known::new(vocabulary, shape));
            known.take(shape, tells, message);
        } else {
            for (place, shape) in self.shapes.iter().enumerate().filter(|(_, shape)| shape.kind == kind) {
                let id =
                    message.get(shape.slot).as_record().and_then(|record| NativeId::new(Id::from_value(record.get(0))));
                if let Some(id) = id {
                    let known = Known { message: message.clone(), is_fresh: true, changes: 0 };
                    self.known.insert((place, id), known);
                }
            }
        }
        if self.known.len() > self.most {
            self.forget(model);
        }
    }

    /// Forgets what the picture does not have.
    #[cold]
    fn forget(&mut self, model: &Model) {
        let services: HashSet<&NativeId> = model.services().map(|(_, service)| &service.id).collect();
        let shapes = &self.shapes;
        self.known.retain(|(shape, id), _| match shapes[*shape].about {
            Thing::Call(part) => model.call_bearing(part, id.as_id()).is_some(),
            Thing::Agent => model.agent_by_id(id.as_id()).is_some(),
            Thing::Service(_) => services.contains(id),
            Thing::AgentOrNumber | Thing::Switch => false,
        });
        self.most = FEW.max(self.known.len() * 2);
    }

    /// The record of a thing, with the platform's own ids.
    pub fn whole(&self, is_it: impl Fn(Thing) -> Option<NativeId>) -> Option<Whole> {
        self.shapes.iter().enumerate().find_map(|(shape, known)| {
            let Known { message, is_fresh, .. } = self.known.get(&(shape, is_it(known.about)?))?;
            Some(Whole { message: message.clone(), shape, is_fresh: *is_fresh })
        })
    }

    /// Fills an answer that rules made. Ids are the picture's, where it has some; so is what only snapshots tell, once an event has
    /// told anything else.
    pub fn fill(&self, vocabulary: &Vocabulary, whole: &Whole, answer: &mut Message) {
        let shape = &self.shapes[whole.shape];
        let fields = &vocabulary.records[shape.record].fields;
        let (from, into) = (whole.message.node(shape.slot), answer.node(shape.slot));
        if answer.kind() != Some(shape.kind) || !matches!(into, Node::Record(_)) {
            return;
        }
        for (member, spot) in answer.spots(into).enumerate() {
            let node = whole.message.entries(from).get(member).copied().unwrap_or_default();
            let value = whole.message.value(node);
            let own = answer.value(answer.at(spot));
            let is_wanted = match fields.thing(member) {
                Some(Thing::Switch) => true,
                Some(Thing::Call(_) | Thing::Agent | Thing::AgentOrNumber | Thing::Service(_)) => {
                    whole.is_fresh && own.is_empty()
                }
                None if fields.is_of_ids(member) => whole.is_fresh,
                None => whole.is_fresh || own.is_empty() || shape.is_told[member],
            };
            if is_wanted && !is_nothing(&fields.list[member].ty, value) {
                let copy = answer.copy(value);
                answer.replace(spot, copy);
            }
        }
        for xml in whole.message.further(from) {
            answer.add_further(into, xml);
        }
        for slot in header(vocabulary.message(shape.kind)) {
            let value = whole.message.get(slot);
            if !value.is_empty() {
                let copy = answer.copy(value);
                answer.set(slot, copy);
            }
        }
    }
}

/// The fields of a message that name things which have records, and the places of these records' shapes.
fn naming(def: &MessageDef, shapes: &[Shape]) -> Vec<(usize, usize)> {
    let of_field = |slot: usize| {
        let thing = def.fields.thing(slot)?;
        Some((shapes.iter().position(|shape| shape.about == thing)?, slot))
    };
    (0..def.fields.list.len()).filter_map(of_field).collect()
}

impl Tells {
    /// None if the message has nothing of a record of this shape.
    fn new(vocabulary: &Vocabulary, def: &MessageDef, place: usize, shape: &Shape) -> Option<Tells> {
        let fields = &vocabulary.records[shape.record].fields;
        let id = def.role(match shape.about {
            Thing::Agent => Role::Agent(AgentPart::Id),
            Thing::Call(part) => Role::Call(Which::Call, part),
            Thing::Service(_) => Role::Service,
            Thing::AgentOrNumber | Thing::Switch => return None,
        })?;
        let of_field = |(slot, field): (usize, &crate::vocabulary::Field)| {
            let member = fields.slot(&field.label).filter(|member| fields.list[*member].ty == field.ty)?;
            let is_free =
                |fields: &Fields, slot: usize| !fields.is_of_ids(slot) || fields.thing(slot) == Some(Thing::Switch);
            (is_free(fields, member) && is_free(&def.fields, slot)).then_some((slot, member))
        };
        let members: Vec<(usize, usize)> = def.fields.list.iter().enumerate().filter_map(of_field).collect();
        let own = |(_, member): &(usize, usize)| !fields.is_of_ids(*member);
        let shown = vocabulary.message(shape.kind);
        let header = if shown.base == def.base { header(def).collect() } else { Vec::new() };
        members.iter().any(own).then_some(Tells { shape: place, id, members, header })
    }
}

/// The fields of a message's header that say where it comes from: no ids but the switch's, no numbers of a session.
fn header(def: &MessageDef) -> impl Iterator<Item = usize> + '_ {
    let most = def.base.map_or(0, |(_, most)| most);
    (0..most).filter(|slot| {
        let role = def.roles.iter().find(|(_, known)| known == slot).map(|(role, _)| *role);
        role.is_none_or(|role| role == Role::Platform) && def.fixed.iter().all(|(fixed, _)| fixed != slot)
    })
}

impl Known {
    /// Nothing is known yet.
    fn new(vocabulary: &Vocabulary, shape: &Shape) -> Known {
        let mut message = Message::default();
        message.start(shape.kind, vocabulary.message(shape.kind).fields.list.len());
        let open = message.open_record(vocabulary.records[shape.record].fields.list.len());
        let record = message.close_record(open);
        message.set(shape.slot, record);
        Known { message, is_fresh: false, changes: 0 }
    }

    fn take(&mut self, shape: &Shape, tells: &Tells, event: &Message) {
        for slot in &tells.header {
            if let node @ Node::Int(_) = event.node(*slot) {
                self.message.set(*slot, node);
            }
        }
        let record = self.message.node(shape.slot);
        for (slot, member) in &tells.members {
            let value = event.get(*slot);
            let Some(spot) = self.message.spots(record).nth(*member) else { continue };
            if value.is_empty() || is_same(self.message.value(self.message.at(spot)), value) {
                continue;
            }
            let copy = self.message.copy(value);
            self.message.replace(spot, copy);
            self.changes += 1;
        }
        if self.changes > CHANGES {
            self.compact();
        }
    }

    #[cold]
    fn compact(&mut self) {
        let old = std::mem::take(&mut self.message);
        let Some(kind) = old.kind() else { return };
        self.message.start(kind, old.fields().len());
        for slot in 0..old.fields().len() {
            let copy = self.message.copy(old.get(slot));
            self.message.set(slot, copy);
        }
        self.changes = 0;
    }
}

fn is_same(one: Value<'_>, other: Value<'_>) -> bool {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one == other,
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (one, other) => format!("{one:?}") == format!("{other:?}"),
    }
}

/// Whether a value says nothing: it is missing, or the member of an enumeration that stands for no value.
fn is_nothing(ty: &Type, value: Value<'_>) -> bool {
    value.is_empty() || (matches!(ty, Type::Enum(_)) && value.as_int() == Some(0))
}
