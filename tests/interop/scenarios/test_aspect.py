"""A CTI Portal Server on WCF behind the bridge, in both profiles: a session is opened, beaten and opened again, its calls are
those of an event feed's application, and requests of a CTIPS application reach it."""

import time
import unittest

from harness.bridge import CRM_PASSWORD, CRM_USER, CTIPS_PASSWORD, CTIPS_USER, PASSWORD, USER, aspect, crm, desk
from harness.ctips import Platform
from harness.feed import Agent
from harness.profiles import EDK, GUIDE
from harness.subscriber import Subscriber

from .world import BUILT, Desk, bridge

SALES = 9
CLASSES = {"EventCategoryAgent", "EventCategoryCall", "EventCategoryRoute", "EventCategorySystem"}
JANE = Agent(1001, "77", "4001", "Jane Doe")
SERVICES = [{"ServiceId": SALES, "ServiceState": "Active"}]
AGENT = {"AgentId": 1001}
NUMBERS = {"ANI": "5551234", "DNIS": "800"}
IDS = {"CallId": 900, "CallSequenceId": 5900, "ServiceId": SALES}
# What an event feed tells until an agent has answered a call.
ANSWERED = "queued", "dequeued", "delivered", "established", "agent-on-call"


class Portals:
    """What a portal does when somebody connects."""

    # The portal's profile, where it is not the application's.
    behind = None

    @property
    def portals_profile(self):
        return self.behind or self.profile

    def portal(self, port=0):
        platform = Platform(BUILT / "bin" / self.portals_profile.contracts.replace(".cs", "Platform.exe"), port)
        self.addCleanup(platform.kill)
        return platform

    def opened(self, platform):
        """A session is opened, registered, on line, and shown everything."""
        opened = platform.next("OpenConnection")
        self.assertEqual(opened["args"]["UserCredentials"], {"UserName": CTIPS_USER, "Password": CTIPS_PASSWORD})
        self.assertEqual(opened["args"]["TenantIds"], [1])
        self.assertEqual({platform.next("AddMessageClass")["args"]["MessageClass"] for _ in range(4)}, CLASSES)
        self.assertEqual(platform.next("OnLine")["args"]["SessionId"], opened["session"])
        missing = {"AgentInfo", "CallInfo", "ServiceInfo"}
        while missing:
            asked = platform.next("Snapshot")["args"]
            self.assertTrue(asked["EntityType"] and missing.issuperset(asked["EntityType"]), asked)
            missing.difference_update(asked["EntityType"])
            self.shows(platform, asked)
        return opened

    def shows(self, platform, asked):
        """One update for each of what there is."""
        for kind in asked["EntityType"]:
            ends = self.portals_profile.snapshot_end_of == "type" or kind == asked["EntityType"][-1]
            data = {
                "AgentInfo": {"AgentData": {
                    "AgentId": JANE.id, "AgentLoginName": JANE.number, "AgentStationAddress": JANE.station,
                    "AgentState": "Idle", "Services": SERVICES,
                }},
                "ServiceInfo": {"ServiceData": {"ServiceId": SALES, "ServiceState": "Active"}},
                "CallInfo": {},                         # of what there is none, there is one without data
            }[kind]
            platform.publishes("SnapShotUpdate", SnapShotType=kind, RequestId=asked.get("RequestId", 0), **data,
                               **{self.portals_profile.snapshot_end: ends})

    def established(self, platform, level="gold"):
        """An inbound call until an agent has answered it, as the guide's chapter 2 tells it."""
        info = {**NUMBERS, "CallData": [{"key": "level", "value": level}]}
        platform.publishes("CallStarted", **IDS)
        platform.publishes("CallOffered", **IDS, **NUMBERS)
        platform.publishes("CallDelivered", **IDS, **NUMBERS, CallType="InboundAcd")
        platform.publishes("CallConnected", **IDS, **AGENT, CallType="InboundAcd", ResponseRequired=True,
                           CallInfo=[info] if self.profile.call_info_is_list else info)
        platform.publishes("AgentStateChange", **AGENT, AgentState="PendingActive")
        platform.publishes("CallEstablished", **IDS, **AGENT, **NUMBERS, MediaType="VoiceAnalog")
        platform.publishes("AgentStateChange", **AGENT, AgentState="Active")

    def cleared(self, platform):
        """Its end, and the agent's wrap-up."""
        platform.publishes("CallCleared", **IDS, **AGENT, ClearingPartyType="NearEnd")
        platform.publishes("AgentStateChange", **AGENT, AgentState="Wrap")
        platform.publishes("CallEnd", **IDS)
        platform.publishes("CallCompleted", **IDS)
        platform.publishes("AgentStateChange", **AGENT, AgentState="Idle")


