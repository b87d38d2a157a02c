using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace RankMyBrand.Tests.Docs;

/// <summary>
/// The program of a page, in a process of its own: this test program, asked to run nothing but <see cref="ExampleRunner.Example"/>.
/// </summary>
public sealed partial class ExampleProcess : IAsyncDisposable
{
    internal const string Variable = "RANKMYBRAND_EXAMPLE";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _directory;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ExampleProcess(Process process, string directory)
    {
        (_process, _directory) = (process, directory);
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _output);

    /// <summary>Starts the example of a type, with settings as environment variables; it listens on a free port.</summary>
    public static ExampleProcess Start(Type example, params (string Name, string Value)[] settings)
    {
        var directory = Directory.CreateTempSubdirectory("example-").FullName;
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ExampleProcess).Assembly.Location, null))
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(ExampleRunner).FullName}.{nameof(ExampleRunner.Example)}" },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                // Not beside the test program, where settings of other services lie.
                ["ASPNETCORE_CONTENTROOT"] = directory,
                ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information",
                [Variable] = example.FullName,
            },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new ExampleProcess(Process.Start(start)!, directory);
    }

    /// <summary>Where it listens, as soon as it does.</summary>
    public async Task<Uri> AddressAsync(CancellationToken cancellationToken)
    {
        var ended = _process.WaitForExitAsync(cancellationToken);
        var first = await Task.WhenAny(_address.Task, ended).WaitAsync(s_patience, cancellationToken);
        return first == ended ? throw new InvalidOperationException($"The example ended: {Output}") : await _address.Task;
    }

    /// <summary>Waits until it ends by itself; returns its exit code.</summary>
    public async Task<int> ExitCodeAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(s_patience, cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        Directory.Delete(_directory);
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (Listening().Match(line) is { Success: true } match)
            _address.TrySetResult(new Uri(match.Groups["address"].Value));
    }

    [GeneratedRegex("Now listening on: (?<address>http://\\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}

/// <summary>What the process runs.</summary>
public sealed class ExampleRunner
{
    [Fact(Explicit = true)]
    public async Task Example()
    {
        if (Environment.GetEnvironmentVariable(ExampleProcess.Variable) is not { } example)
            return;
        var run = Type.GetType(example, throwOnError: true)!.GetMethod("RunAsync", BindingFlags.Public | BindingFlags.Static)!;
        await (Task)run.Invoke(null, [Array.Empty<string>()])!;
    }
}
