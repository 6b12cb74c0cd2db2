// A page without a browser: a script runs in a context of its own, with a clock that only the test moves and WebSockets whose
// other end is the test.

"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const ROOT = path.resolve(__dirname, "..", "..", "..");
const CLIENT = path.join(ROOT, "adapters", "agent-client", "agent-client.js");
const RELAY = path.join(ROOT, "relays", "agent", "agent-relay.js");

const BEGIN = Date.parse("2026-11-20T10:00:00Z");

class Socket {
  constructor(page, url, protocol) {
    Object.assign(this, { page, url, protocol, readyState: 0, bufferedAmount: 0, sent: [] });
    page.sockets.push(this);
  }

  send(text) {
    if (this.readyState !== 1) throw new Error("not open");
    this.sent.push(JSON.parse(text));
    this.onsent?.(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  // The bridge:

  open() {
    this.readyState = 1;
    this.onopen({});
  }

  say(...frames) {
    for (const frame of frames) this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  /** The connection breaks. */
  cut() {
    this.readyState = 3;
    this.onclose?.({ code: 1006 });
  }

  /** The frames since the last time. */
  take() {
    return this.sent.splice(0);
  }
}

class Page {
  constructor({ hash = "", storage = new Map(), globals = {} } = {}) {
    this.now = BEGIN;
    this.timers = [];
    this.sockets = [];
    this.warnings = [];
    this.listeners = [];
    this.address = hash;
    this.storage = storage;
    const target = {
      addEventListener: (name, act) => this.listeners.push({ name, act }),
      removeEventListener: (name, act) => {
        this.listeners = this.listeners.filter((each) => each.name !== name || each.act !== act);
      },
    };
    const set = (act, wait = 0, every = 0) => {
      const timer = { act, at: this.now + wait, every, id: ++this.lastTimer };
      this.timers.push(timer);
      return timer.id;
    };
    const clear = (id) => { this.timers = this.timers.filter((each) => each.id !== id); };
    this.lastTimer = 0;
    const page = this;
    this.context = vm.createContext({
      setTimeout: (act, wait) => set(act, wait),
      clearTimeout: clear,
      setInterval: (act, wait) => set(act, wait, wait),
      clearInterval: clear,
      WebSocket: class extends Socket { constructor(url, protocol) { super(page, url, protocol); } },
      document: { ...target, visibilityState: "visible", baseURI: "https://desk.example/page", currentScript: null },
      location: { get hash() { return page.address; }, pathname: "/page", search: "?a=1" },
      history: { state: null, replaceState: (state, title, url) => { this.address = url.slice("/page?a=1".length); } },
      sessionStorage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) },
      console: { warn: (text) => this.warnings.push(String(text)), error: (...texts) => this.warnings.push(texts.join(" ")) },
      URL, URLSearchParams, TextEncoder, ...target, ...globals, theTime: () => page.now,
    });
    this.run("window = globalThis; window.parent = window.top = window; Math.random = () => 1;");
    this.run(`{ const Real = Date; globalThis.Date = class extends Real {
      constructor(...given) { if (given.length) super(...given); else super(theTime()); }
      static now() { return theTime(); } }; }`);
    this.document = this.context.document;
  }

  run(code) {
    return vm.runInContext(code, this.context);
  }

  /** A script tag. */
  load(file, src, dataset = {}) {
    this.document.currentScript = { src, dataset };
    vm.runInContext(fs.readFileSync(file, "utf8"), this.context, { filename: file });
    this.document.currentScript = null;
  }

  /** An event of the window or the document. */
  happens(name) {
    for (const each of [...this.listeners]) if (each.name === name) each.act({ type: name });
  }

  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  /** Time passes: timers fire at their times. */
  async passes(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.timers.filter((each) => each.at <= end).sort((one, other) => one.at - other.at || one.id - other.id)[0];
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      if (next.every) next.at = this.now + next.every;
      else this.timers = this.timers.filter((each) => each !== next);
      next.act();
      await settle();
    }
    this.now = end;
  }

  /** The machine sleeps, or somebody sets the clock: timers that were due fire late, once. */
  async sleeps(ms) {
    this.now += ms;
    await this.passes(0);
  }
}

/** Promises have gone as far as they can without a timer. */
async function settle() {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

/** As plain objects of this realm. */
function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

module.exports = { CLIENT, RELAY, ROOT, BEGIN, Page, settle, plain };
