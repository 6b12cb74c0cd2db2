// The scripts and the desk in Chromium, against a played bridge.

"use strict";

const assert = require("assert/strict");
const { after, before, test } = require("node:test");
const { Bridge, Office, until } = require("./bridge");
const { DESK_FILES, launch, open } = require("./browser");
const { FAKE_AGENT } = require("./fake_agent");

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function start(t, { files, ...settings } = {}) {
  const bridge = await Bridge.start({ files: { ...DESK_FILES, ...files }, ...settings });
  t.after(() => bridge.stop());
  return bridge;
}

/** A desk that is connected. */
async function desk(t, user, settings) {
  const office = new Office(user);
  const bridge = await start(t, { offices: { secret: office } });
  const page = await open(browser, bridge.url + "/#token=secret", settings);
  t.after(() => page.close());
  await page.waitForFunction(() => window.agentClient.connected);
  return { office, bridge, page };
}

const badge = (page, key) => page.locator(`[data-key="${key}"] .badge`);
const asked = (office, ...methods) => office.asks.filter(({ call }) => methods.includes(call)).map(({ call, args }) => [call, args]);

test("an agent works a call with the keyboard alone", async (t) => {
  const { office, page } = await desk(t);
  await page.keyboard.press("Alt+R");
  await page.getByText("Waiting for the next call").waitFor();
  office.ring();
  await page.getByRole("heading", { name: "Jordan Doe" }).waitFor();
  assert.match(await page.locator("#news").textContent(), /Incoming call from Jordan Doe, Sales/);
  assert.match(await page.title(), /Jordan Doe/);
  await page.keyboard.press("Alt+A");
  await page.getByText("Connected", { exact: true }).nth(1).waitFor();
  await page.locator('[data-name="hold"]').focus();
  await page.keyboard.press("Enter");
  await page.getByText("On hold").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest("[data-key]").dataset.key), "call900");
  await page.keyboard.press("Alt+H");
  await page.keyboard.press("Alt+E");
  await page.getByRole("button", { name: "Complaint" }).press("Space");
  await until(() => asked(office, "EnterCQCodes").length === 1, "the code");
  await page.getByRole("button", { name: "Complaint", pressed: true }).waitFor();
  await page.getByRole("button", { name: "Done" }).press("Enter");
  await page.getByText("Waiting for the next call").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "calls-title");
  assert.deepEqual(asked(office, "SetReadyStatus", "AnswerCall", "HoldActiveCall", "HangupCall", "CancelClerical"), [
    ["SetReadyStatus", { Status: true, ReasonID: 0 }], ["AnswerCall", { CallID: 900 }], ["HoldActiveCall", { CallID: 900 }],
    ["HangupCall", { CallID: 900 }], ["CancelClerical", { CallID: 900 }]]);
  assert.deepEqual(page.said, []);
});

test("a call is transferred after a question, and one at once", async (t) => {
  const { office, page } = await desk(t, { ReadyStatus: true });
  office.ring();
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByRole("button", { name: "Transfer" }).click();
  await page.getByLabel("Transfer the call to").fill("4711");
  await page.getByRole("button", { name: "Ask first" }).click();
  await page.getByRole("button", { name: "Connect the two" }).click();
  await page.getByText("After call").waitFor();
  assert.deepEqual(asked(office, "TransferCall"), [["TransferCall", { CallID: 900, ActiveCallID: 901 }]]);
  office.ring({ CallerName: "Kim Roe" });
  await page.getByRole("button", { name: "Forward" }).click();
  await page.getByLabel("Forward the call to").fill("4712");
  await page.keyboard.press("Enter");
  await until(() => asked(office, "DeflectCall").length === 1, "the deflection");
  assert.deepEqual(asked(office, "DeflectCall"), [["DeflectCall", { CallID: 902, Destination: "4712" }]]);
});

test("what is typed stays while the desk is drawn anew, and a failure is said", async (t) => {
  const { office, page } = await desk(t, { ReadyStatus: true });
  office.ring();
  await page.getByRole("button", { name: "Forward" }).click();
  await page.getByLabel("Forward the call to").fill("47");
  office.ring({ CallerName: "Kim Roe" });
  await page.getByRole("heading", { name: "Kim Roe" }).waitFor();
  await page.keyboard.type("11");
  assert.equal(await page.getByLabel("Forward the call to").inputValue(), "4711");
  await page.getByLabel("Number", { exact: true }).fill("0");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.getByText("Calling did not work: nobody can be reached at 0.").waitFor();
});

