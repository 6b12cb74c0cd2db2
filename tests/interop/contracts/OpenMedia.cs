// The Open Media service as its own assembly would declare it (guide 9.7; names that the guide does not print are those that
// published clients use). Three services are made of it: the usual one; with OTHER_NAMESPACES one whose contract and data
// contracts live elsewhere and whose statuses are numbers; with OTHER_NAMES one whose statuses bear names of its own, which
// stand in its WSDL alone.

using System;
using System.Runtime.Serialization;
using System.ServiceModel;
using Solidus.OpenMedia;
#if OTHER_NAMESPACES
using RequestStatusCode = System.Int32;
using StatusCode = System.Int32;
#else
using RequestStatusCode = Solidus.OpenMedia.RequestStatus;
using StatusCode = Solidus.OpenMedia.OpenMediaRequestStatus;
#endif

[assembly: ContractNamespace(Names.Data, ClrNamespace = "Solidus.OpenMedia")]

namespace Solidus.OpenMedia
{
    public static class Names
    {
#if OTHER_NAMESPACES
        public const string Contract = "http://openmedia.example/service/2024";
        public const string Data = "http://schemas.datacontract.org/2004/07/Micc.Enterprise.Media";
#else
        public const string Contract = "http://tempuri.org/";
        public const string Data = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts";
#endif
        public const string Headers = "OpenMediaService";

        // The guide's numbers, as this service says them.
        public static RequestStatusCode Answer(int code) { return (RequestStatusCode)code; }
        public static StatusCode Status(int code) { return (StatusCode)code; }
    }

#if OTHER_NAMES
    [DataContract(Namespace = Names.Data)] public enum RequestStatus
    {
        [EnumMember] Accepted, [EnumMember] Closed, [EnumMember] NoSuchGroup, [EnumMember] TenantOff,
        [EnumMember] AgentAway, [EnumMember] Error
    }

    [DataContract(Namespace = Names.Data)] public enum OpenMediaRequestStatus
    {
        [EnumMember] None, [EnumMember] Waiting, [EnumMember] Offered, [EnumMember] InProgress, [EnumMember] Done,
        [EnumMember] Broken, [EnumMember] Withdrawn
    }
#elif !OTHER_NAMESPACES
    [DataContract(Namespace = Names.Data)] public enum RequestStatus
    {
        [EnumMember] Success, [EnumMember] ServiceGroupClosed, [EnumMember] InvalidServiceGroup,
        [EnumMember] TenantDisabled, [EnumMember] PreferredAgentLoggedOff, [EnumMember] GeneralError
    }

    [DataContract(Namespace = Names.Data)] public enum OpenMediaRequestStatus
    {
        [EnumMember] Unknown, [EnumMember] Queued, [EnumMember] Allocated, [EnumMember] Handling, [EnumMember] Complete,
        [EnumMember] Failed, [EnumMember] Cancelled
    }
#endif

    [ServiceContract(Name = "IOpenMediaService", Namespace = Names.Contract)]
    public interface IOpenMediaService
    {
        [OperationContract]
        [FaultContract(typeof(InvalidDataException)), FaultContract(typeof(NoLicenseFault))]
        [FaultContract(typeof(RouterDisconnectedFault)), FaultContract(typeof(InvalidUserFault))]
        AddOpenMediaResponse AddRequest(AddOpenMediaRequest request);

        [OperationContract]
        [FaultContract(typeof(NoLicenseFault)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidOpenMediaIDFault)), FaultContract(typeof(InvalidUserFault))]
        [FaultContract(typeof(OpenMediaRequestTerminatedFault))]
        bool CancelRequest(CancelOpenMediaRequest request);

