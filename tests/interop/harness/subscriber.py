"""An application of an event feed, from the sample exchange of the feed's guide alone: NUL-terminated JSON, MD5,
requests whose replies bear their ids, and events in between."""

import collections
import hashlib
import json
import socket

from .process import PATIENCE


class Subscriber:
    def __init__(self, feed):
        host, port = feed.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.bytes = b""
        self.requests = 0
        self.sequence = 0
        self.earlier = collections.deque()      # events that came before a reply

    # ── what it asks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def authenticate(self, user, password):
        return self.ask("authenticate", user=user, password=hashlib.md5(password.encode()).hexdigest())

    def subscribe(self, **kinds):
        """Subscribes to each kind of events for its list of entities."""
        return self.ask("subscribe-events", subscribe=records(kinds))

    def unsubscribe(self, **kinds):
        return self.ask("unsubscribe-events", unsubscribe=records(kinds))

    def ask(self, message, **fields):
        """Sends a request, and hands back its reply; what else comes meanwhile is heard later."""
        number = self.send(message, **fields)
        before = []
        while True:
            heard = self.hear()
            if heard.get("request-id") == number:
                self.earlier.extendleft(reversed(before))
                return heard
            before.append(heard)

    def send(self, message, **fields):
        """Sends a request under the next number, which is handed back."""
        self.requests += 1
        request = {"version": 1, "topic": "contact-center", "request-id": self.requests, "message": message, **fields}
        self.raw(json.dumps({key.replace("_", "-"): value for key, value in request.items()}).encode() + b"\0")
        return self.requests

    def raw(self, octets):
        self.socket.sendall(octets)

    # ── what it hears ─────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self):
        """The next message. Whatever it is, it bears the connection's next number."""
        if self.earlier:
            return self.earlier.popleft()
        while b"\0" not in self.bytes:
            received = self.socket.recv(65536)
            if not received:
                raise EOFError("the bridge closed the connection")
            self.bytes += received
        frame, self.bytes = self.bytes.split(b"\0", 1)
        message = json.loads(frame.decode("utf-8", "strict"))
        assert (message["version"], message["topic"]) == (1, "contact-center"), message
        assert message["sequence"] == self.sequence, f"number {self.sequence} is missing: {message}"
        self.sequence += 1
        return message

    def is_over(self):
        """Whether the bridge has closed the connection once everything that is left of it is heard."""
        try:
            while True:
                self.hear()
        except (EOFError, ConnectionError):
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()


def records(kinds):
    return [["ecc", kind.replace("_", "-"), entities] for kind, entities in kinds.items()]
