// agent-relay.js, frame by frame, with an object of a fake Agent in the page.

"use strict";

const assert = require("assert/strict");
const { test } = require("node:test");
const { RELAY, Page, settle } = require("./page");

const HELLO = { hello: "agent-relay", version: 1, token: "secret" };
const USER = { RecordID: 40, LoginID: "140", UserName: "Ann", ExtensionNumber: "4040", LoggedOn: 1, ReadyStatus: true, VoiceNotReadyReasonID: 0 };
const CALL = { ID: 900, State: 3, Incoming: true, PhoneNumber: "5551234", IVRLabels: ["tier"], IVRData: ["gold"], CallInfo: { GroupName: "Sales", QueueDuration: 12 } };
const END = { type: "UserInformation", UserInformation: {} };
const AWAY = { disconnected: true };
const UNKNOWN = -2147352570, MISSING = -2147352561, WRONG_TYPE = -2147352571, E_FAIL = -2147467259;

/** The object of an Agent: plain results, names in camelCase. */
function agent(state = {}) {
  const calls = [];
  const object = { state: { user: { ...USER }, calls: [], emails: [], sms: [], openMedia: [], chats: [], ...state }, made: calls, result: true };
  const camel = (record) => Object.fromEntries(Object.entries(record).map(([name, value]) => [
    name.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase()), value && value.constructor === Object ? camel(value) : value]));
  object.getUserInformation = () => camel(object.state.user);
  for (const [name, kind] of [["getCalls", "calls"], ["getEmails", "emails"], ["getSMS", "sms"], ["getOpenMedia", "openMedia"], ["getChats", "chats"]]) {
    object[name] = () => object.state[kind].map(camel);
  }
  for (const name of ["answerCall", "answerActiveCall", "holdActiveCall", "hangupCall", "makeCall", "setReadyStatus", "conferenceActiveCall",
    "enterCQCodes", "setCampaignCallStatus", "transferCall"]) {
    object[name] = (...args) => {
      calls.push([name, ...args]);
      return object.result;
    };
  }
  return object;
}

function tab(object, { dataset = {}, name = "agentClient", ...settings } = {}) {
  const page = new Page({ globals: object ? { [name]: object } : {}, ...settings });
  page.load(RELAY, "https://bridge.example:7420/agent-relay.js", { token: "secret", ...dataset });
  return page;
}

/** Frames without their moments. */
function frames(page) {
  return page.socket.take().map(({ at, ...frame }) => frame);
}

async function accept(page, ping = 1) {
  page.socket.open();
  assert.deepEqual(page.socket.take(), [HELLO]);
  page.socket.say({ ping });
  await page.passes(0);
  const [pong, ...rest] = frames(page);
  assert.deepEqual(pong, { pong: ping });
  return rest;
}

/** A relay whose first picture has been told. */
async function started(object, settings) {
  const page = tab(object, settings);
  await page.passes(0);
  const picture = await accept(page);
  return { page, picture };
}

async function ask(page, call, args, id = 1) {
  page.socket.say({ id, agent: 40, call, args });
  await page.passes(0);
  return frames(page).filter((frame) => frame.id === id)[0];
}

test("after the hello it sends the present state, closed by an empty record", async () => {
  const { page, picture } = await started(agent({ calls: [CALL], chats: [{ ID: 8, State: 3, GroupName: "Web" }] }));
  assert.equal(page.socket.url, "wss://bridge.example:7420/agent");
  assert.deepEqual(picture, [
    { type: "UserInformation", UserInformation: USER },
    { type: "OnCallEvent", Call: CALL },
    { type: "OnChatEvent", Chat: { ID: 8, State: 3, GroupName: "Web" } },
    END,
  ]);
});

test("nothing is sent before the bridge has accepted the hello, and each event has its moment", async () => {
  const object = agent();
  const page = tab(object);
  await page.passes(2000);
  page.socket.open();
  await page.passes(2000);
  assert.deepEqual(page.socket.take(), [HELLO]);
  page.socket.say({ ping: 1 });
  await page.passes(0);
  assert.equal(page.socket.take()[1].at, "2026-11-20T10:00:04.000Z");
});

