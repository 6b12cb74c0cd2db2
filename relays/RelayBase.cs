// What the relays share beyond the line protocol: the outbox with its backlog and its losses, the link to the bridge,
// methods with typed arguments, settings with flags, and late binding to COM. It knows no platform.
//
// The language is C# 5, because that is what the .NET Framework's own csc understands.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using ComTypes = System.Runtime.InteropServices.ComTypes;

namespace RelayLine {
    // ----------------------------------------------------------------------------------------------- calls of methods

    static class HResult {
        public const int Ok = 0;
        public const int Fail = -2147467259;              // E_FAIL
        public const int UnknownName = -2147352570;       // DISP_E_UNKNOWNNAME
        public const int TypeMismatch = -2147352571;      // DISP_E_TYPEMISMATCH
        public const int ParameterMissing = -2147352561;  // DISP_E_PARAMNOTOPTIONAL

        public static string Name(int result) {
            return result == Fail ? "E_FAIL" : "HRESULT 0x" + result.ToString("X8", CultureInfo.InvariantCulture);
        }
    }

    /// A call that the relay itself refuses, before the platform sees it.
    sealed class CallError : Exception {
        public readonly int Result;

        public CallError(int result, string message) : base(message) {
            Result = result;
        }
    }

    enum Kind { Long, String, Bool, Date, Variant, Records }

    /// A method: its name, and its parameters in the guide's order. A name that ends in ? is optional.
    sealed class Method {
        public readonly string Name;
        public readonly List<Parameter> Parameters = new List<Parameter>();

        public Method(string signature) {
            int open = signature.IndexOf('(');
            Name = signature.Substring(0, open);
            string inside = signature.Substring(open + 1, signature.Length - open - 2);
            foreach (string part in inside.Split(new[] { ", " }, StringSplitOptions.RemoveEmptyEntries))
                Parameters.Add(new Parameter(part.Split(' ')));
        }

        /// The arguments in the guide's order, out parameters prepared to be filled.
        public object[] Arguments(Line arguments) {
            var named = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            foreach (KeyValuePair<string, object> pair in arguments) named[pair.Key] = pair.Value;
            var values = new object[Parameters.Count];
            for (int i = 0; i < values.Length; i++) {
                Parameter parameter = Parameters[i];
                if (parameter.Out) {
                    values[i] = parameter.Empty();
                    continue;
                }
                object value;
                bool given = named.TryGetValue(parameter.Name, out value);
                if (parameter.Optional && value == null) {
                    named.Remove(parameter.Name);
                    values[i] = parameter.Empty();
                    continue;
                }
                if (!given)
                    throw new CallError(HResult.ParameterMissing, Name + " needs the argument " + parameter.Name);
                named.Remove(parameter.Name);
                values[i] = parameter.FromJson(value, Name);
            }
            foreach (string name in named.Keys)
                throw new CallError(HResult.UnknownName, Name + " takes no argument " + name);
            return values;
        }

        /// Methods by their names, which are found in any case.
        public static Dictionary<string, Method> Table(params string[] signatures) {
            var table = new Dictionary<string, Method>(StringComparer.OrdinalIgnoreCase);
            foreach (string signature in signatures) {
                var method = new Method(signature);
                table.Add(method.Name, method);
            }
            return table;
        }

        public Line Results(object[] arguments) {
            var results = new Line();
            for (int i = 0; i < arguments.Length; i++)
                if (Parameters[i].Out) results.Add(Parameters[i].Name, Parameters[i].ToJson(arguments[i]));
            return results;
        }
    }

    sealed class Parameter {
        public readonly bool Out, Optional;
        public readonly Kind Kind;
        public readonly string Name;

        static readonly string[] dates =
            { "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd" };

        public Parameter(string[] words) {
            Out = words[0] == "out";
            Kind = (Kind)Enum.Parse(typeof(Kind), words[words.Length - 2], true);
            Name = words[words.Length - 1].TrimEnd('?');
            Optional = words[words.Length - 1] != Name;
        }

