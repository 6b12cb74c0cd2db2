"""Pages in Chromium, driven by JSON lines."""

from pathlib import Path

from .driven import Driven

TABS = Path(__file__).resolve().parent.parent / "agent" / "tabs.js"


class Browser(Driven):
    def __init__(self, address):
        """`address` is where the pages are served: their origin."""
        super().__init__(TABS, address, runtime="node")

    def open(self, page, path):
        self._order(open=page, path=path)

    def evaluate(self, page, code):
        return self._order(page=page, evaluate=code)

    def wait(self, page, code):
        """Until this is true in the page."""
        self._order(page=page, wait=code)

    def reload(self, page):
        self._order(page=page, reload=True)

    def freeze(self, page, frozen=True):
        """As of a laptop that sleeps; the page goes on with False."""
        self._order(page=page, frozen=frozen)

    def shift(self, page, seconds):
        """The page's clock jumps."""
        self._order(page=page, shifted=seconds)

    def close(self, page):
        self._order(page=page, close=True)

    def _order(self, **order):
        answer = self.send(order)
        assert "answer" in answer, f"{order}: {answer}"
        return answer["answer"]
