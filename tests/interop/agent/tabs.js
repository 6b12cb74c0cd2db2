// Pages in Chromium, driven by JSON lines: tabs of a fake Agent with the relay in them, and desks with agent-client.js. The
// scripts come from the bridge.
//
// usage: tabs.js HOST:PORT, where the pages are served
//
//   {"open":"tab","path":"/tab?bridge=127.0.0.1:7420&shape=events#token=…"}    /tab, /desk or /page; answers when it is loaded
//   {"page":"tab","evaluate":"agentClient.getCalls()"}                         answers with the value
//   {"page":"desk","wait":"agentClient.getCalls().length === 1"}               answers as soon as it is true
//   {"page":"tab","reload":true}, {"page":"tab","close":true}, {"page":"tab","frozen":true}   as of a laptop that sleeps
//   {"page":"page","shifted":3600}                                             the page's clock jumps by so many seconds

"use strict";

const fs = require("fs");
const http = require("http");
const readline = require("readline");
const { DESK_FILES, launch, open } = require("./browser");
const { FAKE_AGENT } = require("./fake_agent");

/** A page of AgentClient that does nothing but note its events, in `heard`. */
const PAGE = (client) => `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<script src="${client}" data-global="agentClient"></script>
<script>
  window.heard = [];
  for (const name of Object.keys(agentClient)) if (/^on[A-Z]/.test(name)) agentClient[name] = (...args) => heard.push([name, ...args]);
</script>`;

const say = (line) => console.log(JSON.stringify(line));

function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const script = (name) => `http://${searchParams.get("bridge")}/${name}`;
  const type = pathname.endsWith(".css") ? "text/css" : pathname.endsWith(".js") ? "text/javascript" : "text/html";
  response.setHeader("Content-Type", type + "; charset=utf-8");
  if (pathname === "/tab") {
    response.end(FAKE_AGENT(searchParams.get("shape") || "camelCase", script("agent-relay.js")));
  } else if (pathname === "/desk") {
    response.end(fs.readFileSync(DESK_FILES["/"], "utf8").replace('src="/agent-client.js"', `src="${script("agent-client.js")}"`));
  } else if (pathname === "/page") {
    response.end(PAGE(script("agent-client.js")));
  } else if (pathname === "/blank") {
    response.end('<!doctype html><link rel="icon" href="data:,">');
  } else if (DESK_FILES[pathname]) {
    response.end(fs.readFileSync(DESK_FILES[pathname]));
  } else {
    response.writeHead(404).end();
  }
}

/** Chromium stops the page's timers and what it hears, as it does for tabs in the background and before the machine sleeps. */
async function freeze(page, frozen) {
  page.devtools ||= await page.context().newCDPSession(page);
  await page.devtools.send("Page.setWebLifecycleState", { state: frozen ? "frozen" : "active" });
}

/** The page's clock is ahead from now on. */
function shift(ms) {
  const { now } = Date;
  Date.now = () => now() + ms;
}

async function main(address) {
  const [host, port] = address.split(":");
  const server = http.createServer(serve);
  await new Promise((resolve) => server.listen(port, host, resolve));
  const browser = await launch();
  const pages = {};
  say({ listening: `http://${address}` });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    try {
      say({ answer: await carryOut(order) });
    } catch (error) {
      const said = order.page && pages[order.page] ? pages[order.page].said : [];
      say({ failed: error.message, said });
    }
  }
  await browser.close();
  server.close();
  say({ ended: true });

  async function carryOut(order) {
    const page = pages[order.page];
    if (order.open) pages[order.open] = await open(browser, `http://${address}${order.path}`);
    else if (order.evaluate) return (await page.evaluate(order.evaluate)) ?? null;
    else if (order.wait) await page.waitForFunction(order.wait);
    else if (order.reload) await page.reload();
    else if (order.close) await page.close();
    else if ("frozen" in order) await freeze(page, order.frozen);
    else if ("shifted" in order) await page.evaluate(shift, order.shifted * 1000);
    return null;
  }
}

main(process.argv[2]);
