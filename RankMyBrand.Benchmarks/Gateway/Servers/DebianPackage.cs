using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Gateway.Servers;

/// <summary>Unpacks programs from Debian's archive into a cache directory of the user, without installing anything.</summary>
internal static class DebianPackage
{
    /// <summary>The path of a program.</summary>
    /// <param name="package">The package that has it.</param>
    /// <param name="program">Its path in the package.</param>
    /// <param name="suite">The release to take it from; null for the one that is installed.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <returns>Null when it cannot be had.</returns>
    public static async Task<string?> FindAsync(string package, string program, string? suite, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
            "rankmybrand-benchmarks",
            $"{package}-{suite ?? "installed"}");
        var path = Path.Combine(directory, program);
        if (File.Exists(path))
            return path;
        try
        {
            await UnpackAsync(package, suite, directory, cancellationToken);
        }
        catch (Exception e) when (e is MissingToolException or InvalidOperationException)
        {
            Console.Error.WriteLine($"{package} cannot be had from Debian {suite ?? "itself"}: {e.Message}");
        }

        return File.Exists(path) ? path : null;
    }

    private static async Task UnpackAsync(string package, string? suite, string directory, CancellationToken cancellationToken)
    {
        var work = Directory.CreateTempSubdirectory("debian-");
        try
        {
            var options = suite is null ? [] : await ReadSuiteAsync(suite, work.FullName, cancellationToken);
            await Tool.RunAsync("apt-get", [.. options, "download", package], cancellationToken, work.FullName);
            Directory.CreateDirectory(directory);
            await Tool.RunAsync("dpkg", ["-x", work.EnumerateFiles("*.deb").Single().FullName, directory], cancellationToken);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    /// <summary>Reads the list of another release's packages, and keeps it out of the system's own.</summary>
    private static async Task<string[]> ReadSuiteAsync(string suite, string work, CancellationToken cancellationToken)
    {
        var archives = await Tool.RunAsync(
            "apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"],
            cancellationToken);
        var sources = Path.Combine(work, "sources.list");
        await File.WriteAllTextAsync(
            sources,
            $"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {archives.Split('\n')[0]} {suite} main\n",
            cancellationToken);
        string[] options =
        [
            "-o", $"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", $"Dir::State::lists={Directory.CreateDirectory(Path.Combine(work, "lists")).FullName}",
            "-o", $"Dir::Cache={Directory.CreateDirectory(Path.Combine(work, "cache")).FullName}",
        ];
        await Tool.RunAsync("apt-get", [.. options, "update"], cancellationToken);
        return options;
    }
}
