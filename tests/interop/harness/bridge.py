"""The built binary, run with a configuration of its own."""

import json
import os
import re
import tempfile

from .process import Process

USER, PASSWORD = "Test01", "desk & <pass> 91"
CRM_USER, CRM_PASSWORD = "crm", "crm-pass ü 55"
FEED_USER, FEED_PASSWORD = "feed", "feed-pass-73"
TOKEN = "relay-token-42"

ANYWHERE = "127.0.0.1:0"
LISTENS = re.compile(r'(?:serving|awaiting the relay on) ([0-9.:]+) (?:application|platform)="(\w+)"')


# ── sections of a configuration, by name ──────────────────────────────────────────────────────────────────────────────

def mitel(feed):
    """An event feed behind, at this address."""
    return {"platform.mitel": {
        "dialect": "event-feed", "address": feed, "user": FEED_USER, "password": FEED_PASSWORD,
        "reconnect_min": "20ms", "reconnect_max": "200ms",
    }}


def micc():
    """A CCAS behind, whose relay connects."""
    return {"platform.micc": {"dialect": "ccas", "listen": ANYWHERE, "token": TOKEN}}


def desk(platform, profile, **settings):
    """A CTIPS application in front."""
    return {"application.desk": {
        "dialect": "ctips", "listen": ANYWHERE, "users": {USER: PASSWORD}, "platforms": [platform],
        "profile": profile.name, **settings,
    }}


def crm(platform, **settings):
    """Event-feed applications in front."""
    return {"application.crm": {
        "dialect": "event-feed", "listen": ANYWHERE, "users": {CRM_USER: CRM_PASSWORD}, "platforms": [platform],
        **settings,
    }}


class Bridge:
    def __init__(self, binary, sections):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8")
        for name, settings in sections.items():
            self.file.write(f"[{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in settings.items()))
        self.file.flush()
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("CTI_BRIDGE_", "RUST_LOG"))}
        self.process = Process([str(binary), "run", "--config", self.file.name], "stderr", env=clean)
        # Where each of them is reached, by the name in the configuration.
        self.addresses = {}
        listening = sum("listen" in settings for settings in sections.values())
        try:
            while len(self.addresses) < listening:
                told = LISTENS.search(self.process.line("the bridge's readiness", LISTENS.search))
                self.addresses[told[2]] = told[1]
        except BaseException:
            self.process.kill()
            self.file.close()
            raise

    @property
    def url(self):
        """Where the CTIPS application is served."""
        return f"http://{self.addresses['desk']}/AgentCallService"

    def stop(self):
        """Ends it as an operator would; hands back its exit status."""
        self.process.child.terminate()
        status = self.process.end()
        self.file.close()
        return status


def toml(value):
    """A text, a list of texts, or a table of them: all but tables are written as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)
