"""rotel, a collector of OpenTelemetry: it takes OTLP over HTTP and prints the spans that it gets."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request

from .bridge import unused
from .process import PATIENCE, Process

PLAIN = re.compile(r"\x1b\[[0-9;]*m")
# An attribute in what it prints: `     -> cti.call: Str(900)`.
ATTRIBUTE = re.compile(r"^\s*-> ([\w.]+): \w+\((.*)\)$")
FIELD = re.compile(r"^\s*([A-Z][\w ]*?)\s*: (.*)$")


class Collector:
    def __init__(self, program):
        self.address = unused()
        command = [str(program), "start", "--otlp-http-endpoint", self.address, "--otlp-grpc-endpoint", unused(),
                   "--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed"]
        environment = {**os.environ, "RUST_LOG": "info"}
        self.process = Process(command, "stdout", stderr=subprocess.STDOUT, env=environment)
        self._listens()

    def _listens(self):
        """Waits until it answers at all."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"http://{self.address}/", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                if time.monotonic() > until:
                    raise AssertionError(f"the collector does not listen; {self.process.story()}") from None
                time.sleep(0.05)

    def spans(self, call):
        """All spans, by their calls, once that of this call is there. The collector is stopped for it: it tells nothing more."""
        lines = []

        def take(line):
            lines.append(PLAIN.sub("", line))
            return f"-> cti.call: Str({call})" in lines[-1]

        self.process.line(f"the span of {call}", take)
        self.process.child.terminate()
        while (line := self.process.lines.get(timeout=PATIENCE)) is not None:
            take(line)
        begins = [place for place, line in enumerate(lines) if re.match(r"^(Span|ResourceSpans) #", line)]
        parts = [lines[begin:end] for begin, end in zip(begins, [*begins[1:], len(lines)])]
        spans = [read(part) for part in parts if part[0].startswith("Span #")]
        return {span["attributes"]["cti.call"]: span for span in spans}

    def stop(self):
        self.process.kill()


def read(lines):
    """A span of the lines that were printed of it."""
    span = {"fields": {}, "attributes": {}, "events": [], "links": []}
    event = None
    for line in lines[1:]:
        if line.startswith("SpanEvent #"):
            event = {"attributes": {}}
            span["events"].append(event)
        elif found := re.match(r"^\s*-> Trace ID: (.*)$", line):
            span["links"].append(found[1])
        elif found := re.match(r"^\s*-> (Name|Timestamp|DroppedAttributesCount): (.*)$", line):
            if event is not None:
                event[found[1]] = found[2]
        elif found := ATTRIBUTE.match(line):
            (span if event is None else event)["attributes"][found[1]] = found[2]
        elif (found := FIELD.match(line)) and event is None:
            span["fields"][found[1]] = found[2]
    return span
