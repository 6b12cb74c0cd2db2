// A CTIPS application as the guide's appendix D begins it: it hosts its callback service, opens a session with a WCF
// channel, registers for all events and comes on line. What it hears it prints, one JSON line for each callback; requests it
// takes as JSON lines, and answers each with a line. It ends with its input, and says so.
//
//   > {"operation": "SetAgentState", "args": {"AgentIdx": 12, "NewState": "Idle", "RequestId": 1}}
//   < {"answer": 0}
//   < {"callback": "PublishCTIEvent", "class": "CTIAgentStateChange", "event": {…}}
//
// SessionId and TenantId are its own, where the arguments do not say otherwise.

using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.ServiceModel;
using System.Text;
using System.Xml;
using Aspect.CTIPS;

// What the server calls at the application.
public static class Heard
{
    static readonly TextWriter Output =
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };

    public static void Say(params object[] pairs)
    {
        var line = new Dictionary<string, object>();
        for (var index = 0; index < pairs.Length; index += 2) line[(string)pairs[index]] = pairs[index + 1];
        var text = Json.Write(line);
        lock (Output) Output.WriteLine(text);
    }

    public static int StartSession(UserCredentials userinfo, string sessionId)
    {
        Say("callback", "StartSession", "userinfo", userinfo, "sessionId", sessionId);
        return 0;
    }

    public static int Heartbeat(string sessionId)
    {
        Say("callback", "Heartbeat", "sessionId", sessionId);
        return 0;
    }

    public static int Event(CTIEvent what)
    {
        Say("callback", "PublishCTIEvent", "class", Json.ClassName(what), "event", what);
        return 0;
    }
}

public class CtipsApplication
{
    const int Tenant = 1;

    readonly IAgentCallService server;
    readonly string callback;
    string session;

    CtipsApplication(string service, string callback)
    {
        var factory = new ChannelFactory<IAgentCallService>(new BasicHttpBinding(), new EndpointAddress(service));
        server = factory.CreateChannel();
        this.callback = callback;
    }

    public static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine("usage: CtipsApplication.exe URL-OF-THE-SERVICE");
            return 2;
        }
        string callback;
        var host = Listen(out callback);
        var application = new CtipsApplication(args[0], callback);
        Heard.Say("listening", callback);
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (var line = input.ReadLine(); line != null; line = input.ReadLine()) application.Take(line);
        // Mono sometimes fails to close a host, and on a busy machine even to exit: whoever reads this last line may end it.
        Heard.Say("ended", true);
        GC.KeepAlive(host);
        Environment.Exit(0);
        return 0;
    }

    // WCF wants to know the port beforehand; should somebody else take it in between, there is another.
    static ServiceHost Listen(out string callback)
    {
        for (var attempts = 0; ; attempts++)
        {
            var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            callback = "http://127.0.0.1:" + port + "/www.aspect.com/PublishEvents";
            var host = new ServiceHost(new Callback());
            host.AddServiceEndpoint(typeof(ICallback), new BasicHttpBinding(), callback);
            try
            {
                host.Open();
                return host;
            }
            catch (Exception) when (attempts < 10)
            {
                host.Abort();
            }
        }
    }

    // Carries out one line; the line after it is its answer.
    void Take(string line)
    {
        try
        {
            var request = Json.Parse(line);
            Heard.Say("answer", request["initialize"] != null ? Initialize(request["initialize"]) : Call(request));
        }
        catch (FaultException fault)
        {
            Refused(fault);
        }
        catch (TargetInvocationException error) when (error.InnerException is FaultException)
        {
            Refused((FaultException)error.InnerException);
        }
        catch (Exception error)
        {
            Heard.Say("error", error.ToString());
        }
    }

    static void Refused(FaultException fault)
    {
        var typed = fault as FaultException<CTIPortalServiceFault>;
        Heard.Say("fault", fault.Reason.ToString(), "detail", typed == null ? null : typed.Detail);
    }

    // Appendix D.
    object Initialize(XmlElement user)
    {
        var results = new List<int>();
        OpenConnectionArgs ocArgs = new OpenConnectionArgs();
        ocArgs.ClientCallbackURL = callback;
        ocArgs.TenantIds = new int[] { Tenant };
        ocArgs.UserCredentials = (UserCredentials)Json.Read(typeof(UserCredentials), user);
        SessionObject so = server.OpenConnection(ocArgs);
        session = so.SessionId;

        AddMessageClassArgs msgArgs = new AddMessageClassArgs();
        msgArgs.SessionId = session;
        msgArgs.TenantId = Tenant;
        foreach (var messageClass in new[] { CTIMessageClass.EventCategoryAgent, CTIMessageClass.EventCategoryCall,
                                             CTIMessageClass.EventCategorySystem, CTIMessageClass.EventCategoryRoute })
        {
            msgArgs.MessageClass = messageClass;
            results.Add(server.AddMessageClass(msgArgs));
        }

        OnLineArgs online = new OnLineArgs();
        online.SessionId = session;
        online.TenantId = Tenant;
        results.Add(server.OnLine(online));
        return new Dictionary<string, object> { { "session", so }, { "results", results } };
    }

    object Call(XmlElement request)
    {
        var operation = typeof(IAgentCallService).GetMethod(request["operation"].InnerText);
        var type = operation.GetParameters()[0].ParameterType;
        var args = request["args"] == null ? Activator.CreateInstance(type) : Json.Read(type, request["args"]);
        Default(args, "SessionId", null, session);
        Default(args, "TenantId", 0, Tenant);
        return operation.Invoke(server, new[] { args });
    }

    static void Default(object args, string member, object absent, object value)
    {
        var field = args.GetType().GetField(member);
        if (field != null && Equals(field.GetValue(args), absent)) field.SetValue(args, value);
    }
}
