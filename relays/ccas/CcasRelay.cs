// The CCAS relay: carries MiContact Center Enterprise's Agent Service Open Interface, a COM object that lives only on
// Windows, to cti-bridge, and requests back. One file, no dependencies; README.md beside it tells how to build,
// configure and install it, and what the lines mean that it exchanges with the bridge.
//
// Two threads do the work and share nothing but the outbox: Platform owns the COM object in a single-threaded
// apartment, BridgeLink owns the connection. Either side may be away without holding up the other.
//
// The language is C# 5, because that is what the .NET Framework's own csc understands.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.ServiceProcess;
using System.Text;
using System.Threading;
using ComTypes = System.Runtime.InteropServices.ComTypes;

namespace CcasRelay {
    // ---------------------------------------------------------------------------------------- the platform's interface

    /// What the relay needs of the CCAS COM object. Everything but ComCcas knows only this, so that it runs against
    /// a fake as well. One thread creates it, calls it, waits in it and disposes of it.
    public interface ICcas : IDisposable {
        event Action<ICcasEvent> Happened;
        event Action Disconnected;

        /// Calls a method of table 1; out parameters are filled in place. Returns the HRESULT.
        int Call(Method method, object[] arguments);

        /// Waits until `wake` is set, letting events come in meanwhile; may return early.
        void Wait(WaitHandle wake);
    }

    /// One event, read by name as table 2 has it. Every getter returns an HRESULT.
    public interface ICcasEvent {
        int GetType(out int type);
        int GetLong(string name, out int value);
        int GetString(string name, out string value);
    }

    public static class HResult {
        public const int Ok = 0;
        public const int Fail = -2147467259;              // E_FAIL
        public const int UnknownName = -2147352570;       // DISP_E_UNKNOWNNAME
        public const int TypeMismatch = -2147352571;      // DISP_E_TYPEMISMATCH
        public const int ParameterMissing = -2147352561;  // DISP_E_PARAMNOTOPTIONAL

        public static string Name(int result) {
            return result == Fail ? "E_FAIL" : "HRESULT 0x" + result.ToString("X8", CultureInfo.InvariantCulture);
        }
    }

    /// The event types of tables 3 and 4: number, name, parameters. A name ending in # is a Long, any other a String;
    /// a second spelling after | is the one that the guide's sample code asks for.
    public static class Events {
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

    public sealed class EventType {
        public readonly string Name;
        public readonly List<EventParameter> Parameters = new List<EventParameter>();

        public EventType(string name, string parameters) {
            Name = name;
            foreach (string word in parameters.Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
                Parameters.Add(new EventParameter(word));
        }
    }

    public sealed class EventParameter {
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

    public enum Kind { Long, String, Bool, Date, Variant }

    /// The methods of table 1, with their parameters in the guide's order. Where the guide prints the l of a LONG as a
    /// capital I, the l stands here.
    public static class Methods {
        public static readonly Dictionary<string, Method> All =
            new Dictionary<string, Method>(StringComparer.OrdinalIgnoreCase);

        static Methods() {
            foreach (string signature in new[] {
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
                "SendDTMF(long lAgentRecID, long lCallID, string bstrDigits)",
            }) {
                var method = new Method(signature);
                All.Add(method.Name, method);
            }
        }
    }

    public sealed class Method {
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
        public object[] Arguments(Line given) {
            var named = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            foreach (KeyValuePair<string, object> pair in given) named[pair.Key] = pair.Value;
            var arguments = new object[Parameters.Count];
            for (int i = 0; i < arguments.Length; i++) {
                Parameter parameter = Parameters[i];
                if (parameter.Out) {
                    arguments[i] = parameter.Empty();
                    continue;
                }
                object value;
                if (!named.TryGetValue(parameter.Name, out value))
                    throw new CallError(HResult.ParameterMissing, Name + " needs the argument " + parameter.Name);
                named.Remove(parameter.Name);
                arguments[i] = parameter.FromJson(value, Name);
            }
            foreach (string name in named.Keys)
                throw new CallError(HResult.UnknownName, Name + " takes no argument " + name);
            return arguments;
        }

        public Line Results(object[] arguments) {
            var results = new Line();
            for (int i = 0; i < arguments.Length; i++)
                if (Parameters[i].Out) results.Add(Parameters[i].Name, Parameters[i].ToJson(arguments[i]));
            return results;
        }
    }

    public sealed class Parameter {
        public readonly bool Out;
        public readonly Kind Kind;
        public readonly string Name;

        static readonly string[] dates =
            { "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd" };

        public Parameter(string[] words) {
            Out = words[0] == "out";
            Kind = (Kind)Enum.Parse(typeof(Kind), words[words.Length - 2], true);
            Name = words[words.Length - 1];
        }

