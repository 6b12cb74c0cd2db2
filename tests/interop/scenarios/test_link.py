"""The platform is lost, and comes back."""

from collections import Counter

from harness.profiles import EDK, GUIDE

from .world import SALES, World


class Lost:
    """It is not back in time."""

    platform = {"link_grace": "1s"}

    def test_every_open_call_ends_once_when_the_platform_is_lost(self):
        self.online()
        self.ready(self.jane, SALES)
        self.ready(self.joe, SALES)
        talking, ringing, queued = self.inbound(900), self.inbound(901), self.inbound(902)
        joining = self.jane.device("joining-device"), talking.caller("calling-device")
        talking.says(self.line, "established", *joining)
        ringing.says(self.line, "delivered", self.joe.device("alerting-device"), ringing.caller("calling-device"))
        queued.says(self.line, "queued", queued_group_internal_id=SALES, queued_group_type=4)
        opened = [self.application.next("PublishCTIEvent")["event"]["EventType"] for _ in range(4 + 4 + 3)]
        self.assertEqual(Counter(opened)["CallStarted"], 3)

        self.line.close()
        self.link("Down")
        ends = {}
        for _ in range(3 + 3 + 2 + 2):
            event = self.application.next("PublishCTIEvent")["event"]
            ends.setdefault(event.get("CallId"), []).append((event["EventType"], event["AgentId"]))
        self.assertEqual(ends, {
            900: [("CallCleared", 1001), ("CallEnd", 0), ("CallCompleted", 0)],
            901: [("CallCleared", 1002), ("CallEnd", 0), ("CallCompleted", 0)],
            902: [("CallEnd", 0), ("CallCompleted", 0)],
            None: [("AgentLoginStateChange", 1001), ("AgentLoginStateChange", 1002)],
        })

        # The listening socket was open all the time: the bridge is back, and says so before anything else.
        self.connect()
        self.ready(self.jane, SALES)
        # The same call, heard of again, is another one to the application.
        talking.says(self.line, "held", self.jane.device("device"))
        event = self.hears_type("CallStarted")
        self.assertNotIn(event["CallId"], ends)
        self.assertEqual(event["CallSequenceId"], 5900)

    def hears_type(self, name):
        heard = self.application.next("PublishCTIEvent")
        self.assertEqual(heard["class"], self.profile.event_class(name))
        return heard["event"]


class Link:
    def test_a_call_goes_on_under_its_ids_when_the_platform_is_back_in_time(self):
        self.online()
        self.ready(self.jane, SALES)
        call = self.inbound(900)
        self.answered(call, self.jane)
        self.line.close()
        self.link("Down")
        # Nothing is told between the two but the link: nobody logged off, no call ended.
        self.connect()
        call.says(self.line, "held", self.jane.device("device"))
        self.hears("CallHeld", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES)

    def test_requests_to_a_platform_that_was_never_there_say_so(self):
        self.initialize()
        number = self.ask("SetAgentState", self.jane, NewState="NotReady")
        self.hears("AgentRequestFailed", RequestId=number, AgentId=1001, FailureType="RequestFailed",
                   FailureReason="mitel is not connected")
        number = self.ask("LoginAgent", AgentLoginName="77", StationId="4001", InitialState="Idle")
        self.hears("AgentLoginRequestFailed", RequestId=number, AgentLoginName="77",
                   FailureType="RequestFailed", FailureReason="mitel is not connected")

    def test_requests_fail_at_once_while_the_platform_is_away(self):
        self.online()
        self.ready(self.jane, SALES)
        self.feed.close()
        self.line.close()
        self.link("Down")
        number = self.ask("SetAgentState", self.jane, NewState="NotReady")
        self.hears("AgentRequestFailed", RequestId=number, AgentId=1001, FailureType="RequestFailed",
                   FailureReason="mitel is not connected")


class LostEdk(Lost, World):
    profile = EDK


class LostGuide(Lost, World):
    profile = GUIDE


class LinkEdk(Link, World):
    profile = EDK


class LinkGuide(Link, World):
    profile = GUIDE
