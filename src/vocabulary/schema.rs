//! The WSDL of a SOAP dialect and its schemas, made from the vocabulary for each profile; clients' tools generate code from
//! them. Members stand in the order in which the data-contract serializer writes and expects them.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    definition::Vocabulary,
    field::{Field, Type},
    message_def::Side,
    profile::Profile,
};
use crate::message::Kind;

const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// One of a dialect's two contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// The contract that applications call.
    Service,
    /// The contract that applications offer, so that they can be called.
    Callback,
}

impl Contract {
    fn side(self) -> Side {
        match self {
            Contract::Service => Side::Request,
            Contract::Callback => Side::Callback,
        }
    }
}

/// The schemas that a WSDL imports, by the names under which they are served.
pub const SCHEMAS: [&str; 3] = ["xsd0", "xsd1", "xsd2"];

/// The place of a WSDL's schemas.
#[derive(Debug, Clone, Copy)]
pub enum Schemas<'s> {
    /// In the WSDL itself.
    Inline,
    /// At this address, to which `xsd=…` is added.
    At(&'s str),
}

/// Writes WSDLs and schemas of one dialect in one profile.
#[derive(Debug, Clone, Copy)]
pub struct SchemaWriter<'v> {
    pub vocabulary: &'v Vocabulary,
    pub profile: &'v Profile,
    pub contract: Contract,
}

