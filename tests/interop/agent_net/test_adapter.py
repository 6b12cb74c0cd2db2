"""A program that was written from the guide's tables, on the adapter, with a played bridge.

`python3 -m unittest discover -s tests/interop/agent_net` runs it.
"""
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from guide import ENUMS, EVENTS, METHODS, OUT, RECORDS, RESULTS, WORDS, returned
from net import ADAPTER, TOKEN, Application, Bridge, Site, program
from test_agent_relay import ANN, CONNECTED, ENDED, HELD, IDLE, OFFERED, plain, sample

SESSIONS = {"Call": "GetCalls", "Email": "GetEmails", "SMS": "GetSMS", "OpenMedia": "GetOpenMedia", "Chat": "GetChats"}
LOCAL = {"Initialize", "Uninitialize", "CanInitialize", "IsBSARunning", "LaunchBSA", "LaunchBSAWithCredentials",
         "GetUserInformation", "IsRegistered", "CloseApplication", *SESSIONS.values()}
EXTENSIONS = {"RequestFailed", "LastError", "Dispose", "GetUserInfo"}


def setUpModule():
    program()


def call(number, state, **properties):
    return {"ID": number, "State": state, **properties}


class AdapterTest(unittest.TestCase):
    maxDiff = None

    def start(self, *flags, user=ANN, sessions=(), begin=True, **settings):
        self.bridge = Bridge()
        self.addCleanup(self.bridge.close)
        self.user, self.sessions = user, list(sessions)
        self.app = Application(self.bridge, *flags, **settings)
        self.addCleanup(self.halt)
        if begin:
            self.site = self.accept()
            self.assertIs(self.app.call("Initialize"), True)
            # Before it, only this is heard; after it, all that there is.
            self.assertEqual(self.app.heard(), ("OnApplicationReadyForInitialization", []))
            self.assertEqual(self.app.heard(), ("OnUserLogin", []))
            for _ in self.sessions:
                self.app.heard()

    def halt(self):
        if self.app.process.poll() is None:
            self.app.stop()

    def accept(self, **options):
        """The program's next connection, with the picture as it is now."""
        site = Site(self.bridge.accept(), self.user, self.sessions, **options)
        self.addCleanup(site.close)
        return site

    def cut(self):
        """The connection breaks, and the program comes back."""
        self.site.close()
        self.site = self.accept()
        self.site.called("GetChats")

    def hears(self, name, **members):
        """The next event is this one, with these values in its first."""
        event, values = self.app.heard()
        self.assertEqual(event, name, values)
        self.assertEqual({each: values[0][each] for each in members}, members)
        return values


class Surface(unittest.TestCase):
    """The public surface is the guide's, and the extensions."""

    def test_classes_members_and_codes(self):
        bridge = Bridge()
        self.addCleanup(bridge.close)
        app = Application(bridge)
        self.addCleanup(app.stop)
        types = app.do("surface")
        for name, properties in RECORDS.items():
            self.assertEqual(set(types[name]["members"]), set(properties), name)
            self.assertTrue(types[name]["com"], name)
        self.assertEqual(set(types["AgentClient"]["members"]), {*METHODS, *EVENTS, *EXTENSIONS})
        self.assertEqual(set(types["IAgentClientEvents"]["members"]), set(EVENTS))
        codes = {**ENUMS, "campaign-status": "CampaignCallStatus", "media-type": "MediaType"}
        for key, name in codes.items():
            self.assertEqual(sorted(types[name]["members"]), sorted(WORDS["enum"][key]["members"].values()), name)
        delegates = {name for name in types if name.endswith("EventHandler")}
        self.assertEqual(set(types) - delegates, {*RECORDS, *codes.values(), "AgentClient", "IAgentClientEvents"})

    def test_a_program_with_senders_and_arguments_compiles_too(self):
        self.assertTrue(program("sender").exists())

    def test_the_sample_has_every_setting(self):
        text = (ADAPTER / "AgentIntegration.ini").read_text()
        readme = (ADAPTER / "README.md").read_text()
        sources = (ADAPTER / "Desk.cs").read_text() + (ADAPTER.parents[1] / "relays" / "RelayLine.cs").read_text()
        for key in re.findall(r'case "(\w+)": \w+[( =]', sources):
            self.assertRegex(text, rf"(?m)^;?{key} *=", key)
            self.assertIn(f"`{key}`", readme)