        [OperationContract]
        [FaultContract(typeof(NoLicenseFault)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidDataException)), FaultContract(typeof(InvalidUserFault))]
        DivertOpenMediaResponse DivertRequest(DivertOpenMediaRequest request);

        [OperationContract]
        [FaultContract(typeof(NoLicenseFault)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidDataException)), FaultContract(typeof(InvalidUserFault))]
        bool ModifyRequest(ModifyOpenMediaRequest request);

        [OperationContract]
        [FaultContract(typeof(NoLicenseFault)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidUserFault)), FaultContract(typeof(InvalidDataFault))]
        bool SetOptions(SetOptionsRequest request);

        [OperationContract]
        [FaultContract(typeof(InvalidOpenMediaIDFault)), FaultContract(typeof(InvalidUserFault))]
        GetOpenMediaResponse GetOpenMediaRequestStatusByID(int openMediaID);

        [OperationContract]
        [FaultContract(typeof(InvalidOpenMediaIDFault)), FaultContract(typeof(InvalidUserFault))]
        GetOpenMediaResponse GetOpenMediaRequestHistoryByID(int openMediaID, DateTime retrieveLaterThan);

        [OperationContract]
        [FaultContract(typeof(InvalidUserFault))]
        GetOpenMediaResponse GetOpenMediaRequestsByTime(DateTime retrieveLaterThan);

        [OperationContract]
        [FaultContract(typeof(InvalidUserFault))]
        GetOpenMediaResponse GetAllOpenMediaRequestStatus();

        [OperationContract]
        [FaultContract(typeof(InvalidDataException)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidUserFault))]
        ServiceGroupStatus GetServiceGroupStatus(int serviceGroupID);

        [OperationContract]
        [FaultContract(typeof(InvalidDataException)), FaultContract(typeof(RouterDisconnectedFault))]
        [FaultContract(typeof(InvalidUserFault))]
        GetAllServiceGroupResponse GetAllOpenMediaServiceGroupStatus(int tenantID);
    }

    [DataContract(Namespace = Names.Data)] public class IVRInformation
    {
        [DataMember] public string Label;
        [DataMember] public string Data;
    }

    [DataContract(Namespace = Names.Data)] public class AddOpenMediaRequest
    {
        [DataMember] public int ServiceGroupID;
        [DataMember] public int TenantID;
        [DataMember] public string ServiceGroupName;
        [DataMember] public IVRInformation[] IVRInfo;
        [DataMember] public string PrivateData;
        [DataMember] public int PreferredAgentID;
        [DataMember] public string PreferredAgentLogonID;
        [DataMember] public bool ForceToPreferredAgent;
        [DataMember] public int TypeOfSession;
        [DataMember] public DateTime? QueueStartTime;
        [DataMember] public int SessionPriority;
    }

    [DataContract(Namespace = Names.Data)] public class AddOpenMediaResponse
    {
        [DataMember] public RequestStatusCode RequestStatus;
        [DataMember] public int OpenMediaID;
        [DataMember] public int QueuePosition;
        [DataMember] public int EWT;
    }

    [DataContract(Namespace = Names.Data)] public class CancelOpenMediaRequest
    {
        [DataMember] public int OpenMediaID;
        [DataMember] public bool CancelIfAllocated;
        [DataMember] public bool DoNotReport;
    }

    [DataContract(Namespace = Names.Data)] public class DivertOpenMediaRequest
    {
        [DataMember] public int OpenMediaID;
        [DataMember] public int ServiceGroupID;
        [DataMember] public int TenantID;
        [DataMember] public string ServiceGroupName;
    }

    [DataContract(Namespace = Names.Data)] public class DivertOpenMediaResponse
    {
        [DataMember] public RequestStatusCode RequestStatus;
        [DataMember] public int OpenMediaID;
    }

    [DataContract(Namespace = Names.Data)] public class ModifyOpenMediaRequest
    {
        [DataMember] public int OpenMediaID;
        [DataMember] public IVRInformation[] IVRInfo;
        [DataMember] public string PrivateData;
    }

    [DataContract(Namespace = Names.Data)] public class SetOptionsRequest
    {
        [DataMember] public int TypeOfSession;
        [DataMember] public int AgentActionOptions;
        [DataMember] public int CloseTabOptions;
        [DataMember] public int MaxNumberOfSessions;
        [DataMember] public int AllowDifferentTypes;
        [DataMember] public int SessionLinkOptions;
        [DataMember] public int ResetAllOptions;
    }

    [DataContract(Namespace = Names.Data)] public class OpenMediaRequest
    {
        [DataMember] public int ID;
        [DataMember] public StatusCode Status;
        [DataMember] public DateTime TimeStamp;
        [DataMember] public int AgentID;
        [DataMember] public int TenantID;
        [DataMember] public string LogonID;
        [DataMember] public int ServiceGroupID;
        [DataMember] public int QueuePosition;
    }

    [DataContract(Namespace = Names.Data)] public class GetOpenMediaResponse
    {
        [DataMember] public DateTime TimeStamp;
        [DataMember] public OpenMediaRequest[] OpenMediaRequests;
    }

    [DataContract(Namespace = Names.Data)] public class ServiceGroupStatus
    {
        [DataMember] public int ServiceGroupID;
        [DataMember] public bool Open;
    }

    [DataContract(Namespace = Names.Data)] public class GetAllServiceGroupResponse
    {
        [DataMember] public ServiceGroupStatus[] Status;
    }

    [DataContract(Namespace = Names.Data)] public class InvalidDataException { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)] public class NoLicenseFault { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)] public class RouterDisconnectedFault { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)] public class InvalidUserFault { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)] public class InvalidOpenMediaIDFault { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)] public class InvalidDataFault { [DataMember] public string Message; }
    [DataContract(Namespace = Names.Data)]
    public class OpenMediaRequestTerminatedFault { [DataMember] public string Message; }
}
