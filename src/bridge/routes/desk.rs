//! The route requests of an application's calls: asked, selected, ended once. What a selection goes through stands in
//! `selection`.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{
    Alarm, Asker, Counts, Due, News, Number, Order, Say, Settings, Target, Told, Wish,
    selection::{Selection, State},
};
use crate::{
    bridge::ids::CallKey,
    model::{Failure, RejectReason, RouteType},
    port::Notice,
    time::Time,
};

/// How long a platform that closes its route requests itself is waited for once their time is up.
const LAST_WORD: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Desk {
    pub(super) settings: Settings,
    /// The routing platform, by its place in the bridge.
    media: Option<usize>,
    /// Why it cannot be asked at the moment.
    down: Option<String>,
    pub(super) routes: HashMap<CallKey, Route>,
    pub(super) selections: BTreeMap<Number, Selection>,
    /// By the routing platform's number.
    pub(super) by_id: HashMap<i64, Number>,
    pub(super) alarms: BTreeSet<Due>,
    next: u64,
    says: VecDeque<Say>,
    orders: VecDeque<Order>,
    pub counts: Counts,
}

/// What is known of a call that a route was asked for.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// Until when; none where the request has ended.
    open: Option<Time>,
    /// The time is up, and what is withdrawn has not been answered for yet.
    pub time_is_up: bool,
    /// The selection that is open or was successful.
    pub current: Option<Number>,
    /// All that live.
    pub selections: SmallVec<[Number; 2]>,
}

