using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>Several instances with a connection each, as replicas of the gateway are.</summary>
public sealed class ReplicasTests : IAsyncLifetime
{
    private const int Requests = 10_000;
    private const int Limit = 1_000;

    private readonly List<LimiterInstance> _replicas = [];
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("TokenBucket")]
    [InlineData("SlidingWindow")]
    [InlineData("Concurrency")]
    public async Task Check_Atomic_TenThousandAtOnce_AdmitExactlyAThousand(string algorithm)
    {
        await StartAsync(("Policies:api:Algorithm", algorithm), ("Policies:api:LeaseDuration", "01:00:00"));

        Assert.Equal(Limit, await HammerAsync(Requests));
    }

    [Theory]
    [InlineData("TokenBucket")]
    [InlineData("SlidingWindow")]
    public async Task Check_Leased_TenThousandAtOnce_AdmitNeverMoreThanAThousand(string algorithm)
    {
        await StartAsync(("Policies:api:Algorithm", algorithm), ("Policies:api:Mode", "Leased"));

        var admitted = await HammerAsync(Requests);

        // What four replicas may hold back is a block each, a twentieth of the limit.
        Assert.InRange(admitted, Limit - (4 * Limit / 20), Limit);
    }

    [Fact]
    public async Task Check_Leased_HeldBackTokensAreReturned_AllOfThemAreAdmittedInTheEnd()
    {
        await StartAsync(("Policies:api:Mode", "Leased"), ("Hold", "00:00:00.300"));

        var admitted = await HammerAsync(Requests);
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (admitted < Limit && DateTime.UtcNow < deadline)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            admitted += await HammerAsync(_replicas.Count);
        }

        Assert.Equal(Limit, admitted);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(0, await HammerAsync(100));
    }

    private async Task StartAsync(params (string Key, string Value)[] settings)
    {
        for (var i = 0; i < 4; i++)
        {
            _replicas.Add(await LimiterInstance.StartAsync(
                _redis,
                [
                    ("Policies:api:Permits", $"{Limit}"), ("Policies:api:Window", "31.00:00:00"), ("RedisTimeout", "00:00:30"), .. settings,
                ]));
        }
    }

    private async Task<int> HammerAsync(int requests)
    {
        var checks = Enumerable.Range(0, requests).Select(i => Task.Run(() => _replicas[i % _replicas.Count].IsAllowedAsync("api")));
        var answers = await Task.WhenAll(checks);
        return answers.Count(isAllowed => isAllowed);
    }
}
