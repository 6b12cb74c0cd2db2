// The CTIEvents (guide 7.2, chapter 4). Every class is flat below CTIEvent, because base members travel before derived ones.

using System.Runtime.Serialization;

namespace Aspect.CTIPS
{
    [DataContract(Name = "CTIEvent", Namespace = Profile.Data)]
    [KnownType(typeof(AgentLoginStateChange)), KnownType(typeof(AgentLoginRequestFailed)), KnownType(typeof(AgentStateChange))]
    [KnownType(typeof(AudioPathStateChange)), KnownType(typeof(EnterPasscode)), KnownType(typeof(ServiceStateChange))]
    [KnownType(typeof(AgentRequestFailed)), KnownType(typeof(CallCleared)), KnownType(typeof(CallCompleted))]
    [KnownType(typeof(CallConferenced)), KnownType(typeof(CallConnected)), KnownType(typeof(CallConsultation))]
    [KnownType(typeof(CallDataUpdate)), KnownType(typeof(CallDelivered)), KnownType(typeof(CallEnd))]
    [KnownType(typeof(CallEstablished)), KnownType(typeof(CallHeld)), KnownType(typeof(CallOffered))]
    [KnownType(typeof(CallOriginated)), KnownType(typeof(CallRequestFailed)), KnownType(typeof(CallRetrieved))]
    [KnownType(typeof(CallStarted)), KnownType(typeof(CallTransferred)), KnownType(typeof(DigitsDialed))]
    [KnownType(typeof(RouteRequest)), KnownType(typeof(RouteUsed)), KnownType(typeof(RouteRejected))]
    [KnownType(typeof(RouteRequestFailed)), KnownType(typeof(SnapShotUpdate)), KnownType(typeof(SnapShotRequestFailed))]
    [KnownType(typeof(LinkStatus))]
    public class CTIEvent
    {
        [DataMember] public CTIEventCategory EventCategory;
        [DataMember] public CTIEventType EventType;
        [DataMember] public int RequestId;
        [DataMember] public int TenantId;
        [DataMember] public int SiteId;
        [DataMember] public int SwitchId;
        [DataMember] public int ServiceId;
        [DataMember] public int AgentId;
    }

    [DataContract(Name = Profile.Before + "AgentLoginStateChange" + Profile.After, Namespace = Profile.Data)]
    public class AgentLoginStateChange : CTIEvent
    {
        [DataMember] public string AgentLoginName;
        [DataMember] public CTIAgentLoginState LoginState;
        [DataMember] public int AgentWorkGroupId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public CTIAgentCapabilities[] AgentCapabilities;
        [DataMember] public string AgentStationAddress;
        [DataMember] public string AgentMailbox;
        [DataMember] public CTIServiceInfo[] ServiceState;
        [DataMember] public string SipIpAddress;
        [DataMember] public int SipPortNumber;
        [DataMember] public int AgentCTIId;
    }

    [DataContract(Name = Profile.Before + "AgentLoginRequestFailed" + Profile.After, Namespace = Profile.Data)]
    public class AgentLoginRequestFailed : CTIEvent
    {
        [DataMember] public string AgentLoginName;
        [DataMember] public CTIFailureType FailureType;
        [DataMember] public string FailureReason;
    }

    [DataContract(Name = Profile.Before + "AgentStateChange" + Profile.After, Namespace = Profile.Data)]
    public partial class AgentStateChange : CTIEvent
    {
        [DataMember] public CTIAgentState AgentState;
        [DataMember] public int[] ServiceIds;
        [DataMember] public string SipAddress;
        [DataMember] public int SipPort;
    }

    [DataContract(Name = Profile.Before + "AudioPathStateChange" + Profile.After, Namespace = Profile.Data)]
    public class AudioPathStateChange : CTIEvent
    {
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public CTIAudioPathState AudioPathState;
        [DataMember] public int[] ServiceIds;
        [DataMember] public string SipIpAddress;
        [DataMember] public int SipIpPort;
    }

    [DataContract(Name = Profile.Before + "EnterPasscode" + Profile.After, Namespace = Profile.Data)]
    public class EnterPasscode : CTIEvent
    {
        [DataMember] public int ResourceGroupId;
        [DataMember] public string PasscodeDigits;
        [DataMember] public bool ReEnterFlag;
        [DataMember] public int[] ServiceIds;
    }

    [DataContract(Name = Profile.Before + "ServiceStateChange" + Profile.After, Namespace = Profile.Data)]
    public class ServiceStateChange : CTIEvent
    {
        [DataMember] public CTIServiceState ServiceState;
        [DataMember(Name = Profile.ServiceAgents)] public int[] Agents;
    }

