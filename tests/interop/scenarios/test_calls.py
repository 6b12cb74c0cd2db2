"""A whole inbound call, as the guide's chapter 2 tells it; and calls that join."""

from harness.feed import GROUP, Call, device
from harness.profiles import EDK, GUIDE

from .world import SALES, World


class Calls:
    def test_an_inbound_call_from_its_start_to_the_end_of_the_wrap_up(self):
        self.online()
        self.ready(self.jane, SALES)
        call = self.inbound(900)
        alerting = self.jane.device("alerting-device"), call.caller("calling-device")
        joining = self.jane.device("joining-device"), call.caller("calling-device")
        queue = {"queued_group_internal_id": SALES, "queued_group_type": GROUP}
        call.says(self.line, "initiated", device("device", 0, 5, call.ani))
        call.says(self.line, "queued", **queue)
        call.says(self.line, "dequeued", **queue)
        call.says(self.line, "delivered", *alerting, agent_chat_url="")
        call.says(self.line, "established", *joining)
        call.says(self.line, "conn-cleared", self.jane.device("device-out"))
        self.jane.says(self.line, "agent-wrap", media_type=1, call_id=900, tapi_call_id=5900, guid=call.guid,
                       wrapup_code=0)
        call.says(self.line, "wrap-code", agent_id=1001, wrapup_code_id=3)
        call.says(self.line, "call-cleared", abandoned_call=False, requested_callback=False, abandoned_callback=False)
        call.says(self.line, "wrap-ended", agent_id=1001, wrapup_code_id=3, wrapup_id_list=[3])
        self.jane.says(self.line, "agent-idle")

        ids = {"CallId": 900, "CallSequenceId": 5900}
        numbers = {"ANI": "5551234", "DNIS": "800"}
        data = self.call_data(("101", "gold"), ("102", "a <b>"))
        info = {**numbers, "FirstName": None, "LastName": "Müller & Söhne", "PhoneNumber": None, "CallerId": "5551234",
                "CallData": data}
        service = {"ServiceId": SALES, "ServiceIds": [SALES]}
        agent = {"AgentId": 1001}
        self.hears("CallStarted", **ids, ServiceId=SALES)
        self.hears("CallOffered", **ids, **numbers, ServiceId=SALES)
        self.hears("CallDelivered", **ids, **numbers, ServiceId=SALES, CallType="InboundAcd")
        self.hears("CallConnected", **ids, **agent, ServiceId=SALES, CallType="InboundAcd", ResponseRequired=True,
                   CallInfo=self.call_info(**info))
        self.state(self.jane, "PendingActive", call, **service)
        self.hears("CallEstablished", **ids, **numbers, **agent, ServiceId=SALES, MediaType="VoiceAnalog")
        self.state(self.jane, "Active", call, **service)
        self.hears("CallCleared", **ids, **agent, ServiceId=SALES, ClearingPartyType="NearEnd")
        self.state(self.jane, "Wrap", call, **service)
        self.hears("CallEnd", **ids, ServiceId=SALES, AgentDisposition=3, CallData=data)
        self.hears("CallCompleted", **ids, ServiceId=SALES)
        self.state(self.jane, "Idle", ServiceIds=[SALES])

    def consulting(self):
        """Jane holds the customer's call and talks to Joe in another."""
        self.online()
        self.ready(self.jane, SALES)
        self.ready(self.joe, SALES)
        self.customer, self.consultation = self.inbound(900), Call(901, "4001", "4002")
        self.answered(self.customer, self.jane)
        self.customer.says(self.line, "held", self.jane.device("device"))
        self.hears("CallHeld", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES)
        calling = self.jane.device("calling-device")
        ids = {"CallId": 901, "CallSequenceId": 5901}
        self.consultation.says(self.line, "initiated", self.jane.device("device"))
        self.hears("CallStarted", **ids)
        self.hears("CallOriginated", **ids, AgentId=1001, DestType="Agent", Destination="1002")
        self.consultation.says(self.line, "delivered", self.joe.device("alerting-device"), calling, agent_chat_url="")
        self.passes("CallConnected", "AgentStateChange")
        self.consultation.says(self.line, "established", self.joe.device("joining-device"), calling)
        numbers = {"ANI": "4001", "DNIS": "4002", "MediaType": "VoiceAnalog"}
        self.hears("CallEstablished", **ids, **numbers, AgentId=1002)
        self.passes("AgentStateChange")
        self.hears("CallEstablished", **ids, **numbers, AgentId=1001)
        self.hears("CallConsultation", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   ConsultationCallId=901, ConsultationAgentId=1001)

    def test_a_consultation_transfer_keeps_the_customers_number_and_data(self):
        self.consulting()
        result = self.inbound(902)
        self.customer.joins(self.line, "transferred", self.consultation, result,
                            self.jane.device("transferring-device"), self.customer.caller("transferred-device"),
                            self.joe.device("transfer-to-device"))
        self.hears("CallTransferred", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   ConsultingCallId=900, ConsultedCallId=901, ConsultationAgentId=1001, TransferredCallId=902,
                   TransferredCallSwitchId=1)
        self.hears("CallCleared", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   ConsultationCallId=901, ClearingPartyType="NearEnd")
        # The consultation ends at once; the call that Jane left ends when her wrap-up of it is over, with her code.
        consultation = {"CallId": 901, "CallSequenceId": 5901}
        self.hears("CallEnd", **consultation, CallData=self.call_data())
        self.hears("CallCompleted", **consultation)
        self.jane.says(self.line, "agent-wrap", media_type=1, call_id=900, tapi_call_id=5900, guid=self.customer.guid,
                       wrapup_code=0)
        self.passes("AgentStateChange")
        self.customer.says(self.line, "wrap-code", agent_id=1001, wrapup_code_id=3)
        self.customer.says(self.line, "wrap-ended", agent_id=1001, wrapup_code_id=3, wrapup_id_list=[3])
        data = self.call_data(("101", "gold"), ("102", "a <b>"))
        left = {"CallId": 900, "CallSequenceId": 5900, "ServiceId": SALES}
        self.hears("CallEnd", **left, AgentDisposition=3, CallData=data)
        self.hears("CallCompleted", **left)
        self.jane.says(self.line, "agent-idle")
        self.state(self.jane, "Idle", ServiceIds=[SALES])
        # Joe goes on in what became of the two calls.
        number = self.ask("GetCallData", self.joe, CallId=902)
        self.hears("CallDataUpdate", RequestId=number, AgentId=1002, CallId=902, CallSequenceId=5902, ServiceId=SALES,
                   UpdateType="GetCallDataReturned", CallData=data)

    def test_a_conference_joins_two_calls_into_one(self):
        self.consulting()
        self.customer.says(self.line, "retrieved", self.jane.device("device"))
        self.hears("CallRetrieved", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES)
        self.customer.joins(self.line, "conferenced", self.consultation, self.customer,
                            self.jane.device("conferencing-device"), self.customer.caller("conferenced-device"),
                            self.joe.device("conference-to-device"))
        self.hears("CallConferenced", AgentId=1001, CallId=900, CallSequenceId=5900, ServiceId=SALES,
                   ConsultingCallId=900, ConsultedCallId=901, ConsultationAgentId=1001, ConferenceCallId=900)
        self.passes("CallEnd", "CallCompleted")


class CallsEdk(Calls, World):
    profile = EDK


class CallsGuide(Calls, World):
    profile = GUIDE
