//! The namespaces of data contracts, settled once all of them were seen.

use super::{
    comparison::Comparison,
    fitted::{Sort, Weight},
};

impl Comparison<'_> {
    /// Makes the namespace of most data contracts the profile's; members and items in others are noted one by one.
    pub fn settle_namespaces(&mut self) {
        if self.spaces.is_empty() {
            return;
        }
        let data = most(self.spaces.iter().map(|(.., namespace)| *namespace)).to_owned();
        let service = self.parts.iter_mut().find(|(_, part)| part.sort == Sort::Service);
        if let Some((_, part)) = service.filter(|_| data != self.base.namespaces.data) {
            match data.is_empty() {
                true => part.say(Weight::Contradicts, "members of its data are in no namespace"),
                false => part.say(Weight::Differs, format!("the namespace of its data is {data}")),
            }
        }
        let mut told = Vec::new();
        for (owner, slot, namespace) in std::mem::take(&mut self.spaces) {
            if namespace == data {
                continue;
            }
            self.profile.overlay.form(owner, slot).namespace = Some(namespace.to_owned());
            let part = self.parts.iter_mut().find(|(known, _)| *known == Some(owner));
            if let Some((_, part)) = part.filter(|_| !told.contains(&(owner, namespace))) {
                told.push((owner, namespace));
                part.say(Weight::Differs, format!("members of it are in namespace {namespace}"));
            }
        }
        for (owner, slot, item, expected) in std::mem::take(&mut self.items) {
            if item.namespace != data || item.local != expected {
                self.profile.overlay.form(owner, slot).item = Some((item.namespace.clone(), item.local.clone()));
                let label = self.profile.label(self.vocabulary, owner, slot).to_owned();
                if let Some((_, part)) = self.parts.iter_mut().find(|(known, _)| *known == Some(owner)) {
                    part.say(Weight::Differs, format!("items of {label} are {item} of {}", item.namespace));
                }
            }
        }
        self.profile.namespaces.data = data;
    }
}

/// The name that occurs most often; the first of several.
pub fn most<'n>(names: impl Iterator<Item = &'n str>) -> &'n str {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or("", |(name, _)| name)
}