test("only differences are sent: calls whole, the user's by property", async () => {
  const object = agent({ calls: [CALL] });
  const { page } = await started(object);
  await page.passes(5000);
  assert.deepEqual(frames(page), []);
  object.state.calls = [{ ...CALL, State: 6 }];
  object.state.user.ReadyStatus = false;
  object.state.user.VoiceNotReadyReasonID = 3;
  await page.passes(500);
  assert.deepEqual(frames(page), [
    { type: "UserInformation", UserInformation: { ReadyStatus: false, VoiceNotReadyReasonID: 3 } },
    { type: "OnCallEvent", Call: { ...CALL, State: 6 } },
  ]);
  object.state.calls = [];
  object.state.user.LoggedOn = 0;
  await page.passes(500);
  assert.deepEqual(frames(page), [
    { type: "UserInformation", UserInformation: object.state.user }, { type: "Gone", CallID: 900 }]);
});

test("what is gone has the name of its number space", async () => {
  const object = agent({ emails: [{ ID: 5, State: 102 }], sms: [{ ID: 6, State: 101 }], openMedia: [{ ID: 7, State: 6 }], chats: [{ ID: 8, State: 6 }] });
  const { page } = await started(object);
  Object.assign(object.state, { emails: [], sms: [], openMedia: [], chats: [] });
  await page.passes(500);
  assert.deepEqual(frames(page).map(({ type, ...names }) => names), [{ MessageID: 5 }, { MessageID: 6 }, { SessionID: 7 }, { SessionID: 8 }]);
});

test("a call that has ended is told once and is not gone as well", async () => {
  const object = agent({ calls: [{ ...CALL, State: 6 }] });
  const { page } = await started(object);
  object.state.calls = [{ ...CALL, State: 1 }];
  await page.passes(1500);
  object.state.calls = [];
  await page.passes(1500);
  assert.deepEqual(frames(page), [{ type: "OnCallEvent", Call: { ...CALL, State: 1 } }]);
});

test("a held call that goes where a conference begins was conferenced", async () => {
  const object = agent({ calls: [{ ID: 900, State: 8 }, { ID: 901, State: 6 }] });
  const { page } = await started(object);
  object.state.calls = [{ ID: 901, State: 10 }];
  await page.passes(500);
  assert.deepEqual(frames(page), [
    { type: "Conferenced", HeldCall: 900, ActiveCall: 901, Result: 901 }, { type: "OnCallEvent", Call: { ID: 901, State: 10 } }]);
  object.state.calls = [{ ID: 901, State: 10 }, { ID: 902, State: 8 }];
  await page.passes(10000);
  object.state.calls = [{ ID: 901, State: 10 }];
  await page.passes(500);
  assert.deepEqual(frames(page).pop(), { type: "Gone", CallID: 902 });
});

for (const [what, make] of [
  ["promises", (object) => new Proxy(object, { get: (target, name) => (typeof target[name] === "function" ? async (...args) => target[name](...args) : target[name]) })],
  ["PascalCase", (object) => recase(object, (name) => name[0].toUpperCase() + name.slice(1))],
  ["capitals", (object) => recase(object, (name) => name.toUpperCase())],
  ["the first letter small only", (object) => recase(object, (name) => name[0].toLowerCase() + name.slice(1), true)],
  ["property functions", (object) => ({ ...object, getCalls: () => object.getCalls().map((call) => Object.fromEntries(
    Object.entries(call).map(([name, value]) => [name, () => value]))) })],
  ["collections", (object) => ({ ...object, getCalls: () => ({ count: object.getCalls().length, item: (place) => object.getCalls()[place] }) })],
]) {
  test(`objects in every shape: ${what}`, async () => {
    const { page, picture } = await started(make(agent({ calls: [CALL] })));
    assert.deepEqual(picture, [{ type: "UserInformation", UserInformation: USER }, { type: "OnCallEvent", Call: CALL }, END]);
    assert.deepEqual(await ask(page, "AnswerCall", { CallID: 900 }), { id: 1, hresult: 0, out: { Result: true } });
  });
}

