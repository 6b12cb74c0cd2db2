"""The CTI Portal Server in C#: what it is asked, and what it publishes."""

from .bridge import CTIPS_PASSWORD, CTIPS_USER
from .driven import Driven

# The one class that is not named like its EventType.
TYPES = {"RouteRejected": "RouteReject"}


class Platform(Driven):
    def __init__(self, program, port=0):
        super().__init__(program, str(port), CTIPS_USER, CTIPS_PASSWORD)

    @property
    def port(self):
        return int(self.url.split(":")[2].split("/")[0])

    def publishes(self, name, **members):
        """An event of this class; hands back how many sessions had it."""
        kind = TYPES.get(name, name)
        own = {"EventType": kind, "EventCategory": "EventCategory" + category(kind), "TenantId": 1, **members}
        return self.order("publish", **{"class": name, "event": own})

    def beats(self):
        """One heartbeat to every session; hands back to how many."""
        return self.order("beat")

    def pulses(self):
        """Heartbeats to every session from now on, several a second."""
        self.order("pulse", every=200)

    def forgets(self):
        self.order("forget")


def category(event):
    """The category of an EventType."""
    for prefix, name in (("Agent", "Agent"), ("ServiceState", "Agent"), ("Call", "Call"), ("Route", "Route")):
        if event.startswith(prefix):
            return name
    return "System"
