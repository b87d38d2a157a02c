using System.Collections.Concurrent;
using System.Net;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Gateway.RateLimits.RateLimitTests;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>Redis is killed under load and comes back after ten seconds: nobody gets an error for it, and the limits are what the documentation says they are then.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private const int Limit = 1000;
    private const string Second = "second-key-0123456789abcdefghijklmnopqrst";
    private const string Third = "third-key-0123456789abcdefghijklmnopqrstu";

    private readonly RawBackend _backend = new();
    private readonly TestLog _log = new();
    private RedisServer _redis = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // It keeps what it has been told, as the platform's does.
    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Redis_IsKilledUnderLoad_NobodyGetsAnErrorAndEachGatewayGivesOutItsShare()
    {
        await using var gateway = await GatewayHost.StartAsync(_redis.EndPoint, _backend.Address, _log, [
            .. Policy("limited", Limit, "Caller"),
            // So long that nothing comes back while a test runs.
            ("RateLimits:Policies:limited:Window", "30.00:00:00"),
            ("RateLimits:Instances", "2"),
            .. Route("limited", "/limited", ("RateLimits", "limited")),
            ("RateLimits:Policies:caller:Permits", "100000000"),
            ("RateLimits:Policies:caller:Burst", "100000000"),
            ("Security:ApiKeys:second:Key", Second),
            ("Security:ApiKeys:third:Key", Third),
        ]);
        using var first = gateway.CreateClient(GatewayHost.Key);
        using var second = gateway.CreateClient(Second);
        using var third = gateway.CreateClient(Third);
        await using var leased = new Load(first, "/echo/x", clients: 4);
        using var stop = new CancellationTokenSource();
        var limited = Task.Run(() => AskUntilAsync(first, stop.Token));
        await leased.WaitForAsync(500);

        var outage = Task.Delay(TimeSpan.FromSeconds(10), Cancellation);
        _redis.Kill();
        await _log.WaitForAsync("Redis does not serve the rate limits");
        // A key that is new in the outage: this gateway's half of the limit, and no more.
        Assert.Equal([(200, Limit / 2), (429, 100)], await AskAsync(second, (Limit / 2) + 100));
        await leased.WaitForAsync(1000);
        await outage;

        await _redis.RestartAsync(Cancellation);
        await _log.WaitForAsync("Redis serves the rate limits again");
        // A key that is new to Redis: the whole limit.
        Assert.Equal([(200, Limit), (429, 100)], await AskAsync(third, Limit + 100));
        await leased.WaitForAsync(500);

        await stop.CancelAsync();
        await leased.StopAsync();
        Assert.Empty(leased.Failures);
        var statuses = await limited;
        Assert.Equal([200, 429], statuses.Keys.Order());
        // What Redis gave out, and the share once more: an outage begins with nothing known of what was taken.
        Assert.InRange(statuses[200], Limit, Limit + (Limit / 2));
    }

    /// <summary>Asks with one key, many at a time, and counts the answers by status.</summary>
    private static async Task<IEnumerable<(int Status, int Count)>> AskAsync(HttpClient client, int requests)
    {
        var statuses = new ConcurrentDictionary<int, int>();
        await Parallel.ForAsync(0, requests, Cancellation, async (_, _) => await AskOnceAsync(client, statuses));
        return statuses.OrderBy(status => status.Key).Select(status => (status.Key, status.Value));
    }

    private static async Task<ConcurrentDictionary<int, int>> AskUntilAsync(HttpClient client, CancellationToken stop)
    {
        var statuses = new ConcurrentDictionary<int, int>();
        // Over the whole of it: before, in and after the outage.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
                await AskOnceAsync(client, statuses);
        }));
        return statuses;
    }

    private static async Task AskOnceAsync(HttpClient client, ConcurrentDictionary<int, int> statuses)
    {
        using var response = await client.GetAsync("/limited", Cancellation);
        statuses.AddOrUpdate((int)response.StatusCode, 1, static (_, count) => count + 1);
        if (response.StatusCode != HttpStatusCode.OK)
            await response.AssertProblemAsync(429, "RATE_LIMITED");
    }
}
