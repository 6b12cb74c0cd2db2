// The CCAS relay: carries MiContact Center Enterprise's Agent Service Open Interface, a COM object that lives only on
// Windows, to cti-bridge, and requests back. No dependencies: this file and the two in the folder above, which it shares with
// the relay of the agents' desktops. README.md beside it tells how to build, configure and install it, and what the lines
// mean that it exchanges with the bridge.
//
// Two threads do the work and share nothing but the outbox: Platform owns the COM object in a single-threaded
// apartment, BridgeLink owns the connection. Either side may be away without holding up the other.
//
// The language is C# 5, because that is what the .NET Framework's own csc understands.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.ServiceProcess;
using System.Text;
using System.Threading;
using RelayLine;

namespace CcasRelay {
    // ---------------------------------------------------------------------------------------- the platform's interface

    /// What the relay needs of the CCAS COM object. Everything but ComCcas knows only this, so that it runs against
    /// a fake as well. One thread creates it, calls it, waits in it and disposes of it.
    interface ICcas : IDisposable {
        event Action<ICcasEvent> Happened;
        event Action Disconnected;

        /// Calls a method of table 1; out parameters are filled in place. Returns the HRESULT.
        int Call(Method method, object[] arguments);

        /// Waits until `wake` is set, letting events come in meanwhile; may return early.
        void Wait(WaitHandle wake);
    }

    /// One event, read by name as table 2 has it. Every getter returns an HRESULT.
    interface ICcasEvent {
        int GetType(out int type);
        int GetLong(string name, out int value);
        int GetString(string name, out string value);
    }

    /// The event types of tables 3 and 4: number, name, parameters. A name ending in # is a Long, any other a String;
    /// a second spelling after | is the one that the guide's sample code asks for.
    static class Events {
        public const int Logon = 1, Logoff = 2, ServiceGroupAdded = 33, ServiceGroupsChanged = 34, DataComplete = 35,
            Disconnect = 36, PhoneAgentLogon = 45, PhoneAgentLogoff = 46;

        public static readonly Dictionary<int, EventType> All = new Dictionary<int, EventType>();

