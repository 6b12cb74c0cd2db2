"""A program of ours that is driven by JSON lines: it answers each that it is sent, and says in between what it was called."""

import collections
import json
import queue
import subprocess

from .process import Process


class Driven:
    # What of a line says that it is no answer, but which operation was called.
    key = "called"

    def __init__(self, program, *args, runtime="mono"):
        self.process = Process([runtime, str(program), *args], "stdout", stdin=subprocess.PIPE)
        self.heard = collections.defaultdict(queue.Queue)
        try:
            self.url = self._answer()["listening"]
        except BaseException:
            self.process.kill()
            raise

    def next(self, operation):
        """The next time that somebody called this operation."""
        while self.heard[operation].empty():
            self._sort(self.process.line(f"a call of {operation}"))
        return self.heard[operation].get()

    def send(self, line):
        """Sends one line, and hands back its answer."""
        self.process.child.stdin.write(json.dumps(line) + "\n")
        self.process.child.stdin.flush()
        return self._answer()

    def order(self, order, **details):
        answer = self.send({"order": order, **details})
        assert "answer" in answer, answer
        return answer["answer"]

    def _answer(self):
        while True:
            line = self._sort(self.process.line("an answer"))
            if line is not None:
                return line

    def _sort(self, text):
        """Keeps what was called for whoever asks; hands back anything else."""
        line = json.loads(text)
        if self.key not in line:
            return line
        self.heard[line[self.key]].put(line)
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

    def kill(self):
        """Ends it in the middle of whatever it does."""
        self.process.kill()