/** The object with other names, and with what it returns likewise; its methods on a prototype. */
function recase(object, rename, properties = false) {
  const named = (value) => (Array.isArray(value) ? value.map(named) : value && value.constructor === Object
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [properties ? pascal(name, rename) : rename(name), named(each)])) : value);
  const prototype = {};
  for (const [name, method] of Object.entries(object).filter(([, each]) => typeof each === "function")) {
    Object.defineProperty(prototype, properties ? name : rename(name), { value: (...args) => named(method(...args)) });
  }
  return Object.create(prototype);
}

function pascal(name, rename) {
  return rename(name === "id" ? "ID" : name.replace(/^ivr/, "IVR"));
}

test("the object is found in the order of the list, also in the page around", async () => {
  const object = agent();
  const page = new Page({ globals: { first: {} } });
  page.load(RELAY, "http://bridge.example/agent-relay.js", { token: "secret", object: "first, nothing.there,host.desk" });
  page.context.window.top = { host: { desk: object } };
  await page.passes(600);
  assert.deepEqual((await accept(page))[0], { type: "UserInformation", UserInformation: USER });
});

test("an Agent that is away is told so, and its state follows when it comes, goes and comes again", async () => {
  const { page, picture } = await started(null);
  assert.deepEqual(picture, [AWAY]);
  assert.deepEqual(await ask(page, "AnswerCall", { CallID: 900 }), { id: 1, hresult: E_FAIL, error: "the Agent is away" });
  page.context.agentClient = agent();
  await page.passes(500);
  assert.deepEqual(frames(page), [{ type: "UserInformation", UserInformation: USER }, END]);
  page.context.agentClient = undefined;
  await page.passes(500);
  assert.deepEqual(frames(page), [AWAY]);
  page.context.agentClient = agent({ calls: [CALL] });
  await page.passes(500);
  assert.deepEqual(frames(page).length, 3);
});

test("an object that answers nothing any more is away; one method that fails is not", async () => {
  const object = agent({ calls: [CALL] });
  const { page } = await started(object);
  const { getCalls } = object;
  object.getCalls = () => { throw new Error("no"); };
  await page.passes(2000);
  assert.deepEqual(frames(page), []);
  const others = { ...object };
  for (const name of Object.keys(object)) if (/^get/.test(name)) object[name] = () => Promise.reject(new Error("gone"));
  await page.passes(3000);
  assert.deepEqual(frames(page), [AWAY]);
  Object.assign(object, others, { getCalls });
  await page.passes(500);
  assert.equal(frames(page).length, 3);
});

test("a promise that never ends does not stop the rest", async () => {
  const object = agent({ calls: [CALL] });
  object.getEmails = () => new Promise(() => {});
  const page = tab(object);
  await page.passes(10e3);
  assert.equal((await accept(page)).length, 3);
});

test("events are heard by each way there is, and it looks less often then", async () => {
  for (const way of ["addEventListener", "attachEvent", "property"]) {
    const object = agent();
    const listeners = {};
    let pages = 0, looks = 0;
    if (way === "property") {
      object.onCallEvent = () => pages++;
      object.OnUserStatusUpdate = null;
    } else {
      object[way] = (name, act) => { listeners[name] = act; };
    }
    const { getCalls } = object;
    object.getCalls = () => { looks++; return getCalls(); };
    const { page } = await started(object);
    const hear = way === "property" ? object.onCallEvent : listeners.onCallEvent;
    object.state.calls = [CALL];
    hear(way === "addEventListener" ? { detail: { id: 900, state: 3 } } : { id: 900, state: 3 });
    await settle();
    assert.deepEqual(frames(page), [{ type: "OnCallEvent", Call: { ID: 900, State: 3 } }], way);
    object.state.calls = [{ ID: 900, State: 3 }];
    looks = 0;
    await page.passes(10e3);
    assert.ok(looks <= 3, `${looks} looks`);
    assert.equal(pages, way === "property" ? 1 : 0);
    object.state.calls = [{ ID: 900, State: 6 }];
    await page.passes(5e3);
    looks = 0;
    await page.passes(5e3);
    assert.ok(looks >= 9, `${looks} looks after an event that did not come`);
  }
});

