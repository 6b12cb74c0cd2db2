//! The content of a WSDL and its schemas in plain form: contracts, operations, and the types of parameters and results.

use std::fmt;

use hashbrown::HashMap;

use super::standards::XSD;

/// The longest chain of base types. Longer ones are cycles.
const MOST_BASES: usize = 16;

/// A name in its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub namespace: String,
    pub local: String,
}

impl Name {
    pub fn new(namespace: &str, local: &str) -> Name {
        Name { namespace: namespace.to_owned(), local: local.to_owned() }
    }

    /// From `{namespace}local`.
    pub fn of(text: &str) -> Name {
        let parts = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        parts.map_or_else(|| Name::new("", text), |(namespace, local)| Name::new(namespace, local))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.local)
    }
}

/// Everything that the documents of one WSDL say.
#[derive(Debug, Default)]
pub struct Description {
    pub contracts: Vec<Contract>,
    pub complexes: HashMap<Name, Complex>,
    pub simples: HashMap<Name, Simple>,
    pub elements: HashMap<Name, Type>,
    /// Oddities of the documents themselves.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    pub name: Name,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub name: String,
    /// None if no binding of SOAP 1.1 has the operation.
    pub action: Option<String>,
    /// The elements of the bodies of request and answer.
    pub input: Name,
    pub output: Option<Name>,
    /// The elements of the details of faults.
    pub faults: Vec<Name>,
    pub headers: Vec<Name>,
    /// The reason why it cannot be called as it is described.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Named(Name),
    /// The type of this element.
    Of(Name),
    Complex(Complex),
    Simple(Simple),
}

/// A type with members, without the members of its base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complex {
    pub base: Option<Name>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Without a namespace if the schema does not qualify its elements.
    pub name: Name,
    pub ty: Type,
    pub nillable: bool,
    /// May be left out.
    pub optional: bool,
    /// May stand several times.
    pub many: bool,
}

/// A type of plain values; with `values`, an enumeration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simple {
    pub base: Option<Name>,
    /// The names with their numbers.
    pub values: Vec<(String, i64)>,
}

/// A type after its names were followed.
#[derive(Debug, Clone, Copy)]
pub enum Resolved<'d> {
    Plain(Plain),
    Enumeration(&'d Simple, Option<&'d Name>),
    Complex(&'d Complex, Option<&'d Name>),
    /// The description has no type of this name.
    Missing(&'d Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    Text,
    Bool,
    /// At most 32 bits wide.
    Int,
    Long,
    Time,
    /// A type of XML Schema that no dialect uses.
    Other,
}

impl Description {
    pub fn resolve<'d>(&'d self, ty: &'d Type) -> Resolved<'d> {
        match ty {
            Type::Named(name) => self.named(name),
            Type::Of(element) => match self.elements.get(element) {
                Some(Type::Named(name)) => self.named(name),
                Some(Type::Complex(complex)) => Resolved::Complex(complex, None),
                Some(Type::Simple(simple)) => self.simple(simple, None),
                Some(Type::Of(_)) | None => Resolved::Missing(element),
            },
            Type::Complex(complex) => Resolved::Complex(complex, None),
            Type::Simple(simple) => self.simple(simple, None),
        }
    }

    fn named<'d>(&'d self, name: &'d Name) -> Resolved<'d> {
        if let Some(plain) = plain(name) {
            return Resolved::Plain(plain);
        }
        match (self.complexes.get(name), self.simples.get(name)) {
            (Some(complex), _) => Resolved::Complex(complex, Some(name)),
            (_, Some(simple)) => self.simple(simple, Some(name)),
            _ => Resolved::Missing(name),
        }
    }

    fn simple<'d>(&'d self, simple: &'d Simple, name: Option<&'d Name>) -> Resolved<'d> {
        let mut simple = simple;
        for _ in 0..MOST_BASES {
            if !simple.values.is_empty() {
                return Resolved::Enumeration(simple, name);
            }
            let Some(base) = &simple.base else { break };
            if let Some(plain) = plain(base) {
                return Resolved::Plain(plain);
            }
            let Some(next) = self.simples.get(base) else { break };
            simple = next;
        }
        Resolved::Plain(Plain::Other)
    }

    /// All members in the order in which they are written: those of the base first.
    pub fn members<'d>(&'d self, complex: &'d Complex) -> Vec<&'d Member> {
        let mut chain = vec![complex];
        while let Some(base) = chain.last().and_then(|last| last.base.as_ref()) {
            match self.complexes.get(base) {
                Some(next) if chain.len() < MOST_BASES => chain.push(next),
                _ => break,
            }
        }
        chain.iter().rev().flat_map(|complex| &complex.members).collect()
    }

    /// The member for the items of an array, if the type is one.
    pub fn item<'d>(&self, complex: &'d Complex) -> Option<&'d Member> {
        match complex.members.as_slice() {
            [item] if item.many && complex.base.is_none() => Some(item),
            _ => None,
        }
    }

    /// The type of an element's content.
    pub fn inside<'d>(&'d self, element: &Name) -> Option<Resolved<'d>> {
        self.elements.get(element).map(|ty| self.resolve(ty))
    }
}

fn plain(name: &Name) -> Option<Plain> {
    let known = match name.local.as_str() {
        _ if name.namespace != XSD => return None,
        "string" | "normalizedString" | "token" | "anyURI" | "Name" | "NCName" | "ID" => Plain::Text,
        "boolean" => Plain::Bool,
        "int" | "short" | "byte" | "unsignedShort" | "unsignedByte" => Plain::Int,
        "long" | "integer" | "unsignedInt" | "unsignedLong" | "nonNegativeInteger" | "positiveInteger" | "decimal" => {
            Plain::Long
        }
        "dateTime" => Plain::Time,
        _ => Plain::Other,
    };
    Some(known)
}
