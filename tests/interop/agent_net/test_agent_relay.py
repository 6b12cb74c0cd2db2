"""The agent relay against a fake AgentClient object and a played bridge.

`python3 -m unittest discover -s tests/interop/agent_net` runs it. Needs Mono (mcs, mono). The line protocol, TLS and the queue
are the CCAS relay's, whose tests try them in full.
"""
import datetime
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from guide import EVENTS, METHODS, RECORDS, RESULTS, returned
from net import TOKEN, AgentRelay, Bridge, agent

E_FAIL, UNKNOWN_NAME, TYPE_MISMATCH, MISSING = -2147467259, -2147352570, -2147352571, -2147352561
AWAY = {"disconnected": True}
END = {"type": "UserInformation", "UserInformation": {}}
ANN = {"ExtensionNumber": "4040", "LoggedOn": 1, "LoginID": "140", "UserName": "Ann", "ReadyStatus": True,
       "EmailReadyStatus": False, "OpenMediaReadyStatus": False, "OASID": 1, "OASServerName": "oas", "ChatReadyStatus": False,
       "RecordID": 40, "VoiceNotReadyReasonID": 0, "VoiceNotReadyReasonString": ""}
# What a connection begins with, once it is known whose desktop it is; so does the present state.
WHO = {"type": "UserInformation", "UserInformation": ANN}
OFFERED, CONNECTED, HELD, CONFERENCE, CLEARING, CLERICAL, IDLE = 3, 6, 8, 10, 11, 99, 1
ENDED = "2026-03-01T10:00:00Z"


def setUpModule():
    agent()


def sample(kind, name, place=0):
    """A value of a type of the guide's."""
    if kind.endswith("[]"):
        return [sample(kind[:-2], name, place), sample(kind[:-2], name, place + 1)]
    if kind in RECORDS:
        return {each: sample(inner, each, place + index) for index, (each, inner) in enumerate(RECORDS[kind].items())}
    return {"string": f"{name} {place} é\"\\\n", "int": 1000 + place, "bool": True, "DateTime": "2026-03-01T09:30:00Z"}.get(kind, 2)


