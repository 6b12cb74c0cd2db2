"""A Mitel Connect event feed, from its guide alone: NUL-terminated JSON, MD5, subscriptions, sequence numbers."""

import hashlib
import json
import socket
from datetime import datetime, timezone

from .bridge import FEED_PASSWORD, FEED_USER
from .process import PATIENCE

SUBSCRIPTIONS = {
    "entity", "group-stats", "agent-queue-stats", "email-agent-queue-stats", "daily-agent-stats", "group-agent-stats",
    "dnis-stats", "daily-dnis-stats", "agent-login-logout", "agent-status", "agent-need-help", "agent-activity",
    "call-activity", "call-routing", "call-establishment", "call-statistics",
}
AGENT, GROUP, REGULAR = 3, 4, 5


class Feed:
    """The platform. Its port is its own from the start, but until it opens, it refuses connections."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def open(self):
        self.socket.listen()

    def welcome(self):
        """The next connection, once it is authenticated and subscribed."""
        line = Line(self.socket.accept()[0])
        request = line.hear()
        assert request["message"] == "authenticate", request
        digest = hashlib.md5(FEED_PASSWORD.encode()).hexdigest()
        if request["user"] != FEED_USER or request["password"].lower() != digest:
            line.answer(request, -1, "authentication failed")
            line.close()
            raise AssertionError(f"wrong user or password: {request}")
        line.answer(request)
        request = line.hear()
        assert request["message"] == "subscribe-events", request
        for topic, kind, entities in request["subscribe"]:
            assert topic == "ecc" and kind in SUBSCRIPTIONS and isinstance(entities, list), (topic, kind, entities)
        line.subscribed = {kind for _, kind, _ in request["subscribe"]}
        line.answer(request, **{"request": "Subscribe", "subscribe": request["subscribe"]})
        return line

    def close(self):
        self.socket.close()


class Line:
    """One connection of an application's."""

    def __init__(self, connection):
        connection.settimeout(PATIENCE)
        self.socket = connection
        self.bytes = b""
        self.sequence = 0
        self.subscribed = set()

    def hear(self):
        """The next request, in the form that the guide demands."""
        while b"\0" not in self.bytes:
            received = self.socket.recv(65536)
            if not received:
                raise EOFError("the bridge closed the connection")
            self.bytes += received
        frame, self.bytes = self.bytes.split(b"\0", 1)
        request = json.loads(frame)
        assert request["version"] == 1 and request["topic"] == "contact-center", request
        assert isinstance(request["request-id"], int), request
        return request

    def command(self):
        """The next command: what is asked, and its parameters."""
        request = self.hear()
        assert request["message"] == "command", request
        parameters = {key: value for key, value in request.items()
                      if key not in ("version", "sequence", "topic", "message", "request-id", "sub-request-type")}
        return request, request["sub-request-type"], parameters

    def answer(self, request, /, result=0, error=None, **fields):
        reply = {"topic": "contact-center", "message": request["message"], "request-id": request["request-id"]}
        if request["message"] == "command":
            reply["command"] = request["sub-request-type"]
        if error is not None:
            reply["error-msg"] = error
        self.send({**reply, "result": result, **fields})

    def say(self, message, fields):
        """An event, at this moment."""
        now = datetime.now()
        times = {"timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
                 "gmt": now.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")}
        self.send({**times, "topic": "contact-center", "message": message, "sub-topic": "", **fields})

    def send(self, message):
        numbered = {"version": 1, "sequence": self.sequence, **message}
        self.sequence = (self.sequence + 1) % 2**32
        self.socket.sendall(json.dumps(numbered, ensure_ascii=False).encode() + b"\0")

    def close(self):
        self.socket.close()


# ── events, with every field of the guide's templates ─────────────────────────────────────────────────────────────────

def entities(line, agents, groups):
    """What the platform has, as it tells everybody who subscribes to entities."""
    line.say("entity-snapshot", {
        "sub-topic": "group-update",
        "groups": [{"group-id": str(number), "group-name": name, "short-call-threshold": 5, "thresholds": []}
                   for number, name in groups.items()],
    })
    line.say("entity-snapshot", {
        "sub-topic": "agent-update",
        "agents": [{"agent-id": agent.id, "agent-number": agent.number, "agent-name": agent.name} for agent in agents],
    })


class Agent:
    def __init__(self, number, login="", station="", name=""):
        self.id, self.number, self.station, self.name = number, login, station, name

    def says(self, line, message, **fields):
        line.say(message, {"agent-id": self.id, "cause": 0, **dashes(fields)})

    def logs_in(self, line, *groups):
        self.says(line, "agent-login", agent_number=self.number, agent_ext=self.station,
                  groups=[{"type": GROUP, "id": group} for group in groups])

    def device(self, role):
        return device(role, self.id, AGENT, self.station)


class Call:
    def __init__(self, number, ani, dnis, group=None, profile=None):
        self.number, self.pbx, self.guid, self.ani = number, number + 5000, f"{{00030000-5a7f-{number:04d}}}", ani
        profile = {42: self.guid, 37: str(self.pbx), 2: ani, **(profile or {})}
        self.table = {
            "media": 1, "call-type": 0 if group is None else 1, "dnis": dnis,
            "group": {"type": 0, "id": 0} if group is None else {"type": GROUP, "id": group},
            "call-profile": [{"id": key, "value": value} for key, value in profile.items()],
            "connections": [],
        }

    def says(self, line, message, *devices, **fields):
        own = {"call-id": self.number, "pbx-call-id": self.pbx, "guid": self.guid, "call-table": [self.table],
               "acd-call": True, "cause": 0}
        for each in devices:
            own.update(each)
        line.say(message, {**own, **dashes(fields)})

    def joins(self, line, message, other, result, *devices):
        """This call and another become one, which keeps one's id or has its own."""
        self.says(line, message, *devices, **{
            "secondary-call-id": other.number, "secondary-pbx-call-id": other.pbx, "secondary-guid": other.guid,
            "resultant-call-id": result.number, "resultant-pbx-call-id": result.pbx, "resultant-guid": result.guid,
        })

    def caller(self, role):
        return device(role, 0, REGULAR, self.ani)


def device(role, number, kind, name):
    return {f"{role}-id": number, f"{role}-type": kind, role: name}


def dashes(fields):
    return {key.replace("_", "-"): value for key, value in fields.items()}
