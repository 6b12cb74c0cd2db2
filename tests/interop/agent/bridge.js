// A played bridge: it serves files and speaks the agent protocol over WebSockets. An agent's clients see a small office, in
// which what they ask for happens; an agent's relay is the test's to talk to.

"use strict";

const fs = require("fs");
const http = require("http");
const modules = require("./modules");
const { WebSocketServer } = modules("ws");

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };

class Bridge {
  /** `files`: paths of the server, each a file's name or the text itself. `offices`: by token. */
  static async start({ files = {}, offices = {}, port = 0 } = {}) {
    const bridge = new Bridge();
    Object.assign(bridge, { files, offices, connections: new Set(), relays: [], refused: 0 });
    bridge.server = http.createServer((request, response) => bridge.serve(request.url.split("?")[0], response));
    bridge.sockets = new WebSocketServer({
      server: bridge.server, path: "/agent", maxPayload: 64 * 1024,
      handleProtocols: (offered) => (offered.has("cti-bridge.agent.v1") ? "cti-bridge.agent.v1" : false),
    });
    bridge.sockets.on("connection", (socket) => new Connection(bridge, socket));
    bridge.server.listen(port, "127.0.0.1");
    await new Promise((resolve) => bridge.server.once("listening", resolve));
    bridge.port = bridge.server.address().port;
    bridge.url = `http://127.0.0.1:${bridge.port}`;
    return bridge;
  }

  serve(path, response) {
    const file = this.files[path];
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const isText = file.includes("\n") || file.includes("<");
    const type = TYPES[path.split(".")[1]] || TYPES.html;
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-cache" }).end(isText ? file : fs.readFileSync(file));
  }

  /** All connections break without a word. */
  cut() {
    for (const connection of this.connections) connection.socket.terminate();
  }

  async stop() {
    this.cut();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The newest relay, once it has sent its picture. */
  async relay() {
    await until(() => this.relays.length > 0 && this.relays.at(-1).hasPicture, "a relay's picture");
    return this.relays.at(-1);
  }
}

class Connection {
  constructor(bridge, socket) {
    Object.assign(this, { bridge, socket, office: null, frames: [], results: new Map(), lastId: 0, pings: 0 });
    bridge.connections.add(this);
    socket.on("message", (data) => this.hear(JSON.parse(data)));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(this.pinging);
      bridge.connections.delete(this);
      if (this.office) this.office.connections.delete(this);
    });
  }

  say(frame) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  ping() {
    this.say({ ping: ++this.pings });
  }

  hear(frame) {
    if (frame.hello) return this.greet(frame);
    if ("pong" in frame) return undefined;
    if ("hresult" in frame) return this.results.get(frame.id)?.(frame);
    if (frame.call && this.office) return this.office.asked(this, frame);
    return this.frames.push(frame);
  }

  greet({ hello, token }) {
    const office = this.bridge.offices[token];
    if (!office && !(hello === "agent-relay" && token === "relay")) {
      this.bridge.refused++;
      this.say({ error: "refused" });
      return this.socket.close();
    }
    this.ping();
    this.pinging = setInterval(() => this.ping(), 10e3);
    if (hello === "agent-relay") return this.bridge.relays.push(this);
    this.office = office;
    office.connections.add(this);
    return office.show(this);
  }

  // A relay:

  get hasPicture() {
    return this.frames.some((frame) => frame.disconnected || (frame.type === "UserInformation" && Object.keys(frame.UserInformation).length === 0));
  }

  call(call, args) {
    const id = ++this.lastId;
    this.say({ id, call, args });
    return new Promise((resolve) => this.results.set(id, resolve));
  }

  /** The frame that fits, once it is there. */
  async frame(fits) {
    await until(() => this.frames.some(fits), `a frame among ${JSON.stringify(this.frames)}`);
    return this.frames.find(fits);
  }
}

const IDLE = 1, DIALING = 2, OFFERED = 3, CALLING = 4, CONNECTED = 6, HELD = 8, CONFERENCE = 10, CLEARING = 11, CLERICAL = 99;
const NAMES = { 1: "Idle", 2: "Dialing", 3: "Offered", 4: "Calling", 6: "Connected", 8: "Held", 10: "Conference", 11: "Clearing", 99: "Clerical" };

/** What an agent's desk shows, and what becomes of requests. */
class Office {
  constructor(user) {
    this.user = { RecordID: 40, LoginID: "140", UserName: "Ann Archer", ExtensionNumber: "4040", LoggedOn: 1, ReadyStatus: false, VoiceNotReadyReasonID: 0, ...user };
    this.connections = new Set();
    this.calls = new Map();
    this.sessions = { Emails: [], SMS: [], OpenMedia: [], Chats: [] };
    this.waiting = new Map();
    this.asks = [];
    this.nextId = 900;
  }

  say(frame) {
    for (const connection of this.connections) connection.say(frame);
  }

  show(connection) {
    const Refused = [{ Method: "StartRecording", Error: "no platform here records" }];
    connection.say({ type: "AgentAbilities", CanMakeCall: true, CanTransfer: false, CanConference: false, Refused });
    connection.say({ type: this.user.LoggedOn ? "OnUserLogin" : "OnUserStatusUpdate", UserInformation: this.user });
    for (const call of this.calls.values()) connection.say(event(call));
  }

