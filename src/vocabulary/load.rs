//! A dialect's TOML file → [`Vocabulary`], with every mistake reported where it stands. The grammar is described in
//! ARCHITECTURE.md, "Vocabularies".

use std::sync::Arc;

use hashbrown::HashMap;

use super::*;
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table},
    model::{DeviceKind, Media},
};

const TYPES: [(&str, Type); 6] = [
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("long", Type::Long),
    ("text", Type::Text),
    ("time", Type::Time),
    ("id", Type::Id),
];

/// Loads a vocabulary. What is wrong is added to `problems`; the vocabulary then lacks what could not be read.
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
            vocabulary: Vocabulary {
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
        loader.vocabulary.call_names = owned(table.texts("call-names", problems));
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
        for (key, node) in table.section("profile", problems) {
            let profile = profile::load(&key, node, &loader.vocabulary, problems);
            loader.vocabulary.profiles.extend(profile);
        }
        table.finish(problems);
        loader.vocabulary
    })
}

/// The media that `media` names; all where it is not there.
fn media(table: &Table, problems: &mut Problems) -> Vec<Media> {
    let Some(named) = table.get("media") else { return Media::ALL.to_vec() };
    let names = named.texts(problems);
    let mut media = Vec::new();
    for (name, node) in names {
        match Media::from_name(name) {
            Some(medium) => media.push(medium),
            None => problems.unknown(node.source(), node.inner_span(), "medium", name, Media::names()),
        }
    }
    media
}

/// How a message is named on the wire.
struct WireNames {
    /// What its name fields hold.
    names: Vec<(String, String)>,
    aliases: Vec<String>,
    /// The field that only this message has.
    only_field: Option<String>,
    /// The fields that show the message where nothing names one.
    nameless: Vec<String>,
}

struct Loader<'d> {
    vocabulary: Vocabulary,
    enums_by_name: bool,
    /// What the name of a message may begin with on the wire, or not.
    prefix: Option<&'d str>,
    sets: HashMap<&'d str, Node<'d>>,
    /// Which message names which others as what it may be refused with.
    faults: Vec<(Kind, &'d str, Node<'d>)>,
}

impl<'d> Loader<'d> {
    fn enumeration(&mut self, key: &Key, node: Node, problems: &mut Problems) {
        let Some(table) = node.table(problems) else { return };
        let wire = table.choice("wire", &["code", "name"], problems);
        let by_name = wire.map_or(self.enums_by_name, |wire| wire == "name");
        let mut members: Vec<Member> = Vec::new();
        let mut aliases: Vec<(String, i64)> = Vec::new();
        match table.get("members") {
            Some(list) if list.as_array().is_some() => {
                for (code, (name, _)) in list.texts(problems).into_iter().enumerate() {
                    members.push(Member { name: name.into(), wire: None, code: code as i64, device: None });
                }
            }
            Some(list) => {
                for (key, node) in list.table(problems).map(|table| table.entries()).unwrap_or_default() {
                    let Some((member, others)) = member(&key, node, problems) else { continue };
                    aliases.extend(others.into_iter().chain(member.wire.clone()).map(|name| (name, member.code)));
                    if let Some(other) = members.iter().find(|other| other.code == member.code) {
                        key.problem(problems, format!("`{}` has the code of `{}`", member.name, other.name));
                    }
                    members.push(member);
                }
            }
            None => table.problem(problems, "`members` is missing"),
        }
        let mut by_text = HashMap::new();
        let names = members.iter().map(|member| (member.name.clone(), member.code));
        for (name, code) in names.chain(aliases) {
            if by_text.insert(name.clone(), code).is_some() {
                table.problem(problems, format!("member `{name}` stands twice"));
            }
        }
        let chapter = table.required("chapter", problems).into();
        self.vocabulary.enums.push(Enum { name: key.name.into(), chapter, by_name, members, by_text });
        table.finish(problems);
    }

    fn records(&mut self, sections: Vec<(Key<'d>, Node<'d>)>, problems: &mut Problems) {
        // Records may name each other: their places first, their fields afterwards.
        for (key, _) in &sections {
            let name = key.name.to_owned();
            let record = Record { name, chapter: String::new(), fields: Fields::default(), tuple: false };
            self.vocabulary.records.push(record);
        }
        for (place, (_, node)) in sections.into_iter().enumerate() {
            let Some(table) = node.table(problems) else { continue };
            let mut fields = Fields::default();
            for (key, node) in table.section("fields", problems) {
                self.field(&mut fields, &key, node, problems);
            }
            if fields.list.iter().any(|field| field.family > 0 || !field.joined.is_empty()) {
                table.problem(problems, "families and joined names stand in messages, not in records");
                continue;
            }
            fields.enter_wire_names(&self.vocabulary.records, None, self.vocabulary.ignore_case);
            let record = &mut self.vocabulary.records[place];
            record.fields = fields;
            record.chapter = table.required("chapter", problems).into();
            record.tuple = table.flag("tuple", problems);
            table.finish(problems);
        }
    }

