"""The CCAS relay against a fake COM object and a played bridge.

`python3 -m unittest discover -s tests/interop/ccas_relay` runs it.

Needs Mono (mcs, mono, libmono-system-serviceprocess4.0-cil) and, for the TLS tests, openssl.
"""
import shutil
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from relay import EVENTS, METHODS, Bridge, Relay, executable

E_FAIL, UNKNOWN_NAME, TYPE_MISMATCH, MISSING = -2147467259, -2147352570, -2147352571, -2147352561

GROUP = {"type": 33, "RecID": 4, "ServiceGroupPurpose": 0, "Name": "Müller & Söhne"}
ANNA = {"type": 1, "RecID": 40, "Name": "Anna", "DN": "2001", "LogonID": "anna", "VoiceReady": 1, "EmailReady": 0,
        "OpenMediaReady": 0, "MediaReady": 1, "MachineName": "PC 1", "NumberOfServiceGroups": 1,
        "ServiceGroupList": "4", "OASID": 1}
BEN = {**ANNA, "RecID": 41, "Name": "Ben", "LogonID": "ben", "DN": "2002"}
COMPLETE = {"type": 35}
SNAPSHOT = [GROUP, ANNA, COMPLETE]
DOWN = {"disconnected": True}


def setUpModule():
    executable()


class RelayTest(unittest.TestCase):
    maxDiff = None
    left = 0                # how many connections were closed here, which is how often the relay has to connect again

    def start(self, bridge=None, snapshot=SNAPSHOT, **settings):
        self.bridge = bridge or Bridge()
        self.addCleanup(self.bridge.close)
        self.relay = Relay(self.bridge, **settings)
        self.addCleanup(self.halt)
        self.relay.tell("snapshot", events=snapshot)

    def halt(self):
        if self.relay.process.poll() is None:
            self.relay.stop()

    def greet(self):
        """A connection that has been told the snapshot, whichever of relay and platform was there first."""
        conversation = self.bridge.welcome()
        self.addCleanup(conversation.close)
        self.expect_snapshot(conversation)
        return conversation

    def expect_snapshot(self, conversation, snapshot=SNAPSHOT):
        line = conversation.read()
        if line == DOWN:
            line = conversation.read()
        self.assertEqual([line] + [conversation.read() for _ in snapshot[1:]], snapshot)

    def leave(self, conversation):
        """Closes a connection on which everything sent so far is known to have arrived; the relay has noticed."""
        conversation.ping(1)
        self.assertEqual(conversation.call(0, "SetChatReady", {"lAgentRecID": 1})["id"], 0)
        conversation.close()
        self.left += 1
        self.assertTrue(self.relay.logged("bridge: trying again in", self.left))

    def happen(self, event):
        self.relay.tell("event", **event)

    def expect(self, conversation, *lines):
        for line in lines:
            self.assertEqual(conversation.read(), line)


class Events(RelayTest):
    def test_every_event_type_with_every_parameter(self):
        self.start()
        conversation = self.greet()
        for number in sorted(EVENTS):
            if number == 36:
                continue  # it ends the connection: see Reconnects
            event = {"type": number}
            for place, (name, kind) in enumerate(EVENTS[number]):
                event[name] = number * 100 + place if kind == "Long" else f"{name} {number} é\"\\\n"
            self.happen(event)
            self.expect(conversation, event)

    def test_the_other_getter_serves_and_what_neither_gives_is_left_out(self):
        self.start()
        conversation = self.greet()
        event = {"type": 8, "RecID": "40", "CallID": 900, "OppositePartyNumber": 2002, "PrivateData": ""}
        self.happen(event)
        self.expect(conversation, event)

    def test_every_parameter_is_also_read_with_the_other_getter(self):
        self.start()
        conversation = self.greet()
        for number in sorted(EVENTS):
            event = {"type": number}
            for place, (name, kind) in enumerate(EVENTS[number]):
                event[name] = str(place) if kind == "Long" else place
            if len(event) > 1:
                self.happen(event)
                self.expect(conversation, event)

    def test_names_are_found_as_the_sample_code_spells_them(self):
        self.start()
        conversation = self.greet()
        self.happen({"type": 14, "RECID": 40, "CALLID": 900, "DIVERDESTINATION": "2009"})
        self.expect(conversation, {"type": 14, "RecID": 40, "CallID": 900, "DivertDestination": "2009"})
        self.happen({"type": 23, "RecID": 40, "SERVICEGROUPLIST": 7})
        self.expect(conversation, {"type": 23, "RecID": 40, "ServiceGroupID": 7})

    def test_an_unknown_type_is_forwarded_alone(self):
        self.start()
        conversation = self.greet()
        self.happen({"type": 27, "RecID": 40})
        self.expect(conversation, {"type": 27})

    def test_an_event_that_cannot_be_read_is_reported_as_lost(self):
        self.start()
        conversation = self.greet()
        self.happen({"RecID": 40})
        self.expect(conversation, {"lost": 1, "unsure": 0})


