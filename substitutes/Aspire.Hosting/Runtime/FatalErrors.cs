namespace Aspire.Hosting.Runtime;

/// <summary>Ends the application host with one sentence instead of a stack trace when the application itself is at fault.</summary>
internal static class FatalErrors
{
    private const int ExitCode = 1;

    private static int s_installed;

    /// <summary>Covers what is thrown while the application is put together, outside of any method of ours.</summary>
    public static void ReportUnhandled()
    {
        if (Interlocked.Exchange(ref s_installed, 1) == 1)
            return;

        AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
        {
            if (e.ExceptionObject is Exception error && IsOfTheModel(error))
            {
                Report(error.Message);
                Environment.Exit(ExitCode);
            }
        };
    }

    // A bug in AppHost.cs deserves its stack trace; a name that this library rejects does not.
    private static bool IsOfTheModel(Exception error) =>
        error is DistributedApplicationException ||
        (error is ArgumentException or InvalidOperationException &&
            error.Source?.StartsWith("Aspire.Hosting", StringComparison.Ordinal) == true);

    /// <summary>Says what is wrong, and makes the process end with an error.</summary>
    public static void Report(string message)
    {
        // ArgumentException appends the parameter's name, which says nothing to whoever runs the application.
        var parameter = message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        Console.Error.WriteLine($"error: {(parameter > 0 ? message[..parameter] : message)}");
        Environment.ExitCode = ExitCode;
    }
}
