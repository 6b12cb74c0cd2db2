//! The calls that methods mean: the one that is named, or the agent's one call in the state that the method needs. Of none or
//! several, the method is false, with the reason here.

use super::{
    desk::{Desk, Item},
    methods::{ACTIVE, Can, HELD, States, Target},
    sort::Sort,
};

/// The calls of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    pub call: Option<i64>,
    /// The one that the agent is connected to, where a method has two.
    pub second: Option<i64>,
}

impl Calls {
    fn one(item: &Item) -> Calls {
        Calls { call: Some(item.id), second: None }
    }
}

/// The reason why a method is false.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The call that it names is none of the agent's.
    NotTheirs(i64),
    State(String),
}

/// The calls of a method; `named` is its parameter.
pub fn find(desk: &Desk, target: Target, named: Option<i64>) -> Result<Calls, Refused> {
    let item = |id: Option<i64>| {
        let id = id.unwrap_or(0);
        desk.item(id).ok_or(Refused::NotTheirs(id))
    };
    match target {
        Target::Nothing => Ok(Calls::default()),
        Target::Any => Ok(Calls::one(item(named)?)),
        Target::Named(states) => {
            let item = item(named)?;
            let is_it = states.are.contains(&item.state());
            if is_it { Ok(Calls::one(item)) } else { Err(Refused::State(is_not(item, states))) }
        }
        // Who names the call nevertheless gets that one or none.
        Target::Active(states) => match named {
            Some(_) => find(desk, Target::Named(states), named),
            None => one(desk, states).map(Calls::one).map_err(Refused::State),
        },
        Target::HeldAndActive => {
            let held = find(desk, Target::Named(HELD), named)?;
            let active = one(desk, ACTIVE).map_err(Refused::State)?;
            Ok(Calls { second: Some(active.id), ..held })
        }
        Target::Both => {
            let held = find(desk, Target::Active(HELD), named)?;
            let active = one(desk, ACTIVE).map_err(Refused::State)?;
            Ok(Calls { second: Some(active.id), ..held })
        }
    }
}

/// What in the state of the agent's calls forbids it.
pub fn forbids(desk: &Desk, can: Can) -> Option<String> {
    match can {
        Can::MakeCall if !desk.is_logged_on() => Some("the agent is not logged on".into()),
        // A further call is made while the others are held.
        Can::MakeCall => one_at_most(desk),
        Can::Transfer | Can::Conference => one(desk, HELD).and_then(|_| one(desk, ACTIVE)).err(),
    }
}

fn one_at_most(desk: &Desk) -> Option<String> {
    let busy = [super::sort::state::DIALING, super::sort::state::CALLING, super::sort::state::OFFERED];
    let item = calls(desk).find(|item| busy.contains(&item.state()))?;
    Some(format!("call {} is {}", item.id, described(item)))
}

fn calls(desk: &Desk) -> impl Iterator<Item = &Item> {
    desk.items.iter().filter(|item| item.sort == Sort::Call)
}

/// The one call in these states.
fn one(desk: &Desk, states: States) -> Result<&Item, String> {
    let mut found = calls(desk).filter(|item| states.are.contains(&item.state()));
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        (None, _) => Err(format!("no call is {}", states.words)),
        (Some(_), Some(_)) => Err(format!("several calls are {}", states.words)),
    }
}

fn is_not(item: &Item, states: States) -> String {
    format!("call {} is not {}: it is {}", item.id, states.words, described(item))
}

fn described(item: &Item) -> String {
    super::record::text(&item.record, "StateDescription").to_lowercase()
}
