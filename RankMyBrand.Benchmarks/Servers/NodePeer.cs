using System.Security.Cryptography;

namespace RankMyBrand.Benchmarks.Servers;

/// <summary>Runs the scripts under peers/, whose packages npm installs on first use into a cache directory of the user.</summary>
internal static class NodePeer
{
    private static string? s_directory;

    /// <summary>Runs a script and returns what it wrote.</summary>
    public static async Task<string> RunAsync(string script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var directory = s_directory ??= await InstallAsync(cancellationToken);
        return await Tool.RunAsync("node", [script, .. arguments], cancellationToken, directory);
    }

    private static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var source = Path.Combine(AppContext.BaseDirectory, "peers");
        var digest = Convert.ToHexStringLower(
            SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"), cancellationToken)));
        var directory = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
            "rankmybrand-benchmarks",
            $"peers-{digest[..12]}");
        Directory.CreateDirectory(directory);
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: true);
        var installed = Path.Combine(directory, "node_modules", ".installed");
        if (!File.Exists(installed))
        {
            await Tool.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], cancellationToken, directory);
            await File.WriteAllTextAsync(installed, "", cancellationToken);
        }

        return directory;
    }
}