        /// What an out parameter holds before the call, and an optional one that is not given. The type of an out parameter
        /// decides what COM is offered to write to: a null becomes a VARIANT, which is what CCAS' guide's VARIANT* wants.
        public object Empty() {
            switch (Kind) {
                case Kind.Long: return 0;
                case Kind.String: return "";
                case Kind.Bool: return false;
                case Kind.Date: return DateTime.MinValue;
                default: return null;
            }
        }

        public object FromJson(object value, string method) {
            switch (Kind) {
                case Kind.Long:
                    long number;
                    if (value is long) number = (long)value;
                    else if (!Json.Whole(value as string, out number)) break;
                    if (number < int.MinValue || number > int.MaxValue) break;
                    return (int)number;
                case Kind.String:
                    if (value is string) return value;
                    break;
                case Kind.Bool:
                    if (value is bool) return value;
                    if (value is long && ((long)value == 0 || (long)value == 1)) return (long)value == 1;
                    break;
                case Kind.Date:
                    DateTime date;
                    if (DateTime.TryParseExact(value as string, dates, CultureInfo.InvariantCulture,
                                               DateTimeStyles.AssumeLocal, out date)) return date;
                    break;
                case Kind.Records:
                    var items = value as List<object>;
                    if (items != null && items.TrueForAll(item => item is Line)) return items;
                    break;
            }
            // The value itself stays out of the text: it may be a PIN.
            throw new CallError(HResult.TypeMismatch, method + " needs " + Wanted() + " as " + Name);
        }

        string Wanted() {
            switch (Kind) {
                case Kind.Long: return "a whole number of 32 bits";
                case Kind.Bool: return "true or false";
                case Kind.Date: return "a time like 2026-03-01T09:30:00 (local, or with Z or an offset)";
                case Kind.Records: return "a list of objects";
                default: return "text";
            }
        }

        public object ToJson(object value) {
            if (Kind == Kind.String) return value ?? "";
            if (value is short || value is byte || value is ushort || value is sbyte)
                return Convert.ToInt32(value, CultureInfo.InvariantCulture);
            return value;
        }
    }

    // ----------------------------------------------------------------------------------- what the bridge is to be told

    /// What a bridge that connects is told before the waiting events: how things stood then. It takes each event that leaves
    /// the outbox.
    interface IPicture {
        void Take(Line line);
        List<Line> Lines();
    }

    /// What waits to be sent: events, which outlive a bridge connection up to the bound, and the replies and pongs of
    /// the present connection, which do not. Beyond the bound the oldest event goes: what came later says more about
    /// now, and a call whose end arrives unknown harms nobody, while one whose end is missing would never end.
    sealed class Outbox {
        public sealed class Entry {
            public Line Line;
            public bool IsEvent;
        }

        readonly object gate = new object();
        readonly int bound;
        readonly Log log;
        readonly int longest;
        readonly LinkedList<Entry> waiting = new LinkedList<Entry>();
        readonly Queue<Line> pongs = new Queue<Line>();
        readonly IPicture told;
        int events;             // entries of `waiting` that are events
        int connection;         // the number of the present connection; replies carry it
        bool open;              // a connection is there
        bool greeted;           // … and has been told the snapshot, so that a gap in the events would mislead it
        bool gap;
        long lost, lostTold;    // dropped beyond the bound; the part just reported and not yet confirmed by a ping
        long unsure, unsureTold, sentSincePing;
        Entry writing;          // being written; if that fails it is still there

        public Outbox(RelayOptions options, IPicture told, Log log) {
            bound = options.Queue;
            longest = options.LongestFrame;
            this.told = told;
            this.log = log;
        }

        public void Event(Line line) {
            lock (gate) {
                waiting.AddLast(new Entry { Line = line, IsEvent = true });
                events++;
                if (events > bound) Drop();
                Monitor.PulseAll(gate);
            }
        }

