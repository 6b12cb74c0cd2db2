"""Applications of an event feed, written from its guide's sample exchange, in front of a CCAS."""

import unittest

from harness.bridge import CRM_PASSWORD, CRM_USER, crm, micc
from harness.ccas import CLEARED, CLERICAL_ENDED, HOLD, LOGOFF, NOT_READY, READY, RETRIEVED, Agent, Relay
from harness.subscriber import Subscriber

from .office import SALES, Office
from .world import bridge

MOST = 50               # connections at a time, by the guide
ENTITIES = 4            # kinds that a CCAS has, of which whoever subscribes to all gets a snapshot each
SERVED = {"id": SALES, "type": 4}


def entity(agent):
    return {"agent-id": agent.id, "agent-number": agent.number, "agent-name": agent.name}


def updated(agent):
    """The same as an update has it: with its id in quotes, as in the reference."""
    return {**entity(agent), "agent-id": str(agent.id)}


class Clients(Office, unittest.TestCase):
    maxDiff = None
    settings = {}
    platform = {}

    def setUp(self):
        self.bridge = bridge(self, {**micc(**self.platform), **crm("micc", **self.settings)})

    def client(self, **kinds):
        """An application that is authenticated, and subscribed."""
        client = self.stranger()
        self.assertEqual(client.authenticate(CRM_USER, CRM_PASSWORD)["result"], 0)
        if kinds:
            self.assertEqual(client.subscribe(**kinds)["result"], 0)
        return client

    def stranger(self):
        client = Subscriber(self.bridge.addresses["crm"])
        self.addCleanup(client.close)
        return client

    def hears(self, client, *expected):
        """The next messages are these, each with these fields at least; they are handed back."""
        heard = []
        for name, fields in expected:
            message = client.hear()
            heard.append(message)
            self.assertEqual(message["message"], name, heard)
            self.assertEqual({key: message.get(key) for key in fields}, fields)
        return heard

    def passes(self, client, *names):
        return self.hears(client, *((name, {}) for name in names))

    def logged_on(self, client, *agents):
        """These agents log on, ready, and the application hears it."""
        for agent in agents:
            login = {"agent-id": agent.id, "agent-number": int(agent.number), "agent-ext": int(agent.station),
                     "groups": [SERVED]}
            self.hears(client, ("agent-login", login), ("agent-idle", {"agent-id": agent.id}))

    def there(self):
        """An application that hears of agents and calls; the relay is connected, and both agents have logged on."""
        client = self.client(agent_activity=["*"], call_activity=["*"])
        self.connect()
        self.logged_on(client, self.ann, self.ben)
        return client

    def answered(self):
        """Ann answers call 900."""
        call = self.inbound(900)
        call.alerts(self.relay, self.ann)
        call.connects(self.relay, self.ann)
        return call

    def hears_answered(self, client):
        return self.passes(client, "queued", "dequeued", "agent-reserved", "delivered", "established", "agent-on-call")