        static Events() {
            Add(1, "LOGON", "Name DN RecID# LogonID VoiceReady# EmailReady# OpenMediaReady# MediaReady# MachineName " +
                "NumberOfServiceGroups# ServiceGroupList OASID#");
            Add(2, "LOGOFF", "RecID#");
            Add(3, "READY", "RecID#");
            Add(4, "NOTREADY", "RecID# ReasonID# ReasonString");
            Add(5, "EMAILREADY", "RecID#");
            Add(6, "EMAILNOTREADY", "RecID# ReasonID# ReasonString");
            Add(7, "ORIGINATED", "RecID# CallID# ServiceGroupID# CallType#");
            Add(8, "DELIVERED", "RecID# CallID# OppositePartyNumber TrunkID CalledNumber PrivateData Cause#");
            Add(9, "ESTABLISHED", "RecID# CallID# PrivateData TrunkID CallSubstate# OppositePartyNumber Cause# " +
                "MediaServerSessionUri");
            Add(10, "HOLD", "RecID# CallID# OnHold#");
            Add(11, "RETRIEVED", "RecID# CallID#");
            Add(12, "TRANSFERRED", "RecID# HeldCallID# ActiveCallID# NewCallID# ClericalFlag# TransferringAgent# " +
                "OppositePartyNumber PrivateData");
            Add(13, "CONFERENCE", "RecID# HeldCallID# ActiveCallID# NewCallID# OppositePartyNumber");
            Add(14, "CONNECTIONCLEARED", "RecID# CallID# ClericalFlag# DivertedFlag# " +
                "DivertDestination|DiverDestination");
            Add(15, "CLERICALENDED", "RecID# CallID#");
            Add(16, "CALLREJECTED", "RecID# CallID# Cause");
            Add(17, "CALLBACKACCEPT", "RecID# OrigCallID# CallID# CallType#");
            Add(18, "CALLBACKREJECT", "RecID# CallID# CallType# Cause");
            Add(19, "CALLBACKSTATUS", "RecID# CallID# CallType# CallbackStatus# Cause");
            Add(20, "EMAILREJECT", "RecID# MessageID# ServiceGroupID# Cause");
            Add(21, "EMAILDELETE", "RecID# MessageID# ServiceGroupID# ClericalFlag#");
            Add(22, "EMAILREPLY", "RecID# MessageID# ServiceGroupID# Subject ForwardFlag# RecipientList EmailText " +
                "ClericalFlag#");
            Add(23, "EMAILFORWARD", "RecID# MessageID# ServiceGroupID#|ServiceGroupList");
            Add(24, "CALLINFORMATION", "RecID# CallID# ServiceGroupID# CallingPartyNumber CalledNumber " + Ivr(10) +
                "TimeInQueue# CallType#");
            Add(25, "CALLBACK", "RecID# ServiceGroupID# CallingPartyNumber CalledNumber " + Ivr(3) +
                "CallType# OrigCallID#");
            Add(29, "CAMPAIGNACCEPT", "RecID# CampaignID# CustomerID# CallID#");
            Add(30, "CAMPAIGNREJECT", "RecID# CampaignID# CustomerID# Cause");
            Add(31, "CAMPAIGNSTATUS", "RecID# CampaignID# CustomerID# Cause");
            Add(32, "CAMPAIGNINFO", "RecID# CampaignID# CustomerID# CustomerName CustomerNumber Comment " + Ivr(10));
            Add(33, "SERVICEGROUP_ADDED", "RecID# ServiceGroupPurpose# Name");
            Add(34, "AGENT_SERVICEGROUPS_CHANGED", "RecID# ServiceGroupList");
            Add(35, "DATA_COMPLETE", "");
            Add(36, "DISCONNECT", "");
            Add(37, "XFER_CALL_INFORMATION", "RecID# HeldCallID# ActiveCallID# ServiceGroupID# CallingPartyNumber " +
                "CalledNumber " + Ivr(3));
            Add(38, "IP_AGENTINFO", "RecID# IPAddress RASPort# CSPort#");
            Add(39, "CALLINFORMATION_UPDATE", "RecID# CallID# CallType# " + Ivr(3));
            Add(40, "ASSOCIATEDDATA_SET", "RecID# CallID# CallType# PrivateData");
            Add(41, "CQCODES", "RecID# CallID# CallType# CQCodeList");
            Add(42, "FAILED", "RecID# CallID# Cause# CalledNumber");
            Add(43, "RECORDINGSTARTED", "RecID# DN IPAddress CallID# ServiceGroupID# OppositePartyNumber");
            Add(44, "RECORDINGSTOPPED", "RecID# CallID#");
            Add(45, "LOGON_PHONEAGENT", "RecID# DN");
            Add(46, "LOGOFF_PHONEAGENT", "RecID#");
            Add(47, "PHONEAGENT_STATUSES", "RecID# CallSubstate#");
            Add(48, "PHONEAGENT_CALL_INFORMATION", "RecID# CallID# ServiceGroupID# CallingPartyNumber CalledNumber " +
                Ivr(10) + "TimeInQueue#");
            Add(49, "OPENMEDIAREJECTED", "RecID# SessionID# Cause");
            Add(50, "OPENMEDIAHANDLING", "RecID# SessionID#");
            Add(51, "OPENMEDIACOMPLETED", "RecID# SessionID# ClericalFlag#");
            Add(52, "OPENMEDIANOTREADY", "RecID# ReasonID# ReasonString");
            Add(53, "OPENMEDIAREADY", "RecID#");
            Add(55, "CHATREJECT", "RecID# SessionID# Cause");
            Add(56, "CHATHANDLING", "RecID# SessionID#");
            Add(57, "CHATCOMPLETE", "RecID# SessionID# ClericalFlag#");
            Add(58, "CHATREADY", "RecID#");
            Add(59, "CHATNOTREADY", "RecID# ReasonID# ReasonString");
            Add(60, "EMAILREDIRECT", "RecID# ToRecID# MessageID# ServiceGroupID# EmailText");
            Add(61, "CHATREDIRECT", "RecID# ToRecID# SessionID# ServiceGroupID#");
            Add(62, "EMAILHANDLING", "RecID# MessageID#");
            Add(63, "SMSHANDLING", "RecID# MessageID#");
            Add(64, "OPENMEDIAREDIRECT", "RecID# ToRecID# SessionID# ServiceGroupID#");
            Add(65, "CHATFORWARD", "RecID# SessionID# ServiceGroupID#");
            Add(66, "OPENMEDIAFORWARD", "RecID# SessionID# ServiceGroupID#");
        }

