// What AgentIntegration.dll does behind its surface: the connection to cti-bridge, a mirror of the agent's calls and sessions,
// and the queue of events. It knows the protocol (relays/agent/README.md) but none of the public classes; records are lines.
//
// Three sorts of threads meet here. The link's thread reads; the program's threads ask, and wait for a result that the link's
// thread brings; events are raised on a thread of their own, or in the program's synchronization context. So a handler may
// call every method.

#define TRACE

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using RelayLine;

namespace AgentBridge {
    /// The settings: AgentIntegration.ini beside the assembly, and CTI_BRIDGE_AGENT and CTI_BRIDGE_TOKEN, which count more.
    sealed class DeskSettings : BridgeSettings {
        public const string File = "AgentIntegration.ini", Variable = "CTI_BRIDGE_AGENT";

        public string Agent;
        public int Queue = 10000;
        public TimeSpan Timeout = TimeSpan.FromSeconds(12);              // a desktop behind has 10 s

        public DeskSettings(string folder) {
            Tls = true;
            PreferVariable = true;
            string path = Path.Combine(folder, File);
            if (System.IO.File.Exists(path)) ReadFile(path, File);
            string bridge = Environment.GetEnvironmentVariable(Variable);
            if (!string.IsNullOrEmpty(bridge)) Bridge(bridge, Variable);
            Check();
        }

        /// Sections of an .ini file mean nothing here.
        protected override bool IsComment(string text) {
            return base.IsComment(text) || text[0] == ';' || text[0] == '[';
        }

        protected override bool Set(string key, string value, string folder, string where) {
            switch (key) {
                case "agent": Agent = value; break;
                case "queue": Queue = Number(value, where, 1, 10000000); break;
                case "timeout": Timeout = Seconds(value, where); break;
                default: return base.Set(key, value, folder, where);
            }
            return true;
        }
    }

    /// An event for the program: its name, its record or none, and what else it hands over.
    sealed class Happening {
        public string Name;
        public Line Record;
        public object Value;
    }

    /// Raises events one after the other, in order: in a synchronization context if there is one, else on a thread.
    sealed class EventQueue {
        const int Portion = 100;   // a window also has other things to do
        static readonly TimeSpan idle = TimeSpan.FromSeconds(30);   // after it, the thread ends until it is needed again

        readonly Action<Happening> raise;
        readonly Queue<Happening> waiting = new Queue<Happening>();
        bool working;
        SynchronizationContext context;

        public EventQueue(Action<Happening> raise) {
            this.raise = raise;
        }

        public SynchronizationContext Context {
            set {
                lock (waiting) {
                    context = value;
                    Monitor.PulseAll(waiting);
                }
            }
        }

        public int Count {
            get { lock (waiting) return waiting.Count; }
        }

        public void Add(Happening happening) {
            lock (waiting) {
                waiting.Enqueue(happening);
                Monitor.PulseAll(waiting);
                if (!working) Start();
            }
        }

        /// Under the lock: has somebody raise what waits, if anything does.
        void Start() {
            working = waiting.Count > 0;
            if (!working) return;
            if (context != null) context.Post(_ => RaisePortion(), null);
            else new Thread(RaiseAll) { Name = "AgentClient events", IsBackground = true }.Start();
        }

        void RaisePortion() {
            for (int i = 0; i < Portion; i++) {
                Happening next;
                lock (waiting) {
                    if (waiting.Count == 0) break;
                    next = waiting.Dequeue();
                }
                Raise(next);
            }
            lock (waiting) Start();
        }

        void RaiseAll() {
            for (;;) {
                Happening next;
                lock (waiting) {
                    if (waiting.Count == 0 && context == null) Monitor.Wait(waiting, idle);
                    if (waiting.Count == 0 || context != null) {
                        Start();
                        return;
                    }
                    next = waiting.Dequeue();
                }
                Raise(next);
            }
        }

