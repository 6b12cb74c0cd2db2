"""`taplo lint` with the JSON Schemas that the program prints: all shipped files are valid, and a wrong key is found."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from .world import BINARY, BUILT

ROOT = Path(__file__).resolve().parents[3]
TAPLO = str(BUILT / "node" / "node_modules" / ".bin" / "taplo")


class Schemas(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def lint(self, sort, files):
        schema = self.folder / f"{sort}.json"
        schema.write_bytes(subprocess.run([BINARY, "mappings", "schema", sort], check=True, stdout=subprocess.PIPE).stdout)
        command = [TAPLO, "lint", "--no-auto-config", "--colors", "never", "--schema", schema.as_uri(), *map(str, files)]
        # In a folder of its own: taplo passes over what an ignore file of a repository names.
        linted = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return linted.returncode, linted.stdout

    def check(self, sort, files, right, wrong, said):
        files = sorted(files)
        self.assertTrue(files)
        code, report = self.lint(sort, files)
        self.assertEqual(code, 0, report)
        self.assertIn(f"total={len(files)}", report)
        # The same with a mistake in the first file that has the place.
        text = next(text for text in (file.read_text(encoding="utf-8") for file in files) if right in text)
        bad = self.folder / "bad.toml"
        bad.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        code, report = self.lint(sort, [bad])
        self.assertNotEqual(code, 0)
        self.assertIn(said, report)

    def test_vocabularies(self):
        files = (ROOT / "mappings" / "dialects").glob("*.toml")
        self.check("vocabulary", files, "\nignore-case ", "\nignore-cases ", "'ignore-cases' was unexpected")

    def test_rules(self):
        files = (ROOT / "mappings").glob("*.toml")
        self.check("rules", files, '\nmeans = "ready"', '\nmeens = "ready"', "'meens' was unexpected")

    def test_a_file_that_extends_a_shipped_one(self):
        site = self.folder / "from-ccas.toml"
        site.write_text('extends = "shipped"\nremove = ["ignore.X"]\n[on.READY]\nmeans = "ready"\nfixed.state = "idle"\n')
        self.check("rules", [site], "fixed.state", "fixed.stat", "'stat' was unexpected")

    def test_the_configuration(self):
        files = [ROOT / "config" / "cti-bridge.toml"]
        self.check("configuration", files, "\nsilence ", "\nsilense ", "'silense' was unexpected")