        /// An event could not even be read.
        public void Missed() {
            lock (gate) {
                lost++;
                Monitor.PulseAll(gate);
            }
        }

        void Drop() {
            LinkedListNode<Entry> node = waiting.First;
            while (!node.Value.IsEvent) node = node.Next;
            waiting.Remove(node);
            events--;
            told.Take(node.Value.Line);
            if (lost++ == 0) log.Write("bridge: more than " + bound + " events wait for it; dropping the oldest");
            gap = greeted;
        }

        public void Reply(int to, Line line) {
            lock (gate) {
                if (!open || to != connection) {
                    log.Write("bridge: a reply was dropped, the connection that asked is gone");
                    return;
                }
                waiting.AddLast(new Entry { Line = line });
                Monitor.PulseAll(gate);
            }
        }

        /// A line of the present state: it is for the connection that is there and has been greeted, and for no other.
        public void State(Line line) {
            lock (gate) {
                if (!open || !greeted) return;
                waiting.AddLast(new Entry { Line = line });
                Monitor.PulseAll(gate);
            }
        }

        /// A ping came: it is answered before anything else. The bridge is alive, so what was sent before counts as
        /// arrived.
        public void Pong(Line line) {
            lock (gate) {
                lostTold = unsureTold = sentSincePing = 0;
                pongs.Enqueue(line);
                Monitor.PulseAll(gate);
            }
        }

        public int Open() {
            lock (gate) {
                open = true;
                greeted = gap = false;
                return ++connection;
            }
        }

        /// What a new connection hears first: what it missed for good, then how things stood before what follows.
        public List<string> Greeting() {
            lock (gate) {
                var lines = new List<string>();
                if (lost + unsure > 0) lines.Add(Losses());
                foreach (Line line in told.Lines()) lines.Add(Json.Write(line));
                greeted = true;
                return lines;
            }
        }

        string Losses() {
            string line = Json.Write(new Line { { "lost", lost }, { "unsure", unsure } });
            log.Write("bridge: " + lost + " events were lost, " + unsure + " more may not have arrived");
            lostTold += lost;
            unsureTold += unsure;
            lost = unsure = 0;
            return line;
        }

        /// Waits for the next line; null when the connection has ended or must end. An entry stays until `Sent` has
        /// it, so that a write that fails loses nothing.
        public string Next(out Entry entry) {
            lock (gate) {
                entry = null;
                while (open && !gap && lost == 0 && pongs.Count == 0 && waiting.Count == 0) Monitor.Wait(gate);
                if (gap) log.Write("bridge: it reads too slowly; connecting anew to give it a whole picture again");
                if (!open || gap) return null;
                if (lost > 0) return Losses();
                if (pongs.Count > 0) return Json.Write(pongs.Dequeue());
                entry = writing = waiting.First.Value;
                if (entry.IsEvent) sentSincePing++;
                return Json.Write(entry.Line, longest);
            }
        }

        public void Sent(Entry entry) {
            lock (gate) {
                if (writing != entry) return; // the connection has ended meanwhile: it will be sent again
                writing = null;
                if (waiting.First == null || waiting.First.Value != entry) return; // dropped meanwhile
                waiting.RemoveFirst();
                if (!entry.IsEvent) return;
                events--;
                told.Take(entry.Line);
            }
        }