class Methods(AdapterTest):
    form = "values"

    def test_every_method_of_the_bridge_goes_there_whole_and_brings_its_result(self):
        self.start(form=self.form)
        for method, given in METHODS.items():
            if method in LOCAL:
                continue
            args = {name: sample(kind, name, place) for place, (name, kind) in enumerate(given.items())}
            result = sample(returned(method), method)
            self.site.results[method] = {"hresult": 0, "out": {RESULTS[method]: result}}
            self.assertEqual(plain(self.app.call(method, **args)), plain(result), method)
            self.assertEqual(plain(self.site.called(method)), plain(args), method)
            # Refused, with a reason; and not understood at all.
            empty = [] if OUT[RESULTS[method]].endswith("[]") else None if OUT[RESULTS[method]] == "Tab" else False
            for answer in ({"hresult": 0, "out": {"Result": False}, "error": "no platform here does"},
                           {"hresult": -2147352570, "error": "no platform here does"}):
                self.site.results[method] = answer
                number = self.app.ask(method, **args)
                line = self.app._next(lambda each: each.get("done") == number)
                self.assertEqual((line["returned"], line["error"]), (empty, f"{method}: no platform here does"))

    def test_the_lists_come_from_the_mirror(self):
        sessions = []
        for kind in SESSIONS:
            record = {**sample(kind, kind), "ID": 900, "State": CONNECTED}
            del record["EndTime"]
            sessions.append((kind, record))
        self.start(form=self.form, sessions=sessions)
        before = len(self.site.calls)
        for kind, record in sessions:
            self.assertEqual(plain(self.app.call(SESSIONS[kind])), plain([{**record, "EndTime": ""}]), kind)
        self.assertEqual(self.app.call("GetUserInformation"), ANN)
        self.assertEqual(self.app.call("GetUserInfo"), "140")
        self.assertIs(self.app.call("IsRegistered"), True)
        self.assertIs(self.app.call("IsBSARunning"), True)
        self.assertIs(self.app.call("CanInitialize"), True)
        self.assertEqual(len(self.site.calls), before)

    def test_abilities_are_known_beforehand(self):
        self.start(form=self.form)
        self.site.send({"type": "AgentAbilities", "CanMakeCall": True, "CanTransfer": False, "CanConference": True, "Refused": []})
        self.site.send({"type": "OnRegistrationStatus", "Registered": True})
        self.app.heard()
        before = len(self.site.calls)
        self.assertEqual([self.app.call(each) for each in ("CanMakeCall", "CanTransfer", "CanConference")], [True, False, True])
        self.assertEqual(len(self.site.calls), before)

    def test_logging_on_and_off(self):
        self.start(form=self.form, user={"LoggedOn": 0, "LoginID": "140", "RecordID": 40}, begin=False)
        site = self.accept()
        self.assertIs(self.app.call("IsBSARunning"), False)
        self.assertEqual(self.app.heard()[0], "OnApplicationReadyForInitialization")
        self.assertIs(self.app.call("LaunchBSAWithCredentials", LogonID="150", Password="x"), False)
        self.assertIs(self.app.call("LaunchBSAWithCredentials", LogonID="140", Password="x", Extension="4040"), True)
        self.assertEqual(site.called("LogOn"), {"Station": "4040"})
        self.assertEqual(self.app.heard()[0], "OnApplicationReadyForInitialization")
        self.assertIs(self.app.call("IsRegistered"), False)
        self.assertIs(self.app.call("Initialize"), True)
        self.assertIs(self.app.call("IsRegistered"), True)
        site.send({"type": "OnUserLogin", "UserInformation": ANN})
        self.assertEqual(self.app.heard()[0], "OnUserLogin")
        self.assertIs(self.app.call("IsBSARunning"), True)
        self.app.call("CloseApplication")
        site.called("LogOff")
        self.assertEqual(self.app.heard()[0], "OnApplicationClosed")
        self.assertIs(self.app.call("IsRegistered"), False)
        site.send({"type": "OnUserStatusUpdate", "UserInformation": {"LoggedOn": 0}})
        self.assertEqual(self.app.quiet(), [])

    def test_uninitialized_nothing_is_heard(self):
        self.start(form=self.form)
        self.assertIs(self.app.call("Uninitialize"), True)
        self.site.send({"type": "OnCallEvent", "Call": call(900, OFFERED)})
        self.assertEqual(self.app.quiet(), [])
        self.assertIs(self.app.call("Initialize"), True)
        self.assertEqual(self.app.heard()[0], "OnUserLogin")
        self.hears("OnCallEvent", ID=900, State=OFFERED)