    fn message(&mut self, key: &Key<'d>, node: Node<'d>, problems: &mut Problems) {
        let Some(table) = node.table(problems) else { return };
        let side = match table.required("side", problems) {
            "request" => Side::Request,
            "reply" => Side::Reply,
            "callback" => Side::Callback,
            "event" | "" => Side::Event,
            other => {
                let span = table.find("side").map_or(table.span(), |node| node.inner_span());
                problems.unknown(table.source(), span, "side", other, ["request", "reply", "event", "callback"]);
                Side::Event
            }
        };
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
        let fixed = self.fixed(&table, &fields, problems);
        let WireNames { names, aliases, only_field, nameless } = self.wire_names(key, &table, side, problems);
        for label in nameless.iter().filter(|label| fields.slot(label).is_none()) {
            table.problem(problems, format!("`{label}` shows the message, but is none of its fields"));
        }
        let returns = table.get("returns").and_then(|node| self.parse_type(node, problems));
        let results = table.texts("results", problems).into_iter().map(|(text, _)| text.to_owned()).collect();
        let class = table.choice("class", &["session", "fault"], problems);
        let kind = Kind(self.vocabulary.messages.len() as u16);
        self.faults.extend(table.texts("faults", problems).into_iter().map(|(text, node)| (kind, text, node)));
        let bare = table.flag("bare", problems);
        if bare && side == Side::Reply && fields.list.len() != 1 {
            table.problem(problems, "a bare reply has one field: the result");
        }
        let roles = fields.list.iter().enumerate().filter_map(|(slot, field)| Some((field.role?, slot))).collect();
        let def = MessageDef {
            label: key.name.into(),
            chapter: table.required("chapter", problems).into(),
            side,
            wire_names: names,
            aliases,
            fields,
            roles,
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
        let parameter = vocabulary.parameter.as_deref().filter(|_| def.inside(vocabulary).is_some());
        def.fields.enter_wire_names(&vocabulary.records, parameter, vocabulary.ignore_case);
        let kind = Kind(self.vocabulary.messages.len() as u16);
        if self.vocabulary.by_name.insert(def.label.clone(), kind).is_some() {
            key.problem(problems, format!("message `{}` stands twice", def.label));
        }
        let asks = def.side == Side::Request;
        if let Some(field) = only_field {
            let field = names::lower(&field, self.vocabulary.ignore_case).into_owned();
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
                let name = names::lower(&name, self.vocabulary.ignore_case).into_owned();
                self.vocabulary.by_wire_name.entry((asks, name)).or_default().push(kind);
            }
        }
        self.vocabulary.messages.push(def);
    }

