// agent-client.js, frame by frame.

"use strict";

const assert = require("assert/strict");
const fs = require("fs");
const path = require("path");
const { test } = require("node:test");
const { CLIENT, RELAY, ROOT, Page, plain } = require("./page");

const USER = { RecordID: 40, LoginID: "140", UserName: "Ann", ExtensionNumber: "4040", LoggedOn: 1, ReadyStatus: true };
const CALL = {
  ID: 900, State: 3, StateDescription: "Offered", Incoming: true, PhoneNumber: "5551234", CanAnswer: true, CanHangup: true,
  CanDeflect: true, CanReject: true, IVRLabels: ["tier"], IVRData: ["gold"], CallInfo: { GroupName: "Sales" }, Type: 1,
};
const CONNECTED = { ...CALL, State: 6, StateDescription: "Connected", CanAnswer: false, CanReject: false, CanHold: true };
const HELD = { ...CONNECTED, State: 8, StateDescription: "Held", CanHold: false, CanRetrieve: true, CanDeflect: false };
const GETS = ["IsRegistered", "GetUserInformation", "GetCalls", "GetEmails", "GetSMS", "GetOpenMedia", "GetChats"];

const onCall = (Call, more = {}) => ({ type: "OnCallEvent", agent: 40, Call, ...more });

/** A page with `agentClient`, whose events are written down in `heard`. */
function desk(settings = {}) {
  const page = new Page(settings);
  page.load(CLIENT, settings.src || "https://bridge.example:7421/agent-client.js", { global: "agentClient", token: "secret", ...settings.dataset });
  const client = page.context.agentClient;
  const heard = [];
  for (const name of page.run("Object.keys(agentClient).filter((name) => /^on[A-Z]/.test(name))")) {
    client.addEventListener(name, (...args) => heard.push([name, ...plain(args)]));
  }
  const take = () => heard.splice(0).filter(([name]) => !["onListUpdate"].includes(name));
  return { page, client, take, names: () => take().map(([name]) => name) };
}

/** The bridge accepts the hello and answers the questions that follow. */
async function accept(page, { user = USER, calls = [], chats = [], before = [], registered = true } = {}) {
  page.socket.open();
  assert.deepEqual(page.socket.take(), [{ hello: "agent-client", version: 1, token: "secret" }]);
  page.socket.say({ ping: 1 });
  const [pong, ...gets] = page.socket.take();
  assert.deepEqual(pong, { pong: 1 });
  assert.deepEqual(gets.map(({ call }) => call), GETS);
  page.socket.say(...before);
  const outs = {
    GetNotReadyReasons: { NotReadyReasons: [{ ID: 3, Name: "lunch" }] }, IsRegistered: { Result: registered },
    GetUserInformation: { UserInformation: user }, GetCalls: { Calls: calls }, GetEmails: { Emails: [] }, GetSMS: { SMS: [] },
    GetOpenMedia: { OpenMedia: [] }, GetChats: { Chats: chats },
  };
  for (let asked = gets; asked.length > 0; asked = page.socket.take().filter(({ call }) => outs[call])) {
    for (const { id, call } of asked) page.socket.say({ id, hresult: 0, out: outs[call] });
  }
  await page.passes(0);
  page.socket.take();
}

async function ready(picture, settings) {
  const all = desk(settings);
  await accept(all.page, picture);
  all.take();
  return all;
}

test("the script tag makes the object, and the bridge's address follows from the script's", () => {
  const { page } = desk();
  assert.equal(page.socket.url, "wss://bridge.example:7421/agent");
  assert.equal(page.socket.protocol, "cti-bridge.agent.v1");
  assert.equal(typeof page.context.AgentClient, "function");
  assert.equal(desk({ src: "http://bridge.example/agent-client.js" }).page.socket.url, "ws://bridge.example/agent");
});