class MethodsWithSender(Methods):
    """The same with handlers in the form (sender, e)."""
    form = "sender"


class Events(AdapterTest):
    form = "values"

    def test_every_event_with_every_property(self):
        self.start(form=self.form, user={**ANN, "LoggedOn": 1})
        for event, given in EVENTS.items():
            if not given or event == "OnUserStatusUpdate":
                continue
            values = {name: 0 if name == "UpdateType" else sample(kind, name) for name, kind in given.items()}
            self.site.send({"type": event, "at": ENDED, "agent": 40, **values})
            name, heard = self.app.heard()
            self.assertEqual((name, plain(heard)), (event, plain(list(values.values()))))
        self.site.send({"type": "OnUserStatusUpdate", "UserInformation": {"ReadyStatus": False, "VoiceNotReadyReasonID": 3}})
        self.hears("OnUserStatusUpdate", **{**ANN, "ReadyStatus": False, "VoiceNotReadyReasonID": 3})
        # Ready again, the reason is none.
        self.site.send({"type": "OnUserStatusUpdate", "UserInformation": {"ReadyStatus": True}})
        self.hears("OnUserStatusUpdate", ReadyStatus=True, VoiceNotReadyReasonID=0)
        self.site.send({"type": "RequestFailed", "id": 7, "call": "MakeCall", "error": "busy"})
        self.assertEqual(self.app.heard(), ("RequestFailed", [7, "MakeCall", "busy"]))
        self.site.send({"type": "OnApplicationClosed"})
        self.assertEqual(self.app.heard(), ("OnApplicationClosed", []))

    def test_names_in_any_case_nulls_and_odd_values(self):
        self.start(form=self.form)
        self.site.send({"type": "OnCallEvent", "call": {"id": 900, "state": OFFERED, "phoneNumber": "5551234", "EndTime": None,
                                                        "CallerName": None, "Type": "odd", "IVRData": 7, "more": {"x": [1]}}})
        self.hears("OnCallEvent", ID=900, State=OFFERED, PhoneNumber="5551234", CallerName="", EndTime="", Type=0, IVRData=[])
        for line in ({"type": "OnCallEvent"}, {"type": "OnCallEvent", "Call": 7}, {"type": "Never"}, {"what": 1}, {"type": 7}):
            self.site.send(line)
        with self.site.writing:
            self.site.conversation.connection.sendall(b"nonsense\n\n{\"type\":\n" + b"[" * 5000 + b"\n\xff\xfe\n")
        self.site.send({"type": "OnCallEvent", "Call": call(900, CONNECTED)})
        self.hears("OnCallEvent", ID=900, State=CONNECTED)

    def test_the_same_is_not_told_twice(self):
        self.start(form=self.form)
        for record in call(900, OFFERED), call(900, OFFERED), call(900, IDLE, EndTime=ENDED), call(900, IDLE, EndTime=ENDED):
            self.site.send({"type": "OnCallEvent", "Call": record})
        self.hears("OnCallEvent", ID=900, State=OFFERED)
        self.hears("OnCallEvent", ID=900, State=IDLE)
        self.assertEqual(self.app.call("GetCalls"), [])
        dispatched = {"ID": 5, "Number": "1"}
        reserved = {**dispatched, "ReservedAgentID": 40}
        for update, record in (0, dispatched), (0, dispatched), (1, reserved), (2, dispatched), (2, dispatched):
            self.site.send({"type": "OnDispatchVoiceCallEvent", "UpdateType": update, "DispatchVoiceCall": record})
        self.assertEqual([self.app.heard()[1][1] for _ in range(3)], [0, 1, 2])
        self.assertEqual(self.app.quiet(), [])

    def test_a_handler_may_call_every_method_and_one_that_fails_keeps_nothing_back(self):
        self.start(form=self.form)
        self.app.do("fail")
        self.app.do("within", event="OnCallEvent", method="AnswerCall", args={"CallID": 900})
        for state in OFFERED, CONNECTED, HELD:
            self.site.send({"type": "OnCallEvent", "Call": call(900, state)})
        self.assertEqual(self.app.within()["returned"], True)
        self.assertEqual(self.site.called("AnswerCall"), {"CallID": 900})
        for state in OFFERED, CONNECTED, HELD:
            self.hears("OnCallEvent", State=state)

    def test_a_result_that_never_comes_does_not_stop_the_program(self):
        self.start(form=self.form, timeout="0.5")
        self.site.mute.add("MakeCall")
        self.app.do("within", event="OnCallEvent", method="MakeCall", args={"Number": "1", "UseNumberTranslation": False})
        self.site.send({"type": "OnCallEvent", "Call": call(900, OFFERED)})
        self.site.send({"type": "OnCallEvent", "Call": call(900, CONNECTED)})
        line = self.app.within()
        self.assertEqual((line["returned"], line["error"]), (False, "MakeCall: no result of the bridge; the outcome is unknown"))
        self.hears("OnCallEvent", State=OFFERED)
        self.hears("OnCallEvent", State=CONNECTED)