        void Raise(Happening next) {
            try {
                raise(next);
            } catch (Exception e) {
                // A handler that fails must not keep the next event from its own.
                Trace.TraceError("AgentClient: a handler of {0} failed: {1}", next.Name, e);
            }
        }
    }

    /// The agent's user, calls, sessions and dispatch lists as the bridge has told them. What a message changes becomes an
    /// event; what it repeats does not, so that a reconnect is told as its differences only.
    sealed class Mirror {
        const int Undefined = 0, Idle = 1, Add = 0, Update = 1, Delete = 2;
        const int MostEnded = 200;  // ended calls that are remembered, lest their last event comes again

        /// The lists: the method that returns one, the member of its result, and the record's name.
        public static readonly string[][] Lists = {
            new[] { "GetCalls", "Calls", "Call" }, new[] { "GetEmails", "Emails", "Email" },
            new[] { "GetSMS", "SMS", "SMS" }, new[] { "GetOpenMedia", "OpenMedia", "OpenMedia" },
            new[] { "GetChats", "Chats", "Chat" },
        };

        readonly object gate = new object();
        readonly EventQueue events;
        readonly SortedList<long, KeyValuePair<string, Line>> sessions = new SortedList<long, KeyValuePair<string, Line>>();
        readonly Dictionary<string, long> places = new Dictionary<string, long>();   // of sessions, in the order of arrival
        readonly Dictionary<string, Line> dispatched = new Dictionary<string, Line>();
        readonly HashSet<string> unconfirmed = new HashSet<string>();                // dispatched, before the reconnect
        readonly Dictionary<string, Line> queues = new Dictionary<string, Line>();
        readonly Dictionary<string, Line> ended = new Dictionary<string, Line>();
        readonly Queue<string> endedOrder = new Queue<string>();
        readonly HashSet<string> shown = new HashSet<string>();                      // in the picture that is being taken
        Line user = new Line();
        object registered;
        Line abilities = new Line();
        long nextPlace;
        bool telling;

        public Mirror(EventQueue events) {
            this.events = events;
        }

        public bool Telling {
            get { lock (gate) return telling; }
        }

        /// Begins to tell the program, with all that there is; or ends it.
        public void Tell(bool whether) {
            lock (gate) {
                if (whether == telling) return;
                telling = whether;
                if (!telling) return;
                if (LoggedOn(user)) Raise("OnUserLogin", null, null);
                foreach (KeyValuePair<string, Line> session in sessions.Values)
                    Raise("On" + session.Key + "Event", session.Value, null);
            }
        }

        /// An event of the program's own link, which is raised whether the program has initialized or not.
        public void Say(string name) {
            lock (gate) events.Add(new Happening { Name = name });
        }

        void Raise(string name, Line record, object value) {
            if (telling) events.Add(new Happening { Name = name, Record = record, Value = value });
        }

        public Line User {
            get { lock (gate) return user; }
        }

        public bool IsLoggedOn {
            get { lock (gate) return LoggedOn(user); }
        }

        static bool LoggedOn(Line record) {
            return Equals(record.Get("LoggedOn"), 1L) || Equals(record.Get("LoggedOn"), true);
        }

        /// Whether the agent could make, transfer or conference calls now, if the bridge has said so.
        public bool? Ability(string method) {
            lock (gate) return abilities.Get(method) as bool?;
        }

        public List<Line> Sessions(string record) {
            lock (gate) {
                var found = new List<Line>();
                foreach (KeyValuePair<string, Line> session in sessions.Values)
                    if (session.Key == record) found.Add(session.Value);
                return found;
            }
        }

        // ── what the bridge tells ──

