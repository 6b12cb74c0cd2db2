//! One session of a CTIPS application: its state, what it wants to hear, and whether it is still there.

use crate::{port::Filterable, time::Time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The client's own service is being asked to start the session.
    Starting,
    /// Open; it has not asked for events.
    Opened,
    Online,
    Offline,
}

/// The fields that events can be filtered by; the numbers are the vocabulary's CTIFieldType.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterField {
    Agent,
    Service,
    Switch,
    Tenant,
}

impl FilterField {
    pub fn from_code(code: i64) -> Option<FilterField> {
        match code {
            1 => Some(FilterField::Agent),
            2 => Some(FilterField::Service),
            3 => Some(FilterField::Switch),
            4 => Some(FilterField::Tenant),
            _ => None,
        }
    }
}

/// The most filters that one session may set.
pub const MAX_FILTERS: usize = 1000;

#[derive(Debug)]
pub struct Session {
    pub id: String,
    pub user: String,
    pub tenant: i64,
    pub state: State,
    pub callback: String,
    /// Classes of messages, by the vocabulary's CTIEventCategory.
    classes: [bool; 5],
    filters: Vec<(FilterField, String)>,
    pub next_heartbeat: Time,
    /// A heartbeat is on its way.
    pub beating: bool,
    pub missed: u32,
}

impl Session {
    pub fn new(id: String, user: String, tenant: i64, callback: String) -> Session {
        Session {
            id,
            user,
            tenant,
            state: State::Starting,
            callback,
            classes: [false; 5],
            filters: Vec::new(),
            next_heartbeat: Time(0),
            beating: false,
            missed: 0,
        }
    }

    /// Whether the class exists.
    pub fn set_class(&mut self, class: i64, wanted: bool) -> bool {
        match usize::try_from(class).ok().and_then(|class| self.classes.get_mut(class)) {
            Some(known) if class > 0 => {
                *known = wanted;
                true
            }
            _ => false,
        }
    }

    pub fn add_filter(&mut self, field: FilterField, value: &str) -> Result<(), String> {
        let filter = (field, value.trim().to_owned());
        if self.filters.contains(&filter) {
            return Ok(());
        }
        if self.filters.len() >= MAX_FILTERS {
            return Err(format!("a session has at most {MAX_FILTERS} filters"));
        }
        self.filters.push(filter);
        Ok(())
    }

    pub fn delete_filter(&mut self, field: FilterField, value: &str) {
        self.filters.retain(|(known, set)| *known != field || set != value.trim());
    }

    /// Whether an event of a class is for this session. System events pass every filter.
    pub fn wants(&self, class: usize, event: &Filterable) -> bool {
        const SYSTEM: usize = 4;
        self.state == State::Online
            && self.classes.get(class).copied().unwrap_or(false)
            && (class == SYSTEM || self.filters.is_empty() || self.passes(event))
    }

    /// Of each type that has filters, one must match; an event that lacks the field matches none.
    fn passes(&self, event: &Filterable) -> bool {
        let types = [FilterField::Agent, FilterField::Service, FilterField::Switch, FilterField::Tenant];
        types.into_iter().all(|field| {
            let mut set = self.filters.iter().filter(|(known, _)| *known == field).map(|(_, value)| value).peekable();
            set.peek().is_none() || set.any(|value| self.matches(field, value, event))
        })
    }

    fn matches(&self, field: FilterField, value: &str, event: &Filterable) -> bool {
        let is = |number: i64| number != 0 && value.parse() == Ok(number);
        match field {
            FilterField::Agent => is(event.agent) || (!value.is_empty() && event.agent_names.contains(&value)),
            FilterField::Service => is(event.service),
            FilterField::Switch => is(event.switch),
            FilterField::Tenant => is(self.tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn online(filters: &[(FilterField, &str)]) -> Session {
        let mut session = Session::new("s".into(), "u".into(), 1, String::new());
        session.state = State::Online;
        for class in 1..=4 {
            assert!(session.set_class(class, true));
        }
        for (field, value) in filters {
            session.add_filter(*field, value).unwrap();
        }
        session
    }

    const CALL: usize = 2;

    #[test]
    fn any_filter_of_one_type_and_all_types_together() {
        let event = |agent, service| Filterable { agent, service, switch: 1, ..Filterable::default() };
        let session = online(&[(FilterField::Agent, "12"), (FilterField::Agent, "13"), (FilterField::Service, "9")]);
        assert!(session.wants(CALL, &event(13, 9)));
        assert!(!session.wants(CALL, &event(13, 8)), "another service");
        assert!(!session.wants(CALL, &event(14, 9)), "another agent");
        assert!(!session.wants(CALL, &event(0, 9)), "an event that lacks the field");
        assert!(session.wants(4, &event(0, 0)), "system events pass");
    }

    #[test]
    fn an_agent_is_meant_by_id_or_by_login_name() {
        let session = online(&[(FilterField::Agent, "jdoe")]);
        let event = Filterable { agent: 12, agent_names: ["77", "jdoe"], ..Filterable::default() };
        assert!(session.wants(CALL, &event));
        let nobody = online(&[(FilterField::Agent, "")]);
        assert!(!nobody.wants(CALL, &Filterable { agent: 12, ..Filterable::default() }));
    }

    #[test]
    fn classes_and_the_line_count() {
        let mut session = online(&[]);
        assert!(session.set_class(CALL as i64, false));
        assert!(!session.wants(CALL, &Filterable::default()));
        assert!(!session.set_class(0, true) && !session.set_class(9, true));
        session.state = State::Offline;
        assert!(!session.wants(4, &Filterable::default()));
    }

    #[test]
    fn filters_can_be_taken_back_and_have_a_bound() {
        let mut session = online(&[(FilterField::Agent, "12")]);
        session.delete_filter(FilterField::Agent, " 12 ");
        assert!(session.wants(CALL, &Filterable::default()));
        for n in 0..MAX_FILTERS {
            session.add_filter(FilterField::Agent, &n.to_string()).unwrap();
        }
        assert!(session.add_filter(FilterField::Agent, "x").is_err());
        assert!(session.add_filter(FilterField::Agent, "0").is_ok(), "set already");
    }
}