  setUser(changes) {
    Object.assign(this.user, changes);
    this.say({ type: "OnUserStatusUpdate", UserInformation: changes });
  }

  /** A call of a group's rings. */
  ring(call = {}) {
    const ID = this.nextId++;
    return this.change({
      ID, Incoming: true, Type: 1, PhoneNumber: "+49 30 5551234", CalledNumber: "800", CallerName: "Jordan Doe", ServiceGroupID: 9,
      CallInfo: { GroupName: "Sales", CallingNumber: "+49 30 5551234", QueueDuration: 12 },
      IVRLabels: ["Customer", "Tier", "Order"], IVRData: ["48213", "Gold", "A-1077"], StartTime: now(), ...call,
    }, OFFERED);
  }

  change(call, State) {
    const record = { ...call, State, StateDescription: NAMES[State] };
    Object.assign(record, {
      CanAnswer: State === OFFERED, CanReject: State === OFFERED && !!call.CallInfo, CanDeflect: [OFFERED, CONNECTED].includes(State),
      CanHangup: [DIALING, OFFERED, CALLING, CONNECTED, HELD, CONFERENCE].includes(State), CanHold: [CONNECTED, CONFERENCE].includes(State),
      CanRetrieve: State === HELD,
    });
    if (State === CONNECTED && !record.ConnectedTime) record.ConnectedTime = now();
    if (State === IDLE) record.EndTime = now();
    if (State === IDLE) this.calls.delete(record.ID);
    else this.calls.set(record.ID, record);
    this.say(event(record));
    return record;
  }

  wait(ID, Number, CalledNumber, UpdateType = 0) {
    this.say({ type: "OnDispatchVoiceCallEvent", UpdateType, DispatchVoiceCall: { ID, Number, CalledNumber, ServiceGroupID: 9, QueueStartTime: now() } });
  }

  asked(connection, { id, call, args }) {
    this.asks.push({ call, args });
    const done = this[call] ? this[call](args) : { Result: true };
    const reason = typeof done === "string" ? { out: { Result: false }, error: done } : { out: done || { Result: true } };
    connection.say({ id, hresult: 0, ...reason });
  }

  end(call) {
    this.change(call, CLEARING);
    this.change(call, call.CallInfo ? CLERICAL : IDLE);
  }

  GetUserInformation() { return { UserInformation: this.user }; }
  IsRegistered() { return { Result: true }; }
  GetCalls() { return { Calls: [...this.calls.values()] }; }
  GetEmails() { return { Emails: this.sessions.Emails }; }
  GetSMS() { return { SMS: this.sessions.SMS }; }
  GetOpenMedia() { return { OpenMedia: this.sessions.OpenMedia }; }
  GetChats() { return { Chats: this.sessions.Chats }; }
  GetNotReadyReasons() { return { NotReadyReasons: [{ ID: 1, Name: "Break" }, { ID: 3, Name: "Lunch" }, { ID: 4, Name: "Training" }] }; }
  GetCQCodes() { return { CQCodes: [["1", "Order"], ["2", "Complaint"], ["3", "Question"], ["4", "Wrong number"]].map(([Code, Name], place) => ({ ID: place + 1, Code, Name })) }; }
  LogOn({ Station }) { this.setUser({ LoggedOn: 1, ExtensionNumber: Station || "4040" }); }
  LogOff() { this.setUser({ LoggedOn: 0, ReadyStatus: false }); }
  SetReadyStatus({ Status, ReasonID }) { this.setUser({ ReadyStatus: Status, VoiceNotReadyReasonID: Status ? 0 : ReasonID }); }
  AnswerCall({ CallID }) { this.change(this.calls.get(CallID), CONNECTED); }
  HoldActiveCall({ CallID }) { this.change(this.calls.get(CallID), HELD); }
  RetrieveCall({ CallID }) { this.change(this.calls.get(CallID), CONNECTED); }
  HangupCall({ CallID }) { this.end(this.calls.get(CallID)); }
  DeflectCall({ CallID }) { this.end(this.calls.get(CallID)); }
  RejectServiceCall({ CallID }) { this.change(this.calls.get(CallID), IDLE); }
  CancelClerical({ CallID }) { this.change(this.calls.get(CallID), IDLE); }
  TransferCall({ CallID, ActiveCallID }) { for (const id of [ActiveCallID, CallID]) this.end(this.calls.get(id)); }
  MakeCall({ Number }) {
    if (Number === "0") return "nobody can be reached at 0";
    const call = this.change({ ID: this.nextId++, Incoming: false, Type: 2, PhoneNumber: Number, StartTime: now() }, DIALING);
    this.change(call, CALLING);
    setTimeout(() => this.change(call, CONNECTED), 50);
    return null;
  }
}

function event({ ServiceGroupID, ...Call }) {
  return { type: "OnCallEvent", agent: 40, ...(ServiceGroupID ? { ServiceGroupID } : {}), Call };
}

function now() {
  return new Date().toISOString();
}

/** Waits for something to be so. */
async function until(holds, what) {
  const end = Date.now() + 20e3;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

module.exports = { Bridge, Office, until };
