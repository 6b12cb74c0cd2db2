"""A page of AgentClient in Chromium, and what it hears."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "agent_net"))

from guide import JAVASCRIPT, METHODS    # noqa: E402

IDLE, DIALING, OFFERED, CALLING, CONNECTED, HELD, ON_HOLD, CONFERENCE, CLEARING, CLERICAL = 1, 2, 3, 4, 6, 8, 9, 10, 11, 99

# A value of each type, for every method.
VALUES = {"int": 900, "bool": True, "string": "4041", "DateTime": "2026-03-01T09:30:00Z", "CQCode[]": [{"id": 7, "code": "7"}]}
# These say that they cannot by nothing but false.
CAN = {"CanMakeCall", "CanConference", "CanTransfer", "IsRegistered"}


def camel(name):
    """The name of a method as JavaScript has it."""
    return "getSMS" if name == "GetSMS" else name[0].lower() + name[1:]


class Page:
    """`browser` has the page open under `name`."""

    def __init__(self, browser, name, bridge, token):
        self.browser, self.name = browser, name
        browser.open(name, f"/page?bridge={bridge}#token={token}")
        self.wait("agentClient.connected")

    def evaluate(self, code):
        return self.browser.evaluate(self.name, code)

    def wait(self, code):
        self.browser.wait(self.name, code)

    def call(self, method, *args):
        """Calls a method: what it returned, and the reason that onError had at once, if any."""
        values = ", ".join(map(json.dumps, args))
        return self.evaluate(f"""(() => {{
          const before = agentClient.onError;
          let reason = null;
          agentClient.onError = (error) => {{ reason = error.reason; }};
          const returned = agentClient.{method}({values});
          agentClient.onError = before;
          return [returned, reason];
        }})()""")

    def hear(self):
        """The next event, by its name, with its values."""
        self.wait("heard.length > 0")
        return self.evaluate("heard.shift()")

    def hears(self, name, **members):
        """Some next event is this, with these values in its first."""
        while True:
            event, *values = self.hear()
            if event == name and (not members or values and members.items() <= values[0].items()):
                return values[0] if values else None

    def hears_call(self, number, state, **members):
        return self.hears("onCallEvent", id=number, state=state, **members)

    def calls(self):
        return self.evaluate("agentClient.getCalls().map(({ id, state }) => [id, state])")

    def states(self, until):
        """The states of calls that are heard, up to this one."""
        states = []
        while not states or states[-1] != until:
            event, *values = self.hear()
            if event == "onCallEvent":
                states.append([values[0]["id"], values[0]["state"]])
        return states
