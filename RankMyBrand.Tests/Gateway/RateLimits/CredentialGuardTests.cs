using System.Net;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.RateLimits;

/// <summary>Guessing keys is limited by address, before a credential is looked at.</summary>
public sealed class CredentialGuardTests(Gateways gateways)
{
    private static readonly (string, string)[] s_settings =
    [
        ("RateLimits:Policies:credentials:Permits", "3"),
        ("RateLimits:Policies:credentials:Window", "01:00:00"),
    ];

    [Theory]
    [InlineData("X-API-Key", "wrong")]
    [InlineData("Authorization", "Bearer wrong")]
    [InlineData("Authorization", "Basic d3Jvbmc6d3Jvbmc=")]
    [InlineData("Accept", "text/html")]
    public async Task Guesses_OverTheLimit_AreNotAnsweredAnyMore(string header, string value)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);

        for (var guess = 0; guess < 3; guess++)
        {
            using var response = await SendAsync(gateway, "/echo/x", (header, value));
            await response.AssertProblemAsync(401, "UNAUTHORIZED");
            Assert.Equal("\"credentials\";q=3;w=3600", Assert.Single(response.Headers.GetValues("RateLimit-Policy")));
        }

        using var over = await SendAsync(gateway, "/echo/x", (header, value));
        await over.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.NotNull(over.Headers.RetryAfter);

        // Whoever guesses right now does not learn it.
        using var right = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
        await right.AssertProblemAsync(429, "RATE_LIMITED");
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task Guesses_OverTheLimit_StayUnansweredForAWhile()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);
        for (var guess = 0; guess < 4; guess++)
        {
            using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", "wrong"));
            Assert.Equal(guess < 3 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests, response.StatusCode);
        }

        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        using var right = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
        await right.AssertProblemAsync(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task Guesses_OnOneReplica_CountOnTheOther()
    {
        await using var backend = new RawBackend();
        var settings = s_settings.Append(("RateLimits:KeyPrefix", $"{Guid.NewGuid():N}:{{rl}}:")).ToArray();
        await using var one = await gateways.StartAsync(backend, settings);
        await using var two = await gateways.StartAsync(backend, settings);

        for (var guess = 0; guess < 3; guess++)
        {
            using var response = await SendAsync(one, "/echo/x", ("X-API-Key", "wrong"));
            await response.AssertProblemAsync(401, "UNAUTHORIZED");
        }

        using var over = await SendAsync(two, "/echo/x", ("X-API-Key", "wrong"));
        await over.AssertProblemAsync(429, "RATE_LIMITED");
        using var right = await SendAsync(two, "/echo/x", ("X-API-Key", GatewayHost.Key));
        await right.AssertProblemAsync(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task RightCredentials_AreNotCharged()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, s_settings);

        for (var i = 0; i < 10; i++)
        {
            using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Guesses_WithoutRedis_AreStillLimited()
    {
        await using var backend = new RawBackend();
        await using var gateway = await GatewayHost.StartAsync("127.0.0.1:1,connectTimeout=200", backend.Address, null, s_settings);

        for (var guess = 0; guess < 3; guess++)
        {
            using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", "wrong"));
            await response.AssertProblemAsync(401, "UNAUTHORIZED");
        }

        using var over = await SendAsync(gateway, "/echo/x", ("X-API-Key", "wrong"));
        await over.AssertProblemAsync(429, "RATE_LIMITED");
        using var right = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));
        await right.AssertProblemAsync(429, "RATE_LIMITED");
    }
}
