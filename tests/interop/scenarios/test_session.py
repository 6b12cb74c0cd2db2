"""From OpenConnection to CloseConnection."""

from harness.application import Fault
from harness.bridge import PASSWORD, USER
from harness.profiles import EDK, GUIDE

from .world import SALES, SUPPORT, World, filled


class Sessions:
    def test_a_session_from_open_connection_to_close_connection(self):
        self.online()
        start = self.application.next("StartSession")
        self.assertEqual(start["sessionId"], self.session)
        self.assertEqual(start["userinfo"], {"UserName": USER, "Password": PASSWORD})
        self.ready(self.jane, SALES, SUPPORT)
        self.ready(self.joe, SALES)
        call = self.inbound(900)
        self.answered(call, self.jane)

        number = {"RequestId": 41} if self.profile.snapshot_has_request else {}
        everything = ["AgentInfo", "CallInfo", "ServiceInfo"]
        self.assertEqual(self.application.call("Snapshot", EntityType=everything, **number), 0)
        jane = self.snapshot_agent(self.jane, "Active", [SALES, SUPPORT], CallId=900)
        joe = self.snapshot_agent(self.joe, "Idle", [SALES])
        self.snapshot("AgentInfo", "AgentData", [jane, joe], number)
        self.snapshot("CallInfo", "CallData", [{
            "CallId": 900, "CallSequenceId": 5900, "SwitchId": 1, "ServiceId": SALES, "DestType": "NoDestination",
            "CallState": "CallEstablished", "ANI": "5551234", "DNIS": "800", "CallType": "InboundAcd", "AgentId": 1001,
            "MediaType": "VoiceAnalog",
        }], number)
        services = [{"ServiceId": group, "ServiceState": "Active"} for group in (SALES, SUPPORT)]
        self.snapshot("ServiceInfo", "ServiceData", services, number, last=True)

        self.assertEqual(self.application.call("OffLine"), 0)
        self.assertEqual(self.application.call("OnLine"), 0)
        self.assertEqual(self.application.call("CloseConnection"), 0)
        with self.assertRaises(Fault) as refused:
            self.application.call("OnLine")
        self.assertIn("no such session", refused.exception.reason)

    def snapshot(self, kind, member, items, number, last=False):
        """One update for each item; the last carries the flag where the profile wants it."""
        for item in items:
            ends = item is items[-1] and (last or self.profile.snapshot_end_of == "type")
            event = self.application.next("PublishCTIEvent")
            self.assertEqual(event["class"], self.profile.event_class("SnapShotUpdate"))
            event = event["event"]
            self.assertEqual(event["SnapShotType"], kind)
            self.assertEqual(event["RequestId"], number.get("RequestId", 0))
            self.assertEqual(event[self.profile.snapshot_end], ends, event)
            self.assertEqual(filled(event[member]), item)
            others = {"AgentData", "CallData", "ServiceData"} - {member}
            self.assertEqual([event[other] for other in others], [None, None])

    def snapshot_agent(self, agent, state, groups, **members):
        services = [{"ServiceId": group, "ServiceState": "Active"} for group in groups]
        return {"AgentId": agent.id, "AgentLoginName": agent.number, "AgentStationAddress": agent.station,
                "AgentWorkGroupId": -1, "AgentState": state, "SwitchId": 1, "Services": services,
                "MediaType": "VoiceAnalog", **members}

    def test_services_come_and_go_with_their_agents(self):
        self.online()
        self.ready(self.jane, SALES, SUPPORT)
        self.ready(self.joe, SALES)
        changed = {"sub-topic": "group-update", "group-id": str(SALES), "group-name": "Sales"}
        self.line.say("entity-update", {**changed, "update-type": "delete"})
        self.hears("ServiceStateChange", ServiceId=SALES, ServiceState="RemoveService",
                   **{self.profile.service_agents: [1001, 1002]})
        self.line.say("entity-update", {**changed, "update-type": "add"})
        self.hears("ServiceStateChange", ServiceId=SALES, ServiceState="AddService")

    def test_a_wrong_password_is_a_fault_with_the_reason(self):
        with self.assertRaises(Fault) as refused:
            self.application.initialize(USER, "guess")
        reason = "unknown user or wrong password"
        self.assertEqual(refused.exception.reason, reason)
        detail = {"Message": reason} if self.profile.faults_have_detail else None
        self.assertEqual(refused.exception.detail, detail)
        self.assertTrue(self.application.heard["StartSession"].empty(), "a stranger is not called back")
        self.online()


class Heartbeats:
    settings = {"heartbeat": "300ms"}

    def test_heartbeats_name_the_session_where_the_profile_does(self):
        self.online()
        for _ in range(4):
            beat = self.application.next("Heartbeat")
            self.assertEqual(beat["sessionId"], self.session if self.profile.heartbeat_has_session else None)
        self.ready(self.jane, SALES)


class SessionsEdk(Sessions, World):
    profile = EDK


class SessionsGuide(Sessions, World):
    profile = GUIDE


class HeartbeatsEdk(Heartbeats, World):
    profile = EDK


class HeartbeatsGuide(Heartbeats, World):
    profile = GUIDE
