"""A whole inbound call, as the guide's chapter 2 tells it."""

from harness.feed import GROUP, device
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
        self.hears("CallEnd", **ids, ServiceId=SALES, CallData=data)
        self.hears("CallCompleted", **ids, ServiceId=SALES)
        self.state(self.jane, "Idle", ServiceIds=[SALES])


class CallsEdk(Calls, World):
    profile = EDK


class CallsGuide(Calls, World):
    profile = GUIDE
