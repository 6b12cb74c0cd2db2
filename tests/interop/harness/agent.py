"""Programs for MiContact Center Agent's AgentClient, in .NET: one that refers to the adapter, and the relay with a fake Agent.

They are those of ../agent_net, where a test plays the bridge; here it is the real one."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "agent_net"))

import net                      # noqa: E402

from .bridge import ANYWHERE    # noqa: E402
from .process import PATIENCE   # noqa: E402

TOKENS = {"77": "token-of-77", "78": "token-of-78"}


def prepare():
    """Builds the programs, before tests that need them run side by side."""
    net.agent()
    net.program()


class Listener:
    """A listener of the bridge's, as the two programs want it."""

    def __init__(self, address):
        self.address = address


def pages(platform, **settings):
    """Programs of AgentClient in front."""
    return {"application.pages": {
        "dialect": "agent", "listen": ANYWHERE, "agents": TOKENS, "platforms": [platform], **settings,
    }}


def desks(**settings):
    """Desktops behind, whose relays connect."""
    return {"platform.desks": {"dialect": "agent", "listen": ANYWHERE, "agents": TOKENS, **settings}}


class Program(net.Application):
    """A program of an agent's, by the agent's token."""

    def __init__(self, address, number="77", *flags, **settings):
        super().__init__(Listener(address), *flags, token=TOKENS.get(number, number), **settings)

    def initialize(self):
        """Once the bridge is there."""
        until = time.monotonic() + PATIENCE
        while not self.call("CanInitialize"):
            assert time.monotonic() < until, self.logs()
        assert self.call("Initialize") is True
        event, _ = self.heard()
        assert event == "OnApplicationReadyForInitialization", event

    def hears(self, name, **members):
        """The next event is this, with these values in its first."""
        event, values = self.heard()
        found = {each: values[0].get(each) for each in members} if values else {}
        assert (event, found) == (name, members), (event, values)
        return values

    def refused(self, method, **args):
        """What it says about a method that returns false."""
        line = self._next_answer(self.ask(method, **args))
        assert line["returned"] is False, line
        return line["error"]

    def _next_answer(self, number):
        return self._next(lambda each: each.get("done") == number)


class Desktop(net.AgentRelay):
    """An Agent with its relay, by the agent's token."""

    def __init__(self, address, number="77", **settings):
        super().__init__(Listener(address), token=TOKENS.get(number, number), token_file=None, **settings)
