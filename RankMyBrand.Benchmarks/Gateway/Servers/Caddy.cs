using RankMyBrand.Benchmarks.Servers;

namespace RankMyBrand.Benchmarks.Gateway.Servers;

/// <summary>Finds Caddy: the current one of Debian's next release, which runs by itself, or else the one that this release has.</summary>
internal static class Caddy
{
    private const string Package = "caddy";

    public static async Task<(string Program, string Version)> FindAsync(CancellationToken cancellationToken)
    {
        var program = await DebianPackage.FindAsync(Package, "usr/bin/caddy", "sid", cancellationToken)
            ?? await DebianPackage.FindAsync(Package, "usr/bin/caddy", null, cancellationToken)
            ?? Tool.Find(Package);
        var version = await Tool.RunAsync(program, ["version"], cancellationToken);
        return (program, version.Split(' ')[0].Trim());
    }
}
