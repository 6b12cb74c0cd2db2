//! WSDLs read and compared: the bridge's own, those that WCF writes, and hostile ones.

mod hostile;
mod members;
mod open_media;

use super::*;
use crate::{
    diagnostic::Problems,
    shipped::Files,
    vocabulary::{Contract, MemberForm, Profile, SchemaWriter, Schemas, Vocabulary, load},
};

fn shipped(dialect: &str) -> Vocabulary {
    let mut problems = Problems::default();
    let vocabulary = load(Files::built_in().get(&format!("dialects/{dialect}.toml")).unwrap(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    vocabulary
}

/// Reads the documents of a service that answers as `serve` does, by the part of the address after the first `?`.
fn described(address: &str, mut serve: impl FnMut(&str) -> Option<String>) -> Result<Description, String> {
    let mut documents = Documents::at(address, Limits::default());
    while let Some(wanted) = documents.wanted() {
        let text = serve(&wanted).ok_or_else(|| format!("{wanted}: 404"))?;
        documents.take(text.as_bytes(), None)?;
    }
    Ok(documents.read())
}

/// A service whose documents are files: `?wsdl` is wsdl.xml, `?xsd=xsd0` xsd0.xml.
fn fixture(folder: &str) -> Description {
    fixture_with(folder, &[])
}

/// The same with texts replaced by others; each stands somewhere.
fn fixture_with(folder: &str, replaced: &[(&str, &str)]) -> Description {
    let mut found = vec![false; replaced.len()];
    let serve = |address: &str| {
        let name = address.rsplit(['?', '=']).next().unwrap();
        let mut text = std::fs::read_to_string(format!("tests/fixtures/wsdl/{folder}/{name}.xml")).ok()?;
        for (place, (old, new)) in replaced.iter().enumerate() {
            found[place] |= text.contains(old);
            text = text.replace(old, new);
        }
        Some(text)
    };
    let description = described("http://127.0.0.1:18733/OpenMediaService", serve).unwrap();
    assert!(found.iter().all(|found| *found), "{replaced:?}");
    description
}

/// All that was found, a line each.
fn remarks(fitted: &Fitted) -> Vec<String> {
    let line = |(part, remark): (&Part, &Remark)| format!("{:?} {}: {}", remark.weight, part.name, remark.text);
    fitted.remarks().map(line).collect()
}

fn own(vocabulary: &Vocabulary, profile: &Profile, contract: Contract, schemas: Schemas) -> Description {
    let writer = SchemaWriter { vocabulary, profile, contract };
    let serve = |address: &str| match address.split_once("?xsd=") {
        Some((_, name)) => writer.schema(name, schemas),
        None => Some(writer.wsdl("http://bridge.example/AgentCallService", schemas)),
    };
    described("http://bridge.example/AgentCallService", serve).unwrap()
}

#[test]
fn the_bridges_own_wsdls_lead_back_to_their_profiles() {
    let vocabulary = shipped("ctips");
    for profile in &vocabulary.profiles {
        for contract in [Contract::Service, Contract::Callback] {
            for schemas in [Schemas::Inline, Schemas::At("http://bridge.example/AgentCallService?")] {
                let fitted = own(&vocabulary, profile, contract, schemas).fit(&vocabulary, None).unwrap();
                assert_eq!(remarks(&fitted), [""; 0], "{} {contract:?} {schemas:?}", profile.name);
                assert_eq!(&fitted.profile, profile);
                assert!(fitted.parts.len() > 20, "{:?}", fitted.parts);
            }
        }
    }
}

#[test]
fn the_bridges_own_wsdl_of_the_open_media_service_leads_back_to_its_profile() {
    let vocabulary = shipped("open-media");
    for profile in &vocabulary.profiles {
        let mut fitted = own(&vocabulary, profile, Contract::Service, Schemas::Inline).fit(&vocabulary, None).unwrap();
        // A moment that is not given is no moment, and no service takes nil for one.
        let expected = [
            "Differs GetOpenMediaRequestHistoryByID: retrieveLaterThan is left out where it is empty",
            "Differs GetOpenMediaRequestsByTime: retrieveLaterThan is left out where it is empty",
        ];
        assert_eq!(remarks(&fitted), expected, "{}", profile.name);
        let silent = MemberForm { silent: true, ..MemberForm::default() };
        assert!(fitted.profile.overlay.members.values().all(|form| *form == silent));
        fitted.profile.overlay.members.clear();
        assert_eq!(&fitted.profile, profile);
    }
}

#[test]
fn a_wsdl_of_wcf_in_several_files_is_followed() {
    let vocabulary = shipped("ctips");
    let fitted = fixture("ctips-edk-mono").fit(&vocabulary, None).unwrap();
    assert_eq!(fitted.profile.name, "edk-2009-08");
    let expected = [
        "Differs AgentCallService: imports name the host 127.0.0.1:18731; they were read from http://127.0.0.1:18733",
        "Differs Snapshot: items of EntityType are CTIEntityType of http://schemas.datacontract.org/2004/07/Aspect.CTIPS",
        "Spares CTIAgentState: has no ActiveWrap",
    ];
    assert_eq!(remarks(&fitted), expected);
    assert!(fitted.fits());
}
