using System.Collections.Concurrent;
using System.Net;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Gateway.RateLimits.RateLimitTests;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>Two gateways on one Redis limit as one, and go on when it goes away.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const int Limit = 1000;
    private const int Requests = 10_000;

    private readonly RawBackend _backend = new();
    private RedisServer _redis = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task TwoReplicas_TenThousandRequestsAtOnce_AdmitExactlyTheLimit()
    {
        await using var one = await StartAsync("Open");
        await using var two = await StartAsync("Open");
        using var first = one.CreateClient(GatewayHost.Key);
        using var second = two.CreateClient(GatewayHost.Key);
        var statuses = new ConcurrentBag<int>();

        await Task.WhenAll(Enumerable.Range(0, Requests).Select(async i =>
        {
            using var response = await (i % 2 == 0 ? first : second).GetAsync("/limited", Cancellation);
            statuses.Add((int)response.StatusCode);
        }));

        Assert.Equal(Limit, statuses.Count(status => status == 200));
        Assert.Equal(Requests - Limit, statuses.Count(status => status == 429));
        Assert.Equal(Limit, _backend.Requests.Count);
    }

    [Fact]
    public async Task Redis_IsKilled_LimitsGoOnLocally()
    {
        await using var gateway = await StartAsync("Open");
        using var client = gateway.CreateClient(GatewayHost.Key);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/limited"));

        _redis.Kill();

        // This instance's half of the limit.
        for (var i = 0; i < Limit / 2; i++)
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/limited"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(client, "/limited"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/health/ready"));
        Assert.Contains("Redis does not serve the limits", await client.GetStringAsync("/health", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_IsKilled_LimitsThatFailClosedRefuse()
    {
        await using var gateway = await StartAsync("Closed");
        using var client = gateway.CreateClient(GatewayHost.Key);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/limited"));

        _redis.Kill();

        using (var refused = await client.GetAsync("/limited", Cancellation))
        {
            await refused.AssertProblemAsync(503, "UNAVAILABLE");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await _redis.RestartAsync(Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (await StatusAsync(client, "/limited") != HttpStatusCode.OK)
            await Task.Delay(50, patience.Token);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Cancellation);
        return response.StatusCode;
    }

    private Task<GatewayHost> StartAsync(string failure) => GatewayHost.StartAsync(_redis.EndPoint, _backend.Address, null, [
        .. Policy("limited", Limit, "Caller"),
        ("RateLimits:Policies:limited:Failure", failure),
        // So long that nothing comes back while a test runs.
        ("RateLimits:Policies:limited:Window", "30.00:00:00"),
        ("RateLimits:KeyPrefix", "replicas:{rl}:"),
        ("RateLimits:Instances", "2"),
        .. Route("limited", "/limited", ("RateLimits", "limited")),
    ]);
}
