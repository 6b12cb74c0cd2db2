"""A page in a web tab of a fake Agent, whose relay feeds the bridge: the WCF application, a feed client and a desk on
agent-client.js see the agent's calls, sessions and readiness, and what they ask for reaches the page's object."""

from types import SimpleNamespace

from harness.bridge import ANYWHERE, CRM_PASSWORD, CRM_USER, PASSWORD, USER, crm, desk, unused
from harness.browser import Browser
from harness.profiles import EDK
from harness.subscriber import Subscriber

from .world import Desk

ANN = SimpleNamespace(id=40)
RELAY, PAGE = "relay-secret", "page-secret"
OFFERED, CONNECTED, HELD = 3, 6, 8


class AgentTab(Desk):
    profile = EDK

    def setUp(self):
        address = unused()
        agents = {"dialect": "agent", "listen": ANYWHERE, "origins": [f"http://{address}"]}
        pages = {**agents, "agents": {"140": PAGE}, "platforms": ["desks"], "not_ready_reasons": {"3": "lunch"}}
        self.start({"platform.desks": {**agents, "agents": {"140": RELAY}}, **desk("desks", EDK, media=["voice", "chat", "email", "open-media"]), **crm("desks"),
                    "application.pages": pages})
        self.application.initialize(USER, PASSWORD)
        self.client = Subscriber(self.bridge.addresses["crm"])
        self.addCleanup(self.client.socket.close)
        self.client.authenticate(CRM_USER, CRM_PASSWORD)
        self.client.subscribe(agent_activity=["*"], call_activity=["*"])
        self.browser = Browser(address)
        self.addCleanup(self.browser.stop)

    def open(self, page, token, kind=None, shape="camelCase"):
        kind = kind or page
        bridge = self.bridge.addresses["desks" if kind == "tab" else "pages"]
        self.browser.open(page, f"/{kind}?bridge={bridge}&shape={shape}#token={token}")

    def both(self, shape="camelCase"):
        """The Agent's tab, and a desk in front of the bridge."""
        self.open("tab", RELAY, shape=shape)
        self.application_hears("AgentLoginStateChange", LoginState="AgentLoggedIn", AgentId=40)
        self.client_hears("agent-login", **{"agent-id": 40})
        self.open("desk", PAGE)
        self.browser.wait("desk", "agentClient.connected && agentClient.getUserInformation().loggedOn === 1")

    def application_hears(self, name, **members):
        """Some next event of the WCF application is this."""
        while True:
            event = self.application.next("PublishCTIEvent")["event"]
            if event["EventType"] == name and all(event.get(key) == value for key, value in members.items()):
                return event

    def client_hears(self, name, **members):
        """Some next event of the feed's client is this."""
        while True:
            heard = self.client.hear()
            if name in (heard.get("sub-topic"), heard.get("message")) and members.items() <= heard.items():
                return heard

    def command(self, command, **parameters):
        """The feed's client commands something of the agent, and it is done."""
        reply = self.client.ask("command", sub_request_type=command, agent_id=40, **parameters)
        self.assertEqual(reply["result"], 0, reply)

    def test_calls_are_seen_by_all_and_commanded_by_all(self):
        self.both()
        call = "agentClient.getCalls()[0]"
        self.browser.evaluate("tab", "desk.ring(900, '5551234')")
        seen = self.application_hears("CallConnected", AgentId=40)
        self.assertEqual(seen["CallInfo"]["ANI"], "5551234")
        self.client_hears("delivered")
        self.browser.wait("desk", f"{call}?.state === {OFFERED} && {call}.canAnswer")

        number = self.ask("AcceptCall", ANN, CallId=seen["CallId"], AcceptCall=True)
        self.browser.wait("tab", f"{call}.state === {CONNECTED}")
        self.application_hears("CallEstablished", RequestId=number)
        self.client_hears("established")
        self.browser.wait("desk", f"{call}.state === {CONNECTED}")

        self.assertIs(self.browser.evaluate("desk", "agentClient.holdActiveCall()"), True)
        self.browser.wait("tab", f"{call}.state === {HELD}")
        self.application_hears("CallHeld", AgentId=40)
        self.browser.wait("desk", f"{call}.canRetrieve")
        self.assertIs(self.browser.evaluate("desk", f"agentClient.retrieveCall({call}.id)"), True)
        self.browser.wait("tab", f"{call}.state === {CONNECTED}")
        self.application_hears("CallRetrieved", AgentId=40)

        self.ask("ClearCall", ANN, CallId=seen["CallId"])
        self.browser.wait("tab", "agentClient.getCalls().length === 0")
        self.application_hears("CallCleared", AgentId=40)
        self.client_hears("conn-cleared")
        self.browser.wait("desk", "agentClient.getCalls().length === 0")

        # The same by the feed's client.
        self.browser.evaluate("tab", "desk.ring(901, '5551235')")
        heard = self.client_hears("delivered")
        self.command("answer", call_id=heard["call-id"])
        self.browser.wait("tab", f"{call}.state === {CONNECTED}")
        self.client_hears("established")
        self.application_hears("CallEstablished", CallId=heard["call-id"])
        self.command("hangup", call_id=heard["call-id"])
        self.browser.wait("tab", "agentClient.getCalls().length === 0")
        self.client_hears("conn-cleared")
        self.application_hears("CallCleared", AgentId=40)
        self.assertEqual(self.browser.evaluate("tab", "desk.asked"), [
            ["answerCall", 900], ["holdActiveCall"], ["retrieveCall", 900], ["hangupCall", 900], ["answerCall", 901],
            ["hangupCall", 901]])

    def test_readiness_is_seen_by_all_and_commanded_by_all(self):
        self.both()
        ready = "agentClient.getUserInformation().readyStatus"
        number = self.ask("SetAgentState", ANN, NewState="NotReady")
        self.application_hears("AgentStateChange", AgentId=40, AgentState="NotReady", RequestId=number)
        self.client_hears("agent-release", **{"agent-id": 40})
        self.browser.wait("desk", f"!{ready}")
        number = self.ask("SetAgentState", ANN, NewState="Idle")
        self.application_hears("AgentStateChange", AgentId=40, AgentState="Idle", RequestId=number)
        self.client_hears("agent-idle", **{"agent-id": 40})
        self.browser.wait("desk", ready)

        self.command("release", release_code=3)
        self.client_hears("agent-release", **{"agent-id": 40, "release-code": 3})
        self.application_hears("AgentStateChange", AgentId=40, AgentState="NotReady", RequestId=0)
        self.command("resume")
        self.client_hears("agent-idle", **{"agent-id": 40})
        self.application_hears("AgentStateChange", AgentId=40, AgentState="Idle", RequestId=0)

        self.assertIs(self.browser.evaluate("desk", "agentClient.setReadyStatus(false, 3)"), True)
        self.application_hears("AgentStateChange", AgentId=40, AgentState="NotReady")
        self.client_hears("agent-release", **{"agent-id": 40, "release-code": 3})
        self.browser.wait("desk", "agentClient.getUserInformation().voiceNotReadyReasonString === 'lunch'")
        asked = [each[:3] for each in self.browser.evaluate("tab", "desk.asked")]
        self.assertEqual(asked, [["setReadyStatus", *each] for each in
                                 ((False, 0), (True, 0), (False, 3), (True, 0), (False, 3))])

    def test_sessions_of_every_medium_are_seen_by_all(self):
        self.both()
        for kind, media, number, record in (
                ("emails", "Email", 5, "{ id: 5, state: 102, groupName: 'Mail', senderEmailAddress: 'doe@example.com' }"),
                ("chats", "Chat", 8, "{ id: 8, state: 6, groupName: 'Web', customerName: 'Doe' }"),
                ("openMedia", "Workflow", 7, "{ id: 7, state: 6, callInfo: { groupName: 'Cases' } }")):
            with self.subTest(kind):
                self.browser.evaluate("tab", f"desk.session('{kind}', {record})")
                self.client_hears("established")
                self.application_hears("CallEstablished", AgentId=40, MediaType=media)
                getter = f"agentClient.get{kind[0].upper()}{kind[1:]}()"
                self.browser.wait("desk", f"{getter}.length === 1")
                self.browser.evaluate("tab", f"desk.over('{kind}', {number})")
                self.client_hears("conn-cleared")
                self.application_hears("CallCleared", AgentId=40)
                self.browser.wait("desk", f"{getter}.length === 0")

    def test_a_tab_that_is_loaded_anew_tells_nothing_twice(self):
        self.both()
        self.browser.evaluate("tab", "desk.ring(900, '5551234')")
        self.browser.wait("desk", "agentClient.getCalls().length === 1")
        self.browser.evaluate("desk", "window.heard = []; agentClient.addEventListener('CallEvent', (call) => heard.push(call.state))")
        self.browser.reload("tab")
        self.browser.wait("tab", "window.agentRelay && agentRelay.connection.accepted")
        self.browser.evaluate("tab", "agentClient.answerCall(900)")
        self.browser.wait("desk", f"agentClient.getCalls()[0].state === {CONNECTED}")
        self.assertEqual(self.browser.evaluate("desk", "heard"), [CONNECTED])
        self.browser.reload("desk")
        self.browser.wait("desk", f"agentClient.connected && agentClient.getCalls()[0].state === {CONNECTED}")

    def test_a_wrong_token_gets_nothing_and_one_line_in_the_log(self):
        self.both()
        self.open("guess", RELAY, kind="desk")
        self.browser.wait("guess", "document.body.textContent.includes('refused')")
        self.assertEqual(self.browser.evaluate("guess", "agentClient.getUserInformation().loginID"), "")
        self.assertTrue(self.bridge.process.has_said("its token is unknown"), self.bridge.process.story())
