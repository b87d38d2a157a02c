using System.Diagnostics;
using System.Security.Cryptography;

namespace RankMyBrand.Tests.Foundation.Events.Interop;

/// <summary>
/// Runs scripts in Node, with ioredis from npm: the version that the benchmarks compare with, installed on first use into a directory
/// of the user's cache.
/// </summary>
internal static class NodePeer
{
    private static readonly Lazy<Task<string>> s_directory = new(InstallAsync);

    private static string Scripts => Path.Combine(AppContext.BaseDirectory, "node");

    /// <summary>Runs a script and returns the lines it wrote.</summary>
    public static async Task<string[]> RunAsync(string script, CancellationToken cancellationToken, params string[] arguments)
    {
        var directory = await s_directory.Value.WaitAsync(cancellationToken);
        var (exitCode, output, error) = await RunAsync("node", [Path.Combine(Scripts, script), .. arguments], Scripts, cancellationToken, directory);
        Assert.True(exitCode == 0, $"{script} ended with {exitCode}: {error}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<string> InstallAsync()
    {
        var digest = SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Scripts, "package-lock.json")));
        var cache = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "rankmybrand-tests");
        var target = Path.Combine(cache, $"node-{Convert.ToHexStringLower(digest.AsSpan(0, 6))}");
        if (Directory.Exists(target))
            return target;

        // Complete under another name first: two runs may install at once, and one may be cut short.
        var building = Directory.CreateDirectory($"{target}.{Guid.NewGuid():N}").FullName;
        foreach (var file in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(Scripts, file), Path.Combine(building, file));
        var (exitCode, _, error) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], building, CancellationToken.None);
        if (exitCode != 0)
        {
            Directory.Delete(building, recursive: true);
            throw new InvalidOperationException($"The tests with Node need ioredis from npm, and 'npm ci' could not install it: {error.Trim()}");
        }

        try
        {
            Directory.Move(building, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            Directory.Delete(building, recursive: true);
        }

        return target;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, string directory, CancellationToken cancellationToken, string? modules = null)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(path => Path.Combine(path, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"The tests with Node need {program}, which is not on the PATH. Install Node.js 20 or later.");
        var start = new ProcessStartInfo(found, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (modules is not null)
            start.Environment["NODE_PATH"] = Path.Combine(modules, "node_modules");
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