    /// Which replies belong to which requests: that of the same name with `Response`, and the faults that it names.
    fn answers(&mut self, problems: &mut Problems) {
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

    fn headers(&mut self, table: &Table<'d>, problems: &mut Problems) {
        let Some(table) = table.get("headers").and_then(|node| node.table(problems)) else { return };
        let mut fields = Fields::default();
        for (key, node) in table.section("fields", problems) {
            self.field(&mut fields, &key, node, problems);
        }
        self.vocabulary.headers = Headers {
            chapter: table.required("chapter", problems).into(),
            namespace: table.required("namespace", problems).into(),
            fields: fields.list,
        };
        table.finish(problems);
    }

    fn base(&mut self, table: &Table<'d>, fields: &mut Fields, problems: &mut Problems) -> Option<(usize, usize)> {
        let node = table.get("extends")?;
        let name = node.text(problems)?;
        let Some(record) = self.vocabulary.records.iter().position(|record| record.name == name) else {
            let known = self.vocabulary.records.iter().map(|record| record.name.as_str());
            problems.unknown(node.source(), node.inner_span(), "record", name, known);
            return None;
        };
        for field in &self.vocabulary.records[record].fields.list {
            add_field(fields, field.clone());
        }
        Some((record, fields.list.len()))
    }

    /// Device groups declare their fields: `name = [id, type, number]`, where the last or the last two may be missing.
    fn devices(&mut self, table: &Table<'d>, fields: &mut Fields, problems: &mut Problems) -> Vec<DeviceGroup> {
        let mut groups = Vec::new();
        for (key, node) in table.section("devices", problems) {
            let device_type = self.vocabulary.enumeration("device-type").map_or(Type::Int, Type::Enum);
            let types = [Type::Id, device_type, Type::Text];
            let mut slots = [None; 3];
            for (place, (label, node)) in node.texts(problems).into_iter().enumerate() {
                let Some(ty) = types.get(place) else {
                    node.problem(problems, "a device is [id, type, number]");
                    break;
                };
                let field = Field::plain(label, ty.clone());
                slots[place] = Some(add_field(fields, field));
            }
            let [id, ty, number] = slots;
            groups.push(DeviceGroup { label: key.name.into(), id, ty, number });
        }
        groups
    }

    fn fixed(&self, table: &Table, fields: &Fields, problems: &mut Problems) -> Vec<(usize, Literal)> {
        let mut fixed = Vec::new();
        for (key, node) in table.section("fixed", problems) {
            let Some(slot) = fields.slot(key.name) else {
                problems.unknown(key.source, key.span.clone(), "field", key.name, fields.labels());
                continue;
            };
            let ty = fields.list[slot].ty.clone();
            fixed.extend(self.literal(&ty, node, problems).map(|literal| (slot, literal)));
        }
        fixed
    }

    /// What names the message on the wire: the `name` fields of a JSON dialect, the operation or class of a SOAP one.
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

    fn field(&mut self, fields: &mut Fields, key: &Key, node: Node, problems: &mut Problems) {
        let Some(table) = node.as_table() else {
            if let Some(ty) = self.parse_type(node, problems) {
                let default = self.default(&ty);
                add_field(fields, Field { default, ..Field::plain(key.name, ty) });
            }
            return;
        };
        let Some(ty) = table.get("type").and_then(|node| self.parse_type(node, problems)) else {
            table.problem(problems, "`type` is missing");
            return;
        };
        let default = match table.get("default") {
            Some(node) => self.literal(&ty, node, problems).unwrap_or(Literal::Absent),
            None => self.default(&ty),
        };
        let family = table.get("family").and_then(|node| node.integer(problems)).unwrap_or_default();
        let item = if let Type::List(item) = &ty { Some(&**item) } else { None };
        if family > 0 && !matches!(item, Some(Type::Record(_))) {
            table.problem(problems, "a family is a list of records");
        }
        let separated = table.text("separated", problems).map(str::to_owned);
        if separated.is_some() && item.is_none() {
            table.problem(problems, "only the items of a list are separated");
        }
        let joined = table.texts("joined", problems).into_iter().filter_map(|(label, node)| {
            let slot = fields.slot(label);
            if slot.is_none() {
                problems.unknown(node.source(), node.inner_span(), "field", label, fields.labels());
            }
            slot
        });
        let joined = joined.collect();
        let field = Field {
            label: key.name.into(),
            role: table.get("role").and_then(|node| self.role(node, problems)),
            default,
            optional: table.flag("optional", problems),
            secret: table.flag("secret", problems),
            quotes: table.get("quotes").and_then(|node| {
                if node.as_boolean().is_none() {
                    node.problem(problems, "`quotes` is true or false");
                }
                node.as_boolean()
            }),
            unit: table.text("unit", problems).map(str::to_owned),
            doc: table.text("doc", problems).map(str::to_owned),
            min: table.get("min").and_then(|node| node.integer(problems)),
            max: table.get("max").and_then(|node| node.integer(problems)).or((family > 0).then_some(family)),
            separated,
            family: usize::try_from(family).unwrap_or_default(),
            joined,
            aliases: table.texts("alias", problems).into_iter().map(|(text, _)| text.to_owned()).collect(),
            ty,
        };
        table.finish(problems);
        add_field(fields, field);
    }

    fn parse_type(&self, node: Node, problems: &mut Problems) -> Option<Type> {
        let text = node.text(problems)?;
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let name = inner.unwrap_or(text);
        let named = |list: Vec<&str>| list.iter().position(|known| *known == name);
        let enums: Vec<&str> = self.vocabulary.enums.iter().map(|e| e.name.as_str()).collect();
        let records: Vec<&str> = self.vocabulary.records.iter().map(|r| r.name.as_str()).collect();
        let plain = TYPES.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone());
        let ty =
            plain.or_else(|| named(enums.clone()).map(Type::Enum)).or_else(|| named(records.clone()).map(Type::Record));
        if ty.is_none() {
            let known = TYPES.iter().map(|(name, _)| *name).chain(enums).chain(records);
            problems.unknown(node.source(), node.inner_span(), "type", name, known);
        }
        ty.map(|ty| if inner.is_some() { Type::List(Box::new(ty)) } else { ty })
    }

