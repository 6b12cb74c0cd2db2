// What requests and events are made of: enumerations and records (guide 7.2, appendix A). Enumerations are plain ones, as
// the guide prints them; their namespace comes from the assembly.

using System.Runtime.Serialization;

[assembly: ContractNamespace(Aspect.CTIPS.Profile.Data, ClrNamespace = "Aspect.CTIPS")]

namespace Aspect.CTIPS
{
    public enum CTIMessageClass
    {
        INVALID, EventCategoryAgent, EventCategoryCall, EventCategoryRoute, EventCategorySystem
    }
    public enum CTIEventCategory
    {
        INVALID, EventCategoryAgent, EventCategoryCall, EventCategoryRoute, EventCategorySystem
    }
    public enum CTIEventType
    {
        INVALID, Filter, AgentLoginStateChange, AgentLoginRequestFailed, AgentStateChange, AgentRequestFailed,
        AudioPathStateChange, EnterPasscode, ServiceStateChange, CallCleared, CallCompleted, CallConferenced,
        CallConnected, CallConsultation, CallDataUpdate, CallDelivered, CallEnd, CallEstablished, CallHeld,
        CallOffered, CallOriginated, CallRequestFailed, CallRetrieved, CallStarted, CallTransferred, DigitsDialed,
        RouteRequest, RouteRequestFailed, RouteUsed, RouteReject, LinkStatus, SnapShot, SnapShotUpdate,
        SnapShotRequestFailed
    }
    public enum CTIAgentCapabilities { INVALID, StandardAgent, Director, OnDemand }
    public enum CTIAgentState
    {
        INVALID, NotReady, NotReadyPark, Idle, PendingActive, Active, Wrap, WrapWarning, Reserved, MultiLine
    }
    public enum CTIAgentLoginState { INVALID, AgentLoggedIn, AgentLoggedOut }
    public enum CTIServiceState
    {
        NoState, Active, InActive, AddService, RemoveService, UnManned, Holiday, Pause, Failed, Wait, Activating
    }
    public enum CTIMediaType { INVALID, VoiceAnalog, VoiceSip, Chat, Email, IM, Workflow }
    public enum CTIDestinationType { INVALID, Agent, Service, External, NoDestination }
    public enum CTICallState
    {
        INVALID, CallCleared, CallConnected, CallConsulting, CallDelivered, CallEnd, CallEstablished, CallError,
        CallStateUnknown, CallOffered, CallOriginated, CallTransferred, CallOnHoldDialing, CallHeld, CallRetrieved,
        CallConferenced, DigitsDialed
    }
    public enum CTICallType
    {
        CallTypeUnavailable, InboundAcd, InboundDid, InboundConsultation, InboundInternal, InboundIvr, OutboundAod,
        OutboundConsultation, OutboundConsultationTransfer, OutboundMakecall, Conference, InboundIpniq
    }
    public enum CTICallProgressSignalType { INVALID, None, Ringing, Busy, SitTone }
    public enum CTICallDataUpdateType { INVALID, GetCallDataReturned, GetCallDataNotReturned, SetCallDataSucceeded }
    public enum CTIEntityType { INVALID, AgentInfo, CallInfo, ServiceInfo }
    public enum CTIFieldType { INVALID, FT_AGENT_ID, FT_SERVICE_ID, FT_SWITCH_ID, FT_TENANT_ID }
    public enum CTIClearingPartyType { INVALID, NearEnd, FarEnd, Internal }
    public enum CTIRouteType { INVALID, RouteToAgent, RouteToService, RouteToExternal, RouteToDefault, Ivr, Voicemail }
    public enum CTIRouteStatusType { INVALID, RouteSuccess, RouteDefaultUsed }
    public enum CTIRejectReason
    {
        INVALID, NoRouteToDestination, RouteTimeout, CallCleared, CallAlreadyRouted, DestinationBusy, UnknownReason
    }
    public enum CTITransferType { INVALID, Blind, Consultation }
    public enum CTIAudioPathState { INVALID, Connected, Disconnected }
    public enum CTIFailureType
    {
        INVALID, InvalidPasscode, InvalidAgent, InvalidCallId, DestinationBusy, DestinationNoAnswer,
        DestinationNoRoute, NoRouteToDestination, RouteTimeout, GetCallDataNotReturned, SetCallDataFailed,
        InternalError, UnKnownFailure, InternalServerError, GatewayLoginFailure, AgentAlreadyLoggedIn,
        AgentLicenseExceeded, InvalidAgentName, StationNotAvailable, InvalidStateForRequest, InvalidSwitchIdentifier,
        NoActiveService, DestinationAgentNotAvailable, DestinationInvalidSwitchIdentifier, DestinationInvalidNumber,
        DestinationInvalidServiceIdentifier, TrunkLicenseExceeded, CustomerHungUpWaitingForTransfer, ClearCallFailure,
        MakeCallFailure, ConsultationFailure, CallTransferFailure, ConferenceFailure, PlayDigitsFailure, RequestFailed
    }
    public enum CTIComponentType { INVALID, Gateway, CenterCord }
    public enum CTIComponentState { INVALID, Up, Down }