class EventsWithSender(Events):
    """The same with handlers in the form (sender, e)."""
    form = "sender"


class Windows(AdapterTest):
    def test_a_window_hears_its_events_on_its_own_thread_and_can_call_there(self):
        self.start("--window")
        self.assertEqual(self.app.thread, "window")
        self.app.do("within", event="OnCallEvent", method="AnswerCall", args={"CallID": 900})
        for number in range(300):
            self.site.send({"type": "OnCallEvent", "Call": call(900 + number, OFFERED)})
        self.assertEqual(self.app.within()["returned"], True)
        for number in range(300):
            self.hears("OnCallEvent", ID=900 + number)
            self.assertEqual(self.app.thread, "window")

    def test_another_program_hears_them_on_one_other_thread(self):
        self.start()
        self.assertEqual(self.app.thread, "AgentClient events")


class Links(AdapterTest):
    def test_after_a_cut_only_differences_are_told(self):
        self.start(sessions=[("Call", call(900, CONNECTED)), ("Call", call(901, HELD)), ("Chat", call(5, CONNECTED))])
        self.cut()
        self.assertEqual(self.app.quiet(1), [])
        # 900 has changed, 901 is gone, the chat has stayed, 902 is new, and so is the user's state.
        self.sessions = [("Call", call(900, HELD)), ("Chat", call(5, CONNECTED)), ("Call", call(902, OFFERED))]
        self.user = {**ANN, "ReadyStatus": False}
        self.cut()
        self.hears("OnUserStatusUpdate", ReadyStatus=False)
        self.hears("OnCallEvent", ID=900, State=HELD)
        self.hears("OnCallEvent", ID=902, State=OFFERED)
        values = self.hears("OnCallEvent", ID=901, State=IDLE, CanHangup=False)
        self.assertNotEqual(values[0]["EndTime"], "")
        self.assertEqual(self.app.quiet(), [])
        self.assertEqual([each["ID"] for each in self.app.call("GetCalls")], [900, 902])

    def test_a_bridge_that_tells_nothing_by_itself_is_asked(self):
        self.start(sessions=[("Call", call(900, CONNECTED))])
        self.site.close()
        self.sessions = [("Call", call(901, CONNECTED))]
        self.site = self.accept(tells=False)
        self.hears("OnCallEvent", ID=901)
        self.hears("OnCallEvent", ID=900, State=IDLE)

    def test_an_ended_call_in_the_list_is_no_new_call(self):
        self.start()
        self.sessions = [("Call", call(900, IDLE, EndTime=ENDED))]
        self.site.close()
        self.site = self.accept(tells=False)
        self.assertEqual(self.app.quiet(), [])

    def test_while_the_bridge_is_away_methods_are_refused_and_lists_stay(self):
        self.start(sessions=[("Call", call(900, CONNECTED))])
        self.bridge.close()
        self.site.close()
        while self.app.call("IsRegistered"):
            pass                # it has not noticed yet
        number = self.app.ask("HangupCall", CallID=900)
        line = self.app._next(lambda each: each.get("done") == number)
        self.assertEqual((line["returned"], line["error"]), (False, "HangupCall: the bridge is away"))
        self.assertEqual([each["ID"] for each in self.app.call("GetCalls")], [900])
        self.assertEqual(self.app.quiet(), [])
        # It is started anew, and knows of no call yet.
        self.bridge = Bridge(port=self.bridge.port)
        self.addCleanup(self.bridge.close)
        self.sessions = []
        self.site = self.accept()
        self.hears("OnCallEvent", ID=900, State=IDLE)

    def test_a_call_that_waits_for_a_bridge_that_goes_ends_at_once(self):
        self.start(timeout="30")
        self.site.mute.add("MakeCall")
        number = self.app.ask("MakeCall", Number="1", UseNumberTranslation=False)
        self.site.called("MakeCall")
        began = time.monotonic()
        self.site.close()
        self.assertIs(self.app.answer(number), False)
        self.assertLess(time.monotonic() - began, 10)

    def test_subscriptions_are_made_again_and_the_dispatch_lists_compared(self):
        self.start()
        self.assertIs(self.app.call("EnableDispatchEvents", Enable=True), True)
        self.assertIs(self.app.call("SubscribeDispatchVoiceCalls", ServiceGroupID=9, Subscribe=True), True)
        self.assertIs(self.app.call("SubscribeDispatchVoiceCalls", ServiceGroupID=8, Subscribe=True), True)
        self.assertIs(self.app.call("SubscribeDispatchVoiceCalls", ServiceGroupID=8, Subscribe=False), True)
        for number in 5, 6:
            self.site.send({"type": "OnDispatchVoiceCallEvent", "UpdateType": 0, "DispatchVoiceCall": {"ID": number}})
            self.hears("OnDispatchVoiceCallEvent", ID=number)
        self.cut()
        self.site.called("EnableDispatchEvents")
        asked = [each for each in self.site.calls if not each[0].startswith("Get")]
        self.assertEqual(asked, [("SubscribeDispatchVoiceCalls", {"ServiceGroupID": 9, "Subscribe": True}),
                                 ("EnableDispatchEvents", {"Enable": True})])
        self.site.send({"type": "OnDispatchVoiceCallEvent", "UpdateType": 0, "DispatchVoiceCall": {"ID": 6}})
        values = self.hears("OnDispatchVoiceCallEvent", ID=5)
        self.assertEqual(values[1], 2)

    def test_a_wrong_token_gets_nothing_and_is_tried_again(self):
        self.start(begin=False, timeout="1")
        for _ in range(2):
            refused = self.bridge.accept()
            self.assertEqual(refused.read(), {"hello": "agent-client", "version": 1, "token": TOKEN})
            refused.send({"error": "refused"})
            refused.close()
        self.assertIs(self.app.call("Initialize"), False)
        self.assertIs(self.app.call("CanInitialize"), False)
        self.assertEqual(self.app.quiet(), [])
        self.assertIn("it refused: refused", self.app.logs())
        self.assertNotIn(TOKEN, self.app.logs())
        for _ in range(20):
            # The attempts that were under way meanwhile.
            connection = self.bridge.accept()
            connection.close()
            if not self.pending():
                break
        self.site = self.accept()
        self.assertEqual(self.app.heard(), ("OnApplicationReadyForInitialization", []))
        self.assertIs(self.app.call("Initialize"), True)

    def pending(self):
        self.bridge.listener.settimeout(0)
        try:
            connection, _ = self.bridge.listener.accept()
            connection.close()
            return True
        except (BlockingIOError, socket.timeout):
            return False
        finally:
            self.bridge.listener.settimeout(30)

    def test_a_silent_bridge_is_left(self):
        self.start(silence="2")
        self.site = self.accept()
        self.assertIn("it has been silent for 2.0 s", self.app.logs())

    def test_a_machine_that_slept_hears_what_has_changed(self):
        self.start(silence="2", sessions=[("Call", call(900, CONNECTED))])
        os.kill(self.app.process.pid, signal.SIGSTOP)
        self.sessions = [("Call", call(900, HELD)), ("Call", call(901, CONNECTED))]
        self.site.close()                   # it waited for pongs in vain
        time.sleep(3)
        os.kill(self.app.process.pid, signal.SIGCONT)
        self.site = self.accept()
        self.hears("OnCallEvent", ID=900, State=HELD)
        self.hears("OnCallEvent", ID=901, State=CONNECTED)
        self.assertEqual([each["ID"] for each in self.app.call("GetCalls")], [900, 901])

    def test_pings_are_answered(self):
        self.start()
        self.site.send({"ping": 77})
        self.assertIs(self.app.call("CanMakeCall"), True)
        self.assertEqual(self.site.conversation.pongs, [1, 77])

    def test_a_flood_beyond_the_bound_ends_the_connection_and_the_program_hears_the_true_state(self):
        self.start(queue="100")
        self.app.do("slow", ms=5)
        try:
            for number in range(4000):
                self.site.send({"type": "OnCallEvent", "Call": call(900, CONNECTED, PrivateData=str(number))})
        except OSError:
            pass
        self.sessions = [("Call", call(900, HELD))]
        self.site.close()
        self.site = self.accept()
        heard = []
        while not heard or heard[-1]["State"] != HELD:
            heard.append(self.app.heard()[1][0])
        order = [int(each["PrivateData"]) for each in heard[:-1]]
        self.assertEqual(order, list(range(len(order))))
        self.assertLess(len(order), 4000)
        self.assertIn("too slowly", self.app.logs())

    def test_a_flood_within_the_bound_is_heard_in_order(self):
        self.start()
        for number in range(5000):
            self.site.send({"type": "OnCallEvent", "Call": call(900, CONNECTED, PrivateData=str(number))})
        for number in range(5000):
            self.hears("OnCallEvent", PrivateData=str(number))