impl SchemaWriter<'_> {
    fn namespace(&self) -> &str {
        self.profile.contract_of(self.contract.side()).0
    }

    fn operations(&self) -> impl Iterator<Item = (Kind, String)> {
        let side = self.contract.side();
        let kinds = self.vocabulary.kinds().filter(move |(_, def)| def.side == side);
        kinds.map(|(kind, _)| (kind, self.profile.message_name(self.vocabulary, kind)))
    }

    /// The WSDL; `address` is where the service is.
    pub fn wsdl(&self, address: &str, schemas: Schemas) -> String {
        let (namespace, contract) = self.profile.contract_of(self.contract.side());
        let data = &self.profile.namespaces.data;
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        let _ = write!(
            out,
            "<wsdl:definitions name=\"{contract}\" targetNamespace=\"{namespace}\" xmlns:tns=\"{namespace}\" \
             xmlns:d=\"{data}\" xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" \
             xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" xmlns:xsd=\"{XSD}\">\n<wsdl:types>\n"
        );
        match schemas {
            Schemas::Inline => SCHEMAS.iter().filter_map(|name| self.schema(name, schemas)).for_each(|s| out += &s),
            Schemas::At(base) => {
                let _ = writeln!(out, "<xsd:schema targetNamespace=\"{}/imports\">", namespace.trim_end_matches('/'));
                for (name, namespace) in SCHEMAS.iter().zip([namespace, data, ARRAYS]) {
                    let location = format!("{base}xsd={name}");
                    let _ = writeln!(out, "<xsd:import schemaLocation=\"{location}\" namespace=\"{namespace}\"/>");
                }
                out += "</xsd:schema>\n";
            }
        }
        out += "</wsdl:types>\n";
        self.messages(&mut out);
        let _ = writeln!(out, "<wsdl:portType name=\"{contract}\">");
        for (kind, operation) in self.operations() {
            let fault = |name| format!("<wsdl:fault name=\"{name}\" message=\"tns:{name}\"/>");
            let faults: String = self.faults(kind).map(fault).collect();
            let _ = writeln!(
                out,
                "<wsdl:operation name=\"{operation}\"><wsdl:input message=\"tns:{operation}_Input\"/>\
                 <wsdl:output message=\"tns:{operation}_Output\"/>{faults}</wsdl:operation>"
            );
        }
        let _ = write!(
            out,
            "</wsdl:portType>\n<wsdl:binding name=\"BasicHttpBinding_{contract}\" type=\"tns:{contract}\">\n\
             <soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n"
        );
        for (kind, operation) in self.operations() {
            let action = self.profile.action(self.vocabulary, kind);
            let fault = |name| {
                format!("<wsdl:fault name=\"{name}\"><soap:fault use=\"literal\" name=\"{name}\"/></wsdl:fault>")
            };
            let faults: String = self.faults(kind).map(fault).collect();
            let _ = writeln!(
                out,
                "<wsdl:operation name=\"{operation}\"><soap:operation soapAction=\"{action}\" style=\"document\"/>\
                 <wsdl:input><soap:body use=\"literal\"/></wsdl:input>\
                 <wsdl:output><soap:body use=\"literal\"/></wsdl:output>{faults}</wsdl:operation>"
            );
        }
        // A service is named after its class, a contract often after the interface of that class.
        let class =
            contract.strip_prefix('I').filter(|class| class.starts_with(|first: char| first.is_ascii_uppercase()));
        let _ = write!(
            out,
            "</wsdl:binding>\n<wsdl:service name=\"{}\">\n\
             <wsdl:port name=\"BasicHttpBinding_{contract}\" binding=\"tns:BasicHttpBinding_{contract}\">\
             <soap:address location=\"{address}\"/></wsdl:port>\n</wsdl:service>\n</wsdl:definitions>\n",
            class.unwrap_or(contract)
        );
        out
    }

    /// The types of the details of faults that may answer an operation.
    fn faults(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let of_all = self.profile.fault.as_deref().filter(|_| self.contract == Contract::Service);
        let own = self.vocabulary.message(kind).faults.iter();
        own.map(|fault| self.vocabulary.message(*fault).wire_name()).chain(of_all)
    }

    fn messages(&self, out: &mut String) {
        for (_, operation) in self.operations() {
            for (suffix, element) in [("Input", operation.clone()), ("Output", format!("{operation}Response"))] {
                let _ = writeln!(
                    out,
                    "<wsdl:message name=\"{operation}_{suffix}\"><wsdl:part name=\"parameters\" element=\"tns:{element}\"/></wsdl:message>"
                );
            }
        }
        let faults: BTreeSet<&str> = self.operations().flat_map(|(kind, _)| self.faults(kind)).collect();
        for fault in faults {
            let _ = writeln!(
                out,
                "<wsdl:message name=\"{fault}\"><wsdl:part name=\"detail\" element=\"d:{fault}\"/></wsdl:message>"
            );
        }
    }

    /// A schema by its name: the contract's own elements, the data contracts, the arrays of simple values.
    pub fn schema(&self, name: &str, schemas: Schemas) -> Option<String> {
        let data = self.profile.namespaces.data.clone();
        let (namespace, imports, content) = match SCHEMAS.iter().position(|known| *known == name)? {
            0 => (self.namespace().to_owned(), vec![(1, data.clone()), (2, ARRAYS.to_owned())], self.elements()),
            1 => (data.clone(), vec![(2, ARRAYS.to_owned())], self.types()),
            _ => (ARRAYS.to_owned(), Vec::new(), arrays()),
        };
        let mut out = format!(
            "<xsd:schema elementFormDefault=\"qualified\" targetNamespace=\"{namespace}\" xmlns:xsd=\"{XSD}\" \
             xmlns:d=\"{data}\" xmlns:a=\"{ARRAYS}\">\n"
        );
        for (place, namespace) in imports {
            let location = match schemas {
                Schemas::Inline => String::new(),
                Schemas::At(base) => format!(" schemaLocation=\"{base}xsd={}\"", SCHEMAS[place]),
            };
            let _ = writeln!(out, "<xsd:import namespace=\"{namespace}\"{location}/>");
        }
        out += &content;
        out += "</xsd:schema>\n";
        Some(out)
    }

    /// The elements of the operations: parameters and results.
    fn elements(&self) -> String {
        let mut out = String::new();
        for (kind, operation) in self.operations() {
            let def = self.vocabulary.message(kind);
            let named = self.contract == Contract::Service && !def.bare;
            let parameters = match self.vocabulary.parameter.as_ref().filter(|_| named) {
                Some(parameter) => member(parameter, &format!("d:{}", self.contract_name(kind)), true),
                None => {
                    let kept = (0..def.fields.list.len()).filter(|slot| !self.profile.is_omitted(kind, *slot));
                    kept.map(|slot| self.field_member(kind, slot)).collect()
                }
            };
            let result = self
                .result(kind)
                .map_or_else(String::new, |(name, nillable)| member(&format!("{operation}Result"), &name, nillable));
            for (name, members) in [(operation.clone(), parameters), (format!("{operation}Response"), result)] {
                let _ = writeln!(
                    out,
                    "<xsd:element name=\"{name}\"><xsd:complexType><xsd:sequence>{members}</xsd:sequence></xsd:complexType></xsd:element>"
                );
            }
        }
        out
    }

    /// The data contract that stands in a request's one parameter.
    fn contract_name(&self, kind: Kind) -> String {
        let def = self.vocabulary.message(kind);
        let record = def.base.filter(|(_, count)| *count == def.fields.list.len());
        record.map_or_else(|| format!("{}Args", def.label), |(record, _)| self.vocabulary.records[record].name.clone())
    }

    /// The type of an operation's result, and whether the result may be nil.
    fn result(&self, kind: Kind) -> Option<(String, bool)> {
        let def = self.vocabulary.message(kind);
        if let Some(ty) = def.returns.as_ref().filter(|_| !self.profile.is_void(kind)) {
            return Some(self.type_name(ty));
        }
        let reply = self.vocabulary.message(def.reply?);
        match reply.base {
            Some((record, _)) => Some((format!("d:{}", self.vocabulary.records[record].name), true)),
            None => reply.fields.list.first().map(|field| self.type_name(&field.ty)),
        }
    }

    fn field_member(&self, kind: Kind, slot: usize) -> String {
        let field = &self.vocabulary.message(kind).fields.list[slot];
        let (mut name, mut nillable) = self.type_of(field);
        if self.profile.is_listed(kind, slot) {
            name = format!("d:ArrayOf{}", self.vocabulary.type_text(&field.ty));
            nillable = true;
        }
        member(self.profile.label(self.vocabulary, kind, slot), &name, nillable)
    }

    /// The data contracts: arguments, records, events, enumerations, and arrays of them.
    fn types(&self) -> String {
        let mut out = String::new();
        let mut arrays: Vec<String> = Vec::new();
        for (kind, def) in self.vocabulary.kinds() {
            for (slot, field) in def.fields.list.iter().enumerate() {
                let item = if let Type::List(item) = &field.ty
                    && matches!(**item, Type::Enum(_) | Type::Record(_))
                {
                    &**item
                } else if self.profile.is_listed(kind, slot) {
                    &field.ty
                } else {
                    continue;
                };
                arrays.push(self.vocabulary.type_text(item));
            }
        }
        for record in &self.vocabulary.records {
            for field in &record.fields.list {
                if let Type::List(item) = &field.ty {
                    arrays.push(self.vocabulary.type_text(item));
                }
            }
            self.complex(&record.name, None, self.sorted(&record.fields.list), &mut out);
        }
        arrays.sort();
        arrays.dedup();
        for item in arrays {
            let element = format!(
                "<xsd:element minOccurs=\"0\" maxOccurs=\"unbounded\" name=\"{item}\" nillable=\"true\" type=\"d:{item}\"/>"
            );
            self.complex(&format!("ArrayOf{item}"), None, element, &mut out);
        }
        for (place, known) in self.vocabulary.enums.iter().enumerate() {
            let names = self.profile.member_names(self.vocabulary, place).into_iter();
            let values: String = names.map(|(_, name)| format!("<xsd:enumeration value=\"{name}\"/>")).collect();
            let _ = writeln!(
                out,
                "<xsd:simpleType name=\"{}\"><xsd:restriction base=\"xsd:string\">{values}</xsd:restriction></xsd:simpleType>",
                known.name
            );
        }
        for (kind, def) in self.vocabulary.kinds() {
            match def.side {
                // Bare requests have no data contract, and records are written with the others.
                Side::Request => {
                    let count = def.fields.list.len();
                    if !def.bare && def.base.is_none_or(|(_, of_record)| of_record < count) {
                        let members = self.message_members(kind, 0);
                        self.complex(&self.contract_name(kind), None, members, &mut out);
                    }
                }
                Side::Event => {
                    let base = def.base.map(|(record, _)| self.vocabulary.records[record].name.as_str());
                    let members = self.message_members(kind, def.base.map_or(0, |(_, count)| count));
                    self.complex(&self.profile.message_name(self.vocabulary, kind), base, members, &mut out);
                }
                Side::Reply if def.fault => {
                    self.complex(def.wire_name(), None, self.message_members(kind, 0), &mut out);
                }
                Side::Reply | Side::Callback => {}
            }
        }
        if let Some(fault) = &self.profile.fault {
            self.complex(fault, None, member("Message", "xsd:string", true), &mut out);
        }
        out
    }

    fn message_members(&self, kind: Kind, from: usize) -> String {
        let slots = from..self.vocabulary.message(kind).fields.list.len();
        let mut slots: Vec<usize> = slots.filter(|slot| !self.profile.is_omitted(kind, *slot)).collect();
        slots.sort_by_key(|slot| self.profile.label(self.vocabulary, kind, *slot));
        slots.into_iter().map(|slot| self.field_member(kind, slot)).collect()
    }

    fn sorted(&self, fields: &[Field]) -> String {
        let mut fields: Vec<&Field> = fields.iter().collect();
        fields.sort_by_key(|field| field.label.as_str());
        let member = |field: &Field| {
            let (name, nillable) = self.type_of(field);
            member(&field.label, &name, nillable)
        };
        fields.into_iter().map(member).collect()
    }

    fn complex(&self, name: &str, base: Option<&str>, members: String, out: &mut String) {
        let sequence = format!("<xsd:sequence>{members}</xsd:sequence>");
        let content = match base {
            Some(base) => {
                format!(
                    "<xsd:complexContent><xsd:extension base=\"d:{base}\">{sequence}</xsd:extension></xsd:complexContent>"
                )
            }
            None => sequence,
        };
        let _ = writeln!(out, "<xsd:complexType name=\"{name}\">{content}</xsd:complexType>");
        let _ = writeln!(out, "<xsd:element name=\"{name}\" nillable=\"true\" type=\"d:{name}\"/>");
    }

    /// The type of a member, and whether it may be nil.
    fn type_of(&self, field: &Field) -> (String, bool) {
        let (name, nillable) = self.type_name(&field.ty);
        (name, nillable || (field.optional && field.ty == Type::Time))
    }

    fn type_name(&self, ty: &Type) -> (String, bool) {
        let simple = |name: &str| (format!("xsd:{name}"), false);
        match ty {
            Type::Bool => simple("boolean"),
            Type::Int => simple("int"),
            Type::Long => simple("long"),
            Type::Time => simple("dateTime"),
            Type::Text | Type::Id => ("xsd:string".into(), true),
            Type::Enum(_) => (format!("d:{}", self.vocabulary.type_text(ty)), false),
            Type::Record(_) => (format!("d:{}", self.vocabulary.type_text(ty)), true),
            Type::List(item) => match &**item {
                Type::Int => ("a:ArrayOfint".into(), true),
                Type::Long => ("a:ArrayOflong".into(), true),
                Type::Enum(_) | Type::Record(_) => (format!("d:ArrayOf{}", self.vocabulary.type_text(item)), true),
                Type::Bool | Type::Text | Type::Time | Type::Id | Type::List(_) => ("a:ArrayOfstring".into(), true),
            },
        }
    }
}

fn member(name: &str, ty: &str, nillable: bool) -> String {
    let nillable = if nillable { " nillable=\"true\"" } else { "" };
    format!("<xsd:element minOccurs=\"0\" name=\"{name}\"{nillable} type=\"{ty}\"/>")
}

fn arrays() -> String {
    let array = |(name, nillable): (&str, bool)| {
        let nillable = if nillable { " nillable=\"true\"" } else { "" };
        format!(
            "<xsd:complexType name=\"ArrayOf{name}\"><xsd:sequence><xsd:element minOccurs=\"0\" maxOccurs=\"unbounded\" \
             name=\"{name}\"{nillable} type=\"xsd:{name}\"/></xsd:sequence></xsd:complexType>\n\
             <xsd:element name=\"ArrayOf{name}\" nillable=\"true\" type=\"a:ArrayOf{name}\"/>\n"
        )
    };
    [("int", false), ("long", false), ("string", true)].into_iter().map(array).collect()
}
