// A CTI Portal Server on WCF: it opens sessions and calls StartSession at their callbacks, says every request as a line, and
// publishes, to the sessions on line that registered for the class, the events that standard input orders. It answers no
// request by itself but those about sessions. Orders are answered each with a line, an event's once every session has it.
//
//   > {"order": "publish", "class": "CallStarted", "event": {"EventType": "CallStarted", "CallId": 7, …}}
//   < {"answer": 1}
//   < {"called": "RouteSelect", "args": {…}}
//
// usage: CtipsPlatform.exe PORT USER PASSWORD

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.ServiceModel;
using System.ServiceModel.Description;
using System.Threading;
using System.Xml;
using Aspect.CTIPS;

[ServiceBehavior(InstanceContextMode = InstanceContextMode.Single, ConcurrencyMode = ConcurrencyMode.Multiple)]
public class CtipsPlatform : IAgentCallService
{
    class Session
    {
        public string ID;
        public ICallbacks Callback;
        public bool Online;
        public readonly HashSet<string> Classes = new HashSet<string>();
    }

    readonly object all = new object();
    readonly string user, password;
    readonly Dictionary<string, Session> sessions = new Dictionary<string, Session>();
    // What was ordered for the next call of an operation.
    readonly Dictionary<string, string> faults = new Dictionary<string, string>();
    int opened;

    CtipsPlatform(string user, string password)
    {
        this.user = user;
        this.password = password;
    }

    public static int Main(string[] args)
    {
        if (args.Length != 3)
        {
            Console.Error.WriteLine("usage: CtipsPlatform.exe PORT USER PASSWORD");
            return 2;
        }
        var platform = new CtipsPlatform(args[1], args[2]);
        Lines.Say("listening", Lines.Listen(int.Parse(args[0]), "AgentCallService", url =>
        {
            var host = new ServiceHost(platform, new Uri(url));
            host.AddServiceEndpoint(typeof(IAgentCallService), new BasicHttpBinding(), "");
            host.Description.Behaviors.Add(new ServiceMetadataBehavior { HttpGetEnabled = true });
            return host;
        }));
        Lines.Take(order => Lines.Say("answer", platform.Order(order)));
        return 0;
    }

    // ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────

    object Order(XmlElement order)
    {
        switch (order["order"].InnerText)
        {
            case "publish": return Publish(order["class"].InnerText, order["event"]);
            case "beat": return Told(session => true, session => session.Callback.Heartbeat(session.ID));
            // From now on every so many milliseconds.
            case "pulse":
                var every = XmlConvert.ToInt32(order["every"].InnerText);
                new Thread(() => Pulse(every)) { IsBackground = true }.Start();
                return true;
            // As after a restart: nobody's session is known any more.
            case "forget": lock (all) sessions.Clear(); return true;
            // The next call of the operation is refused.
            case "fault": lock (all) faults[order["operation"].InnerText] = order["message"].InnerText; return true;
            default: throw new ArgumentException("no such order: " + order["order"].InnerText);
        }
    }

    void Pulse(int every)
    {
        for (; ; Thread.Sleep(every)) Told(session => true, session => session.Callback.Heartbeat(session.ID));
    }

    object Publish(string name, XmlElement members)
    {
        var what = (CTIEvent)Json.Read(typeof(CTIEvent).Assembly.GetType("Aspect.CTIPS." + name, true), members);
        return Told(session => session.Online && session.Classes.Contains(what.EventCategory.ToString()),
                    session => session.Callback.Publish(what));
    }

    // Hands back how many sessions it was. One that does not take it is over, as with missed heartbeats.
    int Told(Func<Session, bool> whom, Action<Session> what)
    {
        Session[] told;
        lock (all) told = sessions.Values.Where(whom).ToArray();
        var count = 0;
        foreach (var session in told)
        {
            try
            {
                what(session);
                count++;
            }
            catch (Exception error)
            {
                lock (all) sessions.Remove(session.ID);
                Lines.Say("called", "lost", "session", session.ID, "reason", error.Message);
            }
        }
        return count;
    }

    // ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    public SessionObject OpenConnection(OpenConnectionArgs args)
    {
        Refuse(args, "OpenConnection");
        var own = args.UserCredentials;
        if (own == null || own.UserName != user || own.Password != password)
            throw Refused(args, "OpenConnection", "unknown user or wrong password");
        // A number of an earlier run is nobody's in this one.
        var id = Process.GetCurrentProcess().Id + "-" + ++opened;
        var session = new Session { ID = id, Callback = new Calling(args.ClientCallbackURL) };
        session.Callback.StartSession(own, id);
        lock (all) sessions[id] = session;
        Lines.Say("called", "OpenConnection", "args", args, "session", id);
        return new SessionObject { SessionId = id, status = 0 };
    }

    public int CloseConnection(CloseConnectionArgs args)
    {
        return Take(args, session => sessions.Remove(session.ID));
    }

    public int OnLine(OnLineArgs args)
    {
        return Take(args, session => session.Online = true);
    }

    public int OffLine(OffLineArgs args)
    {
        return Take(args, session => session.Online = false);
    }

    public int AddMessageClass(AddMessageClassArgs args)
    {
        return Take(args, session => session.Classes.Add(args.MessageClass.ToString()));
    }

    public int DeleteMessageClass(DeleteMessageClassArgs args)
    {
        return Take(args, session => session.Classes.Remove(args.MessageClass.ToString()));
    }

    // ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

    public int AddFilter(AddFilterArgs args) { return Take(args); }
    public int DeleteFilter(DeleteFilterArgs args) { return Take(args); }
    public int Snapshot(SnapshotArgs args) { return Take(args); }
    public int LoginAgent(LoginAgentArgs args) { return Take(args); }
    public int LogoutAgent(LogoutAgentArgs args) { return Take(args); }
    public int PanicLogout(PanicLogoutArgs args) { return Take(args); }
    public int SetAgentState(SetAgentStateArgs args) { return Take(args); }
    public int GetAgentState(GetAgentStateArgs args) { return Take(args); }
    public int SetDisposition(SetDispositionArgs args) { return Take(args); }
    public int AcceptCall(AcceptCallArgs args) { return Take(args); }
    public int ClearCall(ClearCallArgs args) { return Take(args); }
    public int ConferenceCall(ConferenceCallArgs args) { return Take(args); }
    public int ConsultationCall(ConsultationCallArgs args) { return Take(args); }
    public int GetCallData(GetCallDataArgs args) { return Take(args); }
    public int SetCallData(SetCallDataArgs args) { return Take(args); }
    public int HoldCall(HoldCallArgs args) { return Take(args); }
    public int RetrieveCall(RetrieveCallArgs args) { return Take(args); }
    public int MakeCall(MakeCallArgs args) { return Take(args); }
    public int SendDTMFDigits(SendDTMFDigitsArgs args) { return Take(args); }
    public int TransferCall(TransferCallArgs args) { return Take(args); }
    public int RouteSelect(RouteSelectArgs args) { return Take(args); }

    int Take(object args, Action<Session> effect = null, [CallerMemberName] string operation = null)
    {
        Refuse(args, operation);
        var id = (string)args.GetType().GetField("SessionId").GetValue(args);
        lock (all)
        {
            Session session;
            if (id == null || !sessions.TryGetValue(id, out session))
                throw Refused(args, operation, "no such session: " + id);
            if (effect != null) effect(session);
            Lines.Say("called", operation, "args", args);
        }
        return 0;
    }

    void Refuse(object args, string operation)
    {
        string reason;
        lock (all)
        {
            if (!faults.TryGetValue(operation, out reason)) return;
            faults.Remove(operation);
        }
        throw Refused(args, operation, reason);
    }

    static FaultException Refused(object args, string operation, string reason)
    {
        Lines.Say("called", operation, "args", args, "fault", reason);
        return new FaultException<CTIPortalServiceFault>(new CTIPortalServiceFault { Message = reason },
                                                         new FaultReason(reason), new FaultCode("Sender"));
    }
}