class Calls(RelayTest):
    @staticmethod
    def argument(kind, place):
        return {"LONG": 100 + place, "BSTR": f"text {place}", "VARIANT_BOOL": True,
                "DATE": "2026-03-01T09:30:00Z"}[kind]

    def test_every_method_by_name(self):
        self.start()
        conversation = self.greet()
        for number, method in enumerate(METHODS):
            if method == "Uninitialize":
                continue  # it ends the connection: see Reconnects
            given, passed, results = {}, [], {}
            for place, (way, kind, name) in enumerate(METHODS[method]):
                if way == "in":
                    given[name] = self.argument(kind, place)
                    passed.append("2026-03-01T09:30:00" if kind == "DATE" else given[name])
                else:
                    results[name] = {"LONG": 7, "BSTR": "a|b", "VARIANT": 9, "VARIANT_BOOL": True}[kind]
            self.relay.tell("answer", method=method, out=list(results.values()))
            # The order of the arguments is the relay's business, not the bridge's.
            reply = conversation.call(number, method, dict(reversed(given.items())))
            self.assertEqual(self.relay.called(method), passed, method)
            self.assertEqual(reply, {"id": number, "hresult": 0, "out": results}, method)
            if method == "ConnectWithDirectConnect":
                self.expect(conversation, *SNAPSHOT)

    def test_a_failure_carries_the_text_of_the_last_error(self):
        self.start()
        conversation = self.greet()
        self.relay.tell("answer", method="MakeCall", hresult=E_FAIL)
        self.relay.tell("answer", method="GetLastErrorInfo", out=[17, "Agent is not logged on"])
        args = {"lAgentRecID": 40, "bstrDialString": "555"}
        self.assertEqual(conversation.call(1, "MakeCall", args),
                         {"id": 1, "hresult": E_FAIL, "error": "Agent is not logged on"})
        self.relay.tell("answer", method="GetLastErrorInfo", out=[0, ""])
        self.assertEqual(conversation.call("two", "makecall", args),
                         {"id": "two", "hresult": E_FAIL, "error": "E_FAIL, without an explanation from CCAS"})

    def test_numbers_as_text_and_names_in_any_case(self):
        self.start()
        conversation = self.greet()
        reply = conversation.call(1, "setvoicenotready", {"LAGENTRECID": "40", "lreason": "-1"})
        self.assertEqual(reply["hresult"], 0)
        self.assertEqual(self.relay.called("SetVoiceNotReady"), [40, -1])

    def test_calls_that_the_platform_never_sees(self):
        self.start()
        conversation = self.greet()
        dated = {"lAgentRecID": 1, "lCallbackCallID": 2, "lStatus": 3, "dNextCallAttempt": "1/3/2026", "bCloseForm": 1}
        for method, args, result, words in [
            ("Dance", {}, UNKNOWN_NAME, 'no method "Dance"'),
            (7, {}, UNKNOWN_NAME, "no method 7"),
            ("HoldCall", {"lAgentRecID": 40}, MISSING, "HoldCall needs the argument lCallID"),
            ("HoldCall", None, MISSING, "HoldCall needs the argument lAgentRecID"),
            ("HoldCall", {"lAgentRecID": 40, "lCallID": 1, "lReason": 1}, UNKNOWN_NAME, "takes no argument lReason"),
            ("HoldCall", {"lAgentRecID": 40, "lCallID": "x"}, TYPE_MISMATCH, "whole number of 32 bits as lCallID"),
            ("HoldCall", {"lAgentRecID": 40, "lCallID": 1 << 31}, TYPE_MISMATCH, "whole number of 32 bits as lCallID"),
            ("HoldCall", {"lAgentRecID": 40, "lCallID": 1.5}, TYPE_MISMATCH, "whole number of 32 bits as lCallID"),
            ("HoldCall", [40, 1], TYPE_MISMATCH, "args must be an object"),
            ("MakeCall", {"lAgentRecID": 40, "bstrDialString": 555}, TYPE_MISMATCH, "text as bstrDialString"),
            ("SetCallbackCallStatus", dated, TYPE_MISMATCH, "a time like"),
        ]:
            with self.subTest(method=method, args=args):
                reply = conversation.call(5, method, args)
                self.assertEqual((reply["id"], reply["hresult"]), (5, result))
                self.assertIn(words, reply["error"])
        self.assertEqual(conversation.call(6, "HoldCall", {"lAgentRecID": 40, "lCallID": 1})["hresult"], 0)
        self.assertEqual(self.relay.called("HoldCall"), [40, 1])

    def test_garbage_is_survived(self):
        self.start()
        conversation = self.greet()
        for garbage in [b"\n", b"{", b"[1]\n", b"nonsense\n", b"\xff\xfe\n", b'{"ping":1', b"}}\n", b"[" * 5000 + b"\n",
                        b'{"call":"HoldCall"}\n', b'{"what":1}\n']:
            conversation.connection.sendall(garbage)
        self.assertEqual(conversation.call(1, "SetChatReady", {"lAgentRecID": 40})["hresult"], 0)

    def test_pings_are_answered_while_a_call_hangs(self):
        self.start()
        conversation = self.greet()
        self.relay.tell("hang", method="StopApp")
        self.addCleanup(self.resume)
        conversation.send({"id": 1, "call": "StopApp", "args": {"lAgentRecID": 40}})
        self.relay.called("StopApp")
        conversation.ping(77)
        conversation.pong(77)
        self.resume()
        self.expect(conversation, {"id": 1, "hresult": 0, "out": {}})

    def resume(self):
        if self.relay.process.poll() is None:
            self.relay.order("resume")


