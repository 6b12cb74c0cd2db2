// A program that was written for AgentIntegration.dll from the guide's tables: it hears every event, calls every method, and
// reads every property in the type that the guide gives it (Typed, made by guide.py). One JSON object a line: standard input
// says what it is to call, standard output what came of it and what it has heard.
//
//   {"do":"call","method":"MakeCall","args":{…}}   {"returned":…,"error":"…","done":1}
//   {"do":"within","event":"OnCallEvent","method":"AnswerCall","args":{…}}
//                                                  calls it in the next such event's handler
//   {"do":"slow","ms":100}                         every handler takes that long
//   {"do":"surface"}                               the public types of the assembly
//
// With --window, the AgentClient is made and called on a thread that has a synchronization context, as a window's has.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using AgentIntegration;
using RelayLine;

static class Given {
    public static int Int(Line given, string name) {
        return Convert.ToInt32(given.Get(name));
    }

    public static bool Bool(Line given, string name) {
        return Equals(given.Get(name), true);
    }

    public static string String(Line given, string name) {
        return given.Get(name) as string;
    }

    public static DateTime Datetime(Line given, string name) {
        var text = given.Get(name) as string;
        return text == null ? DateTime.MinValue : DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    public static CQCode[] Cqcodes(Line given, string name) {
        var codes = new List<CQCode>();
        foreach (object each in (List<object>)given[name]) {
            var line = (Line)each;
            codes.Add(new CQCode { ID = Int(line, "ID"), Code = String(line, "Code"), Name = String(line, "Name") });
        }
        return codes.ToArray();
    }

    public static object Other(AgentClient client, string method) {
        if (method == "Dispose") client.Dispose();
        else if (method == "GetUserInfo") return client.GetUserInfo().LoginID;
        else throw new ArgumentException(method);
        return null;
    }
}

sealed class Window : SynchronizationContext {
    readonly BlockingCollection<Action> work = new BlockingCollection<Action>();

    public override void Post(SendOrPostCallback callback, object state) {
        work.Add(() => callback(state));
    }

    public void Run() {
        foreach (Action each in work.GetConsumingEnumerable()) each();
    }

    public void End() {
        work.CompleteAdding();
    }
}

static class AgentProgram {
    static readonly Dictionary<string, Line> within = new Dictionary<string, Line>();
    static readonly object gate = new object();
    static AgentClient client;
    static int pause;

    static int Main(string[] arguments) {
        Console.OutputEncoding = new UTF8Encoding(false);
        if (Array.IndexOf(arguments, "--window") < 0) {
            Begin();
            Obey(each => each());
            return 0;
        }
        Thread.CurrentThread.Name = "window";
        var window = new Window();
        SynchronizationContext.SetSynchronizationContext(window);
        Begin();
        new Thread(() => {
            Obey(each => window.Post(_ => each(), null));
            window.End();
        }).Start();
        window.Run();
        return 0;
    }

    static void Begin() {
        client = new AgentClient();
        Typed.Hear(client, Heard);
#if SENDER_AND_ARGS
        client.RequestFailed += (sender, e) => Heard("RequestFailed", e.ID, e.Call, e.Error);
#else
        client.RequestFailed += (id, call, error) => Heard("RequestFailed", id, call, error);
#endif
    }

    static void Heard(string name, params object[] values) {
        Say(new Line { { "event", name }, { "args", new List<object>(values) }, { "thread", Thread.CurrentThread.Name } });
        Line call;
        lock (gate) {
            if (within.TryGetValue(name, out call)) within.Remove(name);
        }
        if (call != null) Call(call, name);
        if (pause > 0) Thread.Sleep(pause);
    }

    static void Obey(Action<Action> run) {
        for (string text = Console.ReadLine(); text != null; text = Console.ReadLine()) {
            Line command = Json.ParseLine(text);
            switch ((string)command["do"]) {
                case "call": run(() => Call(command, null)); continue;
                case "within": lock (gate) within[(string)command["event"]] = command; break;
                case "slow": pause = Given.Int(command, "ms"); break;
                case "surface": Say(new Line { { "returned", Surface() }, { "done", command["order"] } }); continue;
                case "fail":
#if SENDER_AND_ARGS
                    client.OnCallEvent += (sender, e) => { throw new InvalidOperationException("a careless handler"); };
#else
                    client.OnCallEvent += call => { throw new InvalidOperationException("a careless handler"); };
#endif
                    break;
            }
            Say(new Line { { "done", command["order"] } });
        }
    }

    static void Call(Line command, string inside) {
        object result;
        try {
            result = Typed.Call(client, (string)command["method"], (Line)command["args"]);
        } catch (Exception e) {
            result = e.ToString();
        }
        var line = new Line { { "returned", result }, { "error", client.LastError } };
        if (inside == null) line.Add("done", command["order"]);
        else line.Add("within", inside);
        Say(line);
    }

    static void Say(Line line) {
        lock (gate) Console.WriteLine(Json.Write(line));
    }

    /// What COM and a compiler see of the assembly.
    static Line Surface() {
        var types = new Line();
        foreach (Type type in typeof(AgentClient).Assembly.GetExportedTypes()) {
            var members = new List<object>();
            const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
            if (type.IsEnum) {
                foreach (object value in Enum.GetValues(type)) members.Add((long)(int)value);
            } else {
                foreach (MemberInfo each in type.GetMembers(Own))
                    if (each is EventInfo || each is PropertyInfo || each is MethodInfo && !((MethodInfo)each).IsSpecialName)
                        members.Add(each.Name);
            }
            var visible = (ComVisibleAttribute)Attribute.GetCustomAttribute(type, typeof(ComVisibleAttribute));
            types.Add(type.Name, new Line { { "members", members }, { "com", visible != null && visible.Value } });
        }
        return types;
    }
}
