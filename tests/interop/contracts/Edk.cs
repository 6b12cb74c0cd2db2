// Wire profile edk-2009-08: what a published client of the product compiles against.

using System.Runtime.Serialization;
using System.ServiceModel;

namespace Aspect.CTIPS
{
    public static class Profile
    {
        public const string Service = "http://www.aspect.com/unifiedip/edk/ctipsapi/2009/08";
        public const string Callback = "http://www.aspect.com/unifiedip/edk/clientpublishapi/2009/08";
        public const string Data = "http://www.aspect.com/unifiedip/edk/commondata/2009/08";
        public const string ServiceContract = "AgentCallService";
        // The name of an event's class: before and after that of the event.
        public const string Before = "CTI";
        public const string After = "";
        // Members that have another name in the other profile.
        public const string Agent = "AgentIdx";
        public const string SnapShotEnd = "SnapShotTypeComplete";
        public const string ServiceAgents = "AgentIdList";
    }

    [ServiceContract(Name = "CTIEventService", Namespace = Profile.Callback)]
    public interface ICallback
    {
        [OperationContract] int StartSession(UserCredentials userinfo, string sessionId);
        [OperationContract] int Heartbeat(string sessionId);
        [OperationContract] int PublishCTIEvent(CTIEvent ctiEvent);
    }

    // At the application.
    [ServiceBehavior(InstanceContextMode = InstanceContextMode.Single)]
    public class Callback : ICallback
    {
        readonly ICallbacks own;

        public Callback(ICallbacks own)
        {
            this.own = own;
        }

        public int StartSession(UserCredentials userinfo, string sessionId)
        {
            return own.StartSession(userinfo, sessionId);
        }

        public int Heartbeat(string sessionId)
        {
            return own.Heartbeat(sessionId);
        }

        public int PublishCTIEvent(CTIEvent ctiEvent)
        {
            return own.Publish(ctiEvent);
        }
    }

    // At the server.
    public class Calling : ICallbacks
    {
        readonly ICallback channel;

        public Calling(string url)
        {
            channel = new ChannelFactory<ICallback>(new BasicHttpBinding(), new EndpointAddress(url)).CreateChannel();
        }

        public int StartSession(UserCredentials userinfo, string sessionId)
        {
            return channel.StartSession(userinfo, sessionId);
        }

        public int Heartbeat(string sessionId)
        {
            return channel.Heartbeat(sessionId);
        }

        public int Publish(CTIEvent what)
        {
            return channel.PublishCTIEvent(what);
        }
    }

    public partial class SnapshotArgs { [DataMember] public int RequestId; }
    public partial class AgentStateChange { [DataMember] public int CallId; }
    public partial class CallConnected { [DataMember] public CTICallInfo CallInfo; }
    public partial class RouteRequest { [DataMember] public CTICallInfo CallInfo; }
}
