//! The answers to operations: replies, results, and the types of faults' details.

use super::{
    comparison::Comparison,
    description::{Complex, Contract, Member, Name, Operation, Resolved},
    fitted::{Part, Sort, Weight},
    members::Ways,
};
use crate::{
    message::Kind,
    vocabulary::{message_def::MessageDef, overlay::Owner},
};

impl<'c> Comparison<'c> {
    pub fn result(&mut self, kind: Kind, operation: &'c Operation, part: &mut Part) {
        let def = self.vocabulary.message(kind);
        let Some(output) = &operation.output else { return };
        let Some(Resolved::Complex(complex, _)) = self.description.inside(output) else { return };
        let members = self.description.members(complex);
        if let Some(ty) = &def.returns {
            let is_void = members.is_empty();
            if is_void != self.base.is_void(kind) {
                part.say(Weight::Differs, if is_void { "returns nothing" } else { "returns something" });
                self.profile.set_void(kind, is_void);
            }
            if let Some(result) = members.first() {
                self.value(None, "what it returns", ty, result, part);
            }
        }
        if let Some(reply) = def.reply {
            let mut answer = Part::new(Sort::Operation, "", "");
            self.reply(reply, output, members.first().copied(), &mut answer);
            answer.remarks.into_iter().for_each(|r| part.say(r.weight, format!("in its answer: {}", r.text)));
        }
    }

    fn reply(&mut self, kind: Kind, output: &Name, result: Option<&'c Member>, part: &mut Part) {
        let def = self.vocabulary.message(kind);
        let owner = Owner::Message(kind);
        if output.local != self.base.message_name(self.vocabulary, kind) {
            self.profile.overlay.names.insert(owner, output.local.clone());
        }
        let Some(result) = result else {
            part.say(Weight::Lacks, "there is nothing");
            return;
        };
        if let (true, Some(field)) = (def.bare, def.fields.list.first()) {
            self.value(Some((owner, 0)), "the result", &field.ty, result, part);
        } else if let Resolved::Complex(complex, _) = self.description.resolve(&result.ty) {
            self.data(owner, complex, Ways { data: true, written: false }, part);
        } else {
            part.say(Weight::Contradicts, "the result has no members");
        }
    }

    /// Compares the members of a data contract. The oddities of a type are reported once.
    pub fn data(&mut self, owner: Owner, complex: &'c Complex, ways: Ways, part: &mut Part) {
        let slots: Vec<usize> = (0..self.fields(owner).list.len()).collect();
        let members = self.description.members(complex);
        let mut unsaid = Part::new(Sort::Type, "", "");
        let is_new = !self.told.iter().any(|known| std::ptr::eq(*known, complex));
        self.members(owner, &slots, &members, ways, if is_new { part } else { &mut unsaid });
        self.told.push(complex);
    }

    /// Compares the types of faults' details.
    pub fn faults(&mut self, contract: &'c Contract) {
        let mut faults: Vec<&Name> = contract.operations.iter().flat_map(|operation| &operation.faults).collect();
        faults.sort();
        faults.dedup();
        let Some(first) = faults.first() else { return };
        let known: Vec<(Kind, &MessageDef)> = self.vocabulary.kinds().filter(|(_, def)| def.fault).collect();
        let same = |name: &&Name, wanted: &str| name.local.eq_ignore_ascii_case(wanted);
        if known.is_empty() {
            let usual = self.base.fault.as_deref();
            if !faults.iter().any(|name| usual.is_some_and(|usual| same(name, usual))) {
                let mut part = Part::new(Sort::Fault, usual.unwrap_or("no type"), &first.local);
                part.say(Weight::Differs, format!("the details of faults are of type {first}"));
                self.profile.fault = Some(first.local.clone());
                self.parts.push((None, part));
            }
            return;
        }
        for (kind, def) in known {
            let owner = Owner::Message(kind);
            let found = faults.iter().position(|name| same(name, def.wire_name())).map(|place| faults.remove(place));
            let mut part = Part::new(Sort::Fault, &def.label, found.map_or("", |name| &name.local));
            match found.and_then(|name| self.description.inside(name)) {
                Some(Resolved::Complex(complex, _)) => {
                    self.data(owner, complex, Ways { data: true, written: false }, &mut part);
                }
                _ => part.say(Weight::Spares, "no operation declares it"),
            }
            self.parts.push((Some(owner), part));
        }
        for name in faults {
            let mut part = Part::new(Sort::Fault, &name.local, &name.local);
            part.say(Weight::Unknown, "is not known: its reason is told as it comes");
            self.parts.push((None, part));
        }
    }
}
