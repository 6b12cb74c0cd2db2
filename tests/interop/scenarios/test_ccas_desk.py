"""The WCF application in front of a CCAS: what it hears of calls, and which methods its requests become."""

from harness.bridge import desk, micc
from harness.ccas import (CLEARED, CLERICAL_ENDED, CONFERENCE, DELIVERED, ESTABLISHED, HOLD, ORIGINATED, RETRIEVED,
                          TRANSFERRED, VOICE)
from harness.profiles import EDK, GUIDE

from .office import SALES, Office
from .world import Desk

IVR = ("level", "gold"), ("note", "Müller & <Söhne>")


class CcasDesk(Office):
    def setUp(self):
        self.start({**micc(), **desk("micc", self.profile)})
        self.initialize()
        self.greet()
        self.link("Up")                         # a pong is enough, where CCAS has nothing to tell
        self.tell()
        self.hears("ServiceStateChange", ServiceId=SALES, ServiceState="AddService")
        for agent in (self.ann, self.ben):
            self.hears("AgentLoginStateChange", AgentId=agent.id, AgentLoginName=agent.number, AgentWorkGroupId=-1,
                       LoginState="AgentLoggedIn", AgentStationAddress=agent.station, AgentCTIId=agent.id,
                       ServiceState=[{"ServiceId": SALES, "ServiceState": "Active"}])
            self.state(agent, "Idle", ServiceIds=[SALES])

    def hears_of(self, name, call, agent=None, service=SALES, **members):
        """The next event is this of a call, and of an agent where one is named."""
        ids = {"CallId": call, "CallSequenceId": call, "ServiceId": service}
        return self.hears(name, **ids, **members, **({} if agent is None else {"AgentId": agent.id}))

    def fails(self, number, agent, call, reason, service=SALES):
        """The next event is the failure of a request, in the words of GetLastErrorInfo."""
        self.hears_of("CallRequestFailed", call, agent, service, RequestId=number, FailureType="RequestFailed",
                      FailureReason=reason)

    # ── one call ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_a_service_group_call_is_answered_held_retrieved_and_ended_by_requests(self):
        call, numbers = self.inbound(900), {"ANI": "5551234", "DNIS": "800"}
        working = {"ServiceId": SALES, "ServiceIds": [SALES]}
        call.alerts(self.relay, self.ann)
        self.hears_of("CallStarted", 900)
        self.hears_of("CallOffered", 900, **numbers)
        self.hears_of("CallDelivered", 900, **numbers, CallType="InboundAcd")
        self.state(self.ann, "Reserved", call, **working)
        info = {**numbers, "FirstName": None, "LastName": None, "PhoneNumber": None, "CallerId": "5551234",
                "CallData": self.call_data(*IVR)}
        self.hears_of("CallConnected", 900, self.ann, CallType="InboundAcd", ResponseRequired=True,
                      CallInfo=self.call_info(**info))
        self.state(self.ann, "PendingActive", call, **working)

        number = self.ask("AcceptCall", self.ann, CallId=900, AcceptCall=True)
        self.relay.answer(self.relay.called("AnswerCall", 40, 900))
        call.connects(self.relay, self.ann)
        self.hears_of("CallEstablished", 900, self.ann, RequestId=number, **numbers, MediaType="VoiceAnalog")
        self.state(self.ann, "Active", call, **working)

        number = self.ask("HoldCall", self.ann, CallId=900)
        self.relay.answer(self.relay.called("HoldCall", 40, 900))
        self.ann.says(self.relay, HOLD, CallID=900)
        self.hears_of("CallHeld", 900, self.ann, RequestId=number)
        number = self.ask("RetrieveCall", self.ann, CallId=900)
        self.relay.refuse(self.relay.called("RetrieveCall", 40, 900), "Agent „Ann“ <40> & line: not found")
        self.fails(number, self.ann, 900, "Agent „Ann“ <40> & line: not found")
        number = self.ask("RetrieveCall", self.ann, CallId=900)
        self.relay.answer(self.relay.called("RetrieveCall", 40, 900))
        self.ann.says(self.relay, RETRIEVED, CallID=900)
        self.hears_of("CallRetrieved", 900, self.ann, RequestId=number)
        # What nobody asked for carries no number; a customer who holds is nobody's agent.
        self.ann.says(self.relay, HOLD, CallID=900, OnHold=1)
        self.ann.says(self.relay, RETRIEVED, CallID=900)
        self.hears_of("CallHeld", 900)
        self.hears_of("CallRetrieved", 900)

        number = self.ask("ClearCall", self.ann, CallId=900)
        self.relay.answer(self.relay.called("HangupCall", 40, 900))
        self.ann.says(self.relay, CLEARED, CallID=900, ClericalFlag=1)
        self.hears_of("CallCleared", 900, self.ann, RequestId=number, ClearingPartyType="NearEnd")
        self.state(self.ann, "Wrap", call, **working)
        number = self.ask("SetAgentState", self.ann, NewState="Idle")
        self.relay.answer(self.relay.called("CancelClerical", 40, 900))
        self.ann.says(self.relay, CLERICAL_ENDED, CallID=900)
        # The call's end waits for the end of the wrap-up.
        self.hears_of("CallEnd", 900, CallData=self.call_data(*IVR))
        self.hears_of("CallCompleted", 900)
        self.state(self.ann, "Idle", RequestId=number, ServiceIds=[SALES])

    # ── calls that join ───────────────────────────────────────────────────────────────────────────────────────────────

    def talking(self):
        """Ann talks to a customer whom she has called, by request."""
        number = self.ask("MakeCall", self.ann, CallId=-1, DestinationType="External", DestinationAddress="5559999")
        self.relay.refuse(self.relay.called("MakeCall", 40, "5559999"), "no line")
        self.fails(number, self.ann, -1, "no line", service=0)
        number = self.ask("MakeCall", self.ann, CallId=-1, DestinationType="External", DestinationAddress="5559999")
        self.relay.answer(self.relay.called("MakeCall", 40, "5559999"))
        self.ann.says(self.relay, ORIGINATED, CallID=900, CallType=VOICE)
        self.hears_of("CallStarted", 900, service=0)
        self.hears_of("CallOriginated", 900, self.ann, service=0, RequestId=number, DestType="External",
                      Destination="5559999")
        self.ann.says(self.relay, DELIVERED, CallID=900, OppositePartyNumber="5559999", CalledNumber="5559999")
        self.ann.says(self.relay, ESTABLISHED, CallID=900, OppositePartyNumber="5559999")
        self.hears_of("CallEstablished", 900, self.ann, service=0, ANI="4040", DNIS="5559999", MediaType="VoiceAnalog")
        self.passes("AgentStateChange")

    def serving(self):
        """Ann talks to a customer who has called the service group."""
        call = self.inbound(900)
        call.alerts(self.relay, self.ann)
        call.connects(self.relay, self.ann)
        self.passes("CallStarted", "CallOffered", "CallDelivered", "AgentStateChange", "CallConnected",
                    "AgentStateChange", "CallEstablished", "AgentStateChange")

    def consults(self, service):
        """Ann asks for a consultation with Ben: her call is held first, and hers to him comes about."""
        number = self.ask("ConsultationCall", self.ann, CallId=900, DestinationType="Agent", DestinationAddress="78")
        self.relay.answer(self.relay.called("HoldCall", 40, 900))
        self.ann.says(self.relay, HOLD, CallID=900)
        self.hears_of("CallHeld", 900, self.ann, service)
        self.relay.answer(self.relay.called("MakeCall", 40, "4041"))
        self.ann.says(self.relay, ORIGINATED, CallID=901, CallType=VOICE)
        self.hears_of("CallStarted", 901, service=0)
        self.hears_of("CallOriginated", 901, self.ann, service=0, RequestId=number, DestType="Agent", Destination="41")
        for agent, opposite in ((self.ann, "4041"), (self.ben, "4040")):
            agent.says(self.relay, DELIVERED, CallID=901, OppositePartyNumber=opposite, CalledNumber="4041")
        self.passes("CallConnected", "AgentStateChange")
        for agent, opposite in ((self.ann, "4041"), (self.ben, "4040")):
            agent.says(self.relay, ESTABLISHED, CallID=901, OppositePartyNumber=opposite)
        numbers = {"ANI": "4040", "DNIS": "4041", "MediaType": "VoiceAnalog"}
        self.hears_of("CallEstablished", 901, self.ben, service=0, **numbers)
        self.passes("AgentStateChange")
        self.hears_of("CallEstablished", 901, self.ann, service=0, **numbers)
        self.hears_of("CallConsultation", 900, self.ann, service, ConsultationCallId=901, ConsultationAgentId=40)

    def joins(self, event, call, **own):
        """Both agents are told that the held and the active call are a third; more of it, where it is Ann's doing."""
        calls = {"HeldCallID": 900, "ActiveCallID": 901, "NewCallID": call}
        self.ben.says(self.relay, event, **calls, OppositePartyNumber="5551234")
        self.ann.says(self.relay, event, **calls, **own)

    def test_a_group_call_is_transferred_after_a_consultation_and_its_ids_can_be_followed(self):
        self.serving()
        self.consults(SALES)
        transfer = {"CallId": 900, "ConsultationCallId": 901, "TransferType": "Consultation"}
        number = self.ask("TransferCall", self.ann, **transfer)
        self.relay.refuse(self.relay.called("TransferCall", 40, 900), "transfer not possible")
        self.fails(number, self.ann, 900, "transfer not possible")
        number = self.ask("TransferCall", self.ann, **transfer)
        self.relay.answer(self.relay.called("TransferCall", 40, 900))
        self.joins(TRANSFERRED, 902, TransferringAgent=1)
        self.hears_of("CallTransferred", 900, self.ann, RequestId=number, ConsultingCallId=900, ConsultedCallId=901,
                      ConsultationAgentId=40, TransferredCallId=902, TransferredCallSwitchId=1)
        self.hears_of("CallCleared", 900, self.ann, ConsultationCallId=901, ClearingPartyType="NearEnd")
        # The consultation ends at once, and the call that Ann left when she has nothing more to do for it: here at once, too.
        self.hears_of("CallEnd", 901, service=0, CallData=self.call_data())
        self.hears_of("CallCompleted", 901, service=0)
        self.hears_of("CallEnd", 900, CallData=self.call_data(*IVR))
        self.hears_of("CallCompleted", 900)
        self.state(self.ann, "Idle", ServiceIds=[SALES])

        # Ben goes on with the customer, in a call that is known by any of its names; the customer's data came along.
        for name in (902, 901, 900):
            number = self.ask("GetCallData", self.ben, CallId=name)
            self.hears("CallDataUpdate", RequestId=number, AgentId=41, CallId=902, CallSequenceId=902, ServiceId=SALES,
                       UpdateType="GetCallDataReturned", CallData=self.call_data(*IVR))
        number = self.ask("ClearCall", self.ben, CallId=902)
        self.relay.answer(self.relay.called("HangupCall", 41, 902))
        self.ben.says(self.relay, CLEARED, CallID=902)
        self.hears_of("CallCleared", 902, self.ben, RequestId=number, ClearingPartyType="NearEnd")
        self.hears_of("CallEnd", 902, CallData=self.call_data(*IVR))
        self.hears_of("CallCompleted", 902)
        self.state(self.ben, "Idle", ServiceIds=[SALES])

    def test_a_call_is_made_and_becomes_a_conference_and_its_ids_can_be_followed(self):
        self.talking()
        self.consults(0)
        number = self.ask("ConferenceCall", self.ann, CallId=900, ConsultationCallId=901)
        self.relay.answer(self.relay.called("ConferenceCall", 40))
        self.joins(CONFERENCE, 902, OppositePartyNumber="5559999,4041")
        self.hears_of("CallConferenced", 900, self.ann, service=0, RequestId=number, ConsultingCallId=900,
                      ConsultedCallId=901, ConsultationAgentId=40, ConferenceCallId=902)
        self.passes("CallEnd", "CallCompleted", "CallEnd", "CallCompleted")
        # All three talk; nobody was cleared.
        number = self.ask("GetAgentState", self.ann)
        state = self.application.next("PublishCTIEvent")["event"]
        self.assertEqual((state["EventType"], state["RequestId"], state["AgentState"]),
                         ("AgentStateChange", number, "Active"))
        number = self.ask("HoldCall", self.ben, CallId=902)
        self.relay.answer(self.relay.called("HoldCall", 41, 902))
        self.ben.says(self.relay, HOLD, CallID=902)
        self.hears_of("CallHeld", 902, self.ben, service=0, RequestId=number)
        for agent in (self.ben, self.ann):
            agent.says(self.relay, CLEARED, CallID=902)
        self.hears_of("CallCleared", 902, self.ben, service=0, ClearingPartyType="NearEnd")
        self.state(self.ben, "Idle", ServiceIds=[SALES])
        self.hears_of("CallCleared", 902, self.ann, service=0, ClearingPartyType="NearEnd")
        self.passes("CallEnd", "CallCompleted")
        self.state(self.ann, "Idle", ServiceIds=[SALES])


class CcasDeskEdk(CcasDesk, Desk):
    profile = EDK


class CcasDeskGuide(CcasDesk, Desk):
    profile = GUIDE