        static void Add(int number, string name, string parameters) {
            All.Add(number, new EventType("BROADCAST_" + name, parameters));
        }

        static string Ivr(int count) {
            var names = new StringBuilder();
            for (int i = 1; i <= count; i++) names.AppendFormat("IVRLabel{0} IVRData{0} ", i);
            return names.ToString();
        }

        /// The event as a line for the bridge. A parameter is read with the getter of its documented type, then with
        /// the other one: published clients read the same name either way.
        public static Line Read(ICcasEvent happened) {
            int type;
            int result = happened.GetType(out type);
            if (result < 0) throw new IOException("its GetType gave " + HResult.Name(result));
            var line = new Line { { "type", type } };
            EventType known;
            if (!All.TryGetValue(type, out known)) return line;
            foreach (EventParameter parameter in known.Parameters) {
                object value = parameter.Read(happened);
                if (value != null) line.Add(parameter.Name, value);
            }
            return line;
        }
    }

    sealed class EventType {
        public readonly string Name;
        public readonly List<EventParameter> Parameters = new List<EventParameter>();

        public EventType(string name, string parameters) {
            Name = name;
            foreach (string word in parameters.Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
                Parameters.Add(new EventParameter(word));
        }
    }

    sealed class EventParameter {
        public readonly string Name;
        public readonly bool IsLong;
        readonly string[] spellings;

        public EventParameter(string word) {
            IsLong = word.Contains("#");
            spellings = word.Replace("#", "").Split('|');
            Name = spellings[0];
        }

        public object Read(ICcasEvent happened) {
            foreach (string spelling in spellings) {
                object value = IsLong ? Long(happened, spelling) ?? Text(happened, spelling)
                                      : Text(happened, spelling) ?? Long(happened, spelling);
                if (value != null) return value;
            }
            return null;
        }

        static object Long(ICcasEvent happened, string name) {
            int value;
            return happened.GetLong(name, out value) >= 0 ? (object)value : null;
        }

        static object Text(ICcasEvent happened, string name) {
            string value;
            return happened.GetString(name, out value) >= 0 ? value ?? "" : null;
        }
    }

