"""Requests: carried out, refused by the platform, beyond what it can do."""

from harness.profiles import EDK, GUIDE

from .world import SALES, World


class Requests:
    def alerting(self):
        """A call alerts at Jane's station."""
        self.online()
        self.ready(self.jane, SALES)
        self.call = self.inbound(900)
        self.call.says(self.line, "delivered", self.jane.device("alerting-device"), self.call.caller("calling-device"))
        for name in ("CallStarted", "CallOffered", "CallConnected", "AgentStateChange"):
            heard = self.application.next("PublishCTIEvent")
            self.assertEqual(heard["event"]["EventType"], name)

    def commanded(self, name, **parameters):
        """The platform is asked for this, and for nothing else."""
        request, command, given = self.line.command()
        self.assertEqual((command, given), (name, {key.replace("_", "-"): value for key, value in parameters.items()}))
        return request

    def test_accept_call_becomes_answer_and_its_number_is_on_the_event_that_shows_it(self):
        self.alerting()
        number = self.ask("AcceptCall", self.jane, CallId=900, AcceptCall=True)
        self.line.answer(self.commanded("answer", agent_id=1001, call_id=900))
        joining = self.jane.device("joining-device"), self.call.caller("calling-device")
        self.call.says(self.line, "established", *joining)
        self.hears("CallEstablished", RequestId=number, AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   ANI="5551234", DNIS="800", MediaType="VoiceAnalog")
        self.state(self.jane, "Active", self.call, ServiceId=SALES, ServiceIds=[SALES])

    def test_set_agent_state_is_answered_by_the_state_with_its_number(self):
        self.online()
        self.ready(self.jane, SALES)
        number = self.ask("SetAgentState", self.jane, NewState="NotReady")
        self.line.answer(self.commanded("release", agent_id=1001, release_code=0))
        self.jane.says(self.line, "agent-release", release_code=0)
        self.state(self.jane, "NotReady", RequestId=number, ServiceIds=[SALES])
        number = self.ask("SetAgentState", self.jane, NewState="Idle")
        self.line.answer(self.commanded("resume", agent_id=1001))
        self.jane.says(self.line, "agent-idle")
        self.state(self.jane, "Idle", RequestId=number, ServiceIds=[SALES])
        # What nobody asked for carries no number.
        self.jane.says(self.line, "agent-release", release_code=2)
        self.state(self.jane, "NotReady", ServiceIds=[SALES])

    def test_a_refused_command_is_agent_request_failed_with_number_and_reason(self):
        self.online()
        self.ready(self.jane, SALES)
        number = self.ask("SetAgentState", self.jane, NewState="NotReady")
        request = self.commanded("release", agent_id=1001, release_code=0)
        self.line.answer(request, -7, "release code required – 'Pause' & co")
        self.hears("AgentRequestFailed", RequestId=number, AgentId=1001, FailureType="RequestFailed",
                   FailureReason="release code required – 'Pause' & co")

    def test_hold_call_is_call_request_failed_because_the_platform_cannot(self):
        self.alerting()
        number = self.ask("HoldCall", self.jane, CallId=900)
        self.hears("CallRequestFailed", RequestId=number, AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   FailureType="RequestFailed",
                   FailureReason="mitel (Mitel Connect ONSITE event feed) has no command to hold a call")
        # Nothing reached the platform: the next that it hears is the next request.
        self.ask("ClearCall", self.jane, CallId=900)
        self.commanded("hangup", agent_id=1001, call_id=900)

    def test_unknown_agents_and_calls_are_named_as_such(self):
        self.alerting()
        number = self.application.call("SetAgentState", RequestId=51, NewState="Idle", **{self.profile.agent: -1})
        self.assertEqual(number, 0)
        heard = self.application.next("PublishCTIEvent")["event"]
        self.assertEqual((heard["EventType"], heard["FailureType"], heard["RequestId"]),
                         ("AgentRequestFailed", "InvalidAgent", 51))
        self.assertEqual(self.application.call("ClearCall", RequestId=52, CallId=12345, **{self.profile.agent: 1001}), 0)
        heard = self.application.next("PublishCTIEvent")["event"]
        self.assertEqual((heard["EventType"], heard["FailureType"], heard["RequestId"]),
                         ("CallRequestFailed", "InvalidCallId", 52))


class RequestsEdk(Requests, World):
    profile = EDK


class RequestsGuide(Requests, World):
    profile = GUIDE
