// The agent relay for .NET and COM: carries the AgentClient object of a MiContact Center Agent, which runs on each agent's
// machine, to cti-bridge, and calls back. No dependencies: this file and the two in the folder above, which it shares with
// the CCAS relay. README.md beside it has the protocol, and how to build and configure the relay.
//
// One thread makes all calls on the object (AgentSide), another owns the connection (BridgeLink); events come on whatever
// thread the object raises them. They share the outbox and the desktop, which knows what has been said of each call.
//
// The language is C# 5, because that is what the .NET Framework's own csc understands.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using RelayLine;

namespace AgentRelay {
    // ------------------------------------------------------------------------------------------------ the guide's tables

    /// A property of an interface, or what a method returns. A word of the tables below says it: a text ends in nothing, a
    /// number in #, true or false in ?, a date in @, and another interface in :Name. A list has [] after it.
    sealed class Field {
        public readonly string Name;
        readonly string record;
        readonly char kind;
        readonly bool isList;

        public Field(string word) {
            isList = word.EndsWith("[]", StringComparison.Ordinal);
            word = word.Replace("[]", "");
            int colon = word.IndexOf(':');
            if (colon >= 0) record = word.Substring(colon + 1);
            kind = record != null ? ':' : "#?@".IndexOf(word[word.Length - 1]) >= 0 ? word[word.Length - 1] : 't';
            Name = colon >= 0 ? word.Substring(0, colon) : word.TrimEnd('#', '?', '@');
        }

        public object ToJson(object value) {
            if (!isList) return One(value);
            var list = value as IEnumerable;
            if (list == null || value is string) return null;
            var items = new List<object>();
            foreach (object item in list) items.Add(One(item));
            return items;
        }

        object One(object value) {
            if (value == null || value is DBNull) return null;
            switch (kind) {
                case ':': return Records.Read(record, value);
                case '#': return Convert.ToInt64(value, CultureInfo.InvariantCulture);
                case '?': return Convert.ToBoolean(value, CultureInfo.InvariantCulture);
                case '@': return Moment.Text(Convert.ToDateTime(value, CultureInfo.InvariantCulture));
                default: return Convert.ToString(value, CultureInfo.InvariantCulture);
            }
        }
    }

    static class Moment {
        /// RFC 3339; nothing for a date that is not set, which is year 1 in .NET and 1899 in COM.
        public static string Text(DateTime time) {
            if (time.Year < 1900) return null;
            if (time.Kind == DateTimeKind.Unspecified) time = DateTime.SpecifyKind(time, DateTimeKind.Local);
            return time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture);
        }

