//! How a session comes about and is given up: OpenConnection, the classes and filters, OnLine, then a snapshot, one type after
//! the other; the next address where one does not answer, and a wait once none did.

use secrecy::ExposeSecret;

use super::*;

/// What a session hears: all of it.
const CLASSES: [i64; 4] = [1, 2, 3, 4];
/// What the snapshot shows, in this order: who serves what comes before calls name them.
const SHOWN: [&str; 3] = ["ServiceInfo", "AgentInfo", "CallInfo"];
/// For how long after a request an event that carries its number is taken for what came of it.
const OUTCOME: Duration = Duration::from_secs(600);

impl Client {
    /// `new_path` makes paths that nobody can guess.
    pub fn new(
        settings: Settings,
        vocabulary: Arc<Vocabulary>,
        profile: Profile,
        new_path: Box<dyn FnMut() -> String + Send>,
    ) -> Client {
        let mut client = Client {
            configured: (vocabulary.clone(), profile.clone()),
            templates: Vec::new(),
            classes: HashMap::new(),
            backoff: Backoff::new(settings.reconnect, settings.seed),
            settings,
            vocabulary,
            profile,
            new_path,
            state: State::Waiting(Time(0)),
            at: 0,
            tried: 0,
            session: Session::default(),
            is_up: false,
            switches: HashSet::new(),
            lost_switches: HashSet::new(),
            is_unshown: false,
            is_cut_off: false,
            tokens: 0,
            posts: HashMap::new(),
            commands: Commands::default(),
            snapshot: None,
            outputs: VecDeque::new(),
            troubles: Troubles::default(),
            said: HashSet::new(),
        };
        client.speak(client.profile.clone());
        client
    }

    /// Speaks as this profile has it from now on.
    pub(super) fn speak(&mut self, profile: Profile) {
        let known = &self.configured.0;
        let template = |(kind, def): (Kind, &crate::vocabulary::MessageDef)| {
            (def.side == Side::Request).then(|| ObjectTemplate::operation(known, &profile, kind))
        };
        self.templates = known.kinds().map(template).collect();
        self.classes.clear();
        for (kind, def) in known.kinds().filter(|(_, def)| def.side == Side::Event) {
            self.classes.insert(def.label.clone(), kind);
            let profiles = known.profiles.iter().chain([&profile]);
            self.classes.extend(profiles.map(|profile| (profile.message_name(known, kind), kind)));
        }
        self.vocabulary = Arc::new(known.reading(&profile));
        self.profile = profile;
    }

    /// A client without a portal: for lines that come from a file.
    pub fn replaying(vocabulary: Arc<Vocabulary>) -> Client {
        let profile = vocabulary.profiles.first().cloned().unwrap_or_default();
        let client = Client::new(Settings::default(), vocabulary, profile, Box::new(String::new));
        Client { state: State::Replaying, ..client }
    }

    pub(super) fn url(&self) -> Arc<str> {
        self.settings.urls.get(self.at).cloned().unwrap_or_else(|| Arc::from(""))
    }

    // ── opening ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Asks the portal how it is spoken with, or opens a session at once.
    pub(super) fn reach(&mut self, now: Time) {
        if self.settings.asks_wsdl {
            self.state = State::Asking;
            self.wire(Output::Describe(self.url()));
        } else {
            self.open(now);
        }
    }

    pub(super) fn open(&mut self, now: Time) {
        self.state = State::Opening;
        self.session = Session { path: (self.new_path)(), id: String::new(), heard: now };
        self.commands.new_connection();
        let vocabulary = self.vocabulary.clone();
        let Settings { user, password, tenant, callback, .. } = self.settings.clone();
        let url = format!("{}/{}", callback.trim_end_matches('/'), self.session.path);
        self.say("OpenConnection", Asked::Open, |fields, message| {
            let tenants = message.open_list();
            message.push(Node::Int(tenant));
            let tenants = message.close_list(tenants);
            let known = (user.as_str(), password.expose_secret());
            let credentials =
                crate::dialect::ctips::credentials(&vocabulary, fields, "UserCredentials", known, message);
            let url = message.text(&url);
            let values = [("TenantIds", tenants), ("UserCredentials", credentials), ("ClientCallbackURL", url)];
            for (label, node) in values {
                set(fields, message, label, node);
            }
        });
    }