    /// What a field holds that nobody sets: as each form writes "nothing".
    fn default(&self, ty: &Type) -> Literal {
        match (ty, self.vocabulary.form) {
            (Type::Bool, _) => Literal::Bool(false),
            (Type::Int | Type::Long | Type::Enum(_), _) => Literal::Int(0),
            (Type::Id, Form::Json) => Literal::Int(0),
            (Type::Text | Type::Time, Form::Json) => Literal::Text(String::new()),
            (Type::List(_), Form::Json) => Literal::EmptyList,
            _ => Literal::Absent,
        }
    }

    fn literal(&self, ty: &Type, node: Node, problems: &mut Problems) -> Option<Literal> {
        if let (Type::Enum(place), Some(text)) = (ty, node.as_text()) {
            let known = &self.vocabulary.enums[*place];
            let Some(code) = known.code(text) else {
                let members = known.members.iter().map(|member| member.name.as_str());
                problems.unknown(node.source(), node.inner_span(), &format!("member of {}", known.name), text, members);
                return None;
            };
            return Some(Literal::Int(code));
        }
        let literal = node
            .as_integer()
            .map(Literal::Int)
            .or_else(|| node.as_boolean().map(Literal::Bool))
            .or_else(|| node.as_text().map(|text| Literal::Text(text.into())));
        if literal.is_none() {
            node.problem(problems, "expected a number, a string, true or false");
        }
        literal
    }

    fn role(&self, node: Node, problems: &mut Problems) -> Option<Role> {
        let text = node.text(problems)?;
        let (object, part) = text.split_once('.').unwrap_or((text, ""));
        let call = |which| {
            let part = if part.is_empty() { "id" } else { part };
            let names = &self.vocabulary.call_names;
            names.iter().position(|name| name == part).map(|place| Role::Call(which, place as u8))
        };
        let role = match (object, part) {
            ("call", _) => call(Which::Call),
            ("second", _) => call(Which::Second),
            ("result", _) => call(Which::Result),
            ("agent", "" | "id") => Some(Role::Agent(AgentPart::Id)),
            ("agent", "number") => Some(Role::Agent(AgentPart::Number)),
            ("agent", "name") => Some(Role::Agent(AgentPart::Name)),
            ("agent", "station") => Some(Role::Agent(AgentPart::Station)),
            ("service", "") => Some(Role::Service),
            ("request", "") => Some(Role::Request),
            ("session", "") => Some(Role::Session),
            ("tenant", "") => Some(Role::Tenant),
            ("platform", "") => Some(Role::Platform),
            ("sequence", "") => Some(Role::Sequence),
            ("time", "") => Some(Role::Time),
            ("time", "utc") => Some(Role::Utc),
            _ => None,
        };
        if role.is_none() {
            let known = ["call", "second", "result", "agent", "service", "request", "session", "tenant", "platform"];
            problems.unknown(node.source(), node.inner_span(), "role", text, known);
        }
        role
    }
}

/// Adds a field; one of the same label is replaced where it stands. Aliases lead to the same place.
fn add_field(fields: &mut Fields, field: Field) -> usize {
    let slot = match fields.slot(&field.label) {
        Some(slot) => slot,
        None => fields.list.len(),
    };
    for label in std::iter::once(&field.label).chain(&field.aliases) {
        fields.by_label.insert(label.clone(), slot as u16);
    }
    if slot == fields.list.len() {
        fields.list.push(field);
    } else {
        fields.list[slot] = field;
    }
    slot
}

/// A member, and its aliases.
fn member(key: &Key, node: Node, problems: &mut Problems) -> Option<(Member, Vec<String>)> {
    let Some(table) = node.as_table() else {
        let code = node.integer(problems)?;
        return Some((Member { name: key.name.into(), wire: None, code, device: None }, Vec::new()));
    };
    let code = table.get("code").and_then(|node| node.integer(problems));
    if code.is_none() {
        table.problem(problems, "`code` is missing");
    }
    let device = table.get("kind").and_then(|node| {
        let text = node.text(problems)?;
        let kind = DeviceKind::from_name(text);
        if kind.is_none() {
            problems.unknown(node.source(), node.inner_span(), "kind of device", text, DeviceKind::names());
        }
        kind
    });
    let wire = table.text("wire", problems).map(str::to_owned);
    let aliases = table.texts("alias", problems).into_iter().map(|(text, _)| text.to_owned()).collect();
    table.finish(problems);
    Some((Member { name: key.name.into(), wire, code: code?, device }, aliases))
}

impl Field {
    fn plain(label: &str, ty: Type) -> Field {
        let default = match ty {
            Type::Text => Literal::Text(String::new()),
            _ => Literal::Int(0),
        };
        Field {
            label: label.into(),
            ty,
            role: None,
            default,
            optional: false,
            secret: false,
            quotes: None,
            unit: None,
            doc: None,
            min: None,
            max: None,
            aliases: Vec::new(),
            separated: None,
            family: 0,
            joined: Vec::new(),
        }
    }
}