    [DataContract(Name = Profile.Before + "AgentRequestFailed" + Profile.After, Namespace = Profile.Data)]
    public class AgentRequestFailed : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public CTIFailureType FailureType;
        [DataMember] public string FailureReason;
    }

    [DataContract(Name = Profile.Before + "CallCleared" + Profile.After, Namespace = Profile.Data)]
    public class CallCleared : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ConsultationCallId;
        [DataMember] public CTIClearingPartyType ClearingPartyType;
    }

    [DataContract(Name = Profile.Before + "CallCompleted" + Profile.After, Namespace = Profile.Data)]
    public class CallCompleted : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
    }

    [DataContract(Name = Profile.Before + "CallConferenced" + Profile.After, Namespace = Profile.Data)]
    public class CallConferenced : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ConsultingCallId;
        [DataMember] public int ConsultedCallId;
        [DataMember] public int ConsultationAgentId;
        [DataMember] public int ConferenceCallId;
    }

    [DataContract(Name = Profile.Before + "CallConnected" + Profile.After, Namespace = Profile.Data)]
    public partial class CallConnected : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public bool ResponseRequired;
        [DataMember] public bool RejectReasonRequired;
        [DataMember] public bool PlayAudioAlert;
        [DataMember] public CTICallType CallType;
        [DataMember] public int OriginatingAgentId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
    }

    [DataContract(Name = Profile.Before + "CallConsultation" + Profile.After, Namespace = Profile.Data)]
    public class CallConsultation : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ConsultationCallId;
        [DataMember] public int ConsultationAgentId;
    }

    [DataContract(Name = Profile.Before + "CallDataUpdate" + Profile.After, Namespace = Profile.Data)]
    public class CallDataUpdate : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTICallDataItem[] CallData;
        [DataMember] public CTICallDataUpdateType UpdateType;
    }

    [DataContract(Name = Profile.Before + "CallDelivered" + Profile.After, Namespace = Profile.Data)]
    public class CallDelivered : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTICallType CallType;
        [DataMember] public string ANI;
        [DataMember] public string DNIS;
    }

    [DataContract(Name = Profile.Before + "CallEnd" + Profile.After, Namespace = Profile.Data)]
    public class CallEnd : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int AgentDisposition;
        [DataMember] public CTICallDataItem[] CallData;
    }

    [DataContract(Name = Profile.Before + "CallEstablished" + Profile.After, Namespace = Profile.Data)]
    public class CallEstablished : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIMediaType MediaType;
        [DataMember] public string SipIpAddress;
        [DataMember] public int SipPortNumber;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public string ANI;
        [DataMember] public string DNIS;
    }

    [DataContract(Name = Profile.Before + "CallHeld" + Profile.After, Namespace = Profile.Data)]
    public class CallHeld : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
    }

    [DataContract(Name = Profile.Before + "CallOffered" + Profile.After, Namespace = Profile.Data)]
    public class CallOffered : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public string ANI;
        [DataMember] public string DNIS;
    }

    [DataContract(Name = Profile.Before + "CallOriginated" + Profile.After, Namespace = Profile.Data)]
    public class CallOriginated : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIDestinationType DestType;
        [DataMember] public string Destination;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public CTICallProgressSignalType CallProgressSignal;
    }

    [DataContract(Name = Profile.Before + "CallRequestFailed" + Profile.After, Namespace = Profile.Data)]
    public class CallRequestFailed : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIFailureType FailureType;
        [DataMember] public string FailureReason;
    }

    [DataContract(Name = Profile.Before + "CallRetrieved" + Profile.After, Namespace = Profile.Data)]
    public class CallRetrieved : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
    }

    [DataContract(Name = Profile.Before + "CallStarted" + Profile.After, Namespace = Profile.Data)]
    public class CallStarted : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
    }

    [DataContract(Name = Profile.Before + "CallTransferred" + Profile.After, Namespace = Profile.Data)]
    public class CallTransferred : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ConsultingCallId;
        [DataMember] public int ConsultedCallId;
        [DataMember] public int ConsultationAgentId;
        [DataMember] public int TransferredCallId;
        [DataMember] public int TransferredCallSwitchId;
    }

    [DataContract(Name = Profile.Before + "DigitsDialed" + Profile.After, Namespace = Profile.Data)]
    public class DigitsDialed : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public string DigitString;
    }

    [DataContract(Name = Profile.Before + "RouteRequest" + Profile.After, Namespace = Profile.Data)]
    public partial class RouteRequest : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int CircuitId;
        [DataMember] public int ChannelId;
        [DataMember] public int RouteTimeout;
        [DataMember] public CTIMediaType MediaType;
        [DataMember] public string SipIpAddress;
        [DataMember] public string SipPortNumber;
    }

    [DataContract(Name = Profile.Before + "RouteUsed" + Profile.After, Namespace = Profile.Data)]
    public class RouteUsed : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIRouteStatusType RouteStatus;
        [DataMember] public CTIRouteType RouteType;
        [DataMember] public string RouteDestination;
    }

    [DataContract(Name = Profile.Before + "RouteRejected" + Profile.After, Namespace = Profile.Data)]
    public class RouteRejected : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIRejectReason RouteRejectReason;
    }

    [DataContract(Name = Profile.Before + "RouteRequestFailed" + Profile.After, Namespace = Profile.Data)]
    public class RouteRequestFailed : CTIEvent
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public CTIFailureType FailureType;
        [DataMember] public string FailureReason;
    }

    [DataContract(Name = Profile.Before + "SnapShotUpdate" + Profile.After, Namespace = Profile.Data)]
    public class SnapShotUpdate : CTIEvent
    {
        [DataMember] public CTIEntityType SnapShotType;
        [DataMember] public CTISnapShotAgentData AgentData;
        [DataMember] public CTISnapShotCallData CallData;
        [DataMember] public CTISnapShotServiceData ServiceData;
        [DataMember(Name = Profile.SnapShotEnd)] public bool Complete;
    }

    [DataContract(Name = Profile.Before + "SnapShotRequestFailed" + Profile.After, Namespace = Profile.Data)]
    public class SnapShotRequestFailed : CTIEvent
    {
        [DataMember] public CTIFailureType FailureType;
        [DataMember] public string FailureReason;
    }

    [DataContract(Name = Profile.Before + "LinkStatus" + Profile.After, Namespace = Profile.Data)]
    public class LinkStatus : CTIEvent
    {
        [DataMember] public CTIComponentType ComponentType;
        [DataMember] public CTIComponentState ComponentState;
    }
}
