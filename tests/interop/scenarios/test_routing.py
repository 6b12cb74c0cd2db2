"""A routing application on WCF decides for an event feed's calls, and an Open Media service on WCF carries it out: every
row of the routes' table, each status, each fault, and a service that comes and goes."""

import time

from harness.bridge import aspect, crm, desk, media, micc, mitel
from harness.ccas import DATA_COMPLETE, SERVICE_GROUP_ADDED
from harness.feed import Agent, Call, Feed
from harness.open_media import (ALLOCATED, CANCELLED, CLOSED, COMPLETED, FAILED, GENERAL_ERROR, HANDLING, LOGGED_OFF,
                                NO_GROUP, TENANT_DISABLED, OpenMedia)
from harness.profiles import EDK, GUIDE

from .office import Office
from .test_aspect import Portals
from .world import BUILT, SALES, World, bridge

# The Open Media service's groups. The first two stand in the bridge's table, for services 9 and 30.
OM_SALES, OM_DESK, OM_SUPPORT, OM_NIGHTS, OM_GONE = 21, 22, 11, 12, 13
GROUPS = {"9": OM_SALES, "30": OM_DESK}


class Routing(World):
    profile = EDK
    service = "OpenMedia"
    # Long enough for whatever is not about time.
    settings = {"route_timeout": "300s"}
    media_settings = {}

    def setUp(self):
        self.jane = Agent(1001, "77", "4001", "Jane Doe")
        self.joe = Agent(1002, "78", "4002", "Joe Bloggs")
        self.feed = Feed()
        self.addCleanup(self.feed.close)
        self.serve()
        self.start({
            **mitel(self.feed.address),
            **self.beside(),
            **media(self.media.url, service_groups=GROUPS, **self.media_settings),
            **desk("mitel", self.profile, routes="media", **self.settings),
        })
        self.online()
        self.bridge.ready()

    def beside(self):
        """Other platforms."""
        return {}

    def serve(self, port=0):
        """The Open Media service is there, or is again."""
        self.media = OpenMedia(BUILT / "bin" / f"{self.service}.exe", port)
        self.addCleanup(self.media.kill)
        for number, name in ((OM_SALES, "Sales"), (OM_DESK, "Desk"), (OM_SUPPORT, "Support")):
            self.media.group(number, name)
        self.media.group(OM_NIGHTS, "Nights", open=False)
        self.media.group(OM_GONE, "Gone", tenant=2)
        self.media.order("tenant", id=2, enabled=False)
        self.media.agent("77", 40)
        self.media.agent("78", 41)

    # ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────────

    def asked(self, number):
        """A call for which the feed asks a route."""
        call = Call(number, "5551234", "800", group=SALES, profile={3: "7", 101: "gold", 102: "a <b>"})
        call.says(self.line, "route-request", irn_id=1, irn_device="7000")
        self.passes("CallStarted", "CallOffered", "RouteRequest")
        return call

    def select(self, call, kind, destination=None, data=None):
        return self.ask("RouteSelect", CallId=call.number, RouteActionType=kind, RouteDestination=destination,
                        UserData=data)

    def over(self, call):
        """The caller hangs up."""
        call.says(self.line, "call-cleared", abandoned_call=False, requested_callback=False, abandoned_callback=False)

    def ends(self, call):
        self.over(call)
        self.passes("CallEnd", "CallCompleted")

    def added(self):
        """The next AddRequest: its arguments, and the id that it got."""
        called = self.media.next("AddRequest")
        return called["args"], called["result"]["OpenMediaID"] if "result" in called else None

    def additions(self):
        """How many AddRequests there were that nobody has looked at."""
        self.media.group(OM_SALES, "Sales")             # whatever was said before its answer is read
        return self.media.heard["AddRequest"].qsize()

    def cancelled(self, number, if_allocated):
        """The next CancelRequest is this; it is handed back, with what was answered."""
        called = self.media.next("CancelRequest")
        self.assertEqual(called["args"], {
            "OpenMediaID": number, "CancelIfAllocated": if_allocated, "DoNotReport": False})
        return called

    def cancelled_once(self, number, if_allocated, fault):
        """The next CancelRequest is this and meets a fault; nothing is left to be cancelled again."""
        self.assertEqual(self.cancelled(number, if_allocated).get("fault"), fault)
        self.bridge.routed()

    # ── what the application hears ────────────────────────────────────────────────────────────────────────────────────

    def hears_of(self, name, call, number, **members):
        return self.hears(name, CallId=call.number, CallSequenceId=call.pbx, ServiceId=SALES, RequestId=number, **members)

    def used(self, call, number, kind, destination):
        self.hears_of("RouteUsed", call, number, RouteStatus="RouteSuccess", RouteType=kind, RouteDestination=destination)

    def default_used(self, call, number=0):
        self.hears_of("RouteUsed", call, number, RouteStatus="RouteDefaultUsed", RouteType="RouteToDefault")

    def rejected(self, call, number, reason):
        self.hears_of("RouteReject", call, number, RouteRejectReason=reason)

    def fails(self, call, number, *words):
        """The next event is the failure of a selection, whose reason has these words."""
        heard = self.application.next("PublishCTIEvent")
        self.assertEqual(heard["class"], self.profile.event_class("RouteRequestFailed"), heard)
        event = heard["event"]
        self.assertEqual((event["CallId"], event["RequestId"], event["FailureType"]),
                         (call.number, number, "RequestFailed"), heard)
        for word in words:
            self.assertIn(word, event["FailureReason"])


