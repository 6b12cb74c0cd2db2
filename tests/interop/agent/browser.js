// Chromium for tests: pages with what they said on their console.

"use strict";

const path = require("path");
const modules = require("./modules");
const { CLIENT, RELAY, ROOT } = require("./page");

const { chromium } = modules("playwright-core");
const DESK = path.join(ROOT, "adapters", "agent-client", "desk");

/** The files of the desk, at the paths of a server that is the bridge as well. */
const DESK_FILES = {
  "/": path.join(DESK, "index.html"), "/desk.css": path.join(DESK, "desk.css"), "/desk.js": path.join(DESK, "desk.js"),
  "/agent-client.js": CLIENT, "/agent-relay.js": RELAY,
};

function launch() {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

async function open(browser, url, settings = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...settings });
  page.said = [];
  page.sockets = [];                               // its WebSockets, the oldest first
  page.on("websocket", (socket) => page.sockets.push(socket));
  page.on("console", (message) => page.said.push(message.text()));
  page.on("pageerror", (error) => page.said.push("failed: " + error.message));
  await page.goto(url);
  return page;
}

module.exports = { DESK_FILES, launch, open };
