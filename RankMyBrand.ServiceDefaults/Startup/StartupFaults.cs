using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Startup;

/// <summary>
/// Ends a service with sentences instead of a stack trace when it cannot start with what it has been given. It is for the one host of a
/// process: when that has started, others are on their own.
/// </summary>
public static class StartupFaults
{
    private const int ExitCode = 1;

    // Those of the platform, of the components that it is made of and of what reads their settings; what else throws this exception is a
    // bug.
    private static readonly string[] s_speakers = ["RankMyBrand.", "Aspire.", "Microsoft.Extensions.Configuration."];

    /// <summary>
    /// Covers what is thrown from now on, while the service is put together and started. The service defaults do so, too, but only after
    /// <c>appsettings.json</c> has been read.
    /// </summary>
    public static void ReportUnhandled()
    {
        AppDomain.CurrentDomain.UnhandledException -= Report;
        AppDomain.CurrentDomain.UnhandledException += Report;
    }

    /// <summary>Ends that: nothing that a running service does is the fault of its settings.</summary>
    internal static void LeaveUnhandled() => AppDomain.CurrentDomain.UnhandledException -= Report;

    /// <summary>What is wrong, one sentence each; none where the exception needs its stack to be understood.</summary>
    internal static string[] SentencesOf(Exception error) => error switch
    {
        OptionsValidationException invalid => [.. invalid.Failures],
        AggregateException several => several.InnerExceptions.Select(SentencesOf).ToArray() is var all && all.All(some => some.Length > 0)
            ? [.. all.SelectMany(some => some)]
            : [],
        InvalidOperationException { Source: { } source } when s_speakers.Any(name => source.StartsWith(name, StringComparison.Ordinal)) =>
            [error.Message],
        InvalidOperationException { Source: "Microsoft.Extensions.Logging.Configuration" } =>
            [$"{error.Message} A level in the section 'Logging' must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}."],
        ArgumentException { Source: "OpenTelemetry.Exporter.OpenTelemetryProtocol" } =>
            [$"{error.Message} OTEL_EXPORTER_OTLP_HEADERS must be like 'name=value,other=value'."],
        InvalidDataException { InnerException: FormatException { Source: "Microsoft.Extensions.Configuration.Json" } fault } =>
            [$"{error.Message} {SentenceOf(fault)}"],
        DirectoryNotFoundException { Source: "Microsoft.Extensions.FileProviders.Physical" } =>
            [$"The content root '{error.Message}' is not a directory; ASPNETCORE_CONTENTROOT or --contentRoot must name one."],
        IOException { InnerException: AddressInUseException } => [error.Message],
        _ when IsOfListening(error) => [$"The service cannot listen as ASPNETCORE_URLS or the section 'Kestrel' says: {error.Message}"],
        UnauthorizedAccessException => [error.Message],
        _ => [],
    };

    // What the reader of JSON says repeats what it has found, which may be a secret.
    private static string SentenceOf(FormatException fault) => fault.InnerException is JsonException { LineNumber: { } line }
        ? $"Line {line + 1} is not JSON; a comma, quote or bracket may be missing or too many, there or just before."
        : fault.Message;

    // An address, a port or a certificate; the server has no exception of its own for them.
    private static bool IsOfListening(Exception error) =>
        error is FormatException or ArgumentException or InvalidOperationException or SocketException or CryptographicException
            or IOException or UnauthorizedAccessException
        && error.StackTrace?.Contains("KestrelServerImpl.StartAsync", StringComparison.Ordinal) is true;

    private static void Report(object sender, UnhandledExceptionEventArgs e)
    {
        if (e.ExceptionObject is not Exception error || SentencesOf(error) is not { Length: > 0 } sentences)
            return;
        foreach (var sentence in sentences)
            Console.Error.WriteLine($"error: {sentence.ReplaceLineEndings(" ")}");
        Environment.Exit(ExitCode);
    }
}
