//! `cti-bridge check --wsdl`: compares a service's WSDL with the vocabulary of a dialect, and prints the comparison.

use std::{fmt::Write, path::Path, process::ExitCode};

use super::{MappingOptions, failed, mappings, print};
use crate::{
    mapping::Mappings,
    net::describe,
    one_line::one_line,
    vocabulary::{
        Form, Side, Vocabulary,
        wsdl::{Fitted, Limits, Part, Sort, Weight},
    },
};

/// The arguments of the comparison.
pub struct Comparison<'o> {
    /// The address of a service, or a file.
    pub wsdl: &'o str,
    pub dialect: &'o str,
    pub profile: Option<&'o str>,
    pub ca: Option<&'o Path>,
}

/// Prints the comparison. Succeeds if the WSDL lacks nothing that may be needed and contradicts nothing.
pub fn run(comparison: &Comparison, options: &MappingOptions) -> ExitCode {
    let mappings = match mappings(options.mappings.as_deref()) {
        Ok(mappings) => mappings,
        Err(failure) => return failed(failure),
    };
    match compare(comparison, &mappings) {
        Ok((table, true)) => print(&table),
        Ok((table, false)) => {
            print(&table);
            ExitCode::FAILURE
        }
        Err(reason) => failed(reason),
    }
}

fn compare(comparison: &Comparison, mappings: &Mappings) -> Result<(String, bool), String> {
    let Comparison { wsdl, dialect, profile, ca } = comparison;
    let soap = |name: &&String| mappings.dialects[*name].vocabulary.form == Form::Soap;
    let mut known: Vec<&str> = mappings.dialects.keys().filter(soap).map(String::as_str).collect();
    known.sort_unstable();
    let Some(dialect) = mappings.dialects.get(*dialect).filter(|_| known.contains(dialect)) else {
        return Err(format!("{dialect:?} is not a dialect of SOAP services; there are {}", known.join(", ")));
    };
    let vocabulary = &*dialect.vocabulary;
    let base = match profile {
        None => None,
        Some(name) => Some(vocabulary.profile(name).ok_or_else(|| {
            let names: Vec<&str> = vocabulary.profiles.iter().map(|profile| profile.name.as_str()).collect();
            format!("there is no profile {name:?}; there are {}", names.join(", "))
        })?),
    };
    let description = match wsdl.starts_with("http://") || wsdl.starts_with("https://") {
        true => describe::get(wsdl, *ca, Limits::default())?,
        false => describe::read(Path::new(wsdl), Limits::default())?,
    };
    let fitted = description.fit(vocabulary, base).map_err(|reason| format!("{wsdl}: {reason}"))?;
    Ok((table(wsdl, vocabulary, &fitted), fitted.fits()))
}

fn table(wsdl: &str, vocabulary: &Vocabulary, fitted: &Fitted) -> String {
    let profile = &fitted.profile;
    let mut out = format!("{wsdl} as {} ({})\n\n", vocabulary.dialect, vocabulary.title);
    let mut line = |what: &str, value: &str| {
        let _ = writeln!(out, "{what:<13} {}", one_line(value));
    };
    line("profile", &format!("{}, with the differences below", profile.name));
    line("contract", &format!("{} of {}", profile.contract, profile.namespaces.service));
    if !profile.callback_contract.is_empty() {
        line("callback", &format!("{} of {}", profile.callback_contract, profile.namespaces.callback));
    }
    line("data", &profile.namespaces.data);
    let request = vocabulary.kinds().find(|(_, def)| def.side == Side::Request);
    if let Some((kind, _)) = request {
        line("SOAPActions", &format!("such as {}", profile.action(vocabulary, kind)));
    }
    let wide = |text: fn(&Part) -> &str| fitted.parts.iter().map(|part| text(part).len()).max().unwrap_or_default();
    let (name, wire) = (wide(|part| &part.name).max("vocabulary".len()), wide(|part| &part.wire).max("WSDL".len()));
    let _ = writeln!(out, "\n{:<12} {:<name$} {:<wire$} equal", "", "vocabulary", "WSDL");
    for part in &fitted.parts {
        let sort = match part.sort {
            Sort::Service => "contract",
            Sort::Operation => "operation",
            Sort::Fault => "fault",
            Sort::Type => "type",
            Sort::Enumeration => "enumeration",
        };
        let verdict = if part.remarks.is_empty() { "yes" } else { "" };
        let row = format!("{sort:<12} {:<name$} {:<wire$} {verdict}", part.name, dash(&part.wire));
        let _ = writeln!(out, "{}", one_line(row.trim_end()));
        for remark in &part.remarks {
            let _ = writeln!(out, "{:<12} - {}{}", "", weight(remark.weight), one_line(&remark.text));
        }
    }
    let count = |counted: &[Weight]| fitted.remarks().filter(|(_, r)| counted.contains(&r.weight)).count();
    let differ = count(&[Weight::Differs]);
    let unused = count(&[Weight::Unknown, Weight::Spares]);
    let (lacks, contradicts) = (count(&[Weight::Lacks]), count(&[Weight::Contradicts]));
    let verdict = if fitted.fits() { "fits" } else { "does not fit" };
    let _ = writeln!(
        out,
        "\n{verdict}: {differ} differences (the bridge adapts to them), {unused} unused or optional, {lacks} missing, \
         {contradicts} contradictory"
    );
    out
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Differs => "",
        Weight::Unknown => "unused: ",
        Weight::Spares => "optional: ",
        Weight::Lacks => "MISSING: ",
        Weight::Contradicts => "CONTRADICTORY: ",
    }
}
