//! `[message]`: messages, their names on the wire, and the replies that belong to requests.

use super::loader::Loader;
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    message::Kind,
    vocabulary::{
        definition::Form,
        fields::Fields,
        message_def::{Mentions, MessageDef, Side},
        renaming::load as naming,
        wire_name::lower,
    },
};

pub const SIDES: [(&str, Side); 4] =
    [("request", Side::Request), ("reply", Side::Reply), ("event", Side::Event), ("callback", Side::Callback)];
pub const CLASSES: [&str; 2] = ["session", "fault"];

/// The names of a message on the wire.
struct WireNames {
    /// The content of its name fields.
    names: Vec<(String, String)>,
    aliases: Vec<String>,
    /// The field that only this message has.
    only_field: Option<String>,
    /// The fields by which the message is recognised if nothing names one.
    nameless: Vec<String>,
}

impl<'d> Loader<'d> {
    pub fn message(&mut self, key: &Key<'d>, node: Node<'d>, problems: &mut Problems) {
        let Some(table) = node.table(problems) else { return };
        let text = table.required("side", problems);
        let side = SIDES.iter().find(|(name, _)| *name == text).map(|(_, side)| *side);
        if side.is_none() && !text.is_empty() {
            let span = table.find("side").map_or(table.span(), |node| node.inner_span());
            problems.unknown(table.source(), span, "side", text, SIDES.map(|(name, _)| name));
        }
        let side = side.unwrap_or(Side::Event);
        let mut fields = Fields::default();
        let base = self.base(&table, &mut fields, problems);
        for (set, node) in table.texts("include", problems) {
            let Some(entries) = self.sets.get(set).and_then(|node| node.as_table()) else {
                problems.unknown(node.source(), node.inner_span(), "set of fields", set, self.sets.keys().copied());
                continue;
            };
            for (key, node) in entries.entries() {
                self.field(&mut fields, &key, node, problems);
            }
        }
        let devices = self.devices(&table, &mut fields, problems);
        for (key, node) in table.section("fields", problems) {
            self.field(&mut fields, &key, node, problems);
        }
        let of_fields = std::mem::take(&mut self.fields);
        naming::resolve(&self.vocabulary, &mut fields, &devices, &of_fields, problems);
        naming::check(&self.vocabulary, &fields, false, &of_fields, problems);
        let fixed = self.fixed(&table, &fields, problems);
        let WireNames { names, aliases, only_field, nameless } = self.wire_names(key, &table, side, problems);
        for label in nameless.iter().filter(|label| fields.slot(label).is_none()) {
            table.problem(problems, format!("`{label}` shows the message, but is none of its fields"));
        }
        let returns = table.get("returns").and_then(|node| self.parse_type(node, problems));
        let results = table.texts("results", problems).into_iter().map(|(text, _)| text.to_owned()).collect();
        let class = table.choice("class", &CLASSES, problems);
        let kind = Kind(self.vocabulary.messages.len() as u16);
        self.faults.extend(table.texts("faults", problems).into_iter().map(|(text, node)| (kind, text, node)));
        let bare = table.flag("bare", problems);
        if bare && side == Side::Reply && fields.list.len() != 1 {
            table.problem(problems, "a bare reply has one field: the result");
        }
        let roles: Vec<_> =
            fields.list.iter().enumerate().filter_map(|(slot, field)| Some((field.role?, slot))).collect();
        let mentions = Mentions::of(&roles, &self.vocabulary.call_names);
        let def = MessageDef {
            label: key.name.into(),
            chapter: table.required("chapter", problems).into(),
            side,
            wire_names: names,
            aliases,
            fields,
            roles,
            mentions,
            base,
            fixed,
            devices,
            returns,
            results,
            bare,
            reply: None,
            faults: Vec::new(),
            fault: class == Some("fault"),
            session: class == Some("session"),
            span: key.span.clone(),
        };
        table.finish(problems);
        self.register(def, only_field, nameless, key, problems);
    }

