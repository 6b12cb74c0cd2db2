//! The table of what each change has is held to the model: an attribute that a change has makes a difference in some
//! situation, and one that it lacks makes none in any.

use smallvec::smallvec;

use super::*;

/// A model to which a few changes were told.
struct Scene {
    name: &'static str,
    told: fn(&mut Player),
}

struct Player {
    model: Model,
    now: Time,
    told: Vec<Consequence>,
}

/// Some moment by the platform's clock.
const CLOCK: u64 = 1_800_000_000_000;

fn agent(id: i64) -> Device<'static> {
    Device { kind: Some(DeviceKind::Agent), id: Id::Int(id), number: "" }
}

fn group(id: i64) -> Device<'static> {
    Device { kind: Some(DeviceKind::Group), id: Id::Int(id), number: "" }
}

fn outside(number: &'static str) -> Device<'static> {
    Device { kind: Some(DeviceKind::Device), id: Id::None, number }
}

impl Player {
    fn new() -> Player {
        let mut model = Model::new(Settings { platform: "test".into(), ..Settings::default() });
        model.link_up(Time(0));
        Player { model, now: Time(0), told: Vec::new() }
    }

    fn say(&mut self, kind: ChangeKind, attributes: &Attributes) {
        self.now = self.now + Duration::from_secs(1);
        self.model.begin(self.now, Some(CLOCK + self.now.0));
        self.model.apply(&Change::new(kind, attributes));
        self.model.take_consequences(&mut self.told);
    }

    fn call(&mut self, kind: ChangeKind, call: &str, party: Device, other: Device) {
        let mut change = Attributes::default();
        change.call.0[0] = Id::Text(call);
        (change.party, change.other, change.service) = (party, other, group(9));
        self.say(kind, &change);
    }

    fn agent(&mut self, kind: ChangeKind, id: i64, state: Option<AgentState>) {
        let mut change = Attributes::default();
        change.party = agent(id);
        change.set(Fact::Number, Value::Text(if id == 1 { "101" } else { "102" }));
        change.set(Fact::Station, Value::Text(if id == 1 { "4001" } else { "4002" }));
        if let Some(state) = state {
            change.set(Fact::State, Value::Int(state.code()));
        }
        self.say(kind, &change);
    }

    /// What can be seen of the model, in an order that is always the same.
    fn picture(&self) -> String {
        let model = &self.model;
        let calls: Vec<_> = model.calls.iter().collect();
        let (agents, services): (Vec<_>, Vec<_>) = (model.agents().collect(), model.services().collect());
        format!("{calls:?} {agents:?} {services:?} {:?} {:?}", model.link, self.told)
    }
}

fn logged_on(player: &mut Player) {
    for id in [1, 2] {
        player.agent(ChangeKind::LoggedOn, id, Some(AgentState::Idle));
    }
}

fn queued(player: &mut Player) {
    logged_on(player);
    player.call(ChangeKind::Queued, "g1", Device::default(), Device::default());
}

fn alerting(player: &mut Player) {
    queued(player);
    player.call(ChangeKind::Alerted, "g1", agent(1), outside("5551234"));
}

fn reserved(player: &mut Player) {
    queued(player);
    let mut chosen = Attributes::default();
    (chosen.call.0[0], chosen.party, chosen.service) = (Id::Text("g1"), agent(1), group(9));
    chosen.set(Fact::Dnis, Value::Text("4711"));
    player.say(ChangeKind::Allocated, &chosen);
}

fn connected(player: &mut Player) {
    alerting(player);
    player.call(ChangeKind::Connected, "g1", agent(1), outside("5551234"));
}

fn held(player: &mut Player) {
    connected(player);
    player.call(ChangeKind::Held, "g1", agent(1), Device::default());
}

fn two_calls(player: &mut Player) {
    held(player);
    player.call(ChangeKind::Originated, "g2", agent(1), agent(2));
    player.call(ChangeKind::Connected, "g2", agent(2), agent(1));
}

const SCENES: &[Scene] = &[
    Scene { name: "nothing", told: |_| {} },
    Scene { name: "logged on", told: logged_on },
    Scene {
        name: "logged off",
        told: |player| {
            logged_on(player);
            player.agent(ChangeKind::LoggedOff, 1, None);
        },
    },
    Scene { name: "queued", told: queued },
    Scene { name: "alerting", told: alerting },
    Scene { name: "reserved", told: reserved },
    Scene {
        name: "alerting at a number of a service",
        told: |player| {
            reserved(player);
            player.call(ChangeKind::Alerted, "g1", agent(1), outside("5551234"));
        },
    },
    Scene {
        name: "made of two",
        told: |player| {
            two_calls(player);
            let mut join = Attributes::default();
            (join.call.0[0], join.second.0[0], join.party) = (Id::Text("g1"), Id::Text("g2"), agent(1));
            join.result.0[0] = Id::Text("g4");
            player.say(ChangeKind::Conferenced, &join);
            let mut renamed = Attributes::default();
            (renamed.call.0[0], renamed.result.0[0], renamed.party) = (Id::Text("g4"), Id::Text("g1"), agent(1));
            player.say(ChangeKind::Originated, &renamed);
        },
    },
    Scene {
        name: "services",
        told: |player| {
            logged_on(player);
            let mut known = Attributes::default();
            known.service = group(9);
            player.say(ChangeKind::ServiceKnown, &known);
        },
    },
    Scene {
        name: "queued, and work after no call",
        told: |player| {
            queued(player);
            player.agent(ChangeKind::WrapStarted, 1, None);
        },
    },
    Scene { name: "connected", told: connected },
    Scene {
        name: "of two agents",
        told: |player| {
            connected(player);
            player.call(ChangeKind::Connected, "g1", agent(2), Device::default());
        },
    },
    Scene {
        name: "unconfirmed",
        told: |player| {
            connected(player);
            player.model.resync(player.now);
        },
    },
    Scene { name: "held", told: held },
    Scene { name: "two calls", told: two_calls },
    Scene {
        name: "joined",
        told: |player| {
            two_calls(player);
            let mut join = Attributes::default();
            (join.call.0[0], join.second.0[0], join.party) = (Id::Text("g1"), Id::Text("g2"), agent(1));
            join.result.0[0] = Id::Text("g2");
            player.say(ChangeKind::Conferenced, &join);
        },
    },
    Scene {
        name: "ended",
        told: |player| {
            connected(player);
            player.call(ChangeKind::Ended, "g1", Device::default(), Device::default());
        },
    },
    Scene {
        name: "work after a call",
        told: |player| {
            connected(player);
            player.call(ChangeKind::Ended, "g1", Device::default(), Device::default());
            player.call(ChangeKind::WrapStarted, "g1", agent(1), Device::default());
        },
    },
    Scene {
        name: "work after no call",
        told: |player| {
            logged_on(player);
            player.agent(ChangeKind::WrapStarted, 1, None);
        },
    },
];

fn set(kind: ChangeKind, change: &mut Attributes, attribute: Attribute) {
    match attribute {
        Attribute::Part(Part::Call) => change.call.0[0] = Id::Text("g1"),
        Attribute::Part(Part::Second) => change.second.0[0] = Id::Text("g2"),
        Attribute::Part(Part::Result) => change.result.0[0] = Id::Text("g3"),
        Attribute::Part(Part::Request) => change.request = Id::Int(1),
        Attribute::Part(Part::Party) => change.party = agent(1),
        Attribute::Part(Part::Other) if kind == ChangeKind::Diverted => change.other = outside("4711"),
        Attribute::Part(Part::Other) => change.other = agent(2),
        Attribute::Part(Part::To) => change.to = outside("5559999"),
        Attribute::Part(Part::Service) => change.service = group(8),
        Attribute::Part(Part::Data) => change.data = Some(smallvec![(Value::Text("tier"), Value::Text("gold"))]),
        Attribute::Part(Part::Services) => change.services = Some(smallvec![group(8)]),
        Attribute::Fact(fact) => change.set(fact, value(fact)),
    }
}

fn unset(change: &mut Attributes, attribute: Attribute) {
    match attribute {
        Attribute::Part(Part::Call) => change.call = CallNames::default(),
        Attribute::Part(Part::Second) => change.second = CallNames::default(),
        Attribute::Part(Part::Result) => change.result = CallNames::default(),
        Attribute::Part(Part::Request) => change.request = Id::None,
        Attribute::Part(Part::Party) => change.party = Device::default(),
        Attribute::Part(Part::Other) => change.other = Device::default(),
        Attribute::Part(Part::To) => change.to = Device::default(),
        Attribute::Part(Part::Service) => change.service = Device::default(),
        Attribute::Part(Part::Data) => change.data = None,
        Attribute::Part(Part::Services) => change.services = None,
        Attribute::Fact(fact) => change.set(fact, Value::Absent),
    }
}

fn value(fact: Fact) -> Value<'static> {
    let code = match fact {
        Fact::Media => Media::Email.code(),
        Fact::Type => CallType::Campaign.code(),
        Fact::Direction => Direction::Inbound.code(),
        Fact::Cause => Cause::Busy.code(),
        Fact::State => AgentState::Active.code(),
        Fact::Underlying => AgentState::NotReady.code(),
        Fact::Failure => Failure::InvalidCall.code(),
        Fact::About => About::Agent.code(),
        Fact::Entity => Entity::Calls.code(),
        Fact::RouteType => RouteType::Agent.code(),
        Fact::Status => RouteStatus::DefaultUsed.code(),
        Fact::RejectReason => RejectReason::Busy.code(),
        Fact::Sequence | Fact::Code | Fact::Waited | Fact::Timeout | Fact::Priority | Fact::Route => 77,
        Fact::Result => -2,
        Fact::ServiceType => 4,
        Fact::Abandoned | Fact::Free | Fact::WaitsUnseen | Fact::EndWrap | Fact::Phone => return Value::Bool(true),
        Fact::Since => return Value::Text("2000-01-01 00:00:00"),
        Fact::Number => return Value::Text("102"),
        Fact::Ani
        | Fact::Dnis
        | Fact::CallerName
        | Fact::Reason
        | Fact::Digits
        | Fact::Destination
        | Fact::Name
        | Fact::Station => return Value::Text("4711"),
    };
    Value::Int(code)
}

