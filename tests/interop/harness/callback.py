"""An application's callback service, without any SOAP library: strict about what a WCF service would be strict about."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

from .process import PATIENCE

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CONTRACTS = {"edk-2009-08": "/CTIEventService/", "guide": "IPublishCTIEvents/"}
BASE = ["AgentId", "EventCategory", "EventType", "RequestId", "ServiceId", "SiteId", "SwitchId", "TenantId"]


class Callback:
    def __init__(self, profile):
        self.profile = profile
        self.heard = queue.Queue()
        handler = type("Handler", (Handler,), {"callback": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = "http://127.0.0.1:%d/events" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, action, body):
        """Hears one call, and hands back the answer's body."""
        operation = ElementTree.fromstring(body).find(f"{{{SOAP}}}Body")[0]
        namespace, name = operation.tag[1:].split("}")
        assert namespace == self.profile.callback, operation.tag
        assert action == f'"{namespace}{CONTRACTS[self.profile.name]}{name}"', action
        self.heard.put((name, operation))
        void = name == "PublishCTIEvent" and self.profile.name == "guide"
        result = "" if void else f"<{name}Result>0</{name}Result>"
        return (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{name}Response xmlns="{namespace}">{result}</{name}Response>'
                "</s:Body></s:Envelope>")

    def next(self, wanted):
        """The next call of this operation; heartbeats come when they come."""
        while True:
            name, operation = self.heard.get(timeout=PATIENCE)
            if isinstance(operation, Exception):
                raise operation
            if name == wanted:
                return operation
            assert name.startswith("Heartbeat"), f"{name} instead of {wanted}"

    def event(self):
        """The next event: its class, and its members, which come in the order that WCF's serializer demands."""
        operation = self.next("PublishCTIEvent")
        (event,) = operation
        prefixed = event.get(f"{{{XSI}}}type")
        members = [member.tag for member in event]
        names = [tag.removeprefix(f"{{{self.profile.data}}}") for tag in members]
        assert not any("}" in name for name in names), f"not in {self.profile.data}: {names}"
        own = names[len(BASE):]
        assert names[:len(BASE)] == BASE and own == sorted(own), f"not in order: {names}"
        return prefixed.split(":")[-1], dict(zip(names, event))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    callback = None

    def do_POST(self):
        try:
            content = self.headers["Content-Type"]
            assert content.replace(" ", "").lower() == "text/xml;charset=utf-8", content
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = 200, self.callback.take(self.headers["SOAPAction"], body)
        except Exception as error:              # the scenario fails with it, as soon as it asks
            self.callback.heard.put((None, error))
            status, answer = 500, ""
        answer = answer.encode()
        self.send_response(status)              # kept back until the answer's end, to leave in one packet
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()

    def log_message(self, *_):
        pass
