"""A page of AgentClient in Chromium, in front of a CCAS: the network is cut, the bridge is started anew, the page is loaded
anew, the machine sleeps; and pages that mean no good."""

import json
import unittest

from harness.agent import TOKENS, pages
from harness.bridge import Bridge, micc, unused
from harness.browser import Browser
from harness.ccas import HOLD, RETRIEVED
from harness.page import CONNECTED, HELD, IDLE, OFFERED, Page
from harness.proxy import Proxy

from .office import Office
from .world import BINARY

# A connection of a page's own making: what it heard, and whether it is over.
RAW = """(frames) => {
  const socket = new WebSocket("ws://%s/agent", "cti-bridge.agent.v1");
  const raw = window.raw = { heard: [], over: false, socket };
  socket.onopen = () => frames.forEach((frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)));
  socket.onmessage = ({ data }) => raw.heard.push(JSON.parse(data));
  socket.onclose = () => { raw.over = true; };
}"""


class Faults(Office, unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.origin = unused()
        self.sections = {**micc(listen=unused()), **pages("micc", listen=unused(), origins=[f"http://{self.origin}"])}
        self.bridge = Bridge(BINARY, self.sections)
        self.addCleanup(lambda: self.assertEqual(self.bridge.stop(), 0, self.bridge.process.story()))
        self.connect()
        self.network = Proxy(self.bridge.addresses["pages"])
        self.addCleanup(self.network.close)
        self.browser = self.browse(self.origin)
        self.page = self.open()
        self.page.hears("onUserLogin")

    def browse(self, origin):
        browser = Browser(origin)
        self.addCleanup(browser.stop)
        return browser

    def open(self, name="page", token=TOKENS["77"]):
        return Page(self.browser, name, self.network.address, token)

    def serve(self):
        call = self.inbound(900)
        call.alerts(self.relay, self.ann)
        self.page.hears_call(900, OFFERED)
        call.connects(self.relay, self.ann)
        self.page.hears_call(900, CONNECTED)

    def heard(self):
        """What was heard of calls and of the connection so far, in order."""
        return [[each[0], each[1]["state"] if each[0] == "onCallEvent" else each[1]]
                for each in self.page.evaluate("heard.splice(0)") if each[0] in ("onCallEvent", "onConnectionStatus")]

    def goes_on(self):
        """The next thing that happens reaches the page, and nothing else of calls did."""
        self.ann.says(self.relay, RETRIEVED, CallID=900)
        self.page.wait(f"agentClient.getCalls()[0].state === {CONNECTED}")
        self.assertEqual(self.heard(), [["onCallEvent", CONNECTED]])

    # ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_a_cut_is_told_and_what_happened_meanwhile_once(self):
        self.serve()
        self.network.cut()
        self.page.wait("!agentClient.connected")
        self.assertEqual(self.page.call("hangupCall", 900)[0], False)
        for _ in range(5):
            self.ann.says(self.relay, HOLD, CallID=900)
            self.ann.says(self.relay, RETRIEVED, CallID=900)
        self.ann.says(self.relay, HOLD, CallID=900)
        self.network.mend()
        self.page.wait("agentClient.connected")
        self.page.wait(f"agentClient.getCalls()[0].state === {HELD}")
        self.assertEqual(self.heard(), [["onConnectionStatus", False], ["onConnectionStatus", True], ["onCallEvent", HELD]])
        self.goes_on()

    def test_cuts_while_much_happens_lose_no_state_and_turn_none_around(self):
        self.serve()
        for turn in range(3):
            for _ in range(20):
                self.ann.says(self.relay, HOLD, CallID=900)
                self.ann.says(self.relay, RETRIEVED, CallID=900)
            if turn == 1:
                self.ann.says(self.relay, HOLD, CallID=900)
            self.network.cut()
            self.network.mend()
            self.page.wait("agentClient.connected")
        self.ann.says(self.relay, HOLD, CallID=900)
        self.page.wait(f"agentClient.getCalls()[0].state === {HELD}")
        states = [CONNECTED] + [state for event, state in self.heard() if event == "onCallEvent"]
        self.assertTrue(all(one != other for one, other in zip(states, states[1:])), states)
        self.assertEqual(states[-1], HELD)

    def test_a_bridge_that_is_started_anew(self):
        self.serve()
        self.bridge.process.child.kill()
        self.relay.close()
        self.page.wait("!agentClient.connected")
        self.bridge.process.end()
        self.bridge = Bridge(BINARY, self.sections)
        self.connect()
        self.page.wait("agentClient.connected && agentClient.getUserInformation().loggedOn === 1")
        self.page.wait("agentClient.getCalls().length === 0")
        # CCAS tells the agents anew, but not their calls.
        self.assertEqual([each for each in self.heard() if each[0] == "onCallEvent"], [["onCallEvent", IDLE]])
        self.inbound(902).alerts(self.relay, self.ann)
        self.page.hears_call(902, OFFERED)

    def test_a_page_that_is_loaded_anew(self):
        self.serve()
        self.browser.reload("page")
        self.page.wait("agentClient.connected")
        self.assertEqual(self.heard(), [["onConnectionStatus", True], ["onCallEvent", CONNECTED]])
        self.assertEqual(self.page.evaluate("location.hash"), "")
        self.ann.says(self.relay, HOLD, CallID=900)
        self.page.hears_call(900, HELD)

    def test_an_hour_asleep_on_a_connection_that_is_dead(self):
        self.serve()
        self.browser.freeze("page")
        self.network.hush()
        self.ann.says(self.relay, HOLD, CallID=900)
        self.browser.freeze("page", False)
        self.browser.shift("page", 3600)
        self.page.wait(f"agentClient.connected && agentClient.getCalls()[0].state === {HELD}")
        self.assertEqual(self.heard(), [["onConnectionStatus", False], ["onConnectionStatus", True], ["onCallEvent", HELD]])
        self.goes_on()

    def test_an_hour_asleep_on_a_connection_that_is_alive(self):
        self.serve()
        self.browser.freeze("page")
        self.ann.says(self.relay, HOLD, CallID=900)
        self.browser.freeze("page", False)
        self.browser.shift("page", 3600)
        self.page.wait(f"agentClient.connected && agentClient.getCalls()[0].state === {HELD}")
        self.assertEqual([each for each in self.heard() if each[0] == "onCallEvent"], [["onCallEvent", HELD]])
        self.goes_on()

    # ── pages that mean no good ───────────────────────────────────────────────────────────────────────────────────────

    def raw(self, *frames, browser=None):
        """A page's own connection that says this. Returns what it is called."""
        browser = browser or self.browser
        browser.open("raw", "/blank")
        browser.evaluate("raw", f"({RAW % self.network.address})({json.dumps(frames)})")
        return browser

    def is_over(self, browser):
        browser.wait("raw", "raw.over")
        return browser.evaluate("raw", "raw.heard")

    def unharmed(self, event, times=1):
        """One line says of each that it was refused, without a token; the agent's page goes on as if nothing had been."""
        self.assertEqual(self.heard(), [])
        self.ann.says(self.relay, HOLD, CallID=900)
        self.page.hears_call(900, HELD)
        said = [line for line in list(self.bridge.process.past) if " WARN " in line or " ERROR " in line]
        self.assertEqual([f'event="{event}"' in line for line in said], [True] * times, self.bridge.process.story())
        self.assertNotIn("token-of", self.bridge.process.story())

    def hello(self, token):
        return {"hello": "agent-client", "version": 1, "token": token}

    def test_a_page_with_another_agents_token(self):
        self.serve()
        other = self.open("other", TOKENS["78"])
        self.assertEqual(other.calls(), [])
        self.assertIs(other.call("hangupCall", 900)[0], False)
        ask = {"agent": 40, "call": "HangupCall", "args": {"CallID": 900}}
        browser = self.raw(self.hello(TOKENS["78"]), {"id": 1, **ask}, {"id": 2, **ask}, {"id": 3, "call": "GetCalls", "args": {}})
        browser.wait("raw", "raw.heard.some(({ id }) => id === 3)")
        heard = browser.evaluate("raw", "raw.heard")
        self.assertEqual([each["error"] for each in heard if "error" in each], ["refused"] * 2)
        self.assertNotIn("900", str(heard))
        self.assertEqual([each for each in other.evaluate("heard") if each[0] == "onCallEvent"], [])
        self.unharmed("request_refused", 2)

    def test_a_page_of_a_foreign_origin(self):
        self.serve()
        browser = self.raw(self.hello(TOKENS["77"]), browser=self.browse(unused()))
        self.assertEqual(self.is_over(browser), [])
        self.unharmed("websocket_refused")

    def test_a_page_without_a_token_and_one_with_a_wrong_one(self):
        self.serve()
        for hello in ({"hello": "agent-client", "version": 1}, self.hello("token-of-nobody"), {**self.hello(TOKENS["78"]), "agent": "77"}):
            self.assertEqual(self.is_over(self.raw(hello)), [{"error": "refused"}])
        self.unharmed("session_lost", 3)

    def test_a_flood_of_calls_and_nonsense(self):
        self.serve()
        calls = [{"id": number, "call": "GetCalls", "args": {}} for number in range(1, 5001)]
        browser = self.raw(self.hello(TOKENS["77"]), *calls)
        browser.wait("raw", "raw.heard.some(({ id }) => id === 5000)")
        answered = browser.evaluate("raw", "raw.heard.filter(({ id }) => id).map(({ id }) => id)")
        self.assertEqual(answered, list(range(1, 5001)))
        for nonsense in ("x" * 65_536, "[" * 65_536, "{" + '"a":{' * 9_000, '{"call":'):
            heard = self.is_over(self.raw(self.hello(TOKENS["77"]), nonsense))
            self.assertEqual([each for each in heard if each.get("type") == "OnCallEvent" and each["agent"] != 40], [])
        self.unharmed("session_lost", 4)
