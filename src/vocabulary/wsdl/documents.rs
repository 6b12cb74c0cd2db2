//! The documents of a WSDL: the ones that are still wanted, their addresses, and the limits of their number and size.

use std::{
    collections::{HashSet, VecDeque},
    path::{Component, Path, PathBuf},
};

use super::{
    description::Description,
    read,
    standards::{WSDL, XSD, is},
};
use crate::wire::{
    replaced::Replaced,
    xml::{self, Document, Element},
};

/// Attributes whose values are names with prefixes.
const QUALIFIED: [&str; 6] = ["type", "base", "ref", "element", "message", "binding"];
/// The longest chain of imports.
const DEPTH: usize = 8;

/// The limits for reading a service's WSDL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub documents: usize,
    /// The size of all documents together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { documents: 32, bytes: 4 << 20 }
    }
}

/// The documents of one WSDL while they come in. Addresses are URLs or paths of files.
#[derive(Debug)]
pub struct Documents {
    limits: Limits,
    root: String,
    wanted: VecDeque<Wanted>,
    asked: HashSet<String>,
    fetching: Option<Wanted>,
    found: Vec<Element>,
    bytes: usize,
    /// Other hosts that imports name.
    elsewhere: Vec<String>,
    /// The reasons why characters of the documents became U+FFFD.
    replaced: Replaced,
}

#[derive(Debug, Clone)]
struct Wanted {
    address: String,
    depth: usize,
}

impl Documents {
    /// The WSDL at this address. `?wsdl` is added to a URL without a query.
    pub fn at(address: &str, limits: Limits) -> Documents {
        let root = match split(address) {
            Some((host, "")) => format!("{host}/?wsdl"),
            Some((_, path)) if !path.contains('?') => format!("{address}?wsdl"),
            _ => address.to_owned(),
        };
        Documents {
            limits,
            wanted: VecDeque::from([Wanted { address: root.clone(), depth: 0 }]),
            asked: HashSet::from([root.clone()]),
            root,
            fetching: None,
            found: Vec::new(),
            bytes: 0,
            elsewhere: Vec::new(),
            replaced: Replaced::default(),
        }
    }

    /// The address of the next wanted document.
    pub fn wanted(&mut self) -> Option<String> {
        self.fetching = self.wanted.pop_front();
        self.fetching.as_ref().map(|wanted| wanted.address.clone())
    }

    /// The largest size of the next document in bytes.
    pub fn room(&self) -> usize {
        self.limits.bytes - self.bytes
    }

    /// Takes the document that was wanted. `charset` is the one that the transport names.
    pub fn take(&mut self, bytes: &[u8], charset: Option<&str>) -> Result<(), String> {
        let Some(Wanted { address, depth }) = self.fetching.take() else { return Ok(()) };
        if bytes.len() > self.room() {
            return Err(format!("{address}: more than {} bytes in all", self.limits.bytes));
        }
        self.bytes += bytes.len();
        let read = xml::read(bytes, charset, &QUALIFIED).map_err(|error| format!("{address}: {error}"))?;
        let Document { root, replaced, .. } = read;
        self.replaced.join(replaced);
        if !is(&root, WSDL, "definitions") && !is(&root, XSD, "schema") {
            return Err(format!("{address}: <{}> is neither a WSDL nor a schema", root.name));
        }
        let mut imports = Vec::new();
        self.imports(&root, &mut imports);
        self.found.push(root);
        for location in imports {
            let import = self.resolve(&address, &location)?;
            if !self.asked.insert(import.clone()) {
                continue;
            }
            if depth >= DEPTH || self.asked.len() > self.limits.documents {
                return Err(format!("{address}: more than {} documents, or {DEPTH} deep", self.limits.documents));
            }
            self.wanted.push_back(Wanted { address: import, depth: depth + 1 });
        }
        Ok(())
    }

    /// Collects the locations of a document's imports.
    fn imports(&self, element: &Element, found: &mut Vec<String>) {
        for child in &element.children {
            let location = match child.name.as_str() {
                "import" if child.namespace.as_deref() == Some(WSDL) => child.attribute("location"),
                // The schema of XML Schema itself is known; some services offer something else under its name.
                "import" if child.attribute("namespace") == Some(XSD) => None,
                "import" | "include" if child.namespace.as_deref() == Some(XSD) => child.attribute("schemaLocation"),
                "types" | "schema" => {
                    self.imports(child, found);
                    None
                }
                _ => None,
            };
            found.extend(location.map(str::trim).filter(|location| !location.is_empty()).map(str::to_owned));
        }
    }

