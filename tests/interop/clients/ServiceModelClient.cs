// A WCF client of the Open Media service, whose proxy Mono's svcutil has made of the service's WSDL.
//
// usage: ServiceModelClient.exe URL USER, and the password on standard input. Says what it got as one line of JSON.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Serialization;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using Solidus.OpenMedia.Contracts.DataContracts;

[DataContract(Namespace = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts")]
public class InvalidUserFault { [DataMember] public string Message; }
[DataContract(Namespace = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts")]
public class InvalidDataException { [DataMember] public string Message; }
[DataContract(Namespace = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts")]
public class InvalidOpenMediaIDFault { [DataMember] public string Message; }
[DataContract(Namespace = "http://schemas.datacontract.org/2004/07/Solidus.OpenMedia.Contracts.DataContracts")]
public class OpenMediaRequestTerminatedFault { [DataMember] public string Message; }

public static class ServiceModelClient
{
    static OpenMediaServiceClient service;
    static string user, password;

    public static int Main(string[] args)
    {
        user = args[1];
        password = Lines.Given();
        service = new OpenMediaServiceClient(new BasicHttpBinding(), new EndpointAddress(args[0]));
        // Mono's svcutil leaves out which faults the operations throw.
        var faults = new[]
        {
            typeof(InvalidUserFault), typeof(InvalidDataException), typeof(InvalidOpenMediaIDFault),
            typeof(OpenMediaRequestTerminatedFault),
        };
        foreach (var operation in service.Endpoint.Contract.Operations)
            foreach (var fault in faults)
                operation.Faults.Add(new FaultDescription(fault.Name) { DetailType = fault });
        var own = password;

        password = "guess";
        var stranger = Call(() => service.AddRequest(Request(9)));
        password = own;
        var added = (AddOpenMediaResponse)Call(() => service.AddRequest(Request(9)));
        var number = added.OpenMediaID;
        var answer = (GetOpenMediaResponse)Call(() => service.GetOpenMediaRequestStatusByID(number));
        var queued = answer.OpenMediaRequests.Single();
        if (queued.ID != number || queued.TimeStamp >= answer.TimeStamp) throw new Exception("whose answer is it?");
        var modified = Call(() => service.ModifyRequest(
            new ModifyOpenMediaRequest { OpenMediaID = number, IVRInfo = Info("Note", "x") }));
        var diverted = (DivertOpenMediaResponse)Call(() => service.DivertRequest(
            new DivertOpenMediaRequest { OpenMediaID = number, ServiceGroupID = 11 }));
        if (diverted.OpenMediaID != number) throw new Exception("another was diverted");
        // Updates come when the service hears of them.
        object[] latest;
        var until = DateTime.UtcNow.AddSeconds(30);
        do latest = Brief(Call(() => service.GetOpenMediaRequestsByTime(answer.TimeStamp)), number).Reverse().Take(1).ToArray();
        while ((latest.Length == 0 || (int)((object[])latest[0])[1] != 11) && DateTime.UtcNow < until);
        var before = queued.TimeStamp.AddSeconds(-1);
        var history = Call(() => service.GetOpenMediaRequestHistoryByID(number, before));
        var all = Call(() => service.GetAllOpenMediaRequestStatus());
        var cancelling = new CancelOpenMediaRequest { OpenMediaID = number, CancelIfAllocated = true };
        var cancelled = Call(() => service.CancelRequest(cancelling));
        var again = Call(() => service.CancelRequest(cancelling));
        var unknown = Call(() => service.GetOpenMediaRequestStatusByID(424242));
        var closed = (AddOpenMediaResponse)Call(() => service.AddRequest(Request(12)));
        var asked = Request(9);
        asked.IVRInfo = Info(new string('x', 101), "y");
        var tooLong = (Dictionary<string, object>)Call(() => service.AddRequest(asked));
        var group = (ServiceGroupStatus)Call(() => service.GetServiceGroupStatus(12));
        var groups = (GetAllServiceGroupResponse)Call(() => service.GetAllOpenMediaServiceGroupStatus(1));
        var options = Call(() => service.SetOptions(new SetOptionsRequest { TypeOfSession = 2, CloseTabOptions = 4 }));

        Lines.Say(
            "operations", typeof(IOpenMediaService).GetMethods().Select(method => method.Name).OrderBy(name => name, StringComparer.Ordinal),
            "stranger", stranger,
            "added", new Dictionary<string, object>
            {
                { "RequestStatus", added.RequestStatus }, { "QueuePosition", added.QueuePosition }, { "EWT", added.EWT },
            },
            "queued", new Dictionary<string, object>
            {
                { "Status", queued.Status }, { "ServiceGroupID", queued.ServiceGroupID },
                { "QueuePosition", queued.QueuePosition }, { "AgentID", queued.AgentID },
                { "TenantID", queued.TenantID }, { "LogonID", queued.LogonID },
            },
            "modified", modified,
            "diverted", new Dictionary<string, object> { { "RequestStatus", diverted.RequestStatus } },
            "history", Brief(history, number), "latest", latest, "all", Brief(all, number),
            "cancelled", cancelled, "again", again, "unknown", unknown, "closed", closed.RequestStatus,
            "too long", tooLong["fault"],
            "group", new Dictionary<string, object> { { "ServiceGroupID", group.ServiceGroupID }, { "Open", group.Open } },
            "groups", groups.Status.OrderBy(each => each.ServiceGroupID)
                                   .Select(each => new object[] { each.ServiceGroupID, each.Open }),
            "options", options);
        return 0;
    }

    // What is answered; of a fault its type and its message.
    static object Call(Func<object> call)
    {
        using (new OperationContextScope(service.InnerChannel))
        {
            var headers = OperationContext.Current.OutgoingMessageHeaders;
            headers.Add(MessageHeader.CreateHeader("LogonID", "OpenMediaService", user));
            headers.Add(MessageHeader.CreateHeader("Password", "OpenMediaService", password));
            try
            {
                return call();
            }
            catch (FaultException fault) when (fault.GetType().IsGenericType)
            {
                var detail = fault.GetType().GetProperty("Detail").GetValue(fault);
                var message = (string)detail.GetType().GetField("Message").GetValue(detail);
                if (message != fault.Message) throw;
                return new Dictionary<string, object> { { "fault", detail.GetType().Name }, { "message", message } };
            }
        }
    }

    static AddOpenMediaRequest Request(int group)
    {
        return new AddOpenMediaRequest
        {
            ServiceGroupID = group, IVRInfo = Info("ANI", "555 <1234> & ü", "DNIS", "800"), PrivateData = "guid-1",
            SessionPriority = 7,
        };
    }

    static IVRInformation[] Info(params string[] pairs)
    {
        return Enumerable.Range(0, pairs.Length / 2)
            .Select(index => new IVRInformation { Label = pairs[2 * index], Data = pairs[2 * index + 1] }).ToArray();
    }

    static object[] Brief(object answer, int number)
    {
        return ((GetOpenMediaResponse)answer).OpenMediaRequests.Where(entry => entry.ID == number)
            .Select(entry => (object)new object[] { entry.Status, entry.ServiceGroupID }).ToArray();
    }
}