    /// The methods of table 1, with their parameters in the guide's order. Where the guide prints the l of a LONG as a
    /// capital I, the l stands here.
    static class Methods {
        public static readonly Dictionary<string, Method> All = Method.Table(
            "Initialize()",
            "Connect(string bstrCCASMachineName, long lCCASPort)",
            "ConnectWithIPAddress(string bstrCCASMachineName, long lCCASPort, string bstrNICIPAddress)",
            "ConnectWithDirectConnect(string bstrCCASMachineName, long lCCASPort, string bstrNICIPAddress)",
            "Uninitialize()",
            "GetLastErrorInfo(out long lError, out string bstrErrorString)",
            "SetLogonCredentials(string bstrUserId, string bstrPassword, long lTenantID)",
            "GetAgentRecIDFromLogonID(string bstrAgentLogonID, out long lAgentRecID)",
            "MakeCall(long lAgentRecID, string bstrDialString)",
            "AnswerCall(long lAgentRecID, long lCallID)",
            "HangupCall(long lAgentRecID, long lCallID)",
            "HangupSession(long lAgentRecID, long lSessionID)",
            "HoldCall(long lAgentRecID, long lCallID)",
            "RetrieveCall(long lAgentRecID, long lCallID)",
            "ConferenceCall(long lAgentRecID)",
            "TransferCall(long lAgentRecID, long lHeldCallID)",
            "DeflectCall(long lAgentRecID, string bstrDest, long lCallID)",
            "RejectServiceCall(long lAgentRecID, long lCallID)",
            "CancelClerical(long lAgentRecID, long lCallID)",
            "CancelSessionClerical(long lAgentRecID, long lSessionID)",
            "ExtendClerical(long lAgentRecID, long lCallID, long lNumSeconds)",
            "SetVoiceReady(long lAgentRecID)",
            "SetVoiceNotReady(long lAgentRecID, long lReason)",
            "GetVoiceReadyStatus(long lAgentRecID, out long lStatus)",
            "SetEmailReady(long lAgentRecID)",
            "SetEmailNotReady(long lAgentRecID)",
            "GetEmailReadyStatus(long lAgentRecID, out long lStatus)",
            "GetNotReadyReasons(long lTenantRecID, out string bstrReasons)",
            "LogonPhoneAgent(string bstrPIN, string bstrExtension, long lTenantID, long lOASID)",
            "LogoffPhoneAgent(string bstrPIN, long lTenantID)",
            "SetPhoneAgentReady(string bstrPIN, long lTenantID)",
            "SetPhoneAgentNotReady(string bstrPIN, long lTenantID, long lReasonID)",
            "GetPhoneAgentVoiceReadyStatus(long lAgentRecID, out variant val)",
            "GetPhoneAgentRecIDFromExtension(string bstrExtension, out variant val)",
            "GetPhoneAgentServiceGroupID(string bstrExtension, out variant val)",
            "GetAgentServiceGroups(long lAgentRecID, out string bstrGroups)",
            "GetPhoneAgentstatus(long lAgentRecID, out bool loggedOn, out bool ready, " +
                "out long notReadyReasonID, out long callState, out long serviceGroupID, out long callID)",
            "SetAgentCQCodes(long lAgentRecID, long lCallID, long lServiceGroupID, string bstrCQCodes)",
            "SetPrivateData(long lAgentRecID, long lCallID, string bstrPrivateData)",
            "DeflectPhoneAgentCall(long lAgentRecID, long lTenantID, long lCallID, string bstrDest)",
            "SetAgentIVRData(long lAgentRecID, long lTenantID, long lCallID, string IVRLabel1, string IVRData1, " +
                "string IVRLabel2, string IVRData2, string IVRLabel3, string IVRData3)",
            "GetAgentCallManagerID(long lAgentRecID, out variant val)",
            "SetAgentIVRDataWithCDR(long lAgentRecID, long lTenantID, long lCallID, long lMediaType, " +
                "string IVRLabel1, string IVRData1, string IVRLabel2, string IVRData2, string IVRLabel3, " +
                "string IVRData3)",
            "SetChatReady(long lAgentRecID)",
            "SetChatNotReady(long lAgentRecID)",
            "SetOpenMediaReady(long lAgentRecID)",
            "SetOpenMediaNotReady(long lAgentRecID)",
            "StopApp(long lAgentRecID)",
            "MakeCampaignCall(long lAgentRecID, long lCampaignID, long lCustomerID, long lCampaignCallID, " +
                "string bstrDialString)",
            "RejectCampaignCall(long lAgentRecID, long lCampaignID, long lCustomerID, long lReason)",
            "SetCampaignCallStatus(long lAgentRecID, long lCampaignCallID, long lStatus, date dNextCallAttempt, " +
                "bool bCloseForm, bool bUpdateComment, string bstrComment)",
            "GetAgentMediaSettings(long lAgentRecID, out long lNumberOfConcurrentOM, " +
                "out long lReceiveChatWhileHandlingOM, out long lReceiveEmailWhileHandlingOM, " +
                "out long lReceiveVoiceWhileHandlingOM, out long lReceiveChatWhileHandlingVoice, " +
                "out long lReceiveEmailWhileHandlingVoice, out long lReceiveOMWhileHandlingVoice, " +
                "out long lNumberOfConcurrentChat, out long lReceiveVoiceWhileHandlingChat, " +
                "out long lReceiveEmailWhileHandlingChat, out long lReceiveOMWhileHandlingChat, " +
                "out long lNumberOfConcurrentEmail, out long lReceiveVoiceWhileHandlingEmail, " +
                "out long lReceiveChatWhileHandlingEmail, out long lReceiveOMWhileHandlingEmail, " +
                "out long lChatEnabled, out long lEmailEnabled, out long lSMSEnabled, out long lOMEnabled)",
            "MakeCallbackCall(long lAgentRecID, long lCallbackID, long lCallbackCallID, string bstrDialString)",
            "RejectCallbackCall(long lAgentRecID, long lCallbackID, long lReason)",
            "SetCallbackCallStatus(long lAgentRecID, long lCallbackCallID, long lStatus, " +
                "date dNextCallAttempt, bool bCloseForm)",
            "SendDTMF(long lAgentRecID, long lCallID, string bstrDigits)");
    }

