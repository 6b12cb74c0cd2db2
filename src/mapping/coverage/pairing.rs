//! The report of a pair of dialects, and its totals.

use std::collections::BTreeMap;

use super::{
    heard::heard,
    report::{Coverage, Fate, Field},
    said::said,
};
use crate::{mapping::mappings::Dialect, vocabulary::Side};

impl Coverage {
    /// Puts the rules of a platform's dialect and an application's together.
    pub fn of(platform: &Dialect, application: &Dialect) -> Option<Coverage> {
        let (from, order) = (platform.from.as_ref()?, platform.to.as_ref()?);
        let (asks, tell) = (application.from.as_ref()?, application.to.as_ref()?);
        let events = heard(from, tell, &[Side::Event, Side::Reply]);
        let requests = heard(asks, order, &[Side::Request]);
        let told = said(tell, &events, Side::Event);
        let asked = said(order, &requests, Side::Request);
        let mut totals = BTreeMap::new();
        for heard in events.iter().chain(&requests) {
            *totals.entry(heard.fate().1).or_default() += 1;
            count(&heard.fields, "fields in", &mut totals);
        }
        for said in told.iter().chain(&asked) {
            *totals.entry(if said.unsaid.is_some() { "messages never said" } else { "messages said" }).or_default() +=
                1;
            count(&said.fields, "fields out", &mut totals);
        }
        let (from, to) = (platform.vocabulary.dialect.clone(), application.vocabulary.dialect.clone());
        Some(Coverage { from, to, events, requests, told, asked, totals })
    }
}

fn count(fields: &[Field], side: &str, totals: &mut BTreeMap<&'static str, usize>) {
    for field in fields {
        let what = match (side, field.fate) {
            ("fields in", Fate::Carried) => "fields in, carried",
            ("fields in", Fate::Derived) => "fields in, derived",
            ("fields in", Fate::Absent) => "fields in, absent",
            ("fields in", Fate::Ignored) => "fields in, ignored",
            ("fields in", Fate::Refused) => "fields in, refused",
            (_, Fate::Carried) => "fields out, carried",
            (_, Fate::Derived) => "fields out, derived",
            (_, Fate::Absent) => "fields out, absent",
            (_, Fate::Ignored | Fate::Refused) => "fields out, ignored",
        };
        *totals.entry(what).or_default() += 1;
    }
}
