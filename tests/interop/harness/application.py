"""The WCF application, driven by JSON lines."""

import json
import queue
import subprocess

from .process import Process


class Fault(Exception):
    """A request was refused."""

    def __init__(self, reason, detail):
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Application:
    def __init__(self, program, service):
        self.process = Process(["mono", str(program), service], "stdout", stdin=subprocess.PIPE)
        self.heard = {"StartSession": queue.Queue(), "Heartbeat": queue.Queue(), "PublishCTIEvent": queue.Queue()}
        try:
            self.callback = self._answer()["listening"]
        except BaseException:
            self.process.kill()
            raise

    def initialize(self, user, password):
        """Opens a session, registers and comes on line, as appendix D does."""
        return self._ask({"initialize": {"UserName": user, "Password": password}})

    def call(self, operation, **args):
        return self._ask({"operation": operation, "args": args})

    def next(self, callback):
        """The next time that the server called this operation."""
        while self.heard[callback].empty():
            self._sort(self.process.line(f"a call of {callback}"))
        return self.heard[callback].get()

    def _ask(self, request):
        self.process.child.stdin.write(json.dumps(request) + "\n")
        self.process.child.stdin.flush()
        answer = self._answer()
        if "fault" in answer:
            raise Fault(answer["fault"], answer["detail"])
        assert "answer" in answer, answer
        return answer["answer"]

    def _answer(self):
        while True:
            line = self._sort(self.process.line("an answer"))
            if line is not None:
                return line

    def _sort(self, text):
        """Keeps what the server called for whoever asks; hands back anything else."""
        line = json.loads(text)
        if "callback" not in line:
            return line
        self.heard[line["callback"]].put(line)
        return None

    def stop(self):
        """Ends its input, and waits until it says that it is done. What Mono makes of its exit is not ours: on a busy machine
        it hangs in there at times, or falls over its own threads, long after everything that a scenario asserts."""
        try:
            self.process.child.stdin.close()
            while self._answer() != {"ended": True}:
                pass
        finally:
            self.process.kill()
