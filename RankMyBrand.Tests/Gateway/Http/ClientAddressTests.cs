using System.Net;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>Where a request comes from, as known proxies say and nobody else.</summary>
public sealed class ClientAddressTests(Gateways gateways)
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7:5678", "203.0.113.7")]
    [InlineData("[2001:db8::1]:443", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("6.6.6.6, 203.0.113.7", "203.0.113.7")]
    [InlineData("6.6.6.6, 203.0.113.7, 10.0.0.5", "203.0.113.7")]
    [InlineData("6.6.6.6, 203.0.113.7, 10.0.0.5, 10.0.0.6", "203.0.113.7")]
    [InlineData("10.0.0.9, 203.0.113.7, 10.0.0.5", "203.0.113.7")]
    [InlineData("10.0.0.5", "10.0.0.5")]
    [InlineData("nonsense", "127.0.0.1")]
    [InlineData("6.6.6.6, nonsense", "127.0.0.1")]
    [InlineData("6.6.6.6, nonsense, 10.0.0.5", "10.0.0.5")]
    [InlineData("", "127.0.0.1")]
    public async Task AddressBehindKnownProxies_IsTheFirstFromTheRightThatIsNoProxy(string forwardedFor, string expected)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("Gateway:Addresses:Proxies:0", "127.0.0.1"), ("Gateway:Addresses:Proxies:1", "10.0.0.0/8"));

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("X-Forwarded-For", forwardedFor));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([expected], RawBackend.Values(backend.Only, "X-Forwarded-For"));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "6.6.6.6")]
    [InlineData("X_Forwarded_For", "6.6.6.6")]
    [InlineData("Forwarded", "for=6.6.6.6")]
    [InlineData("X-Real-IP", "6.6.6.6")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "evil")]
    [InlineData("X-Forwarded-Prefix", "/evil")]
    [InlineData("X-Original-For", "6.6.6.6")]
    public async Task WhoeverIsNoKnownProxy_IsNotBelieved(string header, string value)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("Gateway:Addresses:Proxies:0", "10.0.0.0/8"));

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), (header, value));

        Assert.Equal(["127.0.0.1"], RawBackend.Values(backend.Only, "X-Forwarded-For"));
        Assert.Equal(["http"], RawBackend.Values(backend.Only, "X-Forwarded-Proto"));
        Assert.Equal([gateway.Address.Authority], RawBackend.Values(backend.Only, "X-Forwarded-Host"));
        Assert.DoesNotContain(value == "https" ? "X-Forwarded-Proto: https" : value, backend.Only, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    // The framework knows both loopback addresses of itself, the one of IPv6 by another setting than that of IPv4.
    [Fact]
    public async Task WhoeverIsNoKnownProxy_IsNotBelievedOverIPv6Either()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend, ("urls", "http://[::1]:0"), ("Gateway:Addresses:Proxies:0", "10.0.0.0/8"));

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("X-Forwarded-For", "6.6.6.6"));

        Assert.Equal(["::1"], RawBackend.Values(backend.Only, "X-Forwarded-For"));
    }

    [Fact]
    public async Task SchemeOfAKnownProxy_IsBelieved()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(
            gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"));

        Assert.Equal(["https"], RawBackend.Values(backend.Only, "X-Forwarded-Proto"));
        Assert.Equal("max-age=31536000; includeSubDomains", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task LimitByAddress_CannotBeEvadedByMakingUpAddresses()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("RateLimits:Policies:credentials:Permits", "3"), ("RateLimits:Policies:credentials:Window", "01:00:00"));
        var statuses = new List<int>();

        for (var i = 0; i < 5; i++)
            statuses.Add(await StatusAsync($"{i}.{i}.{i}.{i}, 203.0.113.7"));
        statuses.Add(await StatusAsync("203.0.113.8"));
        // All addresses of one /64 are one client's.
        for (var i = 0; i < 4; i++)
            statuses.Add(await StatusAsync($"2001:db8:1:2:{i}::1"));
        statuses.Add(await StatusAsync("2001:db8:1:3::1"));

        Assert.Equal([401, 401, 401, 429, 429, 401, 401, 401, 401, 429, 401], statuses);

        async Task<int> StatusAsync(string forwardedFor)
        {
            using var response = await SendAsync(gateway, "/echo/x", ("X-Forwarded-For", forwardedFor));
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task NetworkOfAKey_IsThatOfTheClientAndNotOfTheProxy()
    {
        const string Key = "there-key-0123456789abcdefghijklmnopqrst";
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend, ("Security:ApiKeys:there:Key", Key), ("Security:ApiKeys:there:Networks:0", "203.0.113.0/24"));

        using var there = await SendAsync(gateway, "/echo/x", ("X-API-Key", Key), ("X-Forwarded-For", "203.0.113.7"));
        using var pretended = await SendAsync(gateway, "/echo/x", ("X-API-Key", Key), ("X-Forwarded-For", "203.0.113.7, 198.51.100.1"));
        using var here = await SendAsync(gateway, "/echo/x", ("X-API-Key", Key));

        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
        await pretended.AssertProblemAsync(403, "FORBIDDEN");
        await here.AssertProblemAsync(403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("Proxies:0", "10.0.0.1/8", "Gateway:Addresses:Proxies has '10.0.0.1/8'")]
    [InlineData("Operators:0", "here", "Gateway:Addresses:Operators has 'here'")]
    [InlineData("OperatorsPort", "70000", "Gateway:Addresses:OperatorsPort is 70000")]
    public async Task Start_AnAddressThatCannotBeRight_SaysSo(string setting, string value, string expected)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(backend, ($"Gateway:Addresses:{setting}", value)));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }
}