test("a token of the fragment leaves the address bar and outlives a reload", () => {
  const storage = new Map();
  const first = new Page({ hash: "#view=3&token=secret", storage });
  first.load(CLIENT, "http://bridge.example/agent-client.js", { global: "agentClient" });
  first.socket.open();
  assert.deepEqual(first.socket.take()[0].token, "secret");
  assert.equal(first.address, "#view=3");
  const again = new Page({ storage });
  again.load(CLIENT, "http://bridge.example/agent-client.js", { global: "agentClient" });
  again.socket.open();
  assert.deepEqual(again.socket.take()[0].token, "secret");
});

test("without a token nothing is connected, and the page hears why", async () => {
  const page = new Page();
  page.load(CLIENT, "http://bridge.example/agent-client.js", { global: "agentClient" });
  const errors = [];
  page.context.agentClient.onError = (error) => errors.push(error.reason);
  await page.passes(10);
  assert.equal(page.sockets.length, 0);
  assert.match(errors[0], /there is no token/);
  await assert.rejects(page.context.agentClient.ready);
});

test("an error that came before the page could hear it is told to its first handler", async () => {
  const page = new Page();
  page.load(CLIENT, "http://bridge.example/agent-client.js", { global: "agentClient" });
  await page.passes(10);
  const reasons = [];
  page.context.agentClient.onError = ({ reason }) => reasons.push(reason);
  page.context.agentClient.addEventListener("error", ({ reason }) => reasons.push(reason));
  await page.passes(10);
  assert.deepEqual(reasons.map((reason) => reason.slice(0, 17)), ["there is no token", "there is no token"]);
});

