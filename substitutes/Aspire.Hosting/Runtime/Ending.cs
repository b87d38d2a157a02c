using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Says how an instance ended that nobody stopped.</summary>
internal static class Ending
{
    private const int KilledBySignal = 128 + 9;
    private const int TerminatedBySignal = 128 + 15;
    private const string NoSpace = "No space left";
    private const string Unhandled = "Unhandled exception.";
    private const string Error = "error: ";
    private const int MaxErrors = 5;

    /// <summary>What goes after "it": the signal, or the exit code with the lines of its output that give the reason.</summary>
    public static string Describe(int exitCode, IReadOnlyList<LogLine> output) => exitCode switch
    {
        // Whoever sends a signal has the reason; the last line of the output has nothing to do with it.
        KilledBySignal => "was killed (SIGKILL)",
        TerminatedBySignal => "was ended by SIGTERM",
        _ => $"ended with exit code {exitCode}{(Reason(output) is { } reason ? $": {reason}" : "")}",
    };

    private static string? Reason(IReadOnlyList<LogLine> output)
    {
        var lines = output.Select(line => line.Content.Trim()).Where(line => line.Length > 0).Reverse().ToList();

        // Servers end with what they could not do any more, and say before it why; a stack trace follows its exception. Two streams have
        // no common order, so that a program's last word may not be its last line.
        return lines.Find(line => line.Contains(NoSpace, StringComparison.OrdinalIgnoreCase))
            ?? lines.Find(line => line.StartsWith(Unhandled, StringComparison.Ordinal))?[Unhandled.Length..].TrimStart()
            ?? Errors(lines)
            ?? lines.Find(line => !line.StartsWith("at ", StringComparison.Ordinal) && !line.StartsWith("---", StringComparison.Ordinal));
    }

    // A program that looks at all of its settings has an error for each that is bad.
    private static string? Errors(IEnumerable<string> newestFirst)
    {
        var all = newestFirst.Where(line => line.StartsWith(Error, StringComparison.Ordinal)).Select(line => line[Error.Length..]).ToList();
        if (all.Count == 0)
            return null;
        var shown = string.Join(" | ", all.Take(MaxErrors).Reverse());
        return all.Count > MaxErrors ? $"the last {MaxErrors} of {all.Count} errors: {shown}" : shown;
    }
}