def plain(value):
    """A line without the moment at which it was made, and with its dates in UTC."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "at"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, str) and value[:1] == "2" and "T" in value and len(value) > 18:
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(datetime.timezone.utc).isoformat()
    return value


class RelayTest(unittest.TestCase):
    maxDiff = None

    def start(self, user=ANN, **settings):
        self.bridge = Bridge(hello="agent-relay")
        self.addCleanup(self.bridge.close)
        self.relay = AgentRelay(self.bridge, **settings)
        self.addCleanup(self.halt)
        self.answer("GetUserInformation", user)

    def halt(self):
        if self.relay.process.poll() is None:
            self.relay.stop()

    def answer(self, method, result):
        self.relay.tell("answer", method=method, result=result)

    def greet(self):
        """A connection, and the picture that it was sent."""
        conversation = self.bridge.welcome()
        self.addCleanup(conversation.close)
        return conversation, self.picture(conversation)

    def picture(self, conversation):
        lines = []
        while True:
            line = plain(conversation.read())
            if line == END:
                return lines
            if line != AWAY and lines[-1:] != [line]:
                lines.append(line)

    def happen(self, event, **args):
        self.relay.tell("raise", event=event, args=args)

    def call(self, number, state, **properties):
        self.happen("OnCallEvent", Call={"ID": number, "State": state, **properties})

    def expect(self, conversation, *lines):
        for line in lines:
            self.assertEqual(plain(conversation.read()), plain(line))

    def expect_call(self, conversation, number, state):
        line = conversation.read()
        self.assertEqual((line["type"], line.get("Call", {}).get("ID"), line.get("Call", {}).get("State")),
                         ("OnCallEvent", number, state), line)
        return line

    def leave(self, conversation):
        conversation.ping(1)
        self.assertEqual(conversation.call(0, "CanMakeCall")["id"], 0)
        conversation.close()
        self.assertTrue(self.relay.logged("bridge: trying again in"))


class Events(RelayTest):
    form = "values"

    def test_every_event_with_every_property(self):
        self.start(form=self.form)
        conversation, _ = self.greet()
        for event, given in EVENTS.items():
            if event in ("OnApplicationClosed", "OnUserLogin", "OnUserStatusUpdate"):
                continue
            values = {name: sample(kind, name) for name, kind in given.items()}
            self.happen(event, **values)
            self.expect(conversation, {"type": event, **values})
        self.happen("OnUserLogin")
        self.expect(conversation, {"type": "OnUserLogin", "UserInformation": ANN})
        # Of the user, only differences are told, and nothing if there are none.
        self.happen("OnUserStatusUpdate", UserInformation=ANN)
        self.happen("OnUserStatusUpdate", UserInformation={**ANN, "ReadyStatus": False, "VoiceNotReadyReasonID": 3})
        self.expect(conversation, {"type": "OnUserStatusUpdate",
                                   "UserInformation": {"ReadyStatus": False, "VoiceNotReadyReasonID": 3}})
        self.happen("OnApplicationClosed")
        self.expect(conversation, {"type": "OnApplicationClosed"}, AWAY)

    def test_a_date_that_is_not_set_and_what_is_null_are_left_out(self):
        self.start(form=self.form)
        conversation, _ = self.greet()
        self.call(900, OFFERED, PhoneNumber="5551234")
        line = self.expect_call(conversation, 900, OFFERED)
        self.assertFalse({"EndTime", "CallInfo", "CallerName"} & line["Call"].keys())
        at = datetime.datetime.fromisoformat(line["at"].replace("Z", "+00:00"))
        self.assertLess(abs(at - datetime.datetime.now(datetime.timezone.utc)), datetime.timedelta(minutes=1))

    def test_an_event_that_cannot_be_read_is_reported_as_lost(self):
        self.start(form=self.form)
        conversation, _ = self.greet()
        self.happen("OnCallEvent")
        self.expect(conversation, {"lost": 1, "unsure": 0})


class EventsWithSender(Events):
    """The same with handlers in the form (sender, e)."""
    form = "sender"


class Calls(RelayTest):
    def test_every_method_by_name(self):
        self.start(log_on="true")
        conversation, _ = self.greet()
        ends = "Uninitialize", "CloseApplication", "Initialize"
        for number, method in enumerate([name for name in METHODS if name not in ends]):
            given = {name: sample(kind, name, place) for place, (name, kind) in enumerate(METHODS[method].items())}
            result = sample(returned(method), method)
            self.answer(method, result)
            # The order of the arguments is the relay's business, not the bridge's, and their case is nobody's.
            reply = conversation.call(number, method[0].lower() + method[1:], {
                name.lower(): value for name, value in reversed(given.items())})
            passed = ["2026-03-01T09:30:00" if kind == "DateTime" else given[name] for name, kind in METHODS[method].items()]
            self.assertEqual(self.relay.called(method), passed, method)
            self.assertEqual(plain(reply), plain({"id": number, "hresult": 0, "out": {RESULTS[method]: result}}), method)
        self.assertEqual(conversation.call(80, "Initialize"), {"id": 80, "hresult": 0, "out": {"Result": True}})
        self.assertEqual(conversation.call(81, "getUserInfo")["id"], 81)
        # After it there is nothing to be heard, so the relay begins anew.
        self.answer("Uninitialize", True)
        self.answer("GetUserInformation", ANN)
        self.assertEqual(conversation.call(82, "Uninitialize"), {"id": 82, "hresult": 0, "out": {"Result": True}})
        self.expect(conversation, AWAY)
        self.assertEqual(self.picture(conversation)[0], {"type": "UserInformation", "UserInformation": ANN})
        self.assertEqual(conversation.call(83, "CloseApplication"), {"id": 83, "hresult": 0, "out": {}})

    def test_what_is_optional_may_be_left_out(self):
        self.start()
        conversation, _ = self.greet()
        conversation.call(1, "MakeCall", {"Number": "555"})
        self.assertEqual(self.relay.called("MakeCall"), ["555", "", False])
        conversation.call(2, "SetReadyStatus", {"Status": False, "ReasonName": None})
        self.assertEqual(self.relay.called("SetReadyStatus"), [False, 0, ""])

    def test_calls_that_the_agent_never_sees(self):
        self.start()
        conversation, _ = self.greet()
        for method, args, result, wrong in [
            ("Fly", {}, UNKNOWN_NAME, "AgentClient has no method Fly"),
            (7, {}, UNKNOWN_NAME, "no method 7"),
            ("HangupCall", {}, MISSING, "needs the argument CallID"),
            ("HangupCall", {"CallID": 1, "Reason": 2}, UNKNOWN_NAME, "takes no argument Reason"),
            ("HangupCall", {"CallID": "x"}, TYPE_MISMATCH, "whole number of 32 bits as CallID"),
            ("HangupCall", [1], TYPE_MISMATCH, "args must be an object"),
            ("EnterCQCodes", {"CallID": 1, "MediaType": 2, "Codes": ["7"]}, TYPE_MISMATCH, "a list of objects as Codes"),
        ]:
            with self.subTest(method=method, args=args):
                reply = conversation.call(5, method, args)
                self.assertEqual((reply["id"], reply["hresult"]), (5, result))
                self.assertIn(wrong, reply["error"])
        for method in "LaunchBSAWithCredentials", "CloseApplication", "LogOn", "logoff":
            self.assertEqual(conversation.call(6, method), {
                "id": 6, "hresult": 0, "out": {"Result": False}, "error": "the relay does not log on or off"})
        self.assertEqual(conversation.call(7, "HangupCall", {"CallID": 1})["hresult"], 0)
        self.assertEqual(self.relay.called("HangupCall"), [1])

    def test_an_exception_is_its_hresult_and_text(self):
        self.start()
        conversation, _ = self.greet()
        self.relay.tell("fail", method="MakeCall", text="no line")
        reply = conversation.call(1, "MakeCall", {"Number": "555"})
        self.assertLess(reply["hresult"], 0)
        self.assertEqual(reply["error"], "no line")

    def test_pings_are_answered_while_a_call_hangs_and_events_pass(self):
        self.start()
        conversation, _ = self.greet()
        self.relay.tell("hang", method="MakeCall")
        self.answer("MakeCall", True)
        conversation.send({"id": 1, "call": "MakeCall", "args": {"Number": "555"}})
        self.relay.called("MakeCall")
        conversation.ping(77)
        conversation.pong(77)
        self.call(900, CONNECTED)
        self.expect_call(conversation, 900, CONNECTED)
        self.relay.tell("resume")
        self.expect(conversation, {"id": 1, "hresult": 0, "out": {"Result": True}})

    def test_the_active_call_is_the_one_that_the_bridge_means(self):
        self.start()
        conversation, _ = self.greet()
        calls = [{"ID": 900, "State": HELD}, {"ID": 901, "State": CONNECTED}]
        for number, (method, args, listed, wrong) in enumerate([
            ("HoldActiveCall", {"CallID": 901}, calls, None),
            ("HoldActiveCall", {}, calls, None),
            ("HoldActiveCall", {"callId": 900}, calls, "call 900 is not the active call"),
            ("HoldActiveCall", {"CallID": 901}, [*calls, {"ID": 902, "State": CONNECTED}], "call 901 is not the active call"),
            ("RetrieveActiveCall", {"CallID": 900}, calls, None),
            ("AnswerActiveCall", {"CallID": 901}, calls, "call 901 is not the active call"),
            ("AnswerActiveCall", {"CallID": 903}, [*calls, {"ID": 903, "State": OFFERED}], None),
            ("EnterDtmfActiveCall", {"CallID": 901, "Digits": "1"}, calls, None),
            ("DeflectActiveCall", {"CallID": 902, "Destination": "1"}, calls, "call 902 is not the active call"),
            ("HangupActiveCall", {"CallID": 901}, [], "call 901 is not the active call"),
            ("ConferenceActiveCall", {"HeldCallID": 900, "ActiveCallID": 901}, calls, None),
            ("ConferenceActiveCall", {"HeldCallID": 901, "ActiveCallID": 900}, calls, "call 901 is not the held call"),
            ("TransferCall", {"CallID": 900, "ActiveCallID": 901}, calls, None),
            ("TransferCall", {"CallID": 900, "ActiveCallID": 902}, calls, "call 902 is not the active call"),
        ]):
            with self.subTest(method=method, args=args):
                self.answer("GetCalls", listed)
                self.answer(method, True)
                reply = conversation.call(number, method, args)
                self.assertEqual((reply["hresult"], reply["out"]["Result"], reply.get("error")), (0, wrong is None, wrong))


class Pictures(RelayTest):
    def test_the_present_state_follows_the_hello_and_closes_with_an_empty_record(self):
        self.start()
        lists = {"GetCalls": "Call", "GetEmails": "Email", "GetSMS": "SMS", "GetOpenMedia": "OpenMedia", "GetChats": "Chat"}
        expected = [{"type": "UserInformation", "UserInformation": ANN}]
        for method, kind in lists.items():
            record = {**sample(kind, kind), "ID": 900, "State": CONNECTED}
            del record["EndTime"]
            self.answer(method, [record, {"ID": 899, "State": IDLE}])
            expected.append({"type": f"On{kind}Event", kind: record})
        _, picture = self.greet()
        self.assertEqual(picture, plain(expected))

    def test_events_wait_while_the_bridge_is_away_and_the_state_follows_them(self):
        self.start()
        conversation, _ = self.greet()
        self.leave(conversation)
        for number in range(200):
            self.relay.order("raise", event="OnCallEvent", args={"Call": {"ID": number, "State": OFFERED}})
        self.relay.tell("answer", method="GetCalls", result=[{"ID": 7, "State": CONNECTED}])
        back, picture = self.greet()
        self.assertEqual([line["Call"]["ID"] for line in picture if line["type"] == "OnCallEvent"], [*range(200), 7])

    def test_beyond_the_bound_the_oldest_go_and_are_counted(self):
        self.start(queue="5")
        conversation, _ = self.greet()
        self.leave(conversation)
        for number in range(8):
            self.call(number, OFFERED)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, {"lost": 3, "unsure": 0}, WHO)
        for number in range(3, 8):
            self.expect_call(back, number, OFFERED)

    def test_an_agent_that_closes_is_away_until_it_is_back(self):
        self.start()
        conversation, _ = self.greet()
        self.call(900, CONNECTED)
        self.expect_call(conversation, 900, CONNECTED)
        self.relay.tell("close")
        self.expect(conversation, {"type": "OnApplicationClosed"}, AWAY)
        reply = conversation.call(1, "CanMakeCall")
        self.assertEqual((reply["hresult"], reply["error"]), (E_FAIL, "the Agent is away"))
        self.leave(conversation)
        back = self.bridge.welcome()
        self.addCleanup(back.close)
        self.expect(back, WHO, AWAY)
        self.relay.tell("open")
        lines = self.picture(back)
        self.assertEqual(lines[-1], {"type": "UserInformation", "UserInformation": ANN})

    def test_what_no_event_has_said_is_found_by_looking(self):
        self.start(check="0.2")
        conversation, _ = self.greet()
        self.answer("GetCalls", [{"ID": 900, "State": OFFERED}])
        self.expect_call(conversation, 900, OFFERED)
        self.answer("GetCalls", [{"ID": 900, "State": CONNECTED}])
        self.expect_call(conversation, 900, CONNECTED)
        self.answer("GetUserInformation", {**ANN, "ChatReadyStatus": True})
        self.expect(conversation, {"type": "UserInformation", "UserInformation": {"ChatReadyStatus": True}})
        self.answer("GetEmails", [{"ID": 5, "State": 102}])
        self.assertEqual(conversation.read()["type"], "OnEmailEvent")
        self.answer("GetCalls", [])
        self.expect(conversation, {"type": "Gone", "CallID": 900})
        self.answer("GetEmails", [])
        self.expect(conversation, {"type": "Gone", "MessageID": 5})

    def test_an_event_says_nothing_that_a_look_has_said(self):
        self.start(check="0.2")
        conversation, _ = self.greet()
        self.answer("GetCalls", [{"ID": 900, "State": OFFERED}])
        self.expect_call(conversation, 900, OFFERED)
        self.call(900, OFFERED)
        self.call(900, CONNECTED)
        self.expect_call(conversation, 900, CONNECTED)

    def test_a_call_in_the_work_after_it_need_not_be_in_the_list(self):
        self.start(check="0.2")
        conversation, _ = self.greet()
        self.call(900, CLERICAL)
        self.expect_call(conversation, 900, CLERICAL)
        time.sleep(1)
        self.happen("OnRegistrationStatus", Registered=True)
        self.expect(conversation, {"type": "OnRegistrationStatus", "Registered": True})
        self.leave(conversation)
        back, picture = self.greet()
        self.assertEqual([line["Call"]["ID"] for line in picture if line["type"] == "OnCallEvent"], [900])
        self.call(900, IDLE, EndTime=ENDED)
        self.expect_call(back, 900, IDLE)

    def test_a_conference_in_either_order_of_its_events(self):
        self.start()
        conversation, _ = self.greet()
        joined = {"type": "Conferenced", "HeldCall": 900, "ActiveCall": 901, "Result": 901}
        self.call(900, HELD)
        self.call(901, CONNECTED)
        self.call(901, CONFERENCE)
        self.call(900, CLEARING)
        self.call(900, IDLE, EndTime=ENDED)
        for number, state in (900, HELD), (901, CONNECTED), (901, CONFERENCE):
            self.expect_call(conversation, number, state)
        self.expect(conversation, joined)
        self.call(901, IDLE, EndTime=ENDED)
        self.expect_call(conversation, 901, IDLE)
        # The held call ends first: its end waits a moment for the conference.
        self.call(900, HELD)
        self.call(901, CONNECTED)
        self.call(900, IDLE, EndTime=ENDED)
        self.call(901, CONFERENCE)
        for number, state in (900, HELD), (901, CONNECTED):
            self.expect_call(conversation, number, state)
        self.expect(conversation, joined)
        self.expect_call(conversation, 901, CONFERENCE)

    def test_a_held_call_that_merely_ends(self):
        self.start()
        conversation, _ = self.greet()
        self.call(900, HELD)
        self.call(901, CONNECTED)
        self.call(900, IDLE, EndTime=ENDED)
        for number, state in (900, HELD), (901, CONNECTED), (900, IDLE):
            self.expect_call(conversation, number, state)
        # Both go together, as in a transfer.
        self.call(902, HELD)
        self.call(902, IDLE, EndTime=ENDED)
        self.call(901, IDLE, EndTime=ENDED)
        for number, state in (902, HELD), (902, IDLE), (901, IDLE):
            self.expect_call(conversation, number, state)

    def test_a_frame_stays_below_64_kib(self):
        self.start()
        conversation, _ = self.greet()
        self.happen("OnEmailEvent", Email={"ID": 5, "State": 102, "Subject": "long", "BodyText": "ü" * 300_000})
        line = conversation.read()
        self.assertLess(len(json.dumps(line, ensure_ascii=False).encode()), 65_536)
        self.assertEqual((line["Email"]["ID"], line["Email"]["Subject"]), (5, "long"))
        self.assertTrue(line["Email"]["BodyText"].startswith("üüü"))


class Bridges(RelayTest):
    def test_nothing_follows_the_hello_before_the_bridge_has_spoken(self):
        self.start(agent="140")
        conversation = self.bridge.accept()
        self.addCleanup(conversation.close)
        self.assertEqual(conversation.read(), {"hello": "agent-relay", "version": 1, "token": TOKEN, "agent": "140"})
        self.call(900, OFFERED)
        conversation.connection.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            conversation.connection.recv(1)

    def test_a_refused_relay_comes_back_and_its_log_has_no_token(self):
        self.start()
        refused = self.bridge.accept()
        refused.read()
        refused.send({"error": "refused"})
        refused.close()
        self.greet()
        self.assertTrue(self.relay.logged("it refused the relay: refused"))
        self.assertEqual(self.relay.stop(), 0)
        self.assertFalse([line for line in self.relay.log if TOKEN in line])

    def test_a_replaced_relay_does_not_come_back_at_once(self):
        self.start(replaced_wait="2")
        conversation, _ = self.greet()
        conversation.send({"error": "replaced by a newer connection"})
        conversation.close()
        began = time.monotonic()
        self.greet()
        self.assertGreater(time.monotonic() - began, 1.5)

    def test_tls_is_what_it_begins_with(self):
        self.start(tls="true")
        connection, _ = self.bridge.listener.accept()
        self.addCleanup(connection.close)
        self.assertEqual(connection.recv(1), b"\x16")       # a handshake


class Settings(unittest.TestCase):
    def run_with(self, text, *flags, **environment):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "relay.conf"
            path.write_text(text)
            return subprocess.run(["mono", str(agent()[0]), "--config", str(path), *flags], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, env={**os.environ, **environment})

    def test_wrong_settings_are_named(self):
        good = "bridge = 127.0.0.1:1\ntoken = hush!\n"
        for text, flags, said in [
            ("", [], "bridge: missing"),
            ("bridge = 127.0.0.1:1", [], "token_file: missing, and token and the variable CTI_BRIDGE_TOKEN as well"),
            (good + "tls = false\ntls_name = n", [], "tls: must be true"),
            (good + "chek = 1", [], "relay.conf:3: chek: no such setting"),
            (good, ["--token", "hush!"], "--token: a secret has no place on a command line"),
            (good, ["--log-on", "yes"], "--log-on: needs true or false"),
        ]:
            with self.subTest(text=text, flags=flags):
                done = self.run_with(text, *flags)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertNotIn("hush!", done.stderr)

    def test_the_token_may_stand_in_the_environment(self):
        done = self.run_with("bridge = tcp://127.0.0.1:1\nassembly = none.dll", CTI_BRIDGE_TOKEN="hush!")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("hush!", done.stderr)


if __name__ == "__main__":
    unittest.main()