test("it has the guide's 66 methods and 17 events", () => {
  const text = fs.readFileSync(path.join(ROOT, "mappings", "dialects", "agent.toml"), "utf8");
  const messages = [...text.matchAll(/\[message\.(\w+)\]\n(?:#.*\n)*chapter = "([^"]*)"/g)];
  const methods = messages.filter(([, , chapter]) => chapter.endsWith("JS Yes")).map(([, name]) => name);
  assert.equal(methods.length, 66);
  const { client } = desk();
  const types = fs.readFileSync(path.join(ROOT, "adapters", "agent-client", "agent-client.d.ts"), "utf8");
  for (const name of methods) {
    const camel = name[0].toLowerCase() + name.slice(1);
    assert.equal(typeof client[camel], "function", name);
    assert.match(types, new RegExp(`^  ${camel}\\(`, "m"));
  }
  const events = messages.filter(([, , chapter]) => chapter.startsWith("Events, ")).map(([, name]) => name);
  assert.equal(events.length, 17);
  for (const name of events) {
    client[name] = () => {};
    assert.equal(client["o" + name.slice(1)], client[name], name);
    assert.match(types, new RegExp(`^  o${name.slice(1)}: `, "m"));
  }
});

test("its parameters and properties are those of the vocabulary", () => {
  const text = fs.readFileSync(path.join(ROOT, "mappings", "dialects", "agent.toml"), "utf8");
  const source = fs.readFileSync(CLIENT, "utf8").replace(/" \+\n\s*"/g, "");
  const constants = Object.fromEntries([...source.matchAll(/const ([A-Z_]+) = "([^"]*)";/g)].map(([, name, value]) => [name, value]));
  for (const [, name, body] of text.matchAll(/\[record\.([A-Z]\w+)\.fields\]\n([^[]*?(?:\[[^\]\n]*\][^[]*?)*)(?=\n\[|\n# ──)/g)) {
    const wanted = [...body.matchAll(/^(\w+) +=.*$/gm)].filter(([line]) => !line.includes('doc = "bridge:')).map(([, field]) => field);
    let row = new RegExp(`^    ${name}: (.*),$`, "m").exec(source);
    assert.ok(row, name);
    row = row[1].replace(/" \+ ([A-Z_]+) \+ "|([A-Z_]{4,})(?: \+ ")?/g, (whole, one, other) => constants[one || other] ?? whole);
    const fields = row.replace(/"/g, "").split(", ").map((field) => field.split(" ")[0]);
    assert.deepEqual(fields.sort(), wanted.sort(), name);
  }
});

test("both scripts have the same shared part", () => {
  const shared = (file) => /── The same in[^]*── End of what is the same/.exec(fs.readFileSync(file, "utf8"))[0];
  assert.equal(shared(CLIENT), shared(RELAY));
});

test("the first picture makes the mirror, the events and `ready`", async () => {
  const { page, client, take } = desk();
  let done = null;
  client.ready.then((object) => { done = object; });
  assert.equal(client.isRegistered(), false);
  await accept(page, { calls: [CALL], before: [{ type: "OnUserLogin", UserInformation: USER }, onCall(CALL, { ServiceGroupID: 9 })] });
  assert.equal(done, client);
  const heard = take();
  assert.deepEqual(heard.map(([name]) => name), ["onConnectionStatus", "onRegistrationStatus", "onUserLogin", "onUserStatusUpdate",
    "onCallEvent", "onApplicationReadyForInitialization"]);
  assert.equal(heard[4][1].id, 900);
  const [call] = client.getCalls();
  assert.equal(call.phoneNumber, "5551234");
  assert.deepEqual(plain(call.ivrLabels), ["tier"]);
  assert.equal(call.callInfo.groupName, "Sales");
  assert.equal(call.serviceGroupID, 9);
  assert.equal(call.endTime, null);
  assert.equal(client.getUserInformation().loginID, "140");
  assert.equal(client.getUserInfo().extensionNumber, "4040");
  assert.equal(client.isRegistered(), true);
  assert.deepEqual(plain(client.getNotReadyReasons()), [{ id: 3, name: "lunch" }]);
});

test("what a page gets is its own", async () => {
  const { client } = await ready({ calls: [CALL] });
  client.getCalls()[0].phoneNumber = "1";
  client.getCalls()[0].ivrData.push("more");
  assert.equal(client.getCalls()[0].phoneNumber, "5551234");
  assert.equal(client.getCalls()[0].ivrData.length, 1);
});

test("a call lives through its states, each told once", async () => {
  const { page, client, take } = await ready();
  const over = { ...CONNECTED, State: 1, CanHold: false, CanHangup: false, EndTime: "2026-11-20T10:05:00Z" };
  const steps = [CALL, CONNECTED, CONNECTED, HELD, CONNECTED, { ...CONNECTED, State: 11 }, { ...CONNECTED, State: 99 }, over, over];
  page.socket.say(...steps.map((step) => onCall(step)));
  assert.deepEqual(take().map(([, call]) => call.state), [3, 6, 8, 6, 11, 99, 1]);
  assert.deepEqual(plain(client.getCalls()), []);
});

test("names are read in any case, and an unset date is none", async () => {
  const { page, client } = await ready();
  page.socket.say({ type: "onCallEvent", call: { id: 7, state: 6, canHold: true, connectedTime: "0001-01-01T00:00:00", startTime: "2026-11-20T10:00:00Z" } });
  const [call] = client.getCalls();
  assert.equal(call.id, 7);
  assert.equal(call.connectedTime, null);
  assert.equal(call.startTime.toISOString(), "2026-11-20T10:00:00.000Z");
});

test("readiness: only what has changed comes, and only news is told", async () => {
  const { page, client, take } = await ready();
  page.socket.say({ type: "OnUserStatusUpdate", UserInformation: { ReadyStatus: false, VoiceNotReadyReasonID: 3 } });
  page.socket.say({ type: "OnUserStatusUpdate", UserInformation: { ReadyStatus: false } });
  const [[name, user], ...more] = take();
  assert.deepEqual([name, user.readyStatus, user.voiceNotReadyReasonString, user.loginID, more], ["onUserStatusUpdate", false, "lunch", "140", []]);
  page.socket.say({ type: "OnUserStatusUpdate", UserInformation: { ReadyStatus: true } });
  assert.equal(client.getUserInformation().voiceNotReadyReasonID, 0);
});

test("commands name the call that they mean", async () => {
  const { page, client } = await ready({ calls: [CALL, { ...HELD, ID: 901 }] });
  assert.equal(client.answerActiveCall(), true);
  assert.deepEqual(page.socket.sent.filter((frame) => "agent" in frame), []);   // the connection is one agent's
  assert.equal(client.retrieveActiveCall(), true);
  assert.equal(client.setReadyStatus(false, 3), true);
  assert.equal(client.enterCQCodes("900", 2, [{ id: 1, code: "7", name: "sold" }]), true);
  assert.deepEqual(page.socket.take().map(({ id, ...frame }) => frame), [
    { call: "AnswerActiveCall", args: { CallID: 900 } },
    { call: "RetrieveActiveCall", args: { CallID: 901 } },
    { call: "SetReadyStatus", args: { Status: false, ReasonID: 3 } },
    { call: "EnterCQCodes", args: { CallID: 900, MediaType: 2, Codes: [{ ID: 1, Code: "7", Name: "sold" }] } },
  ]);
});

test("held and connected call: transfer and conference", async () => {
  const { page, client } = await ready({ calls: [HELD, { ...CONNECTED, ID: 901 }] });
  assert.deepEqual([client.canTransfer(), client.canConference(), client.canMakeCall()], [true, true, false]);
  assert.equal(client.transferCall(901), false);
  assert.equal(client.transferCall(900), true);
  assert.equal(client.conferenceActiveCall(), true);
  assert.deepEqual(page.socket.take().map(({ args }) => args), [
    { CallID: 900, ActiveCallID: 901 }, { HeldCallID: 900, ActiveCallID: 901 }]);
  page.socket.say(onCall({ ...CONNECTED, ID: 902 }));
  assert.deepEqual([client.canTransfer(), client.canConference()], [false, false]);
});

test("what the state forbids is false at once, with its reason", async () => {
  const { page, client, take } = await ready({ calls: [CALL] });
  const reasons = [];
  client.OnError = ({ method, reason }) => reasons.push(`${method}: ${reason}`);
  assert.equal(client.holdActiveCall(), false);
  assert.equal(client.answerCall(77), false);
  assert.equal(client.retrieveCall(900), false);
  assert.equal(client.makeCall(), false);
  assert.equal(client.setReadyStatus("perhaps"), false);
  assert.equal(client.logOn("4040"), false);
  assert.deepEqual(reasons, [
    "holdActiveCall: no call, or more than one, can be held",
    "answerCall: the agent has no call 77",
    "retrieveCall: call 900 is not held",
    "makeCall: number is missing",
    "setReadyStatus: status cannot be perhaps",
    "logOn: the agent is logged on",
  ]);
  assert.equal(page.socket.take().length, 0);
  assert.equal(page.warnings.length, 6);
  assert.equal(take().length, 6);
});

test("a false of the bridge, a failure later and silence come as onError", async () => {
  const { page, client, take } = await ready({ calls: [CALL] });
  client.startRecording(0, true);
  client.answerCall(900);
  client.hangupCall(900);
  const [{ id: recording }, { id: answer }] = page.socket.take();
  page.socket.say({ id: recording, hresult: 0, out: { Result: false }, error: "no platform here records" });
  page.socket.say({ id: answer, hresult: 0, out: { Result: true } });
  page.socket.say({ type: "RequestFailed", id: answer, call: "AnswerCall", error: "the platform is away" });
  await page.passes(10e3);
  assert.deepEqual(take().map(([, { method, reason }]) => [method, reason.slice(0, 24)]), [
    ["startRecording", "no platform here records"], ["answerCall", "the platform is away"], ["hangupCall", "no result came within 10"]]);
});

test("what nobody behind the bridge offers is false at once", async () => {
  const { page, client, take } = await ready({ before: [{ type: "AgentAbilities", CanMakeCall: true, Refused: [{ Method: "StartRecording", Error: "no platform here records" }] }] });
  assert.equal(client.startRecording(0, true), false);
  assert.deepEqual(take(), [["onError", { method: "startRecording", reason: "no platform here records" }]]);
  assert.equal(page.socket.take().length, 0);
});

test("an agent who is not logged on can only log on", async () => {
  const { page, client } = await ready({ user: { LoggedOn: 0 } });
  assert.equal(client.setReadyStatus(true), false);
  assert.equal(client.canMakeCall(), false);
  assert.equal(client.logOff(), false);
  assert.equal(client.logOn("4040"), true);
  assert.deepEqual(page.socket.take().map(({ call, args }) => [call, args]), [["LogOn", { Station: "4040" }]]);
});

test("the CQ codes of a group are there once a call of the group is", async () => {
  const { page, client } = await ready();
  page.socket.say(onCall(CALL, { ServiceGroupID: 9 }));
  const [{ id, call, args }] = page.socket.take();
  assert.deepEqual([call, args], ["GetCQCodes", { ServiceGroupID: 9 }]);
  assert.deepEqual(plain(client.getCQCodes(9)), []);
  page.socket.say({ id, hresult: 0, out: { CQCodes: [{ ID: 1, Code: "7", Name: "sold" }] } });
  assert.deepEqual(plain(client.getCQCodes(9)), [{ id: 1, code: "7", name: "sold" }]);
  assert.equal(page.socket.take().length, 0);
});

test("sessions and dispatch lists have their events", async () => {
  const { page, client, take } = await ready();
  page.socket.say(
    { type: "OnChatEvent", Chat: { ID: 8, State: 3, GroupName: "Web", CustomerName: "Doe" } },
    { type: "OnEmailEvent", Email: { ID: 5, State: 102, SenderEmailAddress: "doe@example.com" } },
    { type: "OnDispatchVoiceCallEvent", UpdateType: 2, DispatchVoiceCall: { ID: 910, Number: "5551234" } },
    { type: "OnEmailEvent", Email: { ID: 5, State: 0, EndTime: "2026-11-20T10:05:00Z" } });
  const heard = take();
  assert.deepEqual(heard.map(([name]) => name), ["onChatEvent", "onEmailEvent", "onDispatchVoiceCallEvent", "onEmailEvent"]);
  assert.deepEqual([heard[2][1].id, heard[2][2]], [910, 2]);
  assert.equal(client.getChats().length, 1);
  assert.equal(client.getEmails().length, 0);
  assert.equal(client.answerCall(8), true);
});

test("a reconnect tells the differences: what is over first, nothing twice", async () => {
  const { page, client, take, names } = await ready({ calls: [CONNECTED, { ...HELD, ID: 901 }] });
  page.socket.cut();
  assert.deepEqual(names(), ["onConnectionStatus", "onRegistrationStatus"]);
  assert.equal(client.getCalls().length, 2);
  assert.equal(client.hangupCall(900), false);
  take();
  await page.passes(1000);
  assert.equal(page.sockets.length, 2);
  await accept(page, { calls: [CONNECTED, { ...CALL, ID: 902 }], before: [onCall(CONNECTED), onCall({ ...CALL, ID: 902 })] });
  assert.deepEqual(take().map(([name, value]) => [name, value.id, value.state]), [
    ["onConnectionStatus", undefined, undefined], ["onRegistrationStatus", undefined, undefined],
    ["onCallEvent", 901, 1], ["onCallEvent", 902, 3]]);
  assert.deepEqual(plain(client.getCalls().map(({ id }) => id)), [900, 902]);
});

test("events between the hello and the whole picture are part of it", async () => {
  const { page, client, names } = desk();
  const over = { ...CONNECTED, ID: 950, State: 1 };
  await accept(page, { before: [onCall({ ...CONNECTED, ID: 950 }), onCall(over),
    { type: "OnDispatchEmailEvent", UpdateType: 0, DispatchEmail: { ID: 5 } }] });
  assert.deepEqual(names().slice(-2), ["onApplicationReadyForInitialization", "onDispatchEmailEvent"]);
  assert.equal(client.getCalls().length, 0);
});

test("the wait before the next attempt grows to 30 s; online and a visible page do not wait", async () => {
  const { page } = await ready();
  const waits = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    page.socket.cut();
    const since = page.now, count = page.sockets.length;
    while (page.sockets.length === count) await page.passes(500);
    waits.push((page.now - since) / 1000);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30]);
  page.socket.cut();
  await page.passes(5e3);
  const count = page.sockets.length;
  page.happens("online");
  assert.equal(page.sockets.length, count + 1);
});

test("silence of 35 s is the end of a connection", async () => {
  const { page, names } = await ready();
  for (let ping = 2; ping < 12; ping++) {
    await page.passes(10e3);
    page.socket.say({ ping });
  }
  assert.equal(page.sockets.length, 1);
  await page.passes(34e3);
  assert.equal(page.sockets.length, 1);
  await page.passes(8e3);
  assert.equal(page.sockets.length, 2);
  assert.deepEqual(names(), ["onConnectionStatus", "onRegistrationStatus"]);
});

test("a laptop that slept for an hour connects anew within seconds", async () => {
  const { page, take } = await ready({ calls: [CONNECTED] });
  await page.sleeps(3600e3);
  await page.passes(4e3);
  assert.equal(page.sockets.length, 2);
  take();
  await accept(page, { calls: [CONNECTED] });
  assert.deepEqual(take().map(([name]) => name), ["onConnectionStatus", "onRegistrationStatus"]);
});

test("a clock that jumps on a living connection costs nothing", async () => {
  const { page, names } = await ready({ calls: [CONNECTED] });
  await page.sleeps(3600e3);
  page.socket.say({ ping: 2 });
  await page.passes(9e3);
  page.socket.say({ ping: 3 });
  page.now -= 7200e3;
  for (const timer of page.timers) timer.at -= 7200e3;
  await page.passes(9e3);
  page.socket.say({ ping: 4 });
  await page.passes(9e3);
  assert.equal(page.sockets.length, 1);
  assert.deepEqual(names(), []);
});

test("a page that comes out of the back-forward cache goes on", async () => {
  const { page } = await ready();
  page.happens("pagehide");
  assert.equal(page.socket.readyState, 3);
  page.happens("pageshow");
  assert.equal(page.sockets.length, 2);
});

test("abilities that are told later change only what they have", async () => {
  const Refused = [{ Method: "StartRecording", Error: "no platform here records" }];
  const { page, client, take } = await ready({ before: [{ type: "AgentAbilities", CanMakeCall: true, Refused }] });
  page.socket.say({ type: "AgentAbilities", CanMakeCall: false });
  assert.equal(client.startRecording(), false);
  assert.deepEqual(take(), [["onError", { method: "startRecording", reason: "no platform here records" }]]);
  page.socket.say({ type: "AgentAbilities", Refused: [] });
  assert.equal(client.startRecording(), true);
});

test("a log-on has nothing beside its record, and hands on what a desktop adds", async () => {
  const { page, take } = await ready();
  const logOn = (more) => {
    page.socket.say({ type: "OnUserStatusUpdate", UserInformation: { LoggedOn: 0 } });
    take();
    page.socket.say({ type: "OnUserLogin", agent: 40, UserInformation: { LoginID: "140" }, ...more });
    return take().map(([name, ...args]) => [name, args[args.length - 1]]);
  };
  const [[login, none], [update, user]] = logOn({});
  assert.deepEqual([login, none, update, user.loginID], ["onUserLogin", undefined, "onUserStatusUpdate", "140"]);
  assert.deepEqual(logOn({ TraceID: "a-1" }), [["onUserLogin", { traceID: "a-1" }], ["onUserStatusUpdate", { traceID: "a-1" }]]);
});

test("a call that the agent does not have gets no codes and no status", async () => {
  const { client, page, take } = await ready({ calls: [CONNECTED] });
  assert.deepEqual([client.enterCQCodes(901, 2, ["7"]), client.setCampaignCallStatus(901, 16)], [false, false]);
  assert.deepEqual(take().map(([, { reason }]) => reason), ["the agent has no call 901", "the agent has no call 901"]);
  assert.equal(client.enterCQCodes(900, 2, ["7"]), true);
  assert.deepEqual(page.socket.take().map(({ call }) => call), ["EnterCQCodes"]);
});

test("properties of a desktop's own stay as they are", async () => {
  const { page, client, take } = await ready();
  page.socket.say(onCall({ ...CONNECTED, SentimentScore: 3, CallInfo: { GroupName: "Sales", Skill: { Name: "gold" } } }));
  const [call] = plain(client.getCalls());
  assert.deepEqual([call.sentimentScore, call.callInfo.skill, call.state], [3, { Name: "gold" }, 6]);
  assert.deepEqual(take()[0][1].sentimentScore, 3);
  page.socket.say(onCall({ ...CONNECTED, SentimentScore: 4, CallInfo: { GroupName: "Sales" } }));
  assert.deepEqual(take().map(([name, { sentimentScore }]) => [name, sentimentScore]), [["onCallEvent", 4]]);
  // Beside the record, they are the handler's last argument; alone, they are no news.
  page.socket.say({ ...onCall({ ...CONNECTED, SentimentScore: 5, CallInfo: { GroupName: "Sales" } }), TraceID: "a-1" });
  assert.deepEqual(take().map(([name, { sentimentScore }, ...more]) => [name, sentimentScore, ...more]), [["onCallEvent", 5, { traceID: "a-1" }]]);
  page.socket.say({ ...onCall({ ...CONNECTED, SentimentScore: 5, CallInfo: { GroupName: "Sales" } }), TraceID: "a-2" });
  assert.deepEqual(take(), []);
});

test("a refused token is said once and tried again, later each time", async () => {
  const { page, take } = desk();
  for (let attempt = 0; attempt < 4; attempt++) {
    page.socket.open();
    page.socket.say({ error: "refused" });
    await page.passes(30e3);
  }
  assert.equal(page.sockets.length, 5);
  assert.deepEqual(take().filter(([name]) => name === "onError"), [["onError", { method: null, reason: "the bridge says: refused" }]]);
});

test("frames before the acceptance and nonsense change nothing", async () => {
  const { page, client, names } = desk();
  page.socket.open();
  page.socket.say(onCall(CALL));
  await page.passes(0);
  assert.equal(client.getCalls().length, 0);
  page.socket.take();
  page.socket.say({ ping: 1 });
  page.socket.take();
  page.socket.say("{", "null", "[]", "x".repeat(70000), { type: "OnCallEvent" }, { type: "Fly" }, { id: 9e9, hresult: 0 }, { type: 7 },
    { type: "__proto__" }, { type: "OnCallEvent", Call: 5 }, { type: "OnCallEvent", Call: [] }, { type: "OnUserStatusUpdate" });
  assert.equal(names().filter((name) => name === "onCallEvent").length, 0);
  assert.equal(page.warnings.filter((text) => text.includes("cannot be read")).length, 1);
});

test("a flood of calls is bounded: by results that lack, and by what the browser has not sent", async () => {
  const { page, client } = await ready({ calls: [CALL] });
  const results = Array.from({ length: 1200 }, () => client.setPrivateData(900, "x"));
  assert.equal(results.filter(Boolean).length, 1000);
  await page.passes(11e3);
  page.socket.bufferedAmount = 2e6;
  assert.equal(client.setPrivateData(900, "x"), false);
  page.socket.bufferedAmount = 0;
  assert.equal(client.setPrivateData(900, "x".repeat(70000)), false);
  assert.equal(client.setPrivateData(900, "x"), true);
});

test("a flood of calls of the bridge's is bounded in the mirror", async () => {
  const { page, client } = await ready();
  for (let ID = 1; ID <= 1500; ID++) page.socket.say(onCall({ ...CONNECTED, ID }));
  assert.equal(client.getCalls().length, 1000);
});

test("a handler that throws stops nothing", async () => {
  const { page, client } = await ready();
  let heard = 0;
  client.onCallEvent = () => { throw new Error("oh"); };
  client.addEventListener("CallEvent", { handleEvent: () => heard++ });
  page.socket.say(onCall(CALL));
  assert.equal(heard, 1);
  assert.match(page.warnings[0], /a handler of AgentClient failed/);
});

test("a lost connection fails what waits, and close ends it", async () => {
  const { page, client, take } = await ready({ calls: [CALL] });
  client.answerCall(900);
  page.socket.cut();
  assert.match(take().find(([name]) => name === "onError")[1].reason, /what became of it is not known/);
  await page.passes(1000);
  client.close();
  await page.passes(100e3);
  assert.equal(page.sockets.length, 2);
  assert.equal(page.listeners.length, 0);
});