test("events without a record make it look at once; others are passed on", async () => {
  const object = agent();
  const listeners = {};
  object.addEventListener = (name, act) => { listeners[name] = act; };
  const { page } = await started(object);
  object.state.calls = [CALL];
  listeners.onCallEvent();
  await settle();
  assert.deepEqual(frames(page), [{ type: "OnCallEvent", Call: CALL }]);
  listeners.onDispatchVoiceCallEvent({ id: 910, number: "5551234" }, 2);
  listeners.onRegistrationStatus(false);
  listeners.onUserStatusUpdate({ readyStatus: false, voiceNotReadyReasonID: 3 });
  await settle();
  assert.deepEqual(frames(page), [
    { type: "OnDispatchVoiceCallEvent", UpdateType: 2, DispatchVoiceCall: { ID: 910, Number: "5551234" } },
    { type: "OnRegistrationStatus", Registered: false },
    { type: "OnUserStatusUpdate", UserInformation: { ReadyStatus: false, VoiceNotReadyReasonID: 3 } },
  ].sort((one, other) => (one.Registered === undefined) - (other.Registered === undefined)));
  listeners.onApplicationClosed();
  await settle();
  assert.deepEqual(frames(page).slice(0, 2), [{ type: "OnApplicationClosed" }, AWAY]);
});

test("a look that began before an event does not undo it", async () => {
  const object = agent({ calls: [CALL] });
  const listeners = {};
  object.addEventListener = (name, act) => { listeners[name] = act; };
  const { page } = await started(object);
  const waiting = [];
  object.getCalls = () => new Promise((resolve) => waiting.push(resolve));
  await page.passes(500);
  listeners.onCallEvent({ ...CALL, State: 6 });
  await settle();
  waiting.shift()([CALL]);
  await settle();
  object.getCalls = () => [{ ...CALL, State: 6 }];
  await page.passes(500);
  assert.deepEqual(frames(page), [{ type: "OnCallEvent", Call: { ...CALL, State: 6 } }]);
});

test("calls of the bridge: the arguments in the guide's order, the result by its name", async () => {
  const object = agent({ calls: [CALL] });
  object.getNotReadyReasons = () => [{ id: 3, name: "lunch" }];
  const { page } = await started(object);
  await ask(page, "makecall", { useNumberTranslation: true, number: "5559999" });
  await ask(page, "SetReadyStatus", { Status: false, ReasonID: 3 });
  await ask(page, "EnterCQCodes", { CallID: 900, MediaType: 2, Codes: [{ Code: "7" }] });
  await ask(page, "SetCampaignCallStatus", { CallID: 900, Status: 8, ScheduleCallback: true, CallbackTime: "2026-11-21T10:00:00Z" });
  assert.deepEqual(JSON.parse(JSON.stringify(object.made)), [["makeCall", "5559999", null, true], ["setReadyStatus", false, 3],
    ["enterCQCodes", 900, 2, [{ Code: "7", code: "7" }]], ["setCampaignCallStatus", 900, 8, true, "2026-11-21T10:00:00.000Z"]]);
  assert.deepEqual((await ask(page, "GetCalls")).out, { Calls: [CALL] });
  assert.deepEqual((await ask(page, "GetUserInfo")).out, { UserInformation: USER });
  assert.deepEqual((await ask(page, "GetNotReadyReasons")).out, { NotReadyReasons: [{ ID: 3, Name: "lunch" }] });
  object.result = Promise.resolve(false);
  assert.deepEqual((await ask(page, "AnswerCall", { CallID: 900 })).out, { Result: false });
});

