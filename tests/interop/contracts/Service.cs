// The CTI Portal Server's service as a WCF application declares it (guide 7.2, chapter 3).
//
// What differs between the wire profiles stands in Edk.cs or Guide.cs, one of which is compiled with these files: namespaces
// and names as the constants of Profile, members as the other halves of partial classes.

using System.Runtime.Serialization;
using System.ServiceModel;

namespace Aspect.CTIPS
{
    [ServiceContract(Name = Profile.ServiceContract, Namespace = Profile.Service)]
    public interface IAgentCallService
    {
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        SessionObject OpenConnection(OpenConnectionArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int CloseConnection(CloseConnectionArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int OnLine(OnLineArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int OffLine(OffLineArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int AddMessageClass(AddMessageClassArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int DeleteMessageClass(DeleteMessageClassArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int AddFilter(AddFilterArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int DeleteFilter(DeleteFilterArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int Snapshot(SnapshotArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int LoginAgent(LoginAgentArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int LogoutAgent(LogoutAgentArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int PanicLogout(PanicLogoutArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int SetAgentState(SetAgentStateArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int GetAgentState(GetAgentStateArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int SetDisposition(SetDispositionArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int AcceptCall(AcceptCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int ClearCall(ClearCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int ConferenceCall(ConferenceCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int ConsultationCall(ConsultationCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int GetCallData(GetCallDataArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int SetCallData(SetCallDataArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int HoldCall(HoldCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int RetrieveCall(RetrieveCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int MakeCall(MakeCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int SendDTMFDigits(SendDTMFDigitsArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int TransferCall(TransferCallArgs args);
        [OperationContract, FaultContract(typeof(CTIPortalServiceFault))]
        int RouteSelect(RouteSelectArgs args);
    }

    // What the server calls at an application, in whatever form the profile has it.
    public interface ICallbacks
    {
        int StartSession(UserCredentials userinfo, string sessionId);
        int Heartbeat(string sessionId);
        int Publish(CTIEvent what);
    }

    // The guide speaks of a descriptive message only: with its profile no detail comes, and this stays unused.
    [DataContract(Namespace = Profile.Data)] public class CTIPortalServiceFault { [DataMember] public string Message; }

    // ── arguments of requests (chapter 3) ────────────────────────────────────────────────────────────────────────────

    [DataContract(Namespace = Profile.Data)] public class UserCredentials
    {
        [DataMember] public string UserName;
        [DataMember] public string Password;
    }

    [DataContract(Namespace = Profile.Data)] public class SessionObject
    {
        [DataMember] public string SessionId;
        [DataMember] public int status;
    }

    [DataContract(Namespace = Profile.Data)] public class OpenConnectionArgs
    {
        [DataMember] public int[] TenantIds;
        [DataMember] public UserCredentials UserCredentials;
        [DataMember] public string ClientCallbackURL;
    }

    [DataContract(Namespace = Profile.Data)] public class CloseConnectionArgs { [DataMember] public string SessionId; }

    [DataContract(Namespace = Profile.Data)] public class OnLineArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
    }

    [DataContract(Namespace = Profile.Data)] public class OffLineArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
    }

    [DataContract(Namespace = Profile.Data)] public class AddMessageClassArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public CTIMessageClass MessageClass;
    }

    [DataContract(Namespace = Profile.Data)] public class DeleteMessageClassArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public CTIMessageClass MessageClass;
    }

    [DataContract(Namespace = Profile.Data)] public class AddFilterArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public CTIFieldType FieldType;
        [DataMember] public string FieldValue;
    }

    [DataContract(Namespace = Profile.Data)] public class DeleteFilterArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public CTIFieldType FieldType;
        [DataMember] public string FieldValue;
    }

    [DataContract(Namespace = Profile.Data)] public partial class SnapshotArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public CTIEntityType[] EntityType;
    }

    [DataContract(Namespace = Profile.Data)] public class LoginAgentArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember] public string AgentLoginName;
        [DataMember] public string StationId;
        [DataMember] public CTIAgentState InitialState;
        [DataMember] public int MultiLine;
    }

    [DataContract(Namespace = Profile.Data)] public class LogoutAgentArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int ReasonCode;
    }

    [DataContract(Namespace = Profile.Data)] public class PanicLogoutArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember] public string[] AgentLoginNameList;
        [DataMember] public bool LogoutAllAgents;
    }

    [DataContract(Namespace = Profile.Data)] public class SetAgentStateArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public CTIAgentState NewState;
    }

    [DataContract(Namespace = Profile.Data)] public class GetAgentStateArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
    }

    [DataContract(Namespace = Profile.Data)] public class SetDispositionArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public int DispositionId;
        [DataMember] public bool SummaryDispositionSuccessful;
        [DataMember] public bool WrapNotRequired;
    }

    [DataContract(Namespace = Profile.Data)] public class AcceptCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public bool AcceptCall;
        [DataMember] public int RejectReason;
    }

    [DataContract(Namespace = Profile.Data)] public class ClearCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
    }

    [DataContract(Namespace = Profile.Data)] public class ConferenceCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public int ConsultationCallId;
    }

    [DataContract(Namespace = Profile.Data)] public class ConsultationCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public string DestinationAddress;
        [DataMember] public int ServiceId;
        [DataMember] public CTIDestinationType DestinationType;
        [DataMember] public string[] UserData;
    }

    [DataContract(Namespace = Profile.Data)] public class GetCallDataArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
    }

    [DataContract(Namespace = Profile.Data)] public class SetCallDataArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public string[] UserData;
    }

    [DataContract(Namespace = Profile.Data)] public class HoldCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
    }

    [DataContract(Namespace = Profile.Data)] public class RetrieveCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
    }

    [DataContract(Namespace = Profile.Data)] public class MakeCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public CTIDestinationType DestinationType;
        [DataMember] public int ServiceId;
        [DataMember] public bool WrapState;
        [DataMember] public string DestinationAddress;
    }

    [DataContract(Namespace = Profile.Data)] public class SendDTMFDigitsArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public string DTMFDigits;
    }

    [DataContract(Namespace = Profile.Data)] public class TransferCallArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember(Name = Profile.Agent)] public int Agent;
        [DataMember] public int CallId;
        [DataMember] public CTIDestinationType DestinationType;
        [DataMember] public string DestinationAddress;
        [DataMember] public int ConsultationCallId;
        [DataMember] public CTITransferType TransferType;
        [DataMember] public string[] UserData;
    }

    [DataContract(Namespace = Profile.Data)] public class RouteSelectArgs
    {
        [DataMember] public string SessionId;
        [DataMember] public int TenantId;
        [DataMember] public int RequestId;
        [DataMember] public int CallId;
        [DataMember] public CTIRouteType RouteActionType;
        [DataMember] public string RouteDestination;
        [DataMember] public string[] UserData;
    }
}
