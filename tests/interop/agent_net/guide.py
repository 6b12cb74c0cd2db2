"""The guide's surface as data, taken from the vocabulary, and C# that is made of it: a fake Agent and a typed program."""
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WORDS = tomllib.loads((ROOT / "mappings" / "dialects" / "agent.toml").read_text(encoding="utf-8"))

ENUMS = {"session-state": "SessionState", "recording-state": "CallRecordingState", "call-type": "CallType",
         "update-type": "UpdateType"}
SIMPLE = {"text": "string", "bool": "bool", "time": "DateTime", "int": "int", "id": "int", "logged-on": "int",
          "campaign-status": "int", "media-type": "int"}
LAST = "Subscribe", "Reserve"       # included fields come first in the vocabulary; the guide has these at the end
PLAIN = "PlainEventHandler"


def spelled(field):
    """A field as a table, and whether the guide has it: those of the bridge are ours."""
    field = {"type": field} if isinstance(field, str) else field
    return field, not field.get("doc", "").startswith("bridge:")


def type_of(field):
    kind = field["type"]
    if kind.startswith("["):
        return type_of({**field, "type": kind[1:-1]}) + "[]"
    if field.get("quotes"):
        return "string"
    return ENUMS.get(kind) or SIMPLE.get(kind, kind)


def fields(table):
    return {name: type_of(field) for name, field, ours in ((n, *spelled(f)) for n, f in table.items()) if ours}


def words(message, *without):
    table = {}
    for name in message.get("include", []):
        if name not in without:
            table.update(WORDS["fields"][name])
    return {**table, **message.get("fields", {})}


RECORDS = {name: fields(record["fields"]) for name, record in WORDS["record"].items()
           if record["chapter"].startswith("I") and name != "out"}     # the others are the relay's
OUT = fields(WORDS["record"]["out"]["fields"])
METHODS, RESULTS, EVENTS = {}, {}, {}
for _name, _message in WORDS["message"].items():
    if _message["chapter"].startswith("IAgentClient"):
        _given = fields(words(_message))
        METHODS[_name] = dict(sorted(_given.items(), key=lambda each: each[0] in LAST))
        RESULTS[_name] = _message["results"][0] if "results" in _message else None
    elif _message["chapter"].startswith("Events"):
        _given = fields(words(_message, "event", "group"))
        EVENTS[_name] = dict(sorted(_given.items(), key=lambda each: each[0] == "UpdateType"))
JAVASCRIPT = {name for name in METHODS if WORDS["message"][name]["chapter"].endswith("JS Yes")}


def returned(method):
    return OUT[RESULTS[method]] if RESULTS[method] else "void"


def handler(event):
    kinds = list(EVENTS[event].values())
    return "".join(kind.capitalize() if kind == "bool" else kind for kind in kinds) or "Plain"


def small(name):
    return "@" + name[0].lower() + name[1:]


def fake(sender):
    """A fake Agent: every class, property, method and event of the guide. `sender` is the form of its event handlers."""
    out = ["using System;", "using System.Runtime.InteropServices;", "namespace Fake {"]
    for key, name in ENUMS.items():
        members = WORDS["enum"][key]["members"]
        out.append(f"  public enum {name} {{ " + ", ".join(
            "".join(part.capitalize() for part in member.split("-")) + f" = {value}" for member, value in members.items()) + " }")
    for name, properties in RECORDS.items():
        out.append(f"  public class {name} {{")
        out += [f"    public {kind} {each} {{ get; set; }}" for each, kind in properties.items()]
        out.append("  }")
    done = {}
    for event, given in EVENTS.items():
        kind = handler(event)
        if kind not in done:
            done[kind] = given
            if sender:
                out.append(f"  public class {kind}Args : EventArgs {{")
                out += [f"    public {type_} {name} {{ get; set; }}" for name, type_ in given.items()]
                out += ["  }", f"  public delegate void {kind}Handler(object sender, {kind}Args e);"]
            else:
                values = ", ".join(f"{type_} {small(name)}" for name, type_ in given.items())
                out.append(f"  public delegate void {kind}Handler({values});")
    out.append("  public partial class AgentClient {")
    for event in EVENTS:
        out.append(f"    public event {handler(event)}Handler {event};")
    out.append("    Delegate Handlers(string name) {")
    out += [f'      if (name == "{event}") return {event};' for event in EVENTS] + ["      return null;", "    }"]
    for method, given in METHODS.items():
        values = ", ".join(f"{kind} {small(name)}" for name, kind in given.items())
        names = "".join(f", {small(name)}" for name in given)
        kind = returned(method)
        call = f'Called("{method}", typeof({"object" if kind == "void" else kind}){names})'
        out.append(f"    public {kind} {method}({values}) {{ " + (f"{call};" if kind == "void" else f"return ({kind}){call};") + " }")
    return "\n".join(out + ["  }", "}", ""])


def program(sender):
    """What a program does that was written from the guide's tables: each member in its own words and types."""
    out = ["using System;", "using System.Collections.Generic;", "using AgentIntegration;", "using RelayLine;",
           "static class Typed {"]
    for name, properties in RECORDS.items():
        out += [f"  public static Line Say({name} given) {{", "    if (given == null) return null;", "    var line = new Line();"]
        for each, kind in properties.items():
            out += [f"    {kind} {small(each)} = given.{each};", f'    line.Add("{each}", Say({small(each)}));']
        out += ["    return line;", "  }"]
    out += ["  static object Say(string given) { return given; }", "  static object Say(int given) { return given; }",
            "  static object Say(bool given) { return given; }", "  static object Say(Enum given) { return Convert.ToInt32(given); }",
            "  static object Say(DateTime given) { return given.Year == 1 ? \"\" : given.ToUniversalTime().ToString(\"s\") + \"Z\"; }"]
    for kind in ("string", *RECORDS):
        out += [f"  static object Say({kind}[] given) {{", "    if (given == null) return null;",
                "    var list = new List<object>();", f"    foreach ({kind} each in given) list.Add(Say(each));",
                "    return list;", "  }"]
    out += ["  public static object Call(AgentClient client, string method, Line given) {", "    switch (method) {"]
    for method, given in METHODS.items():
        values = ", ".join(f'Given.{kind.replace("[]", "s").capitalize()}(given, "{name}")' for name, kind in given.items())
        call = f"client.{method}({values})"
        kind = returned(method)
        if kind == "void":
            out.append(f'      case "{method}": {call}; return null;')
        else:
            out.append(f'      case "{method}": {{ {kind} result = {call}; return Say(result); }}')
    out += ["      default: return Given.Other(client, method);", "    }", "  }",
            "  public static void Hear(AgentClient client, Action<string, object[]> heard) {"]
    for event, given in EVENTS.items():
        if sender:
            values = [f"Say(e.{name})" for name in given]
            names = "sender, e"
        else:
            values = [f"Say({small(name)})" for name in given]
            names = ", ".join(small(name) for name in given)
        out.append(f'    client.{event} += ({names}) => heard("{event}", new object[] {{ {", ".join(values)} }});')
    return "\n".join(out + ["  }", "}", ""])