    /// OpenConnection was answered with this id.
    pub(super) fn opened(&mut self, now: Time, id: String) {
        self.session.id = id;
        self.session.heard = now;
        self.state = State::Registering(0);
        self.step(now);
    }

    /// The next step towards being on line.
    pub(super) fn step(&mut self, now: Time) {
        let State::Registering(done) = self.state else { return };
        let filters = self.settings.filters.len();
        if let Some(class) = CLASSES.get(done) {
            self.register(*class, Asked::Step);
        } else if done < CLASSES.len() + filters {
            let (field, value) = self.settings.filters[done - CLASSES.len()].clone();
            let field = self.member("CTIFieldType", field);
            self.say("AddFilter", Asked::Step, |fields, message| {
                let value = message.text(&value);
                set(fields, message, "FieldType", Node::Int(field));
                set(fields, message, "FieldValue", value);
            });
        } else if done == CLASSES.len() + filters {
            self.say("OnLine", Asked::Step, |_, _| {});
        } else {
            self.online(now);
        }
    }

    fn register(&mut self, class: i64, asked: Asked) {
        self.say("AddMessageClass", asked, |fields, message| set(fields, message, "MessageClass", Node::Int(class)));
    }

    /// Asks for something that changes nothing, to see whether the session is there still.
    pub(super) fn probe(&mut self) {
        if !self.posts.values().any(|asked| *asked == Asked::Probe) {
            self.register(CLASSES[CLASSES.len() - 1], Asked::Probe);
        }
    }

    fn online(&mut self, now: Time) {
        self.state = State::Online;
        self.tried = 0;
        self.backoff.reset();
        self.notice(Notice::PlatformSessionOpened { address: self.url().to_string() });
        // A session that took the place of another at once was missed by nobody: what it shows is compared.
        self.outputs.push_back(if self.is_up { PlatformOutput::Resync } else { PlatformOutput::Up });
        self.is_up = true;
        self.show(now, 0);
    }

    /// Asks for the part of the snapshot at this place.
    pub(super) fn show(&mut self, now: Time, place: usize) {
        self.snapshot = SHOWN.get(place).map(|_| (place, self.shown_by(now)));
        self.is_unshown &= place > 0;
        let Some(shown) = SHOWN.get(place) else { return };
        let entity = self.member("CTIEntityType", shown);
        let id = self.commands.own_id();
        self.say("Snapshot", Asked::Snapshot, |fields, message| {
            let entities = message.open_list();
            message.push(Node::Int(entity));
            let entities = message.close_list(entities);
            set(fields, message, "EntityType", entities);
            set(fields, message, "RequestId", Node::Int(id));
        });
    }

    /// The part of the snapshot that was asked for last has been shown, or will not be: why.
    pub(super) fn shown(&mut self, now: Time, failed: Option<&str>) {
        let Some((place, _)) = self.snapshot else { return };
        if let Some(why) = failed {
            let (part, reason) = (Some(SHOWN[place].to_owned()), why.to_owned());
            self.notice(Notice::SnapshotFailed { part, result: None, reason });
            self.is_unshown = true;
        }
        self.show(now, place + 1);
    }

    /// An item of the snapshot, and not the last one: as long as items come, a part may take its time.
    pub(super) fn still_shown(&mut self, now: Time) {
        self.snapshot = self.snapshot.map(|(place, _)| (place, self.shown_by(now)));
    }

    /// Until when the next item of the snapshot is awaited.
    fn shown_by(&self, now: Time) -> Time {
        now + self.settings.reply_timeout
    }

    /// Everything anew, because a switch was away.
    pub(super) fn show_again(&mut self, now: Time) {
        if self.state == State::Online {
            self.show(now, 0);
        }
    }