class Table:
    """What a service of whatever names and namespaces must do."""

    def test_a_service_becomes_a_request_to_its_group_that_ends_with_the_call(self):
        call = self.asked(900)
        number = self.select(call, "RouteToService", "30", ["order 12", "b"])
        args, request = self.added()
        self.assertEqual(args, {
            "PrivateData": f"{call.guid};order 12;b",
            "ServiceGroupID": OM_DESK, "TenantID": -1, "ServiceGroupName": "", "PreferredAgentID": 0,
            "PreferredAgentLogonID": None, "ForceToPreferredAgent": False, "TypeOfSession": 0, "QueueStartTime": None,
            "SessionPriority": 7,
            "IVRInfo": [{"Label": "ANI", "Data": "5551234"}, {"Label": "DNIS", "Data": "800"},
                        {"Label": "101", "Data": "gold"}],
        })
        self.used(call, number, "RouteToService", "30")
        again = self.select(call, "RouteToService", "11")
        self.rejected(call, again, "CallAlreadyRouted")
        self.ends(call)
        self.cancelled(request, True)
        # A group that the table does not have has the service's own number.
        call = self.asked(901)
        number = self.select(call, "RouteToService", str(OM_SUPPORT))
        args, request = self.added()
        self.assertEqual(args["ServiceGroupID"], OM_SUPPORT)
        self.used(call, number, "RouteToService", str(OM_SUPPORT))
        self.ends(call)
        self.cancelled(request, True)

    def test_an_agent_becomes_a_request_that_is_used_once_that_agent_has_it(self):
        # By the login name, and by the id whose agent has it; allocated, or handled before anybody looked.
        for destination, status in (("77", ALLOCATED), ("1001", HANDLING)):
            call = self.asked(900 + status)
            number = self.select(call, "RouteToAgent", destination)
            args, request = self.added()
            self.assertEqual((args["ServiceGroupID"], args["PreferredAgentLogonID"], args["PreferredAgentID"],
                              args["ForceToPreferredAgent"]), (OM_SALES, "77", 0, True))
            self.media.move(request, status, "77")
            self.used(call, number, "RouteToAgent", "77")
            self.ends(call)
            self.cancelled(request, True)

    def test_another_agent_is_none_and_another_selection_may_follow(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "78")
        _, request = self.added()
        self.media.move(request, ALLOCATED, "77")
        self.rejected(call, number, "NoRouteToDestination")
        self.cancelled(request, True)
        # A name that nobody here knows goes as it is.
        number = self.select(call, "RouteToAgent", "stranger")
        args, _ = self.added()
        self.assertEqual(args["PreferredAgentLogonID"], "stranger")
        self.rejected(call, number, "NoRouteToDestination")
        number = self.select(call, "RouteToAgent", "78")
        _, request = self.added()
        # While it is open there is no other.
        second = self.select(call, "RouteToAgent", "77")
        self.rejected(call, second, "CallAlreadyRouted")
        self.media.move(request, ALLOCATED, "78")
        self.used(call, number, "RouteToAgent", "78")

    def test_each_status_rejects(self):
        call = self.asked(900)
        for destination in (OM_NIGHTS, OM_GONE, 99):
            number = self.select(call, "RouteToService", str(destination))
            self.rejected(call, number, "NoRouteToDestination")
        for status in (CLOSED, NO_GROUP, TENANT_DISABLED, LOGGED_OFF):
            self.media.refuse("AddRequest", status)
            number = self.select(call, "RouteToAgent", "77")
            self.rejected(call, number, "NoRouteToDestination")
        self.media.refuse("AddRequest", GENERAL_ERROR)
        number = self.select(call, "RouteToService", "11")
        self.rejected(call, number, "UnknownReason")
        number = self.select(call, "RouteToService", "11")
        self.used(call, number, "RouteToService", "11")

    def test_each_end_before_an_agent_has_it_fails(self):
        for number, status in ((900, FAILED), (901, CANCELLED)):
            call = self.asked(number)
            selection = self.select(call, "RouteToAgent", "77")
            _, request = self.added()
            self.media.move(request, status)
            self.fails(call, selection)
        call = self.asked(902)
        selection = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        self.media.forget(request)
        self.fails(call, selection)
        call = self.asked(903)
        selection = self.select(call, "RouteToAgent", "77")
        self.added()
        self.media.order("restart")
        self.fails(call, selection)
        call = self.asked(904)
        selection = self.select(call, "RouteToAgent", "77")
        self.added()
        self.media.order("router", connected=False)
        self.fails(call, selection)
        # Whatever it was, another may be tried.
        self.media.order("router", connected=True)
        selection = self.select(call, "RouteToService", "30")
        self.used(call, selection, "RouteToService", "30")


