"""The built binary, run with a configuration of its own."""

import json
import os
import random
import re
import socket
import tempfile
import time
import urllib.error
import urllib.request

from .process import PATIENCE, Process

USER, PASSWORD = "Test01", "desk & <pass> 91"
CRM_USER, CRM_PASSWORD = "crm", "crm-pass ü 55"
MEDIA_USER, MEDIA_PASSWORD = "media", "media <pass> & 17"
TICKETS_USER, TICKETS_PASSWORD = "tickets", "tickets & <ü> 8"
CTIPS_USER, CTIPS_PASSWORD = "portal", "portal & <pass> 33"
FEED_USER, FEED_PASSWORD = "feed", "feed-pass-73"
TOKEN = "relay-token-42"

ANYWHERE = "127.0.0.1:0"
LISTENS = re.compile(r'event="(?:serving|awaiting)" (?:application|platform)="(?P<name>\w+)" address="(?P<address>[0-9.:]+)"')
LIVING = re.compile(r"^cti_bridge_(?:platform_)?routes_open\{.*\} (\d+)$", re.MULTILINE)


# ── sections of a configuration, by name ──────────────────────────────────────────────────────────────────────────────

def mitel(feed, **settings):
    """An event feed behind, at this address."""
    return {"platform.mitel": {
        "dialect": "event-feed", "address": feed, "user": FEED_USER, "password": FEED_PASSWORD,
        "reconnect_min": "20ms", "reconnect_max": "200ms", **settings,
    }}


def micc(**settings):
    """A CCAS behind, whose relay connects."""
    return {"platform.micc": {"dialect": "ccas", "listen": ANYWHERE, "token": TOKEN, **settings}}


def media(url, **settings):
    """An Open Media service behind, at this address."""
    return {"platform.media": {
        "dialect": "open-media", "url": url, "user": MEDIA_USER, "password": MEDIA_PASSWORD, "poll": "50ms", **settings,
    }}


def aspect(urls, profile, **settings):
    """CTI Portal Servers behind, the second of which stands in for the first."""
    return {"platform.aspect": {
        "dialect": "ctips", "urls": urls, "callback": f"http://{unused()}/CTIEvents", "user": CTIPS_USER,
        "password": CTIPS_PASSWORD, "profile": profile.name, "reconnect_min": "20ms", "reconnect_max": "200ms",
        **settings,
    }}


def unused():
    """An address of this machine on which nobody listens: one that nobody else looks at."""
    host = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"


def tickets(platform, **settings):
    """Clients of an Open Media service in front."""
    return {"application.tickets": {
        "dialect": "open-media", "listen": ANYWHERE, "users": {TICKETS_USER: TICKETS_PASSWORD}, "platforms": [platform],
        **settings,
    }}


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
        # What it keeps of routes is nobody else's.
        self.folder = tempfile.TemporaryDirectory(prefix="cti-bridge-")
        self.admin = unused()
        root = {"store": f"{self.folder.name}/routes"}
        text = table(root) + "".join(f"[{name}]\n{table(settings)}" for name, settings in
                                     {"admin": {"listen": self.admin}, **sections}.items())
        file = f"{self.folder.name}/cti-bridge.toml"
        with open(file, "w", encoding="utf-8") as configuration:
            configuration.write(text)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("CTI_BRIDGE_", "RUST_LOG"))}
        self.process = Process([str(binary), "run", "--config", file], "stderr", env=clean)
        # Where each of them is reached, by the name in the configuration.
        self.addresses = {}
        listening = {name.split(".")[-1] for name, settings in sections.items() if "listen" in settings}
        try:
            while not listening <= self.addresses.keys():
                told = LISTENS.search(self.process.line("the bridge's readiness", LISTENS.search))
                self.addresses[told["name"]] = told["address"]
        except BaseException:
            self.process.kill()
            self.folder.cleanup()
            raise

    @property
    def url(self):
        """Where the CTIPS application is served."""
        return f"http://{self.addresses['desk']}/AgentCallService"

    def ready(self):
        """Waits until every platform is there."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"http://{self.admin}/readyz", timeout=PATIENCE):
                    return
            except urllib.error.HTTPError as refused:
                with refused:
                    missing = refused.read().decode()
            assert time.monotonic() < until, f"after {PATIENCE} s not there: {missing}; {self.process.story()}"
            time.sleep(0.05)

    def routed(self):
        """Waits until no selection lives on a routing platform."""
        until = time.monotonic() + PATIENCE
        while True:
            with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=PATIENCE) as metrics:
                living = LIVING.findall(metrics.read().decode())
            assert living, "nothing says how many live"
            if {*living} == {"0"}:
                return
            assert time.monotonic() < until, f"after {PATIENCE} s there live {living}; {self.process.story()}"
            time.sleep(0.05)

    def stop(self):
        """Ends it as an operator would; hands back its exit status."""
        self.process.child.terminate()
        status = self.process.end()
        self.folder.cleanup()
        return status


def table(settings):
    return "".join(f"{key} = {toml(value)}\n" for key, value in settings.items())


def toml(value):
    """A text, a list of texts, or a table of them: all but tables are written as in JSON."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)