class Conversations(Clients):
    def test_the_sample_exchange_from_authentication_to_unsubscription(self):
        client = self.client(entity=["group"], agent_activity=["*"])
        self.hears(client, ("entity-snapshot", {"sub-topic": "group-update", "filter": "group", "groups": []}))
        self.connect()
        group = {"group-id": str(SALES), "group-name": "Sales"}
        self.hears(client, ("entity-update", {"filter": "group", "update-type": "add", **group}))
        self.logged_on(client, self.ann, self.ben)

        agents = [entity(self.ann), entity(self.ben)]
        reply = client.subscribe(entity=["agent"])
        self.assertEqual((reply["message"], reply["result"]), ("subscribe-events", 0))
        self.assertRegex(reply["timestamp"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual(reply["subscribe"], [["ecc", "entity", ["agent"]]])
        self.hears(client, ("entity-snapshot", {"sub-topic": "agent-update", "filter": "agent", "agents": agents}))

        # The sample exchange has the agent in a list, the reference in the message.
        cy = Agent(42, "79", "4042", "Cy")
        cy.logs_on(self.relay)
        update = {"filter": "agent", "update-type": "add", "agents": [entity(cy)], **updated(cy)}
        self.hears(client, ("entity-update", update))
        self.passes(client, "agent-login", "agent-idle")

        reply = client.unsubscribe(entity=["agent"])
        self.assertEqual((reply["message"], reply["result"]), ("unsubscribe-events", 0))
        self.assertIn("timestamp", reply)
        Agent(43, "80", "4043", "Di").logs_on(self.relay)
        self.hears(client, ("agent-login", {"agent-id": 43}))

    def test_what_there_is_not_is_named_and_the_rest_is_subscribed_to(self):
        client = self.client(agent_login_logout=["*"])
        self.connect()
        self.passes(client, "agent-login", "agent-login")
        reply = client.subscribe(agent_status=["40", "77"], group_stats=["*"])
        self.assertGreater(reply["result"], 0)
        self.assertEqual(reply["additional-info"],
                         "agent-status 77: unknown; group-stats: not available from the platform")
        self.ben.says(self.relay, NOT_READY, ReasonID=2)
        self.ann.says(self.relay, NOT_READY, ReasonID=3)
        self.hears(client, ("agent-release", {"agent-id": 40, "release-code": 3}))

    def test_a_service_group_call_and_the_commands_about_it(self):
        client = self.there()
        call = self.inbound(900)
        call.alerts(self.relay, self.ann)
        ringing = self.passes(client, "queued", "dequeued", "agent-reserved", "delivered")
        number = client.send("command", sub_request_type="answer", agent_id=40, call_id=900)
        self.relay.answer(self.relay.called("AnswerCall", 40, 900))
        self.hears(client, ("command", {"request-id": number, "command": "answer", "result": 0}))
        call.connects(self.relay, self.ann)
        self.ann.says(self.relay, HOLD, CallID=900)
        self.ann.says(self.relay, RETRIEVED, CallID=900)
        talking = self.passes(client, "established", "agent-on-call", "held", "retrieved")
        number = client.send("command", sub_request_type="hangup", agent_id=40, call_id=900)
        self.relay.refuse(self.relay.called("HangupCall", 40, 900), "Agent „Ann“ is busy")
        reply, = self.hears(client, ("command", {"request-id": number, "error-msg": "Agent „Ann“ is busy"}))
        self.assertLess(reply["result"], 0)
        self.ann.says(self.relay, CLEARED, CallID=900, ClericalFlag=1)
        self.ann.says(self.relay, CLERICAL_ENDED, CallID=900)
        ended = self.passes(client, "conn-cleared", "agent-wrap", "call-cleared", "wrap-ended", "agent-idle")

        told = ringing + talking + ended
        calls = [message for message in told if "call-table" in message]
        self.assertEqual([message["message"] for message in told if "call-table" not in message],
                         ["agent-reserved", "agent-on-call", "agent-wrap", "agent-idle"])
        self.assertEqual({(message["call-id"], message["guid"]) for message in calls}, {(900, calls[0]["guid"])})
        for message in calls:
            table, = message["call-table"]
            profile = {item["id"]: item["value"] for item in table["call-profile"]}
            self.assertEqual((table["media"], table["call-type"], table["dnis"], table["group"]),
                             (1, 1, "800", SERVED))
            self.assertEqual([profile[key] for key in (1, 2, 42, 101, 102)],
                             ["800", "5551234", message["guid"], "gold", "Müller & <Söhne>"])
            self.assertRegex(f"{profile[7]} {profile[8]}", r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.devices(ringing[3], alerting_device=(40, 3, "4040"), calling_device=(0, 5, "5551234"))
        self.devices(talking[0], joining_device=(40, 3, "4040"), calling_device=(0, 5, "5551234"))
        for message in talking[2:]:
            self.devices(message, device=(40, 3, "4040"))
        self.devices(ended[0], device_out=(40, 3, "4040"))
        self.assertEqual({message["agent-id"] for message in told if "agent-id" in message}, {40})
        self.assertEqual((ended[1]["call-id"], ended[1]["media-type"], ended[2]["abandoned-call"]), (900, 1, False))

        self.ann.says(self.relay, LOGOFF)
        self.hears(client, ("agent-logout", {"agent-id": 40}))

    def devices(self, message, **expected):
        for role, device in expected.items():
            role = role.replace("_", "-")
            self.assertEqual((message[role + "-id"], message[role + "-type"], message[role]), device)

    def test_a_wrong_password_ends_the_connection_and_so_does_anything_else_first(self):
        for user, password in ((CRM_USER, "guess"), ("nobody", CRM_PASSWORD)):
            stranger = self.stranger()
            reply = stranger.authenticate(user, password)
            self.assertLess(reply["result"], 0)
            self.assertEqual(reply["error-msg"], "unknown user or wrong password")
            self.assertTrue(stranger.is_over())
        stranger = self.stranger()
        self.assertLess(stranger.subscribe(agent_activity=["*"])["result"], 0)
        self.assertTrue(stranger.is_over())

    def test_malformed_json_is_answered_without_its_number_and_the_connection_goes_on(self):
        client = self.client(agent_activity=["*"])
        unfinished = b'{"version":1,"request-id":7,"message":"subscribe-events"\0'
        for malformed in (unfinished, b'{"1001","john doe"}\0', b"\xff\xfe\0"):
            client.raw(malformed)
            reply = client.hear()
            self.assertEqual((reply["request-id"], reply["result"]), (-1, -1))
            self.assertTrue(reply["error-msg"])
        self.connect()
        self.logged_on(client, self.ann)

    def test_fifty_at_once_each_with_all_of_it_and_the_next_is_refused(self):
        clients = [self.client(entity=["*"], agent_activity=["*"]) for _ in range(MOST)]
        for client in clients:
            self.passes(client, *["entity-snapshot"] * ENTITIES)
        refused = self.stranger()
        with self.assertRaises((EOFError, ConnectionError)):
            refused.authenticate(CRM_USER, CRM_PASSWORD)
        self.connect()
        for client in clients:
            self.hears(client, ("entity-update", {"group-id": str(SALES)}))
            for agent in (self.ann, self.ben):
                self.hears(client, ("entity-update", {"agent-id": str(agent.id)}))
                self.logged_on(client, agent)
        # A place that is given up is another's.
        clients.pop().close()
        self.bridge.process.line("a place", lambda line: "closed by the application" in line)
        late = self.client(agent_status=["40"])
        self.ann.says(self.relay, NOT_READY, ReasonID=3)
        for client in [*clients, late]:
            self.hears(client, ("agent-release", {"agent-id": 40}))

    def test_who_connects_late_learns_of_agents_and_calls_by_statistics(self):
        early = self.client(call_activity=["*"])
        self.connect()
        self.answered()
        self.ben.says(self.relay, NOT_READY, ReasonID=3)
        self.passes(early, "queued", "dequeued", "delivered", "established")
        late = self.client(group_agent_stats=[str(SALES)])
        # One message a second at the most; the last fact may be in the next.
        while True:
            told, = self.hears(late, ("group-agent-stats", {"group-id": SALES, "group-name": "Sales"}))
            ann, ben = sorted(told["agents"], key=lambda agent: agent["agent-id"])
            if int(ben["agent-state"]) != 1:
                break
        self.assertEqual([(agent["agent-id"], agent["agent-name"], agent["agent-ext"]) for agent in (ann, ben)],
                         [(agent.id, agent.name, agent.station) for agent in (self.ann, self.ben)])
        # Of the guide's states: not ready with its code; and Ann's one group call.
        self.assertEqual((int(ben["agent-state"]), ben["release-code"], int(ben["acd-calls"])), (7, 3, 0))
        self.assertEqual((ann["ani"], ann["dnis"], int(ann["acd-calls"]), int(ann["held"])), ("5551234", "800", 1, 0))

    def test_a_relay_that_is_back_in_time_ends_no_call_and_logs_nobody_out(self):
        client = self.there()
        self.answered()
        before = self.hears_answered(client)
        self.relay.close()
        number = client.send("command", sub_request_type="release", agent_id=41, release_code=7)
        # It fails at once, whichever of the two the bridge heard of first.
        reply, = self.hears(client, ("command", {"request-id": number}))
        self.assertLess(reply["result"], 0)
        # CCAS tells again who is there, which is nothing new.
        self.connect()
        self.ann.says(self.relay, HOLD, CallID=900)
        held, = self.passes(client, "held")
        self.assertEqual((held["call-id"], held["guid"]), (before[0]["call-id"], before[0]["guid"]))

    def test_a_newer_relay_takes_the_place_of_the_one_before(self):
        client = self.client(agent_activity=["*"])
        self.connect()
        self.logged_on(client, self.ann, self.ben)
        old = self.relay
        self.connect()
        self.assertIsNone(old.next())
        self.ben.says(self.relay, NOT_READY, ReasonID=3)
        self.hears(client, ("agent-release", {"agent-id": 41, "release-code": 3}))

    def test_a_relay_without_the_token_is_told_so_and_harms_nothing(self):
        client = self.client(agent_login_logout=["*"])
        self.connect()
        self.passes(client, "agent-login", "agent-login")
        stranger = Relay(self.bridge.addresses["micc"], token="guess")
        self.addCleanup(stranger.close)
        self.assertEqual(stranger.next(), {"error": "the token is wrong"})
        self.assertIsNone(stranger.next())
        self.ann.says(self.relay, LOGOFF)
        self.hears(client, ("agent-logout", {"agent-id": 40}))


class Losses(Clients):
    """Relays that are not back in time."""

    platform = {"link_grace": "1s"}

    def test_the_relay_is_lost_and_back_while_clients_stay_connected(self):
        client = self.client(agent_activity=["*"], call_activity=["*"], entity=["agent"])
        self.passes(client, "entity-snapshot")
        agents = [updated(self.ann), updated(self.ben)]
        self.connect()
        for agent in agents:
            self.hears(client, ("entity-update", agent))
            self.passes(client, "agent-login", "agent-idle")
        call = self.answered()
        before = self.hears_answered(client)

        self.relay.close()
        self.hears(client, ("conn-cleared", {"call-id": 900}), ("call-cleared", {"call-id": 900}))
        self.hears(client, *(("agent-logout", {"agent-id": agent}) for agent in (40, 41)))
        # A lost link deletes no entity: the guide keeps that for what Director changes.
        number = client.send("command", sub_request_type="release", agent_id=40, release_code=7)
        reply, = self.hears(client, ("command", {"request-id": number, "error-msg": "micc is not connected"}))
        self.assertLess(reply["result"], 0)

        self.connect()
        self.logged_on(client, self.ann, self.ben)
        # The call that CCAS still has is another one to the application, which was told that it is over.
        call.connects(self.relay, self.ann)
        after, _ = self.passes(client, "established", "agent-on-call")
        self.assertNotIn(after["call-id"], {message.get("call-id") for message in before})


class SlowReaders(Clients):
    settings = {"queue": 64, "queue_bytes": "512KiB"}

    def test_one_that_stops_reading_loses_its_connection_and_harms_none_of_the_others(self):
        idle, busy = self.client(call_activity=["*"]), self.client(call_activity=["*"])
        others = [self.client(agent_status=["*"]) for _ in range(MOST - 2)]
        self.connect()
        call = self.inbound(900, history="x" * 60_000)
        call.alerts(self.relay, self.ann)
        call.connects(self.relay, self.ann)
        self.passes(busy, "queued", "dequeued", "delivered", "established")
        rounds = 0
        # Each is as long as the data; no buffer between here and there holds all that may be said.
        while not self.bridge.process.has_said("it does not read what it subscribed to") and rounds < 1000:
            for event, name in ((HOLD, "held"), (RETRIEVED, "retrieved")):
                self.ann.says(self.relay, event, CallID=900)
                self.passes(busy, name)
            self.ben.says(self.relay, NOT_READY, ReasonID=rounds + 1)
            self.ben.says(self.relay, READY)
            rounds += 1
        self.assertLess(rounds, 1000, "a connection that reads nothing was kept")
        self.assertTrue(idle.is_over())
        for other in others:
            self.passes(other, "agent-idle", "agent-idle", "agent-reserved", "agent-on-call")
            for reason in range(1, rounds + 1):
                self.hears(other, ("agent-release", {"agent-id": 41, "release-code": reason}),
                           ("agent-idle", {"agent-id": 41}))
        # Its place is free.
        self.client(agent_status=["*"])
