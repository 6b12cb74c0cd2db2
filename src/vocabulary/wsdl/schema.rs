//! XML Schema → types, as far as .NET services and similar ones use it.

use super::{
    description::{Complex, Description, Member, Name, Simple, Type},
    standards::XSD,
};
use crate::wire::xml::Element;

/// The namespace in which the data-contract serializer writes the numbers of an enumeration's members.
const SERIALIZATION: &str = "http://schemas.microsoft.com/2003/10/Serialization/";

/// Adds the types and elements of a schema.
pub fn read(schema: &Element, into: &mut Description) {
    let namespace = schema.attribute("targetNamespace").unwrap_or_default();
    let qualified = schema.attribute("elementFormDefault") == Some("qualified");
    let reader = Reader { namespace, qualified };
    for child in of_schema(schema) {
        let Some(name) = child.attribute("name") else { continue };
        let name = Name::new(namespace, name);
        match child.name.as_str() {
            "element" => drop(into.elements.insert(name, reader.type_of(child))),
            "complexType" => drop(into.complexes.insert(name, reader.complex(child))),
            "simpleType" => drop(into.simples.insert(name, simple(child))),
            _ => {}
        }
    }
}

struct Reader<'s> {
    namespace: &'s str,
    qualified: bool,
}

impl Reader<'_> {
    /// The type of an element: named, or written inside it. Without either it may be anything.
    fn type_of(&self, element: &Element) -> Type {
        if let Some(name) = element.attribute("type") {
            return Type::Named(Name::of(name));
        }
        for child in of_schema(element) {
            match child.name.as_str() {
                "complexType" => return Type::Complex(self.complex(child)),
                "simpleType" => return Type::Simple(simple(child)),
                _ => {}
            }
        }
        Type::Named(Name::new(XSD, "anyType"))
    }

    fn complex(&self, element: &Element) -> Complex {
        let mut complex = Complex::default();
        self.content(element, false, &mut complex);
        complex
    }

    fn content(&self, element: &Element, many: bool, into: &mut Complex) {
        for child in of_schema(element) {
            match child.name.as_str() {
                "sequence" | "all" | "choice" => self.content(child, many || is_many(child), into),
                "complexContent" | "simpleContent" => self.content(child, many, into),
                "extension" => {
                    into.base = child.attribute("base").map(Name::of);
                    self.content(child, many, into);
                }
                "restriction" => self.content(child, many, into),
                "element" => into.members.extend(self.member(child, many)),
                _ => {}
            }
        }
    }

    fn member(&self, element: &Element, many: bool) -> Option<Member> {
        let (name, ty) = match (element.attribute("ref"), element.attribute("name")) {
            // The type is that of the element of this name.
            (Some(name), _) => (Name::of(name), Type::Of(Name::of(name))),
            (None, Some(name)) => {
                let qualified = element.attribute("form").map_or(self.qualified, |form| form == "qualified");
                (Name::new(if qualified { self.namespace } else { "" }, name), self.type_of(element))
            }
            (None, None) => return None,
        };
        Some(Member {
            name,
            ty,
            nillable: matches!(element.attribute("nillable"), Some("true" | "1")),
            optional: element.attribute("minOccurs") == Some("0"),
            many: many || is_many(element),
        })
    }
}

fn simple(element: &Element) -> Simple {
    let mut simple = Simple::default();
    for child in of_schema(element) {
        if child.name == "restriction" {
            simple.base = child.attribute("base").map(Name::of);
            for (place, value) in of_schema(child).filter(|value| value.name == "enumeration").enumerate() {
                let Some(name) = value.attribute("value") else { continue };
                let number = number(value).unwrap_or(place as i64);
                simple.values.push((name.to_owned(), number));
            }
        }
    }
    simple
}

/// The number of an enumeration's member that the serializer notes if it is not the member's place.
fn number(value: &Element) -> Option<i64> {
    let notes = of_schema(value).filter(|child| child.name == "annotation").flat_map(|note| &note.children);
    let found = notes
        .flat_map(|info| &info.children)
        .find(|child| child.name == "EnumerationValue" && child.namespace.as_deref() == Some(SERIALIZATION));
    found?.text.trim().parse().ok()
}

fn is_many(element: &Element) -> bool {
    element.attribute("maxOccurs").is_some_and(|most| most != "0" && most != "1")
}

fn of_schema(element: &Element) -> impl Iterator<Item = &Element> {
    element.children.iter().filter(|child| child.namespace.as_deref() == Some(XSD))
}
