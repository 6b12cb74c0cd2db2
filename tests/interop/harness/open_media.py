"""The Open Media service in C#, and what its router is ordered to do."""

from .bridge import MEDIA_PASSWORD, MEDIA_USER
from .driven import Driven

QUEUED, ALLOCATED, HANDLING, COMPLETED, FAILED, CANCELLED = range(1, 7)
CLOSED, NO_GROUP, TENANT_DISABLED, LOGGED_OFF, GENERAL_ERROR = range(1, 6)


class OpenMedia(Driven):
    def __init__(self, program, port=0):
        super().__init__(program, str(port), MEDIA_USER, MEDIA_PASSWORD)

    @property
    def port(self):
        return int(self.url.split(":")[2].split("/")[0])

    # ── its router ────────────────────────────────────────────────────────────────────────────────────────────────────

    def group(self, number, name, tenant=1, open=True):
        self.order("group", id=number, name=name, tenant=tenant, open=open)

    def agent(self, logon, number, tenant=1, on=True):
        self.order("agent", logon=logon, id=number, tenant=tenant, on=on)

    def move(self, request, status, logon=None, told=True):
        """A request comes into this state, at this agent where one is named; if it is not told, no update shows it yet."""
        self.order("move", id=request, status=status, logon=logon, told=told)

    # ── what the next call of an operation meets ──────────────────────────────────────────────────────────────────────

    def fault(self, operation, fault, message):
        self.order("fault", operation=operation, fault=fault, message=message)

    def refuse(self, operation, status):
        self.order("refuse", operation=operation, status=status)

    def forget(self, request):
        """It has aged out."""
        self.order("forget", id=request)

    def hold(self, operation):
        """It is carried out, but not answered until it is released."""
        self.order("hold", operation=operation)

    def held(self, operation):
        """The call that is held, once there is one."""
        while True:
            called = self.next(operation)
            if called["held"]:
                return called

    def release(self, operation):
        self.order("release", operation=operation)
