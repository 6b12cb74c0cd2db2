/*
 * The agent desk of `cti-bridge demo desktop`, and an example of a page on agent-client.js: it uses nothing but AgentClient's
 * methods and events. It shows what getCalls and its kin answer, anew after each event; nothing is kept here but what is
 * typed, and since when a state lasts.
 */
(function () {
  "use strict";

  const agent = window.agentClient;
  const STATE = window.AgentClient.SessionState;
  const $ = (id) => document.getElementById(id);

  // How a state is called and coloured.
  const STATES = {
    [STATE.offered]: ["Ringing", "go"], [STATE.mailOffered]: ["New", "go"], [STATE.dialing]: ["Dialing", "wait"],
    [STATE.calling]: ["Calling", "wait"], [STATE.connected]: ["Connected", "main"], [STATE.mailHandling]: ["Open", "main"],
    [STATE.conference]: ["Conference", "main"], [STATE.held]: ["On hold", "wait"],
    [STATE.onHold]: ["Held by the other side", "wait"], [STATE.clerical]: ["After call", "calm"], [STATE.clearing]: ["Ending", "calm"], [STATE.failed]: ["Not reached", "stop"],
  };
  const MEDIA = { call: 2, chat: 1, email: 3, sms: 4, media: 5 };
  const NOTE_LASTS = 7000;

  const since = new Map();                         // key of a call or of the readiness: { state, at }
  const waiting = new Map();                       // calls in the queue, by kind and id
  const chosen = new Map();                        // CQ code of a call
  let opened = null;                               // { key, form }: the form that is open in a card
  let consult = "";                                // a number to call as soon as the active call is held

  // ── Elements ────────────────────────────────────────────────────────────────────────────────────────────────────────

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", "#" + name);
    svg.append(use);
    return svg;
  }

  /** A button of a card. `name` finds it again when the card is drawn anew. */
  function button(name, image, text, tone, act, more) {
    return make("button", { class: "button", type: "button", "data-name": name, "data-tone": tone, click: act, ...more }, icon(image), text);
  }

  // ── Calls and sessions ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything that the agent has in hand, in one shape. */
  function items() {
    const of = (kind, image, list, describe) =>
      list.map((record) => ({ kind, image, record, key: kind + record.id, ...describe(record) }));
    const group = (info) => (info ? info.groupName : "");
    return [
      ...of("call", "phone", agent.getCalls(), (call) => ({
        title: call.callerName || call.phoneNumber || "Unknown number",
        about: [call.callerName && call.phoneNumber, group(call.callInfo), call.isCampaignCall && "Campaign"],
        data: call.ivrLabels.map((label, place) => [label, call.ivrData[place] || ""]),
      })),
      ...of("chat", "chat", agent.getChats(), (chat) => ({ title: chat.customerName || "Chat", about: ["Chat", chat.groupName] })),
      ...of("media", "case", agent.getOpenMedia(), (media) => ({
        title: "Case " + media.id, about: ["Open media", group(media.callInfo)] })),
      ...of("email", "mail", agent.getEmails(), (email) => ({
        title: email.subject || email.senderEmailAddress || "E-mail",
        about: ["E-mail", email.subject && email.senderEmailAddress, email.groupName] })),
      ...of("sms", "mail", agent.getSMS(), (sms) => ({
        title: sms.senderNumber || "Text message", about: ["Text message", sms.groupName] })),
    ].sort((one, other) => rank(one) - rank(other));
  }

  /** What rings comes first, then what is active. */
  function rank({ record: { state } }) {
    if (state === STATE.offered || state === STATE.mailOffered) return 0;
    return state === STATE.clerical || state === STATE.clearing ? 3 : state === STATE.held ? 2 : 1;
  }

  function card(item) {
    const { record, key, kind } = item;
    const [label, tone] = STATES[record.state] || [record.stateDescription || "Busy", "calm"];
    const rings = record.state === STATE.offered || record.state === STATE.mailOffered;
    const data = (item.data || []).filter(([, value]) => value);
    const labelled = { "data-key": key, "data-tone": tone, "aria-labelledby": key + "-title" };
    return make("article", { class: rings ? "card rings" : "card", ...labelled },
      make("div", { class: "top" },
        make("span", { class: "portrait", "aria-hidden": "true" }, initials(item)),
        make("h3", { id: key + "-title" }, item.title),
        make("p", { class: "about" }, ...item.about.filter(Boolean).map((text) => make("span", {}, text))),
        make("span", { class: "badge" }, label),
        make("span", { class: "timer", "data-since": lasts(key, record.state, record) })),
      data.length === 0 ? null : make("dl", { class: "data" },
        ...data.map(([name, value]) => make("div", {}, make("dt", {}, name || "Data"), make("dd", {}, value)))),
      record.state === STATE.clerical ? codes(item) : null,
      make("div", { class: "actions" }, ...(kind === "call" ? callActions(item) : sessionActions(item))),
      opened && opened.key === key ? forms[opened.form](item) : null);
  }

  function initials({ title, image }) {
    const letters = (title.match(/\p{L}+/gu) || []).map((word) => word[0]);
    if (letters.length === 0 || image !== "phone") return icon(image);
    return (letters[0] + (letters.length > 1 ? letters[letters.length - 1] : "")).toUpperCase();
  }

  function callActions({ record: call, key }) {
    const actions = [];
    const talks = call.state === STATE.connected || call.state === STATE.conference;
    const add = (...given) => actions.push(button(...given));
    const keys = (letter) => ({ "aria-keyshortcuts": "Alt+" + letter });
    const second = call.canRetrieve && agent.canTransfer();
    if (call.canAnswer) add("answer", "phone", "Answer", "go", () => agent.answerCall(call.id), keys("A"));
    if (call.canReject && call.callInfo) add("reject", "back", "Reject", "", () => agent.rejectServiceCall(call.id));
    if (call.canHold) add("hold", "hold", "Hold", "", () => agent.holdActiveCall(), keys("H"));
    if (call.canRetrieve) add("retrieve", "play", "Retrieve", second ? "" : "main", () => agent.retrieveCall(call.id), keys("H"));
    if (second) add("connect", "transfer", "Connect the two", "main", () => agent.transferCall(call.id));
    if (call.canRetrieve && agent.canConference()) add("conference", "people", "Talk together", "", () => agent.conferenceActiveCall());
    if (call.canDeflect) actions.push(opener(key, "transfer", "transfer", talks ? "Transfer" : "Forward"));
    if (talks) actions.push(opener(key, "keys", "keys", "Keypad"));
    if (call.canHangup && call.state !== STATE.offered) {
      add("hang-up", "hang-up", "Hang up", "stop", () => agent.hangupCall(call.id), keys("E"));
    }
    return actions.concat(clericalActions(call));
  }

  function sessionActions({ record: session }) {
    if (session.state === STATE.offered) {
      return [button("answer", "check", "Accept", "go", () => agent.answerCall(session.id)),
        button("reject", "back", "Reject", "", () => agent.rejectServiceCall(session.id))];
    }
    if (session.state === STATE.connected) return [button("hang-up", "check", "End", "stop", () => agent.hangupCall(session.id))];
    return clericalActions(session);
  }

  function clericalActions(record) {
    if (record.state !== STATE.clerical) return [];
    return [button("done", "check", "Done", "main", () => agent.cancelClerical(record.id)),
      button("extend", "clock", "More time", "", () => agent.extendClerical(record.id))];
  }

  /** The codes for what a call was about. */
  function codes({ record, kind, key }) {
    const list = agent.getCQCodes(record.serviceGroupID);
    if (list.length === 0) return null;
    const choose = (code) => {
      if (agent.enterCQCodes(record.id, MEDIA[kind], [code])) chosen.set(key, code.code);
      draw();
    };
    return make("div", { class: "more", role: "group", "aria-labelledby": key + "-codes" },
      make("span", { id: key + "-codes" }, "What was it about?"),
      make("div", { class: "chips" }, ...list.map((code) => make("button", { type: "button", "data-name": "code" + code.code,
        "aria-pressed": String(chosen.get(key) === code.code), click: () => choose(code) }, code.name || code.code))));
  }

  /** A button that opens and closes a form in the card. */
  function opener(key, form, image, text) {
    const isOpen = opened !== null && opened.key === key && opened.form === form;
    return button(form, image, text, "", () => {
      opened = isOpen ? null : { key, form };
      drawNow();
      const field = document.querySelector(`[data-key="${key}"] .more input, [data-key="${key}"] .pad button`);
      if (field) field.focus();
    }, { "aria-expanded": String(isOpen) });
  }

  const forms = {
    transfer({ record: call, key }) {
      const talks = call.state === STATE.connected;
      const go = (act) => (event) => {
        event.preventDefault();
        const number = $(key + "-to").value.trim();
        if (number === "") return $(key + "-to").focus();
        opened = null;
        act(number);
        return drawNow();
      };
      const now = go((number) => agent.deflectCall(call.id, number));
      const first = go((number) => { if (agent.holdActiveCall()) consult = number; });
      return make("form", { class: "more", submit: now },
        make("label", { for: key + "-to" }, talks ? "Transfer the call to" : "Forward the call to"),
        make("input", { id: key + "-to", type: "tel", inputmode: "tel", autocomplete: "off", placeholder: "Number" }),
        make("div", { class: "actions" }, button("now", "transfer", talks ? "Transfer now" : "Forward", "main", now),
          talks ? button("ask", "phone", "Ask first", "", first) : null));
    },
    keys() {
      const keys = [..."123456789*0#"].map((key) => make("button", { class: "button", type: "button", "data-name": "key" + key,
        click: () => agent.enterDtmfActiveCall(key) }, key));
      return make("div", { class: "more" }, make("div", { class: "pad", role: "group", "aria-label": "Keypad" }, ...keys));
    },
  };

  // ── Drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  let due = 0;
  let pause = 0;                                   // a flood of events must not keep the page busy

  /** Draws once for all events of a moment. */
  function draw() {
    if (due === 0) due = setTimeout(drawNow, pause);
  }

  function drawNow() {
    clearTimeout(due);
    due = 0;
    const begin = performance.now();
    drawFrame();
    drawCalls();
    drawState();
    drawQueue();
    tick();
    pause = 4 * (performance.now() - begin);
  }

  function drawFrame() {
    const user = agent.getUserInformation();
    const station = user.extensionNumber && ` · ${user.extensionNumber}`;
    $("who").replaceChildren(...(user.loggedOn ? [make("b", {}, user.userName || user.loginID), station || ""] : []));
    const working = begun && user.loggedOn === 1;
    $("desk").dataset.view = working ? "working" : "welcome";
    $("log-on").hidden = !begun;
    if (!begun || working) return;
    $("welcome-title").textContent = `Welcome${user.userName ? ", " + user.userName : ""}`;
    $("welcome-text").textContent = "Log on to take calls.";
  }

  function drawCalls() {
    const all = items();
    const keys = all.map(({ key }) => key);
    if (opened && !keys.includes(opened.key)) opened = null;
    for (const key of [...since.keys()]) if (key !== "ready" && !keys.includes(key)) since.delete(key);
    const focus = focused();
    const box = $("calls");
    const typed = [...box.querySelectorAll("input")].map(({ id, value }) => [id, value]);
    box.replaceChildren(...all.map(card));
    for (const [id, value] of typed) if ($(id)) $(id).value = value;
    refocus(focus);
    $("no-calls").hidden = all.length > 0;
    const ringing = all.find(({ record }) => record.state === STATE.offered);
    document.title = (ringing ? `☎ ${ringing.title} – ` : "") + "Agent desk";
  }

  /** Where the keyboard is: cards are drawn anew, and it must not get lost. */
  function focused() {
    const { activeElement } = document;
    const owner = activeElement && activeElement.closest("[data-key]");
    return owner && { key: owner.dataset.key, name: activeElement.dataset.name, id: activeElement.id };
  }

  function refocus(focus) {
    if (!focus) return;
    const owner = document.querySelector(`[data-key="${focus.key}"]`);
    const same = owner && (focus.id ? $(focus.id) : owner.querySelector(`[data-name="${focus.name}"]`));
    const next = same || (owner && owner.querySelector("button")) || $("calls-title");
    next.focus();
  }

  function drawState() {
    const user = agent.getUserInformation();
    const reasons = agent.getNotReadyReasons();
    $("ready").setAttribute("aria-checked", String(user.readyStatus));
    $("not-ready").setAttribute("aria-checked", String(!user.readyStatus));
    $("ready").tabIndex = user.readyStatus ? 0 : -1;
    $("not-ready").tabIndex = user.readyStatus ? -1 : 0;
    $("reasons").hidden = user.readyStatus || reasons.length === 0;
    const had = document.activeElement && document.activeElement.dataset.reason;
    $("reason-list").replaceChildren(...reasons.map(({ id, name }) => make("button", { type: "button", "data-reason": id,
      "aria-pressed": String(id === user.voiceNotReadyReasonID), click: () => agent.setReadyStatus(false, id) }, name)));
    const again = had && $("reason-list").querySelector(`[data-reason="${had}"]`);
    if (again) again.focus();
    const reason = user.voiceNotReadyReasonString;
    $("state-text").textContent = user.readyStatus ? "Ready" : reason ? `Not ready: ${reason}` : "Not ready";
    $("state-time").dataset.since = lasts("ready", user.readyStatus + reason, {});
    $("quiet-title").textContent = user.readyStatus ? "Waiting for the next call" : "You get no calls now";
    $("quiet-text").textContent = user.readyStatus ? "It appears here as soon as it rings." : "Set yourself ready to get calls.";
  }

  function drawQueue() {
    const calls = [...waiting.values()].sort((one, other) => one.at - other.at);
    $("waiting").replaceChildren(...calls.map(({ title, about, at }) => make("li", {},
      make("span", {}, title, about ? make("small", {}, about) : ""), make("span", { class: "timer", "data-since": at }))));
    $("waiting-count").textContent = calls.length;
    $("nobody-waits").hidden = calls.length > 0;
  }

  /** Since when a state lasts: by the record where it says so, else since it was first seen. */
  function lasts(key, state, { connectedTime, startTime }) {
    const known = since.get(key);
    if (known && known.state === state) return known.at;
    const told = !known && (state === STATE.connected ? connectedTime : state === STATE.offered ? startTime : null);
    const at = told ? Math.min(told.getTime(), Date.now()) : Date.now();
    since.set(key, { state, at });
    return at;
  }

  function tick() {
    for (const timer of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor((Date.now() - Number(timer.dataset.since)) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(seconds / 3600);
      const text = `${hours ? hours + ":" : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
      if (timer.textContent !== text) timer.textContent = text;
    }
  }

  /** A line that goes away by itself. Screen readers say it. */
  function note(text) {
    const line = make("div", { class: "note" }, text);
    $("notes").append(line);
    while ($("notes").children.length > 3) $("notes").firstChild.remove();
    setTimeout(() => line.remove(), NOTE_LASTS);
  }

  // ── What happens ────────────────────────────────────────────────────────────────────────────────────────────────────

  let begun = false;                               // the first picture is there

  agent.onConnectionStatus = (connected, reason) => {
    $("link").textContent = connected ? "Connected" : "Reconnecting…";
    $("link").dataset.tone = connected ? "go" : "stop";
    $("link").title = reason;
    if (connected) waiting.clear();
    listenToQueue();
    draw();
  };
  agent.onUserStatusUpdate = draw;
  agent.onUserLogin = listenToQueue;
  agent.onListUpdate = draw;
  agent.onChatEvent = agent.onOpenMediaEvent = agent.onEmailEvent = agent.onSMSEvent = draw;

  agent.onCallEvent = (call) => {
    const who = call.callerName || call.phoneNumber || "an unknown number";
    if (call.state === STATE.offered && (since.get("call" + call.id) || {}).state !== STATE.offered) {
      $("news").textContent = `Incoming call from ${who}${call.callInfo ? ", " + call.callInfo.groupName : ""}`;
    }
    if (call.state === STATE.held && consult) {
      const number = consult;
      consult = "";
      agent.makeCall(number);
    }
    if (call.state === STATE.failed) note(`${who} was not reached.`);
    if (call.state === STATE.idle) chosen.delete("call" + call.id);
    draw();
  };

  const METHOD_NAMES = {
    answerCall: "Answering", hangupCall: "Hanging up", holdActiveCall: "Holding", retrieveCall: "Retrieving", makeCall: "Calling",
    transferCall: "Connecting the two", conferenceActiveCall: "Talking together", deflectCall: "Transferring",
    setReadyStatus: "Changing your state", logOn: "Logging on", logOff: "Logging off", enterCQCodes: "Noting what it was about",
    cancelClerical: "Ending the work after the call", extendClerical: "Extending the work after the call",
    rejectServiceCall: "Giving the call back", enterDtmfActiveCall: "Sending the digit",
  };
  const QUIET = ["subscribeDispatchVoiceCalls", "enableDispatchEvents"];   // a platform may have no such list

  agent.onError = ({ method, reason }) => {
    if (method === "holdActiveCall") consult = "";
    if (method === null && !begun) {
      const hint = "This page needs its token: open the address that the program printed.";
      $("welcome-text").textContent = /no token/.test(reason) ? hint : `It does not let us in yet: ${reason}.`;
    } else if (method !== null && !QUIET.includes(method)) {
      note(`${METHOD_NAMES[method] || method} did not work: ${reason}.`);
    }
  };

  let subscribing = 0;

  /** Once for a connection and a log-on, which may be told together. */
  function listenToQueue() {
    clearTimeout(subscribing);
    subscribing = setTimeout(() => {
      if (!agent.connected || !agent.getUserInformation().loggedOn) return;
      agent.subscribeDispatchVoiceCalls(0, true);
      agent.enableDispatchEvents(true);
    }, 50);
  }

  agent.onDispatchVoiceCallEvent = (call, update) => {
    const at = call.queueStartTime ? Math.min(call.queueStartTime.getTime(), Date.now()) : Date.now();
    const known = waiting.get(call.id);
    if (update === 2) waiting.delete(call.id);
    else waiting.set(call.id, { title: call.number || "Unknown number", about: call.calledNumber, at: known ? known.at : at });
    draw();
  };

  // ── What is done ────────────────────────────────────────────────────────────────────────────────────────────────────

  $("ready").onclick = () => agent.setReadyStatus(true);
  $("not-ready").onclick = () => agent.setReadyStatus(false);
  $("log-off").onclick = () => agent.logOff();
  $("log-on").onsubmit = (event) => {
    event.preventDefault();
    agent.logOn($("station").value.trim() || undefined);
  };
  $("dial").onsubmit = (event) => {
    event.preventDefault();
    const number = $("number").value.trim();
    if (number === "") $("number").focus();
    else if (agent.makeCall(number)) $("number").value = "";
  };

  /** Arrow keys move within the two states, as in any group of radio buttons. */
  document.querySelector(".switch").onkeydown = (event) => {
    if (!/^Arrow/.test(event.key)) return;
    event.preventDefault();
    const other = document.activeElement === $("ready") ? $("not-ready") : $("ready");
    other.focus();
    other.click();
  };

  const press = (...names) => {
    const found = names.map((name) => document.querySelector(`#calls [data-name="${name}"]`)).find(Boolean);
    if (found) found.click();
  };
  const KEYS = {
    KeyA: () => press("answer"), KeyH: () => press("hold", "retrieve"), KeyE: () => press("hang-up"),
    KeyR: () => $("ready").click(), KeyN: () => $("not-ready").click(),
  };
  document.addEventListener("keydown", (event) => {
    const act = event.altKey && !event.ctrlKey && !event.metaKey && KEYS[event.code];
    if (!act || $("desk").dataset.view !== "working") return;
    event.preventDefault();
    act();
  });

  setInterval(tick, 1000);
  agent.ready.then(() => {
    begun = true;
    agent.onConnectionStatus(agent.connected, "");   // which may have been told before this script ran
  }, () => {});
})();