        public void Take(Line line) {
            string type = line.Get("type") as string ?? "";
            lock (gate) {
                switch (type) {
                    case "OnUserLogin":
                    case "OnUserStatusUpdate":
                    case "UserInformation":
                        TakeUser(line.Get("UserInformation") as Line ?? new Line());
                        return;
                    case "OnRegistrationStatus":
                        object now = line.Get("Registered");
                        if (!Equals(registered, now)) Raise(type, null, now);
                        registered = now;
                        return;
                    case "OnRealTimeInformationUpdate":
                        var queue = line.Get("RealTimeInformation") as Line;
                        if (queue == null) return;
                        string group = Text(queue, "ServiceGroupID") + " " + Text(queue, "ServiceGroupName");
                        Line known;
                        if (queues.TryGetValue(group, out known) && Same(known, queue)) return;
                        queues[group] = queue;
                        Raise(type, queue, null);
                        return;
                    case "Gone":
                        Gone("Call", line.Get("CallID"));
                        Gone("Email", line.Get("MessageID"));
                        Gone("SMS", line.Get("MessageID"));
                        Gone("OpenMedia", line.Get("SessionID"));
                        Gone("Chat", line.Get("SessionID"));
                        return;
                    case "OnApplicationClosed":
                        Raise(type, null, null);
                        return;
                    case "AgentAbilities":
                        // After the first one, only what has changed.
                        foreach (KeyValuePair<string, object> ability in line) abilities[ability.Key] = ability.Value;
                        return;
                    case "RequestFailed":
                        Raise(type, line, null);
                        return;
                }
                if (!Begins(type, "On") || !type.EndsWith("Event", StringComparison.Ordinal)) return;
                string name = type.Substring(2, type.Length - 7);
                var record = line.Get(name) as Line;
                if (record == null) return;
                if (name.StartsWith("Dispatch", StringComparison.Ordinal))
                    TakeDispatched(type, name, record, line.Get("UpdateType") as long? ?? Update);
                else if (Array.Exists(Lists, list => list[2] == name)) TakeSession(name, record);
            }
        }

        /// The properties that are there have changed, the others have not.
        void TakeUser(Line record) {
            Line next = new Line();
            foreach (KeyValuePair<string, object> property in user) next[property.Key] = property.Value;
            foreach (KeyValuePair<string, object> property in record) next[property.Key] = property.Value;
            if (Equals(next.Get("ReadyStatus"), true) && !Equals(user.Get("ReadyStatus"), true)) {
                next["VoiceNotReadyReasonID"] = 0L;
                next["VoiceNotReadyReasonString"] = "";
            }
            if (Same(user, next)) return;
            bool login = LoggedOn(next) && !(LoggedOn(user) && Text(user, "RecordID") == Text(next, "RecordID"));
            user = next;
            if (login) Raise("OnUserLogin", null, null);
            else Raise("OnUserStatusUpdate", user, null);
        }

        void TakeSession(string name, Line record) {
            string key = name + " " + Text(record, "ID");
            shown.Add(key);
            Line known = null;
            long place;
            bool isKnown = places.TryGetValue(key, out place);
            if (isKnown) known = sessions[place].Value;
            else ended.TryGetValue(key, out known);
            if (known != null && Same(known, record)) return;
            if (IsOver(record)) {
                if (isKnown) Remove(key);
                if (!ended.ContainsKey(key)) endedOrder.Enqueue(key);
                ended[key] = record;
                if (endedOrder.Count > MostEnded) ended.Remove(endedOrder.Dequeue());
            } else {
                if (!isKnown) places.Add(key, place = nextPlace++);
                sessions[place] = new KeyValuePair<string, Line>(name, record);
            }
            Raise("On" + name + "Event", record, null);
        }

        void Remove(string key) {
            sessions.Remove(places[key]);
            places.Remove(key);
        }

        static bool Begins(string text, string beginning) {
            return text.StartsWith(beginning, StringComparison.Ordinal);
        }

        static bool IsOver(Line record) {
            var end = record.Get("EndTime") as string;
            long state = record.Get("State") as long? ?? Undefined;
            return state == Idle || state == Undefined || !string.IsNullOrEmpty(end) && !Begins(end, "0001");
        }