    // ----------------------------------------------------------------------------------- what the bridge is to be told

    /// Who is logged on, which groups there are and whether the platform is there, as of everything that has left the
    /// outbox. CCAS tells this only once per connection; a bridge that comes back needs it again and gets it from here.
    /// Because events that had to be dropped are counted in as well, it is right whatever became of them.
    sealed class Snapshot : IPicture {
        static readonly Dictionary<int, KeyValuePair<string, int>> readiness =
            new Dictionary<int, KeyValuePair<string, int>> {
            { 3, Flag("VoiceReady", 1) }, { 4, Flag("VoiceReady", 0) },
            { 5, Flag("EmailReady", 1) }, { 6, Flag("EmailReady", 0) },
            { 53, Flag("OpenMediaReady", 1) }, { 52, Flag("OpenMediaReady", 0) },
            { 58, Flag("MediaReady", 1) }, { 59, Flag("MediaReady", 0) },
        };

        readonly Dictionary<string, Line> kept = new Dictionary<string, Line>();
        readonly List<string> order = new List<string>();
        bool up;
        bool complete;

        static KeyValuePair<string, int> Flag(string name, int value) {
            return new KeyValuePair<string, int>(name, value);
        }

        public List<Line> Lines() {
            var lines = new List<Line>();
            if (!up) lines.Add(new Line { { "disconnected", true } });
            foreach (string key in order) lines.Add(kept[key]);
            if (complete) lines.Add(new Line { { "type", Events.DataComplete } });
            return lines;
        }

        public void Take(Line line) {
            object number = line.Get("type");
            if (!(number is int) || (int)number == Events.Disconnect) {
                Clear();
                return;
            }
            up = true;
            int type = (int)number;
            string record = Convert.ToString(line.Get("RecID"), CultureInfo.InvariantCulture);
            switch (type) {
                case Events.Logon:
                case Events.PhoneAgentLogon:
                case Events.ServiceGroupAdded:
                    Keep(type + ":" + record, line);
                    break;
                case Events.Logoff:
                case Events.PhoneAgentLogoff:
                    Forget(Events.Logon + ":" + record);
                    Forget(Events.PhoneAgentLogon + ":" + record);
                    break;
                case Events.ServiceGroupsChanged:
                    Line agent;
                    object list = line.Get("ServiceGroupList");
                    if (list == null || !kept.TryGetValue(Events.Logon + ":" + record, out agent)) break;
                    agent["ServiceGroupList"] = list;
                    agent["NumberOfServiceGroups"] = Convert.ToString(list, CultureInfo.InvariantCulture)
                        .Split(new[] { '|', ',', ' ' }, StringSplitOptions.RemoveEmptyEntries).Length;
                    break;
                case Events.DataComplete:
                    complete = true;
                    break;
                default:
                    KeyValuePair<string, int> flag;
                    if (!readiness.TryGetValue(type, out flag)) break;
                    if (kept.TryGetValue(Events.Logon + ":" + record, out agent)) agent[flag.Key] = flag.Value;
                    break;
            }
        }

        void Clear() {
            kept.Clear();
            order.Clear();
            up = complete = false;
        }

        void Keep(string key, Line line) {
            if (!kept.ContainsKey(key)) order.Add(key);
            kept[key] = line;
        }

        void Forget(string key) {
            if (kept.Remove(key)) order.Remove(key);
        }
    }

    // ----------------------------------------------------------------------------------------------- the platform side

    sealed class Call {
        public int Connection;
        public object Id;
        public Method Method;
        public object[] Arguments;
    }

    /// Keeps the COM object connected and runs calls on it, all on one thread in a single-threaded apartment.
    sealed class Platform : IAnswerer {
        const int MostCalls = 1000;

        readonly Options options;
        readonly Func<ICcas> create;
        readonly Outbox outbox;
        readonly Log log;
        readonly Backoff backoff;
        readonly Thread thread;
        readonly object gate = new object();
        readonly Queue<Call> calls = new Queue<Call>();
        readonly AutoResetEvent wake = new AutoResetEvent(false);
        readonly ManualResetEvent stop = new ManualResetEvent(false);
        volatile bool stopping;
        volatile bool lost;      // the present connection is over
        volatile bool heard;     // … and has told something, so that its end must be told too
        bool connected;          // under `gate`

