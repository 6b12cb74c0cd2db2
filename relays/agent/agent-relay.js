/*
 * The relay of an agent's desktop: a page in a web tab of MiContact Center Agent shows cti-bridge what this agent does, and
 * carries out what applications ask.
 *
 *   <script src="https://bridge.example:7420/agent-relay.js" data-token="…"></script>
 *
 * Without `data-token` the token is that of the page's fragment, `#token=…`. More settings, each an attribute:
 *
 *   data-object="agentClient,window.external,…"   where the Agent's scripting object may be: the first that is there counts
 *   data-interval="500"                           milliseconds between two looks at it
 *   data-agent="140"                              the agent's logon id, where the token does not say it
 *
 * `AgentRelay` is its class: `new AgentRelay({ url, token, object, interval, agent })`, `stop()`. The protocol is in
 * relays/agent/README.md. The Agent's browser may be as old as Chromium 55.
 */
(function () {
  "use strict";

  // ── The same in agent-client.js and agent-relay.js, so that each is one file; a test compares them ──────────────────────

  // The guide's methods for JavaScript with their parameters, in order. `?` may be left out, `=` has a value then.
  const METHODS = table({
    GetUserInformation: "", IsRegistered: "",
    MakeCall: "Number text, Name text?, UseNumberTranslation bool=false",
    AnswerActiveCall: "", AnswerCall: "CallID int", HangupActiveCall: "", HangupCall: "CallID int", HoldActiveCall: "",
    RetrieveActiveCall: "", RetrieveCall: "CallID int", TransferCall: "CallID int", ConferenceActiveCall: "",
    EnterDtmfActiveCall: "Digits text", DeflectActiveCall: "Destination text", DeflectCall: "CallID int, Destination text",
    CanMakeCall: "", CanConference: "", CanTransfer: "", SetPrivateData: "CallID int, Data text",
    StartRecording: "AgentID int=0, AllCalls bool=false", StopRecording: "AgentID int=0",
    DeflectCallToServiceGroup: "CallID int, ServiceGroupID int", SetIVRData: "CallID int, Label text, Data text",
    CancelClerical: "CallID int", ExtendClerical: "CallID int", RejectServiceCall: "CallID int",
    SetReadyStatus: "Status bool, ReasonID int=0, ReasonName text?", SetEmailReadyStatus: "Status bool",
    SetOpenMediaReadyStatus: "Status bool", SetChatReadyStatus: "Status bool",
    SetCampaignCallStatus: "CallID int, Status int, ScheduleCallback bool?, CallbackTime time?", GetNotReadyReasons: "",
    StartMonitor: "AgentLogonID text, Continuous bool=false", StopMonitor: "",
    EnterCQCodes: "CallID int, MediaType int, Codes CQCode[]", GetCQCodes: "ServiceGroupID int",
    GetCalls: "", GetEmails: "", GetSMS: "", GetOpenMedia: "", GetChats: "",
    SubscribeDispatchPersonalCalls: "ServiceGroupID int, Subscribe bool", SubscribeDispatchCommonHoldCalls: "Subscribe bool",
    SubscribeDispatchVoiceCalls: "ServiceGroupID int, Subscribe bool",
    SubscribeDispatchEmails: "ServiceGroupID int, Subscribe bool", SubscribeDispatchSMSs: "ServiceGroupID int, Subscribe bool",
    SubscribeDispatchCampaignCalls: "CampaignID int, Subscribe bool",
    RetrieveDispatchPersonalCall: "CallID int", RetrieveDispatchCommonHoldCall: "CallID int",
    RetrieveDispatchVoiceCall: "CallID int", RetrieveDispatchEmail: "CallID int", RetrieveDispatchSMS: "CallID int",
    RetrieveDispatchCampaignCall: "CustomerID int",
    ReserveDispatchPersonalCall: "CallID int, Reserve bool", ReserveDispatchCommonHoldCall: "CallID int, Reserve bool",
    ReserveDispatchVoiceCall: "CallID int, Reserve bool", ReserveDispatchEmail: "CallID int, Reserve bool",
    ReserveDispatchSMS: "CallID int, Reserve bool", ReserveDispatchCampaignCall: "CustomerID int, Reserve bool",
    EnableDispatchEvents: "Enable bool",
    SetTabHeaderSymbol: "tabIndex int, symbol text, htmlColor text", SelectTab: "tabIndex int", GetAllTabs: "",
    GetTabByName: "name text", TabReload: "tabIndex int", TabNavigate: "tabIndex int, url text",
  });

  // The interfaces with their properties.
  const CALL_INFORMATION = "CallingNumber text, GroupName text, QueueDuration int, IVRData text[], IVRLabels text[], " +
    "IVRDataString text, IVRLabelString text";
  const SESSION = "StartTime time, ConnectedTime time, EndTime time, State int, StateDescription text";
  const WAITING = "ID int, ServiceGroupID int, ReservedAgentID int, ReservedAgentName text, QueueStartTime time";
  const RECORDS = table({
    UserInformation: "ExtensionNumber text, LoggedOn int, LoginID text, UserName text, ReadyStatus bool, " +
      "EmailReadyStatus bool, OpenMediaReadyStatus bool, OASID int, OASServerName text, ChatReadyStatus bool, RecordID int, " +
      "VoiceNotReadyReasonID int, VoiceNotReadyReasonString text",
    Call: "ID int, " + SESSION + ", Type int, Incoming bool, PhoneNumber text, CallerName text, CalledNumber text, " +
      "CallInfo CallInformation, IsCampaignCall bool, CampaignCallInfo CampaignCallInformation, " +
      "ConsultingCallInfo CallInformation, CanAnswer bool, CanDeflect bool, CanHangup bool, CanHold bool, " +
      "CanRetrieve bool, CanReject bool, RecordingState int, PrivateData text, IVRData text[], IVRLabels text[]",
    CallInformation: CALL_INFORMATION,
    CampaignCallInformation: "DialedNumber text, CampaignID int, CampaignName text, CustomerID int, CustomerName text, " +
      "Comment text, CallStatus int, Fields CampaignCustomerField[]",
    CampaignCustomerField: "Label text, Data text",
    Email: "ID int, " + SESSION + ", GroupName text, SenderEmailAddress text, Subject text, BodyText text",
    SMS: "ID int, " + SESSION + ", GroupName text, SenderNumber text, Message text",
    OpenMedia: "ID int, " + SESSION + ", CallInfo CallInformation",
    Chat: "ID int, " + SESSION + ", GroupName text, CustomerName text, CustomerID text, CustomerEmailAddress text, " +
      "PrivateData text",
    DispatchPersonalCall: "ID int, Number text, PreferredAgentID int, PreferredAgentName text, ServiceGroupID int, " +
      "QueueStartTime time, GeneralCall bool, IVR text",
    DispatchCommonHoldCall: "ID int, Number text, ReservedAgentID int, ReservedAgentName text, QueueStartTime time",
    DispatchVoiceCall: WAITING + ", Number text, CalledNumber text, IVR text",
    DispatchEmail: WAITING + ", EmailAddress text",
    DispatchSMS: WAITING + ", SMSAddress text",
    DispatchCampaignCall: "ID int, Name text, Number text, CampaignID int, ServiceGroupID int, ReservedAgentID int, " +
      "ReservedAgentName text, PreferredAgentID int, PreferredAgentName text, Fields CampaignCustomerField[]",
    NotReadyReason: "ID int, Name text",
    CQCode: "ID int, Code text, Name text",
    RealTimeInformation: "ServiceGroupID int, ServiceGroupName text, CallsInQueue int",
    Tab: "Index int, Name text, Symbol text, Selected bool",
  });

  // The agent's calls and sessions: the event that shows one, and the method that lists them.
  const SESSIONS = {
    Call: { event: "OnCallEvent", method: "GetCalls", list: "Calls" },
    Email: { event: "OnEmailEvent", method: "GetEmails", list: "Emails" },
    SMS: { event: "OnSMSEvent", method: "GetSMS", list: "SMS" },
    OpenMedia: { event: "OnOpenMediaEvent", method: "GetOpenMedia", list: "OpenMedia" },
    Chat: { event: "OnChatEvent", method: "GetChats", list: "Chats" },
  };

  // The 17 events, with the interface that each has.
  const EVENTS = {
    OnApplicationClosed: null, OnApplicationReadyForInitialization: null, OnUserLogin: null,
    OnUserStatusUpdate: "UserInformation", OnRegistrationStatus: "Registered",
    OnCallEvent: "Call", OnEmailEvent: "Email", OnSMSEvent: "SMS", OnOpenMediaEvent: "OpenMedia", OnChatEvent: "Chat",
    OnDispatchPersonalCallEvent: "DispatchPersonalCall", OnDispatchCommonHoldCallEvent: "DispatchCommonHoldCall",
    OnDispatchVoiceCallEvent: "DispatchVoiceCall", OnDispatchEmailEvent: "DispatchEmail",
    OnDispatchSMSEvent: "DispatchSMS", OnDispatchCampaignCallEvent: "DispatchCampaignCall",
    OnRealTimeInformationUpdate: "RealTimeInformation",
  };

  const STATE = {
    failed: -1, undefined: 0, idle: 1, dialing: 2, offered: 3, calling: 4, connected: 6, held: 8, onHold: 9, conference: 10,
    clearing: 11, clerical: 99, forceClearing: 100, mailOffered: 101, mailHandling: 102,
  };

  /** { name: "Field type?, …" } as { name: [{ name, type, list, optional, otherwise }] }. */
  function table(texts) {
    const parsed = {};
    for (const name of Object.keys(texts)) {
      parsed[name] = texts[name].split(", ").filter(Boolean).map((text) => {
        const [, field, type, list, optional, otherwise] = /^(\w+) (\w+)(\[\])?(\?)?(?:=(\w+))?$/.exec(text);
        return { name: field, type, list: !!list, optional: !!optional || !!list, otherwise: otherwise && JSON.parse(otherwise) };
      });
    }
    return parsed;
  }

  /** The guide's name as JavaScript has it: LoginID is loginID, ID is id, IVRData is ivrData. */
  function camel(name) {
    return name.replace(/^[A-Z]+?(?=[A-Z][a-z]|[a-z]|$)/, (start) => start.toLowerCase());
  }

  /** Whether the state is one in which the agent speaks, or waits for an answer, on the line. */
  function isActive(state) {
    return [STATE.dialing, STATE.calling, STATE.connected, STATE.onHold, STATE.conference].includes(state);
  }

  function isTalking(state) {
    return state === STATE.connected || state === STATE.conference;
  }

  /** The one of `calls` that fits, or null if none or several do. */
  function onlyOne(calls, fits) {
    const found = calls.filter(fits);
    return found.length === 1 ? found[0] : null;
  }

  const PROTOCOL = "cti-bridge.agent.v1";
  const MAX_FRAME = 64 * 1024;                     // bytes of what is sent
  const MAX_UNSENT = 1024 * 1024;                  // bytes that may wait in the WebSocket
  const SILENCE = 35e3;                            // without a frame for so long, the bridge is lost
  const PINGS = 12e3;                              // it sends one every 10 s
  const GRACE = 3e3;                               // for frames that waited while the page did not run
  const WATCH = 5e3;
  const MAX_WAIT = 30e3;                           // between two attempts; a relay that was replaced waits as long

  /**
   * One WebSocket after another to the bridge. `hello` is the first frame of each. Its user is told, in this order:
   * `accepted()`, then `frame(frame)` and `ping()`, then `lost(reason)`; or `failed(reason)` if an attempt was in vain.
   */
  class Connection {
    constructor(url, hello, user) {
      Object.assign(this, { url, hello, user, socket: null, accepted: false, replaced: false, attempts: 0, nonsense: 0 });
      Object.assign(this, { opened: 0, heard: 0, ticked: 0, watching: 0, timer: 0, suspicion: 0 });
      this.wake = this.wake.bind(this);
      this.hide = this.hide.bind(this);
    }

    start() {
      this.ticked = Date.now();
      this.watching = setInterval(() => this.watch(), WATCH);
      for (const name of ["online", "pageshow"]) window.addEventListener(name, this.wake);
      window.addEventListener("pagehide", this.hide);
      document.addEventListener("visibilitychange", this.wake);
      this.open();
    }

    stop() {
      clearInterval(this.watching);
      clearTimeout(this.timer);
      for (const name of ["online", "pageshow"]) window.removeEventListener(name, this.wake);
      window.removeEventListener("pagehide", this.hide);
      document.removeEventListener("visibilitychange", this.wake);
      this.watching = 0;
      if (this.drop()) this.user.lost("closed by the page");
    }

    /** False if the frame could not be handed over. */
    send(frame) {
      const text = JSON.stringify(frame);
      if (!this.socket || this.socket.readyState !== 1 || bytes(text) > MAX_FRAME) return false;
      this.socket.send(text);
      return true;
    }

    isFull() {
      return !!this.socket && this.socket.bufferedAmount > MAX_UNSENT;
    }

    open() {
      clearTimeout(this.timer);
      this.timer = 0;
      this.opened = this.heard = Date.now();
      let socket;
      try {
        socket = new WebSocket(this.url, PROTOCOL);
      } catch (error) {
        this.retry("cannot connect to " + this.url + ": " + error.message);
        return;
      }
      this.socket = socket;
      const ours = (act) => (event) => { if (this.socket === socket) act(event); };
      socket.onopen = ours(() => this.send(this.hello));
      socket.onmessage = ours((event) => this.receive(event.data));
      socket.onclose = ours(() => this.retry("the bridge cannot be reached"));
    }

    receive(data) {
      this.heard = Date.now();
      this.believe();
      let frame = null;
      try {
        frame = JSON.parse(data);
      } catch (error) { /* said below */ }
      if (frame === null || typeof frame !== "object" || Array.isArray(frame)) {
        if (this.nonsense++ === 0) console.warn("cti-bridge: a message of the bridge cannot be read");
      } else if ("ping" in frame) {
        this.send({ pong: frame.ping });
        if (this.accepted) {
          this.user.ping();
        } else {
          Object.assign(this, { accepted: true, attempts: 0, nonsense: 0, replaced: false });
          this.user.accepted();
        }
      } else if (typeof frame.error === "string" && !("id" in frame) && !("type" in frame)) {
        this.replaced = frame.error.startsWith("replaced");
        this.retry("the bridge says: " + frame.error);
      } else if (this.accepted) {
        this.user.frame(frame);
      }
    }

    /** The line is lost or was never there: the next attempt follows, later each time. */
    retry(reason) {
      const wait = Math.min(MAX_WAIT, 1e3 * Math.pow(2, this.attempts++));
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.open(), this.replaced ? MAX_WAIT : wait * (0.5 + Math.random() / 2));
      if (this.drop()) this.user.lost(reason);
      else this.user.failed(reason);
    }

    /** Whether the bridge had accepted the connection. */
    drop() {
      const { socket, accepted } = this;
      this.socket = null;
      this.accepted = false;
      this.believe();
      if (socket) {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      }
      return accepted;
    }

    /** Timers of a hidden page come late, and not at all while the machine sleeps. */
    watch() {
      const now = Date.now();
      const slept = now - this.ticked > 3 * WATCH;
      this.ticked = now;
      this.heard = Math.min(this.heard, now);      // the clock was set back
      if (!this.socket) return;
      if (slept) this.suspect();
      else if (!this.suspicion && now - this.heard > SILENCE) this.retry("the bridge has been silent");
    }

    /** Lost, unless a frame comes at once. */
    suspect() {
      if (this.suspicion || Date.now() - this.heard <= PINGS) return;
      this.suspicion = setTimeout(() => this.retry("the bridge has been silent"), GRACE);
    }

    believe() {
      clearTimeout(this.suspicion);
      this.suspicion = 0;
    }

    wake(event) {
      if (event.type === "visibilitychange" && document.visibilityState === "hidden") return;
      if (this.socket) this.suspect();
      else if (!this.replaced && Date.now() - this.opened > 1e3) this.open();
    }

    /** The page is left. If it comes back as it was, it goes on at once. */
    hide() {
      if (!this.socket) return;
      this.retry("the page is left");
      this.opened = 0;
    }
  }

  function bytes(text) {
    return text.length * 3 <= MAX_FRAME ? text.length : new TextEncoder().encode(text).length;
  }

  /** What a script tag says: where the bridge is, and who the agent is. */
  function settingsOf(script) {
    return { url: script.dataset.url || script.src, token: script.dataset.token || tokenOfPage(script.src) };
  }

  /** ws://bridge/agent of http://bridge/agent-client.js, of http://bridge and of itself. */
  function socketUrl(text) {
    const url = new URL(text, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    if (url.pathname === "/" || url.pathname.endsWith(".js")) url.pathname = "/agent";
    url.search = url.hash = "";
    return url.href;
  }

  /** The token of `#token=…`, which leaves the address bar and is kept in this tab, so that the page can be reloaded. */
  function tokenOfPage(owner) {
    const key = "cti-bridge token for " + owner;
    const fragment = new URLSearchParams(location.hash.slice(1));
    const token = fragment.get("token");
    try {
      if (!token) return sessionStorage.getItem(key) || "";
      sessionStorage.setItem(key, token);
    } catch (error) { /* a page without storage asks for its token at each load */ }
    if (token) {
      fragment.delete("token");
      const rest = fragment.toString();
      history.replaceState(history.state, "", location.pathname + location.search + (rest && "#" + rest));
    }
    return token || "";
  }

  // ── End of what is the same ─────────────────────────────────────────────────────────────────────────────────────────

  const OBJECTS = "agentClient,AgentClient,window.external,external.agentClient,external.AgentClient";
  const INTERVAL = 500;
  const HEARD_INTERVAL = 5e3;                      // where the object's events are heard
  const ANSWER_WAIT = 9e3;                         // for a promise of the object; the bridge gives up after 10 s
  const FLUSH = 50;
  const BACKLOG = 10000;                           // events that wait for the bridge
  const MAX_CALLS = 100;                           // calls of the bridge at once
  const MAX_RECORDS = 1000;                        // of each kind
  const JOINED_WITHIN = 3e3;                       // a conference that began so long ago took in a held call that is gone now
  const MAX_TEXT = 1000;                           // characters of each text in an event that is too long otherwise
  const GONE = { Call: "CallID", Email: "MessageID", SMS: "MessageID", OpenMedia: "SessionID", Chat: "SessionID" };

  // COM's numbers.
  const UNKNOWN_NAME = -2147352570;
  const MISSING = -2147352561;
  const WRONG_TYPE = -2147352571;
  const E_FAIL = -2147467259;

  // The state that a method of the "active" call needs.
  const ACTIVE = {
    AnswerActiveCall: (state) => state === STATE.offered,
    HangupActiveCall: isActive,
    HoldActiveCall: isTalking,
    RetrieveActiveCall: (state) => state === STATE.held,
    EnterDtmfActiveCall: isTalking,
    DeflectActiveCall: (state) => isTalking(state) || state === STATE.offered,
  };

  // ── The scripting object ────────────────────────────────────────────────────────────────────────────────────────────

  /** The first object of a list of dotted paths that looks like an AgentClient, here or in a page around this one. */
  function findObject(paths) {
    for (const path of paths) {
      for (const root of roots()) {
        try {
          const object = path.trim().split(".").reduce((owner, name) => owner[name], root);
          if (object && object !== root && nameIn(object, "GetCalls")) return object;
        } catch (error) { /* nothing there, or a page of another origin */ }
      }
    }
    return null;
  }

  function roots() {
    return [window, window.parent, window.top].filter((root, place, all) => all.indexOf(root) === place);
  }

  /** The name that a member has in this object, whatever its case; "" if it has none. A host object may list no names. */
  function nameIn(object, name) {
    const likely = [camel(name), name, name[0].toLowerCase() + name.slice(1), name.toLowerCase()];
    const there = likely.find((each) => object[each] !== undefined);
    if (there) return there;
    const wanted = name.toLowerCase();
    for (let owner = object; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
      const found = Object.getOwnPropertyNames(owner).find((each) => each.toLowerCase() === wanted);
      if (found) return found;
    }
    return "";
  }

  /** A method's result. Fails if the method does, or if its promise takes too long. */
  function invoke(object, name, args) {
    const there = nameIn(object, name);
    if (!there) return Promise.reject(new Error("the object has no method " + name));
    let timer;
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(name + " has not answered")), ANSWER_WAIT);
    });
    const called = new Promise((resolve) => resolve(object[there](...args)));
    const done = () => clearTimeout(timer);
    called.then(done, done);
    return Promise.race([called, late]);
  }

  /** One of the guide's interfaces, read from an object of the Agent's: only the properties that it has. */
  async function read(kind, source) {
    const record = {};
    for (const field of RECORDS[kind]) {
      const name = nameIn(source, field.name);
      if (name === "") continue;
      let value = source[name];
      if (typeof value === "function") value = value.call(source);
      if (value && typeof value.then === "function") value = await value;
      if (value === undefined || value === null) continue;
      if (!(field.type in RECORDS)) record[field.name] = field.list ? listOf(value) : valueOf(field, value);
      else record[field.name] = await (field.list ? readAll : read)(field.type, value);
    }
    return record;
  }

  async function readAll(kind, list) {
    const records = await Promise.all(listOf(list).slice(0, MAX_RECORDS).map((each) => read(kind, each)));
    return kind in SESSIONS ? records.filter((record) => typeof record.ID === "number") : records;
  }

  function valueOf({ type }, value) {
    if (value instanceof Date || Object.prototype.toString.call(value) === "[object Date]") {
      return isNaN(value) || value.getFullYear() < 1900 ? "" : value.toISOString();
    }
    if (type === "int" && typeof value === "string" && value.trim() !== "" && !isNaN(value)) return Number(value);
    return value;
  }

  /** The items of an array, or of a collection of the Agent's. */
  function listOf(value) {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value;
    const count = [value.length, value.count, value.Count].find((each) => typeof each === "number") || 0;
    const item = value.item || value.Item;
    return Array.from({ length: count }, (none, place) => (typeof item === "function" ? item.call(value, place) : value[place]));
  }

  // ── What waits for the bridge ───────────────────────────────────────────────────────────────────────────────────────

  /** Events in order, and the count of those that were lost or may have been. */
  class Backlog {
    constructor() {
      this.waiting = [];
      this.lost = { lost: 0, unsure: 0 };
      this.told = { lost: 0, unsure: 0 };          // and not confirmed by a ping yet
      this.written = 0;                            // events since the last ping
    }

    add(event) {
      this.waiting.push(event);
      if (this.waiting.length <= BACKLOG) return;
      this.waiting.shift();
      this.lost.lost++;
    }

    /** Writes the losses and what waits, as long as `send` takes it. */
    flush(send) {
      const { lost, told } = this;
      if (lost.lost + lost.unsure > 0 && send(lost)) {
        this.told = { lost: told.lost + lost.lost, unsure: told.unsure + lost.unsure };
        this.lost = { lost: 0, unsure: 0 };
      }
      let sent = 0;
      while (sent < this.waiting.length && send(this.waiting[sent])) sent++;
      this.waiting.splice(0, sent);
      this.written += sent;
      return this.waiting.length === 0;
    }

    confirmed() {
      this.told = { lost: 0, unsure: 0 };
      this.written = 0;
    }

    broken() {
      this.lost.lost += this.told.lost;
      this.lost.unsure += this.told.unsure + this.written;
      this.confirmed();
    }
  }

  // ── The relay ───────────────────────────────────────────────────────────────────────────────────────────────────────

  class AgentRelay {
    /** @param {{ url: string, token: string, object?: string|object, interval?: number, agent?: string }} settings */
    constructor({ url, token, object, interval, agent }) {
      const given = object && typeof object === "object";
      const paths = String(!given && object || OBJECTS).split(",");
      this.find = () => (given ? object : findObject(paths));
      this.interval = Math.max(50, Number(interval) || INTERVAL);
      this.object = this.listened = null;
      this.fresh = false;                          // the object has been found, and not been looked at
      this.failures = 0;                           // looks in a row that showed nothing at all
      this.calls = 0;
      this.owed = false;                           // the present state, to the bridge
      this.backlog = new Backlog();
      this.forget();
      const hello = Object.assign({ hello: "agent-relay", version: 1, token }, agent ? { agent } : {});
      this.connection = new Connection(socketUrl(url), hello, this);
      this.alarm = new Alarm(() => this.look());
      if (token) {
        this.connection.start();
        this.look();
      } else {
        console.warn("agent-relay: there is no token: neither data-token nor #token= in the page's address");
      }
    }

    stop() {
      this.stopped = true;
      this.alarm.stop();
      clearTimeout(this.flushing);
      this.connection.stop();
    }

    // The connection says:

    accepted() {
      this.owed = this.object !== null && !this.fresh;
      this.introduce();
      this.flush();
      if (!this.object) this.connection.send(away());
    }

    ping() {
      this.backlog.confirmed();
      this.flush();
    }

    lost(reason) {
      this.backlog.broken();
      this.failed(reason);
    }

    failed(reason) {
      if (reason !== this.complaint) console.warn("agent-relay: " + reason);
      this.complaint = reason;
    }

    frame(frame) {
      if (typeof frame.call === "string") this.carryOut(frame);
    }

    // What the Agent shows:

    /** What the bridge has been told of, or will be. */
    forget() {
      this.user = null;
      this.sessions = {};
      for (const kind of Object.keys(SESSIONS)) this.sessions[kind] = new Map();
      this.conferences = new Map();                // since when
      this.heard = false;                          // whether events of the object come here
      this.hinted = false;                         // an event asks for a look
      this.version = 0;                            // of what events have told
    }

    tell(event) {
      this.backlog.add(stamped(event));
      this.flush();
    }

    /** The bridge drops what comes before it knows whose desktop it is. */
    introduce() {
      const { RecordID, LoginID } = this.user || {};
      const waits = this.backlog.waiting.length > 0;
      if (waits && RecordID !== undefined) this.send(stamped({ type: "UserInformation", UserInformation: { RecordID, LoginID } }));
    }

    /** What waits, then the present state where it is owed. A WebSocket does not say when it has room again. */
    flush() {
      clearTimeout(this.flushing);
      if (!this.connection.accepted) return;
      const all = this.backlog.flush((frame) => !this.connection.isFull() && this.send(frame));
      if (!all) this.flushing = setTimeout(() => this.flush(), FLUSH);
      else if (this.owed) this.showAll();
    }

    /** Whether the frame is done with: sent, or impossible to send. */
    send(frame) {
      let text = JSON.stringify(frame);
      if (bytes(text) > MAX_FRAME) {
        text = JSON.stringify(frame, (name, value) => (typeof value === "string" ? value.slice(0, MAX_TEXT) : value));
        if (bytes(text) > MAX_FRAME) {
          this.backlog.lost.lost++;
          return true;
        }
      }
      return this.connection.send(JSON.parse(text));
    }

    /** The present state, which the bridge compares with what it knows. */
    showAll() {
      const show = (event) => this.send(stamped(event));
      this.owed = false;
      if (this.user) show({ type: "UserInformation", UserInformation: this.user });
      for (const kind of Object.keys(SESSIONS)) {
        for (const record of this.sessions[kind].values()) show({ type: SESSIONS[kind].event, [kind]: record });
      }
      show({ type: "UserInformation", UserInformation: {} });
    }

    /** Looks at the object, again and again. */
    async look() {
      if (this.looking) {
        this.lookAgain = true;
        return;
      }
      this.looking = true;
      try {
        const found = this.find();
        if (found !== this.object) this.exchange(found);
        if (this.object) await this.compare(this.object);
      } catch (error) {
        console.warn("agent-relay: " + error.message);
      }
      this.looking = false;
      if (this.stopped) return;
      const wait = this.heard ? Math.max(HEARD_INTERVAL, this.interval) : this.interval;
      this.alarm.set(this.lookAgain ? 0 : wait);
      this.lookAgain = false;
    }

    /** The object is there, is another one, or is gone. */
    exchange(found) {
      const before = this.object;
      this.object = found;
      if (before) {
        this.forget();
        if (this.connection.accepted) this.connection.send(away());
      }
      this.fresh = found !== null;
      if (found && found !== this.listened) this.listen(found);
    }

    /** Tells how the object differs from what was told. */
    async compare(object) {
      const { heard, hinted, version } = this;
      const shown = {};
      this.hinted = false;
      const ask = async (name, take) => {
        try {
          return await take(await invoke(object, name, []));
        } catch (error) {
          return null;
        }
      };
      const user = await ask("GetUserInformation", (value) => read("UserInformation", value)) ||
        await ask("GetUserInfo", (value) => read("UserInformation", value));
      for (const kind of Object.keys(SESSIONS)) {
        shown[kind] = await ask(SESSIONS[kind].method, (value) => readAll(kind, value));
      }
      if (object !== this.object) return;
      if (version !== this.version) {              // an event came meanwhile, which the look must not undo
        this.lookAgain = true;
        return;
      }
      const silent = !user && Object.keys(shown).every((kind) => shown[kind] === null);
      this.failures = silent ? this.failures + 1 : 0;
      if (silent) {
        if (this.failures === 2 && this.user) this.exchange(null);
        return;
      }
      if (this.fresh) {
        this.fresh = false;
        this.user = user;
        for (const kind of Object.keys(SESSIONS)) (shown[kind] || []).forEach((record) => this.keep(kind, record));
        this.owed = true;
        this.flush();
        return;
      }
      let news = this.compareUser(user, "UserInformation");
      for (const kind of Object.keys(SESSIONS)) if (shown[kind]) news = this.compareList(kind, shown[kind]) || news;
      if (news && heard && !hinted) this.heard = false;   // an event did not come: the events cannot be relied upon
    }

    /** Only what has changed, but all of it when the user logs on. */
    compareUser(user, type) {
      const before = this.user || {};
      if (!user) return false;
      const changed = Object.keys(user).filter((name) => user[name] !== before[name]);
      if (changed.length === 0) return false;
      const whole = changed.includes("LoggedOn") || !this.user;
      if (changed.includes("ReadyStatus") && user.ReadyStatus === false) changed.push("VoiceNotReadyReasonID");
      this.user = Object.assign({}, before, user);
      const told = {};
      for (const name of whole ? Object.keys(this.user) : changed) if (this.user[name] !== undefined) told[name] = this.user[name];
      this.tell({ type, UserInformation: told });
      return true;
    }

    compareList(kind, records) {
      const known = this.sessions[kind];
      const gone = new Set(known.keys());
      let news = false;
      for (const record of records) gone.delete(record.ID);
      for (const id of gone) {
        if (!this.isJoined(kind, known.get(id), records)) this.tell({ type: "Gone", [GONE[kind]]: id });
        this.drop(kind, id);
        news = true;
      }
      for (const record of records) news = this.showSession(kind, record) || news;
      return news;
    }

    /** Tells of a call or session if it differs from what was told. */
    showSession(kind, record) {
      const before = this.sessions[kind].get(record.ID);
      if (before && JSON.stringify(before) === JSON.stringify(record)) return false;
      if (!before && isOver(record)) return false;
      const leaves = record.State === STATE.clearing || isOver(record);
      if (before && leaves && this.isJoined(kind, before, [...this.sessions.Call.values()])) {
        this.drop(kind, record.ID);
        return true;
      }
      this.keep(kind, record);
      this.tell({ type: SESSIONS[kind].event, [kind]: record });
      return true;
    }

    keep(kind, record) {
      const known = this.sessions[kind];
      if (kind === "Call" && record.State !== STATE.conference) this.conferences.delete(record.ID);
      else if (kind === "Call" && !this.conferences.has(record.ID)) this.conferences.set(record.ID, Date.now());
      if (isOver(record)) this.drop(kind, record.ID);
      else if (known.has(record.ID) || known.size < MAX_RECORDS) known.set(record.ID, record);
    }

    drop(kind, id) {
      this.sessions[kind].delete(id);
      if (kind === "Call") this.conferences.delete(id);
    }

    /** Whether a held call that is gone went into a conference that has just begun, which is told then. */
    isJoined(kind, record, calls) {
      if (kind !== "Call" || record.State !== STATE.held) return false;
      const recent = ({ ID }) => Date.now() - (this.conferences.get(ID) || Date.now()) <= JOINED_WITHIN;
      const joined = onlyOne(calls, (call) => call.State === STATE.conference && recent(call));
      if (joined) this.tell({ type: "Conferenced", HeldCall: record.ID, ActiveCall: joined.ID, Result: joined.ID });
      return joined !== null;
    }

    // Events of the object, where there is a way to hear them:

    listen(object) {
      this.listened = object;
      for (const event of Object.keys(EVENTS)) {
        const hear = (...args) => {
          if (object === this.object && !this.stopped) this.hear(event, args).catch(() => this.look());
        };
        try {
          const add = nameIn(object, "addEventListener");
          const attach = nameIn(object, "attachEvent");
          const property = nameIn(object, event) || (camel(event) in object ? camel(event) : event in object ? event : "");
          if (add) object[add](camel(event), hear);
          else if (attach) object[attach](camel(event), hear);
          else if (property) object[property] = after(object[property], hear);
        } catch (error) { /* the object has another way, or none: it is looked at */ }
      }
    }

    async hear(event, args) {
      const kind = EVENTS[event];
      const source = args.map((each) => (each && each.detail) || each).find((each) => each && typeof each === "object");
      this.heard = true;
      if (kind === null && event !== "OnUserLogin") {
        this.tell({ type: event });
        if (event === "OnApplicationClosed") this.exchange(null);
        return;
      }
      if (kind === "Registered") {
        const registered = args.find((each) => typeof each === "boolean");
        if (registered !== undefined) this.tell({ type: event, Registered: registered });
        return;
      }
      const record = kind && source && await read(kind, source);
      const isRecord = record && Object.keys(record).length > 0;
      const isState = kind in SESSIONS || kind === "UserInformation";
      if (isRecord && !isState) {
        const update = args.find((each) => typeof each === "number");
        this.tell(Object.assign({ type: event }, update === undefined ? {} : { UpdateType: update }, { [kind]: record }));
      } else if (isRecord && !this.fresh && (kind === "UserInformation" || record.ID !== undefined)) {
        this.version++;
        if (kind === "UserInformation") this.compareUser(record, event);
        else this.showSession(kind, record);
      } else {
        this.hinted = true;
        this.look();
      }
    }

    // What the bridge asks:

    async carryOut({ id, call, args }) {
      const answer = (hresult, more) => this.connection.send(Object.assign({ id, hresult }, more)) ||
        this.connection.send({ id, hresult: E_FAIL, error: "the result is too long" });
      const wanted = call.toLowerCase() === "getuserinfo" ? "getuserinformation" : call.toLowerCase();
      const name = Object.keys(METHODS).find((each) => each.toLowerCase() === wanted);
      const { object } = this;
      if (!name) return answer(UNKNOWN_NAME, { error: "JavaScript has no method " + call });
      if (!object || this.fresh) return answer(E_FAIL, { error: "the Agent is away" });
      if (this.calls >= MAX_CALLS) return answer(E_FAIL, { error: "too many calls at once" });
      this.calls++;
      try {
        const meant = new Map(Object.keys(args || {}).map((each) => [each.toLowerCase(), args[each]]));
        const reason = await this.notActive(object, name, meant);
        if (reason) return answer(0, { out: { Result: false }, error: reason });
        const result = await invoke(object, name, argumentsOf(METHODS[name], meant));
        return answer(0, { out: await outOf(name, result) });
      } catch (error) {
        return answer(error.hresult || E_FAIL, { error: String(error.message || error) });
      } finally {
        this.calls--;
        this.look();
      }
    }

    /** The bridge says which call it means where the method does not: why it is not the one; nothing if it is. */
    async notActive(object, name, meant) {
      const wanted = { call: meant.get("callid"), held: meant.get("heldcallid"), active: meant.get("activecallid") };
      if (name in ACTIVE) meant.delete("callid");
      meant.delete("heldcallid");
      meant.delete("activecallid");
      if (!(name in ACTIVE) && wanted.held === undefined && wanted.active === undefined) return "";
      const calls = await readAll("Call", await invoke(object, "GetCalls", []));
      const isOnly = (id, fits) => {
        const only = onlyOne(calls, (call) => fits(call.State));
        return id === undefined || (only !== null && Number(only.ID) === Number(id));
      };
      if (name in ACTIVE) return isOnly(wanted.call, ACTIVE[name]) ? "" : `call ${wanted.call} is not the active call`;
      if (!isOnly(wanted.active, isTalking)) return `call ${wanted.active} is not the active call`;
      return isOnly(wanted.held, (state) => state === STATE.held) ? "" : `call ${wanted.held} is not the held call`;
    }
  }

  /** setTimeout of a worker, because a hidden page's own may come once a minute only; its own where there is no worker. */
  class Alarm {
    constructor(act) {
      this.due = 0;
      this.ring = (time) => {
        if (time !== this.due) return;
        this.due = 0;
        act();
      };
      try {
        const code = "onmessage = ({ data }) => setTimeout(() => postMessage(data.time), data.wait)";
        this.worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
        this.worker.onmessage = ({ data }) => this.ring(data);
        this.worker.onerror = () => { this.worker = null; };
      } catch (error) {
        this.worker = null;
      }
    }

    set(wait) {
      const time = this.due = (this.last = (this.last || 0) + 1);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ring(time), wait);
      if (this.worker) this.worker.postMessage({ time, wait });
    }

    stop() {
      this.due = 0;
      clearTimeout(this.timer);
      if (this.worker) this.worker.terminate();
    }
  }

  function stamped(event) {
    return Object.assign({ type: event.type, at: new Date().toISOString() }, event);
  }

  function away() {
    return { disconnected: true, at: new Date().toISOString() };
  }

  /** The end of a call or session: Idle, or a time of its end and no work after it. */
  function isOver(record) {
    const end = record.EndTime ? new Date(record.EndTime).getFullYear() > 1900 : false;
    return record.State === STATE.idle || (end && record.State !== STATE.clerical);
  }

  /** A handler that leaves the page's own its turn first. */
  function after(own, hear) {
    if (typeof own !== "function") return hear;
    return function (...args) {
      try {
        return own.apply(this, args);
      } finally {
        hear(...args);
      }
    };
  }

  /** The arguments in the guide's order; throws COM's number where they do not fit. */
  function argumentsOf(fields, meant) {
    const fail = (hresult, message) => { throw Object.assign(new Error(message), { hresult }); };
    const given = fields.map((field) => {
      const value = meant.get(field.name.toLowerCase());
      meant.delete(field.name.toLowerCase());
      if (value === undefined || value === null) {
        if (field.otherwise === undefined && !field.optional) fail(MISSING, field.name + " is missing");
        return field.list ? [] : field.otherwise;
      }
      const type = field.list ? "object" : { int: "number", bool: "boolean" }[field.type] || "string";
      if (typeof value !== type || (field.list && !Array.isArray(value))) fail(WRONG_TYPE, field.name + " is of another type");
      if (field.type === "time") return new Date(value);
      return field.list ? value.map(inBothCases) : value;
    });
    if (meant.size > 0) fail(UNKNOWN_NAME, "the method has no parameter " + [...meant.keys()][0]);
    while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
    return given.map((value) => (value === undefined ? null : value));
  }

  function inBothCases(record) {
    const both = {};
    for (const name of Object.keys(record)) both[name] = both[camel(name)] = record[name];
    return both;
  }

  /** What a method returned, by the names of the protocol. */
  async function outOf(name, result) {
    const session = Object.keys(SESSIONS).find((kind) => SESSIONS[kind].method === name);
    if (session) return { [SESSIONS[session].list]: await readAll(session, result) };
    if (name === "GetNotReadyReasons") return { NotReadyReasons: await readAll("NotReadyReason", result) };
    if (name === "GetCQCodes") return { CQCodes: await readAll("CQCode", result) };
    if (name === "GetAllTabs") return { Tabs: await readAll("Tab", result) };
    if (name === "GetUserInformation") return { UserInformation: await read("UserInformation", result) };
    if (name === "GetTabByName") return result ? { Tab: await read("Tab", result) } : {};
    return { Result: result !== false && result !== 0 && result !== "false" };
  }

  window.AgentRelay = AgentRelay;
  const script = document.currentScript;
  if (script && script.src) {
    const { object, interval, agent } = script.dataset;
    window.agentRelay = new AgentRelay(Object.assign(settingsOf(script), { object, interval, agent }));
  }
})();
