"""A CCAS with its relay, from the guide and the relay's README alone: lines of JSON, pings answered, calls heard."""

import json
import queue
import socket
import threading
from pathlib import Path

from .bridge import TOKEN
from .process import PATIENCE

GUIDE = json.loads((Path(__file__).parent.parent / "ccas_relay" / "guide.json").read_text(encoding="utf-8"))
EVENTS = {int(number): dict(word.split(":") for word in words.split()) for number, words in GUIDE["events"].items()}
METHODS = {name: [word.split(":") for word in words.split()] for name, words in GUIDE["methods"].items()}
TYPES = {"LONG": int, "BSTR": str}

LOGON, LOGOFF, READY, NOT_READY = 1, 2, 3, 4
ORIGINATED, DELIVERED, ESTABLISHED, HOLD, RETRIEVED, TRANSFERRED, CONFERENCE, CLEARED, CLERICAL_ENDED = range(7, 16)
CALL_INFORMATION, SERVICE_GROUP_ADDED, DATA_COMPLETE, QUALIFICATION = 24, 33, 35, 41
VOICE = 3               # a CallType
E_FAIL = -2147467259


class Relay:
    """The platform's line to the bridge. It hears by itself, so that pings are answered whatever a scenario waits for."""

    def __init__(self, bridge, token=TOKEN):
        host, port = bridge.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.socket.settimeout(None)
        self.writing = threading.Lock()
        self.heard = queue.Queue()
        self.send({"hello": "ccas-relay", "version": 1, "token": token})
        self.reader = threading.Thread(target=self._hear, daemon=True)
        self.reader.start()

    def _hear(self):
        try:
            for line in self.socket.makefile("rb"):
                line = json.loads(line)
                if "ping" in line:
                    self.send({"pong": line["ping"]})
                elif line.get("call") == "GetPhoneAgentstatus":
                    # The bridge calls this for everybody who logs on.
                    self.send({"id": line["id"], "hresult": 0, "out": {"loggedOn": False}})
                else:
                    self.heard.put(line)
        except OSError:
            pass                                # it was closed here
        self.heard.put(None)

    def send(self, line):
        with self.writing:
            self.socket.sendall(json.dumps(line).encode() + b"\n")

    def says(self, number, **given):
        """An event of the guide's, with every parameter of its type: what is not given is 0 or empty."""
        types = EVENTS[number]
        assert given.keys() <= types.keys(), f"{number} has no {given.keys() - types.keys()}"
        self.send({"type": number, **{name: 0 if kind == "Long" else "" for name, kind in types.items()}, **given})

    def next(self):
        """The next line that is no ping; none once the bridge has closed the connection."""
        try:
            line = self.heard.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"the bridge said nothing within {PATIENCE} s") from None
        if line is None:
            self.heard.put(None)
        return line

    def called(self, method, *values):
        """The next call is this method, with these values for the guide's parameters in the guide's order."""
        call = self.next()
        assert call is not None, f"the connection was closed before {method}"
        names = [name for way, _, name in METHODS[method] if way == "in"]
        types = [TYPES[kind] for way, kind, _ in METHODS[method] if way == "in"]
        assert (call["call"], [*call["args"].items()]) == (method, [*zip(names, values, strict=True)]), call
        assert [type(value) for value in call["args"].values()] == types, call
        return call

    def answer(self, call):
        self.send({"id": call["id"], "hresult": 0, "out": {}})

    def refuse(self, call, error):
        """As a method that fails, with the text that GetLastErrorInfo has then."""
        self.send({"id": call["id"], "hresult": E_FAIL, "error": error})

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass                                # the bridge was first
        self.reader.join()
        self.socket.close()


class Agent:
    def __init__(self, number, logon, station, name):
        self.id, self.number, self.station, self.name = number, logon, station, name

    def says(self, relay, event, **given):
        relay.says(event, RecID=self.id, **given)

    def logs_on(self, relay, *groups):
        """Ready for calls."""
        self.says(relay, LOGON, Name=self.name, LogonID=self.number, DN=self.station, VoiceReady=1, MachineName="pc",
                  NumberOfServiceGroups=len(groups), ServiceGroupList="|".join(map(str, groups)), OASID=1)


class Call:
    """A call of a service group's, with what its caller told the IVR."""

    def __init__(self, number, ani, dnis, group, **data):
        self.number, self.ani, self.dnis, self.group, self.data = number, ani, dnis, group, data

    def alerts(self, relay, agent):
        """Allocated to an agent, and ringing there."""
        ivr = {}
        for place, (label, value) in enumerate(self.data.items(), 1):
            ivr.update({f"IVRLabel{place}": label, f"IVRData{place}": value})
        agent.says(relay, CALL_INFORMATION, CallID=self.number, ServiceGroupID=self.group, CallingPartyNumber=self.ani,
                   CalledNumber=self.dnis, CallType=VOICE, TimeInQueue=30, **ivr)
        agent.says(relay, DELIVERED, CallID=self.number, OppositePartyNumber=self.ani, CalledNumber=self.dnis)

    def connects(self, relay, agent):
        agent.says(relay, ESTABLISHED, CallID=self.number, OppositePartyNumber=self.ani)