class Bridges(RelayTest):
    def test_the_hello_comes_first_and_nothing_follows_before_the_bridge_has_spoken(self):
        self.start()
        conversation = self.bridge.accept()
        self.addCleanup(conversation.close)
        self.relay.called("ConnectWithDirectConnect")
        self.assertEqual(conversation.read(), {"hello": "ccas-relay", "version": 1, "token": "se-cret"})
        self.happen(BEN)
        conversation.connection.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            conversation.connection.recv(1)

    def test_a_bridge_that_says_nothing_is_served_after_a_while(self):
        self.start(hello_grace="0.1")
        conversation = self.bridge.accept()
        self.addCleanup(conversation.close)
        conversation.read()
        self.expect_snapshot(conversation)

    def test_a_refused_relay_says_why_loses_nothing_and_comes_back(self):
        self.start()
        refused = self.bridge.accept()
        refused.read()
        refused.send({"error": "wrong token"})
        refused.close()
        self.greet()
        self.assertTrue(self.relay.logged("it refused the relay: wrong token"))

    def test_the_token_is_read_anew_for_every_connection_and_never_logged(self):
        self.start()
        self.bridge.accept().close()
        (self.relay.folder / "fresh").write_text("another")
        (self.relay.folder / "fresh").replace(self.relay.folder / "token")  # at no moment is there none
        hello = self.bridge.accept()
        while hello.read()["token"] != "another":  # the second attempt may have read the old one
            hello.close()
            hello = self.bridge.accept()
        hello.close()
        self.assertEqual(self.relay.stop(), 0)
        self.assertFalse([line for line in self.relay.log if "se-cret" in line or "another" in line])

    def test_pongs(self):
        self.start()
        conversation = self.greet()
        for number in (1, 2, 4294967296):
            conversation.ping(number)
        self.assertEqual(conversation.call(5, "SetChatReady", {"lAgentRecID": 40})["id"], 5)
        self.assertEqual(conversation.pongs, [0, 1, 2, 4294967296])

    def test_events_wait_in_order_while_the_bridge_is_away(self):
        self.start()
        conversation = self.greet()
        self.leave(conversation)
        while_away = [BEN] + [{"type": 8, "RecID": 40, "CallID": n} for n in range(500)] + [{"type": 2, "RecID": 40}]
        for event in while_away:
            self.relay.order("event", **event)
        back = self.greet()  # the snapshot as it stood when the bridge went, then what it missed
        self.expect(back, *while_away)
        # … and having been told all that, the next one starts from there, without calling CCAS again.
        self.leave(back)
        again = self.bridge.welcome()
        self.addCleanup(again.close)
        self.expect(again, GROUP, {**BEN}, COMPLETE)
        self.assertEqual(self.relay.stop(), 0)
        self.assertEqual(sum("ccas: connected" in line for line in self.relay.log), 1)

    def test_the_snapshot_follows_what_happened_to_the_agents(self):
        self.start()
        conversation = self.greet()
        changes = [{"type": 4, "RecID": 40, "ReasonID": 7, "ReasonString": "Lunch"}, {"type": 5, "RecID": 40},
                   {"type": 53, "RecID": 40}, {"type": 59, "RecID": 40, "ReasonID": -1, "ReasonString": ""},
                   {"type": 34, "RecID": 40, "ServiceGroupList": "4|9"}, BEN, {"type": 2, "RecID": 41},
                   {"type": 45, "RecID": 50, "DN": "2050"}, {"type": 45, "RecID": 51, "DN": "2051"},
                   {"type": 46, "RecID": 51}, {**GROUP, "RecID": 9}]
        for change in changes:
            self.happen(change)
        self.expect(conversation, *changes)
        self.leave(conversation)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, GROUP, {**ANNA, "VoiceReady": 0, "EmailReady": 1, "OpenMediaReady": 1, "MediaReady": 0,
                                  "ServiceGroupList": "4|9", "NumberOfServiceGroups": 2},
                    {"type": 45, "RecID": 50, "DN": "2050"}, {**GROUP, "RecID": 9}, COMPLETE)

    def test_beyond_the_bound_the_oldest_go_and_are_counted_but_the_snapshot_stays_right(self):
        self.start(queue="5")
        conversation = self.greet()
        self.leave(conversation)
        for event in [BEN, {"type": 4, "RecID": 40}] + [{"type": 8, "RecID": 40, "CallID": n} for n in range(6)]:
            self.happen(event)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, {"lost": 3, "unsure": 0}, GROUP, {**ANNA, "VoiceReady": 0}, BEN, COMPLETE,
                    *[{"type": 8, "RecID": 40, "CallID": n} for n in range(1, 6)])
        # Told and confirmed, the loss is not told again.
        self.leave(back)
        again = self.bridge.welcome()
        self.addCleanup(again.close)
        self.expect(again, GROUP)

    def test_what_a_broken_connection_may_have_swallowed_is_reported(self):
        self.start()
        conversation = self.greet()
        conversation.ping(1)
        self.assertEqual(conversation.call(1, "SetChatReady", {"lAgentRecID": 40})["hresult"], 0)
        for number in range(3):
            self.happen({"type": 8, "RecID": 40, "CallID": number})
            conversation.read()
        # What follows an event shows that the relay is done with sending it; a call does not confirm it.
        self.assertEqual(conversation.call(2, "SetChatReady", {"lAgentRecID": 40})["hresult"], 0)
        conversation.close()
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, {"lost": 0, "unsure": 3}, *SNAPSHOT)

    def test_a_bridge_that_stops_reading_is_left_and_gets_a_whole_picture(self):
        # Ninety fill the sockets but not the queue, which would end the connection before its call is made.
        self.start(queue="100", silence="8")
        conversation = self.greet()
        big = {"type": 22, "RecID": 40, "EmailText": "x" * 100_000}
        for number in range(90):
            self.relay.order("event", **big)
            conversation.ping(number)
        conversation.send({"id": 1, "call": "StopApp", "args": {"lAgentRecID": 40}})
        self.relay.called("StopApp")
        for _ in range(90):
            self.relay.order("event", **big)
        self.happen(BEN)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        line = back.read()
        self.assertGreater(line["lost"], 0)
        self.expect(back, *SNAPSHOT)
        while line != BEN:
            back.ping(1)
            line = back.read()
            self.assertNotIn("hresult", line)  # it was for the connection that is gone
        self.happen({"type": 27})
        self.expect(back, {"type": 27})

    def test_a_bridge_that_missed_events_while_connected_is_not_kept_in_a_false_picture(self):
        self.start(queue="50")
        conversation = self.greet()
        for _ in range(199):
            self.relay.order("event", type=22, RecID=40, EmailText="x" * 100_000)
        self.happen({"type": 2, "RecID": 40})
        with self.assertRaises(EOFError):  # having read what was under way, it is left
            while True:
                conversation.read()
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.assertGreater(back.read()["lost"], 0)

    def test_a_silent_bridge_is_left(self):
        self.start(silence="2")
        conversation = self.bridge.welcome()
        self.addCleanup(conversation.close)
        with self.assertRaises(EOFError):
            while True:
                conversation.read()
        self.bridge.welcome().close()
        self.assertTrue(self.relay.logged("it has been silent for 2.0 s"))

    def test_no_reply_goes_to_another_connection(self):
        self.start()
        conversation = self.greet()
        self.relay.tell("hang", method="StopApp")
        conversation.send({"id": 1, "call": "StopApp", "args": {"lAgentRecID": 40}})
        self.relay.called("StopApp")
        conversation.ping(1)
        conversation.pong(1)
        conversation.close()
        back = self.greet()
        self.relay.order("resume")
        self.assertEqual(back.call(2, "SetChatReady", {"lAgentRecID": 40}), {"id": 2, "hresult": 0, "out": {}})