        public static string Now() {
            return Text(DateTime.Now);
        }
    }

    /// The interfaces, by their names without the I.
    static class Records {
        static readonly Dictionary<string, List<Field>> all = new Dictionary<string, List<Field>>();

        static Records() {
            Add("UserInformation", "ExtensionNumber LoggedOn# LoginID UserName ReadyStatus? EmailReadyStatus? " +
                "OpenMediaReadyStatus? OASID# OASServerName ChatReadyStatus? RecordID# VoiceNotReadyReasonID# " +
                "VoiceNotReadyReasonString");
            Add("Call", "CallerName CallInfo:CallInformation IsCampaignCall? CampaignCallInfo:CampaignCallInformation " +
                "CanAnswer? CanDeflect? CanHangup? CanHold? CanRetrieve? CanReject? ConnectedTime@ " +
                "ConsultingCallInfo:CallInformation EndTime@ ID# Incoming? PhoneNumber RecordingState# StartTime@ State# " +
                "StateDescription PrivateData CalledNumber Type# IVRData[] IVRLabels[]");
            Add("CallInformation", "CallingNumber GroupName QueueDuration# IVRData[] IVRLabels[] IVRDataString IVRLabelString");
            Add("CampaignCallInformation", "DialedNumber CampaignID# CampaignName CustomerID# CustomerName Comment " +
                "CallStatus# Fields:CampaignCustomerField[]");
            Add("CampaignCustomerField", "Label Data");
            Add("Email", "BodyText ConnectedTime@ EndTime@ GroupName ID# SenderEmailAddress StartTime@ State# " +
                "StateDescription Subject");
            Add("SMS", "ConnectedTime@ EndTime@ GroupName ID# Message SenderNumber StartTime@ State# StateDescription");
            Add("OpenMedia", "ID# State# StateDescription CallInfo:CallInformation StartTime@ ConnectedTime@ EndTime@");
            Add("Chat", "ID# GroupName CustomerName CustomerID CustomerEmailAddress State# StateDescription StartTime@ " +
                "ConnectedTime@ EndTime@ PrivateData");
            Add("DispatchPersonalCall", "ID# Number PreferredAgentID# PreferredAgentName ServiceGroupID# QueueStartTime@ " +
                "GeneralCall? IVR");
            Add("DispatchCommonHoldCall", "ID# Number ReservedAgentID# ReservedAgentName QueueStartTime@");
            Add("DispatchVoiceCall", "ID# ReservedAgentID# ReservedAgentName ServiceGroupID# QueueStartTime@ Number " +
                "CalledNumber IVR");
            Add("DispatchEmail", "ID# ReservedAgentID# ReservedAgentName ServiceGroupID# QueueStartTime@ EmailAddress");
            Add("DispatchSMS", "ID# ReservedAgentID# ReservedAgentName ServiceGroupID# QueueStartTime@ SMSAddress");
            Add("DispatchCampaignCall", "ID# Name Number CampaignID# ServiceGroupID# ReservedAgentID# ReservedAgentName " +
                "PreferredAgentID# PreferredAgentName Fields:CampaignCustomerField[]");
            Add("NotReadyReason", "ID# Name");
            Add("CQCode", "ID# Code Name");
            Add("RealTimeInformation", "ServiceGroupID# ServiceGroupName CallsInQueue#");
            Add("Tab", "Index# Name Symbol Selected?");
        }

        static void Add(string name, string words) {
            var fields = new List<Field>();
            foreach (string word in words.Split(' ')) fields.Add(new Field(word));
            all.Add(name, fields);
        }

        /// Every property that the object has and that is set. One that it does not have, or that fails, is left out.
        public static Line Read(string name, object source) {
            var line = new Line();
            foreach (Field field in all[name]) {
                object value = null;
                try {
                    value = field.ToJson(Late.Property(source, field.Name));
                } catch (Exception) {
                    // An older Agent, or a value of another type: the others still count.
                }
                if (value != null) line.Add(field.Name, value);
            }
            return line;
        }
    }

    /// The methods of IAgentClient. Those of the active call have no parameter for it; `Meant` has the names under which the
    /// bridge says which call it means, and the states in which that call can be.
    static class Methods {
        public static readonly Dictionary<string, Method> All = Method.Table(
            "Initialize()", "Uninitialize()", "CanInitialize()", "IsBSARunning()", "LaunchBSA()",
            "LaunchBSAWithCredentials(string LogonID, string Password, string Extension?, string ExtensionPassword?, " +
                "string SiteName?, string WebServer?, string BrokerServer?, long BrokerPort?)",
            "GetUserInformation()", "IsRegistered()", "CloseApplication()",
            "MakeCall(string Number, string Name?, bool UseNumberTranslation?)",
            "AnswerActiveCall()", "AnswerCall(long CallID)", "HangupActiveCall()", "HangupCall(long CallID)",
            "HoldActiveCall()", "RetrieveActiveCall()", "RetrieveCall(long CallID)", "TransferCall(long CallID)",
            "ConferenceActiveCall()", "EnterDtmfActiveCall(string Digits)", "DeflectActiveCall(string Destination)",
            "DeflectCall(long CallID, string Destination)", "CanMakeCall()", "CanConference()", "CanTransfer()",
            "SetPrivateData(long CallID, string Data)", "StartRecording(long AgentID?, bool AllCalls)",
            "StopRecording(long AgentID?)", "DeflectCallToServiceGroup(long CallID, long ServiceGroupID)",
            "SetIVRData(long CallID, string Label, string Data)",
            "CancelClerical(long CallID)", "ExtendClerical(long CallID)", "RejectServiceCall(long CallID)",
            "SetReadyStatus(bool Status, long ReasonID?, string ReasonName?)", "SetEmailReadyStatus(bool Status)",
            "SetOpenMediaReadyStatus(bool Status)", "SetChatReadyStatus(bool Status)",
            "SetCampaignCallStatus(long CallID, long Status, bool ScheduleCallback?, date CallbackTime?)",
            "GetNotReadyReasons()", "StartMonitor(string AgentLogonID, bool Continuous)", "StopMonitor()",
            "EnterCQCodes(long CallID, long MediaType, records Codes)", "GetCQCodes(long ServiceGroupID)",
            "GetCalls()", "GetEmails()", "GetSMS()", "GetOpenMedia()", "GetChats()",
            "SubscribeDispatchPersonalCalls(long ServiceGroupID, bool Subscribe)",
            "SubscribeDispatchCommonHoldCalls(bool Subscribe)",
            "SubscribeDispatchVoiceCalls(long ServiceGroupID, bool Subscribe)",
            "SubscribeDispatchEmails(long ServiceGroupID, bool Subscribe)",
            "SubscribeDispatchSMSs(long ServiceGroupID, bool Subscribe)",
            "SubscribeDispatchCampaignCalls(long CampaignID, bool Subscribe)",
            "RetrieveDispatchPersonalCall(long CallID)", "RetrieveDispatchCommonHoldCall(long CallID)",
            "RetrieveDispatchVoiceCall(long CallID)", "RetrieveDispatchEmail(long CallID)",
            "RetrieveDispatchSMS(long CallID)", "RetrieveDispatchCampaignCall(long CustomerID)",
            "ReserveDispatchPersonalCall(long CallID, bool Reserve)",
            "ReserveDispatchCommonHoldCall(long CallID, bool Reserve)",
            "ReserveDispatchVoiceCall(long CallID, bool Reserve)", "ReserveDispatchEmail(long CallID, bool Reserve)",
            "ReserveDispatchSMS(long CallID, bool Reserve)",
            "ReserveDispatchCampaignCall(long CustomerID, bool Reserve)", "EnableDispatchEvents(bool Enable)",
            "SetTabHeaderSymbol(long tabIndex, string symbol, string htmlColor)", "SelectTab(long tabIndex)",
            "GetAllTabs()", "GetTabByName(string name)", "TabReload(long tabIndex)",
            "TabNavigate(long tabIndex, string url)",
            "SubscribeRealTimeInformation(long ServiceGroupID?, string ServiceGroupName?, bool Subscribe)");

        static readonly Field truth = new Field("Result?");
        static readonly Dictionary<string, Field> results = new Dictionary<string, Field> {
            { "GetUserInformation", new Field("UserInformation:UserInformation") },
            { "GetCalls", new Field("Calls:Call[]") }, { "GetEmails", new Field("Emails:Email[]") },
            { "GetSMS", new Field("SMS:SMS[]") }, { "GetOpenMedia", new Field("OpenMedia:OpenMedia[]") },
            { "GetChats", new Field("Chats:Chat[]") },
            { "GetNotReadyReasons", new Field("NotReadyReasons:NotReadyReason[]") },
            { "GetCQCodes", new Field("CQCodes:CQCode[]") }, { "GetAllTabs", new Field("Tabs:Tab[]") },
            { "GetTabByName", new Field("Tab:Tab") },
        };

        const int Dialing = 2, Offered = 3, Calling = 4, Connected = 6, Held = 8, OnHold = 9, Conference = 10;
        static readonly int[] speaking = { Connected, OnHold, Conference };

        public static readonly Dictionary<string, Dictionary<string, int[]>> Meant =
            new Dictionary<string, Dictionary<string, int[]>> {
            { "AnswerActiveCall", Call("CallID", Offered) },
            { "HangupActiveCall", Call("CallID", Dialing, Calling, Connected, OnHold, Conference) },
            { "HoldActiveCall", Call("CallID", speaking) },
            { "RetrieveActiveCall", Call("CallID", Held) },
            { "EnterDtmfActiveCall", Call("CallID", speaking) },
            { "DeflectActiveCall", Call("CallID", Offered, Connected, OnHold, Conference) },
            { "TransferCall", Call("ActiveCallID", speaking) },
            { "ConferenceActiveCall",
                new Dictionary<string, int[]> { { "HeldCallID", new[] { Held } }, { "ActiveCallID", speaking } } },
        };

        static Dictionary<string, int[]> Call(string name, params int[] states) {
            return new Dictionary<string, int[]> { { name, states } };
        }

        public static Line Result(Method method, object result) {
            var line = new Line();
            if (method.Name == "CloseApplication") return line;
            Field field;
            if (!results.TryGetValue(method.Name, out field)) field = truth;
            line.Add(field.Name, field.ToJson(result));
            return line;
        }
    }

    /// The events: for each the interface and the other value that it hands over, if it does.
    static class Events {
        public const string ApplicationClosed = "OnApplicationClosed", Ready = "OnApplicationReadyForInitialization",
            UserLogin = "OnUserLogin", UserStatusUpdate = "OnUserStatusUpdate", CallEvent = "OnCallEvent";

        public static readonly Dictionary<string, KeyValuePair<string, Field>> All =
            new Dictionary<string, KeyValuePair<string, Field>>();

        static Events() {
            foreach (string name in new[] { ApplicationClosed, Ready, UserLogin }) Add(name, null, null);
            Add("OnRegistrationStatus", null, "Registered?");
            Add(UserStatusUpdate, "UserInformation", null);
            foreach (string name in new[] { "Call", "Email", "SMS", "OpenMedia", "Chat" }) Add("On" + name + "Event", name, null);
            foreach (string name in new[] { "PersonalCall", "CommonHoldCall", "VoiceCall", "Email", "SMS", "CampaignCall" })
                Add("OnDispatch" + name + "Event", "Dispatch" + name, "UpdateType#");
            Add("OnRealTimeInformationUpdate", "RealTimeInformation", null);
        }

        static void Add(string name, string record, string value) {
            All.Add(name, new KeyValuePair<string, Field>(record, value == null ? null : new Field(value)));
        }

        /// The event as a line. Nobody documents the form of an event handler: the values may be its arguments, with or
        /// without the sender before them, or properties of one argument.
        public static Line Read(string name, object sender, object[] arguments) {
            string record = All[name].Key;
            Field value = All[name].Value;
            object found = null, number = null;
            foreach (object argument in arguments) {
                if (argument == null || ReferenceEquals(argument, sender)) continue;
                if (argument.GetType().IsPrimitive || argument is Enum) number = argument;
                else if (argument is EventArgs) {
                    if (record != null) found = Late.Property(argument, record);
                    if (value != null) number = Late.Property(argument, value.Name);
                } else found = argument;
            }
            var line = new Line { { "type", name }, { "at", Moment.Now() } };
            if (value != null) line.Add(value.Name, value.ToJson(number));
            if (record != null) {
                if (found == null) throw new IOException("it has no " + record);
                line.Add(record, Records.Read(record, found));
            }
            return line;
        }
    }

    // ----------------------------------------------------------------------------------------------------- the desktop

    /// What has been said of the user and of each call and session. It decides what an event still says: only differences of
    /// the user, and a conference instead of the end of the call that it joined, which the guide's events do not tell.
    sealed class Desktop : IPicture {
        const int Undefined = 0, Idle = 1, Connected = 6, Held = 8, Conference = 10, Clerical = 99;

        /// How long the end of a held call waits for the conference that it may be a part of.
        static readonly TimeSpan joinWait = TimeSpan.FromMilliseconds(500);

        /// The lists of an Agent, in the order in which they are read: method, member of its result, event.
        public static readonly string[][] Lists = {
            new[] { "GetCalls", "Calls", "OnCallEvent", "Call", "CallID" },
            new[] { "GetEmails", "Emails", "OnEmailEvent", "Email", "MessageID" },
            new[] { "GetSMS", "SMS", "OnSMSEvent", "SMS", "MessageID" },
            new[] { "GetOpenMedia", "OpenMedia", "OnOpenMediaEvent", "OpenMedia", "SessionID" },
            new[] { "GetChats", "Chats", "OnChatEvent", "Chat", "SessionID" },
        };

        readonly object gate = new object();
        readonly Timer joinTimer;
        readonly Dictionary<string, Line> sessions = new Dictionary<string, Line>();  // by event and id
        readonly HashSet<string> missing = new HashSet<string>();                     // not in the last list
        readonly HashSet<long> joined = new HashSet<long>();                          // calls that a conference took in
        List<Line> deferred;      // events that came while the lists were read: they are newer
        Line user = new Line();
        volatile Line lastUser;   // it outlives an Agent that is away
        Line waitingEnd;          // the end of a held call
        long waitingFor;          // … and the call that may become a conference

        /// Set before anything happens.
        public Outbox Outbox { private get; set; }

        public Desktop() {
            joinTimer = new Timer(_ => { lock (gate) ReleaseEnd(); });
        }

        public void Take(Line line) {
        }

        /// Whose events will follow: the bridge takes none before it knows that. The state itself comes after the waiting
        /// events, because an Agent can be asked for it at any time.
        public List<Line> Lines() {
            Line known = lastUser;
            return known == null ? new List<Line>() : new List<Line> { UserLine(known) };
        }

        public void Tell(Line line) {
            lock (gate) {
                if (deferred != null) deferred.Add(line);
                else Pass(line);
            }
        }

        /// An event could not be read.
        public void Missed() {
            Outbox.Missed();
        }

        public void Forget() {
            lock (gate) {
                ReleaseEnd();
                sessions.Clear();
                missing.Clear();
                joined.Clear();
                user = new Line();
            }
        }

        /// Reads the Agent's lists while events wait, and says either all of it, as the present state, or only what no event
        /// has said. `ask` calls a method. The locks of the Agent are its own, so none is held meanwhile.
        public void Compare(Func<string, Line> ask, bool whole, Action<Line> state) {
            lock (gate) deferred = new List<Line>();
            try {
                var now = ask("GetUserInformation").Get("UserInformation") as Line ?? new Line();
                var lists = new List<List<object>>();
                foreach (string[] list in Lists) lists.Add(ask(list[0]).Get(list[1]) as List<object> ?? new List<object>());
                lock (gate) {
                    ReleaseEnd();
                    Line difference = Difference(now);
                    // An empty record closes the picture, so it must not begin it.
                    if (whole && now.Count > 0) state(UserLine(now));
                    else if (!whole && difference.Count > 0) Outbox.Event(UserLine(difference));
                    var there = new HashSet<string>();
                    for (int i = 0; i < Lists.Length; i++)
                        foreach (object record in lists[i]) Compare(Lists[i], (Line)record, there, whole ? state : null);
                    Miss(there, whole ? state : null);
                    if (whole) state(UserLine(new Line()));
                }
            } finally {
                lock (gate) {
                    List<Line> waiting = deferred;
                    deferred = null;
                    foreach (Line line in waiting) Pass(line);
                }
            }
        }

        void Compare(string[] list, Line record, HashSet<string> there, Action<Line> state) {
            string key = Key(list[2], record);
            there.Add(key);
            if (!sessions.ContainsKey(key) && IsOver(record)) return;
            var line = new Line { { "type", list[2] }, { "at", Moment.Now() }, { list[3], record } };
            if (state != null) {
                sessions[key] = record;
                state(line);
            } else {
                Pass(line);
            }
        }

        /// Whether the call or session was last said to be exactly this.
        bool Says(string key, Line record) {
            Line known;
            return sessions.TryGetValue(key, out known) && Json.Write(known) == Json.Write(record);
        }

        /// Says of a call or session that no list has any more, twice in a row, that it is gone. A whole picture says it by
        /// saying nothing. The lists may be of active calls only, so one in the work after it is over when an event says so.
        void Miss(HashSet<string> there, Action<Line> state) {
            missing.RemoveWhere(key => there.Contains(key) || !sessions.ContainsKey(key));
            foreach (string key in new List<string>(sessions.Keys)) {
                if (there.Contains(key)) continue;
                Line record = sessions[key];
                string type = key.Substring(0, key.IndexOf(' '));
                string[] list = Array.Find(Lists, each => each[2] == type);
                if (State(record) == Clerical) {
                    if (state != null) state(new Line { { "type", type }, { "at", Moment.Now() }, { list[3], record } });
                    continue;
                }
                if (state == null) {
                    if (missing.Add(key)) continue;
                    Outbox.Event(new Line { { "type", "Gone" }, { "at", Moment.Now() }, { list[4], record.Get("ID") } });
                }
                sessions.Remove(key);
                missing.Remove(key);
            }
        }

        static Line UserLine(Line record) {
            var line = new Line { { "type", "UserInformation" } };
            if (record.Count > 0) line.Add("at", Moment.Now());
            line.Add("UserInformation", record);
            return line;
        }

        /// The properties that have changed; from now on they are known.
        Line Difference(Line now) {
            var difference = new Line();
            foreach (KeyValuePair<string, object> property in now) {
                if (Equals(user.Get(property.Key), property.Value)) continue;
                difference.Add(property.Key, property.Value);
                user[property.Key] = property.Value;
            }
            if (difference.Count > 0) {
                var copy = new Line();
                foreach (KeyValuePair<string, object> property in user) copy.Add(property.Key, property.Value);
                lastUser = copy;
            }
            return difference;
        }

        static string Key(string type, Line record) {
            return type + " " + record.Get("ID");
        }

        static long State(Line record) {
            return record == null ? Undefined : record.Get("State") as long? ?? Undefined;
        }

        static bool IsOver(Line record) {
            return record.ContainsKey("EndTime") || State(record) == Undefined || State(record) == Idle;
        }

        void Pass(Line line) {
            var type = (string)line["type"];
            if (type == Events.UserLogin || type == Events.UserStatusUpdate) {
                var record = line.Get("UserInformation") as Line;
                if (record != null) {
                    Line difference = Difference(record);
                    if (type == Events.UserStatusUpdate) {
                        if (difference.Count == 0) return;
                        line["UserInformation"] = difference;
                    }
                }
                Outbox.Event(line);
                return;
            }
            string[] list = Array.Find(Lists, each => each[2] == type);
            if (list != null) {
                var record = (Line)line[list[3]];
                if (type == Events.CallEvent && !Joins(line, record)) return;
                string key = Key(type, record);
                // A look at the lists may have said it before its event comes.
                if (Says(key, record)) return;
                if (IsOver(record)) sessions.Remove(key);
                else sessions[key] = record;
            }
            Outbox.Event(line);
        }

        /// A call that an agent held ends, and another one becomes a conference, in either order: they have joined. False:
        /// the event is not to be sent now.
        bool Joins(Line line, Line call) {
            long id = call.Get("ID") as long? ?? 0, state = State(call);
            bool left = IsOver(call) || state < 0 || state > Conference && state != Clerical;
            if (joined.Contains(id)) {
                if (left) return false;
                joined.Remove(id);
            }
            if (waitingEnd != null) {
                var held = (Line)waitingEnd["Call"];
                if (Equals(held.Get("ID"), id)) {
                    if (left) {
                        waitingEnd = line;
                        return false;
                    }
                    waitingEnd = null;
                } else if (id == waitingFor) {
                    if (state == Conference) {
                        Join(held.Get("ID") as long? ?? 0, id);
                        waitingEnd = null;
                    } else {
                        ReleaseEnd();
                    }
                }
                return true;
            }
            Line known;
            sessions.TryGetValue(Key(Events.CallEvent, call), out known);
            if (!left || State(known) != Held) return true;
            Line other = null;
            foreach (KeyValuePair<string, Line> session in sessions)
                if (session.Key.StartsWith(Events.CallEvent, StringComparison.Ordinal) &&
                    (State(session.Value) == Connected || State(session.Value) == Conference)) other = session.Value;
            if (other == null) return true;
            waitingFor = other.Get("ID") as long? ?? 0;
            if (State(other) == Conference) {
                Join(id, waitingFor);
                return false;
            }
            waitingEnd = line;
            joinTimer.Change(joinWait, Timeout.InfiniteTimeSpan);
            return false;
        }

        void Join(long held, long active) {
            Outbox.Event(new Line {
                { "type", "Conferenced" }, { "at", Moment.Now() }, { "HeldCall", held }, { "ActiveCall", active },
                { "Result", active },
            });
            sessions.Remove(Events.CallEvent + " " + held);
            joined.Add(held);
        }

        /// No conference came.
        void ReleaseEnd() {
            if (waitingEnd == null) return;
            Line line = waitingEnd;
            waitingEnd = null;
            var record = (Line)line["Call"];
            string key = Key(Events.CallEvent, record);
            if (IsOver(record)) sessions.Remove(key);
            else sessions[key] = record;
            Outbox.Event(line);
        }
    }

    // ------------------------------------------------------------------------------------------------- the Agent's side

    sealed class Call {
        public int Connection;
        public object Id;
        public Method Method;
        public object[] Arguments;
        public Dictionary<string, long> Meant;
    }

    /// Keeps the object connected to the Agent, and makes all calls on it, on one thread in a single-threaded apartment.
    sealed class AgentSide : IAnswerer {
        const int MostCalls = 1000;
        static readonly string[] logsOn = { "LaunchBSAWithCredentials", "CloseApplication", "LogOn", "LogOff" };

        readonly Options options;
        readonly Outbox outbox;
        readonly Desktop desktop;
        readonly Log log;
        readonly Backoff backoff;
        readonly Thread thread;
        readonly Timer check;
        readonly object gate = new object();
        readonly Queue<Action> jobs = new Queue<Action>();
        readonly Queue<Call> calls = new Queue<Call>();
        readonly AutoResetEvent wake = new AutoResetEvent(false);
        readonly AutoResetEvent retry = new AutoResetEvent(false);
        volatile bool stopping;
        volatile bool closed;    // the Agent is gone
        volatile bool pictureDue, checkDue;
        volatile bool greeted;   // a bridge wants the present state; before that, one that is coming will want it anyway
        bool connected;          // under `gate`
        LateAgent agent;

        public AgentSide(Options options, Desktop desktop, Outbox outbox, Log log) {
            this.options = options;
            this.desktop = desktop;
            this.outbox = outbox;
            this.log = log;
            backoff = new Backoff(options.RetryMin, options.RetryMax);
            thread = new Thread(Run) { Name = "agent", IsBackground = true };
            thread.SetApartmentState(ApartmentState.STA);
            check = new Timer(_ => {
                checkDue = true;
                wake.Set();
            });
        }

        public string Hello {
            get { return "agent-relay"; }
        }

        public void Start() {
            thread.Start();
            if (options.CheckEvery > TimeSpan.Zero) check.Change(options.CheckEvery, options.CheckEvery);
        }

        public void Stop() {
            stopping = true;
            check.Dispose();
            retry.Set();
            wake.Set();
            if (!thread.Join(TimeSpan.FromSeconds(15))) log.Write("agent: the object does not return; leaving it");
        }

        /// A bridge is there: it gets the present state, or hears that there is none.
        public void Greeted() {
            bool there;
            lock (gate) there = connected;
            if (!there) outbox.State(Away());
            greeted = pictureDue = true;
            wake.Set();
        }

        static Line Away() {
            return new Line { { "disconnected", true }, { "at", Moment.Now() } };
        }

        /// Has the Agent's thread do it. Nothing is done while there is no Agent.
        void Later(Action job) {
            lock (gate) {
                if (!connected || jobs.Count >= MostCalls) return;
                jobs.Enqueue(job);
            }
            wake.Set();
        }

        public void Request(int connection, object id, object name, Line given) {
            string wanted = name as string ?? Json.Write(name);
            if (string.Equals(wanted, "GetUserInfo", StringComparison.OrdinalIgnoreCase)) wanted = "GetUserInformation";
            string refused = Array.Find(logsOn, each => string.Equals(each, wanted, StringComparison.OrdinalIgnoreCase));
            Method method;
            bool known = Methods.All.TryGetValue(wanted, out method);
            if (refused != null && !(known && options.LogOn)) {
                // Only the agent decides when to begin and to end work.
                outbox.Reply(connection, Answer(id, new Line { { "Result", false } }, "the relay does not log on or off"));
                return;
            }
            if (!known) throw new CallError(HResult.UnknownName, "AgentClient has no method " + wanted);
            var call = new Call { Connection = connection, Id = id, Method = method, Meant = Meant(method, given) };
            call.Arguments = method.Arguments(given);
            lock (gate) {
                if (!connected) throw new CallError(HResult.Fail, "the Agent is away");
                if (calls.Count >= MostCalls) throw new CallError(HResult.Fail, "too many calls wait in the relay");
                calls.Enqueue(call);
            }
            wake.Set();
        }

        /// Takes the ids that are no parameters of the method out of the given ones.
        static Dictionary<string, long> Meant(Method method, Line given) {
            var meant = new Dictionary<string, long>();
            Dictionary<string, int[]> names;
            if (!Methods.Meant.TryGetValue(method.Name, out names)) return meant;
            var number = new Parameter(new[] { "long", "" });
            foreach (string name in names.Keys)
                foreach (string key in new List<string>(given.Keys)) {
                    if (!string.Equals(key, name, StringComparison.OrdinalIgnoreCase)) continue;
                    if (given[key] != null) meant.Add(name, (int)number.FromJson(given[key], method.Name));
                    given.Remove(key);
                }
            return meant;
        }

        static Line Answer(object id, Line result, string error) {
            var line = new Line { { "id", id }, { "hresult", HResult.Ok }, { "out", result } };
            if (error != null) line.Add("error", error);
            return line;
        }

        void Run() {
            while (!stopping) {
                Session();
                if (stopping) break;
                TimeSpan delay = backoff.Next();
                log.Write("agent: trying again in " + Log.Seconds(delay));
                retry.WaitOne(delay);
            }
        }

        void Session() {
            closed = false;
            bool said = false;
            try {
                agent = new LateAgent(options, Happened);
                if (!Initialize()) return;
                log.Write("agent: connected to the Agent");
                backoff.Reset();
                lock (gate) connected = said = true;
                desktop.Forget();
                pictureDue = true;
                for (;;) {
                    if (pictureDue || checkDue) Compare();
                    RunJobs();
                    RunCalls();
                    if (stopping || closed) break;
                    agent.Wait(wake);
                }
                log.Write(stopping ? "agent: disconnecting" : "agent: the Agent has closed");
            } catch (Exception e) {
                log.Write("agent: " + Log.Describe(e));
            } finally {
                Fail();
                if (said) {
                    desktop.Forget();
                    outbox.Event(Away());
                }
                Release();
            }
        }

        /// Waits for the Agent, which says when it is ready; it is asked now and then as well.
        bool Initialize() {
            for (bool first = true; !stopping; first = false) {
                if (Equals(agent.Call(Methods.All["Initialize"], new object[0]), true)) return true;
                if (first) log.Write("agent: it does not run, or its user may not use the integration interface");
                agent.Wait(wake, backoff.Next());
            }
            return false;
        }

        /// On whatever thread the object raises its events.
        void Happened(string name, object sender, object[] arguments) {
            try {
                Line line = Events.Read(name, sender, arguments);
                if (name == Events.Ready) wake.Set();
                if (name == Events.UserLogin) Later(() => LoggedIn(line));
                else desktop.Tell(line);
                if (name != Events.ApplicationClosed) return;
                closed = true;
                wake.Set();
            } catch (Exception e) {
                // An exception must not enter the object; the event is lost, and that is said.
                log.Write("agent: " + name + " could not be read: " + Log.Describe(e));
                desktop.Missed();
            }
        }

        /// The event has no parameter, and the bridge wants to know who it is.
        void LoggedIn(Line line) {
            line.Add("UserInformation", Ask("GetUserInformation").Get("UserInformation") ?? new Line());
            desktop.Tell(line);
        }

        Line Ask(string name) {
            Method method = Methods.All[name];
            return Methods.Result(method, agent.Call(method, new object[0]));
        }

        void Compare() {
            bool whole = pictureDue, wanted = greeted;
            pictureDue = checkDue = false;
            try {
                desktop.Compare(Ask, whole, line => { if (wanted) outbox.State(line); });
            } catch (Exception e) {
                log.Write("agent: its state could not be read: " + Log.Describe(e));
                closed = true;
            }
        }

        void RunJobs() {
            while (!stopping && !closed) {
                Action job;
                lock (gate) {
                    if (jobs.Count == 0) return;
                    job = jobs.Dequeue();
                }
                try {
                    job();
                } catch (Exception e) {
                    log.Write("agent: " + Log.Describe(e));
                    desktop.Missed();
                }
            }
        }

        void RunCalls() {
            while (!stopping && !closed) {
                Call call;
                lock (gate) {
                    if (calls.Count == 0) return;
                    call = calls.Dequeue();
                }
                outbox.Reply(call.Connection, Answer(call));
                // After it no event comes any more, which is as good as an Agent that is gone.
                if (call.Method.Name == "Uninitialize" || call.Method.Name == "CloseApplication") closed = true;
            }
        }

        Line Answer(Call call) {
            try {
                string wrong = call.Meant.Count == 0 ? null : WrongCall(call);
                if (wrong != null) return Answer(call.Id, new Line { { "Result", false } }, wrong);
                object result = agent.Call(call.Method, call.Arguments);
                return Answer(call.Id, Methods.Result(call.Method, result), null);
            } catch (CallError e) {
                return BridgeLink.Refusal(call.Id, e.Result, e.Message);
            } catch (Exception e) {
                Exception inner = e is TargetInvocationException ? e.InnerException ?? e : e;
                return BridgeLink.Refusal(call.Id, Marshal.GetHRForException(inner), Log.Describe(inner));
            }
        }

        /// Why a call that the bridge means is not the one that the Agent would take; null: it is.
        string WrongCall(Call call) {
            var calls = Ask("GetCalls").Get("Calls") as List<object> ?? new List<object>();
            foreach (KeyValuePair<string, long> meant in call.Meant) {
                int[] states = Methods.Meant[call.Method.Name][meant.Key];
                List<object> fit = calls.FindAll(each => {
                    long state = ((Line)each).Get("State") as long? ?? 0;
                    return Array.IndexOf(states, (int)state) >= 0;
                });
                if (fit.Count != 1 || !Equals(((Line)fit[0]).Get("ID"), meant.Value))
                    return "call " + meant.Value + " is not the " + (meant.Key == "HeldCallID" ? "held" : "active") + " call";
            }
            return null;
        }

        void Fail() {
            lock (gate) {
                connected = false;
                jobs.Clear();
                while (calls.Count > 0) {
                    Call call = calls.Dequeue();
                    outbox.Reply(call.Connection, BridgeLink.Refusal(call.Id, HResult.Fail,
                        "the Agent went away before " + call.Method.Name + " was called"));
                }
            }
        }

        void Release() {
            if (agent == null) return;
            try {
                agent.Call(Methods.All["Uninitialize"], new object[0]);
            } catch (Exception e) {
                log.Write("agent: while disconnecting: " + Log.Describe(e));
            }
            agent.Dispose();
            agent = null;
        }
    }

    // ------------------------------------------------------------------------------------------------------- the object

    static class Late {
        const BindingFlags Readable = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase |
            BindingFlags.GetProperty | BindingFlags.GetField;

        public static object Property(object source, string name) {
            BindingFlags how = Marshal.IsComObject(source) ? BindingFlags.GetProperty : Readable;
            return source.GetType().InvokeMember(name, how, null, source, null, CultureInfo.InvariantCulture);
        }
    }

    /// The AgentClient object, of a .NET assembly or of COM, late bound: neither is needed to build the relay.
    sealed class LateAgent : IDisposable {
        const string Dll = "AgentIntegration.dll", Class = "AgentClient", CQCode = "CQCode";

        readonly Options options;
        readonly Action<string, object, object[]> happened;
        readonly object target;
        readonly Type type;
        readonly List<Action> undo = new List<Action>();

        public LateAgent(Options options, Action<string, object, object[]> happened) {
            this.options = options;
            this.happened = happened;
            Type found = options.Assembly == null ? Com.FindClass(options.Class, Dll, Class)
                : FindClass(Assembly.LoadFrom(options.Assembly), options.Class ?? Class);
            target = Activator.CreateInstance(found);
            type = target.GetType();
            if (Marshal.IsComObject(target)) HearCom();
            else foreach (string name in Events.All.Keys) Hear(name);
        }

        static Type FindClass(Assembly assembly, string name) {
            foreach (Type each in assembly.GetExportedTypes())
                if (each.IsClass && (each.FullName == name || each.Name == name)) return each;
            throw new IOException(assembly.Location + " has no class " + name);
        }

        /// Adds a handler of whatever delegate type the event has. An event that the object does not have is no error: an
        /// older one has fewer.
        void Hear(string name) {
            EventInfo found = type.GetEvent(name);
            if (found == null) return;
            ParameterInfo[] parameters = found.EventHandlerType.GetMethod("Invoke").GetParameters();
            ParameterExpression[] given = Array.ConvertAll(parameters, each => Expression.Parameter(each.ParameterType));
            Action<object[]> take = arguments => happened(name, target, arguments);
            Expression body = Expression.Invoke(Expression.Constant(take), Expression.NewArrayInit(typeof(object),
                Array.ConvertAll(given, each => (Expression)Expression.Convert(each, typeof(object)))));
            Delegate handler = Expression.Lambda(found.EventHandlerType, body, given).Compile();
            found.AddEventHandler(target, handler);
            undo.Add(() => found.RemoveEventHandler(target, handler));
        }

        void HearCom() {
            var ids = new Dictionary<string, int>();
            var wanted = new string[Events.All.Count];
            Events.All.Keys.CopyTo(wanted, 0);
            Guid source = Com.FindSource(target, new[] { Events.CallEvent }, wanted, ids);
            foreach (KeyValuePair<string, int> each in ids) {
                string name = each.Key;
                int id = each.Value;
                int count = (Events.All[name].Key == null ? 0 : 1) + (Events.All[name].Value == null ? 0 : 1);
                Delegate handler = count == 0 ? new Action(() => happened(name, target, new object[0]))
                    : count == 1 ? (Delegate)new Action<object>(one => happened(name, target, new[] { one }))
                    : new Action<object, object>((one, two) => happened(name, target, new[] { one, two }));
                ComEventsHelper.Combine(target, source, id, handler);
                undo.Add(() => ComEventsHelper.Remove(target, source, id, handler));
            }
        }

        public object Call(Method method, object[] arguments) {
            return Marshal.IsComObject(target) ? CallCom(method, arguments) : CallManaged(method, arguments);
        }

        object CallCom(Method method, object[] arguments) {
            var values = (object[])arguments.Clone();
            for (int i = 0; i < values.Length; i++) {
                if (method.Parameters[i].Kind != Kind.Records) continue;
                if (options.CqCodeClass == null) throw new CallError(HResult.Fail, "codes need the setting cq_code_class");
                values[i] = Codes((List<object>)values[i], Com.FindClass(options.CqCodeClass, Dll, CQCode), typeof(object));
            }
            return type.InvokeMember(method.Name, BindingFlags.InvokeMethod, null, target, values);
        }

        /// The arguments get the types of the method's own parameters, which may be enumerations or of another width.
        object CallManaged(Method method, object[] arguments) {
            MethodInfo found = Array.Find(type.GetMethods(), each => each.GetParameters().Length == arguments.Length &&
                (Same(each.Name, method.Name) || Same(each.Name, "GetUserInfo") && method.Name == "GetUserInformation"));
            if (found == null)
                throw new CallError(HResult.UnknownName, "this Agent has no " + method.Name + " with " + arguments.Length +
                    " parameters");
            ParameterInfo[] parameters = found.GetParameters();
            var values = new object[arguments.Length];
            for (int i = 0; i < values.Length; i++) values[i] = Fit(arguments[i], parameters[i].ParameterType);
            return found.Invoke(target, values);
        }

        static bool Same(string one, string other) {
            return string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
        }

        static object Fit(object value, Type wanted) {
            Type bare = Nullable.GetUnderlyingType(wanted) ?? wanted;
            var records = value as List<object>;
            if (records != null) return Codes(records, null, bare.GetElementType() ?? typeof(object));
            if (value == null || bare.IsInstanceOfType(value)) return value;
            return bare.IsEnum ? Enum.ToObject(bare, value) : Convert.ChangeType(value, bare, CultureInfo.InvariantCulture);
        }

        /// An array of the Agent's own code objects. Without a class, the one of the assembly that fits is made.
        static Array Codes(List<object> records, Type made, Type element) {
            if (made == null)
                made = Array.Find(element.Assembly.GetTypes(), each => each.IsClass && !each.IsAbstract &&
                    element.IsAssignableFrom(each) && each.GetConstructor(Type.EmptyTypes) != null);
            if (made == null) throw new CallError(HResult.Fail, "this Agent's codes cannot be made");
            const BindingFlags Writable = BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase |
                BindingFlags.SetProperty | BindingFlags.SetField;
            Array codes = Array.CreateInstance(element, records.Count);
            for (int i = 0; i < records.Count; i++) {
                object code = Activator.CreateInstance(made);
                foreach (KeyValuePair<string, object> property in (Line)records[i]) {
                    object value = property.Value is long ? (int)(long)property.Value : property.Value;
                    bool isText = value != null && Same(property.Key, "Code");
                    if (isText) value = Convert.ToString(value, CultureInfo.InvariantCulture);
                    BindingFlags how = Marshal.IsComObject(code) ? BindingFlags.SetProperty : Writable;
                    if (value != null) made.InvokeMember(property.Key, how, null, code, new[] { value });
                }
                codes.SetValue(code, i);
            }
            return codes;
        }

        /// COM delivers its events through this thread's message queue, and a .NET object may rest on COM.
        public void Wait(WaitHandle wake) {
            if (Environment.OSVersion.Platform == PlatformID.Win32NT) Com.Wait(wake);
            else wake.WaitOne();
        }

        public void Wait(AutoResetEvent wake, TimeSpan longest) {
            using (new Timer(_ => wake.Set(), null, longest, Timeout.InfiniteTimeSpan)) Wait(wake);
        }

        public void Dispose() {
            foreach (Action each in undo) each();
            if (Marshal.IsComObject(target)) Marshal.FinalReleaseComObject(target);
            else if (target is IDisposable) ((IDisposable)target).Dispose();
        }
    }

    // ------------------------------------------------------------------------------------------------ running the relay

    /// The settings. README.md explains each.
    sealed class Options : RelayOptions {
        public string Assembly, Class, CqCodeClass;
        public bool LogOn;
        public TimeSpan CheckEvery = TimeSpan.FromSeconds(10);

        public Options(string[] arguments) {
            Tls = true;
            LongestFrame = 65535;
            HelloGrace = Silence;    // the bridge's first ping is its acceptance
            Read(arguments);
        }

        protected override bool Set(string key, string value, string folder, string where) {
            switch (key) {
                case "agent": Agent = value; break;
                case "assembly": Assembly = Path.Combine(folder, value); break;
                case "class": Class = value; break;
                case "cq_code_class": CqCodeClass = value; break;
                case "log_on": LogOn = Truth(value, where); break;
                case "check": CheckEvery = value == "0" ? TimeSpan.Zero : Seconds(value, where); break;
                default: return base.Set(key, value, folder, where);
            }
            return true;
        }
    }

    static class Program {
        const string Usage =
            "AgentRelay --config FILE [--KEY VALUE ...]\n" +
            "Carries a MiContact Center Agent's AgentClient object to cti-bridge. KEY is any setting of the file,\n" +
            "such as --bridge HOST:PORT, --token-file FILE or --assembly FILE; README.md lists them.";

        static int Main(string[] arguments) {
            return Run(arguments, StopOnInterrupt);
        }

        /// Runs the relay until it is told to stop. 2: the settings are wrong.
        public static int Run(string[] arguments, Action waitForStop) {
            Options options;
            try {
                options = new Options(arguments);
            } catch (OptionError e) {
                Console.Error.WriteLine("AgentRelay: " + e.Message);
                return 2;
            }
            if (options.Help) {
                Console.WriteLine(Usage);
                return 0;
            }
            var log = new Log(options.LogFile, Console.Error);
            var desktop = new Desktop();
            var outbox = desktop.Outbox = new Outbox(options, desktop, log);
            var agent = new AgentSide(options, desktop, outbox, log);
            var bridge = new BridgeLink(options, outbox, agent, log);
            agent.Start();
            bridge.Start();
            waitForStop();
            log.Write("relay: stopping");
            bridge.Stop();
            agent.Stop();
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
