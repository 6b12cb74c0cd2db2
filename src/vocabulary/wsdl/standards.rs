//! The namespaces of the standards that WSDLs are written by.

use crate::wire::xml::Element;

pub const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// The namespace of bindings of SOAP 1.1.
pub const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// True if an element has this name in this namespace.
pub fn is(element: &Element, namespace: &str, name: &str) -> bool {
    element.name == name && element.namespace.as_deref() == Some(namespace)
}
