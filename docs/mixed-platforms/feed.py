#!/usr/bin/env python3
"""A stand-in for a Mitel Connect event feed: it accepts the bridge, takes every request, and sends one agent and one call."""

import json
import socket
import time

CALL = {"call-id": 900, "pbx-call-id": 5900, "guid": "00020000-0a1b-4c2d-8e3f-000000000900",
        "call-table": [{"media": 1, "call-type": 1, "dnis": "8005550100", "group": {"type": 4, "id": 9},
                        "call-profile": [{"id": 2, "value": "5559876"}], "connections": []}]}
CALLER = {"calling-device-id": 0, "calling-device-type": 5, "calling-device": "5559876"}
EVENTS = [
    {"message": "agent-login", "agent-id": 40, "agent-number": "77", "agent-ext": "4001", "groups": [{"type": 4, "id": 9}]},
    {"message": "agent-idle", "agent-id": 40},
    {"message": "delivered", **CALL, **CALLER, "alerting-device-id": 40, "alerting-device-type": 3, "alerting-device": "4001"},
]

listener = socket.create_server(("127.0.0.1", 31456))
line = listener.accept()[0]
sequence = 0


def now():
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def say(message):
    global sequence
    message = {"version": 1, "sequence": sequence, "topic": "contact-center", "timestamp": now(), **message}
    sequence += 1
    line.sendall(json.dumps(message).encode() + b"\0")


received = b""
while data := line.recv(65536):
    *requests, received = (received + data).split(b"\0")
    for request in map(json.loads, requests):
        print("the bridge asks:", json.dumps(request), flush=True)
        say({"message": request["message"], "request-id": request["request-id"], "result": 0})
        if request["message"] == "subscribe-events":
            for event in EVENTS:
                say({"gmt": now(), **event})