class Settings(AdapterTest):
    def test_the_variables_count_more_than_the_file(self):
        other = Bridge()
        self.addCleanup(other.close)
        self.start(begin=False, environment={"CTI_BRIDGE_AGENT": f"tcp://127.0.0.1:{other.port}", "CTI_BRIDGE_TOKEN": "mine"},
                   agent="140", tls=None)
        hello = other.accept()
        self.addCleanup(hello.close)
        self.assertEqual(hello.read(), {"hello": "agent-client", "version": 1, "token": "mine", "agent": "140"})

    def test_wrong_settings_show_where_the_program_looks(self):
        self.start(begin=False, brigde="x")
        number = self.app.ask("Initialize")
        line = self.app._next(lambda each: each.get("done") == number)
        self.assertIs(line["returned"], False)
        self.assertIn("brigde: no such setting", line["error"])
        self.assertEqual(self.app.call("GetCalls"), [])
        self.assertIs(self.app.call("MakeCall", Number="1", UseNumberTranslation=False), False)
        self.assertEqual(self.app.call("GetNotReadyReasons"), [])

    def test_tls_with_verification_is_what_it_begins_with(self):
        folder = Path(tempfile.mkdtemp())
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bridge",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert"], cwd=folder, check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert", folder / "key")
        self.bridge = Bridge(context)
        self.addCleanup(self.bridge.close)
        self.user, self.sessions = ANN, []
        stranger = Application(self.bridge, tls=None)
        self.addCleanup(stranger.stop)
        with self.assertRaises((EOFError, ssl.SSLError, ConnectionError)):
            self.bridge.accept().read()
        self.assertIs(stranger.call("CanInitialize"), False)
        self.bridge = Bridge(context)
        self.addCleanup(self.bridge.close)
        self.app = Application(self.bridge, tls=None, tls_ca=folder / "cert")
        self.addCleanup(self.app.stop)
        self.site = self.accept()
        self.assertIs(self.app.call("Initialize"), True)


if __name__ == "__main__":
    unittest.main()