    fn register(
        &mut self,
        mut def: MessageDef,
        only_field: Option<String>,
        nameless: Vec<String>,
        key: &Key,
        problems: &mut Problems,
    ) {
        let vocabulary = &self.vocabulary;
        let parameter = vocabulary.parameter.as_deref().filter(|_| vocabulary.inside(&def).is_some());
        def.fields.enter_wire_names(&vocabulary.records, parameter, vocabulary.ignore_case);
        let kind = Kind(self.vocabulary.messages.len() as u16);
        if self.vocabulary.by_name.insert(def.label.clone(), kind).is_some() {
            key.problem(problems, format!("message `{}` stands twice", def.label));
        }
        let asks = def.side == Side::Request;
        if let Some(field) = only_field {
            let field = lower(&field, self.vocabulary.ignore_case).into_owned();
            self.vocabulary.by_key.insert((asks, field), kind);
        } else if !nameless.is_empty() {
            self.vocabulary.nameless.push((asks, nameless, kind));
        } else {
            let mut names = vec![def.wire_name().to_owned()];
            // A message that a number names is known by its label, too.
            names.extend(names[0].parse::<u32>().is_ok().then(|| def.label.clone()));
            names.extend(def.aliases.iter().cloned());
            let prefixed: Vec<_> = self
                .prefix
                .iter()
                .filter(|_| !asks)
                .flat_map(|p| names.iter().map(move |name| format!("{p}{name}")))
                .collect();
            names.extend(prefixed);
            for name in names {
                let name = lower(&name, self.vocabulary.ignore_case).into_owned();
                self.vocabulary.by_wire_name.entry((asks, name)).or_default().push(kind);
            }
        }
        self.vocabulary.messages.push(def);
    }

    /// Ties replies to requests: the one of the request's name with `Response`, and the faults that the request names.
    pub fn answers(&mut self, problems: &mut Problems) {
        let vocabulary = &mut self.vocabulary;
        for place in 0..vocabulary.messages.len() {
            let reply = vocabulary.find(&format!("{}Response", vocabulary.messages[place].label));
            vocabulary.messages[place].reply = reply.filter(|kind| vocabulary.message(*kind).side == Side::Reply);
        }
        for (kind, label, node) in self.faults.drain(..) {
            match vocabulary.find(label).filter(|fault| vocabulary.message(*fault).fault) {
                Some(fault) => vocabulary.messages[kind.0 as usize].faults.push(fault),
                None => {
                    let known = vocabulary.messages.iter().filter(|def| def.fault).map(|def| def.label.as_str());
                    problems.unknown(node.source(), node.inner_span(), "fault", label, known);
                }
            }
        }
    }

    /// Reads `name`: the content of a JSON dialect's name fields, the operation or class of a SOAP dialect.
    fn wire_names(&self, key: &Key, table: &Table, side: Side, problems: &mut Problems) -> WireNames {
        let parts: Vec<&str> = match self.vocabulary.form {
            Form::Json => self.vocabulary.name_fields(side == Side::Request).iter().map(String::as_str).collect(),
            Form::Soap if side == Side::Event => vec!["class"],
            Form::Soap => vec!["operation"],
        };
        let (mut names, mut aliases, mut only_field, mut nameless) = (Vec::new(), Vec::new(), None, Vec::new());
        for (part, node) in table.section("name", problems) {
            if part.name == "alias" {
                aliases = node.texts(problems).into_iter().map(|(text, _)| text.to_owned()).collect();
            } else if part.name == "only-field" {
                only_field = node.text(problems).map(str::to_owned);
            } else if part.name == "nameless" {
                nameless = node.texts(problems).into_iter().map(|(text, _)| text.to_owned()).collect();
            } else if parts.contains(&part.name) {
                let number = node.as_integer().map(|number| number.to_string());
                let text = number.or_else(|| node.text(problems).map(str::to_owned));
                names.extend(text.map(|text| (part.name.to_owned(), text)));
            } else {
                problems.unknown(part.source, part.span.clone(), "name field", part.name, parts.iter().copied());
            }
        }
        if names.is_empty() && only_field.is_none() && nameless.is_empty() {
            names.extend(parts.first().map(|part| (part.to_string(), key.name.to_owned())));
        }
        WireNames { names, aliases, only_field, nameless }
    }
}
