"""A page of AgentClient in Chromium, with agent-client.js in the place of the vendor's object: in front of an event feed, of a
CCAS and of a CTI Portal Server."""

import unittest

from harness.agent import pages
from harness.bridge import aspect, micc, mitel, unused
from harness.browser import Browser
from harness.ccas import (CLEARED, CLERICAL_ENDED, CONFERENCE as JOINED, DELIVERED, ESTABLISHED, HOLD, ORIGINATED, RETRIEVED,
                          TRANSFERRED, VOICE)
from harness.feed import Agent, Call, Feed, entities
from harness.page import (CALLING, CAN, CLEARING, CLERICAL, CONFERENCE, CONNECTED, DIALING, HELD, IDLE, JAVASCRIPT, METHODS,
                          OFFERED, VALUES, Page, camel)
from harness.profiles import EDK

from .office import SALES, Office
from .test_aspect import AGENT, IDS, NUMBERS, Portals
from .world import bridge

# What these return where the agent has no call and nothing is configured.
LISTS = {"GetNotReadyReasons": [], "GetCQCodes": [], "GetCalls": [], "GetEmails": [], "GetSMS": [], "GetOpenMedia": [], "GetChats": [],
         "GetAllTabs": [], "GetTabByName": None}
# These are done although the agent has no call.
DONE = {"SetReadyStatus", "EnableDispatchEvents", "IsRegistered", *(method for method in METHODS if method.startswith("SubscribeDispatch"))}


class Pages:
    maxDiff = None

    def start(self, sections):
        address = unused()
        front = pages(*sections["front"], origins=[f"http://{address}"])
        del sections["front"]
        self.bridge = bridge(self, {**sections, **front})
        self.browser = Browser(address)
        self.addCleanup(self.browser.stop)

    def open(self, token="token-of-77", name="page"):
        return Page(self.browser, name, self.bridge.addresses["pages"], token)

    def every_method(self, done):
        """Every method of the guide once, by an agent without calls: these are done, all others refused with a reason."""
        for method, given in METHODS.items():
            with self.subTest(method=method):
                if method not in JAVASCRIPT:
                    self.assertEqual(self.page.evaluate(f"typeof agentClient.{camel(method)}"), "undefined")
                    continue
                returned, reason = self.page.call(camel(method), *(VALUES[kind] for kind in given.values()))
                if method == "GetUserInformation":
                    self.assertEqual((returned["loginID"], returned["loggedOn"]), ("77", 1))
                elif method in LISTS:
                    self.assertEqual((returned, reason), (LISTS[method], None))
                elif method in done:
                    self.assertEqual((returned, reason), (True, None))
                else:
                    self.assertIs(returned, False)
                    self.assertTrue(reason or method in CAN, "it says why")

    def does(self, method, *args):
        self.assertEqual(self.page.call(method, *args), [True, None])

    def refuses(self, method, *args):
        returned, reason = self.page.call(method, *args)
        self.assertIs(returned, False)
        return reason