        public Platform(Options options, Func<ICcas> create, Outbox outbox, Log log) {
            this.options = options;
            this.create = create;
            this.outbox = outbox;
            this.log = log;
            backoff = new Backoff(options.RetryMin, options.RetryMax);
            thread = new Thread(Run) { Name = "ccas", IsBackground = true };
            thread.SetApartmentState(ApartmentState.STA);
        }

        public void Start() {
            thread.Start();
        }

        public void Stop() {
            stopping = true;
            stop.Set();
            wake.Set();
            // A connect that gets no answer takes CCAS's own 30 seconds.
            if (!thread.Join(TimeSpan.FromSeconds(35))) log.Write("ccas: the COM object does not return; leaving it");
        }

        public string Hello {
            get { return "ccas-relay"; }
        }

        public void Greeted() {
        }

        public void Request(int connection, object id, object name, Line given) {
            Method method;
            if (!(name is string) || !Methods.All.TryGetValue((string)name, out method))
                throw new CallError(HResult.UnknownName, "the guide has no method " + Json.Write(name));
            var call = new Call { Connection = connection, Id = id, Method = method, Arguments = method.Arguments(given) };
            lock (gate) {
                if (!connected) throw new CallError(HResult.Fail, "the relay is not connected to the Agent Service");
                if (calls.Count >= MostCalls) throw new CallError(HResult.Fail, "too many calls wait in the relay");
                calls.Enqueue(call);
            }
            wake.Set();
        }

        void Run() {
            while (!stopping) {
                Session();
                if (stopping) break;
                TimeSpan delay = backoff.Next();
                log.Write("ccas: trying again in " + Log.Seconds(delay));
                stop.WaitOne(delay);
            }
        }

        void Session() {
            lost = heard = false;
            ICcas ccas = null;
            try {
                ccas = create();
                ccas.Happened += Happened;
                ccas.Disconnected += Disconnected;
                if (!Connect(ccas)) return;
                log.Write("ccas: connected to " + options.CcasHost + ":" + options.CcasPort);
                heard = true;
                lock (gate) connected = true;
                while (!stopping && !lost) {
                    ccas.Wait(wake);
                    RunCalls(ccas);
                }
                log.Write(stopping ? "ccas: disconnecting" : "ccas: the connection is lost");
            } catch (Exception e) {
                log.Write("ccas: " + Log.Describe(e));
            } finally {
                Fail();
                if (heard) outbox.Event(new Line { { "disconnected", true } });
                if (ccas != null) Release(ccas);
            }
        }

        bool Connect(ICcas ccas) {
            // The guide calls for this order: Initialize first, credentials before the connect.
            if (!Done(ccas, "Initialize")) return false;
            if (options.LogonUser != null && !Done(ccas, "SetLogonCredentials", options.LogonUser,
                                                   options.LogonPassword(), options.LogonTenant)) return false;
            return Done(ccas, "ConnectWithDirectConnect", options.CcasHost, options.CcasPort, options.CcasNic);
        }

        bool Done(ICcas ccas, string name, params object[] arguments) {
            int result = ccas.Call(Methods.All[name], arguments);
            if (result < 0) log.Write("ccas: " + name + " failed: " + LastError(ccas, result));
            return result >= 0;
        }

        static string LastError(ICcas ccas, int result) {
            Method method = Methods.All["GetLastErrorInfo"];
            object[] error = method.Arguments(new Line());
            string text = ccas.Call(method, error) >= 0 ? error[1] as string : null;
            return string.IsNullOrEmpty(text) ? HResult.Name(result) + ", without an explanation from CCAS" : text;
        }

        void Happened(ICcasEvent happened) {
            try {
                Line line = Events.Read(happened);
                heard = true;
                outbox.Event(line);
                int type = (int)line["type"];
                if (type == Events.DataComplete) backoff.Reset();
                if (type == Events.Disconnect) Disconnected();
            } catch (Exception e) {
                // An exception must not enter the COM object; the event is lost, and that is said.
                log.Write("ccas: an event could not be read: " + Log.Describe(e));
                outbox.Missed();
            }
        }

        void Disconnected() {
            lost = true;
            wake.Set();
        }