    /// An import's address. It is always at the host that was asked, even if the service names itself otherwise.
    fn resolve(&mut self, base: &str, location: &str) -> Result<String, String> {
        let location = location.split('#').next().unwrap_or_default();
        let Some((authority, path)) = split(base) else {
            if is_url(location) {
                let help = "download it and name that file there, or have a file that holds everything (?singleWsdl)";
                return Err(format!("{base} imports {location}, which is not fetched for a file: {help}"));
            }
            return file_beside(base, location);
        };
        let path = match split(location) {
            Some((other, path)) => {
                let host = other.split_once("//").map_or(other, |(_, host)| host);
                if !authority.ends_with(&format!("//{host}")) && !self.elsewhere.iter().any(|known| known == host) {
                    self.elsewhere.push(host.to_owned());
                }
                path.to_owned()
            }
            None if location.starts_with('?') => format!("{}{location}", path.split('?').next().unwrap_or_default()),
            None => beside(path.split('?').next().unwrap_or_default(), location),
        };
        Ok(format!("{authority}{path}"))
    }

    /// The description that all documents give together.
    pub fn read(self) -> Description {
        let mut description = read::read(self.found.iter());
        for sort in self.replaced.sorts() {
            description.remarks.push(format!("its documents have {}: U+FFFD was read there", sort.words()));
        }
        for host in &self.elsewhere {
            let asked = split(&self.root).map_or(self.root.as_str(), |(authority, _)| authority);
            description.remarks.push(format!("imports name the host {host}; they were read from {asked}"));
        }
        description
    }
}

fn is_url(text: &str) -> bool {
    split(text).is_some()
}

/// Splits a URL behind its host and port.
fn split(url: &str) -> Option<(&str, &str)> {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let scheme = ["http://", "https://"].into_iter().find(|scheme| lower.starts_with(scheme))?;
    let end = url[scheme.len()..].find(['/', '?']).map_or(url.len(), |at| at + scheme.len());
    Some(url.split_at(end))
}

/// The path of a file that another one names. Names are references of URLs: other characters may be written as `%20`.
/// Two slashes at the start name another host, as on Windows `\\host\share` does: that is refused as a URL is.
fn file_beside(base: &str, location: &str) -> Result<String, String> {
    let local = location.strip_prefix("file://").unwrap_or(location);
    let local = decoded(local).replace('\\', "/");
    if local.starts_with("//") {
        return Err(format!("{base} imports {location}, which is at another host: copy it to this file's folder"));
    }
    let folder = Path::new(base).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for part in folder.join(local).components() {
        let goes_back = matches!(path.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if goes_back => _ = path.pop(),
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => path.push(part),
        }
    }
    Ok(path.display().to_string())
}

/// A reference without `%20` and the like.
fn decoded(location: &str) -> String {
    let mut bytes = Vec::with_capacity(location.len());
    let mut rest = location.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|code| *byte == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| location.to_owned())
}

/// A path of a URL that is relative to the folder of another.
fn beside(base: &str, location: &str) -> String {
    let location = location.strip_prefix("./").unwrap_or(location);
    if location.starts_with('/') {
        return location.to_owned();
    }
    let (mut folder, mut location) = (base.rsplit_once('/').map_or("", |(folder, _)| folder), location);
    while let Some(rest) = location.strip_prefix("../") {
        (folder, location) = (folder.rsplit_once('/').map_or("", |(folder, _)| folder), rest);
    }
    match (folder.is_empty(), base.contains('/')) {
        (true, false) => location.to_owned(),
        _ => format!("{folder}/{location}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_of_a_file_stays_on_this_machine() {
        let beside = |location: &str| file_beside("wsdl/service.wsdl", location);
        assert_eq!(beside("types/a%20b.xsd").unwrap(), "wsdl/types/a b.xsd");
        assert_eq!(beside("100%+5.xsd").unwrap(), "wsdl/100%+5.xsd", "no escape");
        for remote in [r"\\host\share\x.xsd", "//host/share/x.xsd", "%5C%5Chost/x.xsd", "file:////host/x.xsd"] {
            assert!(beside(remote).unwrap_err().contains("another host"), "{remote}");
        }
    }
}