impl Desk {
    pub fn new(settings: Settings, media: Option<usize>) -> Desk {
        Desk {
            settings,
            media,
            down: None,
            routes: HashMap::new(),
            selections: BTreeMap::new(),
            by_id: HashMap::new(),
            alarms: BTreeSet::new(),
            next: 0,
            says: VecDeque::new(),
            orders: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// The routing platform, by its place in the bridge.
    pub fn media(&self) -> Option<usize> {
        self.media
    }

    /// Records are kept from now on; numbers begin after `last`, which an earlier run gave.
    pub fn keep(&mut self, last: u64) {
        self.settings.keeps = true;
        self.next = self.next.max(last);
    }

    /// The next thing to be said.
    pub fn say(&mut self) -> Option<Say> {
        self.says.pop_front()
    }

    /// Whether there is nothing to say.
    pub fn is_quiet(&self) -> bool {
        self.says.is_empty()
    }

    /// The next thing to be done.
    pub fn order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// What was selected, and for which call, as long as that is there.
    pub fn wish(&self, number: Number) -> Option<(&Wish, Option<CallKey>)> {
        self.selections.get(&number).map(|selection| (&selection.wish, selection.call))
    }

    /// What the record of a selection calls its call: `name`, or what it was called as long as that was there.
    pub fn name(&mut self, number: Number, name: Option<String>) -> String {
        let Some(selection) = self.selections.get_mut(&number) else { return name.unwrap_or_default() };
        if let Some(name) = name {
            selection.named = name;
        }
        selection.named.clone()
    }

    pub(super) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    pub fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// The most selections that may live at a time.
    pub fn most(&self) -> usize {
        self.settings.most
    }

    /// How many selections live, and how many route requests are open.
    pub fn size(&self) -> (usize, usize) {
        (self.selections.len(), self.routes.values().filter(|route| route.open.is_some()).count())
    }

    // ── route requests ────────────────────────────────────────────────────────────────────────────────────────────────

    /// A route is asked for. Hands back the seconds within which it must be selected; none where it is open already.
    pub fn ask(&mut self, now: Time, call: CallKey) -> Option<u32> {
        let timeout = self.settings.timeout;
        self.open(now, call, timeout).then(|| u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX))
    }

    /// A route is asked for by a platform that says itself how many seconds there are, and afterwards what it used instead.
    /// Whether the request is a new one.
    pub fn ask_within(&mut self, now: Time, call: CallKey, seconds: u32) -> bool {
        self.open(now, call, Duration::from_secs(seconds.into()) + LAST_WORD)
    }

    /// A route is asked for, for so long. Whether the request is a new one.
    pub(super) fn open(&mut self, now: Time, call: CallKey, timeout: Duration) -> bool {
        let route = self.routes.entry(call).or_default();
        if route.open.is_some() {
            return false;
        }
        let deadline = now + timeout;
        (route.open, route.time_is_up, route.current) = (Some(deadline), false, None);
        self.alarms.insert((deadline, Alarm::Route(call)));
        true
    }

    /// The platform routed the call itself. Whether that ends a route request; a selection still open is rejected first.
    pub fn routed(&mut self, call: CallKey) -> bool {
        self.give_up(call, RejectReason::AlreadyRouted);
        self.close(call)
    }

    /// Whether a selection for the call is open or was successful.
    pub fn has_selected(&self, call: CallKey) -> bool {
        self.routes.get(&call).is_some_and(|route| route.current.is_some())
    }

    /// What somebody else selected is what is used.
    pub fn used_elsewhere(&mut self, call: CallKey, told: &Told) {
        if self.close(call) {
            self.tell(Say { call: Some(call), asker: None, told: told.clone() });
        }
    }

    /// The platform did not use what was selected, for this reason: nobody needs it any more.
    pub fn not_used(&mut self, call: CallKey, why: &str) {
        if let Some(number) = self.routes.get_mut(&call).and_then(|route| route.current.take()) {
            let reason = format!("the platform {why}");
            self.want(Order::Report { notice: Notice::RouteNotUsed { route: number.0, reason } });
            self.abandon(number);
        }
    }

    /// The call is over, and its route request with it; what was selected is cancelled.
    pub fn ended(&mut self, call: CallKey) {
        // Nothing else ends the request any more.
        self.close(call);
        self.give_up(call, RejectReason::CallCleared);
        let Some(route) = self.routes.remove(&call) else { return };
        for number in route.selections {
            self.abandon(number);
            if let Some(selection) = self.selections.get_mut(&number) {
                selection.call = None;
            }
        }
    }

    /// An application selected a route. `call` is none where no such call is known; it is `taken` where somebody else's
    /// selection for it is open or was successful.
    pub fn select(&mut self, now: Time, call: Option<CallKey>, taken: bool, wish: Wish) {
        let asker = Some(Asker { client: wish.client, id: wish.id, call: wish.call });
        match self.judge(call, taken, &wish) {
            Ok(Some(call)) => self.begin(now, call, wish),
            Ok(None) => {
                if let Some(call) = call {
                    self.close(call);
                }
                self.tell(Say { call, asker, told: Told::DefaultUsed });
            }
            Err(told) => self.tell(Say { call, asker, told }),
        }
    }

    /// The call for which the routing platform is to be asked, none where its own routing is selected; or the answer.
    fn judge(&mut self, call: Option<CallKey>, taken: bool, wish: &Wish) -> Result<Option<CallKey>, Told> {
        let fail = |failure, reason: &str| Err(Told::Failed(failure, reason.to_owned()));
        let Some(call) = call else { return fail(Failure::InvalidCall, "no such call is known") };
        let Some(route) = wish.route else { return fail(Failure::Failed, "the selection names no route") };
        if route != RouteType::Default && self.media.is_none() {
            return fail(Failure::Failed, "no `routes` platform is configured for this application");
        }
        let Some(known) = self.routes.get(&call) else {
            return fail(Failure::InvalidState, "no route was asked for this call");
        };
        if known.open.is_none() || known.current.is_some() || taken {
            return Err(Told::Rejected(RejectReason::AlreadyRouted));
        }
        match route {
            RouteType::Default => return Ok(None),
            RouteType::External | RouteType::Ivr => return Err(Told::Rejected(RejectReason::NoRoute)),
            RouteType::Agent | RouteType::Service if wish.target == Target::Nobody => {
                return Err(Told::Rejected(RejectReason::NoRoute));
            }
            RouteType::Agent | RouteType::Service => {}
        }
        if let Some(why) = &self.down {
            return fail(Failure::Failed, why);
        }
        if self.selections.len() >= self.settings.most {
            self.counts.full += 1;
            return fail(Failure::Failed, "too many routes are open (`max_routes`)");
        }
        Ok(Some(call))
    }

    fn begin(&mut self, now: Time, call: CallKey, wish: Wish) {
        self.next += 1;
        let number = Number(self.next);
        if let Some(route) = self.routes.get_mut(&call) {
            route.current = Some(number);
            route.selections.push(number);
        }
        self.selections.insert(number, Selection::new(call, wish));
        if self.settings.keeps {
            self.want(Order::Keep { number, id: None });
        } else {
            self.kept(now, number);
        }
    }

    /// Ends a route request; whether it was open.
    fn close(&mut self, call: CallKey) -> bool {
        let Some(route) = self.routes.get_mut(&call) else { return false };
        route.time_is_up = false;
        let Some(deadline) = route.open.take() else { return false };
        self.alarms.remove(&(deadline, Alarm::Route(call)));
        true
    }

    /// Rejects the selection of a call that has not been answered yet, and cancels it.
    fn give_up(&mut self, call: CallKey, reason: RejectReason) {
        let current = self.routes.get(&call).and_then(|route| route.current);
        let open = current.filter(|number| self.selections.get(number).is_some_and(|known| !known.answered));
        if let Some(number) = open {
            if let Some(route) = self.routes.get_mut(&call) {
                route.time_is_up = false;
            }
            self.answer(number, Told::Rejected(reason));
            self.abandon(number);
        }
    }

    /// Answers a selection, once. Where the time is up, anything but success leaves the platform's default.
    pub(super) fn answer(&mut self, number: Number, told: Told) {
        let Some(selection) = self.selections.get_mut(&number) else { return };
        if std::mem::replace(&mut selection.answered, true) {
            return;
        }
        let (call, wish) = (selection.call, &selection.wish);
        let asker = Some(Asker { client: wish.client, id: wish.id, call: wish.call });
        let success = matches!(told, Told::Used { .. });
        self.tell(Say { call, asker, told });
        let Some(call) = call else { return };
        let Some(route) = self.routes.get_mut(&call) else { return };
        let is_up = route.time_is_up;
        if !success && route.current == Some(number) {
            route.current = None;
        }
        if success {
            self.close(call);
        } else if is_up && self.close(call) {
            self.tell(Say { call: Some(call), asker: None, told: Told::DefaultUsed });
        }
    }

    pub(super) fn tell(&mut self, say: Say) {
        match &say.told {
            Told::Rejected(_) => self.counts.rejected += 1,
            Told::Failed(..) => self.counts.failed += 1,
            Told::Used { .. } | Told::DefaultUsed => self.counts.used += 1,
        }
        self.says.push_back(say);
    }

    pub(super) fn want(&mut self, order: Order) {
        self.orders.push_back(order);
    }

    // ── the routing platform ──────────────────────────────────────────────────────────────────────────────────────────

    /// It cannot be asked any more: what it has not decided fails, with the reason, and is cancelled when it is back.
    pub fn media_down(&mut self, now: Time, reason: &str) {
        self.down = Some(reason.to_owned());
        let waiting = |(_, selection): &(&Number, &Selection)| selection.state == State::Waiting;
        let waiting: Vec<Number> = self.selections.iter().filter(waiting).map(|(number, _)| *number).collect();
        for number in waiting {
            self.answer(number, Told::Failed(Failure::Failed, reason.to_owned()));
            self.cancel_later(now, number);
        }
    }

    /// It is there: what must be cancelled is asked for now.
    pub fn media_up(&mut self) {
        self.down = None;
        let again = |(_, alarm): &Due| if let Alarm::Again(number) = alarm { Some(*number) } else { None };
        for number in self.alarms.iter().filter_map(again).collect::<Vec<_>>() {
            self.again(number);
        }
    }

    /// A status of a request that was asked for by nobody in particular.
    pub fn heard(&mut self, now: Time, id: i64, news: News) {
        if let Some(number) = self.by_id.get(&id).copied() {
            self.status(now, number, news);
        }
    }

    /// A route that an earlier run left behind: it is cancelled, where anybody knows the routing platform's number of it.
    /// `own` is the number that its record has at this desk, if it has one here. Hands back the number that its record is
    /// needed under until it is over; none where nothing can be done.
    pub fn adopt(&mut self, now: Time, own: Option<Number>, id: Option<i64>) -> Option<Number> {
        self.counts.left_over += 1;
        let Some(id) = id else {
            self.counts.unknown += 1;
            return None;
        };
        let number = own.unwrap_or_else(|| {
            self.next += 1;
            Number(self.next)
        });
        self.selections.insert(number, Selection::left_over(now, id));
        self.by_id.insert(id, number);
        self.cancel(number);
        Some(number)
    }

    // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn deadline(&self) -> Option<Time> {
        self.alarms.first().map(|(due, _)| *due)
    }

    pub fn expire(&mut self, now: Time) {
        while let Some((due, alarm)) = self.alarms.first().copied().filter(|(due, _)| *due <= now) {
            self.alarms.remove(&(due, alarm));
            match alarm {
                Alarm::Route(call) => self.time_is_up(now, call),
                Alarm::Answer(number) => self.no_answer(number),
                Alarm::Again(number) => self.again(number),
            }
        }
    }

    /// The time to select a route is up: what is still open is withdrawn first.
    fn time_is_up(&mut self, now: Time, call: CallKey) {
        let Some(route) = self.routes.get_mut(&call) else { return };
        route.time_is_up = true;
        match route.current {
            Some(number) => self.withdraw(now, number),
            None => {
                self.close(call);
                self.tell(Say { call: Some(call), asker: None, told: Told::DefaultUsed });
            }
        }
    }
}
