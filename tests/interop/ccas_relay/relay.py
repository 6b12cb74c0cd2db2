"""What the tests stand on: the relay built with a fake COM object, a bridge to play, and the guide's facts.

The tests of the .NET programs for MiContact Center Agent (../agent_net) stand on it, too."""
import json
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "target" / "interop"
PATIENCE = 30  # seconds that anything may take on a busy machine before it counts as not happening

GUIDE = json.loads((HERE / "guide.json").read_text())
EVENTS = {int(number): [tuple(word.split(":")) for word in words.split()] for number, words in GUIDE["events"].items()}
METHODS = {name: [tuple(word.split(":")) for word in words.split()] for name, words in GUIDE["methods"].items()}


RELAY = "-langversion:5", "-platform:x86"      # the framework's own language level, and its compiler's flags


def build(name, *sources, flags=RELAY):
    """Compiles, warnings being errors; what is unchanged is not built again."""
    target = BUILD / name
    if target.exists() and all(target.stat().st_mtime > source.stat().st_mtime for source in sources):
        return target
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        fresh = Path(folder) / target.name
        texts = [str(source) for source in sources if source.suffix == ".cs"]
        subprocess.run(["mcs", "-warn:4", "-warnaserror", *flags, f"-out:{fresh}", *texts], check=True)
        fresh.replace(target)
    return target


def executable():
    """The relay as shipped, which must compile alone, and with the fake in the COM object's place, which runs here."""
    relays = ROOT / "relays"
    sources = relays / "ccas" / "CcasRelay.cs", relays / "RelayBase.cs", relays / "RelayLine.cs"
    flags = *RELAY, "-r:System.ServiceProcess"
    build("CcasRelay.exe", *sources, flags=(*flags, "-main:CcasRelay.Program"))
    return build("FakeRelay.exe", *sources, HERE / "FakeCcas.cs", flags=(*flags, "-main:World"))


class Program:
    """A program of ours that takes orders line by line, and says line by line what was done to it."""

    def __init__(self, command, **environment):
        self.log = []
        self.noted = threading.Condition()
        self.orders = 0
        self.said = queue.Queue()
        self.process = subprocess.Popen(
            ["mono", *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8", **environment})
        self.readers = [threading.Thread(target=self._listen), threading.Thread(target=self._note)]
        for reader in self.readers:
            reader.start()

    def _listen(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.said.put(json.loads(line))
            else:
                # Mono itself, when it falls over its own threads as it ends.
                self.log.append(line.rstrip())

    def _note(self):
        for line in self.process.stderr:
            with self.noted:
                self.log.append(line.rstrip())
                self.noted.notify_all()

    def tell(self, do, **values):
        """Gives an order, and waits until it is done; what is said meanwhile is dropped."""
        number = self.order(do, **values)
        while (line := self.said.get(timeout=PATIENCE)).get("done") != number:
            pass
        return line

    def order(self, do, **values):
        self.orders += 1
        self.process.stdin.write(json.dumps({"do": do, "order": self.orders, **values}) + "\n")
        self.process.stdin.flush()
        return self.orders

    def called(self, method):
        """Waits for a call of that method and gives its arguments."""
        while True:
            line = self.said.get(timeout=PATIENCE)
            if line.get("called") == method:
                return line["args"]

    def logged(self, words, times=1):
        """Waits for so many log lines with these words."""
        with self.noted:
            return self.noted.wait_for(lambda: sum(words in line for line in self.log) >= times, PATIENCE)

    def stop(self):
        """Ends its input, and with it the program."""
        self.process.stdin.close()
        try:
            # A relay gives each of its two sides its time to end.
            code = self.process.wait(2 * PATIENCE)
        except subprocess.TimeoutExpired as expired:
            self.process.kill()
            raise AssertionError("the program does not end:\n" + "\n".join(self.log)) from expired
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


class Relay(Program):
    """A running relay with its fake platform."""

    def __init__(self, bridge, **settings):
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "token").write_text("se-cret\n")
        values = {"bridge": f"127.0.0.1:{bridge.port}", "token_file": "token", "ccas": "ccas.example:2604",
                  "retry_min": "0.05", "retry_max": "0.2", "silence": "20", "hello_grace": "20"}
        values.update(settings)
        config = self.folder / "relay.conf"
        config.write_text("# the test's\n" + "".join(f"{key} = {value}\n" for key, value in values.items()))
        super().__init__([executable(), "--config", config])

    def stop(self):
        code = super().stop()
        shutil.rmtree(self.folder)
        return code


class Bridge:
    """The bridge's end: a listener that a test plays line by line."""

    def __init__(self, tls=None, hello="ccas-relay", port=0):
        self.hello = hello
        self.listener = socket.create_server(("127.0.0.1", port))
        # A bridge that stops reading is to be noticed before megabytes are under way.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.tls = tls

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        try:
            return Conversation(self.tls.wrap_socket(connection, server_side=True) if self.tls else connection)
        except OSError:
            connection.close()
            raise

    def welcome(self):
        """A connection whose hello was read and answered, as a bridge does, by a first ping."""
        conversation = self.accept()
        assert conversation.read()["hello"] == self.hello
        conversation.ping(0)
        return conversation

    def close(self):
        self.listener.close()


class Conversation:
    def __init__(self, connection):
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.pongs = []

    def send(self, line):
        self.connection.sendall(json.dumps(line).encode() + b"\n")

    def ping(self, number):
        self.send({"ping": number})

    def read(self):
        """The next line that is no pong."""
        while True:
            text = self.lines.readline()
            if not text:
                raise EOFError("the other side has closed the connection")
            line = json.loads(text.decode("utf-8", "strict"))
            if "pong" not in line:
                return line
            self.pongs.append(line["pong"])

    def pong(self, number):
        """Waits for this pong; other pongs may come first, nothing else."""
        while number not in self.pongs:
            self.pongs.append(json.loads(self.lines.readline())["pong"])

    def call(self, number, method, args=None):
        self.send({"id": number, "call": method, **({} if args is None else {"args": args})})
        return self.read()

    def close(self):
        self.lines.close()
        self.connection.close()
