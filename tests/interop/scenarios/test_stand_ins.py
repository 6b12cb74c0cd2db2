"""The services that stand in for those of the vendors say what a WCF service says, to somebody who knows nothing of WCF."""

import re
import unittest
import urllib.error
import urllib.request

from harness.bridge import CTIPS_PASSWORD, CTIPS_USER, MEDIA_PASSWORD, MEDIA_USER
from harness.callback import Callback
from harness.ctips import Platform
from harness.open_media import ALLOCATED, OpenMedia
from harness.profiles import EDK, GUIDE

from .world import BUILT

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MEDIA = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts"

# What was captured of a real WCF stack, but for its times.
ADDED = f"""<AddRequestResponse xmlns="http://tempuri.org/"><AddRequestResult xmlns:d4p1="{MEDIA}" xmlns:i="{XSI}">\
<d4p1:EWT>5</d4p1:EWT><d4p1:OpenMediaID>1001</d4p1:OpenMediaID><d4p1:QueuePosition>1</d4p1:QueuePosition>\
<d4p1:RequestStatus>Success</d4p1:RequestStatus></AddRequestResult></AddRequestResponse>"""
REFUSED = f"""<s:Fault><faultcode>Sender</faultcode><faultstring xml:lang="">bad user</faultstring><detail>\
<InvalidUserFault xmlns:i="{XSI}" xmlns="{MEDIA}"><Message>bad user</Message></InvalidUserFault></detail></s:Fault>"""
STATUS = f"""<GetOpenMediaRequestStatusByIDResponse xmlns="http://tempuri.org/">\
<GetOpenMediaRequestStatusByIDResult xmlns:d4p1="{MEDIA}" xmlns:i="{XSI}"><d4p1:OpenMediaRequests>\
<d4p1:OpenMediaRequest><d4p1:AgentID>0</d4p1:AgentID><d4p1:ID>1001</d4p1:ID><d4p1:LogonID></d4p1:LogonID>\
<d4p1:QueuePosition>1</d4p1:QueuePosition><d4p1:ServiceGroupID>9</d4p1:ServiceGroupID><d4p1:Status>Queued</d4p1:Status>\
<d4p1:TenantID>0</d4p1:TenantID><d4p1:TimeStamp>…</d4p1:TimeStamp></d4p1:OpenMediaRequest></d4p1:OpenMediaRequests>\
<d4p1:TimeStamp>…</d4p1:TimeStamp></GetOpenMediaRequestStatusByIDResult></GetOpenMediaRequestStatusByIDResponse>"""


