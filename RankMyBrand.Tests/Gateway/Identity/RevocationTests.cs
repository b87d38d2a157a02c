using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.Security.Tokens;
using RankMyBrand.Tests.Gateway.Routing;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>Tokens that another service, or an operator, revokes in Redis. What they have open is CredentialWatchTests' matter.</summary>
public sealed partial class RevocationTests : IAsyncLifetime
{
    private readonly JwtFixture _jwt = new();
    private readonly RawBackend _backend = new();
    private readonly TestLog _log = new();
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private TokenRevoker _revoker = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _jwt.Time.Advance(DateTimeOffset.UtcNow - _jwt.Time.GetUtcNow());
        _redis = await RedisServer.StartAsync(Cancellation);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.EndPoint);
        _revoker = new TokenRevoker(_connection, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        await _backend.DisposeAsync();
        _jwt.Dispose();
    }

    [Fact]
    public async Task Token_Revoked_IsRefusedByEveryReplica()
    {
        await using var one = await StartAsync(_redis.EndPoint);
        await using var other = await StartAsync(_redis.EndPoint);
        // So that it is a remembered one.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(one, _jwt.Token()));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, _jwt.Token()));

        await _revoker.RevokeTokenAsync("token-1", DateTimeOffset.UtcNow.AddHours(1), Cancellation);

        await UntilRefusedAsync(one, _jwt.Token());
        await UntilRefusedAsync(other, _jwt.Token());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, _jwt.Token(("jti", "another"))));
    }

    [Fact]
    public async Task Tokens_OfARevokedSubject_AreRefusedUnlessIssuedLater()
    {
        await using var gateway = await StartAsync(_redis.EndPoint);
        var old = _jwt.Token(("iat", _jwt.Now - 60));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, old));

        await _revoker.RevokeSubjectAsync("user-1", DateTimeOffset.UtcNow, Cancellation);

        await UntilRefusedAsync(gateway, old);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, _jwt.Token(("iat", _jwt.Now + 10))));
    }

    [Fact]
    public async Task Token_RevokedBeforeTheStart_IsRefusedFromTheFirstRequestOn()
    {
        await _revoker.RevokeTokenAsync("token-1", DateTimeOffset.UtcNow.AddHours(1), Cancellation);

        await using var gateway = await StartAsync(_redis.EndPoint);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, _jwt.Token()));
    }

    [Fact]
    public async Task Token_RevokedWhileTheGatewayIsCutOff_IsRefusedAfterTheReturn()
    {
        await using var way = new GatedProxy(_redis.Port);
        await using var gateway = await StartAsync(way.EndPoint);
        await _revoker.RevokeTokenAsync("first", DateTimeOffset.UtcNow.AddHours(1), Cancellation);
        await UntilRefusedAsync(gateway, _jwt.Token(("jti", "first")));

        way.Close();
        await _revoker.RevokeTokenAsync("token-1", DateTimeOffset.UtcNow.AddHours(1), Cancellation);
        await _log.WaitForAsync("The list of revoked tokens cannot be read");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, _jwt.Token()));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, _jwt.Token(("jti", "first"))));
        way.Open();

        await UntilRefusedAsync(gateway, _jwt.Token());
    }

    [Fact]
    public async Task Gateway_WithoutRedis_StartsAndTakesTokens()
    {
        await using var way = new GatedProxy(_redis.Port);
        way.Close();

        await using var gateway = await StartAsync(way.EndPoint);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, _jwt.Token()));
    }

    /// <summary>The redis-cli lines of the page, as they stand there.</summary>
    [Fact]
    public async Task Token_RevokedAsThePageSays_IsRefused()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "gateway-security.md"), Cancellation);
        var lines = string.Join('\n', RedisCli().Matches(page).Select(match => match.Value));
        await using var gateway = await StartAsync(_redis.EndPoint);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, _jwt.Token()));

        await RunAsync($"redis-cli() {{ command redis-cli -e -p {_redis.Port} \"$@\"; }}\n{lines}");

        await UntilRefusedAsync(gateway, _jwt.Token());
        await UntilRefusedAsync(gateway, _jwt.Token(("jti", "another"), ("sub", "user-2"), ("iat", _jwt.Now - 60)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, _jwt.Token(("jti", "another"), ("sub", "user-3"))));
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string token)
    {
        using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("Authorization", $"Bearer {token}"));
        return response.StatusCode;
    }

    private static Task UntilRefusedAsync(GatewayHost gateway, string token) =>
        RoutingHost.WaitUntilAsync(async () => await StatusAsync(gateway, token) == HttpStatusCode.Unauthorized, "the token is refused");

    private static async Task RunAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment =
            {
                ["JTI"] = "token-1",
                ["EXP"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                ["SUB"] = "user-2",
            },
        })!;
        var errors = await bash.StandardError.ReadToEndAsync(Cancellation);
        await bash.WaitForExitAsync(Cancellation);
        Assert.True(bash.ExitCode == 0, errors);
    }

    // A limit of failed tries of one address would refuse those who wait here.
    private Task<GatewayHost> StartAsync(string redis) => GatewayHost.StartAsync(redis, _backend.Address, _log, [
        ("Security:Jwt:Issuer", "https://issuer.test"), ("Security:Jwt:Audiences:0", "rankmybrand"), ("Security:Jwt:Jwks", JwtFixture.Jwks),
        ("RateLimits:Policies:credentials:Permits", "100000"),
    ]);

    [GeneratedRegex("^redis-cli .*$", RegexOptions.Multiline, 1000)]
    private static partial Regex RedisCli();
}
