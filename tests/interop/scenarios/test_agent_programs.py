"""A .NET program that was written for MiContact Center Agent's AgentIntegration.dll, on the adapter, with the real bridge: in
front of a CCAS, of an event feed, and of the .NET relay of a desktop."""

import unittest

from harness.agent import Desktop, Program, desks, pages
from harness.bridge import Bridge, micc, mitel, unused
from harness.ccas import (CLEARED, CLERICAL_ENDED, CONFERENCE, DELIVERED, ESTABLISHED, HOLD, LOGOFF, NOT_READY, ORIGINATED,
                          READY, RETRIEVED, TRANSFERRED, VOICE)
from harness.feed import GROUP, Agent, Call, Feed, entities
from harness.process import PATIENCE
from guide import METHODS, RESULTS
from test_agent_relay import sample

from .office import SALES, Office
from .world import BINARY, bridge

DIALING, OFFERED, CALLING, CONNECTED, HELD, JOINED, CLEARING, CLERICAL, IDLE = 2, 3, 4, 6, 8, 10, 11, 99, 1
NOTHING = {"GetNotReadyReasons": [], "GetCQCodes": [], "GetCalls": [], "GetEmails": [], "GetSMS": [], "GetOpenMedia": [],
           "GetChats": [], "GetAllTabs": [], "GetTabByName": None}


class Programs(unittest.TestCase):
    maxDiff = None

    def open(self, *args, **settings):
        """A program whose agent's platform is there, and which hears events."""
        program = Program(self.bridge.addresses["pages"], *args, **settings)
        self.addCleanup(program.stop)
        program.initialize()
        return program

    def hears_call(self, number, state, **members):
        return self.program.hears("OnCallEvent", ID=number, State=state, **members)[0]

    def calls(self):
        return [(each["ID"], each["State"]) for each in self.program.call("GetCalls")]

    def every_method(self, done, **unlike):
        """Every method once: these return true or what they should, all others are refused with a reason."""
        answers = {**NOTHING, **unlike}
        for method, given in METHODS.items():
            if method in ("Initialize", "Uninitialize", "CloseApplication", "GetUserInformation"):
                continue
            args = {name: sample(kind, name) for name, kind in given.items()}
            number = self.program.ask(method, **args)
            line = self.program._next_answer(number)
            with self.subTest(method=method):
                if method in answers:
                    self.assertEqual(line["returned"], answers[method])
                elif RESULTS[method] == "Result":
                    self.assertIs(line["returned"], method in done, line)
                    if method not in done and not method.startswith("Can"):
                        self.assertTrue(line["error"].startswith(method + ": "), line)