class OnTheFeed(Pages, unittest.TestCase):
    """An event feed has log-on, readiness, answer, hang up and wrap-up to offer; what else agents do is seen."""

    def setUp(self):
        self.jane, self.joe = Agent(1001, "77", "4001", "Jane Doe"), Agent(1002, "78", "4002", "Joe Bloggs")
        self.feed = Feed()
        self.addCleanup(self.feed.close)
        self.feed.open()
        self.start({**mitel(self.feed.address), "front": ["mitel"]})
        self.line = self.feed.welcome()
        self.addCleanup(self.line.close)
        entities(self.line, [self.jane, self.joe], {SALES: "Sales"})
        self.bridge.ready()
        self.page = self.open()

    def log_in(self):
        self.jane.logs_in(self.line, SALES)
        self.jane.says(self.line, "agent-idle")
        self.page.hears("onUserLogin")
        self.page.hears("onUserStatusUpdate", loggedOn=1, extensionNumber="4001", readyStatus=True)

    def commanded(self, wanted):
        request, command, parameters = self.line.command()
        self.assertEqual(command, wanted, parameters)
        self.line.answer(request)
        return parameters

    def inbound(self, number):
        return Call(number, "5551234", "800", group=SALES, profile={48: "Müller & Söhne", 101: "gold"})

    def connected(self, number):
        call = self.inbound(number)
        call.says(self.line, "delivered", self.jane.device("alerting-device"), call.caller("calling-device"), agent_chat_url="")
        self.page.hears_call(number, OFFERED, phoneNumber="5551234", calledNumber="800", canAnswer=True, canHold=False)
        self.does("answerCall", number)
        self.commanded("answer")
        call.says(self.line, "established", self.jane.device("joining-device"), call.caller("calling-device"))
        self.page.hears_call(number, CONNECTED, canHangup=True, canHold=False)
        return call

    def test_log_on_readiness_and_a_call_to_the_end_of_its_wrap_up(self):
        self.assertIn("not logged on", self.refuses("setReadyStatus", True))
        self.does("logOn", "4001")
        self.commanded("login")
        self.log_in()
        self.does("setReadyStatus", False, 3)
        self.commanded("release")
        self.jane.says(self.line, "agent-release", release_code=3)
        self.page.hears("onUserStatusUpdate", readyStatus=False, voiceNotReadyReasonID=3)
        call = self.connected(900)
        self.assertIn("no command to hold a call", self.refuses("holdActiveCall"))
        # What is done at the telephone is seen.
        call.says(self.line, "held", self.jane.device("device"))
        self.page.hears_call(900, HELD, canRetrieve=False)
        call.says(self.line, "retrieved", self.jane.device("device"))
        self.page.hears_call(900, CONNECTED)
        self.does("hangupActiveCall")
        self.commanded("hangup")
        call.says(self.line, "conn-cleared", self.jane.device("device-out"))
        self.jane.says(self.line, "agent-wrap", media_type=1, call_id=900, tapi_call_id=5900, guid=call.guid, wrapup_code=0)
        self.page.hears_call(900, CLEARING)
        self.page.hears_call(900, CLERICAL)
        self.does("cancelClerical", 900)
        self.commanded("end-wrapup")
        call.says(self.line, "wrap-ended", agent_id=1001, wrapup_code_id=3, wrapup_id_list=[3])
        self.jane.says(self.line, "agent-idle")
        self.page.hears_call(900, IDLE)
        self.does("logOff")
        self.commanded("logout")
        self.jane.says(self.line, "agent-logout")
        self.page.hears("onUserStatusUpdate", loggedOn=0)

    def test_a_transfer_and_a_conference_at_the_telephone_are_seen(self):
        self.log_in()
        self.joe.logs_in(self.line, SALES)
        call, other = self.consult(900)
        call.joins(self.line, "transferred", other, call, self.jane.device("transferring-device"), call.caller("transferred-device"),
                   self.joe.device("transfer-to-device"))
        self.page.wait("agentClient.getCalls().every(({ state }) => state === 11 || state === 99)")
        self.jane.says(self.line, "agent-idle")
        self.page.wait("agentClient.getCalls().length === 0")
        call, other = self.consult(910)
        call.joins(self.line, "conferenced", other, call, self.jane.device("conferencing-device"), call.caller("conferenced-device"),
                   self.joe.device("conference-to-device"))
        self.page.wait(f"agentClient.getCalls().map(({{ state }}) => state).join() === '{CONFERENCE}'")

    def consult(self, number):
        """Jane holds a customer's call, and talks to Joe."""
        call, other = self.connected(number), Call(number + 1, "4001", "4002")
        call.says(self.line, "held", self.jane.device("device"))
        self.page.hears_call(number, HELD)
        other.says(self.line, "initiated", self.jane.device("device"))
        self.page.hears_call(number + 1, DIALING)
        calling = self.jane.device("calling-device")
        other.says(self.line, "delivered", self.joe.device("alerting-device"), calling, agent_chat_url="")
        other.says(self.line, "established", self.joe.device("joining-device"), calling)
        self.page.hears_call(number + 1, CONNECTED)
        return call, other

    def test_every_method_once(self):
        self.log_in()
        self.every_method(DONE)
        self.commanded("resume")