        /// It ended unseen: the program hears it as the guide has it, by a last event.
        void Gone(string name, object id) {
            long place;
            if (id == null || !places.TryGetValue(name + " " + id, out place)) return;
            Line last = new Line();
            foreach (KeyValuePair<string, object> property in sessions[place].Value) {
                bool able = property.Key.StartsWith("Can", StringComparison.OrdinalIgnoreCase);
                last[property.Key] = able ? false : property.Value;
            }
            bool isMessage = name == "Email" || name == "SMS";
            last["State"] = isMessage ? (long)Undefined : Idle;
            last["StateDescription"] = isMessage ? "" : "Idle";
            last["EndTime"] = DateTime.UtcNow.ToString("s") + "Z";
            TakeSession(name, last);
        }

        void TakeDispatched(string type, string name, Line record, long update) {
            string key = name + " " + Text(record, "ID");
            Line known;
            bool isKnown = dispatched.TryGetValue(key, out known);
            unconfirmed.Remove(key);
            if (update == Delete) {
                if (dispatched.Remove(key)) Raise(type, record, Delete);
                return;
            }
            if (isKnown && Same(known, record)) return;
            dispatched[key] = record;
            Raise(type, record, isKnown ? Update : Add);
        }

        // ── pictures ──

        public void BeginPicture() {
            lock (gate) {
                shown.Clear();
                abilities = new Line();
                unconfirmed.UnionWith(dispatched.Keys);
            }
        }

        public void TakeUserWhole(Line record) {
            lock (gate) TakeUser(record);
        }

        /// A whole list. What it does not have any more is gone.
        public void TakeList(string[] list, List<object> records) {
            lock (gate) {
                foreach (object each in records) {
                    var record = each as Line;
                    if (record != null && (!IsOver(record) || places.ContainsKey(list[2] + " " + Text(record, "ID"))))
                        TakeSession(list[2], record);
                }
                foreach (KeyValuePair<string, Line> session in new List<KeyValuePair<string, Line>>(sessions.Values))
                    if (session.Key == list[2] && !shown.Contains(list[2] + " " + Text(session.Value, "ID")))
                        Gone(list[2], Text(session.Value, "ID"));
            }
        }

        /// The dispatch lists came again; what did not is gone from them.
        public void DropUnconfirmed() {
            lock (gate)
                foreach (string key in new List<string>(unconfirmed)) {
                    string name = key.Substring(0, key.IndexOf(' '));
                    TakeDispatched("On" + name + "Event", name, dispatched[key], Delete);
                }
        }

        static string Text(Line record, string name) {
            return Convert.ToString(record.Get(name), System.Globalization.CultureInfo.InvariantCulture);
        }

        /// Whether two values say the same: a member that is null counts as left out.
        static bool Same(object one, object other) {
            var line = one as Line;
            var second = other as Line;
            if (line != null && second != null) {
                foreach (KeyValuePair<string, object> member in line)
                    if (!Same(member.Value, second.Get(member.Key))) return false;
                foreach (KeyValuePair<string, object> member in second)
                    if (member.Value != null && line.Get(member.Key) == null) return false;
                return true;
            }
            var list = one as List<object>;
            var items = other as List<object>;
            if (list == null || items == null) return Equals(one, other);
            if (list.Count != items.Count) return false;
            for (int i = 0; i < list.Count; i++) if (!Same(list[i], items[i])) return false;
            return true;
        }
    }

    /// The connection to the bridge, which is kept, and the calls that wait for their results.
    sealed class Desk : IDisposable {
        const int Version = 1;
        static readonly TimeSpan dispatchGrace = TimeSpan.FromSeconds(2);

        sealed class Asked {
            public readonly ManualResetEvent Done = new ManualResetEvent(false);
            public Line Result;
            public Action<Line> Take;   // on the link's thread, instead of a thread that waits
        }

        public readonly Mirror Mirror;

        readonly DeskSettings settings;
        readonly EventQueue events;
        readonly Log log;
        readonly Thread thread;
        readonly ManualResetEvent stop = new ManualResetEvent(false);
        readonly ManualResetEvent tried = new ManualResetEvent(false);     // the first attempt has come to something
        readonly ManualResetEvent pictured = new ManualResetEvent(false);  // the mirror is right
        readonly object gate = new object();
        readonly Dictionary<long, Asked> asked = new Dictionary<long, Asked>();
        readonly Dictionary<string, KeyValuePair<string, Line>> subscriptions =
            new Dictionary<string, KeyValuePair<string, Line>>();
        Connection present;
        bool accepted;
        long lastId;
        int parts;              // of the picture, that have not come yet

