//! A dialect's file, section by section.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{loader::Loader, profile};
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Node, Table},
    model::{Media, NAMES},
    vocabulary::definition::{Form, Headers, Vocabulary},
};

/// Loads a vocabulary. Mistakes are added to `problems`; the vocabulary then lacks the parts that could not be read.
pub fn load(source: &Arc<Source>, problems: &mut Problems) -> Vocabulary {
    document::read(source, problems, |table, problems| {
        let form = match table.required("form", problems) {
            "soap" => Form::Soap,
            "json" | "" => Form::Json,
            other => {
                let span = table.find("form").map_or(0..0, |node| node.inner_span());
                problems.unknown(source, span, "form", other, ["json", "soap"]);
                Form::Json
            }
        };
        let mut loader = Loader {
            enums_by_name: table.choice("enums", &["code", "name"], problems) == Some("name"),
            prefix: table.text("prefix", problems),
            sets: HashMap::new(),
            faults: Vec::new(),
            fields: Vec::new(),
            vocabulary: Vocabulary {
                source: source.clone(),
                dialect: table.required("dialect", problems).into(),
                title: table.required("title", problems).into(),
                guide: table.required("guide", problems).into(),
                form,
                call_names: Vec::new(),
                media: Vec::new(),
                enums: Vec::new(),
                records: Vec::new(),
                messages: Vec::new(),
                profiles: Vec::new(),
                headers: Headers::default(),
                parameter: table.text("parameter", problems).map(str::to_owned),
                ignore_case: table.flag("ignore-case", problems),
                name_fields: [Vec::new(), Vec::new()],
                guessing: [None, None],
                by_name: HashMap::new(),
                by_wire_name: HashMap::new(),
                by_key: HashMap::new(),
                nameless: Vec::new(),
            },
        };
        let owned =
            |texts: Vec<(&str, Node)>| -> Vec<String> { texts.iter().map(|(text, _)| (*text).into()).collect() };
        let names = owned(table.texts("name", problems));
        let requests = owned(table.texts("request-name", problems));
        let requests = if requests.is_empty() { names.clone() } else { requests };
        loader.vocabulary.name_fields = [names, requests];
        let call_names = table.texts("call-names", problems);
        if let Some((name, node)) = call_names.get(NAMES) {
            node.problem(problems, format!("a call has at most {NAMES} names, so `{name}` is one too many"));
        }
        loader.vocabulary.call_names = owned(call_names);
        loader.vocabulary.media = media(&table, problems);
        for (key, node) in table.section("enum", problems) {
            loader.enumeration(&key, node, problems);
        }
        loader.records(table.section("record", problems), problems);
        loader.sets = table.section("fields", problems).into_iter().map(|(key, node)| (key.name, node)).collect();
        for (key, node) in table.section("message", problems) {
            loader.message(&key, node, problems);
        }
        loader.answers(problems);
        loader.headers(&table, problems);
        loader.vocabulary.enter_guessing();
        loader.vocabulary.enter_naming();
        for (key, node) in table.section("profile", problems) {
            let profile = profile::load(&key, node, &loader.vocabulary, problems);
            loader.vocabulary.profiles.extend(profile);
        }
        table.finish(problems);
        loader.vocabulary
    })
}

/// The media that `media` names; all of them if it is not there.
fn media(table: &Table, problems: &mut Problems) -> Vec<Media> {
    let Some(named) = table.get("media") else { return Media::ALL.to_vec() };
    let mut media = Vec::new();
    for (name, node) in named.texts(problems) {
        match Media::from_name(name) {
            Some(medium) => media.push(medium),
            None => problems.unknown(node.source(), node.inner_span(), "medium", name, Media::names()),
        }
    }
    media
}