/// What a change may look like beside the attribute in question: with all that it needs, in both ways, with all that it has,
/// and about an agent who is idle.
fn bases(kind: ChangeKind) -> Vec<Attributes<'static>> {
    let signature = Meaning::Change(kind).signature();
    let mut bases = Vec::new();
    for way in 0..2 {
        let mut change = Attributes::default();
        signature.required.iter().for_each(|group| set(kind, &mut change, group[way.min(group.len() - 1)]));
        bases.push(change);
    }
    let mut all = Attributes::default();
    signature.attributes().for_each(|attribute| set(kind, &mut all, attribute));
    all.request = Id::None;
    let mut recent = all.clone();
    recent.set(Fact::Since, Value::Absent);
    let mut idle = bases[0].clone();
    if Meaning::Change(kind).has(Attribute::Fact(Fact::State)) {
        idle.set(Fact::State, Value::Int(AgentState::Idle.code()));
    }
    bases.extend([all, recent, idle]);
    bases
}

impl Player {
    /// Lets all ends come whose turn had not come.
    fn go_on(&mut self) {
        while self.model.has_more() {
            self.model.go_on(self.now);
        }
    }
}

/// What can be seen once a change was told in a scene, and what is only looked at later has been.
fn after(scene: &Scene, kind: ChangeKind, change: &Attributes) -> String {
    let mut player = Player::new();
    (scene.told)(&mut player);
    player.say(kind, change);
    player.go_on();
    player.now = player.now + Duration::from_secs(90);
    player.model.expire(player.now);
    player.go_on();
    player.model.take_consequences(&mut player.told);
    player.picture()
}