        public Desk(DeskSettings settings, EventQueue events) {
            this.settings = settings;
            this.events = events;
            Mirror = new Mirror(events);
            log = new Log(settings.LogFile, TextWriter.Null);
            thread = new Thread(Run) { Name = "AgentClient link", IsBackground = true };
            thread.Start();
        }

        public void Dispose() {
            stop.Set();
            lock (gate) if (present != null) present.End(null);
        }

        /// Whether the bridge is there and has told everything. Of the first attempt, the outcome is awaited.
        public bool IsThere() {
            WaitHandle.WaitAny(new WaitHandle[] { pictured, tried }, settings.Timeout);
            return pictured.WaitOne(0);
        }

        void Run() {
            var backoff = new Backoff(settings.RetryMin, settings.RetryMax);
            while (!stop.WaitOne(0)) {
                try {
                    using (var connection = new Connection(settings)) Converse(connection, backoff);
                } catch (Exception e) {
                    log.Write("bridge: " + Log.Describe(e));
                }
                Lose();
                stop.WaitOne(backoff.Next());
                // A program that handles no events gets no further ones; when it has, it is told the differences.
                while (events.Count > settings.Queue / 2 && !stop.WaitOne(100)) { }
            }
        }

        void Converse(Connection connection, Backoff backoff) {
            lock (gate) present = connection;
            try {
                connection.Secure(log);
                var hello = new Line { { "hello", "agent-client" }, { "version", Version }, { "token", settings.Token() } };
                if (settings.Agent != null) hello.Add("agent", settings.Agent);
                connection.Send(Json.Write(hello));
                // One that has ended may still have lines in its buffer.
                for (string text = connection.ReadLine(); text != null && !connection.HasEnded; text = connection.ReadLine())
                    Heed(connection, backoff, text);
                connection.End("it closed the connection");
            } catch (Exception e) {
                connection.End(Log.Describe(e));
            }
            if (!stop.WaitOne(0)) log.Write("bridge: " + connection.Reason);
        }

        void Lose() {
            List<Asked> failed;
            lock (gate) {
                present = null;
                accepted = false;
                pictured.Reset();
                failed = new List<Asked>(asked.Values);
                asked.Clear();
            }
            tried.Set();
            foreach (Asked each in failed) each.Done.Set();
        }

        void Heed(Connection connection, Backoff backoff, string text) {
            if (events.Count > settings.Queue) {
                connection.End("the program handles its events too slowly; connecting anew when it has");
                return;
            }
            Line line;
            try {
                line = Json.ParseLine(text);
            } catch (FormatException e) {
                log.Write("bridge: sent a line that is " + e.Message);
                return;
            }
            if (line.ContainsKey("error") && !line.ContainsKey("id")) {
                connection.End("it refused: " + line["error"]);
            } else if (line.ContainsKey("ping")) {
                Send(connection, new Line { { "pong", line["ping"] } });
                if (accepted) return;
                backoff.Reset();
                Picture(connection);
            } else if (line.ContainsKey("hresult")) {
                Asked found;
                long id = line.Get("id") as long? ?? 0;
                lock (gate) {
                    if (!asked.TryGetValue(id, out found)) return;   // it came too late
                    asked.Remove(id);
                }
                found.Result = line;
                if (found.Take != null) found.Take(line);
                found.Done.Set();
            } else if (line.ContainsKey("type")) {
                Mirror.Take(line);
            }
        }

