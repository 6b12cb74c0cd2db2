"""The scripts of the agent dialect, agent-client.js and agent-relay.js, and the desk: in node and in Chromium."""

import os
import subprocess
import unittest
from pathlib import Path

AGENT = Path(__file__).resolve().parent.parent / "agent"


class Scripts(unittest.TestCase):
    """Each file says what it tests."""

    def run_in_node(self, name):
        done = subprocess.run(["node", "--test", AGENT / name], env={**os.environ, "NO_COLOR": "1"}, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_client(self):
        self.run_in_node("agent_client.test.js")

    def test_relay(self):
        self.run_in_node("agent_relay.test.js")

    def test_in_chromium(self):
        self.run_in_node("browser.test.js")
