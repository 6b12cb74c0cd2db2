"""The built binary, run with a configuration of its own."""

import os
import re
import tempfile

from .process import Process

USER, PASSWORD = "Test01", "desk & <pass> 91"
FEED_USER, FEED_PASSWORD = "feed", "feed-pass-73"


class Bridge:
    def __init__(self, binary, feed, profile, **application):
        settings = "\n".join(f'{key} = "{value}"' for key, value in application.items())
        configuration = f"""
            [platform.mitel]
            dialect       = "event-feed"
            address       = "{feed}"
            user          = "{FEED_USER}"
            password      = "{FEED_PASSWORD}"
            reconnect_min = "20ms"
            reconnect_max = "200ms"
            [application.desk]
            dialect   = "ctips"
            listen    = "127.0.0.1:0"
            users     = {{ {USER} = "{PASSWORD}" }}
            platforms = ["mitel"]
            profile   = "{profile.name}"
            {settings}
        """
        self.file = tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8")
        self.file.write(configuration)
        self.file.flush()
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("CTI_BRIDGE_", "RUST_LOG"))}
        self.process = Process([str(binary), "run", "--config", self.file.name], "stderr", env=clean)
        try:
            line = self.process.line("the bridge's readiness", lambda line: "serving " in line)
        except BaseException:
            self.stop()
            raise
        self.url = f"http://{re.search(r'serving ([0-9.:]+)', line)[1]}/AgentCallService"

    def stop(self):
        """Ends it as an operator would; hands back its exit status."""
        self.process.child.terminate()
        status = self.process.end()
        self.file.close()
        return status
