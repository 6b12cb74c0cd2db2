// A page in a web tab of a fake Agent application: `agentClient` is its scripting object, `desk` makes things happen and knows
// what was asked of the object. What the agent has in hand outlives the page, as in the Agent.

"use strict";

function agent(shape) {
  const begin = { user: { recordID: 40, loginID: "140", userName: "Ann", extensionNumber: "4040", loggedOn: 1, readyStatus: true,
    voiceNotReadyReasonID: 0 }, calls: [], emails: [], sms: [], openMedia: [], chats: [] };
  const state = JSON.parse(sessionStorage.getItem("agent")) || begin;
  const keep = () => sessionStorage.setItem("agent", JSON.stringify(state));
  const listeners = [], asked = [];
  const find = (id) => state.calls.find((call) => call.id === id);
  const change = (call, changes) => {
    const { state: now } = Object.assign(call, changes);
    Object.assign(call, { canAnswer: now === 3, canHangup: now !== 1, canHold: now === 6, canRetrieve: now === 8, canDeflect: now === 3 });
    if (now === 1) state.calls = state.calls.filter((each) => each !== call);
    keep();
    tell("onCallEvent", call);
  };
  const tell = (name, record) => listeners.forEach((each) => each.name === name && each.act(present(record)));
  const only = (wanted) => state.calls.find((call) => call.state === wanted);
  const methods = {
    getUserInformation: () => state.user, getCalls: () => state.calls, getEmails: () => state.emails, getSMS: () => state.sms,
    getOpenMedia: () => state.openMedia, getChats: () => state.chats, isRegistered: () => true,
    getNotReadyReasons: () => [{ id: 3, name: "lunch" }],
    answerCall: (id) => { change(find(id), { state: 6 }); return true; },
    hangupCall: (id) => { change(find(id), { state: 1 }); return true; },
    retrieveCall: (id) => { change(find(id), { state: 6 }); return true; },
    holdActiveCall: () => { change(only(6), { state: 8 }); return true; },
    setReadyStatus: (status, id) => {
      Object.assign(state.user, { readyStatus: status, voiceNotReadyReasonID: status ? 0 : id });
      keep();
      tell("onUserStatusUpdate", state.user);
      return true;
    },
  };
  const upper = (name) => (name === "id" ? "ID" : name[0].toUpperCase() + name.slice(1));
  const present = (value) => {
    const named = JSON.parse(JSON.stringify(value));
    const pascal = (each) => (each && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).map(([name, inner]) => [upper(name), pascal(inner)]))
      : Array.isArray(each) ? each.map(pascal) : each);
    return shape === "PascalCase" ? pascal(named) : named;
  };
  const object = {};
  for (const [name, method] of Object.entries(methods)) {
    const called = (...args) => {
      if (!name.startsWith("get") && name !== "isRegistered") asked.push([name, ...args]);
      return present(method(...args));
    };
    object[shape === "PascalCase" ? upper(name) : name] = shape === "promises" ? async (...args) => called(...args) : called;
  }
  if (shape === "events") object.addEventListener = (name, act) => listeners.push({ name, act });
  window.agentClient = object;
  window.desk = {
    ring: (id, number) => {
      const call = { id, incoming: true, phoneNumber: number, callInfo: { groupName: "Sales", queueDuration: 12 } };
      state.calls.push(call);
      change(call, { state: 3 });
    },
    asked,
    end: (id) => change(find(id), { state: 1 }),
    session: (kind, record) => {
      state[kind] = state[kind].filter((each) => each.id !== record.id).concat(record);
      keep();
    },
    over: (kind, id) => {
      state[kind] = state[kind].filter((each) => each.id !== id);
      keep();
    },
  };
}

const FAKE_AGENT = (shape, relay = "/agent-relay.js") => `<!doctype html><title>A tab</title>
<link rel="icon" href="data:,">
<script>(${agent})(${JSON.stringify(shape)});</script>
<script src="${relay}" data-interval="100"></script>
`;

module.exports = { FAKE_AGENT };
