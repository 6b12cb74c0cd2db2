// A web-service client of the Open Media service, whose proxy Mono's wsdl tool has made of the service's WSDL. User and
// password go with every message as the guide has them (9.7, Authentication): as headers of two classes.
//
// usage: WebServiceClient.exe URL USER, and the password on standard input. Says what it got as one line of JSON.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Web.Services.Protocols;
using System.Xml;
using System.Xml.Serialization;
using OpenMediaService;

[XmlRoot("LogonID", Namespace = "OpenMediaService")]
public class LogonHeader : SoapHeader
{
    [XmlText] public string LogonID;
}

[XmlRoot("Password", Namespace = "OpenMediaService")]
public class PasswordHeader : SoapHeader
{
    [XmlText] public string Password;
}

public class DerivedOpenMediaService : OpenMediaService.OpenMediaService
{
    public string User, Password;

    protected override XmlWriter GetWriterForMessage(SoapClientMessage message, int bufferSize)
    {
        message.Headers.Add(new LogonHeader { LogonID = User });
        message.Headers.Add(new PasswordHeader { Password = Password });
        return base.GetWriterForMessage(message, bufferSize);
    }
}

public static class WebServiceClient
{
    // What the tool makes of an operation whose result is one value.
    delegate void Valued<T>(T request, out bool result, out bool specified);

    public static int Main(string[] args)
    {
        var password = Lines.Given();
        var service = new DerivedOpenMediaService { Url = args[0], User = args[1], Password = "guess" };
        var stranger = Call(() => service.AddRequest(Request(9)));
        service.Password = password;
        var added = service.AddRequest(Request(9));
        var number = added.OpenMediaID;
        var answer = service.GetOpenMediaRequestStatusByID(number, true);
        var queued = answer.OpenMediaRequests.Single();
        if (queued.ID != number || queued.TimeStamp >= answer.TimeStamp) throw new Exception("whose answer is it?");
        var modified = Value(service.ModifyRequest, new ModifyOpenMediaRequest
        {
            OpenMediaID = number, OpenMediaIDSpecified = true, IVRInfo = Info("Note", "x"),
        });
        var diverted = service.DivertRequest(new DivertOpenMediaRequest
        {
            OpenMediaID = number, OpenMediaIDSpecified = true, ServiceGroupID = 11, ServiceGroupIDSpecified = true,
        });
        if (diverted.OpenMediaID != number) throw new Exception("another was diverted");
        // Updates come when the service hears of them.
        object[] latest;
        var until = DateTime.UtcNow.AddSeconds(30);
        do latest = Brief(service.GetOpenMediaRequestsByTime(answer.TimeStamp, true), number).Reverse().Take(1).ToArray();
        while ((latest.Length == 0 || (int)((object[])latest[0])[1] != 11) && DateTime.UtcNow < until);
        var before = queued.TimeStamp.AddSeconds(-1);
        var history = service.GetOpenMediaRequestHistoryByID(number, true, before, true);
        var all = service.GetAllOpenMediaRequestStatus();
        var cancelling = new CancelOpenMediaRequest
        {
            OpenMediaID = number, OpenMediaIDSpecified = true, CancelIfAllocated = true, CancelIfAllocatedSpecified = true,
            DoNotReport = false, DoNotReportSpecified = true,
        };
        var cancelled = Value(service.CancelRequest, cancelling);
        var again = Call(() => Value(service.CancelRequest, cancelling));
        var unknown = Call(() => service.GetOpenMediaRequestStatusByID(424242, true));
        var closed = service.AddRequest(Request(12));
        var asked = Request(9);
        asked.IVRInfo = Info(new string('x', 101), "y");
        var tooLong = (Dictionary<string, object>)Call(() => service.AddRequest(asked));
        var group = service.GetServiceGroupStatus(12, true);
        var groups = service.GetAllOpenMediaServiceGroupStatus(1, true);
        var options = Value(service.SetOptions, new SetOptionsRequest
        {
            TypeOfSession = 2, TypeOfSessionSpecified = true, CloseTabOptions = 4, CloseTabOptionsSpecified = true,
        });

        var operations = from method in typeof(OpenMediaService.OpenMediaService).GetMethods()
                         where method.GetCustomAttributes(typeof(SoapDocumentMethodAttribute), false).Any()
                         select method.Name;
        Lines.Say(
            "operations", operations.OrderBy(name => name, StringComparer.Ordinal),
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
        try
        {
            return call();
        }
        catch (SoapException fault) when (fault.Detail != null && fault.Detail.HasChildNodes)
        {
            if (fault.Detail.InnerText != fault.Message) throw;
            return new Dictionary<string, object>
            {
                { "fault", fault.Detail.FirstChild.LocalName }, { "message", fault.Message },
            };
        }
    }

    static object Value<T>(Valued<T> operation, T request)
    {
        bool result, specified;
        operation(request, out result, out specified);
        return specified ? (object)result : null;
    }

    static AddOpenMediaRequest Request(int group)
    {
        return new AddOpenMediaRequest
        {
            ServiceGroupID = group, ServiceGroupIDSpecified = true, IVRInfo = Info("ANI", "555 <1234> & ü", "DNIS", "800"),
            PrivateData = "guid-1", SessionPriority = 7, SessionPrioritySpecified = true,
        };
    }

    static IVRInformation[] Info(params string[] pairs)
    {
        return Enumerable.Range(0, pairs.Length / 2)
            .Select(index => new IVRInformation { Label = pairs[2 * index], Data = pairs[2 * index + 1] }).ToArray();
    }

    static object[] Brief(GetOpenMediaResponse answer, int number)
    {
        return answer.OpenMediaRequests.Where(entry => entry.ID == number)
            .Select(entry => (object)new object[] { entry.Status, entry.ServiceGroupID }).ToArray();
    }
}
