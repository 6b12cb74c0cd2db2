"""The platform is lost, and comes back."""

from collections import Counter

from harness.profiles import EDK, GUIDE

from .world import SALES, World


class Link:
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
        ends = {}
        while True:
            event = self.application.next("PublishCTIEvent")["event"]
            if event["EventType"] == "LinkStatus":
                break
            ends.setdefault(event.get("CallId"), []).append((event["EventType"], event["AgentId"]))
        self.assertEqual(ends, {
            900: [("CallCleared", 1001), ("CallEnd", 0), ("CallCompleted", 0)],
            901: [("CallCleared", 1002), ("CallEnd", 0), ("CallCompleted", 0)],
            902: [("CallEnd", 0), ("CallCompleted", 0)],
        })
        self.assertEqual((event["ComponentType"], event["ComponentState"], event["TenantId"], event["SwitchId"]),
                         ("CenterCord", "Down", 0, 1))

        # The listening socket was open all the time: the bridge is back, and says so before anything else.
        self.connect()
        self.jane.says(self.line, "agent-release", release_code=1)
        self.state(self.jane, "NotReady", ServiceIds=[SALES])
        # The same call, heard of again, is another one to the application.
        talking.says(self.line, "held", self.jane.device("device"))
        event = self.hears_type("CallStarted")
        self.assertNotIn(event["CallId"], ends)
        self.assertEqual(event["CallSequenceId"], 5900)

    def test_requests_fail_at_once_while_the_platform_is_away(self):
        self.online()
        self.ready(self.jane, SALES)
        self.feed.close()
        self.line.close()
        self.link("Down")
        number = self.ask("SetAgentState", self.jane, NewState="NotReady")
        self.hears("AgentRequestFailed", RequestId=number, AgentId=1001, FailureType="RequestFailed",
                   FailureReason="mitel is not connected")

    def hears_type(self, name):
        heard = self.application.next("PublishCTIEvent")
        self.assertEqual(heard["class"], self.profile.event_class(name))
        return heard["event"]


class LinkEdk(Link, World):
    profile = EDK


class LinkGuide(Link, World):
    profile = GUIDE