class Platforms(RelayTest):
    def test_connecting_follows_the_guide(self):
        self.start(ccas_nic="10.0.0.1", logon_user="admin", logon_password="hush!", logon_tenant="3")
        self.assertEqual(self.relay.called("Initialize"), [])
        self.assertEqual(self.relay.said.get(), {"called": "SetLogonCredentials", "args": ["admin", "hush!", 3]})
        self.assertEqual(self.relay.said.get(),
                         {"called": "ConnectWithDirectConnect", "args": ["ccas.example", 2604, "10.0.0.1"]})
        self.assertEqual(self.relay.stop(), 0)
        self.assertEqual(list(self.relay.said.queue)[-1], {"called": "Uninitialize", "args": []})
        self.assertFalse([line for line in self.relay.log if "hush!" in line])

    def test_a_lost_platform_is_told_and_comes_back_with_a_new_snapshot(self):
        self.start()
        conversation = self.greet()
        self.relay.tell("snapshot", events=[BEN, COMPLETE])
        self.relay.tell("disconnect")
        self.expect(conversation, DOWN, BEN, COMPLETE)
        self.relay.called("Uninitialize")
        self.assertEqual(self.relay.called("ConnectWithDirectConnect"), ["ccas.example", 2604, ""])

    def test_event_36_and_uninitialize_are_losses_too(self):
        self.start()
        conversation = self.greet()
        self.happen({"type": 36})
        self.expect(conversation, {"type": 36}, DOWN, *SNAPSHOT)
        self.assertEqual(conversation.call(1, "Uninitialize"), {"id": 1, "hresult": 0, "out": {}})
        self.expect(conversation, DOWN, *SNAPSHOT)

    def test_a_bridge_learns_that_the_platform_is_away_and_so_do_its_calls(self):
        self.start()
        conversation = self.greet()
        self.relay.tell("answer", method="GetLastErrorInfo", out=[5, "no answer in 30 seconds"])
        self.relay.tell("answer", method="ConnectWithDirectConnect", hresult=E_FAIL)
        self.relay.tell("disconnect")
        self.expect(conversation, DOWN)
        self.assertEqual(conversation.call(9, "SetChatReady", {"lAgentRecID": 40}),
                         {"id": 9, "hresult": E_FAIL, "error": "the relay is not connected to the Agent Service"})
        self.assertTrue(self.relay.logged("ConnectWithDirectConnect failed: no answer in 30 seconds"))
        self.leave(conversation)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, DOWN)
        self.relay.tell("answer", method="ConnectWithDirectConnect", hresult=0)
        self.expect(back, *SNAPSHOT)

    def test_both_away_at_once(self):
        self.start()
        conversation = self.greet()
        self.leave(conversation)
        self.relay.tell("snapshot", events=[BEN, COMPLETE])
        call = {"type": 8, "RecID": 40, "CallID": 900}
        self.happen(call)
        self.relay.tell("disconnect")
        back = self.greet()
        self.expect(back, call, DOWN, BEN, COMPLETE)