        void RunCalls(ICcas ccas) {
            while (!stopping && !lost) {
                Call call;
                lock (gate) {
                    if (calls.Count == 0) return;
                    call = calls.Dequeue();
                }
                int result = ccas.Call(call.Method, call.Arguments);
                var reply = new Line { { "id", call.Id }, { "hresult", result } };
                if (result >= 0) reply.Add("out", call.Method.Results(call.Arguments));
                else reply.Add("error", LastError(ccas, result));
                outbox.Reply(call.Connection, reply);
                // After it no event comes any more, which is as good as a lost connection.
                if (call.Method.Name == "Uninitialize") lost = true;
            }
        }

        void Fail() {
            lock (gate) {
                connected = false;
                while (calls.Count > 0) {
                    Call call = calls.Dequeue();
                    outbox.Reply(call.Connection, BridgeLink.Refusal(call.Id, HResult.Fail,
                        "the connection to the Agent Service was lost before " + call.Method.Name + " was called"));
                }
            }
        }

        void Release(ICcas ccas) {
            try {
                ccas.Call(Methods.All["Uninitialize"], new object[0]);
                ccas.Dispose();
            } catch (Exception e) {
                log.Write("ccas: while disconnecting: " + Log.Describe(e));
            }
        }
    }

    // -------------------------------------------------------------------------------------------------- the COM object

    /// The real thing, late bound.
    sealed class ComCcas : ICcas {
        readonly object com;
        readonly Guid source;
        readonly int eventId, disconnectId;
        readonly Action<object> onEvent;
        readonly Action onDisconnect;

        public event Action<ICcasEvent> Happened;
        public event Action Disconnected;

        public ComCcas(string configuredClass) {
            com = Activator.CreateInstance(Com.FindClass(configuredClass, "CCASComClient.dll", "CCASClient"));
            var names = new[] { "OnEvent", "OnDisconnect" };
            var ids = new Dictionary<string, int>();
            source = Com.FindSource(com, names, names, ids);
            eventId = ids["OnEvent"];
            disconnectId = ids["OnDisconnect"];
            onEvent = OnEvent;
            onDisconnect = () => Disconnected();
            ComEventsHelper.Combine(com, source, eventId, onEvent);
            ComEventsHelper.Combine(com, source, disconnectId, onDisconnect);
        }

        void OnEvent(object happened) {
            try {
                Happened(new ComEvent(happened));
            } finally {
                Marshal.ReleaseComObject(happened);
            }
        }

        public int Call(Method method, object[] arguments) {
            var isOut = new bool[arguments.Length];
            for (int i = 0; i < isOut.Length; i++) isOut[i] = method.Parameters[i].Out;
            return Com.Invoke(com, method.Name, arguments, isOut);
        }

        /// COM delivers its events through this thread's message queue.
        public void Wait(WaitHandle wake) {
            Com.Wait(wake);
        }

        public void Dispose() {
            ComEventsHelper.Remove(com, source, eventId, onEvent);
            ComEventsHelper.Remove(com, source, disconnectId, onDisconnect);
            Marshal.FinalReleaseComObject(com);
        }
    }

    sealed class ComEvent : ICcasEvent {
        readonly object com;

        public ComEvent(object com) {
            this.com = com;
        }

        public int GetType(out int type) {
            var arguments = new object[] { 0 };
            int result = Com.Invoke(com, "GetType", arguments, true);
            type = result < 0 ? 0 : Convert.ToInt32(arguments[0], CultureInfo.InvariantCulture);
            return result;
        }

        public int GetLong(string name, out int value) {
            var arguments = new object[] { name, 0 };
            int result = Com.Invoke(com, "GetLongValue", arguments, false, true);
            value = result < 0 ? 0 : Convert.ToInt32(arguments[1], CultureInfo.InvariantCulture);
            return result;
        }

        public int GetString(string name, out string value) {
            var arguments = new object[] { name, "" };
            int result = Com.Invoke(com, "GetStringValue", arguments, false, true);
            value = result < 0 ? null : arguments[1] as string;
            return result;
        }
    }

    // ----------------------------------------------------------------------------------------------- running the relay

    /// The settings. README.md explains each.
    sealed class Options : RelayOptions {
        public string CcasHost, CcasNic = "", Class, LogonUser;
        public int CcasPort, LogonTenant = -1;
        public bool Service;

