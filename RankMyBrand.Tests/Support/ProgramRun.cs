using System.Diagnostics;
using System.Reflection;

namespace RankMyBrand.Tests.Support;

/// <summary>A program of the platform, run as a user does, that ends by itself.</summary>
internal sealed record ProgramRun(int ExitCode, string[] Output, string[] Errors)
{
    // Long enough for a loaded machine, short enough for a program that goes on.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it in an empty directory, without a launch profile.</summary>
    /// <exception cref="TimeoutException">It has not ended; it has been killed, with what it started.</exception>
    public static Task<ProgramRun> OfAsync(
        Assembly program, IEnumerable<(string Name, string Value)> variables, params string[] arguments) =>
        OfAsync(program, variables, _ => Task.CompletedTask, arguments);

    /// <summary>Runs it like that, and does something with its process while it runs.</summary>
    /// <exception cref="TimeoutException">It has not ended; it has been killed, with what it started.</exception>
    public static async Task<ProgramRun> OfAsync(
        Assembly program, IEnumerable<(string Name, string Value)> variables, Func<Process, Task> meanwhile, params string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("program-").FullName;
        var start = new ProcessStartInfo("dotnet", ["exec", program.Location, .. arguments])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var cancellationToken = TestContext.Current.CancellationToken;
        try
        {
            var reading = Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await meanwhile(process).WaitAsync(s_patience, cancellationToken);
            var texts = await reading.WaitAsync(s_patience, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ProgramRun(process.ExitCode, LinesOf(texts[0]), LinesOf(texts[1]));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string[] LinesOf(string text) => text.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
