// What every program here does: it says what it has heard as one JSON line, hosts a service on a port of its own, and takes
// orders line by line until its input ends.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.ServiceModel;
using System.ServiceModel.Description;
using System.Text;
using System.Xml;
using System.Xml.Schema;

public static class Lines
{
    static readonly TextWriter Output =
        new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };

    public static void Say(params object[] pairs)
    {
        var line = new Dictionary<string, object>();
        for (var index = 0; index < pairs.Length; index += 2) line[(string)pairs[index]] = pairs[index + 1];
        var text = Json.Write(line);
        lock (Output) Output.WriteLine(text);
    }

    // The whole of what it is given.
    public static string Given()
    {
        return new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)).ReadToEnd();
    }

    // Takes lines until there are no more, then ends the program.
    public static void Take(Action<XmlElement> take)
    {
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (var line = input.ReadLine(); line != null; line = input.ReadLine())
        {
            try
            {
                take(Json.Parse(line));
            }
            catch (Exception error)
            {
                Say("error", error.ToString());
            }
        }
        // Mono sometimes fails to close a host, and on a busy machine even to exit: whoever reads this last line may end it.
        Say("ended", true);
        Environment.Exit(0);
    }

    // Opens a host, on a free port where 0 is asked for: WCF wants to know the port beforehand, so should somebody else take
    // it in between, there is another. Hands back where it listens.
    public static string Listen(int wanted, string path, Func<string, ServiceHost> hosting)
    {
        for (var attempts = 0; ; attempts++)
        {
            var url = "http://127.0.0.1:" + (wanted == 0 ? FreePort() : wanted) + "/" + path;
            var host = hosting(url);
            try
            {
                host.Open();
                Tidy(host.Extensions.Find<ServiceMetadataExtension>());
                Hosts.Add(host);
                return url;
            }
            catch (Exception) when (wanted == 0 && attempts < 10)
            {
                host.Abort();
            }
        }
    }

    // The WSDL of a host that publishes one. Mono has it import the schema of XML Schema itself, which is nowhere.
    static void Tidy(ServiceMetadataExtension published)
    {
        if (published == null) return;
        foreach (var section in published.Metadata.MetadataSections)
        {
            var wsdl = section.Metadata as System.Web.Services.Description.ServiceDescription;
            if (wsdl == null) continue;
            foreach (XmlSchema schema in wsdl.Types.Schemas)
                foreach (var import in schema.Includes.OfType<XmlSchemaImport>().ToArray())
                    if (import.Namespace == XmlSchema.Namespace) schema.Includes.Remove(import);
        }
    }

    static int FreePort()
    {
        var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return port;
    }

    // They serve as long as the program runs.
    static readonly List<ServiceHost> Hosts = new List<ServiceHost>();
}
