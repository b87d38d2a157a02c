using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class EndingTests
{
    [Theory]
    [InlineData(137, "was killed (SIGKILL)", "Binary COPY operation completed (1 rows transferred)")]
    [InlineData(143, "was ended by SIGTERM", "listening")]
    [InlineData(3, "ended with exit code 3")]
    [InlineData(3, "ended with exit code 3: no treasure", "digging", "no treasure", "")]
    [InlineData(
        134, "ended with exit code 134: System.Exception: no",
        "Unhandled exception. System.Exception: no", " ---> System.Exception: why", "   at A()")]
    [InlineData(1, "ended with exit code 1: a is bad.", "error: a is bad.", "fail: Host[11]", "      Hosting failed to start")]
    [InlineData(1, "ended with exit code 1: a is bad. | b is bad.", "error: a is bad.", "fail: Host[11]", "error: b is bad.")]
    [InlineData(
        1, "ended with exit code 1: the last 5 of 6 errors: b | c | d | e | f",
        "error: a", "error: b", "error: c", "error: d", "error: e", "error: f")]
    [InlineData(134, "ended with exit code 134: Stack overflow.", "Stack overflow.", "-----", "   at A()", "-----")]
    [InlineData(
        1, "ended with exit code 1: # Error writing to the AOF file: No space left on device",
        "# Error writing to the AOF file: No space left on device", "# Can't recover from AOF write error. Exiting...")]
    public void Describe_AnEnding_GivesTheReason(int exitCode, string expected, params string[] output) =>
        Assert.Equal(expected, Ending.Describe(exitCode, [.. output.Select((line, i) => new LogLine(i + 1, line, false))]));
}