        public void Close() {
            lock (gate) {
                if (!open) return;
                open = greeted = gap = false;
                if (writing != null && writing.IsEvent && sentSincePing > 0) sentSincePing--; // it will be sent again
                writing = null;
                unsure += unsureTold + sentSincePing;
                lost += lostTold;
                lostTold = unsureTold = sentSincePing = 0;
                pongs.Clear();
                for (LinkedListNode<Entry> node = waiting.First; node != null;) {
                    LinkedListNode<Entry> next = node.Next;
                    if (!node.Value.IsEvent) waiting.Remove(node);
                    node = next;
                }
                Monitor.PulseAll(gate);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------- the bridge side

    /// The other side of the relay, which has what the bridge asks for.
    interface IAnswerer {
        /// What the relay calls itself in its hello.
        string Hello { get; }

        /// A bridge is there and has been told the picture.
        void Greeted();

        /// Takes a call, which is answered through the outbox later; throws a CallError where it cannot.
        void Request(int connection, object id, object call, Line arguments);
    }

    /// Keeps the connection to the bridge. Its own thread connects and writes; each connection has another that reads.
    sealed class BridgeLink {
        const int Version = 1;
        const string Replaced = "replaced";    // by a newer relay: see README.md

        readonly RelayOptions options;
        readonly Outbox outbox;
        readonly IAnswerer answerer;
        readonly Log log;
        readonly Backoff backoff;
        readonly Thread thread;
        readonly ManualResetEvent stop = new ManualResetEvent(false);
        volatile Connection present;
        volatile bool replaced;  // another relay came; two that come back at once would replace each other all the time

        public BridgeLink(RelayOptions options, Outbox outbox, IAnswerer answerer, Log log) {
            this.options = options;
            this.outbox = outbox;
            this.answerer = answerer;
            this.log = log;
            backoff = new Backoff(options.RetryMin, options.RetryMax);
            thread = new Thread(Run) { Name = "bridge", IsBackground = true };
        }

        public void Start() {
            thread.Start();
        }

        public void Stop() {
            stop.Set();
            Connection connection = present;
            if (connection != null) connection.End(null);
            if (!thread.Join(TimeSpan.FromSeconds(15))) log.Write("bridge: the connection does not end; leaving it");
        }

        bool Stopping {
            get { return stop.WaitOne(0); }
        }

        void Run() {
            while (!Stopping) {
                try {
                    using (var connection = new Connection(options)) {
                        present = connection; // from here on Stop ends it, the handshake included
                        if (!Stopping) {
                            connection.Secure(log);
                            Converse(connection);
                        }
                    }
                } catch (Exception e) {
                    if (!Stopping) log.Write("bridge: " + Log.Describe(e));
                }
                present = null;
                if (Stopping) break;
                TimeSpan delay = backoff.Next();
                if (replaced && delay < options.ReplacedWait) delay = options.ReplacedWait;
                replaced = false;
                log.Write("bridge: trying again in " + Log.Seconds(delay));
                stop.WaitOne(delay);
            }
        }

        void Converse(Connection connection) {
            connection.Number = outbox.Open();
            var reader = new Thread(() => Listen(connection)) { Name = "bridge reader", IsBackground = true };
            try {
                var hello = new Line { { "hello", answerer.Hello }, { "version", Version }, { "token", options.Token() } };
                if (options.Agent != null) hello.Add("agent", options.Agent);
                connection.Send(Json.Write(hello));
                reader.Start();
                // A bridge that refuses the hello would swallow what follows it.
                connection.AwaitAcceptance();
                foreach (string line in outbox.Greeting()) connection.Send(line);
                log.Write("bridge: connected to " + options.BridgeHost + ":" + options.BridgePort);
                answerer.Greeted();
                for (;;) {
                    Outbox.Entry entry;
                    string line = outbox.Next(out entry);
                    if (line == null) break;
                    connection.Send(line);
                    if (entry != null) outbox.Sent(entry);
                }
            } catch (Exception e) {
                connection.End(Log.Describe(e));
            }
            outbox.Close();
            connection.End(null);
            if (reader.IsAlive) reader.Join();
            if (!Stopping && connection.Reason != null) log.Write("bridge: " + connection.Reason);
        }

        void Listen(Connection connection) {
            try {
                for (string text = connection.ReadLine(); text != null; text = connection.ReadLine())
                    Heed(connection, text);
                connection.End("it closed the connection");
            } catch (Exception e) {
                connection.End(Log.Describe(e));
            }
            outbox.Close();
        }

        void Heed(Connection connection, string text) {
            Line line;
            try {
                line = Json.ParseLine(text);
            } catch (FormatException e) {
                log.Write("bridge: sent a line that is " + e.Message);
                return;
            }
            if (line.ContainsKey("error")) {
                string reason = line["error"] as string ?? Json.Write(line["error"]);
                if (reason.StartsWith(Replaced, StringComparison.Ordinal)) replaced = true;
                connection.End("it refused the relay: " + reason);
                return;
            }
            if (line.ContainsKey("ping")) {
                connection.Accept();
                backoff.Reset();
                outbox.Pong(new Line { { "pong", line["ping"] } });
            } else if (line.ContainsKey("call")) {
                connection.Accept();
                if (line.ContainsKey("id")) Request(connection, line);
                else log.Write("bridge: sent a call without an id, which cannot be answered");
            } else log.Write("bridge: sent a line that is neither call nor ping nor error");
        }

        void Request(Connection connection, Line line) {
            object id = line["id"];
            try {
                var arguments = (line.Get("args") ?? new Line()) as Line;
                if (arguments == null) throw new CallError(HResult.TypeMismatch, "args must be an object");
                answerer.Request(connection.Number, id, line["call"], arguments);
            } catch (CallError e) {
                outbox.Reply(connection.Number, Refusal(id, e.Result, e.Message));
            }
        }

        public static Line Refusal(object id, int result, string text) {
            return new Line { { "id", id }, { "hresult", result }, { "error", text } };
        }
    }

    // ------------------------------------------------------------------------------------------------- settings and COM

    /// The settings of a relay: those of the bridge, the queue, and flags that override the file. README.md explains each.
    abstract class RelayOptions : BridgeSettings {
        public int Queue = 10000;
        public bool Help;
        public TimeSpan ReplacedWait = TimeSpan.FromSeconds(30);

        /// The most bytes of a line, 0 for any number; longer texts are shortened.
        public int LongestFrame { get; protected set; }

        /// The agent that the hello names, if it names one.
        public string Agent { get; protected set; }

        protected void Read(string[] arguments, params string[] secrets) {
            var flags = new List<KeyValuePair<string, string>>();
            for (int i = 0; i < arguments.Length; i++) {
                string flag = arguments[i];
                if (!flag.StartsWith("--", StringComparison.Ordinal)) throw new OptionError(flag + ": not a flag");
                string key = flag.Substring(2).Replace('-', '_');
                if (key == "help") Help = true;
                else if (IsSwitch(key)) continue;
                else if (i + 1 == arguments.Length) throw new OptionError(flag + ": needs a value");
                else if (key == "config") ReadFile(arguments[++i], "--config");
                else flags.Add(new KeyValuePair<string, string>(key, arguments[++i]));
            }
            if (Help) return;
            foreach (KeyValuePair<string, string> flag in flags) {
                string name = "--" + flag.Key.Replace('_', '-');
                if (flag.Key == "token" || Array.IndexOf(secrets, flag.Key) >= 0)
                    throw new OptionError(name + ": a secret has no place on a command line; use " + name + "-file");
                Put(flag.Key, flag.Value, Directory.GetCurrentDirectory(), name);
            }
            Check();
        }

        /// A flag without a value.
        protected virtual bool IsSwitch(string key) {
            return false;
        }

        protected override bool Set(string key, string value, string folder, string where) {
            switch (key) {
                case "queue": Queue = Number(value, where, 1, 10000000); break;
                case "hello_grace": HelloGrace = Seconds(value, where); break;
                case "replaced_wait": ReplacedWait = Seconds(value, where); break;
                default: return base.Set(key, value, folder, where);
            }
            return true;
        }
    }

    /// COM objects, late bound: no type library is needed to build a relay, and whatever version of a DLL is registered
    /// serves. Interfaces and dispatch ids, which the guides do not print, are looked up in the object's own type information.
    static class Com {
        /// IDispatch by way of the framework: a failing HRESULT comes back as an exception, and is made a number again.
        public static int Invoke(object com, string name, object[] arguments, params bool[] isOut) {
            ParameterModifier[] modifiers = null;
            if (arguments.Length > 0) {
                var modifier = new ParameterModifier(arguments.Length);
                for (int i = 0; i < arguments.Length; i++) modifier[i] = isOut[i];
                modifiers = new[] { modifier };
            }
            try {
                Type type = com.GetType();
                type.InvokeMember(name, BindingFlags.InvokeMethod, null, com, arguments, modifiers, null, null);
                return HResult.Ok;
            } catch (Exception e) {
                // Not always a COMException: the framework has types of its own for E_INVALIDARG and others.
                return Marshal.GetHRForException(e is TargetInvocationException ? e.InnerException ?? e : e);
            }
        }

        /// COM delivers its events through this thread's message queue.
        public static void Wait(WaitHandle wake) {
            const uint Infinite = 0xFFFFFFFF, AllInput = 0x04FF, InputAvailable = 4, Remove = 1;
            var handles = new[] { wake.SafeWaitHandle.DangerousGetHandle() };
            MsgWaitForMultipleObjectsEx(1, handles, Infinite, AllInput, InputAvailable);
            Message message;
            while (PeekMessage(out message, IntPtr.Zero, 0, 0, Remove)) {
                TranslateMessage(ref message);
                DispatchMessage(ref message);
            }
        }

        /// The configured class, a ProgID or {CLSID}; otherwise the one of the registered DLL, with the preferred name if it
        /// has several.
        public static Type FindClass(string configured, string dll, string preferred) {
            if (configured != null) {
                Type type = configured.StartsWith("{", StringComparison.Ordinal)
                    ? Type.GetTypeFromCLSID(new Guid(configured)) : Type.GetTypeFromProgID(configured);
                if (type == null) throw new IOException("no COM class " + configured + " is registered");
                return type;
            }
            var found = new List<string>();
            var clients = new List<string>();
            using (Microsoft.Win32.RegistryKey classes = Microsoft.Win32.Registry.ClassesRoot.OpenSubKey("CLSID")) {
                foreach (string clsid in classes.GetSubKeyNames()) {
                    string path = Default(classes, clsid + "\\InprocServer32").Trim('"');
                    if (!path.EndsWith(dll, StringComparison.OrdinalIgnoreCase) && !IsManaged(classes, clsid, dll)) continue;
                    string name = Default(classes, clsid) + " " + Default(classes, clsid + "\\ProgID");
                    found.Add(clsid);
                    if (name.IndexOf(preferred, StringComparison.OrdinalIgnoreCase) >= 0) clients.Add(clsid);
                }
            }
            if (clients.Count == 0) clients = found;
            if (clients.Count == 1) return Type.GetTypeFromCLSID(new Guid(clients[0]));
            throw new IOException(clients.Count > 1
                ? dll + " has several classes, set `class` to one of " + string.Join(", ", clients.ToArray())
                : dll + " is not registered" + (IntPtr.Size == 4 ? "" : " for 64 bits: build with /platform:x86"));
        }

        static string Default(Microsoft.Win32.RegistryKey key, string path) {
            using (Microsoft.Win32.RegistryKey inner = key.OpenSubKey(path))
                return inner == null ? "" : inner.GetValue(null) as string ?? "";
        }

        /// A class of a .NET assembly is registered by the assembly's name.
        static bool IsManaged(Microsoft.Win32.RegistryKey classes, string clsid, string dll) {
            using (Microsoft.Win32.RegistryKey server = classes.OpenSubKey(clsid + "\\InprocServer32")) {
                var assembly = server == null ? null : server.GetValue("Assembly") as string;
                string name = Path.GetFileNameWithoutExtension(dll) + ",";
                return assembly != null && assembly.StartsWith(name, StringComparison.OrdinalIgnoreCase);
            }
        }

        /// The events that the object sends: the interface of its type library that has all the needed names, and the
        /// dispatch ids of the wanted names that it has.
        public static Guid FindSource(object com, string[] needed, string[] wanted, Dictionary<string, int> ids) {
            var points = com as ComTypes.IConnectionPointContainer;
            var dispatch = com as IDispatchInfo;
            ComTypes.ITypeInfo own = null;
            if (dispatch != null) dispatch.GetTypeInfo(0, 0, out own);
            if (points == null || own == null)
                throw new IOException("the COM object offers no " + (points == null ? "events" : "type information"));
            ComTypes.ITypeLib library;
            int index;
            own.GetContainingTypeLib(out library, out index);
            for (int i = 0; i < library.GetTypeInfoCount(); i++) {
                ComTypes.ITypeInfo info;
                library.GetTypeInfo(i, out info);
                Guid source;
                if (Sends(info, points, needed, wanted, ids, out source)) return source;
            }
            throw new IOException("the object sends no interface of its type library with " + string.Join(" and ", needed));
        }

        static bool Sends(ComTypes.ITypeInfo info, ComTypes.IConnectionPointContainer points, string[] needed,
                          string[] wanted, Dictionary<string, int> ids, out Guid source) {
            IntPtr pointer;
            info.GetTypeAttr(out pointer);
            var attributes = (ComTypes.TYPEATTR)Marshal.PtrToStructure(pointer, typeof(ComTypes.TYPEATTR));
            info.ReleaseTypeAttr(pointer);
            source = attributes.guid;
            ids.Clear();
            foreach (string name in wanted) {
                int id;
                if (HasFunction(info, attributes.cFuncs, name, out id)) ids[name] = id;
            }
            if (!Array.TrueForAll(needed, ids.ContainsKey)) return false;
            try {
                ComTypes.IConnectionPoint point;
                points.FindConnectionPoint(ref source, out point);
                return point != null;
            } catch (COMException) {
                return false; // a namesake of the wanted interface, such as the vtable side of a dual one
            }
        }

        static bool HasFunction(ComTypes.ITypeInfo info, int count, string wanted, out int id) {
            for (int i = 0; i < count; i++) {
                IntPtr pointer;
                info.GetFuncDesc(i, out pointer);
                id = ((ComTypes.FUNCDESC)Marshal.PtrToStructure(pointer, typeof(ComTypes.FUNCDESC))).memid;
                info.ReleaseFuncDesc(pointer);
                var names = new string[1];
                int got;
                info.GetNames(id, names, 1, out got);
                if (got == 1 && string.Equals(names[0], wanted, StringComparison.OrdinalIgnoreCase)) return true;
            }
            id = 0;
            return false;
        }

        /// IDispatch, of which only the type information is asked for by hand.
        [ComImport, Guid("00020400-0000-0000-C000-000000000046"), InterfaceType(ComInterfaceType.InterfaceIsIUnknown)]
        interface IDispatchInfo {
            [PreserveSig]
            int GetTypeInfoCount(out int count);

            [PreserveSig]
            int GetTypeInfo(int index, int locale, out ComTypes.ITypeInfo info);
        }

        [StructLayout(LayoutKind.Sequential)]
        struct Message {
            public IntPtr Window;
            public uint Number;
            public IntPtr W;
            public IntPtr L;
            public uint Time;
            public int X;
            public int Y;
        }

        [DllImport("user32.dll")]
        static extern uint MsgWaitForMultipleObjectsEx(uint count, IntPtr[] handles, uint wait, uint mask, uint flags);

        [DllImport("user32.dll", EntryPoint = "PeekMessageW")]
        [return: MarshalAs(UnmanagedType.Bool)]
        static extern bool PeekMessage(out Message message, IntPtr window, uint from, uint to, uint remove);

        [DllImport("user32.dll")]
        [return: MarshalAs(UnmanagedType.Bool)]
        static extern bool TranslateMessage(ref Message message);

        [DllImport("user32.dll", EntryPoint = "DispatchMessageW")]
        static extern IntPtr DispatchMessage(ref Message message);
    }
}
