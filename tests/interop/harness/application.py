"""The WCF application, driven by JSON lines."""

from .driven import Driven


class Fault(Exception):
    """A request was refused."""

    def __init__(self, reason, detail):
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Application(Driven):
    key = "callback"

    def initialize(self, user, password):
        """Opens a session, registers and comes on line, as appendix D does."""
        return self._ask({"initialize": {"UserName": user, "Password": password}})

    def call(self, operation, **args):
        return self._ask({"operation": operation, "args": args})

    def _ask(self, request):
        answer = self.send(request)
        if "fault" in answer:
            raise Fault(answer["fault"], answer["detail"])
        assert "answer" in answer, answer
        return answer["answer"]