test("calls that do not fit have COM's numbers", async () => {
  const object = agent();
  const { page } = await started(object);
  const numbers = [];
  for (const [call, args] of [["Fly"], ["Initialize"], ["LaunchBSA"], ["LogOn", { Station: "4040" }], ["SubscribeRealTimeInformation"],
    ["AnswerCall"], ["AnswerCall", { CallID: "9" }], ["AnswerCall", { CallID: 9, Speed: 1 }], ["MakeCall", { Number: 5 }], ["SelectTab", { tabIndex: 1 }]]) {
    numbers.push((await ask(page, call, args)).hresult);
  }
  assert.deepEqual(numbers, [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, MISSING, WRONG_TYPE, UNKNOWN, WRONG_TYPE, E_FAIL]);
  assert.deepEqual(object.made, []);
  object.answerCall = () => { throw new Error("COM is out of order"); };
  assert.deepEqual(await ask(page, "AnswerCall", { CallID: 9 }), { id: 1, hresult: E_FAIL, error: "COM is out of order" });
});

test("a method of the active call is only called for the call that the bridge means", async () => {
  const object = agent({ calls: [{ ID: 900, State: 6 }, { ID: 901, State: 8 }] });
  const { page } = await started(object);
  assert.deepEqual(await ask(page, "HoldActiveCall", { CallID: 901 }),
    { id: 1, hresult: 0, out: { Result: false }, error: "call 901 is not the active call" });
  assert.deepEqual((await ask(page, "HoldActiveCall", { CallID: 900 })).out, { Result: true });
  assert.deepEqual((await ask(page, "ConferenceActiveCall", { HeldCallID: 900, ActiveCallID: 901 })).out, { Result: false });
  assert.deepEqual((await ask(page, "ConferenceActiveCall", { HeldCallID: 901, ActiveCallID: 900 })).out, { Result: true });
  assert.deepEqual((await ask(page, "TransferCall", { CallID: 901, ActiveCallID: 900 })).out, { Result: true });
  assert.deepEqual((await ask(page, "TransferCall", { CallID: 901, ActiveCallID: 902 })).out, { Result: false });
  assert.deepEqual(object.made, [["holdActiveCall"], ["conferenceActiveCall"], ["transferCall", 901]]);
});

test("the effect of a call is seen at once", async () => {
  const object = agent({ calls: [CALL] });
  object.answerCall = () => { object.state.calls = [{ ...CALL, State: 6 }]; return true; };
  const { page } = await started(object);
  page.socket.say({ id: 1, call: "AnswerCall", args: { CallID: 900 } });
  await settle();
  assert.deepEqual(frames(page), [{ id: 1, hresult: 0, out: { Result: true } }, { type: "OnCallEvent", Call: { ...CALL, State: 6 } }]);
});

test("while the bridge is away events wait; then come whose desktop it is, the losses, what waited, the present state", async () => {
  const object = agent({ calls: [CALL] });
  const { page } = await started(object);
  object.state.calls = [{ ...CALL, State: 6 }];
  await page.passes(500);
  assert.equal(frames(page).length, 1);
  page.socket.cut();
  object.state.calls = [];
  await page.passes(500);
  await page.passes(500);
  assert.deepEqual(await accept(page, 7), [
    { type: "UserInformation", UserInformation: { RecordID: 40, LoginID: "140" } },
    { lost: 0, unsure: 1 }, { type: "Gone", CallID: 900 }, { type: "UserInformation", UserInformation: USER }, END]);
  page.socket.cut();                                // before another ping: the losses may not have arrived
  await page.passes(1000);
  assert.deepEqual((await accept(page))[0], { lost: 0, unsure: 2 });
  page.socket.say({ ping: 2 });
  page.socket.cut();
  await page.passes(1000);
  assert.deepEqual((await accept(page))[0], { type: "UserInformation", UserInformation: USER });
});

