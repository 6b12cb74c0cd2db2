"""Clients that know the service by its WSDL alone: zeep and node's soap."""

import json
import subprocess
import unittest
from pathlib import Path

from harness.bridge import PASSWORD, USER, desk, mitel
from harness.callback import Callback
from harness.feed import Feed, entities
from harness.process import PATIENCE
from harness.profiles import EDK, GUIDE

from .world import BUILT, SALES, bridge

CLIENTS = Path(__file__).parent.parent / "clients"
ZEEP = [str(BUILT / "venv" / "bin" / "python"), str(CLIENTS / "zeep_client.py")]
SOAP = ["node", str(CLIENTS / "soap_client.js")]
OPERATIONS = [
    "AcceptCall", "AddFilter", "AddMessageClass", "ClearCall", "CloseConnection", "ConferenceCall", "ConsultationCall",
    "DeleteFilter", "DeleteMessageClass", "GetAgentState", "GetCallData", "HoldCall", "LoginAgent", "LogoutAgent",
    "MakeCall", "OffLine", "OnLine", "OpenConnection", "PanicLogout", "RetrieveCall", "RouteSelect", "SendDTMFDigits",
    "SetAgentState", "SetCallData", "SetDisposition", "Snapshot", "TransferCall",
]
REASON = "unknown user or wrong password"


class Wsdl:
    command = profile = None
    maxDiff = None

    def test_the_wsdl_is_enough_to_open_a_session_and_use_it(self):
        feed = Feed()
        self.addCleanup(feed.close)
        feed.open()
        served = bridge(self, {**mitel(feed.address), **desk("mitel", self.profile)})
        line = feed.welcome()
        self.addCleanup(line.close)
        callback = Callback(self.profile)
        self.addCleanup(callback.stop)

        command = [*self.command, served.url + "?wsdl", callback.url, USER]
        ran = subprocess.run(command, input=PASSWORD, capture_output=True, encoding="utf-8", timeout=PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        got = json.loads(ran.stdout)

        self.assertEqual(got["operations"], OPERATIONS)
        self.assertEqual(got["fault"], {"reason": REASON, "detail": self.detail()})
        start = callback.next("StartSession")
        told = {member.tag.removeprefix(f"{{{self.profile.callback}}}"): member for member in start}
        self.assertEqual(got["session"], {"SessionId": told["sessionId"].text, "status": 0})
        credentials = {member.tag.removeprefix(f"{{{self.profile.data}}}"): member.text for member in told["userinfo"]}
        self.assertEqual(credentials, {"UserName": USER, "Password": PASSWORD})
        self.assertEqual([got["AddMessageClass"], got["OnLine"], got["Snapshot"]], [0, 0, 0])
        for kind, last in (("AgentInfo", self.profile.snapshot_end_of == "type"), ("ServiceInfo", True)):
            name, event = callback.event()
            self.assertEqual(name, self.profile.event_class("SnapShotUpdate"))
            self.assertEqual(event["SnapShotType"].text, kind)
            self.assertEqual(event[self.profile.snapshot_end].text, str(last).lower())
        # The session outlives the client that opened it: it is the callback that counts.
        entities(line, [], {SALES: "Sales"})
        name, event = callback.event()
        self.assertEqual(name, self.profile.event_class("ServiceStateChange"))
        self.assertEqual((event["ServiceId"].text, event["ServiceState"].text), (str(SALES), "AddService"))


class Zeep(Wsdl):
    command = ZEEP

    def detail(self):
        """zeep hands over the detail as it is."""
        if not self.profile.faults_have_detail:
            return None
        return [f"{{{self.profile.data}}}CTIPortalServiceFault", {f"{{{self.profile.data}}}Message": REASON}]


class Soap(Wsdl):
    command = SOAP

    def detail(self):
        """soap hands over the detail without namespaces."""
        if not self.profile.faults_have_detail:
            return None
        return {"CTIPortalServiceFault": {"Message": REASON}}


class ZeepEdk(Zeep, unittest.TestCase):
    profile = EDK


class ZeepGuide(Zeep, unittest.TestCase):
    profile = GUIDE


class SoapEdk(Soap, unittest.TestCase):
    profile = EDK


class SoapGuide(Soap, unittest.TestCase):
    profile = GUIDE
