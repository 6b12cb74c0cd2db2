// What stands behind the Open Media service: service groups, agents, and the requests with their histories. Nothing happens
// to a request by itself; every step is ordered. Limits and outcomes are those of the guide (9.7).

using System;
using System.Collections.Generic;
using System.Linq;
using System.ServiceModel;
using Solidus.OpenMedia;

public class Router
{
    public const int Success = 0, Closed = 1, NoGroup = 2, TenantDisabled = 3, LoggedOff = 4, GeneralError = 5;
    public const int Queued = 1, Allocated = 2, Handling = 3, Completed = 4, Failed = 5, Cancelled = 6;

    class Group { public int ID, Tenant; public string Name; public bool Open; }

    class Agent { public int ID, Tenant; public string LogonID; }

    class Request
    {
        public int ID, Group, Status;
        public Agent Agent;
        public readonly List<OpenMediaRequest> History = new List<OpenMediaRequest>();

        public bool Over { get { return Status >= Completed; } }
    }

    readonly Dictionary<int, Group> groups = new Dictionary<int, Group>();
    readonly Dictionary<string, Agent> agents = new Dictionary<string, Agent>();
    readonly HashSet<int> disabled = new HashSet<int>();
    readonly SortedDictionary<int, Request> requests = new SortedDictionary<int, Request>();
    bool connected = true;
    int lastID = 1000;
    DateTime lastMoment;

    // ── what is ordered ──────────────────────────────────────────────────────────────────────────────────────────────

    public void SetGroup(int id, string name, int tenant, bool open)
    {
        groups[id] = new Group { ID = id, Name = name, Tenant = tenant, Open = open };
    }

    public void SetTenant(int tenant, bool enabled)
    {
        if (enabled) disabled.Remove(tenant);
        else disabled.Add(tenant);
    }

    public void SetAgent(string logonID, int id, int tenant, bool loggedOn)
    {
        agents.Remove(logonID);
        if (loggedOn) agents[logonID] = new Agent { ID = id, LogonID = logonID, Tenant = tenant };
    }

    public void SetConnected(bool now)
    {
        connected = now;
        if (now) return;
        foreach (var request in requests.Values.Where(each => !each.Over)) Move(request, Failed, request.Agent);
    }

    // Where it is not told, the update lingers between the router and the service, which knows the latest status only.
    public void Move(int id, int status, string logonID, bool told)
    {
        var request = requests[id];
        Move(request, status, logonID == null ? request.Agent : agents[logonID]);
        if (!told) request.History.RemoveAt(request.History.Count - 1);
    }

    public void Forget(int id)
    {
        requests.Remove(id);
    }

    // The service's own restart: nothing of what was is known any more. Numbers are not used again.
    public void Restart()
    {
        requests.Clear();
    }

    // ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────

    public AddOpenMediaResponse Add(AddOpenMediaRequest asked)
    {
        Connected();
        Check(asked.IVRInfo, asked.PrivateData);
        if (asked.ServiceGroupName != null && asked.ServiceGroupName.Length > 20) Bad("ServiceGroupName is too long");
        if (asked.SessionPriority < 0 || asked.SessionPriority > 100) Bad("SessionPriority is out of range");
        int refused;
        var group = Find(asked.ServiceGroupID, asked.TenantID, asked.ServiceGroupName, out refused);
        var forced = asked.ForceToPreferredAgent && (asked.PreferredAgentID != 0 || asked.PreferredAgentLogonID != null);
        if (refused == Success && forced && !agents.Values.Any(agent => asked.PreferredAgentID == 0
                ? agent.LogonID == asked.PreferredAgentLogonID : agent.ID == asked.PreferredAgentID))
            refused = LoggedOff;
        if (refused != Success) return new AddOpenMediaResponse { RequestStatus = Names.Answer(refused) };
        var request = new Request { ID = ++lastID, Group = group.ID };
        requests[request.ID] = request;
        Move(request, Queued, null);
        return new AddOpenMediaResponse
        {
            RequestStatus = Names.Answer(Success), OpenMediaID = request.ID, QueuePosition = Position(request), EWT = 5,
        };
    }

    public bool Cancel(CancelOpenMediaRequest asked)
    {
        Connected();
        var request = Known(asked.OpenMediaID);
        if (request.Over)
            throw Fault(new OpenMediaRequestTerminatedFault { Message = "request " + request.ID + " is over" });
        if (request.Status != Queued && !asked.CancelIfAllocated) return false;
        Move(request, Cancelled, request.Agent);
        return true;
    }

    public DivertOpenMediaResponse Divert(DivertOpenMediaRequest asked)
    {
        Connected();
        if (asked.ServiceGroupID <= 0 && string.IsNullOrEmpty(asked.ServiceGroupName)) Bad("no service group is given");
        Request request;
        int refused;
        var group = Find(asked.ServiceGroupID, asked.TenantID, asked.ServiceGroupName, out refused);
        if (!requests.TryGetValue(asked.OpenMediaID, out request) || request.Over) refused = GeneralError;
        if (refused == Success)
        {
            request.Group = group.ID;
            Move(request, Queued, null);
        }
        return new DivertOpenMediaResponse { RequestStatus = Names.Answer(refused), OpenMediaID = asked.OpenMediaID };
    }

