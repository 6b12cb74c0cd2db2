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
using System.Reflection;
using System.ServiceModel;
using System.Xml;
using Aspect.CTIPS;

// What the server calls at the application.
public class Heard : ICallbacks
{
    public int StartSession(UserCredentials userinfo, string sessionId)
    {
        Lines.Say("callback", "StartSession", "userinfo", userinfo, "sessionId", sessionId);
        return 0;
    }

    public int Heartbeat(string sessionId)
    {
        Lines.Say("callback", "Heartbeat", "sessionId", sessionId);
        return 0;
    }

    public int Publish(CTIEvent what)
    {
        Lines.Say("callback", "PublishCTIEvent", "class", Json.ClassName(what), "event", what);
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
        var callback = Lines.Listen(0, "www.aspect.com/PublishEvents", url =>
        {
            var host = new ServiceHost(new Callback(new Heard()));
            host.AddServiceEndpoint(typeof(ICallback), new BasicHttpBinding(), url);
            return host;
        });
        var application = new CtipsApplication(args[0], callback);
        Lines.Say("listening", callback);
        Lines.Take(application.Take);
        return 0;
    }

    // Carries out one line; the line after it is its answer.
    void Take(XmlElement request)
    {
        try
        {
            Lines.Say("answer", request["initialize"] != null ? Initialize(request["initialize"]) : Call(request));
        }
        catch (FaultException fault)
        {
            Refused(fault);
        }
        catch (TargetInvocationException error) when (error.InnerException is FaultException)
        {
            Refused((FaultException)error.InnerException);
        }
    }

    static void Refused(FaultException fault)
    {
        var typed = fault as FaultException<CTIPortalServiceFault>;
        Lines.Say("fault", fault.Reason.ToString(), "detail", typed == null ? null : typed.Detail);
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