test("readiness, its reasons, log-off and log-on", async (t) => {
  const { office, page } = await desk(t);
  await page.getByRole("button", { name: "Lunch" }).click();
  await page.getByText("Not ready: Lunch").waitFor();
  assert.equal(await page.getByRole("button", { name: "Lunch" }).getAttribute("aria-pressed"), "true");
  await page.getByRole("radio", { name: "Not ready" }).focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByText("Waiting for the next call").waitFor();
  await page.getByRole("button", { name: "Log off" }).click();
  await page.getByLabel("Station").fill("4041");
  await page.keyboard.press("Enter");
  await page.getByText("· 4041").waitFor();
  assert.deepEqual(asked(office, "LogOn", "LogOff"), [["LogOff", {}], ["LogOn", { Station: "4041" }]]);
});

test("who waits is shown until somebody takes the call", async (t) => {
  const { office, page } = await desk(t);
  office.wait(950, "5551234", "800");
  await page.getByText("5551234").waitFor();
  assert.equal(await page.locator("#waiting-count").textContent(), "1");
  office.wait(950, "5551234", "800", 2);
  await page.getByText("Nobody waits.").waitFor();
});

test("names of callers are text and nothing else", async (t) => {
  const { office, page } = await desk(t);
  office.ring({ CallerName: "<img src=x onerror=alert(1)>", IVRLabels: ["<b>"], IVRData: ["<script>"] });
  await page.getByRole("heading", { name: "<img src=x onerror=alert(1)>" }).waitFor();
  assert.equal(await page.locator("#calls img, #calls b, #calls script").count(), 0);
});

test("nothing leaves a phone's screen, in light and dark", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    const { office, page } = await desk(t, {}, { viewport: { width: 390, height: 844 }, colorScheme });
    office.ring({ CallerName: "Dr. Maximiliane-Friederike Schmidt-Müller von Hohenstein", IVRData: ["4".repeat(80), "Gold", "A-1077"] });
    await page.getByRole("button", { name: "Answer" }).click();
    await badge(page, "call900").getByText("Connected").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  }
});

test("cut, restart, reload: the true state, no event twice", async (t) => {
  const { office, bridge, page } = await desk(t);
  await page.evaluate(() => {
    window.heard = [];
    for (const name of ["onCallEvent", "onUserStatusUpdate", "onUserLogin", "onRegistrationStatus"]) {
      agentClient.addEventListener(name, (value) => window.heard.push([name, value?.id ?? value, value?.state]));
    }
  });
  office.ring();
  await badge(page, "call900").waitFor();
  bridge.cut();
  await page.getByText("Reconnecting…").waitFor();
  await page.locator("#link").getByText("Connected").waitFor();
  assert.deepEqual(await page.evaluate(() => window.heard.splice(0)),
    [["onCallEvent", 900, 3], ["onRegistrationStatus", false, undefined], ["onRegistrationStatus", true, undefined]]);

  const { port } = bridge;
  await bridge.stop();
  await page.getByText("Reconnecting…").waitFor();
  office.calls.get(900).State = 6;
  office.calls.set(901, { ...office.calls.get(900), ID: 901, State: 8 });
  const again = await start(t, { offices: { secret: office }, port });
  await page.locator("#link").getByText("Connected").waitFor();
  assert.deepEqual((await page.evaluate(() => window.heard.splice(0))).slice(2), [["onCallEvent", 900, 6], ["onCallEvent", 901, 8]]);

  assert.equal(await page.evaluate(() => location.hash), "");
  await page.reload();
  await badge(page, "call901").getByText("On hold").waitFor();
  await until(() => again.connections.size === 1, "the old page's end");
});

test("an hour asleep: the clock jumps and the connection is dead", async (t) => {
  const office = new Office();
  const bridge = await start(t, { offices: { secret: office } });
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.clock.install();
  await page.goto(bridge.url + "/#token=secret");
  await page.waitForFunction(() => window.agentClient.connected);
  office.ring();
  await badge(page, "call900").waitFor();
  const [connection] = bridge.connections;
  connection.socket._socket.pause();               // what it would say does not arrive any more
  clearInterval(connection.pinging);
  office.connections.delete(connection);
  office.change(office.calls.get(900), 6);
  await page.clock.fastForward(3600e3);
  await page.clock.runFor(5e3);
  await badge(page, "call900").getByText("Connected").waitFor();
});

