//! The WSDL of a platform's service: the profile that follows from it, and the notices about it.

use super::{Description, Platform};
use crate::{
    port::{Input, Notice, Output},
    time::Time,
    vocabulary::wsdl::{Fitted, Part, Remark, Weight},
};
use std::sync::Arc;

/// What an operator should know of a service's WSDL: what is missing or wrong one by one, the rest in a line.
pub(super) fn notices(fitted: &Fitted) -> Vec<Notice> {
    /// So many are told; a WSDL that differs in more is another service's, or wants a look at the whole comparison.
    const MOST: usize = 10;
    let serious = |remark: &Remark| remark.weight >= Weight::Lacks;
    let said = fitted.remarks().filter(|(_, remark)| serious(remark));
    let notice = |(part, remark): (&Part, &Remark)| Notice::WsdlDiffers {
        part: part.name.to_string(),
        reason: remark.text.to_string(),
    };
    let mut notices: Vec<Notice> = said.map(notice).collect();
    let more_lacks = notices.len().saturating_sub(MOST);
    notices.truncate(MOST);
    let differences = fitted.remarks().filter(|(_, remark)| !serious(remark)).count();
    notices.push(Notice::WsdlFollowed { profile: fitted.profile.name.to_string(), differences, more_lacks });
    notices
}

impl Platform {
    /// Hands the conversation the profile that fits the WSDL of the service at this address. What the WSDL came to is said
    /// when it is not what was said of it before; where it cannot be read any more, what it said last serves.
    pub fn described(&mut self, now: Time, url: &Arc<str>, found: Result<Fitted, String>) {
        let last = self.descriptions.remove(url).unwrap_or_default();
        let (notices, profile) = match found {
            Ok(fitted) => (notices(&fitted), Some(fitted.profile)),
            Err(reason) => {
                let serves = if last.profile.is_some() { "its last content" } else { "the configured profile" };
                (vec![Notice::WsdlUnreadable { reason, serves }], last.profile)
            }
        };
        if last.notices != notices {
            self.wanted.extend(notices.iter().cloned().map(Output::from));
        }
        let known = profile.as_ref().ok_or_else(|| "its WSDL is not known".to_owned());
        self.take_next(now, &mut Input::Described { profile: known }, &mut Vec::new());
        self.descriptions.insert(url.clone(), Description { notices, profile });
    }
}
