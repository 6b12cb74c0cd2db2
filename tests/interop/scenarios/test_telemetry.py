"""Spans of calls at a collector of OpenTelemetry: rotel."""

from harness.bridge import desk, mitel
from harness.collector import Collector
from harness.feed import Agent, Call, Feed
from harness.profiles import EDK

from .world import COLLECTOR, SALES, Desk


class Spans(Desk):
    """A transferred call between an event feed and a WCF application."""

    profile = EDK

    def setUp(self):
        self.jane, self.joe = Agent(1001, "77", "4001", "Jane Doe"), Agent(1002, "78", "4002", "Joe Bloggs")
        self.feed = Feed()
        self.addCleanup(self.feed.close)
        self.collector = Collector(COLLECTOR)
        self.addCleanup(self.collector.stop)
        telemetry = {"telemetry": {"otlp": f"http://{self.collector.address}", "service": "office",
                                   "attributes": {"deployment.environment": "interop"}}}
        self.start({**mitel(self.feed.address), **desk("mitel", self.profile), **telemetry})

    def test_a_transferred_call_is_two_spans_that_are_linked(self):
        self.initialize()
        self.feed.open()
        line = self.feed.welcome()
        self.addCleanup(line.close)
        for agent in (self.jane, self.joe):
            agent.logs_in(line, SALES)
            agent.says(line, "agent-idle")
        customer, consultation, result = Call(900, "5551234", "800"), Call(901, "4001", "4002"), Call(902, "5551234", "800")
        customer.says(line, "established", self.jane.device("joining-device"), customer.caller("calling-device"))
        customer.says(line, "held", self.jane.device("device"))
        consultation.says(line, "initiated", self.jane.device("device"))
        consultation.says(line, "established", self.joe.device("joining-device"), self.jane.device("calling-device"))
        customer.joins(line, "transferred", consultation, result, self.jane.device("transferring-device"),
                       customer.caller("transferred-device"), self.joe.device("transfer-to-device"))
        self.jane.says(line, "agent-idle")

        spans = self.collector.spans(900)
        first, second = spans["900"], spans["901"]
        ids = [span["fields"]["Trace ID"] for span in (first, second)]
        self.assertIn(ids[1], first["links"])
        self.assertIn(ids[0], second["links"])
        self.assertEqual(first["attributes"]["cti.platform"], "mitel")
        self.assertEqual(first["fields"]["Name"], "call")
        self.assertEqual(first["fields"]["Status code"], "STATUS_CODE_OK")
        self.assertRegex(first["fields"]["Trace ID"], "^[0-9a-f]{32}$")
        self.assertLessEqual(int(first["fields"]["Start time"]), int(first["fields"]["End time"]))
        self.assertEqual(len({span["fields"]["Trace ID"] for span in spans.values()}), len(spans))
        told = [(event["Name"], event["attributes"].get("cti.message_name")) for event in first["events"]]
        wanted = [("message_in", "established"), ("message_out", "CallEstablished"), ("message_in", "held"),
                  ("message_out", "CallHeld"), ("message_in", "transferred"), ("message_out", "CallTransferred")]
        places = [told.index(event) for event in wanted]
        self.assertEqual(places, sorted(places))
        self.assertTrue(all(int(event["Timestamp"]) % 1_000_000 == 0 for event in first["events"]))
        # Names, ids and rules, and no values.
        self.assertNotIn("5551234", str(spans))

