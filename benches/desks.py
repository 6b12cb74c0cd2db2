#!/usr/bin/env python3
"""What desktops and pages cost: memory and CPU of a bridge with 500 desktops on one platform and 500 pages in front of it.

usage: benches/desks.py BINARY [COUNT]

BINARY is a release build. Everything is on loopback; desktops and pages are WebSockets of this program. It prints a table, and
ends with status 1 if an event was lost, came twice or out of order, or if a page that does not read disturbed another one.
"""

import asyncio
import base64
import contextlib
import json
import os
import struct
import sys
import tempfile
import time
from pathlib import Path

IDLE, BUSY = 20, 20             # seconds that are measured
RATE = 1                        # events of each desktop in a second
TICKS = os.sysconf("SC_CLK_TCK")


class Socket:
    """One side of a WebSocket that says and hears frames of the protocol."""

    def __init__(self):
        self.states = []
        self.reading = None

    async def open(self, port, hello):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write((f"GET /agent HTTP/1.1\r\nHost: bridge\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: cti-bridge.agent.v1\r\n\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        self.say({**hello, "version": 1})
        await self.read_frame()                             # its first ping
        self.reading = asyncio.create_task(self.read())
        return self

    def say(self, frame, opcode=1):
        body = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
        self.writer.write(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + body)

    async def read_frame(self):
        while True:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length, = struct.unpack(">H", await self.reader.readexactly(2))
            elif length == 127:
                length, = struct.unpack(">Q", await self.reader.readexactly(8))
            body = await self.reader.readexactly(length)
            if first & 15 == 9:
                self.say(body, 10)
            elif first & 15 == 8:
                raise EOFError(body)
            else:
                return json.loads(body)

    async def read(self):
        """Until the bridge ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                frame = await self.read_frame()
                if "ping" in frame:
                    self.say({"pong": frame["ping"]})
                elif frame.get("type") == "OnCallEvent":
                    self.states.append(frame["Call"]["PhoneNumber"])


class Bridge:
    def __init__(self, binary, count):
        self.folder = tempfile.TemporaryDirectory(prefix="desks-")
        self.binary = binary
        def agents(side):
            return "{ " + ", ".join(f'{1000 + place} = "{side}-{1000 + place}"' for place in range(count)) + " }"
        self.file = Path(self.folder.name) / "bridge.toml"
        self.file.write_text(f"""
[platform.desks]
dialect = "agent"
listen = "127.0.0.1:0"
agents = {agents("desk")}
[application.pages]
dialect = "agent"
listen = "127.0.0.1:0"
agents = {agents("page")}
platforms = ["desks"]
queue = 256
queue_bytes = "256KiB"
""", encoding="utf-8")

    async def start(self):
        self.child = await asyncio.create_subprocess_exec(self.binary, "run", "--config", self.file, stderr=asyncio.subprocess.PIPE)
        self.ports = {}
        while len(self.ports) < 2:
            line = (await self.child.stderr.readline()).decode()
            assert line, "the bridge ended"
            for name in ("desks", "pages"):
                if f'="{name}"' in line and "address=" in line:
                    self.ports[name] = int(line.split('address="')[1].split('"')[0].rsplit(":", 1)[1])
        self.log = []
        self.logging = asyncio.create_task(self.read_log())

    async def read_log(self):
        while line := await self.child.stderr.readline():
            self.log.append(line.decode())

    def memory(self):
        """KiB that are resident."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])

    def cpu(self):
        """Seconds of CPU time so far."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def share(self, seconds):
        """Per cent of one core, in this time."""
        before, began = self.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        return 100 * (self.cpu() - before) / (time.monotonic() - began)


def row(what, value):
    print(f"| {what} | {value} |", flush=True)


async def main(binary, count):
    bridge = Bridge(binary, count)
    await bridge.start()
    print("| | |\n|---|---|")
    empty = bridge.memory()
    row("memory without connections", f"{empty / 1024:.1f} MiB")
    desks = []
    for place in range(count):
        desk = await Socket().open(bridge.ports["desks"], {"hello": "agent-relay", "token": f"desk-{1000 + place}"})
        desk.say({"type": "UserInformation", "UserInformation": {
            "RecordID": place + 1, "LoginID": str(1000 + place), "UserName": f"Agent {place}", "ExtensionNumber": str(4000 + place),
            "LoggedOn": 1, "ReadyStatus": True}})
        desk.say({"type": "UserInformation", "UserInformation": {}})
        desks.append(desk)
    await asyncio.sleep(2)
    with_desks = bridge.memory()
    row(f"memory with {count} desktops", f"{with_desks / 1024:.1f} MiB, {(with_desks - empty) / count:.1f} KiB each")
    row(f"CPU with {count} idle desktops", f"{await bridge.share(IDLE):.1f} % of a core")
    pages = []
    for place in range(count):
        pages.append(await Socket().open(bridge.ports["pages"], {"hello": "agent-client", "token": f"page-{1000 + place}"}))
    await asyncio.sleep(2)
    with_pages = bridge.memory()
    row(f"memory with {count} pages more", f"{with_pages / 1024:.1f} MiB, {(with_pages - with_desks) / count:.1f} KiB each")
    row(f"CPU with {count} idle desktops and pages", f"{await bridge.share(IDLE):.1f} % of a core")

    said = [[] for _ in desks]

    def tell(place, state):
        said[place].append(f"{place}/{len(said[place])}")
        desks[place].say({"type": "OnCallEvent", "Call": {
            "ID": 100_000 + place, "State": state, "Incoming": True, "PhoneNumber": said[place][-1], "CalledNumber": "800",
            "CallInfo": {"GroupName": "Sales", "QueueDuration": 12}, "IVRLabels": ["tier", "order"], "IVRData": ["gold", "A-1077"]}})

    async def traffic():
        turn = 0
        while True:
            began = time.monotonic()
            for place in range(count):
                tell(place, [3, 6, 8, 6][turn] if turn < 4 else [6, 8][turn % 2])
                if place % 25 == 24:
                    await asyncio.sleep(1 / RATE / (count / 25) * 0.9)
            turn += 1
            await asyncio.sleep(max(0, 1 / RATE - (time.monotonic() - began)))

    task = asyncio.create_task(traffic())
    await asyncio.sleep(2)
    row(f"CPU with {count * RATE} events/s, each to one page", f"{await bridge.share(BUSY):.1f} % of a core")
    row("memory after that", f"{bridge.memory() / 1024:.1f} MiB")
    # A page stops reading while its desktop says much.
    stuck = pages[0]
    stuck.reading.cancel()
    stuck.writer.transport.pause_reading()
    private = "x" * 8000
    for number in range(3000):
        desks[0].say({"type": "OnCallEvent", "Call": {"ID": 99_999, "State": [6, 8][number % 2], "Incoming": True, "PhoneNumber": "1",
                                                      "PrivateData": private}})
        if number % 50 == 49:
            await desks[0].writer.drain()
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    row("memory after a page that did not read", f"{bridge.memory() / 1024:.1f} MiB")
    task.cancel()
    await asyncio.sleep(3)
    lost = sum("session_lost" in line for line in bridge.log)
    wrong = [place for place in range(1, count) if pages[place].states != said[place]]
    row("pages that lost, doubled or turned an event around", len(wrong))
    row("connections that were ended", f"{lost}: the page that did not read")
    bridge.child.terminate()
    await bridge.child.wait()
    if wrong:
        print(wrong[:5], said[wrong[0]][:12], pages[wrong[0]].states[:12], file=sys.stderr)
    return 0 if not wrong and lost == 1 else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500)))
