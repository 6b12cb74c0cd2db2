//! Which fields are worth keeping when a message is read: those that its plan reads, down to the members of records, and
//! what conversations need, and the name that says which message it is. Everything else is passed over as it comes from the wire.

use super::{
    compile::Expr,
    incoming::{DeviceKindPlan, DevicePlan, Hop, KindPlan, Leaf, ListPlan, Rule},
};
use crate::vocabulary::{Field, Keep, MessageDef, Role, Side, Type, Vocabulary, Wanted};

pub fn wanted(vocabulary: &Vocabulary, plans: &[KindPlan]) -> Wanted {
    let kept = |(def, plan): (&MessageDef, &KindPlan)| {
        let conversation = |role| matches!(role, Some(Role::Sequence | Role::Time | Role::Utc));
        let whole = |role| def.side != Side::Event || conversation(role);
        let names = |label: &String| def.wire_names.iter().any(|(field, _)| field == label);
        let keep = |field: &Field| if whole(field.role) || names(&field.label) { Keep::Whole } else { Keep::Nothing };
        let keeps = def.fields.list.iter().map(keep);
        let mut reads = Reads { vocabulary, def, plan, keeps: keeps.collect() };
        plan.rules.iter().for_each(|rule| reads.rule(rule));
        reads.keeps.into()
    };
    vocabulary.messages.iter().zip(plans).map(kept).collect()
}

/// How a path reads what it leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Whole,
    /// A list whose items are gone through: what is read of them, other paths say.
    Through,
}

/// Goes through a plan and notes what it reads.
struct Reads<'r> {
    vocabulary: &'r Vocabulary,
    def: &'r MessageDef,
    plan: &'r KindPlan,
    keeps: Vec<Keep>,
}

/// The lists whose items are gone through around an expression, the innermost last.
type Around<'a, 'r> = &'a [&'r Leaf];

impl<'r> Reads<'r> {
    fn rule(&mut self, rule: &'r Rule) {
        for slot in rule.calls.iter().map(|(_, _, slot)| slot).chain(&rule.request) {
            self.keeps[*slot] = Keep::Whole;
        }
        let items: Vec<&Leaf> = rule.each.iter().collect();
        if let Some(each) = &rule.each {
            self.leaf(each, &[], &[], Read::Through);
        }
        self.expr(rule.when.as_ref(), &items);
        self.expr(rule.call.as_ref().map(|(_, number)| number), &items);
        rule.facts.iter().for_each(|plan| self.expr(Some(&plan.expr), &items));
        for device in [&rule.party, &rule.other, &rule.to, &rule.service] {
            self.device(device.as_ref(), &items);
        }
        for list in [&rule.data, &rule.services].into_iter().flatten() {
            self.list(list, &items);
        }
    }

    fn list(&mut self, list: &'r ListPlan, around: Around<'_, 'r>) {
        let mut items = around.to_vec();
        if let Some(each) = &list.each {
            self.leaf(each, around, &[], Read::Through);
            items.push(each);
        }
        for expr in [&list.when, &list.key, &list.value] {
            self.expr(expr.as_ref(), &items);
        }
        self.device(list.device.as_ref(), &items);
    }

    fn device(&mut self, device: Option<&'r DevicePlan>, around: Around<'_, 'r>) {
        let Some(device) = device else { return };
        let kind = match &device.kind {
            DeviceKindPlan::Member(_, expr) | DeviceKindPlan::Word(expr) => Some(expr),
            DeviceKindPlan::Unknown | DeviceKindPlan::Fixed(_) => None,
        };
        for expr in [kind, device.id.as_ref(), device.number.as_ref()] {
            self.expr(expr, around);
        }
    }

    fn expr(&mut self, expr: Option<&'r Expr<Leaf>>, around: Around<'_, 'r>) {
        for leaf in expr.iter().flat_map(|expr| expr.leaves()) {
            self.leaf(leaf, around, &[], Read::Whole);
        }
    }

    /// What stands where a leaf leads, and the hops `beyond` it, is read.
    fn leaf(&mut self, leaf: &'r Leaf, around: Around<'_, 'r>, beyond: &[&'r Hop], read: Read) {
        let (Leaf::Field { steps, .. } | Leaf::Let { steps, .. } | Leaf::Item { steps }) = leaf else { return };
        let hops: Vec<&Hop> = steps.iter().chain(beyond.iter().copied()).collect();
        for hop in steps {
            if let Hop::Keyed { equals, .. } = hop {
                self.expr(Some(equals), around);
            }
        }
        match leaf {
            Leaf::Field { slot, .. } => {
                let ty = &self.def.fields.list[*slot].ty;
                mark(self.vocabulary, &mut self.keeps[*slot], ty, &hops, read);
            }
            Leaf::Let { place, .. } => {
                for root in self.plan.lets.get(*place).iter().flat_map(|expr| expr.leaves()) {
                    self.leaf(root, &[], &hops, read);
                }
            }
            Leaf::Item { .. } => {
                if let Some((each, further)) = around.split_last() {
                    self.leaf(each, further, &hops, read);
                }
            }
            Leaf::Place => {}
        }
    }
}