        string logonPassword, logonPasswordFile;

        public Options(string[] arguments) {
            Read(arguments, "logon_password");
        }

        protected override bool IsSwitch(string key) {
            if (key != "service") return false;
            Service = true;
            return true;
        }

        protected override bool Set(string key, string value, string folder, string where) {
            switch (key) {
                case "ccas": Address(value, where, out CcasHost, out CcasPort); break;
                case "ccas_nic": CcasNic = value; break;
                case "class": Class = value; break;
                case "logon_user": LogonUser = value; break;
                case "logon_password": logonPassword = value; logonPasswordFile = null; break;
                case "logon_password_file": logonPasswordFile = Path.Combine(folder, value); break;
                case "logon_tenant": LogonTenant = Number(value, where, -1, int.MaxValue); break;
                default: return base.Set(key, value, folder, where);
            }
            return true;
        }

        protected override void Check() {
            base.Check();
            if (CcasHost == null) throw new OptionError("ccas: missing, the host:port of the Agent Service");
            if (LogonUser == null) return;
            if (logonPassword == null && logonPasswordFile == null)
                throw new OptionError("logon_password_file: missing, although logon_user is set");
            LogonPassword();
        }

        public string LogonPassword() {
            if (logonPasswordFile == null) return logonPassword;
            return ReadText(logonPasswordFile, "logon_password_file").Trim();
        }
    }

    /// Both sides together.
    sealed class Relay {
        readonly Platform platform;
        readonly BridgeLink bridge;

        public Relay(Options options, Func<ICcas> create, Log log) {
            var outbox = new Outbox(options, new Snapshot(), log);
            platform = new Platform(options, create, outbox, log);
            bridge = new BridgeLink(options, outbox, platform, log);
        }

        public void Start() {
            platform.Start();
            bridge.Start();
        }

        public void Stop() {
            bridge.Stop();
            platform.Stop();
        }
    }

    sealed class RelayService : ServiceBase {
        readonly Relay relay;

        public RelayService(Relay relay) {
            this.relay = relay;
            ServiceName = "CcasRelay";
            CanShutdown = true;
        }

        protected override void OnStart(string[] arguments) {
            relay.Start();
        }

        protected override void OnStop() {
            RequestAdditionalTime(60000);
            relay.Stop();
        }

        protected override void OnShutdown() {
            relay.Stop();
        }
    }

    static class Program {
        const string Usage =
            "CcasRelay --config FILE [--service] [--KEY VALUE ...]\n" +
            "Carries the CCAS COM interface to cti-bridge. KEY is any setting of the file, such as\n" +
            "--bridge HOST:PORT, --ccas HOST:PORT or --token-file FILE; README.md lists them.";

        static string ServiceLog {
            get { return Path.Combine(AppDomain.CurrentDomain.BaseDirectory, "CcasRelay.log"); }
        }

        public static int Main(string[] arguments) {
            return Run(arguments, options => new ComCcas(options.Class), StopOnInterrupt);
        }

        /// Runs the relay until it is told to stop. 2: the settings are wrong.
        public static int Run(string[] arguments, Func<Options, ICcas> create, Action waitForStop) {
            Options options;
            try {
                options = new Options(arguments);
            } catch (OptionError e) {
                Console.Error.WriteLine("CcasRelay: " + e.Message);
                // Nobody sees what a service writes to its console.
                if (Array.IndexOf(arguments, "--service") >= 0) new Log(ServiceLog, Console.Error).Write("relay: " + e.Message);
                return 2;
            }
            if (options.Help) {
                Console.WriteLine(Usage);
                return 0;
            }
            var log = new Log(options.LogFile ?? (options.Service ? ServiceLog : null), Console.Error);
            var relay = new Relay(options, () => create(options), log);
            if (options.Service) {
                ServiceBase.Run(new RelayService(relay));
                return 0;
            }
            relay.Start();
            waitForStop();
            log.Write("relay: stopping");
            relay.Stop();
            return 0;
        }

        static void StopOnInterrupt() {
            var interrupted = new ManualResetEvent(false);
            Console.CancelKeyPress += (sender, e) => {
                e.Cancel = true;
                interrupted.Set();
            };
            interrupted.WaitOne();
        }
    }
}
