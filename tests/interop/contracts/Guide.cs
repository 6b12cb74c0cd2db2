// Wire profile guide: what the guide's text shows, with the names that WCF gives by default.

using System.Runtime.Serialization;
using System.ServiceModel;

namespace Aspect.CTIPS
{
    public static class Profile
    {
        public const string Service = "http://tempuri.org/";
        public const string Callback = "http://tempuri.org/";
        public const string Data = "http://schemas.datacontract.org/2004/07/Aspect.CTIPS";
        public const string ServiceContract = "IAgentCallService";
        // The name of an event's class: before and after that of the event.
        public const string Before = "";
        public const string After = "Event";
        // Members that have another name in the other profile.
        public const string Agent = "AgentId";
        public const string SnapShotEnd = "SnapShotComplete";
        public const string ServiceAgents = "RequestIdList";
    }

    [ServiceContract(Name = "IPublishCTIEvents", Namespace = Profile.Callback)]
    public interface ICallback
    {
        [OperationContract] int StartSession(UserCredentials userinfo, string sessionId);
        [OperationContract] int HeartbeatMessage();
        [OperationContract] void PublishCTIEvent(CTIEvent @event);
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

        public int HeartbeatMessage()
        {
            return own.Heartbeat(null);
        }

        public void PublishCTIEvent(CTIEvent @event)
        {
            own.Publish(@event);
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
            return channel.HeartbeatMessage();
        }

        public int Publish(CTIEvent what)
        {
            channel.PublishCTIEvent(what);
            return 0;
        }
    }

    public partial class CallConnected { [DataMember] public CTICallInfo[] CallInfo; }
    public partial class RouteRequest { [DataMember] public CTICallInfo[] CallInfo; }
}