class Aspect(Portals):
    maxDiff = None

    def connect(self, *platforms, **settings):
        self.bridge = bridge(self, {
            **aspect([platform.url for platform in platforms], self.profile, **settings), **crm("aspect")})
        self.client = Subscriber(self.bridge.addresses["crm"])
        self.addCleanup(self.client.close)
        self.assertEqual(self.client.authenticate(CRM_USER, CRM_PASSWORD)["result"], 0)
        self.assertEqual(self.client.subscribe(agent_activity=["*"], call_activity=["*"])["result"], 0)

    def hears(self, *names):
        """The next messages are these; they are handed back."""
        heard = []
        for name in names:
            heard.append(self.client.hear())
            self.assertEqual(heard[-1]["message"], name, heard)
        return heard

    def test_its_calls_are_those_of_an_event_feed(self):
        platform = self.portal()
        self.connect(platform)
        self.opened(platform)
        login, _ = self.hears("agent-login", "agent-idle")
        self.assertEqual((login["agent-id"], login["agent-number"], login["agent-ext"]), (1001, 77, 4001))
        self.established(platform)
        self.cleared(platform)
        calls = self.hears(*ANSWERED)
        calls += self.hears("conn-cleared", "agent-wrap", "call-cleared", "wrap-ended", "agent-idle")
        calls = [message for message in calls if "call-table" in message]
        self.assertEqual({(message["call-id"], message["guid"]) for message in calls}, {(900, calls[0]["guid"])})
        for message in calls:
            table, = message["call-table"]
            profile = {item["id"]: item["value"] for item in table["call-profile"]}
            self.assertEqual((table["dnis"], table["group"]["id"], profile[2]), ("800", SALES, "5551234"))
        delivered, established = calls[2:4]
        self.assertEqual((delivered["alerting-device-id"], delivered["alerting-device"]), (1001, "4001"))
        self.assertEqual((established["joining-device-id"], established["joining-device"]), (1001, "4001"))
        profile = {item["id"]: item["value"] for item in established["call-table"][0]["call-profile"]}
        self.assertEqual(profile[101], "gold")

    def test_a_control_character_in_a_text_loses_no_event(self):
        """WCF writes it as a reference that XML forbids: &#x1F;."""
        platform = self.portal()
        self.connect(platform)
        self.opened(platform)
        self.hears("agent-login", "agent-idle")
        self.established(platform, "go\x1fld")
        heard = self.hears(*ANSWERED)
        profile = {item["id"]: item["value"] for item in heard[3]["call-table"][0]["call-profile"]}
        self.assertEqual(profile[101], "go\ufffdld")

    def test_one_that_beats_is_left_alone_and_one_that_does_not_is_opened_again(self):
        platform = self.portal()
        self.connect(platform, heartbeat_timeout="3s")
        first = self.opened(platform)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            self.assertEqual(platform.beats(), 1)
        self.assertTrue(platform.heard["OpenConnection"].empty())
        # Not beaten any more.
        self.assertNotEqual(self.opened(platform)["session"], first["session"])

    def test_its_calls_end_with_it_and_begin_anew_when_it_is_back(self):
        platform = self.portal()
        platform.pulses()
        self.connect(platform, heartbeat_timeout="4s", link_grace="1s")
        self.opened(platform)
        self.hears("agent-login", "agent-idle")
        self.established(platform)
        before = self.hears(*ANSWERED)
        platform.kill()
        # It is not back in time.
        self.hears("conn-cleared", "call-cleared", "agent-logout")
        platform = self.portal(platform.port)
        platform.pulses()
        self.opened(platform)
        # The call that the portal still has is another one to whom it was told to be over.
        self.hears("agent-login", "agent-idle")
        self.established(platform)
        after = self.hears(*ANSWERED)
        self.assertNotIn(after[0]["call-id"], {message.get("call-id") for message in before})

    def test_another_stands_in_for_one_that_is_gone(self):
        primary, backup = self.portal(), self.portal()
        primary.pulses()
        backup.pulses()
        self.connect(primary, backup, heartbeat_timeout="4s")
        self.opened(primary)
        self.assertTrue(backup.heard["OpenConnection"].empty())
        primary.kill()
        self.opened(backup)
        self.hears("agent-login", "agent-idle")
        self.established(backup)
        self.hears(*ANSWERED)


