// The line protocol that the relays and the .NET adapter speak with cti-bridge: lines of JSON over TCP or TLS, the settings
// that lead to the bridge, and the log. It knows no method and no event; each program's README has its lines.
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
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;

namespace RelayLine {
    /// One line of the protocol: a JSON object, whose names are found in any case. Read values are string, long, double, bool,
    /// null, List<object>, Line.
    sealed class Line : Dictionary<string, object> {
        public Line() : base(StringComparer.OrdinalIgnoreCase) {
        }

        public object Get(string name) {
            object value;
            return TryGetValue(name, out value) ? value : null;
        }
    }

    static class Json {
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

        /// Within a length in bytes, 0 for none: the longest text is cut in half until the whole fits. Where no text is to
        /// blame, it stays as long as it is.
        public static string Write(Line line, int longest) {
            string text = Write(line);
            while (longest > 0 && Encoding.UTF8.GetByteCount(text) > longest) {
                Action<string> shorten = null;
                string found = "";
                FindLongest(line, ref found, ref shorten);
                if (found.Length < 16) break;
                shorten(found.Substring(0, found.Length / 2 - 1) + "…");
                text = Write(line);
            }
            return text;
        }

        static void FindLongest(object value, ref string found, ref Action<string> shorten) {
            var members = value as Line;
            var items = value as List<object>;
            if (members != null) {
                foreach (string name in new List<string>(members.Keys)) {
                    string key = name;
                    Consider(members[key], shorter => members[key] = shorter, ref found, ref shorten);
                }
            } else if (items != null) {
                for (int i = 0; i < items.Count; i++) {
                    int place = i;
                    Consider(items[i], shorter => items[place] = shorter, ref found, ref shorten);
                }
            }
        }

