/*
 * AgentClient for a page, with cti-bridge in the place of MiContact Center Agent.
 *
 *   <script src="https://bridge.example:7421/agent-client.js" data-global="agentClient" data-token="…"></script>
 *
 * makes `window.agentClient`; without `data-token` the token is that of the page's fragment, `#token=…`. `AgentClient` is its
 * class: `new AgentClient({ url: "https://bridge.example:7421", token: "…" })`. Methods, properties and events are those of the
 * guide, in camelCase; agent-client.d.ts lists them. Methods answer at once from a mirror that the bridge keeps current: true
 * means that the request was sent, and events show what becomes of it. The reason of a false stands on the console and comes
 * as `onError`. The protocol is in relays/agent/README.md.
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

  const RESULT_WAIT = 10e3;
  const MAX_PENDING = 1000;                        // calls without a result
  const MAX_SESSIONS = 1000;                       // of each kind in the mirror
  const MAX_GROUPS = 1000;                         // whose CQ codes are known

  // Ours, beside the guide's 17.
  const OWN_EVENTS = ["OnError", "OnConnectionStatus", "OnListUpdate"];

  // Ours: JavaScript has no log-on in the guide, because the Agent application did it.
  const OWN_METHODS = table({ LogOn: "Station text?", LogOff: "" });

  // ── What the state allows ───────────────────────────────────────────────────────────────────────────────────────────

  // Each rule answers with the reason why a method is refused, or with nothing. Rules of an "active" method add the call that
  // it means, so that another one cannot be hit if the state changes on the way. Methods without a rule are the bridge's to
  // decide.
  const RULES = {
    LogOn: (mirror) => (mirror.user.loggedOn ? "the agent is logged on" : ""),
    MakeCall: (mirror) => (mirror.calls().some(({ state }) => isActive(state)) ? "a call is active" : ""),
    AnswerActiveCall: active((call) => call.canAnswer, "can be answered"),
    HangupActiveCall: active((call) => call.canHangup && isActive(call.state), "is active"),
    HoldActiveCall: active((call) => call.canHold, "can be held"),
    RetrieveActiveCall: active((call) => call.canRetrieve, "can be retrieved"),
    EnterDtmfActiveCall: active((call) => isTalking(call.state), "is connected"),
    DeflectActiveCall: active((call) => call.canDeflect, "can be deflected"),
    AnswerCall: ofSession((call) => call.canAnswer, isOffered, "cannot be answered"),
    HangupCall: ofSession((call) => call.canHangup, () => true, "cannot be ended"),
    RetrieveCall: ofSession((call) => call.canRetrieve, (session) => session.state === STATE.held, "is not held"),
    DeflectCall: ofSession((call) => call.canDeflect, () => true, "cannot be deflected"),
    DeflectCallToServiceGroup: ofSession((call) => call.canDeflect, () => true, "cannot be deflected"),
    RejectServiceCall: ofSession((call) => call.canReject, isOffered, "cannot be rejected"),
    SetPrivateData: ofSession(() => true, () => true, ""),
    SetIVRData: ofSession(() => true, () => true, ""),
    SetCampaignCallStatus: ofSession(() => true, () => true, ""),
    EnterCQCodes: ofSession(() => true, () => true, ""),
    CancelClerical: ofSession(isClerical, isClerical, "is not in clerical state"),
    ExtendClerical: ofSession(isClerical, isClerical, "is not in clerical state"),
    TransferCall(mirror, args) {
      const { held, talking } = mirror.pair((call) => call.id === args.CallID);
      if (!held) return `call ${args.CallID} is not held`;
      if (!talking) return "no other call, or more than one, is connected";
      args.ActiveCallID = talking.id;
      return "";
    },
    ConferenceActiveCall(mirror, args) {
      const { held, talking } = mirror.pair(() => true);
      if (!held || !talking) return "it needs one call that is held and one that is connected";
      Object.assign(args, { HeldCallID: held.id, ActiveCallID: talking.id });
      return "";
    },
  };

  function active(fits, what) {
    return (mirror, args) => {
      const call = onlyOne(mirror.calls(), fits);
      if (!call) return `no call, or more than one, ${what}`;
      args.CallID = call.id;
      return "";
    };
  }

  function ofSession(call, other, not) {
    return (mirror, args) => {
      const found = mirror.find(args.CallID);
      if (!found) return `the agent has no call ${args.CallID}`;
      return (found.kind === "Call" ? call : other)(found.record) ? "" : `call ${args.CallID} ${not}`;
    };
  }

  function isOffered({ state }) {
    return state === STATE.offered || state === STATE.mailOffered;
  }

  function isClerical({ state }) {
    return state === STATE.clerical;
  }

  /** Nothing follows: Idle, or its end is known and no work after it goes on. */
  function isOver({ state, endTime }) {
    const goesOn = [STATE.failed, STATE.clearing, STATE.clerical, STATE.forceClearing].includes(state);
    return state === STATE.idle || (endTime !== null && !goesOn);
  }

  // The properties of each interface, and the two that this file adds.
  const NAMES = new Map(Object.keys(RECORDS).map((kind) => {
    const names = RECORDS[kind].map(({ name }) => name.toLowerCase());
    return [kind, new Set([...names, "servicegroupid"])];
  }));

  // ── The mirror ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What the bridge has told of the agent. */
  class Mirror {
    constructor() {
      this.user = read("UserInformation", {});
      this.registered = false;
      this.sessions = {};
      for (const kind of Object.keys(SESSIONS)) this.sessions[kind] = new Map();
    }

    calls() {
      return [...this.sessions.Call.values()];
    }

    /** The held call that fits and the one that the agent speaks in, where there is only one of each. */
    pair(fits) {
      return {
        held: onlyOne(this.calls(), (call) => call.state === STATE.held && fits(call)),
        talking: onlyOne(this.calls(), (call) => isTalking(call.state)),
      };
    }

    find(id) {
      const kind = Object.keys(SESSIONS).find((each) => this.sessions[each].has(id));
      return kind && { kind, record: this.sessions[kind].get(id) };
    }

    /** Takes in what has changed of the user, and answers with the user before. */
    setUser(source, reasons) {
      const before = this.user;
      const user = read("UserInformation", source, before);
      if (user.readyStatus) Object.assign(user, { voiceNotReadyReasonID: 0, voiceNotReadyReasonString: "" });
      const reason = reasons.find(({ id }) => id === user.voiceNotReadyReasonID);
      if (reason && (!user.voiceNotReadyReasonString || user.voiceNotReadyReasonID !== before.voiceNotReadyReasonID)) {
        user.voiceNotReadyReasonString = reason.name;
      }
      this.user = user;
      return before;
    }

    /** Takes a session in. The record, if it is news; else null. */
    setSession(kind, source, group) {
      const sessions = this.sessions[kind];
      const record = read(kind, source);
      const before = sessions.get(record.id);
      record.serviceGroupID = Number(group) || (before ? before.serviceGroupID : 0);
      if (before ? isSame(before, record) : isOver(record) || sessions.size >= MAX_SESSIONS) return null;
      if (isOver(record)) sessions.delete(record.id);
      else sessions.set(record.id, record);
      return record;
    }

    /** The sessions of a kind are exactly those of a list. */
    setList(kind, list) {
      const ids = new Set();
      for (const source of list) {
        this.setSession(kind, source);
        ids.add(read(kind, source).id);
      }
      for (const id of [...this.sessions[kind].keys()]) if (!ids.has(id)) this.sessions[kind].delete(id);
    }
  }

  /**
   * One of the guide's interfaces with all its properties, in camelCase; those that `source` lacks are as they were `before`.
   * Properties that the guide does not have, as a desktop's own, stay as they are.
   */
  function read(kind, source, before) {
    const found = new Map(Object.entries(source || {}).map(([name, value]) => [name.toLowerCase(), value]));
    const known = NAMES.get(kind);
    const strays = Object.entries(source || {}).filter(([name]) => !known.has(name.toLowerCase()));
    const record = Object.fromEntries(strays.map(([name, value]) => [camel(name), value]));
    for (const field of RECORDS[kind]) {
      const value = found.get(field.name.toLowerCase());
      const name = camel(field.name);
      if ((value === undefined || value === null) && before) record[name] = before[name];
      else if (field.list) record[name] = Array.isArray(value) ? value.map((each) => valueOf(field, each)) : [];
      else record[name] = valueOf(field, value);
    }
    if (record.ivrDataString === "") record.ivrDataString = record.ivrData.join(",");
    if (record.ivrLabelString === "") record.ivrLabelString = record.ivrLabels.join(",");
    return record;
  }

  function valueOf({ type }, value) {
    const given = value !== undefined && value !== null;
    switch (type) {
      case "int": return Number(value) || 0;
      case "bool": return value === true || value === 1 || String(value).toLowerCase() === "true";
      case "text": return given ? String(value) : "";
      case "time": return given ? dateOf(value) : null;
      default: return given && typeof value === "object" ? read(type, value) : null;
    }
  }

  /** Null for what is not set: empty, or the year 1 of .NET. */
  function dateOf(value) {
    const date = new Date(value);
    return date.getFullYear() > 1900 ? date : null;
  }

  function isSame(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
  }

  /** Pages get copies, which they may change. */
  function copy(value) {
    if (value === null || typeof value !== "object") return value;
    if (value instanceof Date) return new Date(value);
    if (Array.isArray(value)) return value.map(copy);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]));
  }

  // ── Parameters ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The parameters of a method by name. Throws the reason why they are not. */
  function argsOf(fields, given) {
    const args = {};
    fields.forEach((field, place) => {
      const value = given[place] === undefined || given[place] === null ? field.otherwise : given[place];
      if (value !== undefined) args[field.name] = argOf(field, value);
      else if (!field.optional) throw `${camel(field.name)} is missing`;
      else if (field.list) args[field.name] = [];
    });
    return args;
  }

  function argOf(field, value) {
    const wrong = `${camel(field.name)} cannot be ${String(value)}`;
    if (field.list) {
      if (!Array.isArray(value)) throw `${camel(field.name)} is not an array`;
      return value.map((each) => {
        const code = read(field.type, typeof each === "object" ? each : { Code: each });
        return Object.fromEntries(RECORDS[field.type].map(({ name }) => [name, code[camel(name)]]));
      });
    }
    switch (field.type) {
      case "int": {
        const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
        if (!Number.isSafeInteger(number)) throw wrong;
        return number;
      }
      case "bool":
        if (![true, false, 0, 1, "true", "false"].includes(value)) throw wrong;
        return value === true || value === 1 || value === "true";
      case "time": {
        const date = new Date(value);
        if (isNaN(date)) throw wrong;
        return date.toISOString();
      }
      default:
        if (typeof value === "object") throw wrong;
        return String(value);
    }
  }

  // ── The desktop ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The conversation with the bridge. `tell(event, ...args)` takes what the page shall hear. */
  class Desktop {
    constructor(url, token, tell) {
      this.tell = tell;
      this.mirror = new Mirror();
      this.picture = null;                         // the mirror that comes after the hello, until it is whole
      this.connected = false;
      this.reasons = [];
      this.codes = new Map();                      // of a service group
      this.refused = new Map();                    // methods that nobody behind the bridge offers, with the reason
      this.pending = new Map();                    // calls without a result
      this.lastId = 0;
      this.complaint = "";
      this.ready = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
      this.ready.catch(() => {});                  // a page need not care
      const hello = { hello: "agent-client", version: 1, token };
      this.connection = new Connection(url, hello, this);
    }

    // The connection says:

    accepted() {
      this.picture = { mirror: new Mirror(), later: [], asked: 0 };
      this.codes.clear();
      this.refused.clear();
      const mirror = this.picture.mirror;
      this.askForPicture("IsRegistered", (out) => { mirror.registered = out.Result === true; });
      this.askForPicture("GetUserInformation", (out) => {
        mirror.setUser(out.UserInformation || {}, this.reasons);
        this.askForPicture("GetNotReadyReasons", (lists) => {
          this.setReasons(lists.NotReadyReasons || []);
          mirror.setUser({}, this.reasons);
        });
      });
      for (const [kind, { method, list }] of Object.entries(SESSIONS)) {
        this.askForPicture(method, (out) => mirror.setList(kind, out[list] || []));
      }
    }

    ping() {}

    frame(frame) {
      if ("hresult" in frame) this.result(frame);
      else if (frame.type === "RequestFailed") this.fail(camel(String(frame.call)), String(frame.error));
      else if (frame.type === "AgentAbilities") this.setRefused(frame.Refused);   // left out where it has not changed
      else this.event(frame);
    }

    lost(reason) {
      this.picture = null;
      this.failPending(reason);
      if (!this.connected) {
        this.failed(reason);
        return;
      }
      this.connected = false;
      this.tell("OnConnectionStatus", false, reason);
      this.setRegistered(false);
    }

    /** One attempt of many: said once for each reason. */
    failed(reason) {
      if (reason !== this.complaint) this.fail(null, reason);
      this.complaint = reason;
    }

    // Calls:

    call(name, given) {
      const method = camel(name);
      try {
        const args = argsOf(METHODS[name] || OWN_METHODS[name], given);
        const reason = this.refusal(name, args);
        if (reason) return this.fail(method, reason);
        const sent = this.ask(name, args, (out, error) => {
          if (!out || out.Result === false) this.fail(method, error || "the bridge answered false, without a reason");
        });
        return sent || this.fail(method, "the request is too long");
      } catch (reason) {
        return this.fail(method, String(reason));
      }
    }

    /** Why a method cannot be sent now; nothing if it can. */
    refusal(name, args) {
      if (!this.connected) return "there is no connection to the bridge";
      if (this.refused.has(name)) return this.refused.get(name);
      if (this.pending.size >= MAX_PENDING || this.connection.isFull()) return "too many requests wait";
      if (name !== "LogOn" && !this.mirror.user.loggedOn) return "the agent is not logged on";
      return RULES[name] ? RULES[name](this.mirror, args) : "";
    }

    can(name) {
      return this.refusal(name, {}) === "";
    }

    codesOf(group) {
      if (!this.codes.has(group)) this.askForCodes(group);
      return this.codes.get(group) || [];
    }

    /** Sends a call. `answered` hears of its result: what it returned, or null, and the reason. */
    ask(name, args, answered) {
      const id = ++this.lastId;
      // Without the agent: the connection is one agent's, and a bridge that was started anew may not know its record id yet.
      if (!this.connection.send({ id, call: name, args })) return false;
      const timer = setTimeout(() => {
        this.pending.delete(id);
        answered(null, "no result came within 10 s; what became of it is not known");
      }, RESULT_WAIT);
      this.pending.set(id, { answered, timer });
      return true;
    }

    result(frame) {
      const call = this.pending.get(frame.id);
      if (!call) return;
      this.pending.delete(frame.id);
      clearTimeout(call.timer);
      const done = frame.hresult >= 0;
      call.answered(done ? frame.out || {} : null, frame.error || (done ? "" : `it failed with ${frame.hresult}`));
    }

    failPending(reason) {
      const calls = [...this.pending.values()];
      this.pending.clear();
      for (const { answered, timer } of calls) {
        clearTimeout(timer);
        answered(null, reason + "; what became of it is not known");
      }
    }

    fail(method, reason) {
      console.warn(`AgentClient${method ? "." + method : ""}: ${reason}`);
      this.tell("OnError", { method, reason });
      return false;
    }

    // Events:

    event(frame) {
      const name = EVENT_NAMES.get(String(frame.type).toLowerCase());
      const kind = EVENTS[name];
      if (name === undefined) return;
      const value = name && member(frame, kind);
      if (this.picture) {
        if (name in EVENTS && !this.mirrored(this.picture.mirror, name, kind, value, frame)) this.picture.later.push(frame);
      } else if (name === "OnUserLogin" || name === "OnUserStatusUpdate") {
        this.tellUser(this.mirror.setUser(userOf(name, frame), this.reasons), beside(frame, kind));
      } else if (name === "OnRegistrationStatus") {
        this.setRegistered(value === true);
      } else if (kind in SESSIONS) {
        const record = this.mirror.setSession(kind, value, member(frame, "ServiceGroupID"));
        if (record) this.tellSession(kind, record, beside(frame, kind));
      } else if (kind === null) {
        this.tell(name);
      } else {
        const update = member(frame, "UpdateType");
        this.tell(name, read(kind, value), ...(update === undefined ? [] : [Number(update)]), ...beside(frame, kind));
      }
    }

    /** Takes an event into the picture that is not whole yet; false if it is not about the picture. */
    mirrored(mirror, name, kind, value, frame) {
      if (name === "OnUserLogin" || name === "OnUserStatusUpdate") mirror.setUser(userOf(name, frame), this.reasons);
      else if (name === "OnRegistrationStatus") mirror.registered = value === true;
      else if (kind in SESSIONS) mirror.setSession(kind, value, member(frame, "ServiceGroupID"));
      else return false;
      return true;
    }

    askForPicture(method, take) {
      const { picture } = this;
      if (!picture) return;                        // the connection broke meanwhile
      picture.asked++;
      const sent = this.ask(method, {}, (out) => {
        if (this.picture !== picture) return;
        if (out) take(out);
        if (--picture.asked === 0) this.complete(picture);
      });
      if (!sent) this.connection.retry("the bridge does not read");
    }

    /** The picture is whole. Its differences from the mirror are told: what is over first. */
    complete({ mirror, later }) {
      const before = this.mirror;
      this.mirror = mirror;
      this.picture = null;
      this.connected = true;
      this.complaint = "";
      const { registered } = mirror;
      mirror.registered = before.registered;
      this.tell("OnConnectionStatus", true, "");
      this.setRegistered(registered);
      this.tellUser(before.user);
      for (const kind of Object.keys(SESSIONS)) {
        for (const record of before.sessions[kind].values()) {
          if (!mirror.sessions[kind].has(record.id)) this.tellSession(kind, ended(record));
        }
      }
      for (const kind of Object.keys(SESSIONS)) {
        for (const record of mirror.sessions[kind].values()) {
          if (!isSame(record, before.sessions[kind].get(record.id))) this.tellSession(kind, record);
        }
      }
      if (this.resolve) this.tell("OnApplicationReadyForInitialization");
      if (this.resolve) this.resolve();
      this.resolve = null;
      for (const frame of later) this.event(frame);
    }

    tellSession(kind, record, more = []) {
      if (record.serviceGroupID && !this.codes.has(record.serviceGroupID)) this.askForCodes(record.serviceGroupID);
      this.tell(SESSIONS[kind].event, record, ...more);
    }

    tellUser(before, more = []) {
      const { user } = this.mirror;
      if (user.loggedOn && !before.loggedOn) this.tell("OnUserLogin", ...more);
      if (!isSame(before, user)) this.tell("OnUserStatusUpdate", user, ...more);
    }

    setRegistered(registered) {
      if (registered === this.mirror.registered) return;
      this.mirror.registered = registered;
      this.tell("OnRegistrationStatus", registered);
    }

    setRefused(list) {
      if (Array.isArray(list)) this.refused = new Map(list.map(({ Method, Error }) => [Method, String(Error)]));
    }

    setReasons(list) {
      this.reasons = list.map((each) => read("NotReadyReason", each));
      this.tell("OnListUpdate", "notReadyReasons");
    }

    askForCodes(group) {
      if (!this.connection.accepted || this.codes.size >= MAX_GROUPS) return;
      this.codes.set(group, []);
      this.ask("GetCQCodes", { ServiceGroupID: group }, (out) => {
        const codes = (out && out.CQCodes) || [];
        this.codes.set(group, codes.map((each) => read("CQCode", each)));
        if (codes.length > 0) this.tell("OnListUpdate", "cqCodes");
      });
    }
  }

  const EVENT_NAMES = new Map(Object.keys(EVENTS).concat(OWN_EVENTS).map((name) => [name.toLowerCase(), name]));

  const FRAME_MEMBERS = ["type", "at", "agent", "updatetype", "servicegroupid", "sessionid", "userinformation"];

  /** A member of a frame, in whatever case it is written. */
  function member(frame, name) {
    if (name === null || name in frame) return frame[name];
    const found = Object.keys(frame).find((each) => each.toLowerCase() === name.toLowerCase());
    return found && frame[found];
  }

  /** What a desktop says in an event beside what the protocol has, as the handlers' last argument; none if there is nothing. */
  function beside(frame, kind) {
    const known = [...FRAME_MEMBERS, String(kind).toLowerCase()];
    const strays = Object.entries(frame).filter(([name]) => !known.includes(name.toLowerCase()));
    return strays.length > 0 ? [Object.fromEntries(strays.map(([name, value]) => [camel(name), value]))] : [];
  }

  function userOf(name, frame) {
    return Object.assign(name === "OnUserLogin" ? { LoggedOn: 1 } : {}, member(frame, "UserInformation"));
  }

  function ended(record) {
    const over = Object.assign({}, record, { state: STATE.idle, stateDescription: "Idle", endTime: new Date() });
    for (const name of Object.keys(over)) if (/^can[A-Z]/.test(name)) over[name] = false;
    return over;
  }

  // ── What a page sees ────────────────────────────────────────────────────────────────────────────────────────────────

  /** AgentClient's methods for JavaScript, its events, and a few of ours; agent-client.d.ts has the types. */
  class AgentClient {
    /** @param {{ url: string, token: string }} settings where the bridge listens (http, https, ws or wss), and who the agent is */
    constructor({ url, token }) {
      const handlers = new Map([...EVENT_NAMES.values()].map((name) => [name, { property: null, listeners: [] }]));
      let missed = null;                           // an error that came before the page had a handler
      const tell = (name, ...args) => {
        const { property, listeners } = handlers.get(name);
        const wanted = [property, ...listeners].filter(Boolean);
        if (name === "OnError") missed = wanted.length === 0 ? args : null;
        for (const handler of wanted) run(handler, args.map(copy));
      };
      const tellMissed = () => setTimeout(() => missed && tell("OnError", ...missed));
      const desktop = new Desktop(socketUrl(url), token, tell);

      const slot = (name) => handlers.get(EVENT_NAMES.get(String(name).replace(/^(?:on)?/i, "on").toLowerCase()));
      for (const [name, handler] of handlers) {
        const set = (given) => {
          handler.property = given || null;
          tellMissed();
        };
        const accessor = { get: () => handler.property, set, enumerable: true };
        Object.defineProperty(this, camel(name), accessor);
        Object.defineProperty(this, name, Object.assign({}, accessor, { enumerable: false }));
      }
      this.addEventListener = (name, listener) => {
        const { listeners } = slot(name) || { listeners: [] };
        if (listener && !listeners.includes(listener)) listeners.push(listener);
        tellMissed();
      };
      this.removeEventListener = (name, listener) => {
        const handler = slot(name);
        if (handler) handler.listeners = handler.listeners.filter((each) => each !== listener);
      };

      for (const name of Object.keys(METHODS)) this[camel(name)] = (...args) => desktop.call(name, args);
      const list = (kind) => () => copy([...desktop.mirror.sessions[kind].values()]);
      Object.assign(this, {
        getUserInformation: () => copy(desktop.mirror.user),
        getUserInfo: () => copy(desktop.mirror.user),
        isRegistered: () => desktop.connected && desktop.mirror.registered,
        canMakeCall: () => desktop.can("MakeCall"),
        canConference: () => desktop.can("ConferenceActiveCall"),
        canTransfer: () => {
          const { held } = desktop.mirror.pair(() => true);
          return held !== null && desktop.refusal("TransferCall", { CallID: held.id }) === "";
        },
        getNotReadyReasons: () => copy(desktop.reasons),
        getCQCodes: (group) => copy(desktop.codesOf(Number(group))),
        getAllTabs: () => [],                      // tabs are the Agent application's
        getTabByName: () => null,
        /** Ours: logs the agent on, at this station or at the usual one. */
        logOn: (station) => desktop.call("LogOn", [station]),
        logOff: () => desktop.call("LogOff", []),
        /** Ours: ends the connection for good. */
        close: () => {
          desktop.connection.stop();
          desktop.reject(new Error("closed by the page"));
        },
      });
      for (const kind of Object.keys(SESSIONS)) this[camel(SESSIONS[kind].method)] = list(kind);

      /** Ours: resolved with this object as soon as the mirror is whole for the first time. */
      this.ready = desktop.ready.then(() => this);
      this.ready.catch(() => {});
      Object.defineProperty(this, "connected", { get: () => desktop.connected, enumerable: true });

      if (token) {
        desktop.connection.start();
      } else {
        desktop.reject(new Error("there is no token"));
        desktop.fail(null, "there is no token: neither data-token nor #token= in the page's address");
      }
    }
  }

  AgentClient.SessionState = Object.freeze(STATE);

  /** A handler that throws stops nothing. */
  function run(handler, args) {
    try {
      if (typeof handler === "function") handler(...args);
      else handler.handleEvent(...args);
    } catch (error) {
      console.error("a handler of AgentClient failed:", error);
    }
  }

  window.AgentClient = AgentClient;
  const script = document.currentScript;
  const name = script && script.dataset.global;
  if (name && !window[name]) window[name] = new AgentClient(settingsOf(script));
})();
