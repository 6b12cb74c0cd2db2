// A MiContact Center Agent that exists nowhere but here: the relay loads its AgentClient as it would the vendor's, and a test
// plays it. The classes are made of the guide's tables (guide.py); this file is what their methods and events do. One JSON
// object a line: standard input says what it is to do, standard output what was done to it.
//
//   {"do":"answer","method":"GetCalls","result":[{…}]}      what it returns from now on; else false, null or an empty list
//   {"do":"fail","method":"MakeCall","text":"…"}            it throws this from now on
//   {"do":"raise","event":"OnCallEvent","args":{"Call":{…}}} raises an event, on a thread of its own
//   {"do":"hang","method":"MakeCall"}                       the method does not return before {"do":"resume"}
//   {"do":"close"}                                          OnApplicationClosed, and Initialize fails from then on
//   {"do":"open"}                                           Initialize succeeds again, and OnApplicationReadyForInitialization
//
// Every command bears a number, "order", and is acknowledged by {"done":number} once it has taken effect; every call is told
// as {"called":…,"args":[…]}.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Threading;
using RelayLine;

namespace Fake {
    public static class World {
        static readonly object gate = new object();
        static readonly Dictionary<string, Line> answers = new Dictionary<string, Line>();
        static readonly ManualResetEvent resumed = new ManualResetEvent(true);
        static readonly ManualResetEvent ended = new ManualResetEvent(false);
        static string hanging;
        static bool closed;
        static AgentClient present;

        static World() {
            new Thread(Obey) { IsBackground = true }.Start();
        }

        internal static void Begin(AgentClient client) {
            lock (gate) present = client;
        }

        static void Obey() {
            for (string text = Console.ReadLine(); text != null; text = Console.ReadLine()) {
                Line command = Json.ParseLine(text);
                try {
                    Do(command);
                } catch (Exception e) {
                    Console.Error.WriteLine("the fake failed: " + e);
                }
                Say(new Line { { "done", command["order"] } });
            }
            ended.Set();
        }

        public static void WaitForEnd() {
            ended.WaitOne();
        }

        static void Do(Line command) {
            AgentClient client;
            lock (gate) client = present;
            switch ((string)command["do"]) {
                case "answer":
                case "fail":
                    lock (gate) answers[(string)command["method"]] = command;
                    break;
                case "hang":
                    hanging = (string)command["method"];
                    resumed.Reset();
                    break;
                case "resume": resumed.Set(); break;
                case "raise": client.Raise((string)command["event"], (Line)command["args"]); break;
                case "close":
                    closed = true;
                    client.Raise("OnApplicationClosed", new Line());
                    break;
                case "open":
                    closed = false;
                    client.Raise("OnApplicationReadyForInitialization", new Line());
                    break;
            }
        }

        internal static object Answer(string method, Type wanted, object[] arguments) {
            var told = new List<object>();
            foreach (object each in arguments) told.Add(ToJson(each));
            Say(new Line { { "called", method }, { "args", told } });
            if (hanging == method) resumed.WaitOne();
            Line answer;
            lock (gate) if (!answers.TryGetValue(method, out answer)) answer = new Line();
            if (method == "Initialize") return !closed;
            if (answer.ContainsKey("text")) throw new InvalidOperationException((string)answer["text"]);
            return FromJson(wanted, answer.Get("result"));
        }

        static void Say(Line line) {
            lock (gate) Console.WriteLine(Json.Write(line));
        }

        internal static object FromJson(Type type, object value) {
            if (type == typeof(string)) return value;
            if (type == typeof(object) || value == null && !type.IsValueType && !type.IsArray) return null;
            if (type == typeof(DateTime))
                return value == null ? DateTime.MinValue : DateTime.Parse((string)value, CultureInfo.InvariantCulture);
            if (type.IsEnum) return Enum.ToObject(type, value ?? 0L);
            if (type.IsArray) {
                var items = value as List<object> ?? new List<object>();
                Array array = Array.CreateInstance(type.GetElementType(), items.Count);
                for (int i = 0; i < items.Count; i++) array.SetValue(FromJson(type.GetElementType(), items[i]), i);
                return array;
            }
            if (type.IsPrimitive) return Convert.ChangeType(value ?? 0L, type, CultureInfo.InvariantCulture);
            object record = Activator.CreateInstance(type);
            foreach (PropertyInfo property in type.GetProperties())
                property.SetValue(record, FromJson(property.PropertyType, ((Line)value).Get(property.Name)), null);
            return record;
        }

        static object ToJson(object value) {
            if (value is DateTime) return ((DateTime)value).ToUniversalTime().ToString("s", CultureInfo.InvariantCulture);
            var array = value as Array;
            if (array == null) return value is CQCode ? Code((CQCode)value) : value;
            var items = new List<object>();
            foreach (object each in array) items.Add(ToJson(each));
            return items;
        }

        static Line Code(CQCode code) {
            return new Line { { "ID", code.ID }, { "Code", code.Code }, { "Name", code.Name } };
        }
    }

    public partial class AgentClient {
        readonly int thread = Thread.CurrentThread.ManagedThreadId;

        public AgentClient() {
            World.Begin(this);
        }

        object Called(string method, Type wanted, params object[] arguments) {
            // An apartment's object called from elsewhere is what Windows would punish.
            if (Thread.CurrentThread.ManagedThreadId != thread) throw new InvalidOperationException("the wrong thread");
            return World.Answer(method, wanted, arguments);
        }

        internal void Raise(string name, Line given) {
            Delegate handlers = Handlers(name);
            if (handlers == null) return;
            ParameterInfo[] parameters = handlers.GetType().GetMethod("Invoke").GetParameters();
            object[] values = Array.ConvertAll(parameters, each =>
                each.ParameterType == typeof(object) ? this
                : World.FromJson(each.ParameterType, typeof(EventArgs).IsAssignableFrom(each.ParameterType) ? given
                                                     : given.Get(each.Name)));
            handlers.DynamicInvoke(values);
        }
    }
}