    [DataContract(Namespace = Profile.Data)] public class CTICallDataItem
    {
        [DataMember] public string key;
        [DataMember] public string value;
    }

    [DataContract(Namespace = Profile.Data)] public class CTICallInfo
    {
        [DataMember] public string ANI;
        [DataMember] public string DNIS;
        [DataMember] public string FirstName;
        [DataMember] public string LastName;
        [DataMember] public string PhoneNumber;
        [DataMember] public string CallerId;
        [DataMember] public CTICallDataItem[] CallData;
    }

    [DataContract(Namespace = Profile.Data)] public class CTIServiceInfo
    {
        [DataMember] public int ServiceId;
        [DataMember] public CTIServiceState ServiceState;
    }

    [DataContract(Namespace = Profile.Data)] public class CTISnapShotAgentData
    {
        [DataMember] public int AgentId;
        [DataMember] public string AgentLoginName;
        [DataMember] public CTIAgentCapabilities[] AgentCapabilities;
        [DataMember] public int AgentWorkGroupId;
        [DataMember] public int CallId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int ChannelId;
        [DataMember] public int CircuitId;
        [DataMember] public int SwitchId;
        [DataMember] public CTIAgentState AgentState;
        [DataMember] public CTIServiceInfo[] Services;
        [DataMember] public CTIMediaType MediaType;
        [DataMember] public string SipIpAddress;
        [DataMember] public int SipPortNumber;
        [DataMember] public string AgentStationAddress;
    }

    [DataContract(Namespace = Profile.Data)] public class CTISnapShotCallData
    {
        [DataMember] public int CallId;
        [DataMember] public long CallSequenceId;
        [DataMember] public int CallOriginatingSiteId;
        [DataMember] public int ResourceGroupId;
        [DataMember] public int ChannelId;
        [DataMember] public int CircuitId;
        [DataMember] public int SwitchId;
        [DataMember] public int ServiceId;
        [DataMember] public CTIDestinationType DestType;
        [DataMember] public string Destination;
        [DataMember] public CTICallState CallState;
        [DataMember] public string ANI;
        [DataMember] public string DNIS;
        [DataMember] public CTICallType CallType;
        [DataMember] public int AgentId;
        [DataMember] public CTIMediaType MediaType;
        [DataMember] public string SipIpAddress;
        [DataMember] public int SipPortNumber;
    }

    [DataContract(Namespace = Profile.Data)] public class CTISnapShotServiceData
    {
        [DataMember] public int ServiceId;
        [DataMember] public CTIServiceState ServiceState;
        [DataMember] public bool ExternalRoutingEnabled;
    }
}