        /// What an out parameter holds before the call. Its type decides what COM is offered to write to: a null
        /// becomes a VARIANT, which is what the guide's VARIANT* wants.
        public object Empty() {
            switch (Kind) {
                case Kind.Long: return 0;
                case Kind.String: return "";
                case Kind.Bool: return false;
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
            }
            // The value itself stays out of the text: it may be a PIN.
            throw new CallError(HResult.TypeMismatch, method + " needs " + Wanted() + " as " + Name);
        }

        string Wanted() {
            switch (Kind) {
                case Kind.Long: return "a whole number of 32 bits";
                case Kind.Bool: return "true or false";
                case Kind.Date: return "a time like 2026-03-01T09:30:00 (local, or with Z or an offset)";
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

    /// A call that the relay itself refuses, before the platform sees it.
    public sealed class CallError : Exception {
        public readonly int Result;

        public CallError(int result, string message) : base(message) {
            Result = result;
        }
    }

    // --------------------------------------------------------------------------------------------------- lines of JSON

    /// One line of the protocol: a JSON object. Read values are string, long, double, bool, null, List<object>, Line.
    public sealed class Line : Dictionary<string, object> {
        public object Get(string name) {
            object value;
            return TryGetValue(name, out value) ? value : null;
        }
    }

    public static class Json {
        const int Deepest = 32;

        public static Line ParseLine(string text) {
            int at = 0;
            object value = Value(text, ref at, 0);
            Space(text, ref at);
            if (at < text.Length) throw Wrong("something follows the object", at);
            var line = value as Line;
            if (line == null) throw new FormatException("a line must be a JSON object");
            return line;
        }

        static object Value(string text, ref int at, int depth) {
            if (depth > Deepest) throw Wrong("nested too deeply", at);
            Space(text, ref at);
            if (at >= text.Length) throw Wrong("ends too early", at);
            switch (text[at]) {
                case '{': return Members(text, ref at, depth);
                case '[': return Items(text, ref at, depth);
                case '"': return Text(text, ref at);
                case 't': return Word(text, ref at, "true", true);
                case 'f': return Word(text, ref at, "false", false);
                case 'n': return Word(text, ref at, "null", null);
                default: return Number(text, ref at);
            }
        }

        static Line Members(string text, ref int at, int depth) {
            var members = new Line();
            if (Opens(text, ref at, '}')) return members;
            do {
                Space(text, ref at);
                if (at >= text.Length || text[at] != '"') throw Wrong("a member name is missing", at);
                string name = Text(text, ref at);
                Space(text, ref at);
                if (at >= text.Length || text[at++] != ':') throw Wrong("a colon is missing", at);
                members[name] = Value(text, ref at, depth + 1);
            } while (Continues(text, ref at, '}'));
            return members;
        }

        static List<object> Items(string text, ref int at, int depth) {
            var items = new List<object>();
            if (Opens(text, ref at, ']')) return items;
            do items.Add(Value(text, ref at, depth + 1)); while (Continues(text, ref at, ']'));
            return items;
        }

        static bool Opens(string text, ref int at, char end) {
            at++;
            Space(text, ref at);
            if (at >= text.Length || text[at] != end) return false;
            at++;
            return true;
        }

        static bool Continues(string text, ref int at, char end) {
            Space(text, ref at);
            if (at < text.Length && text[at] == ',') { at++; return true; }
            if (at < text.Length && text[at] == end) { at++; return false; }
            throw Wrong("a comma or " + end + " is missing", at);
        }

        static string Text(string text, ref int at) {
            var result = new StringBuilder();
            for (at++; at < text.Length; at++) {
                char c = text[at];
                if (c == '"') { at++; return result.ToString(); }
                if (c < ' ') throw Wrong("a control character in a text", at);
                if (c != '\\') { result.Append(c); continue; }
                if (++at >= text.Length) break;
                int simple = "\"\\/bfnrt".IndexOf(text[at]);
                if (simple >= 0) { result.Append("\"\\/\b\f\n\r\t"[simple]); continue; }
                ushort code;
                if (text[at] != 'u' || at + 4 >= text.Length || !ushort.TryParse(text.Substring(at + 1, 4),
                        NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                    throw Wrong("an unknown escape", at);
                result.Append((char)code);
                at += 4;
            }
            throw Wrong("a text does not end", at);
        }

        static object Number(string text, ref int at) {
            int start = at;
            while (at < text.Length && "+-.eE0123456789".IndexOf(text[at]) >= 0) at++;
            string digits = text.Substring(start, at - start);
            long whole;
            if (Whole(digits, out whole)) return whole;
            double real;
            if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out real)) return real;
            throw Wrong("not a value", start);
        }

        public static bool Whole(string digits, out long number) {
            return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
        }

        static object Word(string text, ref int at, string word, object value) {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) throw Wrong("not a value", at);
            at += word.Length;
            return value;
        }

        static void Space(string text, ref int at) {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
        }

        static FormatException Wrong(string what, int at) {
            return new FormatException("not JSON: " + what + " at character " + (at + 1));
        }

        public static string Write(object value) {
            var text = new StringBuilder();
            Write(text, value);
            return text.ToString();
        }

        static void Write(StringBuilder text, object value) {
            var members = value as Line;
            var items = value as List<object>;
            if (value == null) text.Append("null");
            else if (value is bool) text.Append((bool)value ? "true" : "false");
            else if (value is string) WriteText(text, (string)value);
            else if (value is double) text.Append(((double)value).ToString("R", CultureInfo.InvariantCulture));
            else if (members != null) {
                text.Append('{');
                foreach (KeyValuePair<string, object> member in members) {
                    if (text[text.Length - 1] != '{') text.Append(',');
                    WriteText(text, member.Key);
                    text.Append(':');
                    Write(text, member.Value);
                }
                text.Append('}');
            } else if (items != null) {
                text.Append('[');
                for (int i = 0; i < items.Count; i++) {
                    if (i > 0) text.Append(',');
                    Write(text, items[i]);
                }
                text.Append(']');
            } else if (value is int || value is long) text.Append(((IFormattable)value).ToString("D", null));
            else WriteText(text, Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        static void WriteText(StringBuilder text, string value) {
            text.Append('"');
            foreach (char c in value) {
                if (c == '"' || c == '\\') text.Append('\\').Append(c);
                else if (c < ' ') text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                else text.Append(c);
            }
            text.Append('"');
        }
    }

    // ----------------------------------------------------------------------------------- what the bridge is to be told

    /// Who is logged on, which groups there are and whether the platform is there, as of everything that has left the
    /// outbox. CCAS tells this only once per connection; a bridge that comes back needs it again and gets it from here.
    /// Because events that had to be dropped are counted in as well, it is right whatever became of them.
    public sealed class Snapshot {
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

    /// What waits to be sent: events, which outlive a bridge connection up to the bound, and the replies and pongs of
    /// the present connection, which do not. Beyond the bound the oldest event goes: what came later says more about
    /// now, and a call whose end arrives unknown harms nobody, while one whose end is missing would never end.
    public sealed class Outbox {
        public sealed class Entry {
            public Line Line;
            public bool IsEvent;
        }

        readonly object gate = new object();
        readonly int bound;
        readonly Log log;
        readonly LinkedList<Entry> waiting = new LinkedList<Entry>();
        readonly Queue<Line> pongs = new Queue<Line>();
        readonly Snapshot told = new Snapshot();
        int events;             // entries of `waiting` that are events
        int connection;         // the number of the present connection; replies carry it
        bool open;              // a connection is there
        bool greeted;           // … and has been told the snapshot, so that a gap in the events would mislead it
        bool gap;
        long lost, lostTold;    // dropped beyond the bound; the part just reported and not yet confirmed by a ping
        long unsure, unsureTold, sentSincePing;
        Entry writing;          // being written; if that fails it is still there

        public Outbox(int bound, Log log) {
            this.bound = bound;
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
                return Json.Write(entry.Line);
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

    // ----------------------------------------------------------------------------------------------- the platform side

    public sealed class Call {
        public int Connection;
        public object Id;
        public Method Method;
        public object[] Arguments;
    }

    /// Keeps the COM object connected and runs calls on it, all on one thread in a single-threaded apartment.
    public sealed class Platform {
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

        public void Submit(Call call) {
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

    // ------------------------------------------------------------------------------------------------- the bridge side

    /// Keeps the connection to the bridge. Its own thread connects and writes; each connection has another that reads.
    public sealed class BridgeLink {
        const int Version = 1;

        readonly Options options;
        readonly Outbox outbox;
        readonly Platform platform;
        readonly Log log;
        readonly Backoff backoff;
        readonly Thread thread;
        readonly ManualResetEvent stop = new ManualResetEvent(false);
        volatile Connection present;

        public BridgeLink(Options options, Outbox outbox, Platform platform, Log log) {
            this.options = options;
            this.outbox = outbox;
            this.platform = platform;
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
                log.Write("bridge: trying again in " + Log.Seconds(delay));
                stop.WaitOne(delay);
            }
        }

        void Converse(Connection connection) {
            connection.Number = outbox.Open();
            var reader = new Thread(() => Listen(connection)) { Name = "bridge reader", IsBackground = true };
            try {
                connection.Send(Json.Write(new Line {
                    { "hello", "ccas-relay" }, { "version", Version }, { "token", options.Token() },
                }));
                reader.Start();
                // A bridge that refuses the hello would swallow what follows it.
                connection.AwaitAcceptance();
                foreach (string line in outbox.Greeting()) connection.Send(line);
                log.Write("bridge: connected to " + options.BridgeHost + ":" + options.BridgePort);
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
                connection.End("it refused the relay: " + (line["error"] as string ?? Json.Write(line["error"])));
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
                var name = line["call"] as string;
                Method method;
                if (name == null || !Methods.All.TryGetValue(name, out method))
                    throw new CallError(HResult.UnknownName, "the guide has no method " + Json.Write(line["call"]));
                var arguments = (line.Get("args") ?? new Line()) as Line;
                if (arguments == null) throw new CallError(HResult.TypeMismatch, "args must be an object");
                platform.Submit(new Call {
                    Connection = connection.Number, Id = id, Method = method, Arguments = method.Arguments(arguments),
                });
            } catch (CallError e) {
                outbox.Reply(connection.Number, Refusal(id, e.Result, e.Message));
            }
        }

        public static Line Refusal(object id, int result, string text) {
            return new Line { { "id", id }, { "hresult", result }, { "error", text } };
        }
    }

    /// One connection to the bridge: lines in, lines out, and a watch over both.
    public sealed class Connection : IDisposable {
        const int LongestLine = 1 << 20;
        static readonly Encoding utf8 = new UTF8Encoding(false);
        static readonly TimeSpan connectTimeout = TimeSpan.FromSeconds(10);

        readonly Options options;
        readonly Socket socket;
        readonly ManualResetEvent accepted = new ManualResetEvent(false);
        readonly ManualResetEvent ended = new ManualResetEvent(false);
        readonly byte[] buffer = new byte[8192];
        readonly Timer watch;
        readonly object gate = new object();
        Stream stream;
        int filled, taken;
        long heard = Stopwatch.GetTimestamp();
        long writing;            // when the present write began, 0 if there is none

        public int Number;
        public string Reason { get; private set; }

        public Connection(Options options) {
            this.options = options;
            socket = Dial(options);
            socket.NoDelay = true;
            stream = new NetworkStream(socket, false);
            var period = TimeSpan.FromMilliseconds(Math.Min(1000, options.Silence.TotalMilliseconds / 4));
            watch = new Timer(_ => Watch(), null, period, period);
        }

        static Socket Dial(Options options) {
            Exception last = null;
            foreach (IPAddress address in Dns.GetHostAddresses(options.BridgeHost)) {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try {
                    IAsyncResult connecting = socket.BeginConnect(address, options.BridgePort, null, null);
                    if (!connecting.AsyncWaitHandle.WaitOne(connectTimeout)) throw new IOException("no answer from it");
                    socket.EndConnect(connecting);
                    return socket;
                } catch (Exception e) {
                    socket.Close();
                    last = e;
                }
            }
            throw new IOException("cannot connect to " + options.BridgeHost + ":" + options.BridgePort +
                (last == null ? ": the name has no address" : ": " + last.Message));
        }

        public void Secure(Log log) {
            if (!options.Tls) {
                if (!IPAddress.IsLoopback(((IPEndPoint)socket.RemoteEndPoint).Address))
                    log.Write("bridge: without TLS the token and all events cross the network in the clear");
                return;
            }
            var tls = new SslStream(stream, false, options.Verify);
            tls.AuthenticateAsClient(options.TlsName ?? options.BridgeHost, null, SslProtocols.Tls12, false);
            stream = tls;
        }

        public void Send(string line) {
            // Whatever the bridge has said is read first: its farewell must not find the relay writing to nobody.
            for (int i = 0; i < 50 && accepted.WaitOne(0) && !ended.WaitOne(0); i++) {
                if (!socket.Poll(0, SelectMode.SelectRead)) break;
                Thread.Sleep(1);
            }
            if (ended.WaitOne(0)) throw new IOException(Reason ?? "the connection has ended");
            byte[] bytes = utf8.GetBytes(line + "\n");
            Interlocked.Exchange(ref writing, Stopwatch.GetTimestamp());
            stream.Write(bytes, 0, bytes.Length);
            Interlocked.Exchange(ref writing, 0);
        }

        /// The next line, null at the end of the connection.
        public string ReadLine() {
            var line = new MemoryStream();
            for (;;) {
                if (taken == filled) {
                    taken = 0;
                    filled = stream.Read(buffer, 0, buffer.Length);
                    if (filled == 0) return null;
                    Interlocked.Exchange(ref heard, Stopwatch.GetTimestamp());
                }
                int end = Array.IndexOf(buffer, (byte)'\n', taken, filled - taken);
                int stop = end < 0 ? filled : end;
                line.Write(buffer, taken, stop - taken);
                if (line.Length > LongestLine) throw new IOException("it sent a line of more than 1 MiB");
                taken = end < 0 ? filled : end + 1;
                if (end >= 0) return utf8.GetString(line.GetBuffer(), 0, (int)line.Length);
            }
        }

        public void Accept() {
            accepted.Set();
        }

        /// Waits for the bridge's first word, a while at most: a refusal comes at once, an acceptance needs no word.
        public void AwaitAcceptance() {
            WaitHandle.WaitAny(new WaitHandle[] { accepted, ended }, options.HelloGrace);
            accepted.Set();
        }

        void Watch() {
            if (Since(ref heard) > options.Silence) End("it has been silent for " + Log.Seconds(options.Silence));
            else if (Interlocked.Read(ref writing) != 0 && Since(ref writing) > options.Silence)
                End("it has read nothing for " + Log.Seconds(options.Silence));
        }

        static TimeSpan Since(ref long moment) {
            long then = Interlocked.Read(ref moment);
            return TimeSpan.FromSeconds((Stopwatch.GetTimestamp() - then) / (double)Stopwatch.Frequency);
        }

        /// Ends the connection, from any thread; the first reason stands.
        public void End(string reason) {
            lock (gate) {
                if (ended.WaitOne(0)) return;
                Reason = reason;
                ended.Set();
            }
            try {
                // Unlike Close alone, this wakes a thread that blocks in Read or Write.
                socket.Shutdown(SocketShutdown.Both);
            } catch (SocketException) {
                // It was gone already.
            }
            socket.Close();
        }

        public void Dispose() {
            watch.Dispose();
            End(null);
            stream.Dispose();
        }
    }

    /// Waiting times that double up to a limit, each cut by up to a half at random so that nobody comes back in step.
    public sealed class Backoff {
        readonly TimeSpan first, longest;
        readonly Random random = new Random(Guid.NewGuid().GetHashCode());
        TimeSpan next;

        public Backoff(TimeSpan first, TimeSpan longest) {
            this.first = next = first;
            this.longest = longest;
        }

        public TimeSpan Next() {
            lock (random) {
                double seconds = next.TotalSeconds * (1 - random.NextDouble() / 2);
                next = TimeSpan.FromSeconds(Math.Min(next.TotalSeconds * 2, longest.TotalSeconds));
                return TimeSpan.FromSeconds(seconds);
            }
        }

        public void Reset() {
            lock (random) next = first;
        }
    }

    // -------------------------------------------------------------------------------------------------- the COM object

    /// The real thing, late bound: no type library is needed to build the relay, and whatever version of
    /// CCASComClient.dll is registered serves. Interfaces and dispatch ids, which the guide does not print, are looked
    /// up in the object's own type information.
    public sealed class ComCcas : ICcas {
        const string Dll = "CCASComClient.dll";

        readonly object com;
        readonly Guid source;
        readonly int eventId, disconnectId;
        readonly Action<object> onEvent;
        readonly Action onDisconnect;

        public event Action<ICcasEvent> Happened;
        public event Action Disconnected;

        public ComCcas(string configuredClass) {
            com = Activator.CreateInstance(FindClass(configuredClass));
            FindSource(com, out source, out eventId, out disconnectId);
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
            return Invoke(com, method.Name, arguments, isOut);
        }

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
        public void Wait(WaitHandle wake) {
            const uint Infinite = 0xFFFFFFFF, AllInput = 0x04FF, InputAvailable = 4, Remove = 1;
            var handles = new[] { wake.SafeWaitHandle.DangerousGetHandle() };
            MsgWaitForMultipleObjectsEx(1, handles, Infinite, AllInput, InputAvailable);
            Message message;
            while (PeekMessage(out message, IntPtr.Zero, 0, 0, Remove)) {
                TranslateMessage(ref message);
                DispatchMessage(ref message);
            }
        }

        public void Dispose() {
            ComEventsHelper.Remove(com, source, eventId, onEvent);
            ComEventsHelper.Remove(com, source, disconnectId, onDisconnect);
            Marshal.FinalReleaseComObject(com);
        }

        /// The configured class, a ProgID or {CLSID}; otherwise the client class of the registered CCASComClient.dll.
        static Type FindClass(string configured) {
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
                    if (!path.EndsWith(Dll, StringComparison.OrdinalIgnoreCase)) continue;
                    string name = Default(classes, clsid) + " " + Default(classes, clsid + "\\ProgID");
                    found.Add(clsid);
                    if (name.IndexOf("CCASClient", StringComparison.OrdinalIgnoreCase) >= 0) clients.Add(clsid);
                }
            }
            if (clients.Count == 0) clients = found;
            if (clients.Count == 1) return Type.GetTypeFromCLSID(new Guid(clients[0]));
            throw new IOException(clients.Count > 1
                ? Dll + " has several classes, set `class` to one of " + string.Join(", ", clients.ToArray())
                : Dll + " is not registered" + (IntPtr.Size == 4 ? "" : " for 64 bits: build with /platform:x86"));
        }

        static string Default(Microsoft.Win32.RegistryKey key, string path) {
            using (Microsoft.Win32.RegistryKey inner = key.OpenSubKey(path))
                return inner == null ? "" : inner.GetValue(null) as string ?? "";
        }

        /// The interface of the object's type library that has OnEvent and OnDisconnect and that the object sends.
        static void FindSource(object com, out Guid source, out int eventId, out int disconnectId) {
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
                if (Sends(info, points, out source, out eventId, out disconnectId)) return;
            }
            throw new IOException("the object sends no interface of its type library with OnEvent and OnDisconnect");
        }

        static bool Sends(ComTypes.ITypeInfo info, ComTypes.IConnectionPointContainer points, out Guid source,
                          out int eventId, out int disconnectId) {
            IntPtr pointer;
            info.GetTypeAttr(out pointer);
            var attributes = (ComTypes.TYPEATTR)Marshal.PtrToStructure(pointer, typeof(ComTypes.TYPEATTR));
            info.ReleaseTypeAttr(pointer);
            source = attributes.guid;
            bool hasEvent = HasFunction(info, attributes.cFuncs, "OnEvent", out eventId);
            bool hasDisconnect = HasFunction(info, attributes.cFuncs, "OnDisconnect", out disconnectId);
            if (!hasEvent || !hasDisconnect) return false;
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

    public sealed class ComEvent : ICcasEvent {
        readonly object com;

        public ComEvent(object com) {
            this.com = com;
        }

        public int GetType(out int type) {
            var arguments = new object[] { 0 };
            int result = ComCcas.Invoke(com, "GetType", arguments, true);
            type = result < 0 ? 0 : Convert.ToInt32(arguments[0], CultureInfo.InvariantCulture);
            return result;
        }

        public int GetLong(string name, out int value) {
            var arguments = new object[] { name, 0 };
            int result = ComCcas.Invoke(com, "GetLongValue", arguments, false, true);
            value = result < 0 ? 0 : Convert.ToInt32(arguments[1], CultureInfo.InvariantCulture);
            return result;
        }

        public int GetString(string name, out string value) {
            var arguments = new object[] { name, "" };
            int result = ComCcas.Invoke(com, "GetStringValue", arguments, false, true);
            value = result < 0 ? null : arguments[1] as string;
            return result;
        }
    }

    // ----------------------------------------------------------------------------------------------- running the relay

    /// A setting that is wrong, with where it stands; whoever configures the relay is meant to read it.
    public sealed class OptionError : Exception {
        public OptionError(string message) : base(message) {
        }
    }

    /// The settings: `key = value` lines of a file, then flags. README.md explains each.
    public sealed class Options {
        public string BridgeHost, CcasHost, CcasNic = "", Class, TlsName, LogonUser, LogFile;
        public int BridgePort, CcasPort, LogonTenant = -1, Queue = 10000;
        public bool Tls, Service, Help;
        public TimeSpan Silence = TimeSpan.FromSeconds(35), HelloGrace = TimeSpan.FromSeconds(2),
            RetryMin = TimeSpan.FromSeconds(1), RetryMax = TimeSpan.FromSeconds(30);

        string token, tokenFile, logonPassword, logonPasswordFile, thumbprint;
        X509Certificate2 authority;

        public static Options Read(string[] arguments) {
            var options = new Options();
            var flags = new List<KeyValuePair<string, string>>();
            for (int i = 0; i < arguments.Length; i++) {
                string flag = arguments[i];
                if (!flag.StartsWith("--", StringComparison.Ordinal)) throw new OptionError(flag + ": not a flag");
                string key = flag.Substring(2).Replace('-', '_');
                if (key == "service") options.Service = true;
                else if (key == "help") options.Help = true;
                else if (i + 1 == arguments.Length) throw new OptionError(flag + ": needs a value");
                else if (key == "config") options.ReadFile(arguments[++i]);
                else flags.Add(new KeyValuePair<string, string>(key, arguments[++i]));
            }
            if (options.Help) return options;
            foreach (KeyValuePair<string, string> flag in flags) {
                string name = "--" + flag.Key.Replace('_', '-');
                if (flag.Key == "token" || flag.Key == "logon_password")
                    throw new OptionError(name + ": a secret has no place on a command line; use " + name + "-file");
                options.Set(flag.Key, flag.Value, Directory.GetCurrentDirectory(), name);
            }
            options.Check();
            return options;
        }

        void ReadFile(string path) {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path));
            int number = 0;
            foreach (string line in ReadText(path, "--config").Split('\n')) {
                number++;
                string text = line.Trim();
                if (text.Length == 0 || text[0] == '#') continue;
                int equals = text.IndexOf('=');
                string where = path + ":" + number;
                if (equals < 0) throw new OptionError(where + ": expected `key = value`");
                string key = text.Substring(0, equals).Trim();
                Set(key, text.Substring(equals + 1).Trim(), folder, where + ": " + key);
            }
        }

        void Set(string key, string value, string folder, string where) {
            switch (key) {
                case "bridge": Address(value, where, out BridgeHost, out BridgePort); break;
                case "token": token = value; tokenFile = null; break;
                case "token_file": tokenFile = Path.Combine(folder, value); break;
                case "tls": Tls = Truth(value, where); break;
                case "tls_name": TlsName = value; break;
                case "tls_ca": authority = Certificate(Path.Combine(folder, value), where); break;
                case "tls_thumbprint": thumbprint = Thumbprint(value, where); break;
                case "ccas": Address(value, where, out CcasHost, out CcasPort); break;
                case "ccas_nic": CcasNic = value; break;
                case "class": Class = value; break;
                case "logon_user": LogonUser = value; break;
                case "logon_password": logonPassword = value; logonPasswordFile = null; break;
                case "logon_password_file": logonPasswordFile = Path.Combine(folder, value); break;
                case "logon_tenant": LogonTenant = Number(value, where, -1, int.MaxValue); break;
                case "queue": Queue = Number(value, where, 1, 10000000); break;
                case "silence": Silence = Seconds(value, where); break;
                case "hello_grace": HelloGrace = Seconds(value, where); break;
                case "retry_min": RetryMin = Seconds(value, where); break;
                case "retry_max": RetryMax = Seconds(value, where); break;
                case "log": LogFile = Path.Combine(folder, value); break;
                default: throw new OptionError(where + ": no such setting");
            }
        }

        void Check() {
            if (BridgeHost == null) throw new OptionError("bridge: missing, the host:port where cti-bridge listens");
            if (CcasHost == null) throw new OptionError("ccas: missing, the host:port of the Agent Service");
            if (token == null && tokenFile == null) throw new OptionError("token_file: missing, and token as well");
            if (LogonUser != null && logonPassword == null && logonPasswordFile == null)
                throw new OptionError("logon_password_file: missing, although logon_user is set");
            if (!Tls && (TlsName != null || authority != null || thumbprint != null))
                throw new OptionError("tls: must be true for tls_name, tls_ca or tls_thumbprint to mean anything");
            if (RetryMax < RetryMin) throw new OptionError("retry_max: less than retry_min");
            Token();
            if (LogonUser != null) LogonPassword();
        }

        /// Read anew for every connection, so that a changed secret needs no restart.
        public string Token() {
            return tokenFile == null ? token : ReadText(tokenFile, "token_file").Trim();
        }

        public string LogonPassword() {
            if (logonPasswordFile == null) return logonPassword;
            return ReadText(logonPasswordFile, "logon_password_file").Trim();
        }

        /// Whether the bridge's certificate is to be believed: the pinned one; one by the given authority; otherwise
        /// one that the machine trusts. The name must fit unless the certificate itself is pinned.
        public bool Verify(object sender, X509Certificate certificate, X509Chain chain, SslPolicyErrors errors) {
            if (certificate == null) return false;
            if (thumbprint != null) return thumbprint == Fingerprint(certificate);
            if (authority == null) return errors == SslPolicyErrors.None;
            // The name is checked by hand: not every framework still looks at it once the chain has failed.
            return (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && ByAuthority(certificate, chain) &&
                HasName(new X509Certificate2(certificate), TlsName ?? BridgeHost);
        }

        bool ByAuthority(X509Certificate certificate, X509Chain sent) {
            var chain = new X509Chain();
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
            chain.ChainPolicy.ExtraStore.Add(authority);
            foreach (X509ChainElement link in sent.ChainElements) chain.ChainPolicy.ExtraStore.Add(link.Certificate);
            if (!chain.Build(new X509Certificate2(certificate))) return false;
            X509ChainElementCollection elements = chain.ChainElements;
            return Fingerprint(elements[elements.Count - 1].Certificate) == Fingerprint(authority);
        }

        /// Whether the certificate's alternative names, a DER sequence, include a host name or address.
        static bool HasName(X509Certificate2 certificate, string name) {
            const byte Dns = 0x82, Ip = 0x87;
            X509Extension extension = certificate.Extensions["2.5.29.17"];
            if (extension == null) return false;
            byte[] names = extension.RawData;
            IPAddress address;
            bool isAddress = IPAddress.TryParse(name, out address);
            int at = 0;
            Length(names, ref at); // the sequence's own
            while (at < names.Length) {
                byte tag = names[at];
                int length = Length(names, ref at);
                if (length > names.Length - at) return false;
                var value = new byte[length];
                Array.Copy(names, at, value, 0, length);
                at += length;
                if (isAddress ? tag == Ip && Same(value, address.GetAddressBytes())
                              : tag == Dns && Covers(Encoding.ASCII.GetString(value), name)) return true;
            }
            return false;
        }

        /// Steps over a tag and its length, and gives the length; one that makes no sense is longer than anything.
        static int Length(byte[] der, ref int at) {
            if (at + 1 >= der.Length) return int.MaxValue;
            int length = der[at + 1];
            at += 2;
            if (length < 0x80) return length;
            int bytes = length & 0x7F;
            if (bytes == 0 || bytes > 3 || bytes > der.Length - at) return int.MaxValue;
            for (length = 0; bytes > 0; bytes--) length = length << 8 | der[at++];
            return length;
        }

        static bool Same(byte[] one, byte[] other) {
            return BitConverter.ToString(one) == BitConverter.ToString(other);
        }

        /// `*.` at the beginning stands for one label.
        static bool Covers(string pattern, string name) {
            if (pattern.StartsWith("*.", StringComparison.Ordinal) && name.IndexOf('.') > 0) {
                pattern = pattern.Substring(1);
                name = name.Substring(name.IndexOf('.'));
            }
            return string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);
        }

        static string Fingerprint(X509Certificate certificate) {
            using (SHA256 sha = SHA256.Create())
                return BitConverter.ToString(sha.ComputeHash(certificate.GetRawCertData())).Replace("-", "");
        }

        static string Thumbprint(string value, string where) {
            string digits = value.Replace(":", "").Replace(" ", "").ToUpperInvariant();
            if (digits.Length != 64 || digits.Trim("0123456789ABCDEF".ToCharArray()).Length != 0)
                throw new OptionError(where + ": needs the certificate's SHA-256, 64 hexadecimal digits");
            return digits;
        }

        static X509Certificate2 Certificate(string path, string where) {
            try {
                return new X509Certificate2(path);
            } catch (CryptographicException e) {
                throw new OptionError(where + ": " + path + " holds no certificate: " + e.Message);
            }
        }

        static string ReadText(string path, string where) {
            try {
                return File.ReadAllText(path);
            } catch (SystemException e) {
                throw new OptionError(where + ": " + e.Message);
            }
        }

        static void Address(string value, string where, out string host, out int port) {
            int colon = value.LastIndexOf(':');
            if (colon < 1) throw new OptionError(where + ": needs host:port");
            host = value.Substring(0, colon).Trim('[', ']');
            port = Number(value.Substring(colon + 1), where, 1, 65535);
        }

        static int Number(string value, string where, int least, int most) {
            int number;
            if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ||
                number < least || number > most)
                throw new OptionError(where + ": needs a whole number from " + least + " to " + most);
            return number;
        }

        static TimeSpan Seconds(string value, string where) {
            double seconds;
            if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) ||
                seconds <= 0 || seconds > 86400)
                throw new OptionError(where + ": needs a number of seconds");
            return TimeSpan.FromSeconds(seconds);
        }

        static bool Truth(string value, string where) {
            if (value != "true" && value != "false") throw new OptionError(where + ": needs true or false");
            return value == "true";
        }
    }

    /// A line per happening, to standard error or a file. It never holds a secret, nor what an event or a call says.
    public sealed class Log {
        const long Largest = 10 << 20;
        readonly object gate = new object();
        readonly string path;

        public Log(string path) {
            this.path = path;
        }

        public void Write(string text) {
            string line = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture) +
                text.Replace('\r', ' ').Replace('\n', ' ');
            lock (gate) {
                if (path == null) {
                    Console.Error.WriteLine(line);
                    return;
                }
                try {
                    if (File.Exists(path) && new FileInfo(path).Length > Largest) {
                        File.Delete(path + ".old");
                        File.Move(path, path + ".old");
                    }
                    File.AppendAllText(path, line + Environment.NewLine);
                } catch (SystemException e) {
                    // A full disk must not stop the relay.
                    Console.Error.WriteLine(line + " (" + e.Message + ")");
                }
            }
        }

        public static string Describe(Exception e) {
            return e.InnerException == null ? e.Message : e.Message + ": " + Describe(e.InnerException);
        }

        public static string Seconds(TimeSpan time) {
            return time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
        }
    }

    /// Both sides together.
    public sealed class Relay {
        readonly Platform platform;
        readonly BridgeLink bridge;

        public Relay(Options options, Func<ICcas> create, Log log) {
            var outbox = new Outbox(options.Queue, log);
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

    public sealed class RelayService : ServiceBase {
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

    public static class Program {
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
                options = Options.Read(arguments);
            } catch (OptionError e) {
                Console.Error.WriteLine("CcasRelay: " + e.Message);
                // Nobody sees what a service writes to its console.
                if (Array.IndexOf(arguments, "--service") >= 0) new Log(ServiceLog).Write("relay: " + e.Message);
                return 2;
            }
            if (options.Help) {
                Console.WriteLine(Usage);
                return 0;
            }
            var log = new Log(options.LogFile ?? (options.Service ? ServiceLog : null));
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
