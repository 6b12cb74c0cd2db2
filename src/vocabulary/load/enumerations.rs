//! `[enum]`: enumerations and their members.

use hashbrown::HashMap;

use super::loader::Loader;
use crate::{
    diagnostic::Problems,
    document::{Key, Node},
    model::DeviceKind,
    vocabulary::enumeration::{Enum, Member},
};

impl Loader<'_> {
    pub fn enumeration(&mut self, key: &Key, node: Node, problems: &mut Problems) {
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
}

/// Reads a member and its aliases.
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