/// Notes what a path reads of a value of a type. The items of a list are all alike.
fn mark(vocabulary: &Vocabulary, kept: &mut Keep, ty: &Type, hops: &[&Hop], read: Read) {
    let item = if let Type::List(item) = ty { item } else { ty };
    let fields = match item {
        Type::Record(place) => &vocabulary.records[*place].fields,
        _ => return *kept = Keep::Whole,
    };
    match hops.split_first() {
        None if read == Read::Whole => *kept = Keep::Whole,
        None => kept.hold(fields.list.len()),
        Some((Hop::At(_), further)) => mark(vocabulary, kept, item, further, read),
        Some((Hop::Numbered { record, slot, .. }, further)) => {
            mark(vocabulary, kept, item, &[&Hop::Member { record: *record, slot: *slot }], Read::Whole);
            mark(vocabulary, kept, item, further, read);
        }
        Some((Hop::Keyed { path, .. }, further)) => {
            mark(vocabulary, kept, item, &path.iter().collect::<Vec<_>>(), Read::Whole);
            mark(vocabulary, kept, item, further, read);
        }
        Some((Hop::Member { slot, .. }, further)) => {
            kept.hold(fields.list.len());
            if let Keep::Members(members) = kept {
                mark(vocabulary, &mut members[*slot], &fields.list[*slot].ty, further, read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{diagnostic::Problems, mapping::Mappings, message::Message, shipped::Files, vocabulary::Keep};

    fn kept(keep: &Keep) -> usize {
        match keep {
            Keep::Nothing => 0,
            Keep::Whole => 1,
            Keep::Members(members) => members.iter().map(kept).sum(),
        }
    }

    #[test]
    fn what_no_rule_reads_is_passed_over_down_to_members_of_records() {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        let from = mappings.dialects["event-feed"].from.as_ref().unwrap();
        let fields = |label: &str| &from.wanted[from.vocabulary.find(label).unwrap().0 as usize];
        // Its name; sequence and time, for the conversation and the clock.
        assert_eq!(fields("group-stats").iter().map(kept).sum::<usize>(), 3);
        let established = from.vocabulary.find("established").unwrap();
        let slot = from.vocabulary.message(established).fields.slot("call-table").unwrap();
        let Keep::Members(members) = &fields("established")[slot] else { panic!("a call table is read in part") };
        let record = from.vocabulary.records.iter().find(|record| record.name == "call").unwrap();
        let member = |label: &str| &members[record.fields.slot(label).unwrap()];
        assert_eq!((kept(member("connections")), kept(member("dnis")), kept(member("call-profile"))), (0, 1, 2));
    }

    #[test]
    fn a_field_that_is_wrong_twice_does_not_stand_for_another() {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        let from = mappings.dialects["event-feed"].from.as_ref().unwrap();
        let wrong = "\"call-table\":7,".repeat(20);
        let text = format!("{{\"message\":\"established\",{wrong}\"joining-device-id\":1001}}");
        let mut message = Message::default();
        from.vocabulary.read_json(&text, false, &from.wanted, &mut message).unwrap();
        let slot = from.vocabulary.message(message.kind().unwrap()).fields.slot("joining-device-id").unwrap();
        assert_eq!(message.get(slot).as_int(), Some(1001));
    }

    /// Whatever the plans read, they find: a message that is read in part means what it means when it is read whole.
    #[test]
    fn examples_mean_the_same_when_they_are_read_in_part() {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        for dialect in mappings.dialects.values() {
            let Some(from) = &dialect.from else { continue };
            for example in &from.examples {
                let text = example.text();
                let meaning = |wanted| {
                    let mut message = Message::default();
                    let read = from.vocabulary.read_json(&text, false, wanted, &mut message);
                    let read = read.or_else(|_| from.vocabulary.read_json(&text, true, wanted, &mut message));
                    read.unwrap();
                    let mut changes = Vec::new();
                    from.changes(&message, |rule, change| changes.push(format!("{rule} {change:?}")));
                    changes
                };
                assert_eq!(meaning(&from.wanted), meaning(&Vec::new()), "{text}");
            }
        }
    }
}
