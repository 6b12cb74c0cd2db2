"""A network that can be cut: what connects to it is connected to the bridge, until it is not."""

import contextlib
import socket
import threading


class Proxy:
    def __init__(self, target):
        """`target` is HOST:PORT, and may change while it is cut."""
        self.target = target
        self.pairs, self.lock, self.whole, self.silent = [], threading.Lock(), True, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """All connections break, and new ones break at once."""
        with self.lock:
            self.whole = False
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def hush(self):
        """Nothing passes any more, and nobody is told so: a cable was pulled. New connections pass."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            pair.hushed.set()

    def mend(self, target=None):
        with self.lock:
            self.target, self.whole = target or self.target, True

    def close(self):
        self.cut()
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._connect, args=[near], daemon=True).start()

    def _connect(self, near):
        with self.lock:
            whole, (host, port) = self.whole, self.target.rsplit(":", 1)
        if not whole:
            near.close()
            return
        try:
            far = socket.create_connection((host, int(port)))
        except OSError:
            near.close()
            return
        pair = Pair((near, far))
        with self.lock:
            if self.whole:
                self.pairs.append(pair)
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=pair.pump, args=[one, other], daemon=True).start()


class Pair(tuple):
    """The two ends of a connection."""

    def __init__(self, _):
        self.hushed = threading.Event()

    def pump(self, one, other):
        with contextlib.suppress(OSError):
            while octets := one.recv(65536):
                if not self.hushed.is_set():
                    other.sendall(octets)
        if not self.hushed.is_set():
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