class OnCcas(Office, Programs):
    def setUp(self):
        self.sections = {**micc(listen=unused()), **pages("micc", listen=unused(), not_ready_reasons={"3": "lunch"},
                                                          cq_codes={"7": "sold"})}
        self.bridge = Bridge(BINARY, self.sections)
        self.addCleanup(lambda: self.assertEqual(self.bridge.stop(), 0))
        self.connect()
        self.program = self.open()
        self.program.hears("OnUserLogin")

    def answers(self, method, *values):
        self.relay.answer(self.relay.called(method, *values))

    def serve(self, number=900):
        call = self.inbound(number)
        call.alerts(self.relay, self.ann)
        self.hears_call(number, OFFERED)
        call.connects(self.relay, self.ann)
        self.hears_call(number, CONNECTED)

    def consult(self):
        """Ann holds the customer's call and talks to Ben."""
        self.serve()
        self.assertIs(self.program.call("HoldActiveCall"), True)
        self.answers("HoldCall", 40, 900)
        self.ann.says(self.relay, HOLD, CallID=900)
        self.hears_call(900, HELD)
        self.assertIs(self.program.call("MakeCall", Number="4041", Name="", UseNumberTranslation=False), True)
        self.answers("MakeCall", 40, "4041")
        self.ann.says(self.relay, ORIGINATED, CallID=901, CallType=VOICE)
        self.hears_call(901, DIALING, Incoming=False, PhoneNumber="4041")
        for event, state, more in (DELIVERED, CALLING, {"CalledNumber": "4041"}), (ESTABLISHED, CONNECTED, {}):
            for agent, opposite in (self.ann, "4041"), (self.ben, "4040"):
                agent.says(self.relay, event, CallID=901, OppositePartyNumber=opposite, **more)
            self.hears_call(901, state)

    def test_a_group_call_from_its_ringing_to_the_end_of_the_work_after_it(self):
        call = self.inbound(900)
        call.alerts(self.relay, self.ann)
        heard = self.hears_call(900, OFFERED, Incoming=True, PhoneNumber="5551234", CalledNumber="800", CanAnswer=True,
                                CanHold=False, IVRLabels=["level", "note"], IVRData=["gold", "Müller & <Söhne>"])
        self.assertEqual(heard["CallInfo"]["GroupName"], "Sales")
        self.assertIs(self.program.call("AnswerActiveCall"), True)
        self.answers("AnswerCall", 40, 900)
        call.connects(self.relay, self.ann)
        heard = self.hears_call(900, CONNECTED, CanAnswer=False, CanHold=True)
        self.assertNotEqual(heard["ConnectedTime"], "")
        self.assertEqual(self.program.call("GetCalls"), [heard])
        self.assertIs(self.program.call("HoldActiveCall"), True)
        self.answers("HoldCall", 40, 900)
        self.ann.says(self.relay, HOLD, CallID=900)
        self.hears_call(900, HELD, CanRetrieve=True)
        self.assertIn("HoldActiveCall: ", self.program.refused("HoldActiveCall"))
        self.assertIs(self.program.call("RetrieveCall", CallID=900), True)
        self.answers("RetrieveCall", 40, 900)
        self.ann.says(self.relay, RETRIEVED, CallID=900)
        self.hears_call(900, CONNECTED)
        # A request that was sent and fails is told by an event of ours.
        self.assertIs(self.program.call("DeflectCall", CallID=900, Destination="999"), True)
        call = self.relay.next()
        self.relay.refuse(call, "no such number")
        event, values = self.program.heard()
        self.assertEqual((event, values[1:]), ("RequestFailed", ["DeflectCall", "no such number"]))
        self.assertIs(self.program.call("HangupCall", CallID=900), True)
        self.answers("HangupCall", 40, 900)
        self.ann.says(self.relay, CLEARED, CallID=900, ClericalFlag=1)
        self.hears_call(900, CLEARING)
        self.hears_call(900, CLERICAL)
        self.assertIs(self.program.call("CancelClerical", CallID=900), True)
        self.answers("CancelClerical", 40, 900)
        self.ann.says(self.relay, CLERICAL_ENDED, CallID=900)
        heard = self.hears_call(900, IDLE)
        self.assertNotEqual(heard["EndTime"], "")
        self.assertEqual(self.calls(), [])

    def test_a_consultation_becomes_a_transfer(self):
        self.consult()
        self.assertIs(self.program.call("CanTransfer"), True, "it is told before the event that makes it possible")
        self.assertIs(self.program.call("TransferCall", CallID=900), True)
        self.answers("TransferCall", 40, 900)
        calls = {"HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902}
        self.ben.says(self.relay, TRANSFERRED, **calls, OppositePartyNumber="5551234")
        self.ann.says(self.relay, TRANSFERRED, **calls, TransferringAgent=1)
        ended = set()
        while ended != {900, 901}:
            _, (call,) = self.program.heard()
            if call["State"] == IDLE:
                ended.add(call["ID"])
        self.assertEqual(self.calls(), [])

    def test_a_consultation_becomes_a_conference(self):
        self.consult()
        self.assertIs(self.program.call("CanConference"), True, "it is told before the event that makes it possible")
        self.assertIs(self.program.call("ConferenceActiveCall"), True)
        self.answers("ConferenceCall", 40)
        calls = {"HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902}
        self.ben.says(self.relay, CONFERENCE, **calls, OppositePartyNumber="5551234")
        self.ann.says(self.relay, CONFERENCE, **calls, OppositePartyNumber="5551234,4041")
        states = {}
        while JOINED not in states.values():
            _, (call,) = self.program.heard()
            states[call["ID"]] = call["State"]
        self.program.quiet()
        self.assertEqual([state for _, state in self.calls()], [JOINED])

    def test_readiness_with_its_reason_and_log_on_and_off(self):
        self.assertEqual(self.program.call("GetNotReadyReasons"), [{"ID": 3, "Name": "lunch"}])
        self.assertEqual(self.program.call("GetCQCodes", ServiceGroupID=SALES), [{"ID": 7, "Code": "7", "Name": "sold"}])
        self.assertIs(self.program.call("SetReadyStatus", Status=False, ReasonID=0, ReasonName="lunch"), True)
        self.answers("SetVoiceNotReady", 40, 3)
        self.ann.says(self.relay, NOT_READY, ReasonID=3, ReasonString="lunch")
        self.program.hears("OnUserStatusUpdate", ReadyStatus=False, VoiceNotReadyReasonID=3, LoginID="77")
        self.ann.says(self.relay, READY)
        self.program.hears("OnUserStatusUpdate", ReadyStatus=True, VoiceNotReadyReasonID=0)
        self.assertIs(self.program.call("IsBSARunning"), True)
        self.ann.says(self.relay, LOGOFF)
        self.program.hears("OnUserStatusUpdate", LoggedOn=0)
        self.assertIs(self.program.call("IsBSARunning"), False)
        self.ann.logs_on(self.relay, SALES)
        self.program.hears("OnUserLogin")

    def test_only_the_own_agent_is_seen_and_commanded(self):
        other = self.open("78")
        other.hears("OnUserLogin")
        self.serve()
        self.assertEqual(other.quiet(), [])
        self.assertEqual(other.call("GetCalls"), [])
        self.assertIn("HangupCall: ", other.refused("HangupCall", CallID=900))
        self.assertEqual(other.call("GetUserInformation")["LoginID"], "78")
        stranger = Program(self.bridge.addresses["pages"], "not a token", timeout="1")
        self.addCleanup(stranger.stop)
        self.assertIs(stranger.call("Initialize"), False)
        self.assertEqual(stranger.call("GetCalls"), [])
        self.assertIn("it refused: refused", stranger.logs())

    def test_methods_of_a_call_become_those_of_ccas(self):
        self.serve()
        code = {"ID": 7, "Code": "7", "Name": "sold"}
        for method, args, wanted, values in [
            ("EnterDtmfActiveCall", {"Digits": "12#"}, "SendDTMF", (40, 900, "12#")),
            ("DeflectActiveCall", {"Destination": "4041"}, "DeflectCall", (40, "4041", 900)),
            ("SetIVRData", {"CallID": 900, "Label": "a", "Data": "b"}, "SetAgentIVRData",
             (40, -1, 900, "a", "b", "", "", "", "")),
            ("EnterCQCodes", {"CallID": 900, "MediaType": 2, "Codes": [code]}, "SetAgentCQCodes", (40, 900, SALES, "7|")),
        ]:
            with self.subTest(method=method):
                self.assertIs(self.program.call(method, **args), True)
                self.answers(wanted, *values)
        self.ann.says(self.relay, CLEARED, CallID=900, ClericalFlag=1)
        self.assertIs(self.program.call("CanConference"), False)
        while self.calls() != [(900, CLERICAL)]:
            pass
        self.assertIs(self.program.call("ExtendClerical", CallID=900), True)
        self.answers("ExtendClerical", 40, 900, 60)

    def test_every_method_once(self):
        self.every_method({*DONE, "CanMakeCall"}, GetNotReadyReasons=[{"ID": 3, "Name": "lunch"}],
                          GetCQCodes=[{"ID": 7, "Code": "7", "Name": "sold"}])

    def test_a_bridge_that_is_started_anew_is_told_as_its_differences(self):
        self.serve()
        kept = self.calls()
        self.bridge.process.child.kill()
        self.relay.close()
        self.assertIs(self.program.call("HangupCall", CallID=900), False)
        self.assertEqual(self.calls(), kept)
        self.bridge.process.end()
        self.bridge = Bridge(BINARY, self.sections)
        # The program is there before the platform: the bridge knows nothing of its agent yet.
        heard = []
        while not heard or heard[-1] != (900, IDLE):
            event, values = self.program.heard()
            heard += [(values[0]["ID"], values[0]["State"])] if event == "OnCallEvent" else []
        self.assertEqual(heard, [(900, IDLE)])
        # CCAS tells the agents anew, but not their calls.
        self.connect()
        call = self.inbound(902)
        call.alerts(self.relay, self.ann)
        while self.program.heard()[0] != "OnCallEvent":
            pass
        self.assertEqual(self.calls(), [(902, OFFERED)])


class OnTheFeed(Programs):
    """An event feed offers log-on, readiness, answer, hang up and wrap-up; what else agents do is seen."""

    def setUp(self):
        self.jane = Agent(1001, "77", "4001", "Jane Doe")
        self.joe = Agent(1002, "78", "4002", "Joe Bloggs")
        self.feed = Feed()
        self.addCleanup(self.feed.close)
        self.feed.open()
        self.bridge = bridge(self, {**mitel(self.feed.address), **pages("mitel")})
        self.line = self.feed.welcome()
        self.addCleanup(self.line.close)
        entities(self.line, [self.jane, self.joe], {SALES: "Sales"})
        self.bridge.ready()
        self.program = self.open()

    def log_in(self):
        self.jane.logs_in(self.line, SALES)
        self.jane.says(self.line, "agent-idle")
        self.program.hears("OnUserLogin")
        self.program.hears("OnUserStatusUpdate", LoggedOn=1, LoginID="77", ExtensionNumber="4001", ReadyStatus=True)

    def inbound(self, number):
        return Call(number, "5551234", "800", group=SALES, profile={48: "Müller & Söhne", 101: "gold"})

    def commanded(self, wanted):
        request, command, parameters = self.line.command()
        self.assertEqual(command, wanted, parameters)
        self.line.answer(request)
        return parameters

    def test_log_on_readiness_and_a_call_by_requests(self):
        self.assertIs(self.program.call("IsBSARunning"), False)
        self.assertIs(self.program.call("LaunchBSAWithCredentials", LogonID="77", Password="x", Extension="4001"), True)
        self.commanded("login")
        self.log_in()
        self.assertIs(self.program.call("IsBSARunning"), True)
        call = self.inbound(900)
        alerting = self.jane.device("alerting-device"), call.caller("calling-device")
        call.says(self.line, "delivered", *alerting, agent_chat_url="")
        self.hears_call(900, OFFERED, PhoneNumber="5551234", CalledNumber="800", CanAnswer=True, CanHold=False)
        self.assertIs(self.program.call("AnswerCall", CallID=900), True)
        self.commanded("answer")
        call.says(self.line, "established", self.jane.device("joining-device"), call.caller("calling-device"))
        self.hears_call(900, CONNECTED, CanHangup=True, CanHold=False)
        self.assertIn("HoldActiveCall: ", self.program.refused("HoldActiveCall"))
        # What is done at the telephone is seen.
        call.says(self.line, "held", self.jane.device("device"))
        self.hears_call(900, HELD, CanRetrieve=False)
        call.says(self.line, "retrieved", self.jane.device("device"))
        self.hears_call(900, CONNECTED)
        self.assertIs(self.program.call("HangupActiveCall"), True)
        self.commanded("hangup")
        call.says(self.line, "conn-cleared", self.jane.device("device-out"))
        self.jane.says(self.line, "agent-wrap", media_type=1, call_id=900, tapi_call_id=5900, guid=call.guid, wrapup_code=0)
        self.hears_call(900, CLEARING)
        self.hears_call(900, CLERICAL)
        call.says(self.line, "wrap-ended", agent_id=1001, wrapup_code_id=3, wrapup_id_list=[3])
        self.jane.says(self.line, "agent-idle")
        self.hears_call(900, IDLE)
        self.assertEqual(self.calls(), [])

    def test_every_method_once(self):
        self.log_in()
        self.every_method(DONE)

    def test_a_link_that_breaks_and_a_window(self):
        self.log_in()
        call = self.inbound(900)
        call.says(self.line, "established", self.jane.device("joining-device"), call.caller("calling-device"))
        self.hears_call(900, CONNECTED)
        window = self.open("77", "--window")
        window.hears("OnUserLogin")
        window.hears("OnCallEvent", ID=900, State=CONNECTED)
        self.assertEqual(window.thread, "window")
        # The feed's link breaks; the call is kept, and is there again.
        self.line.close()
        self.program.hears("OnRegistrationStatus")
        self.line = self.feed.welcome()
        self.addCleanup(self.line.close)
        entities(self.line, [self.jane, self.joe], {SALES: "Sales"})
        self.program.hears("OnRegistrationStatus")
        call.says(self.line, "held", self.jane.device("device"))
        self.hears_call(900, HELD)
        self.assertEqual(window.heard()[0], "OnRegistrationStatus")


class OnADesktop(Programs):
    """The .NET relay of a desktop behind, the adapter in front: AgentClient on both sides."""

    user = {"LoggedOn": 1, "LoginID": "77", "RecordID": 40, "UserName": "Ann", "ExtensionNumber": "4040", "ReadyStatus": True,
            "OASServerName": "oas"}

    def setUp(self):
        self.bridge = bridge(self, {**desks(), **pages("desks")})
        self.desktop = Desktop(self.bridge.addresses["desks"], check="0.3")
        self.addCleanup(self.desktop.stop)
        self.desktop.tell("answer", method="GetUserInformation", result=self.user)
        self.program = self.open()
        self.program.hears("OnUserLogin")
        self.program.quiet(1)

    def happen(self, event, **args):
        self.desktop.tell("raise", event=event, args=args)

    def has(self, record):
        """The Agent has this call, and says so."""
        self.desktop.tell("answer", method="GetCalls", result=[record])
        self.happen("OnCallEvent", Call=record)

    def is_user(self, **changes):
        """The user differs in this, and the Agent says so."""
        user = {**self.user, **changes}
        self.desktop.tell("answer", method="GetUserInformation", result=user)
        self.happen("OnUserStatusUpdate", UserInformation=user)

    def test_a_call_passes_whole(self):
        record = {"ID": 900, "State": OFFERED, "Incoming": True, "PhoneNumber": "5551234", "CalledNumber": "800", "Type": 1,
                  "CallerName": "Doe", "CanAnswer": True, "IVRLabels": ["tier"], "IVRData": ["gold"],
                  "CallInfo": {"GroupName": "Sales", "CallingNumber": "5551234", "QueueDuration": 30}}
        self.has(record)
        heard = self.hears_call(900, OFFERED, PhoneNumber="5551234", CallerName="Doe", IVRData=["gold"], CanAnswer=True)
        self.assertEqual((heard["CallInfo"]["GroupName"], heard["CallInfo"]["QueueDuration"]), ("Sales", 30))
        self.has({**record, "State": CONNECTED, "CanHold": True})
        self.hears_call(900, CONNECTED, CanHold=True)
        self.is_user(ReadyStatus=False, VoiceNotReadyReasonID=3)
        self.program.hears("OnUserStatusUpdate", ReadyStatus=False, VoiceNotReadyReasonID=3)
        self.has({**record, "State": IDLE, "EndTime": "2026-03-01T10:00:00Z"})
        while self.hears_any_call(900) != IDLE:
            pass
        self.assertEqual(self.calls(), [])

    def test_methods_are_carried_out_by_the_agent(self):
        self.has({"ID": 900, "State": OFFERED, "PhoneNumber": "5551234"})
        self.hears_call(900, OFFERED)
        for method, args, passed in [("AnswerCall", {"CallID": 900}, [900]), ("AnswerActiveCall", {}, []),
                                     ("SelectTab", {"tabIndex": 2}, [2]), ("StopMonitor", {}, [])]:
            with self.subTest(method=method):
                self.desktop.tell("answer", method=method, result=True)
                self.assertIs(self.program.call(method, **args), True)
                self.assertEqual(self.desktop.called(method), passed)
        self.desktop.tell("answer", method="SetReadyStatus", result=False)
        self.assertIs(self.program.call("SetReadyStatus", Status=False, ReasonID=3), False)
        self.desktop.tell("answer", method="GetNotReadyReasons", result=[{"ID": 3, "Name": "lunch"}])
        self.assertEqual(self.program.call("GetNotReadyReasons"), [{"ID": 3, "Name": "lunch"}])
        self.desktop.tell("answer", method="GetTabByName", result={"Index": 1, "Name": "CRM"})
        self.assertEqual(self.program.call("GetTabByName", name="CRM"),
                         {"Index": 1, "Name": "CRM", "Symbol": "", "Selected": False})

    def hears_any_call(self, number):
        event, values = self.program.heard()
        self.assertEqual((event, values[0]["ID"]), ("OnCallEvent", number))
        return values[0]["State"]

    def test_an_agent_that_closes_and_comes_back(self):
        self.has({"ID": 900, "State": CONNECTED, "PhoneNumber": "5551234"})
        self.hears_call(900, CONNECTED)
        self.desktop.tell("close")
        self.assertTrue(self.desktop.logged("agent: the Agent has closed"))
        self.desktop.tell("open")
        self.assertTrue(self.desktop.logged("agent: connected to the Agent", 2))
        self.has({"ID": 900, "State": HELD, "PhoneNumber": "5551234"})
        states = []
        while not states or states[-1] != HELD:
            event, values = self.program.heard()
            if event == "OnCallEvent":
                states.append(values[0]["State"])
        self.assertEqual(sorted({*states}), sorted(states), "no event comes twice")


# These methods are done although the agent has no call.
DONE = {"CanInitialize", "IsBSARunning", "LaunchBSA", "IsRegistered", "SetReadyStatus", "EnableDispatchEvents",
        *(method for method in METHODS if method.startswith("SubscribeDispatch"))}
