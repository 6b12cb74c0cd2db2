"""A CCAS behind the bridge: two agents of a service group, and the calls that they have."""

from harness.ccas import DATA_COMPLETE, SERVICE_GROUP_ADDED, Agent, Call, Relay

SALES = 9


class Office:
    """For a scenario whose bridge is started."""

    ann = Agent(40, "77", "4040", "Ann Ames")
    ben = Agent(41, "78", "4041", "Ben Böll")

    def connect(self):
        """The relay is there, or is again, and tells all of what its CCAS has."""
        self.greet()
        self.tell()

    def greet(self):
        self.relay = Relay(self.bridge.addresses["micc"])
        self.addCleanup(self.relay.close)

    def tell(self):
        self.relay.says(SERVICE_GROUP_ADDED, RecID=SALES, Name="Sales")
        self.ann.logs_on(self.relay, SALES)
        self.ben.logs_on(self.relay, SALES)
        self.relay.says(DATA_COMPLETE)

    def inbound(self, number, **more):
        return Call(number, "5551234", "800", SALES, level="gold", note="Müller & <Söhne>", **more)
