"""A program that is run and read line by line. Only what was started here is ever ended."""

import collections
import contextlib
import queue
import subprocess
import threading

# How long something may take that must happen.
PATIENCE = 60


class Process:
    """A child whose output, standard or error, is taken line by line."""

    def __init__(self, command, read, **options):
        self.name = command[0]
        self.lines = queue.Queue()
        self.past = collections.deque(maxlen=40)
        options[read] = subprocess.PIPE
        self.child = subprocess.Popen(command, text=True, encoding="utf-8", **options)
        self.pipe = getattr(self.child, read)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.pipe:
            self.past.append(line.rstrip("\n"))
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, what, wanted=lambda line: True):
        """The next line that is wanted; others are passed over."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"{what} did not happen within {PATIENCE} s; {self.story()}") from None
            if line is None:
                self.lines.put(None)
                raise AssertionError(f"{self.name} ended before {what}; {self.story()}")
            if wanted(line):
                return line

    def has_said(self, words):
        """Whether some of its last lines has these words."""
        return any(words in line for line in list(self.past))

    def story(self):
        return "its last lines:\n" + "\n".join(self.past)

    def end(self):
        """Waits for the child's own end, and hands back its status; one that does not end is killed."""
        try:
            return self.child.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._close()

    def kill(self):
        """Ends the child whatever it does, and hands back its status."""
        try:
            self.child.kill()
            return self.child.wait()
        finally:
            self._close()

    def _close(self):
        self.reader.join()
        self.pipe.close()
        if self.child.stdin:
            with contextlib.suppress(BrokenPipeError):     # of what it did not read any more
                self.child.stdin.close()