    public bool Modify(ModifyOpenMediaRequest asked)
    {
        Connected();
        Request request;
        if (!requests.TryGetValue(asked.OpenMediaID, out request)) Bad("there is no request " + asked.OpenMediaID);
        Check(asked.IVRInfo, asked.PrivateData);
        return request.Status == Queued;
    }

    public bool SetOptions(SetOptionsRequest asked)
    {
        Connected();
        if (asked.AgentActionOptions < 0 || asked.AgentActionOptions > 4 || asked.CloseTabOptions < 0
                || asked.CloseTabOptions > 4 || asked.AllowDifferentTypes < 0 || asked.AllowDifferentTypes > 2
                || asked.SessionLinkOptions < 0 || asked.SessionLinkOptions > 2)
            throw Fault(new InvalidDataFault { Message = "an option is out of range" });
        return true;
    }

    public GetOpenMediaResponse Status(int id)
    {
        return Response(new[] { Latest(Known(id)) });
    }

    public GetOpenMediaResponse History(int id, DateTime after)
    {
        return Response(Known(id).History.Where(entry => entry.TimeStamp > Universal(after)));
    }

    public GetOpenMediaResponse ByTime(DateTime after)
    {
        var entries = requests.Values.SelectMany(request => request.History);
        return Response(entries.Where(entry => entry.TimeStamp > Universal(after)).OrderBy(entry => entry.TimeStamp));
    }

    public GetOpenMediaResponse All()
    {
        return Response(requests.Values.Select(Latest));
    }

    public ServiceGroupStatus GroupStatus(int id)
    {
        Connected();
        if (!groups.ContainsKey(id)) Bad("there is no Open Media service group " + id);
        return Told(groups[id]);
    }

    public GetAllServiceGroupResponse AllGroups(int tenant)
    {
        Connected();
        var own = groups.Values.Where(group => group.Tenant == tenant).ToArray();
        if (own.Length == 0 || disabled.Contains(tenant)) Bad("there is no tenant " + tenant + ", or it is disabled");
        return new GetAllServiceGroupResponse { Status = own.Select(Told).ToArray() };
    }

    // ── its own ──────────────────────────────────────────────────────────────────────────────────────────────────────

    void Move(Request request, int status, Agent agent)
    {
        request.Status = status;
        request.Agent = agent;
        request.History.Add(Entry(request, Now()));
    }

    OpenMediaRequest Latest(Request request)
    {
        return Entry(request, request.History.Last().TimeStamp);
    }

    OpenMediaRequest Entry(Request request, DateTime moment)
    {
        var agent = request.Status >= Allocated && request.Status <= Completed ? request.Agent : null;
        return new OpenMediaRequest
        {
            ID = request.ID, Status = Names.Status(request.Status), TimeStamp = moment, ServiceGroupID = request.Group,
            AgentID = agent == null ? 0 : agent.ID, TenantID = agent == null ? 0 : agent.Tenant,
            LogonID = agent == null ? "" : agent.LogonID, QueuePosition = Position(request),
        };
    }

    int Position(Request request)
    {
        if (request.Status != Queued) return 0;
        return requests.Values.Count(each => each.Group == request.Group && each.Status == Queued && each.ID <= request.ID);
    }

    GetOpenMediaResponse Response(IEnumerable<OpenMediaRequest> entries)
    {
        return new GetOpenMediaResponse { OpenMediaRequests = entries.ToArray(), TimeStamp = Now() };
    }

    // No two moments are the same, so that "later than" leaves nothing out and tells nothing twice.
    DateTime Now()
    {
        var now = DateTime.UtcNow;
        lastMoment = now > lastMoment ? now : lastMoment.AddTicks(1);
        return lastMoment;
    }

    static DateTime Universal(DateTime moment)
    {
        return moment.Kind == DateTimeKind.Local ? moment.ToUniversalTime() : moment;
    }

    Group Find(int id, int tenant, string name, out int refused)
    {
        var group = groups.Values.FirstOrDefault(each =>
            id > 0 ? each.ID == id : each.Tenant == tenant && each.Name == name);
        refused = group == null ? NoGroup
            : disabled.Contains(group.Tenant) ? TenantDisabled
            : group.Open ? Success : Closed;
        return group;
    }

    Request Known(int id)
    {
        Request request;
        if (requests.TryGetValue(id, out request)) return request;
        throw Fault(new InvalidOpenMediaIDFault { Message = "there is no request " + id });
    }

    void Connected()
    {
        if (!connected) throw Fault(new RouterDisconnectedFault { Message = "no router" });
    }

    static void Check(IVRInformation[] info, string privateData)
    {
        var items = info ?? new IVRInformation[0];
        if (!items.Any(item => !string.IsNullOrEmpty(item.Label) || !string.IsNullOrEmpty(item.Data))) Bad("no IVRInfo");
        if (items.Length > 3) Bad("too many IVRInfo");
        if (items.Any(item => (item.Label ?? "").Length > 100 || (item.Data ?? "").Length > 100))
            Bad("an IVRInfo is too long");
        if ((privateData ?? "").Length > 255) Bad("PrivateData is too long");
    }

    static ServiceGroupStatus Told(Group group)
    {
        return new ServiceGroupStatus { ServiceGroupID = group.ID, Open = group.Open };
    }

    static void Bad(string reason)
    {
        throw Fault(new InvalidDataException { Message = reason });
    }

    static FaultException<T> Fault<T>(T detail)
    {
        return Faults.Typed(detail);
    }
}