class Settings(unittest.TestCase):
    def refused(self, text="", *flags):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "relay.conf"
            path.write_text(text)
            done = subprocess.run(["mono", str(executable()), "--config", str(path), *flags], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr.replace(folder + "/", "")

    def test_wrong_settings_are_named(self):
        good = "bridge = 127.0.0.1:1\nccas = a:1\ntoken = hush!\n"
        for text, flags, words in [
            ("", [], "bridge: missing"),
            ("bridge = 127.0.0.1:1\nccas = a:1", [], "token_file: missing"),
            ("bridge = 127.0.0.1:x", [], "relay.conf:1: bridge: needs a whole number from 1 to 65535"),
            ("\nbrigde = a:1", [], "relay.conf:2: brigde: no such setting"),
            ("bridge", [], "relay.conf:1: expected `key = value`"),
            (good + "token_file = nowhere", [], "token_file: "),
            (good + "logon_user = u", [], "logon_password_file: missing"),
            (good + "tls_name = n", [], "tls: must be true"),
            (good + "tls = true\ntls_thumbprint = 12", [], "relay.conf:5: tls_thumbprint: needs the"),
            (good, ["--queue", "0"], "--queue: needs a whole number from 1"),
            (good, ["--token", "hush!"], "--token: a secret has no place on a command line; use --token-file"),
            (good, ["--logon-password", "hush!"], "use --logon-password-file"),
            (good, ["--retry-max"], "--retry-max: needs a value"),
            (good, ["--retry-max", "0.5"], "retry_max: less than retry_min"),
        ]:
            with self.subTest(text=text, flags=flags):
                said = self.refused(text, *flags)
                self.assertIn(words, said)
                self.assertNotIn("hush!", said)


@unittest.skipUnless(shutil.which("openssl"), "needs openssl to make certificates")
class Tls(RelayTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for ca in ("ca", "other"):
            cls.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={ca}",
                        "-keyout", f"{ca}.key", "-out", f"{ca}.pem")
        cls.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=elsewhere.test", "-keyout", "b.key",
                    "-out", "b.csr")
        (cls.folder / "ext").write_text("subjectAltName=DNS:bridge.test,DNS:*.wild.test,IP:127.0.0.1\n")
        cls.openssl("x509", "-req", "-in", "b.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                    "-days", "2", "-extfile", "ext", "-out", "b.pem")
        cls.fingerprint = cls.openssl("x509", "-in", "b.pem", "-noout", "-fingerprint", "-sha256").split("=")[1].strip()

    @classmethod
    def openssl(cls, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def listener(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "b.pem", self.folder / "b.key")
        return Bridge(context)

    def accepted(self, **settings):
        self.start(self.listener(), tls="true", **settings)
        conversation = self.greet()
        self.happen({"type": 27})
        self.expect(conversation, {"type": 27})
        self.leave(conversation)
        self.greet()

    def refused(self, **settings):
        """A client that trusts nobody closes without having sent its token."""
        self.start(self.listener(), tls="true", **settings)
        with self.assertRaises((EOFError, ssl.SSLError, ConnectionError)):
            conversation = self.bridge.accept()
            self.addCleanup(conversation.close)
            conversation.read()
        self.assertEqual(self.relay.stop(), 0)
        self.assertFalse([line for line in self.relay.log if "bridge: connected" in line])

    def test_an_own_authority(self):
        self.accepted(tls_ca=self.folder / "ca.pem", tls_name="bridge.test")

    def test_stopping_does_not_wait_for_a_handshake(self):
        self.start(self.listener(), tls="true", tls_thumbprint=self.fingerprint)
        connection, _ = self.bridge.listener.accept()
        self.addCleanup(connection.close)
        connection.recv(1)  # the handshake has begun, and gets no answer
        began = time.monotonic()
        self.assertEqual(self.relay.stop(), 0)
        self.assertLess(time.monotonic() - began, 10)

    def test_an_address_as_the_name(self):
        self.accepted(tls_ca=self.folder / "ca.pem")

    def test_a_wildcard(self):
        self.accepted(tls_ca=self.folder / "ca.pem", tls_name="a.wild.test")

    def test_a_wildcard_is_one_label_only(self):
        self.refused(tls_ca=self.folder / "ca.pem", tls_name="a.b.wild.test")

    def test_a_pinned_certificate(self):
        self.accepted(tls_thumbprint=self.fingerprint)

    def test_an_unknown_authority(self):
        self.refused(tls_name="bridge.test")

    def test_the_wrong_authority(self):
        self.refused(tls_ca=self.folder / "other.pem", tls_name="bridge.test")

    def test_the_wrong_name(self):
        self.refused(tls_ca=self.folder / "ca.pem", tls_name="elsewhere.test")

    def test_the_wrong_pin(self):
        self.refused(tls_thumbprint="00" * 32, tls_name="bridge.test")


if __name__ == "__main__":
    unittest.main()
