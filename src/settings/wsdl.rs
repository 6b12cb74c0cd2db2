//! How a SOAP service is spoken with: the wire profile that is configured, and whether the service's own WSDL is asked.

use std::{path::PathBuf, time::Duration};

use super::Section;
use crate::vocabulary::{Profile, Vocabulary, wsdl};

/// Where it is found out how a service is spoken with.
#[derive(Debug, Clone)]
pub struct Wsdl {
    pub source: WsdlSource,
    pub limits: wsdl::Limits,
    /// How long reading all of it may take.
    pub timeout: Duration,
    /// The profile that was asked for; where none was, the one that fits best is the base.
    pub base: Option<Profile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WsdlSource {
    /// The service is asked, whenever it is connected to.
    Service,
    File(PathBuf),
    /// The profile says all.
    Profile,
}

impl Wsdl {
    pub fn read(section: &Section, profile: &Profile) -> Wsdl {
        let defaults = wsdl::Limits::default();
        let is_set = section.has("profile") || section.has("namespaces");
        Wsdl {
            source: match section.text_or("wsdl", "auto").as_str() {
                "auto" => WsdlSource::Service,
                "none" => WsdlSource::Profile,
                file => WsdlSource::File(section.located("wsdl", file.to_owned())),
            },
            limits: wsdl::Limits {
                documents: section.number("wsdl_max_documents", defaults.documents as u32) as usize,
                bytes: section.size("wsdl_max_size", defaults.bytes),
            },
            timeout: section.duration("wsdl_timeout", Duration::from_secs(10)),
            base: is_set.then(|| profile.clone()),
        }
    }
}

/// The profile of the name that is asked for, else the first.
pub fn profile(section: &Section, vocabulary: &Vocabulary) -> Profile {
    let name = section.text("profile");
    let known = name.as_ref().map_or(vocabulary.profiles.first(), |name| vocabulary.profile(name));
    if let (None, Some(name)) = (known, name) {
        let names: Vec<&str> = vocabulary.profiles.iter().map(|profile| profile.name.as_str()).collect();
        section.problem("profile", format!("there is no profile {name:?}; there are {}", names.join(", ")));
    }
    let mut profile = known.cloned().unwrap_or_default();
    if let Some(namespaces) = section.section("namespaces") {
        let known = &mut profile.namespaces;
        let known = [("service", &mut known.service), ("callback", &mut known.callback), ("data", &mut known.data)];
        for (key, known) in known {
            match namespaces.text(key) {
                Some(text) if text.is_empty() => namespaces.problem(key, "a namespace is not empty"),
                Some(text) => *known = text,
                None => {}
            }
        }
        namespaces.finish();
    }
    profile
}