        static void Consider(object value, Action<string> replace, ref string found, ref Action<string> shorten) {
            var text = value as string;
            if (text == null) {
                FindLongest(value, ref found, ref shorten);
            } else if (text.Length > found.Length) {
                found = text;
                shorten = replace;
            }
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

    /// One connection to the bridge: lines in, lines out, and a watch over both.
    sealed class Connection : IDisposable {
        const int LongestLine = 1 << 20;
        static readonly Encoding utf8 = new UTF8Encoding(false);
        static readonly TimeSpan connectTimeout = TimeSpan.FromSeconds(10);

        readonly BridgeSettings settings;
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

        public int Number { get; set; }
        public string Reason { get; private set; }

        public Connection(BridgeSettings settings) {
            this.settings = settings;
            socket = Dial(settings);
            socket.NoDelay = true;
            stream = new NetworkStream(socket, false);
            var period = TimeSpan.FromMilliseconds(Math.Min(1000, settings.Silence.TotalMilliseconds / 4));
            watch = new Timer(_ => Watch(), null, period, period);
        }

        static Socket Dial(BridgeSettings settings) {
            Exception last = null;
            foreach (IPAddress address in Dns.GetHostAddresses(settings.BridgeHost)) {
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try {
                    IAsyncResult connecting = socket.BeginConnect(address, settings.BridgePort, null, null);
                    if (!connecting.AsyncWaitHandle.WaitOne(connectTimeout)) throw new IOException("no answer from it");
                    socket.EndConnect(connecting);
                    return socket;
                } catch (Exception e) {
                    socket.Close();
                    last = e;
                }
            }
            throw new IOException("cannot connect to " + settings.BridgeHost + ":" + settings.BridgePort +
                (last == null ? ": the name has no address" : ": " + last.Message));
        }

        public void Secure(Log log) {
            if (!settings.Tls) {
                if (!IPAddress.IsLoopback(((IPEndPoint)socket.RemoteEndPoint).Address))
                    log.Write("bridge: without TLS the token and all events cross the network in the clear");
                return;
            }
            var tls = new SslStream(stream, false, settings.Verify);
            tls.AuthenticateAsClient(settings.TlsName ?? settings.BridgeHost, null, SslProtocols.Tls12, false);
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

        public bool HasEnded {
            get { return ended.WaitOne(0); }
        }

        public void Accept() {
            accepted.Set();
        }

        /// Waits for the bridge's first word, a while at most: a refusal comes at once, an acceptance needs no word.
        public void AwaitAcceptance() {
            WaitHandle.WaitAny(new WaitHandle[] { accepted, ended }, settings.HelloGrace);
            accepted.Set();
        }

        void Watch() {
            if (Since(ref heard) > settings.Silence) End("it has been silent for " + Log.Seconds(settings.Silence));
            else if (Interlocked.Read(ref writing) != 0 && Since(ref writing) > settings.Silence)
                End("it has read nothing for " + Log.Seconds(settings.Silence));
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
    sealed class Backoff {
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

    /// A setting that is wrong, with where it stands; whoever configures the relay is meant to read it.
    sealed class OptionError : Exception {
        public OptionError(string message) : base(message) {
        }
    }

    /// Where the bridge is, how it is trusted, and the token. They stand in a file of `key = value` lines; each program adds
    /// keys of its own.
    class BridgeSettings {
        public string BridgeHost, TlsName, LogFile;
        public int BridgePort;
        public bool Tls;
        public TimeSpan Silence = TimeSpan.FromSeconds(35), HelloGrace = TimeSpan.FromSeconds(2),
            RetryMin = TimeSpan.FromSeconds(1), RetryMax = TimeSpan.FromSeconds(30);

        string token, tokenFile, thumbprint;
        X509Certificate2 authority;

        protected void ReadFile(string path, string named) {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path));
            int number = 0;
            foreach (string line in ReadText(path, named).Split('\n')) {
                number++;
                string text = line.Trim();
                if (text.Length == 0 || IsComment(text)) continue;
                int equals = text.IndexOf('=');
                string where = path + ":" + number;
                if (equals < 0) throw new OptionError(where + ": expected `key = value`");
                string key = text.Substring(0, equals).Trim();
                Put(key, text.Substring(equals + 1).Trim(), folder, where + ": " + key);
            }
        }

        protected virtual bool IsComment(string text) {
            return text[0] == '#';
        }

        protected void Put(string key, string value, string folder, string where) {
            if (!Set(key, value, folder, where)) throw new OptionError(where + ": no such setting");
        }

        /// False: there is no such setting.
        protected virtual bool Set(string key, string value, string folder, string where) {
            switch (key) {
                case "bridge": Bridge(value, where); break;
                case "token": token = value; tokenFile = null; break;
                case "token_file": tokenFile = Path.Combine(folder, value); break;
                case "tls": Tls = Truth(value, where); break;
                case "tls_name": TlsName = value; break;
                case "tls_ca": authority = Certificate(Path.Combine(folder, value), where); break;
                case "tls_thumbprint": thumbprint = Thumbprint(value, where); break;
                case "silence": Silence = Seconds(value, where); break;
                case "retry_min": RetryMin = Seconds(value, where); break;
                case "retry_max": RetryMax = Seconds(value, where); break;
                case "log": LogFile = Path.Combine(folder, value); break;
                default: return false;
            }
            return true;
        }

        /// host:port; with tls:// or tcp:// before it, it also says whether the connection is encrypted.
        protected void Bridge(string value, string where) {
            bool tls = value.StartsWith("tls://", StringComparison.Ordinal);
            bool plain = value.StartsWith("tcp://", StringComparison.Ordinal);
            if (tls || plain) {
                Tls = tls;
                value = value.Substring(6);
            }
            Address(value, where, out BridgeHost, out BridgePort);
        }

        protected virtual void Check() {
            if (BridgeHost == null) throw new OptionError("bridge: missing, the host:port where cti-bridge listens");
            if (!Tls && (TlsName != null || authority != null || thumbprint != null))
                throw new OptionError("tls: must be true for tls_name, tls_ca or tls_thumbprint to mean anything");
            if (RetryMax < RetryMin) throw new OptionError("retry_max: less than retry_min");
            Token();
        }

        /// Whether the variable counts more than the file, which is everybody's on a machine.
        protected bool PreferVariable { get; set; }

        /// Read anew for every connection, so that a changed secret needs no restart.
        public string Token() {
            string found = Environment.GetEnvironmentVariable("CTI_BRIDGE_TOKEN");
            if (string.IsNullOrEmpty(found) || !PreferVariable) {
                if (tokenFile != null) return ReadText(tokenFile, "token_file").Trim();
                found = token ?? found;
            }
            if (string.IsNullOrEmpty(found))
                throw new OptionError("token_file: missing, and token and the variable CTI_BRIDGE_TOKEN as well");
            return found;
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

        protected static string ReadText(string path, string where) {
            try {
                return File.ReadAllText(path);
            } catch (SystemException e) {
                throw new OptionError(where + ": " + e.Message);
            }
        }

        protected static void Address(string value, string where, out string host, out int port) {
            int colon = value.LastIndexOf(':');
            if (colon < 1) throw new OptionError(where + ": needs host:port");
            host = value.Substring(0, colon).Trim('[', ']');
            port = Number(value.Substring(colon + 1), where, 1, 65535);
        }

        protected static int Number(string value, string where, int least, int most) {
            int number;
            if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) ||
                number < least || number > most)
                throw new OptionError(where + ": needs a whole number from " + least + " to " + most);
            return number;
        }

        protected static TimeSpan Seconds(string value, string where) {
            double seconds;
            if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) ||
                seconds <= 0 || seconds > 86400)
                throw new OptionError(where + ": needs a number of seconds");
            return TimeSpan.FromSeconds(seconds);
        }

        protected static bool Truth(string value, string where) {
            if (value != "true" && value != "false") throw new OptionError(where + ": needs true or false");
            return value == "true";
        }
    }

    /// A line per happening. It never holds a secret, nor what an event or a call says.
    sealed class Log {
        const long Largest = 10 << 20;
        readonly object gate = new object();
        readonly string path;
        readonly TextWriter otherwise;

        /// To a file; without one to `otherwise`.
        public Log(string path, TextWriter otherwise) {
            this.path = path;
            this.otherwise = otherwise;
        }

        public void Write(string text) {
            string line = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture) +
                text.Replace('\r', ' ').Replace('\n', ' ');
            lock (gate) {
                if (path == null) {
                    otherwise.WriteLine(line);
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
                    otherwise.WriteLine(line + " (" + e.Message + ")");
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
}