test("the backlog has 10 000 places; the oldest are lost and counted, and it is sent as there is room", async () => {
  const object = agent();
  const listeners = {};
  object.addEventListener = (name, act) => { listeners[name] = act; };
  const { page } = await started(object);
  page.socket.cut();
  for (let id = 1; id <= 10003; id++) listeners.onDispatchVoiceCallEvent({ id }, 0);
  await settle();
  await page.passes(1000);
  page.socket.open();
  page.socket.take();
  page.socket.onsent = () => { page.socket.bufferedAmount += 1000; };
  page.socket.say({ ping: 1 });
  await page.passes(0);
  const [, user, losses, first, ...rest] = frames(page);
  assert.deepEqual(user, { type: "UserInformation", UserInformation: { RecordID: 40, LoginID: "140" } });
  assert.deepEqual([losses, first.DispatchVoiceCall.ID], [{ lost: 3, unsure: 0 }, 4]);
  assert.ok(rest.length < 2000);
  for (let turn = 0; turn < 20; turn++) {
    page.socket.bufferedAmount = 0;
    await page.passes(50);
    rest.push(...frames(page));
  }
  assert.equal(rest.length, 10001);
  assert.deepEqual(rest.slice(-3).map(({ type }) => type), ["OnDispatchVoiceCallEvent", "UserInformation", "UserInformation"]);
});

test("a relay that was replaced waits 30 s, whatever the page does", async () => {
  const { page } = await started(agent());
  page.socket.say({ error: "replaced by a newer connection" });
  page.happens("online");
  page.happens("visibilitychange");
  await page.passes(29e3);
  assert.equal(page.sockets.length, 1);
  await page.passes(1e3);
  assert.equal(page.sockets.length, 2);
});

test("the bridge's silence, sleep and a hidden page end a connection, and the state is sent anew", async () => {
  const object = agent({ calls: [CALL] });
  const { page } = await started(object);
  await page.sleeps(3600e3);
  await page.passes(4e3);
  assert.equal(page.sockets.length, 2);
  assert.equal((await accept(page)).length, 3);
  page.happens("pagehide");
  page.happens("pageshow");
  assert.equal(page.sockets.length, 3);
});

test("a record that is too long for a frame is cut, and one that still is is lost", async () => {
  const object = agent({ emails: [{ ID: 5, State: 102, BodyText: "ä".repeat(70000) }] });
  const { page, picture } = await started(object);
  assert.equal(picture[1].Email.BodyText.length, 1000);
  object.state.calls = [{ ...CALL, IVRData: Array.from({ length: 20000 }, () => "x") }];
  await page.passes(500);
  page.socket.say({ ping: 2 });
  assert.deepEqual(frames(page), [{ pong: 2 }, { lost: 1, unsure: 0 }]);
});

test("floods and nonsense: of the object, of the bridge", async () => {
  const object = agent({ calls: Array.from({ length: 3000 }, (none, place) => ({ ID: place + 1, State: 6 })) });
  object.answerCall = () => new Promise(() => {});
  const { page, picture } = await started(object);
  assert.equal(picture.length, 1002);
  object.state.calls = [];
  await page.passes(500);
  assert.equal(frames(page).length, 1000);
  page.socket.say("{", "[]", "7", { call: 5 }, { id: 1 }, {}, { call: "AnswerCall", args: 5, id: 1 });
  for (let id = 1; id <= 150; id++) page.socket.say({ id, call: "AnswerCall", args: { CallID: 900 } });
  await settle();
  const answers = frames(page);
  assert.equal(answers.filter(({ error }) => error === "too many calls at once").length, 51);
  await page.passes(10e3);
  assert.equal(frames(page).filter(({ error }) => error === "AnswerCall has not answered").length, 99);
  object.state.calls = [{ ID: "x" }, null, 5, { state: 6 }, CALL];
  await page.passes(500);
});

test("a stopped relay is silent", async () => {
  const { page } = await started(agent());
  page.context.agentRelay.stop();
  await page.passes(100e3);
  assert.equal(page.sockets.length, 1);
  assert.equal(page.timers.length, 0);
});