class RoutingTable(Table, Routing):
    def test_what_needs_no_service_is_answered_without_one(self):
        call = self.asked(900)
        number = self.select(call, "RouteToExternal", "5559999")
        self.rejected(call, number, "NoRouteToDestination")
        number = self.select(call, "RouteToDefault")
        self.default_used(call, number)
        number = self.select(call, "RouteToService", "30")
        self.rejected(call, number, "CallAlreadyRouted")
        number = self.ask("RouteSelect", CallId=4711, RouteActionType="RouteToService", RouteDestination="30")
        heard = self.application.next("PublishCTIEvent")["event"]
        self.assertEqual((heard["EventType"], heard["RequestId"], heard["FailureType"]),
                         ("RouteRequestFailed", number, "InvalidCallId"))
        # The next AddRequest is the first.
        call = self.asked(901)
        number = self.select(call, "RouteToService", "30")
        self.assertEqual(self.added()[1], 1001)
        self.used(call, number, "RouteToService", "30")

    def test_each_fault_fails_the_selection_with_its_name_and_text(self):
        call = self.asked(900)
        for fault in ("InvalidDataException", "NoLicenseFault", "RouterDisconnectedFault", "InvalidUserFault"):
            self.media.fault("AddRequest", fault, f"text of {fault} <&>")
            number = self.select(call, "RouteToService", "30")
            self.fails(call, number, fault, f"text of {fault} <&>")
        # One that nobody declared is to WCF an error of its own.
        self.media.fault("AddRequest", "none", "out of order")
        number = self.select(call, "RouteToService", "30")
        self.fails(call, number, "InternalServiceFault")
        number = self.select(call, "RouteToService", "30")
        self.used(call, number, "RouteToService", "30")
        self.assertEqual(self.additions(), 6)

    def test_a_caller_who_is_gone_first_takes_the_request_along(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        self.over(call)
        self.rejected(call, number, "CallCleared")
        self.passes("CallEnd", "CallCompleted")
        self.cancelled(request, True)

    def test_a_service_that_is_down_fails_selections_until_it_is_back(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        self.added()
        self.media.kill()
        self.fails(call, number)
        number = self.select(call, "RouteToService", "30")
        self.fails(call, number)
        self.serve(self.media.port)
        self.bridge.ready()
        number = self.select(call, "RouteToService", "30")
        self.used(call, number, "RouteToService", "30")


    def test_a_request_that_is_over_before_its_call_is_not_cancelled_again(self):
        for number in (900, 901):
            call = self.asked(number)
            selection = self.select(call, "RouteToService", "30")
            _, request = self.added()
            self.used(call, selection, "RouteToService", "30")
            if number == 900:
                self.media.forget(request)
                fault = f"there is no request {request}"
            else:
                self.media.move(request, COMPLETED, "77")
                fault = f"request {request} is over"
            self.ends(call)
            self.cancelled_once(request, True, fault)


class RoutingGuide(Routing):
    profile = GUIDE
    test_an_agent = Table.test_an_agent_becomes_a_request_that_is_used_once_that_agent_has_it


class OtherNamespaces(Table, Routing):
    """Another contract namespace, other data contracts, numbers for statuses: the service's own WSDL tells."""

    service = "OtherNamespaces"


class OtherNames(Routing):
    """Statuses of other names, which only the WSDL puts in their places."""

    service = "OtherNames"
    test_an_agent = Table.test_an_agent_becomes_a_request_that_is_used_once_that_agent_has_it
    test_each_status = Table.test_each_status_rejects


class RoutingInTime(Routing):
    settings = {"route_timeout": "8s"}
    # What is gone shows when it is withdrawn.
    media_settings = {"verify": "300s"}

    def setUp(self):
        super().setUp()
        # Whatever happens for the first time takes Mono its time.
        call = self.asked(899)
        number = self.select(call, "RouteToService", "30")
        self.used(call, number, "RouteToService", "30")
        self.ends(call)
        self.cancelled(self.added()[1], True)

    def test_no_selection_in_time_is_the_platforms_default(self):
        self.default_used(self.asked(900))

    def test_a_request_that_nobody_has_in_time_is_withdrawn(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        self.rejected(call, number, "RouteTimeout")
        self.default_used(call)
        self.cancelled(request, False)

    def test_an_agent_who_has_it_in_the_last_moment_is_the_one(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        # Once the bridge has seen that it waits, no update comes before the time is up.
        self.media.next("GetOpenMediaRequestsByTime")
        self.media.move(request, ALLOCATED, "77", told=False)
        self.cancelled(request, False)
        self.used(call, number, "RouteToAgent", "77")

    def test_a_request_that_the_service_has_forgotten_is_over_when_it_is_withdrawn(self):
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        self.media.next("GetOpenMediaRequestsByTime")
        self.media.forget(request)
        self.fails(call, number, "InvalidOpenMediaIDFault")
        self.default_used(call)
        self.cancelled_once(request, False, f"there is no request {request}")

    def ends_untold(self, status):
        """A request ends, and no update shows it."""
        call = self.asked(900)
        number = self.select(call, "RouteToAgent", "77")
        _, request = self.added()
        self.media.next("GetOpenMediaRequestsByTime")
        self.media.move(request, status, "77", told=False)
        return call, number, request

    def test_a_request_that_is_complete_when_it_is_withdrawn_was_that_agents(self):
        call, number, request = self.ends_untold(COMPLETED)
        self.used(call, number, "RouteToAgent", "77")
        self.cancelled_once(request, False, f"request {request} is over")

    def test_a_request_that_has_failed_when_it_is_withdrawn_is_nobodys(self):
        call, number, request = self.ends_untold(FAILED)
        self.fails(call, number, "Failed")
        self.default_used(call)
        self.cancelled_once(request, False, f"request {request} is over")


class RoutingWithoutAnswer(Routing):
    media_settings = {"reply_timeout": "3s"}

    def test_a_request_whose_answer_is_lost_is_not_added_again(self):
        call = self.asked(900)
        self.media.hold("AddRequest")
        number = self.select(call, "RouteToService", "30")
        request = self.media.held("AddRequest")["result"]["OpenMediaID"]
        self.fails(call, number, "unknown")
        # It was added after all, for nobody.
        self.media.release("AddRequest")
        self.cancelled(request, True)
        self.assertEqual(self.additions(), 0)


class RoutingBesideCcas(Routing, Office):
    """The application has a CCAS, too, which shows the first of the agents."""

    settings = {"platforms": ["mitel", "micc"], **Routing.settings}

    def beside(self):
        return micc()

    def initialize(self):
        super().initialize()
        self.passes("LinkStatus")

    def tell(self):
        self.passes("LinkStatus")
        self.relay.says(SERVICE_GROUP_ADDED, RecID=SALES, Name="Sales")
        self.ann.logs_on(self.relay, SALES)
        self.relay.says(DATA_COMPLETE)
        self.passes("ServiceStateChange", "AgentLoginStateChange", "AgentStateChange")

    def online(self):
        super().online()
        self.greet()
        self.tell()

    def test_an_agent_whom_it_shows_is_asked_for_by_record_id_too(self):
        for destination, record in (("77", 40), ("78", 0)):
            call = self.asked(900 + record)
            number = self.select(call, "RouteToAgent", destination)
            args, request = self.added()
            self.assertEqual((args["PreferredAgentID"], args["PreferredAgentLogonID"], args["ForceToPreferredAgent"]),
                             (record, destination, True))
            self.media.move(request, ALLOCATED, destination)
            self.used(call, number, "RouteToAgent", destination)
            self.ends(call)
            self.cancelled(request, True)


class PortalRouting(Portals, Routing):
    """A CTI Portal Server's route requests are answered by the bridge itself."""

    def setUp(self):
        self.serve()
        self.platform = self.portal()
        self.platform.pulses()
        self.bridge = bridge(self, {
            **aspect([self.platform.url], self.profile, routing="open-media"),
            **media(self.media.url, service_groups=GROUPS),
            **crm("aspect"),
        })
        self.opened(self.platform)
        self.bridge.ready()

    def ids(self, number):
        return {"CallId": number, "CallSequenceId": number + 5000, "ServiceId": SALES}

    def asks(self, number, seconds):
        """The portal asks a route for a call within so many seconds, and an agent is asked for; hands back the request."""
        call = self.ids(number)
        self.platform.publishes("CallStarted", **call)
        self.platform.publishes("CallOffered", **call, ANI="5551234", DNIS="800")
        self.platform.publishes("RouteRequest", **call, RouteTimeout=seconds, MediaType="VoiceAnalog")
        args, request = self.added()
        self.assertEqual((args["ServiceGroupID"], args["PreferredAgentID"], args["PreferredAgentLogonID"],
                          args["ForceToPreferredAgent"]), (OM_SALES, 0, None, False))
        return request

    def selected(self, call, kind, destination=None):
        """The next selection that reaches the portal is this, and the portal does so."""
        args = self.platform.next("RouteSelect")["args"]
        self.assertEqual((args["CallId"], args["RouteActionType"], args["RouteDestination"] or None),
                         (call, kind, destination))
        status = "RouteDefaultUsed" if destination is None else "RouteSuccess"
        self.platform.publishes("RouteUsed", **self.ids(call), RequestId=args["RequestId"], RouteStatus=status,
                                RouteType=kind, RouteDestination=destination)

    def test_whoever_is_chosen_gets_it_and_without_one_its_own_routing_does_in_time(self):
        request = self.asks(900, 300)
        self.media.move(request, ALLOCATED, "77")
        self.selected(900, "RouteToAgent", "77")
        self.platform.publishes("CallEnd", **self.ids(900))
        self.cancelled(request, True)
        before = time.monotonic()
        request = self.asks(901, 10)
        asked = time.monotonic()
        self.cancelled(request, False)
        self.assertGreaterEqual(time.monotonic() - before, 8)
        self.selected(901, "RouteToDefault")
        self.assertLess(time.monotonic() - asked, 10)
        self.bridge.routed()

    def test_a_request_that_is_gone_is_withdrawn_once_and_its_own_routing_does(self):
        request = self.asks(900, 10)
        self.media.next("GetOpenMediaRequestsByTime")
        self.media.forget(request)
        self.selected(900, "RouteToDefault")
        self.cancelled_once(request, False, f"there is no request {request}")
        self.assertTrue(self.platform.heard["RouteSelect"].empty())
