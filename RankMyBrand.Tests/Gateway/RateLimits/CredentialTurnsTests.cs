using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>How long an address that has guessed too often is watched, and what that costs it.</summary>
public sealed class CredentialTurnsTests(Gateways gateways) : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private RedisServer _redis = null!;
    private LimiterInstance _instance = null!;
    private CredentialGuard _guard = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        _instance = await LimiterInstance.StartAsync(
            _redis, _time, ("Policies:credentials:Permits", "3"), ("Policies:credentials:Window", "01:00:00"),
            ("Policies:credentials:PartitionBy:0", "Ip"));
        _guard = new CredentialGuard(_instance.Limiter, Options.Create(new EdgeLimitsOptions()), _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Address_UsedUp_IsClosedAsLongAsItWasTold()
    {
        Assert.False(_guard.IsWary);
        var told = await GuessUntilRefusedAsync();
        Assert.True(told > TimeSpan.FromMinutes(15));

        _time.Advance(told - TimeSpan.FromSeconds(2));

        Assert.True(_guard.IsWary);
        Assert.False(_guard.TryBegin(From("10.0.0.1"), out var turn, out var refusal));
        Assert.Null(turn);
        Assert.InRange(refusal!.Value.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_guard.TryBegin(From("10.0.0.1"), out turn, out _));
        turn!.Dispose();
    }

    [Fact]
    public async Task Address_WasUsedUpLately_HasOneRequestAtATimeUntilItsLimitIsWhole()
    {
        _time.Advance(await GuessUntilRefusedAsync());

        Assert.True(_guard.TryBegin(From("10.0.0.1"), out var turn, out _));
        Assert.False(_guard.TryBegin(From("10.0.0.1"), out var another, out var refusal));
        Assert.Equal((null, null), (another, refusal));
        // Nobody else waits for it.
        Assert.True(_guard.TryBegin(From("10.0.0.2"), out another, out _));
        Assert.Null(another);
        turn!.Dispose();
        Assert.True(_guard.TryBegin(From("10.0.0.1"), out turn, out _));
        turn!.Dispose();

        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(_guard.IsWary);
        Assert.True(_guard.TryBegin(From("10.0.0.1"), out turn, out _));
        Assert.Null(turn);
    }

    [Fact]
    public async Task Address_GuessesOn_HasOneRequestAtATimeStill()
    {
        await GuessUntilRefusedAsync();
        _time.Advance(TimeSpan.FromMinutes(50));
        // Redis counts by its own clock; so the limit is made whole by hand, and the guess takes 20 minutes of it.
        await _instance.Database.ExecuteAsync("FLUSHALL");
        using (var charge = await _guard.ChargeAsync(From("10.0.0.1")))
            Assert.True(charge.IsAllowed);

        _time.Advance(TimeSpan.FromMinutes(15));

        Assert.True(_guard.TryBegin(From("10.0.0.1"), out var turn, out _));
        Assert.NotNull(turn);
    }

    [Fact]
    public async Task Request_WhileAnotherOfItsAddressIsLookedAt_IsNotLookedAt()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);
        var guard = gateway.Services.GetRequiredService<CredentialGuard>();
        for (var status = 401; status != 429;)
        {
            using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", "wrong"));
            status = (int)response.StatusCode;
        }

        // A second later there is a guess again, and for a minute the guesses take turns.
        RefusedAddress? turn = null;
        await RoutingHost.WaitUntilAsync(
            () => Task.FromResult(guard.TryBegin(From("127.0.0.1"), out turn, out _)), "the address is not closed any more");
        Assert.NotNull(turn);

        using (var right = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key)))
        {
            await right.AssertProblemAsync(429, "RATE_LIMITED");
            Assert.Equal(TimeSpan.FromSeconds(1), right.Headers.RetryAfter!.Delta);
        }

        turn.Dispose();
        for (var i = 0; i < 2; i++)
        {
            using var right = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        }
    }

    private static DefaultHttpContext From(string address) => new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };

    private async Task<TimeSpan> GuessUntilRefusedAsync()
    {
        while (true)
        {
            using var charge = await _guard.ChargeAsync(From("10.0.0.1"));
            if (!charge.IsAllowed)
                return charge.RetryAfter;
        }
    }
}