test("a wrong token and none: nothing is shown, and the page says so", async (t) => {
  const bridge = await start(t);
  const wrong = await open(browser, bridge.url + "/#token=guess");
  await wrong.getByText("It does not let us in yet: the bridge says: refused.").waitFor();
  const none = await open(browser, bridge.url + "/");
  await none.getByText("This page needs its token").waitFor();
  assert.ok(bridge.refused > 0);
  await Promise.all([wrong.close(), none.close()]);
});

test("a flood of messages and 64 KiB of nonsense harm no page", async (t) => {
  const { office, bridge, page } = await desk(t, { ReadyStatus: true });
  const [connection] = bridge.connections;
  for (let turn = 0; turn < 50; turn++) connection.socket.send("x".repeat(64 * 1024));
  for (let turn = 0; turn < 3000; turn++) connection.say({ type: "OnChatEvent", Chat: { ID: turn, State: 6 } });
  for (let turn = 0; turn < 3000; turn++) connection.say({ type: "OnChatEvent", Chat: { ID: turn, State: 1 } });
  office.ring();
  await badge(page, "call900").waitFor();
  await page.getByRole("button", { name: "Answer" }).click();
  await badge(page, "call900").getByText("Connected").waitFor();
  assert.equal(page.said.length, 1);
});

for (const shape of ["camelCase", "PascalCase", "promises", "events"]) {
  test(`the relay of a fake Agent: ${shape}`, async (t) => {
    const bridge = await start(t, { files: { "/tab": FAKE_AGENT(shape) } });
    const page = await open(browser, bridge.url + "/tab#token=relay");
    t.after(() => page.close());
    const relay = await bridge.relay();
    assert.equal(relay.frames[0].UserInformation.LoginID, "140");

    await page.evaluate(() => desk.ring(900, "5551234"));
    const ringing = await relay.frame(({ Call }) => Call?.ID === 900);
    assert.deepEqual([ringing.type, ringing.Call.State, ringing.Call.CallInfo.GroupName], ["OnCallEvent", 3, "Sales"]);
    assert.deepEqual((await relay.call("AnswerCall", { CallID: 900 })).out, { Result: true });
    await relay.frame(({ Call }) => Call?.State === 6);
    assert.match((await relay.call("HoldActiveCall", { CallID: 901 })).error, /not the active call/);
    assert.deepEqual((await relay.call("HoldActiveCall", { CallID: 900 })).out, { Result: true });
    await relay.frame(({ Call }) => Call?.State === 8);
    assert.deepEqual((await relay.call("SetReadyStatus", { Status: false, ReasonID: 3 })).out, { Result: true });
    await relay.frame(({ UserInformation: user }) => user?.ReadyStatus === false && user.LoggedOn === undefined);
    await page.evaluate(() => desk.session("chats", { id: 8, state: 3, groupName: "Web", customerName: "Doe" }));
    await relay.frame(({ Chat }) => Chat?.CustomerName === "Doe");
    await relay.call("HangupCall", { CallID: 900 });
    await relay.frame(({ type, CallID, Call }) => (type === "Gone" && CallID === 900) || Call?.State === 1);

    await page.reload();                           // the state is the fake Agent's, and the page's is gone
    await until(() => bridge.relays.length === 2, "the relay after the reload");
    await bridge.relay();
    assert.deepEqual(page.said, []);
  });
}

test("a relay behind a cut network sends what happened meanwhile", async (t) => {
  const bridge = await start(t, { files: { "/tab": FAKE_AGENT("events") } });
  const page = await open(browser, bridge.url + "/tab#token=relay");
  t.after(() => page.close());
  await bridge.relay();
  const { port } = bridge;
  await bridge.stop();
  // Events before the page knows could be lost with the connection, and would be counted instead.
  await until(() => page.sockets[0].isClosed(), "the end of the connection");
  await page.evaluate(() => { desk.ring(900, "5551234"); desk.end(900); });
  const again = await start(t, { files: bridge.files, port });
  const relay = await again.relay();
  assert.deepEqual(relay.frames.map(({ type, Call }) => [type, Call?.State]),
    [["UserInformation", undefined], ["OnCallEvent", 3], ["OnCallEvent", 1], ["UserInformation", undefined], ["UserInformation", undefined]]);
});
