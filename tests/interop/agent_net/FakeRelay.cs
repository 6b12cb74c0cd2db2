// The relay as it is shipped, but for its end: it stops when the fake Agent's orders end.

static class FakeRelay {
    static int Main(string[] arguments) {
        return AgentRelay.Program.Run(arguments, Fake.World.WaitForEnd);
    }
}
