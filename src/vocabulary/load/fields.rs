//! Fields wherever they stand: in records, in headers, and in messages, with the base, the device groups and the fixed values of
//! these.

use super::loader::Loader;
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    vocabulary::{
        definition::Headers,
        enumeration::Enum,
        field::{Field, Literal, Type},
        fields::{Fields, Record},
        message_def::DeviceGroup,
        renaming::load::{self as naming, FieldSource},
    },
};

impl<'d> Loader<'d> {
    /// Reads one field.
    pub fn field(&mut self, fields: &mut Fields, key: &Key<'d>, node: Node<'d>, problems: &mut Problems) {
        // A field of the same label replaces the one before.
        self.fields.retain(|other| other.key.name != key.name);
        let names = node.as_table().and_then(|table| table.find("names"));
        self.fields.push(FieldSource { key: key.clone(), names });
        let Some(table) = node.as_table() else {
            if let Some(ty) = self.parse_type(node, problems) {
                let default = self.default(&ty);
                fields.add(Field { default, ..Field::plain(key.name, ty) });
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
            names: None,
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
        // Read once all fields of the message or record are known.
        table.get("names");
        table.finish(problems);
        fields.add(field);
    }

    pub fn records(&mut self, sections: Vec<(Key<'d>, Node<'d>)>, problems: &mut Problems) {
        // Records may name each other: their places first, their fields afterwards.
        for (key, _) in &sections {
            let name = key.name.to_owned();
            let record = Record { name, chapter: String::new(), fields: Fields::default(), tuple: false };
            self.vocabulary.records.push(record);
        }
        let mut sources = Vec::new();
        for (place, (_, node)) in sections.into_iter().enumerate() {
            let Some(table) = node.table(problems) else { continue };
            let mut fields = Fields::default();
            for (key, node) in table.section("fields", problems) {
                self.field(&mut fields, &key, node, problems);
            }
            let of_fields = std::mem::take(&mut self.fields);
            naming::resolve(&self.vocabulary, &mut fields, &[], &of_fields, problems);
            sources.push((place, of_fields));
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
        for (place, of_fields) in sources {
            let record = &self.vocabulary.records[place];
            naming::check(&self.vocabulary, &record.fields, true, &of_fields, problems);
        }
    }

    pub fn headers(&mut self, table: &Table<'d>, problems: &mut Problems) {
        let Some(table) = table.get("headers").and_then(|node| node.table(problems)) else { return };
        let mut fields = Fields::default();
        for (key, node) in table.section("fields", problems) {
            self.field(&mut fields, &key, node, problems);
        }
        self.fields.clear();
        self.vocabulary.headers = Headers {
            chapter: table.required("chapter", problems).into(),
            namespace: table.required("namespace", problems).into(),
            fields: fields.list,
        };
        table.finish(problems);
    }

    pub fn base(&mut self, table: &Table<'d>, fields: &mut Fields, problems: &mut Problems) -> Option<(usize, usize)> {
        let node = table.get("extends")?;
        let name = node.text(problems)?;
        let Some(record) = self.vocabulary.records.iter().position(|record| record.name == name) else {
            let known = self.vocabulary.records.iter().map(|record| record.name.as_str());
            problems.unknown(node.source(), node.inner_span(), "record", name, known);
            return None;
        };
        for field in &self.vocabulary.records[record].fields.list {
            fields.add(field.clone());
        }
        Some((record, fields.list.len()))
    }

    /// Device groups declare their fields: `name = [id, type, number]`. The last one or two may be missing. The type is of the
    /// enumeration whose members are kinds of devices.
    pub fn devices(&mut self, table: &Table<'d>, fields: &mut Fields, problems: &mut Problems) -> Vec<DeviceGroup> {
        let mut groups = Vec::new();
        for (key, node) in table.section("devices", problems) {
            let has_kinds = |known: &Enum| known.members.iter().any(|member| member.device.is_some());
            let device_type = self.vocabulary.enums.iter().position(has_kinds).map_or(Type::Int, Type::Enum);
            let types = [Type::Id, device_type, Type::Text];
            let mut slots = [None; 3];
            for (place, (label, node)) in node.texts(problems).into_iter().enumerate() {
                let Some(ty) = types.get(place) else {
                    node.problem(problems, "a device is [id, type, number]");
                    break;
                };
                let field = Field::plain(label, ty.clone());
                slots[place] = Some(fields.add(field));
            }
            let [id, ty, number] = slots;
            groups.push(DeviceGroup { label: key.name.into(), id, ty, number });
        }
        groups
    }

    pub fn fixed(&self, table: &Table, fields: &Fields, problems: &mut Problems) -> Vec<(usize, Literal)> {
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
}
