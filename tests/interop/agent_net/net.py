"""What the tests stand on: the agent relay with a fake Agent, a program on the adapter, and a bridge that a test plays."""
import contextlib
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import guide

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ccas_relay"))
from relay import BUILD, PATIENCE, Bridge, Conversation, Program, RELAY, build  # noqa: E402

HERE = Path(__file__).resolve().parent
RELAYS = guide.ROOT / "relays"
ADAPTER = guide.ROOT / "adapters" / "agent-integration"
LINE = RELAYS / "RelayLine.cs"
TOKEN = "se-cret"

# The two forms that event handlers may have.
FORMS = {"values": (), "sender": ("-define:SENDER_AND_ARGS",)}

assert Bridge and Conversation and PATIENCE


def made(name, text):
    """A source file that is made of the guide's tables; it is written only if it has changed."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / name
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def agent(form="values"):
    """A fake AgentIntegration.dll, and the relay, which must also compile as it is shipped."""
    sources = RELAYS / "agent" / "AgentRelay.cs", RELAYS / "RelayBase.cs", LINE
    build("AgentRelay.exe", *sources, flags=RELAY)
    (BUILD / f"agent-{form}").mkdir(parents=True, exist_ok=True)
    source = made(f"FakeAgent-{form}.cs", guide.fake(form == "sender"))
    library = build(f"agent-{form}/FakeAgent.dll", source, HERE / "FakeAgent.cs", LINE, flags=("-target:library",))
    program = build(f"agent-{form}/FakeRelay.exe", *sources, HERE / "FakeRelay.cs", library,
                    flags=(*RELAY, "-main:FakeRelay", f"-r:{library}"))
    return program, library


def program(form="values"):
    """The adapter, and a program that refers to it."""
    folder = BUILD / f"adapter-{form}"
    folder.mkdir(parents=True, exist_ok=True)
    library = build(f"adapter-{form}/AgentIntegration.dll", ADAPTER / "AgentIntegration.cs", ADAPTER / "Desk.cs", LINE,
                    flags=("-langversion:5", "-target:library", *FORMS[form]))
    source = made(f"Typed-{form}.cs", guide.program(form == "sender"))
    return build(f"adapter-{form}/AgentProgram.exe", source, HERE / "AgentProgram.cs", LINE, library,
                 flags=(f"-r:{library}", *FORMS[form]))


class AgentRelay(Program):
    def __init__(self, bridge, form="values", **settings):
        executable, library = agent(form)
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "token").write_text(TOKEN + "\n")
        values = {"bridge": bridge.address, "tls": "false", "token_file": "token", "assembly": library,
                  "retry_min": "0.05", "retry_max": "0.2", "silence": "20", "check": "0", **settings}
        config = self.folder / "relay.conf"
        config.write_text("".join(f"{key} = {value}\n" for key, value in values.items() if value is not None))
        super().__init__([executable, "--config", config])

    def stop(self):
        code = super().stop()
        shutil.rmtree(self.folder)
        return code


class Application(Program):
    """A program on the adapter. It runs from a folder of its own, because its settings stand beside the assembly."""

    def __init__(self, bridge, *flags, form="values", environment=None, **settings):
        self.folder = Path(tempfile.mkdtemp())
        for file in program(form).parent.iterdir():
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(file, self.folder)
        values = {"bridge": bridge.address, "tls": "false", "token": TOKEN, "retry_min": "0.05",
                  "retry_max": "0.2", "silence": "20", "log": "log", **settings}
        (self.folder / "AgentIntegration.ini").write_text(
            "; the test's\n[bridge]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None))
        self.waiting = []
        super().__init__([self.folder / "AgentProgram.exe", *flags], **(environment or {}))

    def ask(self, method, **args):
        """Begins a call; `answer` waits for what it returns."""
        return self.order("call", method=method, args=args)

    def answer(self, number):
        line = self._next(lambda each: each.get("done") == number)
        return line.get("returned")

    def call(self, method, **args):
        return self.answer(self.ask(method, **args))

    def do(self, what, **values):
        number = self.order(what, **values)
        return self._next(lambda each: each.get("done") == number).get("returned")

    def heard(self):
        """The next event: its name and its values."""
        line = self._next(lambda each: "event" in each)
        self.thread = line["thread"]
        return line["event"], line["args"]

    def within(self):
        return self._next(lambda each: "within" in each)

    def _next(self, wanted):
        """The next line of a sort; others are kept, in order."""
        for place, line in enumerate(self.waiting):
            if wanted(line):
                return self.waiting.pop(place)
        while True:
            line = self.said.get(timeout=PATIENCE)
            if wanted(line):
                return line
            self.waiting.append(line)

    def quiet(self, seconds=0.3):
        """What it has heard in the meantime."""
        time.sleep(seconds)
        while not self.said.empty():
            self.waiting.append(self.said.get())
        heard = [(line["event"], line["args"]) for line in self.waiting if "event" in line]
        self.waiting = [line for line in self.waiting if "event" not in line]
        return heard

    def logs(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def stop(self):
        code = super().stop()
        shutil.rmtree(self.folder)
        return code


class Site:
    """The bridge's end of one client's connection: it answers calls by itself, from a picture that a test has set."""

    LISTS = {"GetCalls": "Calls", "GetEmails": "Emails", "GetSMS": "SMS", "GetOpenMedia": "OpenMedia", "GetChats": "Chats"}

    def __init__(self, conversation, user, sessions, tells=True):
        self.conversation = conversation
        self.user, self.sessions = user, sessions
        self.results = {}
        self.mute = set()
        self.calls = []
        self.noted = threading.Condition()
        self.writing = threading.Lock()
        self.hello = conversation.read()
        self.send({"ping": 1})
        if tells:
            self.send({"type": "OnUserLogin", "UserInformation": user})
            for kind, record in sessions:
                self.send({"type": f"On{kind}Event", kind: record})
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def send(self, line):
        with self.writing:
            self.conversation.send(line)

    def _serve(self):
        with contextlib.suppress(EOFError, OSError, ValueError):
            while True:
                line = self.conversation.read()
                if "call" not in line:
                    continue
                with self.noted:
                    self.calls.append((line["call"], line.get("args", {})))
                    self.noted.notify_all()
                if line["call"] not in self.mute:
                    # A bridge that was started anew may not know the agent's record id, whatever the client remembers.
                    named = {"hresult": -2147467259, "error": "refused"} if "agent" in line else None
                    self.send({"id": line["id"], **(named or self._result(line["call"]))})

    def _result(self, call):
        if call in self.results:
            return self.results[call]
        if call == "GetUserInformation":
            return {"hresult": 0, "out": {"UserInformation": self.user}}
        if call in self.LISTS:
            kind = {"Calls": "Call", "Emails": "Email", "Chats": "Chat"}.get(self.LISTS[call], self.LISTS[call])
            return {"hresult": 0, "out": {self.LISTS[call]: [record for name, record in self.sessions if name == kind]}}
        return {"hresult": 0, "out": {"Result": True}}

    def called(self, method):
        """Waits for a call of this method, and gives its arguments."""
        def found():
            return [args for name, args in self.calls if name == method]
        with self.noted:
            assert self.noted.wait_for(found, PATIENCE), f"{method} was not called"
            return found()[-1]

    def close(self):
        with contextlib.suppress(OSError):
            self.conversation.connection.shutdown(2)
        self.thread.join()
        self.conversation.close()

