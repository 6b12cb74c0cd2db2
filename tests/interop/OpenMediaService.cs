// An Open Media service on WCF, with a router behind that does what standard input orders. Every call is said as a line,
// once it is decided and before it is answered; orders are answered each with a line.
//
//   > {"order": "group", "id": 9, "name": "Sales", "tenant": 1, "open": true}
//   < {"answer": true}
//   < {"called": "AddRequest", "user": "admin", "password": "secret", "args": {…}, "result": {…}}
//
// usage: OpenMediaService.exe PORT [USER PASSWORD]: with a user, all others are refused.

using System;
using System.Collections.Generic;
using System.ServiceModel;
using System.ServiceModel.Description;
using System.Threading;
using System.Xml;
using Solidus.OpenMedia;

public static class Faults
{
    public static FaultException<T> Typed<T>(T detail)
    {
        var message = (string)typeof(T).GetField("Message").GetValue(detail);
        return new FaultException<T>(detail, new FaultReason(message), new FaultCode("Sender"));
    }

    // By its name; one that no operation declares is thrown without a detail.
    public static FaultException Named(string name, string message)
    {
        switch (name)
        {
            case "InvalidDataException": return Typed(new InvalidDataException { Message = message });
            case "NoLicenseFault": return Typed(new NoLicenseFault { Message = message });
            case "RouterDisconnectedFault": return Typed(new RouterDisconnectedFault { Message = message });
            case "InvalidUserFault": return Typed(new InvalidUserFault { Message = message });
            case "InvalidOpenMediaIDFault": return Typed(new InvalidOpenMediaIDFault { Message = message });
            case "InvalidDataFault": return Typed(new InvalidDataFault { Message = message });
            case "OpenMediaRequestTerminatedFault":
                return Typed(new OpenMediaRequestTerminatedFault { Message = message });
            default: return new FaultException(message);
        }
    }
}

[ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple)]
public class OpenMediaService : IOpenMediaService
{
    readonly object all = new object();
    readonly Router router = new Router();
    readonly string user, password;
    // What was ordered for the next call of an operation.
    readonly Dictionary<string, FaultException> faults = new Dictionary<string, FaultException>();
    readonly Dictionary<string, int> refusals = new Dictionary<string, int>();
    readonly Dictionary<string, ManualResetEvent> holds = new Dictionary<string, ManualResetEvent>();
    // The calls that are carried out and not answered.
    readonly Dictionary<string, ManualResetEvent> held = new Dictionary<string, ManualResetEvent>();

    OpenMediaService(string user, string password)
    {
        this.user = user;
        this.password = password;
    }

    public static int Main(string[] args)
    {
        if (args.Length != 1 && args.Length != 3)
        {
            Console.Error.WriteLine("usage: OpenMediaService.exe PORT [USER PASSWORD]");
            return 2;
        }
        var service = args.Length == 3 ? new OpenMediaService(args[1], args[2]) : new OpenMediaService(null, null);
        Lines.Say("listening", Lines.Listen(int.Parse(args[0]), "OpenMediaService", url =>
        {
            var host = new ServiceHost(service, new Uri(url));
            host.AddServiceEndpoint(typeof(IOpenMediaService), new BasicHttpBinding(), "");
            host.Description.Behaviors.Add(new ServiceMetadataBehavior { HttpGetEnabled = true });
            return host;
        }));
        Lines.Take(service.Order);
        return 0;
    }

    // ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────

    void Order(XmlElement order)
    {
        lock (all) Carry(order);
        Lines.Say("answer", true);
    }

    void Carry(XmlElement order)
    {
        Func<string, string> text = name =>
            order[name] == null || order[name].GetAttribute("type") == "null" ? null : order[name].InnerText;
        Func<string, int> number = name => XmlConvert.ToInt32(text(name));
        Func<string, bool> truth = name => XmlConvert.ToBoolean(text(name));
        switch (text("order"))
        {
            case "group": router.SetGroup(number("id"), text("name"), number("tenant"), truth("open")); break;
            case "tenant": router.SetTenant(number("id"), truth("enabled")); break;
            case "agent": router.SetAgent(text("logon"), number("id"), number("tenant"), truth("on")); break;
            case "router": router.SetConnected(truth("connected")); break;
            case "move": router.Move(number("id"), number("status"), text("logon"), truth("told")); break;
            case "forget": router.Forget(number("id")); break;
            case "restart": router.Restart(); break;
            // The next call of the operation fails, is refused with a status, or is carried out and not answered until …
            case "fault": faults[text("operation")] = Faults.Named(text("fault"), text("message")); break;
            case "refuse": refusals[text("operation")] = number("status"); break;
            case "hold": holds[text("operation")] = new ManualResetEvent(false); break;
            // … it is released.
            case "release": held[text("operation")].Set(); break;
            default: throw new ArgumentException("no such order: " + text("order"));
        }
    }

    // ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────

    public AddOpenMediaResponse AddRequest(AddOpenMediaRequest request)
    {
        return Call("AddRequest", request, () =>
        {
            int status;
            return Taken(refusals, "AddRequest", out status)
                ? new AddOpenMediaResponse { RequestStatus = Names.Answer(status) } : router.Add(request);
        });
    }

    public bool CancelRequest(CancelOpenMediaRequest request)
    {
        return Call("CancelRequest", request, () => router.Cancel(request));
    }

    public DivertOpenMediaResponse DivertRequest(DivertOpenMediaRequest request)
    {
        return Call("DivertRequest", request, () => router.Divert(request));
    }

    public bool ModifyRequest(ModifyOpenMediaRequest request)
    {
        return Call("ModifyRequest", request, () => router.Modify(request));
    }

    public bool SetOptions(SetOptionsRequest request)
    {
        return Call("SetOptions", request, () => router.SetOptions(request));
    }

    public GetOpenMediaResponse GetOpenMediaRequestStatusByID(int openMediaID)
    {
        return Call("GetOpenMediaRequestStatusByID", openMediaID, () => router.Status(openMediaID));
    }

    public GetOpenMediaResponse GetOpenMediaRequestHistoryByID(int openMediaID, DateTime retrieveLaterThan)
    {
        return Call("GetOpenMediaRequestHistoryByID", new object[] { openMediaID, retrieveLaterThan },
                    () => router.History(openMediaID, retrieveLaterThan));
    }

    public GetOpenMediaResponse GetOpenMediaRequestsByTime(DateTime retrieveLaterThan)
    {
        return Call("GetOpenMediaRequestsByTime", retrieveLaterThan, () => router.ByTime(retrieveLaterThan));
    }

    public GetOpenMediaResponse GetAllOpenMediaRequestStatus()
    {
        return Call("GetAllOpenMediaRequestStatus", null, () => router.All());
    }

    public ServiceGroupStatus GetServiceGroupStatus(int serviceGroupID)
    {
        return Call("GetServiceGroupStatus", serviceGroupID, () => router.GroupStatus(serviceGroupID));
    }

    public GetAllServiceGroupResponse GetAllOpenMediaServiceGroupStatus(int tenantID)
    {
        return Call("GetAllOpenMediaServiceGroupStatus", tenantID, () => router.AllGroups(tenantID));
    }

    T Call<T>(string operation, object args, Func<T> work)
    {
        string logonID = Header("LogonID"), secret = Header("Password");
        T result = default(T);
        FaultException fault = null;
        ManualResetEvent wait;
        lock (all)
        {
            if (Taken(holds, operation, out wait)) held[operation] = wait;
            try
            {
                FaultException ordered;
                if (user != null && (logonID != user || secret != password))
                    throw Faults.Typed(new InvalidUserFault { Message = "bad user" });
                if (Taken(faults, operation, out ordered)) throw ordered;
                result = work();
            }
            catch (FaultException thrown)
            {
                fault = thrown;
            }
            object outcome = result;
            Lines.Say("called", operation, "held", wait != null, "user", logonID, "password", secret, "args", args,
                      fault == null ? "result" : "fault", fault == null ? outcome : fault.Message);
        }
        if (wait != null) wait.WaitOne();
        if (fault != null) throw fault;
        return result;
    }

    // What was ordered for one call is for the next only.
    static bool Taken<T>(Dictionary<string, T> ordered, string operation, out T what)
    {
        return ordered.TryGetValue(operation, out what) && ordered.Remove(operation);
    }

    static string Header(string name)
    {
        var headers = OperationContext.Current.IncomingMessageHeaders;
        return headers.FindHeader(name, Names.Headers) < 0 ? null : headers.GetHeader<string>(name, Names.Headers);
    }
}