class AspectRequests(Portals):
    """A CTIPS application in front: what the portal says passes whole, and nothing is added."""

    def setUp(self):
        self.platform = self.portal()
        self.platform.pulses()
        self.start({**aspect([self.platform.url], self.portals_profile), **desk("aspect", self.profile)})
        self.opened(self.platform)
        self.bridge.ready()
        answer = self.application.initialize(USER, PASSWORD)
        self.assertEqual(answer["session"]["status"], 0)

    def asked(self, operation, agent=None, **members):
        """The platform is asked this; hands back the bridge's number of the request."""
        args = self.platform.next(operation)["args"]
        if agent is not None:
            members[self.portals_profile.agent] = agent.id
        self.assertEqual({name: args[name] for name in members}, members)
        return args["RequestId"]

    def test_requests_reach_it_with_their_ids_and_its_events_answer_them(self):
        call = {"CallId": 900, "CallSequenceId": 5900, "SwitchId": 1}
        towards = {"DestinationType": "External", "DestinationAddress": "5559999"}
        number = self.ask("MakeCall", JANE, CallId=-1, **towards)
        request = self.asked("MakeCall", JANE, **towards)
        self.platform.publishes("CallStarted", **call)
        self.platform.publishes("CallOriginated", **call, **AGENT, RequestId=request, DestType="External",
                                Destination="5559999")
        self.passes("CallStarted")
        self.hears("CallOriginated", **call, **AGENT, RequestId=number, DestType="External", Destination="5559999")
        self.platform.publishes("CallEstablished", **call, **AGENT, MediaType="VoiceAnalog", DNIS="5559999")
        self.passes("CallEstablished")

        towards = {"DestinationType": "External", "DestinationAddress": "5558888", "TransferType": "Blind"}
        number = self.ask("TransferCall", JANE, CallId=900, **towards)
        request = self.asked("TransferCall", JANE, CallId=900, **towards)
        joined = dict.fromkeys(["ConsultingCallId", "ConsultedCallId", "TransferredCallId"], 900)
        self.platform.publishes("CallTransferred", **call, **AGENT, **joined, RequestId=request, ConsultationAgentId=1001)
        self.hears("CallTransferred", **call, **AGENT, **joined, RequestId=number, ConsultationAgentId=1001)
        self.platform.publishes("CallCleared", **call, **AGENT, ClearingPartyType="NearEnd")
        self.hears("CallCleared", **call, **AGENT, ClearingPartyType="NearEnd")

    def test_it_is_told_which_route_was_selected_and_says_what_became_of_it(self):
        call = {"CallId": 901, "CallSequenceId": 5901, "ServiceId": SALES, "SwitchId": 1}
        self.platform.publishes("CallStarted", **call)
        self.platform.publishes("CallOffered", **call, **NUMBERS)
        self.platform.publishes("RouteRequest", **call, RouteTimeout=20, MediaType="VoiceAnalog")
        self.passes("CallStarted", "CallOffered", "RouteRequest")
        for destination, outcome in (("78", "rejected"), ("77", "used")):
            selected = {"CallId": 901, "RouteActionType": "RouteToAgent", "RouteDestination": destination}
            number = self.ask("RouteSelect", **selected, UserData=["a", "b"])
            request = self.asked("RouteSelect", **selected, UserData=["a", "b"])
            if outcome == "rejected":
                self.platform.publishes("RouteRejected", **call, RequestId=request, RouteRejectReason="DestinationBusy")
                self.hears("RouteReject", **call, RequestId=number, RouteRejectReason="DestinationBusy")
            else:
                used = {"RouteStatus": "RouteSuccess", "RouteType": "RouteToAgent", "RouteDestination": "77"}
                self.platform.publishes("RouteUsed", **call, RequestId=request, **used)
                self.hears("RouteUsed", **call, RequestId=number, **used)


class AspectEdk(Aspect, unittest.TestCase):
    profile = EDK


class AspectGuide(Aspect, unittest.TestCase):
    profile = GUIDE


class AspectRequestsEdk(AspectRequests, Desk):
    profile = EDK


class AspectRequestsGuide(AspectRequests, Desk):
    profile = GUIDE


class AspectRequestsEdkBehindGuide(AspectRequests, Desk):
    profile, behind = GUIDE, EDK


class AspectRequestsGuideBehindEdk(AspectRequests, Desk):
    profile, behind = EDK, GUIDE
