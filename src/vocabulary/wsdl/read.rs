//! WSDL 1.1 → contracts: the operations of port types, with the details from the bindings of SOAP 1.1.

use hashbrown::HashMap;

use super::{
    description::{Contract, Description, Name, Operation},
    schema,
    standards::{SOAP, WSDL, XSD, is},
};
use crate::wire::xml::Element;

/// The description that the documents of one service give together.
pub fn read<'d>(documents: impl Iterator<Item = &'d Element> + Clone) -> Description {
    let mut description = Description::default();
    for document in documents.clone() {
        for_each_schema(document, &mut |schema| schema::read(schema, &mut description));
    }
    let definitions = documents.filter(|document| is(document, WSDL, "definitions"));
    let parts: Parts = definitions.clone().fold(Parts::default(), Parts::with);
    description.contracts = parts.contracts();
    description
}

fn for_each_schema(document: &Element, take: &mut impl FnMut(&Element)) {
    if is(document, XSD, "schema") {
        take(document);
    }
    for types in document.children.iter().filter(|child| is(child, WSDL, "types")) {
        types.children.iter().filter(|child| is(child, XSD, "schema")).for_each(&mut *take);
    }
}

/// The parts of all documents by their names.
#[derive(Default)]
struct Parts<'d> {
    /// The elements of messages, by part.
    messages: HashMap<Name, Vec<(&'d str, Option<Name>)>>,
    port_types: Vec<(Name, &'d Element)>,
    bindings: Vec<(Name, &'d Element)>,
}

impl<'d> Parts<'d> {
    fn with(mut self, definitions: &'d Element) -> Parts<'d> {
        let namespace = definitions.attribute("targetNamespace").unwrap_or_default();
        for child in definitions.children.iter().filter(|child| child.namespace.as_deref() == Some(WSDL)) {
            let name = Name::new(namespace, child.attribute("name").unwrap_or_default());
            match child.name.as_str() {
                "message" => {
                    let parts = child.children.iter().filter(|part| is(part, WSDL, "part"));
                    let parts = parts.map(|part| {
                        (part.attribute("name").unwrap_or_default(), part.attribute("element").map(Name::of))
                    });
                    self.messages.insert(name, parts.collect());
                }
                "portType" => self.port_types.push((name, child)),
                "binding" => {
                    let of = Name::of(child.attribute("type").unwrap_or_default());
                    self.bindings.push((of, child));
                }
                _ => {}
            }
        }
        self
    }

    fn contracts(&self) -> Vec<Contract> {
        let contract = |(name, port_type): &(Name, &'d Element)| {
            let binding = self.bindings.iter().filter(|(of, _)| of == name).map(|(_, binding)| *binding);
            let binding = binding.into_iter().find(|binding| binding.children.iter().any(|c| is(c, SOAP, "binding")));
            let operations = port_type.children.iter().filter(|child| is(child, WSDL, "operation"));
            let operations = operations.filter_map(|operation| self.operation(operation, binding));
            Contract { name: name.clone(), operations: operations.collect() }
        };
        let bound = |contract: &Contract| contract.operations.iter().any(|operation| operation.action.is_some());
        let mut contracts: Vec<Contract> = self.port_types.iter().map(contract).collect();
        // If there are bindings, port types without one of SOAP 1.1 are other ways to the same service.
        if contracts.iter().any(bound) {
            contracts.retain(bound);
        }
        contracts
    }

    /// The element of a message's first part, or of the part of this name.
    fn element(&self, message: &str, part: Option<&str>) -> Result<Name, String> {
        let name = Name::of(message);
        let Some(parts) = self.messages.get(&name) else { return Err(format!("there is no message {name}")) };
        let found = match part {
            Some(part) => parts.iter().find(|(known, _)| *known == part),
            None => parts.first(),
        };
        match found {
            Some((_, Some(element))) => Ok(element.clone()),
            Some((_, None)) => Err(format!("message {name} is not document/literal")),
            None => Err(format!("message {name} has no part")),
        }
    }

    fn operation(&self, operation: &'d Element, binding: Option<&'d Element>) -> Option<Operation> {
        let name = operation.attribute("name")?;
        let bound = binding.and_then(|binding| {
            let mut operations = binding.children.iter().filter(|child| is(child, WSDL, "operation"));
            operations.find(|child| child.attribute("name") == Some(name))
        });
        let soap = bound.and_then(|bound| bound.children.iter().find(|child| is(child, SOAP, "operation")));
        let style = |element: Option<&'d Element>| element.and_then(|element| element.attribute("style"));
        let of_binding = binding.and_then(|binding| binding.children.iter().find(|child| is(child, SOAP, "binding")));
        let message = |way: &str| {
            operation.children.iter().find(|child| is(child, WSDL, way)).and_then(|way| way.attribute("message"))
        };
        let input =
            message("input").map_or_else(|| Err("it takes no message".into()), |input| self.element(input, None));
        let trouble = match (style(soap).or(style(of_binding)), &input) {
            (Some("rpc"), _) => Some("its style is rpc, only document/literal is spoken here".to_owned()),
            (_, Err(reason)) => Some(reason.clone()),
            _ => None,
        };
        let faults = operation.children.iter().filter(|child| is(child, WSDL, "fault"));
        let faults = faults.filter_map(|fault| self.element(fault.attribute("message")?, None).ok());
        let input_binding = bound.and_then(|bound| bound.children.iter().find(|child| is(child, WSDL, "input")));
        let headers = input_binding.into_iter().flat_map(|input| &input.children);
        let headers = headers.filter(|child| is(child, SOAP, "header"));
        let headers = headers.filter_map(|header| {
            self.element(header.attribute("message")?, Some(header.attribute("part").unwrap_or_default())).ok()
        });
        Some(Operation {
            name: name.to_owned(),
            action: soap.map(|soap| soap.attribute("soapAction").unwrap_or_default().to_owned()),
            input: input.unwrap_or_default(),
            output: message("output").and_then(|output| self.element(output, None).ok()),
            faults: faults.collect(),
            headers: headers.collect(),
            trouble,
        })
    }
}
