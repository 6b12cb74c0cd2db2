"""Clients of the bridge's Open Media side: what Mono's wsdl and svcutil make of its WSDL, zeep and node's soap. Behind the
bridge an Open Media service on WCF, which asserts nothing but says what reached it."""

import json
import subprocess
import unittest

from harness.bridge import MEDIA_PASSWORD, MEDIA_USER, TICKETS_PASSWORD, TICKETS_USER, media, tickets
from harness.open_media import OpenMedia
from harness.process import PATIENCE

from .test_wsdl import CLIENTS
from .world import BUILT, bridge

OPERATIONS = [
    "AddRequest", "CancelRequest", "DivertRequest", "GetAllOpenMediaRequestStatus", "GetAllOpenMediaServiceGroupStatus",
    "GetOpenMediaRequestHistoryByID", "GetOpenMediaRequestStatusByID", "GetOpenMediaRequestsByTime",
    "GetServiceGroupStatus", "ModifyRequest", "SetOptions",
]


class OpenMediaClients:
    maxDiff = None

    def test_a_client_adds_queries_modifies_diverts_and_cancels(self):
        service = OpenMedia(BUILT / "bin" / "OpenMedia.exe")
        self.addCleanup(service.stop)
        service.group(9, "Sales")
        service.group(11, "Support")
        service.group(12, "Nights", open=False)
        self.bridge = bridge(self, {**media(service.url), **tickets("media")})
        self.bridge.ready()
        self.url = f"http://{self.bridge.addresses['tickets']}/OpenMediaService"

        ran = subprocess.run(self.command(), input=TICKETS_PASSWORD, capture_output=True, encoding="utf-8", timeout=PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        got = json.loads(ran.stdout)
        for fault in ("stranger", "again", "unknown"):
            self.assertTrue(got[fault].pop("message"))
        self.assertEqual(got, {
            "operations": OPERATIONS,
            "stranger": {"fault": "InvalidUserFault"},
            "added": {"RequestStatus": "Success", "QueuePosition": 1, "EWT": 5},
            "queued": {"Status": "Queued", "ServiceGroupID": 9, "QueuePosition": 1, "AgentID": 0, "TenantID": 0,
                       "LogonID": ""},
            "modified": True,
            "diverted": {"RequestStatus": "Success"},
            "history": [["Queued", 9], ["Queued", 11]],
            "latest": [["Queued", 11]],
            "all": [["Queued", 11]],
            "cancelled": True,
            "again": {"fault": "OpenMediaRequestTerminatedFault"},
            "unknown": {"fault": "InvalidOpenMediaIDFault"},
            "closed": "ServiceGroupClosed",
            "too long": "InvalidDataException",
            "group": {"ServiceGroupID": 12, "Open": False},
            "groups": [[9, True], [11, True], [12, False]],
            "options": True,
        })

        # One account for all clients; and every value as it was given.
        added = service.next("AddRequest")
        self.assertEqual((added["user"], added["password"]), (MEDIA_USER, MEDIA_PASSWORD))
        args = {name: value for name, value in added["args"].items() if value}
        # As the client says "not given".
        self.assertIn(args.pop("TenantID", 0), (0, -1))
        self.assertEqual(args, {
            "ServiceGroupID": 9, "PrivateData": "guid-1", "SessionPriority": 7,
            "IVRInfo": [{"Label": "ANI", "Data": "555 <1234> & ü"}, {"Label": "DNIS", "Data": "800"}],
        })
        number = added["result"]["OpenMediaID"]
        modified = service.next("ModifyRequest")["args"]
        self.assertEqual((modified["OpenMediaID"], modified["IVRInfo"]), (number, [{"Label": "Note", "Data": "x"}]))
        diverted = service.next("DivertRequest")["args"]
        self.assertEqual((diverted["OpenMediaID"], diverted["ServiceGroupID"]), (number, 11))
        self.assertEqual(service.next("CancelRequest")["args"], {
            "OpenMediaID": number, "CancelIfAllocated": True, "DoNotReport": False})
        options = service.next("SetOptions")["args"]
        self.assertEqual({name: value for name, value in options.items() if value}, {
            "TypeOfSession": 2, "CloseTabOptions": 4})

    def made(self, program, tool, *options):
        """A C# client compiled with what a tool makes of the WSDL: the command that runs it."""
        folder = BUILT / "made" / program
        folder.mkdir(parents=True, exist_ok=True)
        proxy, binary = folder / "proxy.cs", folder / f"{program}.exe"
        ran = subprocess.run([tool, *options, f"-out:{proxy}", self.url + self.wsdl],
                             capture_output=True, encoding="utf-8", timeout=PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        references = ["System.ServiceModel", "System.Runtime.Serialization", "System.Xml", "System.Web.Services"]
        ran = subprocess.run(["mcs", "-warn:4", "-warnaserror", f"-out:{binary}", *(f"-r:{each}" for each in references),
                              CLIENTS / f"{program}.cs", CLIENTS.parent / "Lines.cs", CLIENTS.parent / "Json.cs", proxy],
                             capture_output=True, encoding="utf-8", timeout=PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ["mono", str(binary), self.url, TICKETS_USER]


class WebService(OpenMediaClients, unittest.TestCase):
    wsdl = "?wsdl"

    def command(self):
        return self.made("WebServiceClient", "wsdl", "-nologo", "-namespace:OpenMediaService")


class ServiceModel(OpenMediaClients, unittest.TestCase):
    # Mono's svcutil stumbles over schemas that a WSDL imports.
    wsdl = "?singleWsdl"

    def command(self):
        return self.made("ServiceModelClient", "svcutil", "--noLogo", "--noConfig")


class Zeep(OpenMediaClients, unittest.TestCase):
    def command(self):
        return [str(BUILT / "venv" / "bin" / "python"), str(CLIENTS / "zeep_open_media.py"), self.url + "?wsdl", TICKETS_USER]


class Soap(OpenMediaClients, unittest.TestCase):
    def command(self):
        return ["node", str(CLIENTS / "soap_open_media.js"), self.url + "?wsdl", TICKETS_USER]