def post(url, action, body, header=""):
    """Posts one envelope, and hands back status and body of the answer."""
    envelope = (f'<s:Envelope xmlns:s="{SOAP}" xmlns:i="{XSI}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body>'
                "</s:Envelope>")
    request = urllib.request.Request(url, envelope.encode(), {
        "Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'})
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        text = answer.read().decode()
    return answer.status, re.search("<s:Body>(.*)</s:Body>", text)[1]


class OpenMediaStandIn(unittest.TestCase):
    maxDiff = None

    def ask(self, operation, body, password=MEDIA_PASSWORD):
        secret = password.replace("&", "&amp;").replace("<", "&lt;")
        header = (f'<LogonID xmlns="OpenMediaService">{MEDIA_USER}</LogonID>'
                  f'<Password xmlns="OpenMediaService">{secret}</Password>')
        return post(self.media.url, f"http://tempuri.org/IOpenMediaService/{operation}",
                    f'<{operation} xmlns="http://tempuri.org/">{body}</{operation}>', header)

    def test_it_answers_as_a_real_one_was_seen_to(self):
        self.media = OpenMedia(BUILT / "bin" / "OpenMedia.exe")
        self.addCleanup(self.media.stop)
        self.media.group(9, "Sales")
        request = (f'<request xmlns:a="{MEDIA}"><a:IVRInfo><a:IVRInformation><a:Data>5551234</a:Data><a:Label>ANI</a:Label>'
                   "</a:IVRInformation></a:IVRInfo><a:ServiceGroupID>9</a:ServiceGroupID></request>")
        self.assertEqual(self.ask("AddRequest", request), (200, ADDED))
        self.assertEqual(self.ask("AddRequest", request, "guess"), (500, REFUSED))
        status, answer = self.ask("GetOpenMediaRequestStatusByID", "<openMediaID>1001</openMediaID>")
        self.assertEqual((status, re.sub("TimeStamp>[-0-9T:.]+Z<", "TimeStamp>…<", answer)), (200, STATUS))
        # What is ordered shows, whatever way it is asked for.
        self.media.agent("77", 40)
        self.media.move(1001, ALLOCATED, "77")
        for operation, asked, entries in (
                ("GetOpenMediaRequestStatusByID", "<openMediaID>1001</openMediaID>", 1),
                ("GetOpenMediaRequestsByTime", "<retrieveLaterThan>2026-01-01T00:00:00Z</retrieveLaterThan>", 2)):
            status, answer = self.ask(operation, asked)
            self.assertEqual(status, 200)
            self.assertEqual(answer.count("<d4p1:OpenMediaRequest>"), entries)
            self.assertIn("<d4p1:LogonID>77</d4p1:LogonID>", answer)
            self.assertIn("<d4p1:Status>Allocated</d4p1:Status>", answer)


class CtipsStandIn:
    profile = None

    def ask(self, operation, members):
        body = "".join(f"<d:{name}>{value}</d:{name}>" for name, value in members.items())
        return post(self.platform.url, f"{self.namespace}{self.contract}/{operation}",
                    f'<{operation} xmlns="{self.namespace}"><args xmlns:d="{self.profile.data}">{body}</args></{operation}>')

    def test_a_session_is_opened_beaten_and_told_of_what_it_registered_for(self):
        self.platform = Platform(BUILT / "bin" / self.profile.contracts.replace(".cs", "Platform.exe"))
        self.addCleanup(self.platform.stop)
        callback = Callback(self.profile)
        self.addCleanup(callback.stop)

        arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
        password = CTIPS_PASSWORD.replace("&", "&amp;").replace("<", "&lt;")
        opening = {
            "ClientCallbackURL": callback.url, "TenantIds": f'<x:int xmlns:x="{arrays}">1</x:int>',
            "UserCredentials": f"<d:Password>{password}</d:Password><d:UserName>{CTIPS_USER}</d:UserName>",
        }
        status, _ = self.ask("OpenConnection", {**opening, "UserCredentials": "<d:UserName>nobody</d:UserName>"})
        self.assertEqual(status, 500)
        status, answer = self.ask("OpenConnection", opening)
        self.assertEqual(status, 200)
        session = re.search(r"SessionId>([^<]+)<", answer)[1]
        start = callback.next("StartSession")
        self.assertEqual(start.findtext(f"{{{self.profile.callback}}}sessionId"), session)
        own = {"SessionId": session, "TenantId": 1}
        self.assertEqual(self.ask("AddMessageClass", {"MessageClass": "EventCategoryCall", **own})[0], 200)
        # Not yet on line, and not registered for the class.
        self.assertEqual(self.platform.publishes("CallStarted", CallId=7), 0)
        self.assertEqual(self.ask("OnLine", own)[0], 200)
        self.assertEqual(self.platform.publishes("AgentStateChange", AgentId=12), 0)

        info = {"ANI": "5551234", "DNIS": "800"}
        info = [info] if self.profile.call_info_is_list else info
        self.assertEqual(self.platform.publishes("CallConnected", CallId=7, AgentId=12, CallInfo=info), 1)
        name, event = callback.event()
        self.assertEqual(name, self.profile.event_class("CallConnected"))
        self.assertEqual((event["CallId"].text, event["AgentId"].text), ("7", "12"))
        self.assertEqual(event["CallInfo"].findtext(f".//{{{self.profile.data}}}ANI"), "5551234")
        self.assertEqual(self.platform.publishes("RouteRejected", CallId=7), 0)
        self.assertEqual(self.platform.beats(), 1)

        self.assertEqual(self.ask("ClearCall", {self.profile.agent: 12, "CallId": 7, "RequestId": 3, **own})[0], 200)
        asked = self.platform.next("ClearCall")["args"]
        self.assertEqual((asked["CallId"], asked["RequestId"], asked[self.profile.agent]), (7, 3, 12))
        self.platform.forgets()
        self.assertEqual(self.ask("OnLine", own)[0], 500)


class CtipsStandInEdk(CtipsStandIn, unittest.TestCase):
    profile = EDK
    namespace, contract = "http://www.aspect.com/unifiedip/edk/ctipsapi/2009/08", "/AgentCallService"


class CtipsStandInGuide(CtipsStandIn, unittest.TestCase):
    profile = GUIDE
    namespace, contract = "http://tempuri.org/", "IAgentCallService"