        /// The bridge has accepted the hello. It tells by itself what there is; asking as well shows when that was all, and
        /// what there is no longer.
        void Picture(Connection connection) {
            Mirror.BeginPicture();
            lock (gate) {
                accepted = true;
                parts = Mirror.Lists.Length + 1;
            }
            Ask(connection, "GetUserInformation", null, result => {
                var record = Out(result, "UserInformation") as Line;
                if (record != null) Mirror.TakeUserWhole(record);
                Part(connection);
            });
            foreach (string[] each in Mirror.Lists) {
                string[] list = each;
                Ask(connection, list[0], null, result => {
                    var records = Out(result, list[1]) as List<object>;
                    if (records != null) Mirror.TakeList(list, records);
                    else log.Write("bridge: " + list[0] + ": " + result.Get("error"));
                    Part(connection);
                });
            }
        }

        void Part(Connection connection) {
            lock (gate) if (--parts > 0) return;
            log.Write("bridge: connected to " + settings.BridgeHost + ":" + settings.BridgePort);
            List<KeyValuePair<string, Line>> again;
            lock (gate) again = new List<KeyValuePair<string, Line>>(subscriptions.Values);
            // Enabling comes after the subscriptions: it makes the bridge tell what there is.
            again.Sort((one, other) => (one.Key == Enabling ? 1 : 0) - (other.Key == Enabling ? 1 : 0));
            foreach (KeyValuePair<string, Line> each in again)
                Ask(connection, each.Key, each.Value, result => {
                    bool done = Out(result, "Result") as bool? == true;
                    if (!done) log.Write("bridge: " + each.Key + " again: " + result.Get("error"));
                });
            if (again.Count > 0) new Timer(_ => Mirror.DropUnconfirmed()).Change(dispatchGrace, Timeout.InfiniteTimeSpan);
            // Said first: who waits for the picture goes on at once.
            if (!Mirror.Telling) Mirror.Say("OnApplicationReadyForInitialization");
            pictured.Set();
            tried.Set();
        }

        const string Enabling = "EnableDispatchEvents";

        static object Out(Line result, string name) {
            var values = result.Get("out") as Line;
            return values == null ? null : values.Get(name);
        }

        Asked Ask(Connection connection, string call, Line arguments, Action<Line> take) {
            var question = new Asked { Take = take };
            long id;
            lock (gate) {
                id = ++lastId;
                asked.Add(id, question);
            }
            // Without the agent: the connection is one agent's, and a bridge that was started anew may not know its record id yet.
            var line = new Line { { "id", id }, { "call", call } };
            if (arguments != null && arguments.Count > 0) line.Add("args", arguments);
            try {
                Send(connection, line);
            } catch (Exception e) {
                // The link's thread finds out by itself, and wakes whoever waits.
                connection.End(Log.Describe(e));
            }
            return question;
        }

        readonly object sending = new object();

        void Send(Connection connection, Line line) {
            string text = Json.Write(line);
            lock (sending) connection.Send(text);
        }

        /// Calls a method of the bridge and waits for its result. Null and a reason if it has none.
        public object Ask(string call, Line arguments, string member, out string error) {
            Connection connection;
            lock (gate) connection = accepted ? present : null;
            if (connection == null) {
                error = "the bridge is away";
                return null;
            }
            Asked question = Ask(connection, call, arguments, null);
            if (!question.Done.WaitOne(settings.Timeout) || question.Result == null) {
                error = "no result of the bridge; the outcome is unknown";
                return null;
            }
            error = question.Result.Get("error") as string;
            object value = Out(question.Result, member);
            if (Equals(value, true)) Remember(call, arguments);
            return value;
        }

        /// Subscriptions are a connection's: the next one needs them again.
        void Remember(string call, Line arguments) {
            bool subscribes = call.StartsWith("Subscribe", StringComparison.Ordinal);
            if (!subscribes && call != Enabling) return;
            string key = call;
            foreach (KeyValuePair<string, object> argument in arguments)
                if (!(argument.Value is bool)) key += " " + argument.Value;
            lock (gate) {
                if (arguments.ContainsValue(true)) subscriptions[key] = new KeyValuePair<string, Line>(call, arguments);
                else subscriptions.Remove(key);
            }
        }
    }
}