class OnCcas(Office, Pages, unittest.TestCase):
    def setUp(self):
        self.start({**micc(), "front": ["micc"]})
        self.connect()
        self.page = self.open()
        self.page.hears("onUserLogin")

    def answers(self, method, *values):
        self.relay.answer(self.relay.called(method, *values))

    def serve(self, number=900):
        call = self.inbound(number)
        call.alerts(self.relay, self.ann)
        self.page.hears_call(number, OFFERED, canAnswer=True)
        self.does("answerActiveCall")
        self.answers("AnswerCall", 40, number)
        call.connects(self.relay, self.ann)
        self.page.hears_call(number, CONNECTED, canHold=True)

    def consult(self):
        self.serve()
        self.does("holdActiveCall")
        self.answers("HoldCall", 40, 900)
        self.ann.says(self.relay, HOLD, CallID=900)
        self.page.hears_call(900, HELD, canRetrieve=True)
        self.does("makeCall", "4041")
        self.answers("MakeCall", 40, "4041")
        self.ann.says(self.relay, ORIGINATED, CallID=901, CallType=VOICE)
        self.page.hears_call(901, DIALING, incoming=False, phoneNumber="4041")
        for event, state, more in (DELIVERED, CALLING, {"CalledNumber": "4041"}), (ESTABLISHED, CONNECTED, {}):
            for agent, opposite in (self.ann, "4041"), (self.ben, "4040"):
                agent.says(self.relay, event, CallID=901, OppositePartyNumber=opposite, **more)
            self.page.hears_call(901, state)

    def test_a_call_is_transferred_and_another_ends_with_its_wrap_up(self):
        self.consult()
        self.assertIs(self.page.evaluate("agentClient.canTransfer()"), True)
        self.does("transferCall", 900)
        self.answers("TransferCall", 40, 900)
        calls = {"HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902}
        self.ben.says(self.relay, TRANSFERRED, **calls, OppositePartyNumber="5551234")
        self.ann.says(self.relay, TRANSFERRED, **calls, TransferringAgent=1)
        self.page.wait("agentClient.getCalls().length === 0")
        self.serve(905)
        self.does("hangupCall", 905)
        self.answers("HangupCall", 40, 905)
        self.ann.says(self.relay, CLEARED, CallID=905, ClericalFlag=1)
        self.page.hears_call(905, CLERICAL)
        self.does("cancelClerical", 905)
        self.answers("CancelClerical", 40, 905)
        self.ann.says(self.relay, CLERICAL_ENDED, CallID=905)
        self.page.hears_call(905, IDLE)

    def test_a_conference(self):
        self.consult()
        self.assertIs(self.page.evaluate("agentClient.canConference()"), True)
        self.does("conferenceActiveCall")
        self.answers("ConferenceCall", 40)
        calls = {"HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902}
        self.ben.says(self.relay, JOINED, **calls, OppositePartyNumber="5551234")
        self.ann.says(self.relay, JOINED, **calls, OppositePartyNumber="5551234,4041")
        self.page.wait(f"agentClient.getCalls().map(({{ state }}) => state).join() === '{CONFERENCE}'")

    def test_every_method_once(self):
        # A call can be made, and CCAS is asked for it.
        self.every_method({*DONE, "MakeCall", "CanMakeCall"})


class OnAPortal(Portals, Pages, unittest.TestCase):
    """A CTI Portal Server: everything but the guide's data of the Agent's own."""

    profile = EDK

    def setUp(self):
        self.platform = self.portal()
        self.platform.pulses()
        self.start({**aspect([self.platform.url], EDK), "front": ["aspect"]})
        self.opened(self.platform)
        self.bridge.ready()
        self.page = self.open()
        self.page.hears("onUserLogin")

    def asked(self, operation, **members):
        args = self.platform.next(operation)["args"]
        self.assertEqual({name: args[name] for name in members}, members)
        return args["RequestId"]

    def serve(self):
        publishes = self.platform.publishes
        publishes("CallStarted", **IDS)
        publishes("CallOffered", **IDS, **NUMBERS)
        publishes("CallDelivered", **IDS, **NUMBERS, CallType="InboundAcd")
        publishes("CallConnected", **IDS, **AGENT, CallType="InboundAcd", ResponseRequired=True, CallInfo=NUMBERS)
        publishes("AgentStateChange", **AGENT, AgentState="PendingActive")
        self.page.hears_call(900, OFFERED, phoneNumber="5551234", canAnswer=True)
        self.does("answerCall", 900)
        request = self.asked("AcceptCall", AgentIdx=1001, CallId=900)
        publishes("CallEstablished", **IDS, **AGENT, **NUMBERS, MediaType="VoiceAnalog", RequestId=request)
        publishes("AgentStateChange", **AGENT, AgentState="Active")
        self.page.hears_call(900, CONNECTED, canHold=True)

    def test_a_call_that_is_held_retrieved_and_ended(self):
        self.serve()
        for method, operation, event, state in (("holdActiveCall", "HoldCall", "CallHeld", HELD),
                                                ("retrieveActiveCall", "RetrieveCall", "CallRetrieved", CONNECTED)):
            self.does(method)
            request = self.asked(operation, AgentIdx=1001, CallId=900)
            self.platform.publishes(event, **IDS, **AGENT, RequestId=request)
            self.page.hears_call(900, state)
        self.does("hangupActiveCall")
        request = self.asked("ClearCall", AgentIdx=1001, CallId=900)
        self.platform.publishes("CallCleared", **IDS, **AGENT, ClearingPartyType="NearEnd", RequestId=request)
        self.platform.publishes("AgentStateChange", **AGENT, AgentState="Wrap")
        self.page.hears_call(900, CLERICAL)
        self.does("cancelClerical", 900)
        request = self.asked("SetAgentState", AgentIdx=1001, NewState="Idle")
        self.platform.publishes("CallEnd", **IDS)
        self.platform.publishes("CallCompleted", **IDS)
        self.platform.publishes("AgentStateChange", **AGENT, AgentState="Idle", RequestId=request)
        self.page.hears_call(900, IDLE)

    def test_readiness_and_a_request_that_the_portal_refuses(self):
        self.does("setReadyStatus", False)
        request = self.asked("SetAgentState", AgentIdx=1001, NewState="NotReady")
        self.platform.publishes("AgentStateChange", **AGENT, AgentState="NotReady", RequestId=request)
        self.page.hears("onUserStatusUpdate", readyStatus=False)
        self.does("setReadyStatus", True)
        request = self.asked("SetAgentState", AgentIdx=1001, NewState="Idle")
        self.platform.publishes("AgentRequestFailed", **AGENT, RequestId=request, FailureType="RequestFailed", FailureReason="not now")
        error = self.page.hears("onError")
        self.assertEqual((error["method"], error["reason"]), ("setReadyStatus", "not now"))

    def consult(self):
        """Jane holds the customer's call, and talks to somebody whom she called."""
        self.serve()
        self.does("holdActiveCall")
        self.platform.publishes("CallHeld", **IDS, **AGENT, RequestId=self.asked("HoldCall", CallId=900))
        self.page.hears_call(900, HELD)
        self.does("makeCall", "4002")
        request, call = self.asked("MakeCall", AgentIdx=1001, DestinationAddress="4002"), {"CallId": 901, "CallSequenceId": 5901}
        self.platform.publishes("CallStarted", **call)
        self.platform.publishes("CallOriginated", **call, **AGENT, RequestId=request, DestType="External", Destination="4002")
        self.page.hears_call(901, DIALING, incoming=False)
        self.platform.publishes("CallEstablished", **call, **AGENT, ANI="4001", DNIS="4002", MediaType="VoiceAnalog")
        self.page.hears_call(901, CONNECTED)

    def test_a_consultation_becomes_a_conference(self):
        self.consult()
        self.does("conferenceActiveCall")
        request = self.asked("ConferenceCall", AgentIdx=1001)
        self.platform.publishes("CallConferenced", **IDS, ConsultingCallId=900, ConsultedCallId=901, ConferenceCallId=900,
                                ConsultationAgentId=1001, RequestId=request)
        self.page.wait(f"agentClient.getCalls().map(({{ state }}) => state).join() === '{CONFERENCE}'")

    def test_a_consultation_becomes_a_transfer(self):
        self.consult()
        self.does("transferCall", 900)
        request = self.asked("TransferCall", AgentIdx=1001)
        self.platform.publishes("CallTransferred", **IDS, ConsultingCallId=900, ConsultedCallId=901, TransferredCallId=900,
                                ConsultationAgentId=1001, RequestId=request)
        self.platform.publishes("AgentStateChange", **AGENT, AgentState="Idle")
        self.page.wait("agentClient.getCalls().length === 0")

    def test_every_method_once(self):
        self.every_method({*DONE, "MakeCall", "CanMakeCall"})
