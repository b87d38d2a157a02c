using System.Diagnostics;

namespace RankMyBrand.Benchmarks.Servers;

/// <summary>Runs other programs: the peers, and what prepares them.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end and returns what it wrote.</summary>
    /// <exception cref="MissingToolException">It is not installed.</exception>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        CancellationToken cancellationToken,
        string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory ?? "",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started.");
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? output
                : throw new InvalidOperationException($"{program} ended with status {process.ExitCode}: {(await error).Trim()}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public static bool IsInstalled(string program) => OnPath(program) is not null;

    /// <summary>The path of a program.</summary>
    /// <exception cref="MissingToolException">It is not installed.</exception>
    public static string Find(string program) => OnPath(program)
        ?? throw new MissingToolException(program, program switch
        {
            "redis-benchmark" => "On Debian: apt-get install redis-tools.",
            "psql" => "On Debian: apt-get install postgresql-client.",
            "wrk" => "On Debian: apt-get install wrk.",
            "caddy" => "On Debian: apt-get install caddy.",
            "node" or "npm" => "Install Node.js 20 or later.",
            _ => $"Install {program}.",
        });

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
}
