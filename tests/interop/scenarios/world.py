"""Where scenarios begin: the bridge, a WCF application in front of it, and an event feed behind."""

import os
import unittest
from pathlib import Path

from harness.application import Application
from harness.bridge import PASSWORD, USER, Bridge, desk, mitel
from harness.ctips import TYPES, category
from harness.feed import Agent, Call, Feed, entities

# Told by run.
BINARY = Path(os.environ["CTI_BRIDGE_BINARY"])
BUILT = Path(os.environ["CTI_BRIDGE_INTEROP"])
# The package has the program as a file of data.
COLLECTOR = next(BUILT.glob("venv/lib/python*/site-packages/rotel/rotel-agent"))

SALES, SUPPORT = 9, 11
CLASSES = {kind: name for name, kind in TYPES.items()}


def bridge(test, sections):
    """The bridge, for as long as a test takes; it must end well."""
    started = Bridge(BINARY, sections)
    test.addCleanup(lambda: test.assertEqual(started.stop(), 0, started.process.story()))
    return started


class Desk(unittest.TestCase):
    """A WCF application, whatever platform is behind."""

    profile = None
    maxDiff = None
    requests = 0

    def start(self, sections):
        """The bridge and the application."""
        self.bridge = bridge(self, sections)
        program = BUILT / "bin" / self.profile.contracts.replace(".cs", ".exe")
        self.application = Application(program, self.bridge.url)
        self.addCleanup(self.application.stop)

    def initialize(self):
        """The application comes on line before the platform does, and hears all of it."""
        answer = self.application.initialize(USER, PASSWORD)
        self.assertEqual(answer["session"]["status"], 0)
        self.assertEqual(answer["results"], [0] * 5, "AddMessageClass four times, OnLine")
        self.session = answer["session"]["SessionId"]
        self.link("Down")

    # ── what the application does ─────────────────────────────────────────────────────────────────────────────────────

    def ask(self, operation, agent=None, **args):
        """A request with the next number, which is handed back."""
        self.requests += 1
        if agent is not None:
            args[self.profile.agent] = agent.id
        self.assertEqual(self.application.call(operation, RequestId=self.requests, **args), 0)
        return self.requests

    # ── what the application hears ────────────────────────────────────────────────────────────────────────────────────

    def hears(self, name, **members):
        """The next event is this, has these members, and nothing in all others."""
        heard = self.application.next("PublishCTIEvent")
        self.assertEqual(heard["class"], self.profile.event_class(CLASSES.get(name, name)), heard)
        wanted = {"EventType": name, "EventCategory": "EventCategory" + category(name), "TenantId": 1, "SwitchId": 1,
                  **members}
        self.assertEqual(filled(heard["event"]), filled(wanted))
        return heard["event"]

    def passes(self, *names):
        """The next events are these; they are told in full elsewhere."""
        for name in names:
            heard = self.application.next("PublishCTIEvent")
            self.assertEqual(heard["class"], self.profile.event_class(name), heard)

    def link(self, state):
        """The next event is the platform's coming or going."""
        self.hears("LinkStatus", TenantId=0, ComponentType="CenterCord", ComponentState=state)

    def state(self, agent, state, call=None, **members):
        """The next event is this agent's state; its call is told where the profile has it."""
        if call is not None and self.profile.state_has_call:
            members["CallId"] = call.number
        return self.hears("AgentStateChange", AgentId=agent.id, AgentState=state, **members)

    def call_data(self, *items):
        """Items of call data, as many as the profile sends at least."""
        items = [{"key": key, "value": value} for key, value in items]
        return items + [{"key": "", "value": ""}] * (self.profile.call_data - len(items))

    def call_info(self, **members):
        return [members] if self.profile.call_info_is_list else members


class World(Desk):
    """An event feed behind."""

    settings = {}
    platform = {}

    def setUp(self):
        self.jane = Agent(1001, "77", "4001", "Jane Doe")
        self.joe = Agent(1002, "78", "4002", "Joe Bloggs")
        self.feed = Feed()
        self.addCleanup(self.feed.close)
        self.start({**mitel(self.feed.address, **self.platform), **desk("mitel", self.profile, **self.settings)})

    def online(self):
        self.initialize()
        self.feed.open()
        self.connect()
        for group in (SALES, SUPPORT):
            self.hears("ServiceStateChange", ServiceId=group, ServiceState="AddService")

    def connect(self):
        """The platform is there, or is again."""
        self.line = self.feed.welcome()
        self.addCleanup(self.line.close)
        self.link("Up")
        self.assertLessEqual({"entity", "agent-activity", "call-activity"}, self.line.subscribed)
        entities(self.line, [self.jane, self.joe], {SALES: "Sales", SUPPORT: "Support"})

    def ready(self, agent, *groups):
        """An agent logs on and is ready, and the application hears it."""
        agent.logs_in(self.line, *groups)
        agent.says(self.line, "agent-idle")
        self.hears("AgentLoginStateChange", AgentId=agent.id, AgentLoginName=agent.number, LoginState="AgentLoggedIn",
                   AgentWorkGroupId=-1, AgentStationAddress=agent.station, AgentCTIId=agent.id,
                   ServiceState=[{"ServiceId": group, "ServiceState": "Active"} for group in groups])
        self.state(agent, "Idle", ServiceIds=list(groups))

    def inbound(self, number):
        profile = {48: "Müller & Söhne", 101: "gold", 102: "a <b>"}
        return Call(number, "5551234", "800", group=SALES, profile=profile)

    def answered(self, call, agent):
        """An agent has answered a call of which nobody knew."""
        call.says(self.line, "established", agent.device("joining-device"), call.caller("calling-device"))
        self.passes("CallStarted", "CallOffered", "CallEstablished", "AgentStateChange")


def filled(event):
    """The members that say something."""
    return {key: value for key, value in event.items() if value not in (None, 0, "", [], "INVALID")}

