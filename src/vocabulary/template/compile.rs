//! Fields → members, once: names, tags, and the text of those that nobody sets.

use super::{
    super::*,
    members::{Member, Members, Shape},
};

const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How XML is put down that means the same to whoever reads it.
#[derive(Debug)]
pub struct Hand {
    /// What stands before the names of a data contract's members.
    data: &'static str,
    /// How an element ends that has nothing in it.
    pub(super) empty: &'static str,
    /// Whether an empty text is such an element.
    empty_texts: bool,
    /// Whether the instance namespace is bound at the envelope instead of at the parameter.
    pub(super) instance_above: bool,
}

impl Hand {
    /// As Mono's stack writes.
    pub const NET: Hand = Hand { data: "d4p1", empty: " />", empty_texts: false, instance_above: false };
    /// As the Open Media clients were seen to write.
    pub const COMPACT: Hand = Hand { data: "a", empty: "/>", empty_texts: true, instance_above: true };
}

impl Default for &Hand {
    fn default() -> Self {
        &Hand::NET
    }
}

pub(super) struct Compiler<'v> {
    pub vocabulary: &'v Vocabulary,
    pub profile: &'v Profile,
    pub hand: &'static Hand,
}

impl Compiler<'_> {
    /// The attributes of an element that holds a data contract's members.
    pub fn data_attributes(&self, data: &str) -> String {
        let instance = format!(" xmlns:i=\"{INSTANCE}\"");
        format!(" xmlns:{}=\"{data}\"{}", self.hand.data, if self.hand.instance_above { "" } else { &instance })
    }

    /// The fields of a message as parameters of its operation.
    pub fn parameters(&self, kind: Kind) -> Vec<Member> {
        let fields = &self.vocabulary.message(kind).fields.list;
        let kept = (0..fields.len()).filter(|slot| !self.profile.is_omitted(kind, *slot));
        let members = kept.map(|slot| {
            let label = self.profile.label(self.vocabulary, kind, slot);
            let attributes = match fields[slot].ty {
                Type::Record(_) | Type::List(_) => self.data_attributes(&self.profile.namespaces.data),
                _ => String::new(),
            };
            self.member(&fields[slot], slot, label, label, &attributes, false)
        });
        members.collect()
    }

    fn data_tag(&self, label: &str) -> String {
        format!("{}:{label}", self.hand.data)
    }

    pub fn message_members(&self, kind: Kind, slots: Range<usize>) -> Vec<Member> {
        let def = self.vocabulary.message(kind);
        let kept = slots.filter(|slot| !self.profile.is_omitted(kind, *slot));
        let mut members: Vec<(&str, usize)> =
            kept.map(|slot| (self.profile.label(self.vocabulary, kind, slot), slot)).collect();
        members.sort_unstable();
        let member = |(label, slot): (&str, usize)| {
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            let mut member = self.member(&def.fields.list[slot], slot, label, &self.data_tag(label), "", false);
            if let Some(literal) = fixed {
                member.absent = self.literal(&member, &def.fields.list[slot].ty, literal);
                member.is_plain = *literal != Literal::Absent;
            }
            if self.profile.is_listed(kind, slot) {
                member = one(member, self.vocabulary.type_text(&def.fields.list[slot].ty));
            }
            member
        };
        members.into_iter().map(member).collect()
    }

    fn record_members(&self, place: usize) -> Vec<Member> {
        let fields = &self.vocabulary.records[place].fields;
        let mut members: Vec<(&str, usize)> =
            fields.list.iter().enumerate().map(|(slot, field)| (field.label.as_str(), slot)).collect();
        members.sort_unstable();
        let member = |(label, slot): (&str, usize)| {
            self.member(&fields.list[slot], slot, label, &self.data_tag(label), "", false)
        };
        members.into_iter().map(member).collect()
    }

    /// A member named `tag`. Items of lists are never nil where they are absent.
    pub fn member(
        &self,
        field: &Field,
        slot: usize,
        label: &str,
        tag: &str,
        attributes: &str,
        is_item: bool,
    ) -> Member {
        let mut attributes = attributes.to_owned();
        let shape = match &field.ty {
            Type::Text | Type::Time | Type::Id => Shape::Text,
            Type::Int => Shape::Number { narrow: true },
            Type::Long => Shape::Number { narrow: false },
            Type::Bool => Shape::Bool,
            Type::Enum(place) => Shape::Enum(self.profile.member_names(self.vocabulary, *place)),
            Type::Record(place) => Shape::Object(Members::between("", self.record_members(*place), "")),
            Type::List(item) => {
                let item_tag = match &**item {
                    Type::Int => "d5p1:int".to_owned(),
                    Type::Long => "d5p1:long".to_owned(),
                    Type::Bool => "d5p1:boolean".to_owned(),
                    Type::Text | Type::Time | Type::Id => "d5p1:string".to_owned(),
                    other => self.data_tag(&self.vocabulary.type_text(other)),
                };
                if item_tag.starts_with("d5p1") {
                    attributes += &format!(" xmlns:d5p1=\"{ARRAYS}\"");
                }
                let item_field = Field { ty: (**item).clone(), ..field.clone() };
                let item = self.member(&item_field, 0, label, &item_tag, "", true);
                let pad = self.profile.padding(label);
                Shape::List { padding: item.absent.repeat(pad), item: Box::new(item), pad }
            }
        };
        let empty = self.hand.empty;
        // Members of data contracts have a prefix, and stand where the instance namespace is bound already.
        let nil = match attributes.contains("xmlns:i=") || tag.contains(':') {
            true => format!("<{tag}{attributes} i:nil=\"true\"{empty}"),
            false => format!("<{tag}{attributes} xmlns:i=\"{INSTANCE}\" i:nil=\"true\"{empty}"),
        };
        let mut member = Member {
            slot,
            name: field.name,
            open: format!("<{tag}{attributes}>"),
            close: format!("</{tag}>"),
            absent: String::new(),
            at: 0,
            is_plain: true,
            nil,
            shape,
        };
        let around = |inner: &str| format!("{}{inner}{}", member.open, member.close);
        member.absent = match &member.shape {
            Shape::Object(members) if is_item => around(&members.text),
            Shape::List { pad, padding, .. } if *pad > 0 => around(padding),
            _ if self.hand.empty_texts && field.default == Literal::Text(String::new()) => {
                member.is_plain = false;
                format!("<{tag}{attributes}{empty}")
            }
            _ => {
                member.is_plain = field.default != Literal::Absent;
                self.literal(&member, &field.ty, &field.default)
            }
        };
        member
    }

    fn literal(&self, member: &Member, ty: &Type, literal: &Literal) -> String {
        let text = match (literal, ty) {
            (Literal::Absent, _) => return member.nil.clone(),
            (Literal::EmptyList, _) => String::new(),
            (Literal::Int(code), Type::Enum(_)) => member.shape.name_of(*code).to_owned(),
            (Literal::Int(number), _) => number.to_string(),
            (Literal::Bool(value), _) => value.to_string(),
            (Literal::Text(text), _) => text.clone(),
        };
        format!("{}{text}{}", member.open, member.close)
    }
}

/// The member as a list of one.
fn one(member: Member, class: String) -> Member {
    let (open, close, nil, slot, name) =
        (member.open.clone(), member.close.clone(), member.nil.clone(), member.slot, member.name);
    let item = Member { open: format!("<d4p1:{class}>"), close: format!("</d4p1:{class}>"), ..member };
    Member {
        slot,
        name,
        open,
        close,
        absent: nil.clone(),
        at: 0,
        is_plain: false,
        nil,
        shape: Shape::One(Box::new(item)),
    }
}
