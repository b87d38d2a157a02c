using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Startup;

/// <summary>
/// Ends a service with sentences instead of a stack trace when it cannot start with what it has been given. It is for the one host of a
/// process: when that has started, others are on their own.
/// </summary>
internal static class StartupFaults
{
    private const int ExitCode = 1;

    // Those of the platform and of the components that it is made of; what else throws this exception is a bug.
    private static readonly string[] s_speakers = ["RankMyBrand.", "Aspire."];

    /// <summary>Covers what is thrown from now on, while the service is put together and started.</summary>
    public static void ReportUnhandled()
    {
        AppDomain.CurrentDomain.UnhandledException -= Report;
        AppDomain.CurrentDomain.UnhandledException += Report;
    }

    /// <summary>Ends that: nothing that a running service does is the fault of its settings.</summary>
    public static void LeaveUnhandled() => AppDomain.CurrentDomain.UnhandledException -= Report;

    /// <summary>What is wrong, one sentence each; none where the exception needs its stack to be understood.</summary>
    internal static string[] SentencesOf(Exception error) => error switch
    {
        OptionsValidationException invalid => [.. invalid.Failures],
        AggregateException several => several.InnerExceptions.Select(SentencesOf).ToArray() is var all && all.All(some => some.Length > 0)
            ? [.. all.SelectMany(some => some)]
            : [],
        InvalidOperationException { Source: { } source } when s_speakers.Any(name => source.StartsWith(name, StringComparison.Ordinal)) =>
            [error.Message],
        IOException { InnerException: AddressInUseException } => [error.Message],
        _ => [],
    };

    private static void Report(object sender, UnhandledExceptionEventArgs e)
    {
        if (e.ExceptionObject is not Exception error || SentencesOf(error) is not { Length: > 0 } sentences)
            return;
        foreach (var sentence in sentences)
            Console.Error.WriteLine($"error: {sentence}");
        Environment.Exit(ExitCode);
    }
}
