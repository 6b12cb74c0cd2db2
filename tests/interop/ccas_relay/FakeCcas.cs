// A CCAS COM object that exists nowhere but here: the relay runs against it as it would against the real one, and a
// test plays it. One JSON object a line: standard input says what it is to do, standard output what was done to it.
//
//   {"do":"snapshot","events":[{"type":1,…},…]}             what every connect is followed by; the first command
//   {"do":"answer","method":"MakeCall","hresult":-1,"out":[…]}
//                                                           how it answers from now on; else S_OK and empty values
//   {"do":"event","type":9,"RecID":40,…}                    raises an event; a number is had from GetLongValue only,
//                                                           a text from GetStringValue only; without type GetType fails
//   {"do":"disconnect"}                                     raises OnDisconnect
//   {"do":"hang","method":"MakeCall"}                       the method does not return before {"do":"resume"}
//
// Every command bears a number, "order", and is acknowledged by {"done":number} once it has taken effect; every call is
// told as {"called":…,"args":[…]}.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using CcasRelay;
using RelayLine;

/// What outlives one COM object: how the platform behaves, and what it is to do next.
static class World {
    public static readonly object Gate = new object();
    public static readonly Dictionary<string, Line> Answers = new Dictionary<string, Line>();
    public static readonly Queue<Line> Commands = new Queue<Line>();
    public static readonly AutoResetEvent Commanded = new AutoResetEvent(false);
    public static readonly ManualResetEvent Resumed = new ManualResetEvent(true);
    public static string Hanging;
    public static List<object> Snapshot = new List<object>();

    static int Main(string[] arguments) {
        Obey(1);
        return Program.Run(arguments, options => new FakeCcas(), () => Obey(int.MaxValue));
    }

    /// The first command, a snapshot, comes before anything else happens.
    static void Obey(int commands) {
        for (; commands > 0; commands--) {
            string text = Console.ReadLine();
            if (text == null) return;
            Line command = Json.ParseLine(text);
            var what = (string)command["do"];
            lock (Gate) {
                switch (what) {
                    case "snapshot": Snapshot = (List<object>)command["events"]; break;
                    case "answer": Answers[(string)command["method"]] = command; break;
                    case "resume": Resumed.Set(); break;
                    case "hang":
                        Hanging = (string)command["method"];
                        Resumed.Reset();
                        break;
                    default: // the object's own thread does it
                        Commands.Enqueue(command);
                        Commanded.Set();
                        continue;
                }
            }
            Done(command);
        }
    }

    public static void Done(Line command) {
        Say(new Line { { "done", command["order"] } });
    }

    public static void Say(Line line) {
        lock (Gate) Console.WriteLine(Json.Write(line));
    }
}

sealed class FakeCcas : ICcas {
    readonly int thread = Thread.CurrentThread.ManagedThreadId;
    List<object> pending = new List<object>();

    public event Action<ICcasEvent> Happened;
    public event Action Disconnected;

    public int Call(Method method, object[] arguments) {
        Mine();
        var told = new List<object>();
        for (int i = 0; i < arguments.Length; i++) {
            if (method.Parameters[i].Out) continue;
            object value = arguments[i];
            if (value is DateTime)
                value = ((DateTime)value).ToUniversalTime().ToString("s", CultureInfo.InvariantCulture);
            told.Add(value);
        }
        World.Say(new Line { { "called", method.Name }, { "args", told } });
        if (World.Hanging == method.Name) World.Resumed.WaitOne();
        Line answer;
        lock (World.Gate) {
            if (!World.Answers.TryGetValue(method.Name, out answer)) answer = new Line();
            if (method.Name == "ConnectWithDirectConnect") pending = new List<object>(World.Snapshot);
        }
        int result = Convert.ToInt32(answer.Get("hresult"), CultureInfo.InvariantCulture);
        if (result < 0) pending.Clear();
        var values = answer.Get("out") as List<object>;
        for (int i = 0, o = 0; i < arguments.Length && values != null; i++)
            if (method.Parameters[i].Out) arguments[i] = values[o++] is long ? (int)(long)values[o - 1] : values[o - 1];
        return result;
    }

    public void Wait(WaitHandle wake) {
        Mine();
        List<object> snapshot = pending;
        pending = new List<object>();
        foreach (object happened in snapshot) Happened(new FakeEvent((Line)happened));
        WaitHandle.WaitAny(new[] { wake, World.Commanded });
        for (;;) {
            Line command;
            lock (World.Gate) {
                if (World.Commands.Count == 0) return;
                command = World.Commands.Dequeue();
            }
            if ((string)command["do"] == "event") Happened(new FakeEvent(command));
            else Disconnected();
            World.Done(command);
            if ((string)command["do"] == "disconnect") return;
        }
    }

    public void Dispose() {
        Mine();
    }

    /// An apartment's object called from elsewhere is what Windows would punish.
    void Mine() {
        if (Thread.CurrentThread.ManagedThreadId != thread) throw new InvalidOperationException("the wrong thread");
    }
}

sealed class FakeEvent : ICcasEvent {
    readonly Dictionary<string, object> values = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);

    public FakeEvent(Line line) {
        foreach (KeyValuePair<string, object> pair in line) values[pair.Key] = pair.Value;
    }

    public int GetType(out int type) {
        return GetLong("type", out type);
    }

    public int GetLong(string name, out int value) {
        object found;
        bool has = values.TryGetValue(name, out found) && found is long;
        value = has ? (int)(long)found : 0;
        return has ? HResult.Ok : HResult.Fail;
    }

    public int GetString(string name, out string value) {
        object found;
        value = values.TryGetValue(name, out found) ? found as string : null;
        return value != null ? HResult.Ok : HResult.Fail;
    }
}