/// The name of a situation in which it makes a difference whether a change has these attributes.
fn difference(kind: ChangeKind, attributes: &[Attribute]) -> Option<&'static str> {
    for base in bases(kind) {
        let (mut with, mut without) = (base.clone(), base);
        for attribute in attributes {
            set(kind, &mut with, *attribute);
            unset(&mut without, *attribute);
        }
        let differs = |scene: &&Scene| after(scene, kind, &with) != after(scene, kind, &without);
        if let Some(scene) = SCENES.iter().find(differs) {
            return Some(scene.name);
        }
    }
    None
}

/// Only open requests, several changes of one message, or names that are used again show that these are read.
fn shows_elsewhere(kind: ChangeKind, attribute: Attribute) -> bool {
    use ChangeKind as C;
    let needs_request = matches!(kind, C::RouteUsed | C::RouteRejected | C::RequestTaken | C::RequestAccepted);
    needs_request || kind == C::RequestFailed || attribute == Attribute::Part(Part::Request)
}

#[test]
fn the_model_reads_what_the_table_says_of_each_change() {
    let (mut idle, mut unknown) = (Vec::new(), Vec::new());
    let roles = [Part::Second, Part::Result].map(Attribute::Part);
    let attributes: Vec<Attribute> = Attribute::settable().chain(roles).collect();
    for kind in ChangeKind::ALL.iter().copied() {
        let tried = attributes.iter().copied().filter(|attribute| !shows_elsewhere(kind, *attribute));
        let (known, others): (Vec<_>, Vec<_>) = tried.partition(|attribute| Meaning::Change(kind).has(*attribute));
        let name = |attribute: Attribute| format!("{} {}", kind.name(), attribute.name());
        idle.extend(known.into_iter().filter(|known| difference(kind, &[*known]).is_none()).map(name));
        // All at once, because they should make no difference.
        if difference(kind, &others).is_some() {
            let reads = |other: Attribute| Some(format!("{} ({})", name(other), difference(kind, &[other])?));
            unknown.extend(others.into_iter().filter_map(reads));
        }
    }
    let nothing = Vec::<String>::new();
    assert_eq!((unknown, idle), (nothing.clone(), nothing), "read and not in the table; in the table and never read");
}
