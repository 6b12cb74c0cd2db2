//! Members: they are matched between WSDL and vocabulary, and their order and types compared.

use super::{
    comparison::Comparison,
    description::{Complex, Member, Name, Plain, Resolved},
    fitted::{Part, Sort, Weight},
};
use crate::vocabulary::{
    field::{Literal, Type},
    fields::Fields,
    overlay::{MemberForm, Owner},
    template::item_name,
};

/// The way in which members travel.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    /// True for members of a data contract, which are ordered by name; false for parameters, in the contract's order.
    pub data: bool,
    /// True if the bridge writes them, false if it only reads them.
    pub written: bool,
}

impl<'c> Comparison<'c> {
    pub fn fields(&self, owner: Owner) -> &'c Fields {
        match owner {
            Owner::Message(kind) => &self.vocabulary.message(kind).fields,
            Owner::Record(place) => &self.vocabulary.records[place].fields,
        }
    }

    /// The possible labels of a member, the most likely first.
    fn labels(&self, owner: Owner, slot: usize) -> Vec<&'c str> {
        let field = &self.fields(owner).list[slot];
        let profiles = std::iter::once(self.base).chain(&self.vocabulary.profiles);
        let labels = profiles.map(|profile| profile.label(self.vocabulary, owner, slot));
        labels.chain([field.label.as_str()]).chain(field.aliases.iter().map(String::as_str)).collect()
    }

    /// Matches slots with members: by the profile's label, then by any label that the vocabulary knows, then by these in any
    /// case. If the same number of parameters is left on both sides, these are matched in their order.
    fn pairs(&self, owner: Owner, slots: &[usize], members: &[&'c Member], ways: Ways) -> Vec<(usize, &'c Member)> {
        let mut pairs: Vec<(usize, &Member)> = Vec::new();
        let likeness: [fn(&[&str], &str) -> bool; 3] = [
            |labels, name| labels.first() == Some(&name),
            |labels, name| labels.contains(&name),
            |labels, name| labels.iter().any(|label| label.eq_ignore_ascii_case(name)),
        ];
        for matches in likeness {
            for slot in slots {
                let taken = |member: &Member| pairs.iter().any(|(_, known)| std::ptr::eq(*known, member));
                if pairs.iter().any(|(known, _)| known == slot) {
                    continue;
                }
                let labels = self.labels(owner, *slot);
                let found = members.iter().find(|member| !taken(member) && matches(&labels, &member.name.local));
                pairs.extend(found.map(|member| (*slot, *member)));
            }
        }
        if !ways.data {
            let is_paired = |member: &&&Member| pairs.iter().any(|(_, known)| std::ptr::eq(*known, **member));
            let members: Vec<&Member> = members.iter().filter(|member| !is_paired(member)).copied().collect();
            let is_paired = |slot: &&usize| pairs.iter().any(|(known, _)| known == *slot);
            let slots: Vec<usize> = slots.iter().filter(|slot| !is_paired(slot)).copied().collect();
            if slots.len() == members.len() {
                pairs.extend(slots.into_iter().zip(members));
            }
        }
        pairs
    }

    pub fn members(&mut self, owner: Owner, slots: &[usize], members: &[&'c Member], ways: Ways, part: &mut Part) {
        self.writing = ways.written;
        let pairs = self.pairs(owner, slots, members, ways);
        for slot in slots {
            match pairs.iter().find(|(known, _)| known == slot) {
                Some((_, member)) => self.member(owner, *slot, member, ways, part),
                None => self.missing(owner, *slot, part),
            }
        }
        for member in members {
            if !pairs.iter().any(|(_, known)| std::ptr::eq(*known, *member)) {
                let needed = ways.written && !member.optional && !member.nillable;
                let (weight, text) = match needed {
                    true => (Weight::Contradicts, "wants"),
                    false => (Weight::Unknown, "has"),
                };
                part.say(weight, format!("{text} a member {}, which is not known", member.name));
            }
        }
        // A record that is only read here may be written elsewhere.
        if ways.written || matches!(owner, Owner::Record(_)) {
            self.order(owner, &pairs, members, ways, part);
        }
    }

    fn member(&mut self, owner: Owner, slot: usize, member: &'c Member, ways: Ways, part: &mut Part) {
        let field = &self.fields(owner).list[slot];
        let mut form = MemberForm::default();
        if self.base.is_omitted(owner, slot) {
            form.omitted = Some(false);
            part.say(Weight::Differs, format!("has a member {}", member.name));
        }
        let usual = self.base.label(self.vocabulary, owner, slot);
        if member.name.local != usual {
            form.label = Some(member.name.local.clone());
            part.say(Weight::Differs, format!("{usual} is called {}", member.name));
        }
        if ways.data {
            self.spaces.push((owner, slot, &member.name.namespace));
        }
        if field.default == Literal::Absent && member.optional && !member.nillable {
            form.silent = true;
            if ways.written {
                part.say(Weight::Differs, format!("{} is left out where it is empty", member.name));
            }
        }
        if form != MemberForm::default() {
            *self.profile.overlay.form(owner, slot) = form;
        }
        self.value(Some((owner, slot)), &member.name.local, &field.ty, member, part);
    }

    fn missing(&mut self, owner: Owner, slot: usize, part: &mut Part) {
        if self.base.is_omitted(owner, slot) {
            return;
        }
        let field = &self.fields(owner).list[slot];
        self.profile.overlay.form(owner, slot).omitted = Some(true);
        let is_fault = matches!(owner, Owner::Message(kind) if self.vocabulary.message(kind).fault);
        let spared = is_fault || field.optional || self.vocabulary.profiles.iter().any(|p| p.is_omitted(owner, slot));
        let weight = if spared { Weight::Spares } else { Weight::Lacks };
        part.say(weight, format!("has no member {}", self.base.label(self.vocabulary, owner, slot)));
    }

    /// Notes the order of the WSDL's members if it is not the usual one.
    fn order(
        &mut self,
        owner: Owner,
        pairs: &[(usize, &'c Member)],
        members: &[&'c Member],
        ways: Ways,
        part: &mut Part,
    ) {
        let slot = |member: &&&Member| pairs.iter().find(|(_, known)| std::ptr::eq(*known, **member));
        let wanted: Vec<usize> = members.iter().filter_map(|member| slot(&member)).map(|(slot, _)| *slot).collect();
        let usual = match owner {
            Owner::Message(kind) if !ways.data => self.profile.parameter_order(self.vocabulary, kind),
            Owner::Message(_) | Owner::Record(_) => self.profile.data_order(self.vocabulary, owner),
        };
        if wanted != usual {
            if ways.written {
                part.say(Weight::Differs, "its members are in another order");
            }
            self.profile.overlay.orders.insert(owner, wanted);
        }
    }

    /// Compares the type of a member. Differences are noted for `place`, if there is one.
    pub fn value(
        &mut self,
        place: Option<(Owner, usize)>,
        label: &str,
        ty: &'c Type,
        member: &'c Member,
        part: &mut Part,
    ) {
        if member.many {
            part.say(Weight::Contradicts, format!("{label} stands several times, without a list around them"));
            return;
        }
        let was_listed = place.is_some_and(|(owner, slot)| self.base.is_listed(owner, slot));
        let resolved = self.description.resolve(&member.ty);
        let array = match resolved {
            Resolved::Complex(complex, _) => self.description.item(complex),
            Resolved::Plain(_) | Resolved::Enumeration(..) | Resolved::Missing(_) => None,
        };
        let inner = if let Type::List(inner) = ty { Some(&**inner) } else { None };
        match (array, inner) {
            (Some(item), inner) => {
                if inner.is_none() && !was_listed {
                    part.say(Weight::Differs, format!("{label} is a list"));
                    place.iter().for_each(|(owner, slot)| self.profile.overlay.form(*owner, *slot).listed = Some(true));
                }
                let inner = inner.unwrap_or(ty);
                if let Some((owner, slot)) = place {
                    self.item(owner, slot, inner, &item.name, part);
                }
                self.plain(None, label, inner, self.description.resolve(&item.ty), part);
            }
            (None, Some(inner)) => {
                part.say(Weight::Differs, format!("{label} is one, not a list"));
                place.iter().for_each(|(owner, slot)| self.profile.overlay.form(*owner, *slot).single = true);
                self.plain(place, label, inner, resolved, part);
            }
            (None, None) => {
                if was_listed {
                    part.say(Weight::Differs, format!("{label} is no list"));
                    place
                        .iter()
                        .for_each(|(owner, slot)| self.profile.overlay.form(*owner, *slot).listed = Some(false));
                }
                self.plain(place, label, ty, resolved, part);
            }
        }
    }

    /// Compares the name of a list's items. The namespace of data is not settled yet, so that names in it are kept for later.
    fn item(&mut self, owner: Owner, slot: usize, inner: &'c Type, name: &'c Name, part: &mut Part) {
        match item_name(self.vocabulary, inner) {
            (None, expected) => self.items.push((owner, slot, name, expected)),
            (Some(namespace), expected) if name.namespace != namespace || name.local != expected => {
                part.say(Weight::Differs, format!("items are {name} of {}", name.namespace));
                self.profile.overlay.form(owner, slot).item = Some((name.namespace.clone(), name.local.clone()));
            }
            _ => {}
        }
    }

    /// Compares the type of a value that is not a list.
    fn plain(
        &mut self,
        place: Option<(Owner, usize)>,
        label: &str,
        ty: &'c Type,
        found: Resolved<'c>,
        part: &mut Part,
    ) {
        let mut otherwise = |text: &str, other: Option<Type>| {
            part.say(Weight::Differs, format!("{label} is {text}"));
            if let Some(((owner, slot), other)) = place.zip(other) {
                self.profile.overlay.form(owner, slot).ty = Some(other);
            }
        };
        match (ty, found) {
            (Type::Record(place), Resolved::Complex(complex, name)) => self.record(*place, complex, name, part),
            (Type::Enum(place), Resolved::Enumeration(simple, name)) => self.enumeration(*place, simple, name, part),
            (Type::Enum(_), Resolved::Plain(Plain::Int)) => otherwise("a number, not a name", Some(Type::Int)),
            (Type::Enum(_), Resolved::Plain(Plain::Long)) => otherwise("a number, not a name", Some(Type::Long)),
            (Type::Enum(_), Resolved::Plain(Plain::Text)) => otherwise("a text; names are written", None),
            (Type::Bool, Resolved::Plain(Plain::Bool))
            | (Type::Int, Resolved::Plain(Plain::Int))
            | (Type::Long, Resolved::Plain(Plain::Long))
            | (Type::Text | Type::Time, Resolved::Plain(Plain::Text | Plain::Time))
            | (Type::Id, Resolved::Plain(Plain::Text | Plain::Int | Plain::Long)) => {}
            (Type::Int, Resolved::Plain(Plain::Long)) => otherwise("a number of 64 bits", Some(Type::Long)),
            (Type::Long, Resolved::Plain(Plain::Int)) => {
                otherwise("a number of 32 bits; longer ones are written as 0", Some(Type::Int));
            }
            (Type::Bool | Type::Int | Type::Long, Resolved::Plain(Plain::Text)) => otherwise("a text", None),
            (_, Resolved::Missing(name)) => {
                part.say(
                    Weight::Contradicts,
                    format!("the WSDL does not say what {label} is: there is no type {name}"),
                );
            }
            (ty, found) => {
                let found = match found {
                    Resolved::Plain(Plain::Text) => "a text".to_owned(),
                    Resolved::Plain(Plain::Bool) => "true or false".to_owned(),
                    Resolved::Plain(Plain::Int | Plain::Long) => "a number".to_owned(),
                    Resolved::Plain(Plain::Time) => "a time".to_owned(),
                    Resolved::Plain(Plain::Other) | Resolved::Missing(_) => "of a type that is not known".to_owned(),
                    Resolved::Enumeration(_, name) => format!("the enumeration {}", named(name)),
                    Resolved::Complex(_, name) => format!("{}, with members", named(name)),
                };
                let expected = self.vocabulary.type_text(ty);
                part.say(Weight::Contradicts, format!("{label} is {found}, not of type {expected}"));
            }
        }
    }

    fn record(&mut self, place: usize, complex: &'c Complex, name: Option<&'c Name>, part: &mut Part) {
        let record = &self.vocabulary.records[place];
        if let Some(known) = self.records.get(&place) {
            if !std::ptr::eq(*known, complex) && *known != complex {
                part.say(
                    Weight::Contradicts,
                    format!("{} is not the same everywhere: here it is {}", record.name, named(name)),
                );
            }
            return;
        }
        self.records.insert(place, complex);
        let mut own = Part::new(Sort::Type, &record.name, named(name));
        let owner = Owner::Record(place);
        let slots: Vec<usize> = (0..record.fields.list.len()).collect();
        let members = self.description.members(complex);
        self.members(owner, &slots, &members, Ways { data: true, written: self.writing }, &mut own);
        self.parts.push((Some(owner), own));
    }
}

fn named(name: Option<&Name>) -> &str {
    name.map_or("a type without a name", |name| &name.local)
}
