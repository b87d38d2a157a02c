using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void Surface_OfThisClient_IsPartOfTheRealOne()
    {
        var real = PublicSurface.Read(RealAssembly());
        var ours = PublicSurface.Read(typeof(ConnectionMultiplexer).Assembly.Location);

        Assert.True(real.Count > 2000, $"Only {real.Count} lines were read of the real assembly.");
        Assert.True(ours.Count > 1000, $"Only {ours.Count} lines were read of this client.");
        var extra = ours.Except(real, StringComparer.Ordinal).ToList();
        Assert.True(extra.Count == 0, "The real package does not have:\n" + string.Join('\n', extra));
    }

    /// <summary>The assembly that PackageDownload puts into the package cache.</summary>
    private static string RealAssembly()
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Path.Combine(cache, "stackexchange.redis", "3.4.35", "lib", "net10.0", "StackExchange.Redis.dll");
    }
}
