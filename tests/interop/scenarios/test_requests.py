"""Requests: carried out, refused by the platform, beyond what it can do."""

from harness.feed import Agent
from harness.profiles import EDK, GUIDE

from .world import SALES, World


class Requests:
    def alerting(self):
        """A call alerts at Jane's station."""
        self.online()
        self.ready(self.jane, SALES)
        self.call = self.inbound(900)
        self.call.says(self.line, "delivered", self.jane.device("alerting-device"), self.call.caller("calling-device"))
        self.passes("CallStarted", "CallOffered", "CallConnected", "AgentStateChange")

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
        self.hears("CallRequestFailed", RequestId=number, AgentId=1001, CallId=900, CallSequenceId=5900,
                   ServiceId=SALES, FailureType="RequestFailed",
                   FailureReason="mitel (Mitel Connect ONSITE event feed) has no command to hold a call")
        # Nothing reached the platform: the next that it hears is the next request.
        self.ask("ClearCall", self.jane, CallId=900)
        self.commanded("hangup", agent_id=1001, call_id=900)

    def test_unknown_agents_and_calls_are_named_as_such(self):
        self.alerting()
        number = self.ask("SetAgentState", Agent(-1), NewState="Idle")
        self.failed("AgentRequestFailed", number, "InvalidAgent")
        number = self.ask("ClearCall", self.jane, CallId=-1)
        self.failed("CallRequestFailed", number, "InvalidCallId")
        # A call of which nobody told may have been there before the bridge was: the platform knows.
        number = self.ask("ClearCall", self.jane, CallId=12345)
        self.line.answer(self.commanded("hangup", agent_id=1001, call_id=12345), -4, "no such call")
        self.failed("CallRequestFailed", number, "RequestFailed")

    def failed(self, name, number, failure):
        """The next event is this failure, whatever the reason's words."""
        event = self.application.next("PublishCTIEvent")["event"]
        self.assertTrue(event["FailureReason"])
        self.assertEqual((event["EventType"], event["RequestId"], event["FailureType"]), (name, number, failure))

    def test_what_is_asked_of_the_picture_is_answered_with_the_number(self):
        self.alerting()
        number = self.ask("GetAgentState", self.jane)
        self.state(self.jane, "PendingActive", self.call, RequestId=number, ServiceId=SALES, ServiceIds=[SALES])
        number = self.ask("GetCallData", self.jane, CallId=900)
        self.hears("CallDataUpdate", RequestId=number, AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   UpdateType="GetCallDataReturned", CallData=self.call_data(("101", "gold"), ("102", "a <b>")))

    def test_agents_log_on_and_off(self):
        self.online()
        number = self.ask("LoginAgent", AgentLoginName="77", StationId="4001", InitialState="Idle")
        request = self.commanded("login", agent_id="1001", agent_number="77", agent_extension="4001",
                                 group_type=0, group_id=0)      # the one command that quotes the agent's id
        self.line.answer(request, -3, "extension in use")
        self.hears("AgentLoginRequestFailed", RequestId=number, AgentId=1001, AgentLoginName="77",
                   FailureType="RequestFailed", FailureReason="extension in use")
        self.ready(self.jane, SALES)
        number = self.ask("LogoutAgent", self.jane, ReasonCode=1)
        self.line.answer(self.commanded("logout", agent_id=1001, group_type=0, group_id=0))
        self.jane.says(self.line, "agent-logout", agent_number="77", agent_ext="4001", groups=[])
        self.hears("AgentLoginStateChange", RequestId=number, AgentId=1001, AgentLoginName="77",
                   AgentStationAddress="4001", LoginState="AgentLoggedOut", AgentWorkGroupId=-1, AgentCTIId=1001,
                   ServiceState=[{"ServiceId": SALES, "ServiceState": "InActive"}])

    def test_route_selects_are_each_answered_once(self):
        self.online()
        call = self.inbound(900)
        call.says(self.line, "route-request", irn_id=1, irn_device="7000")
        self.passes("CallStarted", "CallOffered")
        ids = {"CallId": 900, "CallSequenceId": 5900, "ServiceId": SALES}
        data = self.call_data(("101", "gold"), ("102", "a <b>"))
        info = {"ANI": "5551234", "DNIS": "800", "FirstName": None, "LastName": "Müller & Söhne", "PhoneNumber": None,
                "CallerId": "5551234", "CallData": data}
        self.hears("RouteRequest", **ids, RouteTimeout=20, MediaType="VoiceAnalog", CallInfo=self.call_info(**info))
        select = {"CallId": 900, "UserData": ["a", "b"]}
        number = self.ask("RouteSelect", **select, RouteActionType="RouteToService", RouteDestination="11")
        self.failed("RouteRequestFailed", number, "RequestFailed")
        number = self.ask("RouteSelect", **select, RouteActionType="RouteToDefault")
        self.hears("RouteUsed", **ids, RequestId=number, RouteStatus="RouteDefaultUsed", RouteType="RouteToDefault")
        number = self.ask("RouteSelect", **select, RouteActionType="RouteToDefault")
        self.hears("RouteReject", **ids, RequestId=number, RouteRejectReason="CallAlreadyRouted")


class RequestsEdk(Requests, World):
    profile = EDK


class RequestsGuide(Requests, World):
    profile = GUIDE
