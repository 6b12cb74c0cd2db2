//! Enumerations. Members are matched by name if the names are known, else by position, which is the guide's number.

use super::{
    comparison::Comparison,
    description::{Name, Simple},
    fitted::{Part, Sort, Weight},
};
use crate::vocabulary::enumeration::Enum;

impl<'c> Comparison<'c> {
    pub fn enumeration(&mut self, place: usize, simple: &'c Simple, name: Option<&'c Name>, part: &mut Part) {
        let known = &self.vocabulary.enums[place];
        if let Some(other) = self.enums.get(&place) {
            if other.values != simple.values {
                let name = name.map_or("", |name| &name.local);
                part.say(Weight::Contradicts, format!("{} is not the same everywhere: here it is {name}", known.name));
            }
            return;
        }
        self.enums.insert(place, simple);
        let mut own = Part::new(Sort::Enumeration, &known.name, name.map_or("", |name| &name.local));
        let codes = codes(known, simple, &mut own);
        let usual = self.base.member_names(self.vocabulary, place);
        for member in &known.members {
            let Some((_, written)) = codes.iter().find(|(code, _)| *code == member.code) else {
                own.say(Weight::Spares, format!("has no {}", member.name));
                continue;
            };
            if !usual.iter().any(|(code, name)| *code == member.code && name == written) {
                own.say(Weight::Differs, format!("{} ({}) is written {written}", member.name, member.code));
                self.profile.overlay.values.insert((place, member.code), (*written).to_owned());
            }
        }
        self.parts.push((None, own));
    }
}

/// The codes of the WSDL's members: by name if all of them are known, or if all known ones are among them; else by
/// position.
fn codes<'s>(known: &Enum, simple: &'s Simple, part: &mut Part) -> Vec<(i64, &'s str)> {
    let by_name: Vec<Option<i64>> = simple.values.iter().map(|(name, _)| known.code_in_any_case(name)).collect();
    let has_all = || known.members.iter().all(|member| by_name.contains(&Some(member.code)));
    if by_name.iter().all(Option::is_some) || has_all() {
        if by_name.iter().zip(&simple.values).any(|(code, (_, number))| code.is_some_and(|code| code != *number)) {
            part.say(Weight::Differs, "its members are in another order; they are taken by name");
        }
        let strange: Vec<&str> = (by_name.iter().zip(&simple.values))
            .filter(|(code, _)| code.is_none())
            .map(|(_, (name, _))| name.as_str())
            .collect();
        if !strange.is_empty() {
            part.say(Weight::Unknown, format!("has members that are not known: {}", strange.join(", ")));
        }
        let pairs = by_name.into_iter().zip(&simple.values);
        return pairs.filter_map(|(code, (name, _))| Some((code?, name.as_str()))).collect();
    }
    let is_known = |number: i64| known.members.iter().any(|member| member.code == number);
    let strange: Vec<&str> =
        simple.values.iter().filter(|(_, number)| !is_known(*number)).map(|(name, _)| name.as_str()).collect();
    if !strange.is_empty() {
        part.say(Weight::Unknown, format!("has members beyond the guide's numbers: {}", strange.join(", ")));
    }
    simple.values.iter().map(|(name, number)| (*number, name.as_str())).collect()
}