    // ── how a session ends ────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn check_silence(&mut self, now: Time) {
        if self.session.heard + self.settings.heartbeat_timeout <= now {
            let seconds = self.settings.heartbeat_timeout.as_secs_f64();
            return self.lose(now, &format!("no heartbeat in {seconds} s"), true);
        }
        if self.snapshot.is_some_and(|(_, until)| until <= now) {
            self.shown(now, Some("it did not end in time"));
        }
    }

    /// The session is over, or never came about. Another is opened, at the next address where this one does not answer.
    pub(super) fn lose(&mut self, now: Time, why: &str, next: bool) {
        let (address, reason) = (self.url().to_string(), why.to_owned());
        let was_online = self.state == State::Online;
        self.troubles.disconnects += u64::from(was_online);
        let unanswered: HashSet<i64> = self.posts.drain().filter_map(|(_, asked)| asked.request()).collect();
        for id in unanswered {
            if let Some(request) = self.commands.answered(id) {
                let reason = format!("the session was lost ({why}); whether it was done is not known");
                self.outputs.push_back(PlatformOutput::Failed(request, reason));
            }
        }
        // Nobody tells any more what comes of the others.
        self.commands.lost();
        self.snapshot = None;
        self.lost_switches.clear();
        self.is_cut_off = false;
        if next {
            self.at = (self.at + 1) % self.settings.urls.len().max(1);
        }
        self.tried = if was_online { usize::from(next) } else { self.tried + 1 };
        if self.tried < self.settings.urls.len() {
            let next_address = Some(self.url().to_string());
            self.notice(Notice::PlatformSessionLost { address, reason, next_address, next_attempt_s: None });
            return self.reach(now);
        }
        let wait = self.backoff.next();
        let next_attempt_s = Some(tenths(wait));
        self.notice(Notice::PlatformSessionLost { address, reason, next_address: None, next_attempt_s });
        (self.tried, self.state) = (0, State::Waiting(now + wait));
        self.down(why);
    }

    pub(super) fn down(&mut self, why: &str) {
        if std::mem::replace(&mut self.is_up, false) {
            self.outputs.push_back(PlatformOutput::Down(why.to_owned()));
        }
    }

    // ── saying ────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn notice(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn member(&self, enumeration: &str, name: &str) -> i64 {
        let place = self.vocabulary.enumeration(enumeration);
        place.and_then(|place| self.vocabulary.enums[place].code(name)).unwrap_or(0)
    }

    /// Posts a request of the conversation's own.
    pub(super) fn say(&mut self, label: &str, asked: Asked, fill: impl FnOnce(&Fields, &mut Message)) {
        let vocabulary = self.vocabulary.clone();
        let Some(kind) = vocabulary.find(label) else { return };
        let fields = &vocabulary.message(kind).fields;
        let mut message = Message::default();
        message.start(kind, fields.list.len());
        fill(fields, &mut message);
        self.post(asked, &mut message);
    }

    /// Until when what comes of a request asked now is awaited.
    pub(super) fn outcome_by(&self, now: Time) -> Time {
        now + self.settings.reply_timeout + OUTCOME
    }

    pub(super) fn post(&mut self, asked: Asked, message: &mut Message) {
        let Some(kind) = message.kind() else { return };
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        if let Some(slot) = def.role(Role::Session) {
            let id = message.text(&self.session.id);
            message.set(slot, id);
        }
        if let Some(slot) = def.role(Role::Tenant) {
            message.set(slot, Node::Int(self.settings.tenant));
        }
        let Some(template) = &self.templates[kind.0 as usize] else { return };
        let mut body = Vec::with_capacity(1024);
        template.write(&vocabulary, message, &mut body);
        self.tokens += 1;
        self.posts.insert(self.tokens, asked);
        let action = Arc::from(self.profile.action(&vocabulary, kind));
        let (token, url, timeout) = (self.tokens, self.url(), self.settings.reply_timeout);
        self.wire(Output::Post(Box::new(Post { token, url, action, body, timeout })));
    }
}

impl Asked {
    fn request(self) -> Option<i64> {
        if let Asked::Request(id) = self { Some(id) } else { None }
    }
}

fn set(fields: &Fields, message: &mut Message, label: &str, node: Node) {
    if let Some(slot) = fields.slot(label) {
        message.set(slot, node);
    }
}
