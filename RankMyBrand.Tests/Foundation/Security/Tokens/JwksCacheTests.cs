using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Security.Tokens;

public sealed class JwksCacheTests
{
    private const string Nothing = """{"keys":[]}""";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Find_KnownKey_FetchesOnce()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);

        for (var i = 0; i < 10; i++)
            Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.Equal(1, endpoint.Requests);
    }

    [Fact]
    public async Task Find_HundredAtOnceBeforeTheFirstFetch_ShareIt()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);

        var found = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => FindAsync(host, "ec"))));

        Assert.All(found, lookup => Assert.NotNull(lookup.Key));
        Assert.Equal(1, endpoint.Requests);
    }

    [Fact]
    public async Task Find_KeyAddedByRotation_FetchesAgainAndFindsIt()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        using var host = Host(endpoint);
        Assert.Equal(JwtRefusal.UnknownKey, (await FindAsync(host, "ec")).Refusal);

        endpoint.Answer = JwksEndpoint.With(JwtFixture.Jwks);

        Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.Equal(2, endpoint.Requests);
    }

    [Fact]
    public async Task Find_KeyAddedByRotationWhileStrangersHaveUsedUpTheFetches_IsNotTheCallersFault()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        using var host = Host(endpoint);
        for (var i = 0; i < 3; i++)
            Assert.Equal(JwtRefusal.UnknownKey, (await FindAsync(host, $"hostile-{i}")).Refusal);

        endpoint.Answer = JwksEndpoint.With(JwtFixture.Jwks);
        Assert.Equal(JwtRefusal.KeyNotSought, (await FindAsync(host, "ec")).Refusal);
        Assert.Equal(3, endpoint.Requests);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.Equal(4, endpoint.Requests);
    }

    /// <summary>One junk key id an interval keeps nobody else from looking.</summary>
    [Fact]
    public async Task Find_KeyAddedByRotationAfterAStrangersFetch_IsFoundAtOnce()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        using var host = Host(endpoint);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal(JwtRefusal.UnknownKey, (await FindAsync(host, $"hostile-{i}")).Refusal);
        }

        endpoint.Answer = JwksEndpoint.With(JwtFixture.Jwks);

        Assert.NotNull((await FindAsync(host, "ec")).Key);
    }

    [Fact]
    public async Task Find_KeyWithdrawn_IsGoneAfterTheRefreshInterval()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);
        Assert.NotNull((await FindAsync(host, "ec")).Key);

        endpoint.Answer = JwksEndpoint.With(Nothing);
        _time.Advance(TimeSpan.FromMinutes(10));

        Assert.NotNull((await FindAsync(host, "ec")).Key);               // the aged set serves while the next is fetched
        await Eventually(async () => (await FindAsync(host, "ec")).Key is null);
    }

    [Fact]
    public async Task Find_AfterLongIdleness_DoesNotTakeAKeyThatWasWithdrawnMeanwhile()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);
        Assert.NotNull((await FindAsync(host, "ec")).Key);

        endpoint.Answer = JwksEndpoint.With(Nothing);
        _time.Advance(TimeSpan.FromMinutes(20));

        var found = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => FindAsync(host, "ec"))));
        Assert.All(found, lookup => Assert.Null(lookup.Key));
    }

    [Fact]
    public async Task Find_AfterLongIdlenessWithTheEndpointAway_TakesWhatIsKnownAndWaitsOnce()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);
        Assert.NotNull((await FindAsync(host, "ec")).Key);

        endpoint.Answer = JwksEndpoint.With(503);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.Equal(2, endpoint.Requests);

        // The next attempt hangs, and nobody waits for it.
        var released = new TaskCompletionSource();
        endpoint.Answer = context => released.Task.WaitAsync(context.RequestAborted);
        _time.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 10; i++)
            Assert.NotNull((await FindAsync(host, "ec")).Key);
        await Eventually(() => Task.FromResult(endpoint.Requests == 3));
        released.SetResult();
    }

    [Fact]
    public async Task Find_WithoutAnId_LooksForAnotherKeySoon()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);
        Assert.NotNull((await FindAsync(host, null)).Key);

        endpoint.Answer = JwksEndpoint.With(Nothing);
        _time.Advance(TimeSpan.FromSeconds(31));

        await Eventually(async () => (await FindAsync(host, null)).Key is null);
    }

    [Fact]
    public async Task Find_ThousandHostileIds_FetchesThriceAndThenOnceAnInterval()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint);

        for (var i = 0; i < 1000; i++)
            Assert.Equal(i < 3 ? JwtRefusal.UnknownKey : JwtRefusal.KeyNotSought, (await FindAsync(host, $"hostile-{i}")).Refusal);
        Assert.Equal(3, endpoint.Requests);

        _time.Advance(TimeSpan.FromSeconds(31));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => FindAsync(host, $"hostile-{i}"))));
        Assert.Equal(4, endpoint.Requests);
    }

    [Fact]
    public async Task Find_EndpointAwayFromTheStart_SaysSoAndRecovers()
    {
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        endpoint.Answer = JwksEndpoint.With(503);
        using var host = Host(endpoint);
        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "ec")).Refusal);
        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "ec")).Refusal);
        Assert.Equal(1, endpoint.Requests);

        endpoint.Answer = JwksEndpoint.With(JwtFixture.Jwks);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.NotNull((await FindAsync(host, "ec")).Key);
    }

    public static TheoryData<string> Failures { get; } = ["404", "500", "html", "no set", "too large", "redirect", "hangs up", "hangs"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Find_EndpointFailsLater_KeepsTheLastGoodSet(string failure)
    {
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(endpoint, ("JwksTimeout", failure == "hangs" ? "00:00:05" : "00:01:00"));
        Assert.NotNull((await FindAsync(host, "ec")).Key);

        endpoint.Answer = Failing(failure);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "new")).Refusal);    // waits for the fetch that fails
        Assert.Equal(2, endpoint.Requests);
        Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.NotNull((await FindAsync(host, "rsa", JwtAlgorithm.RS256)).Key);
    }

    [Fact]
    public async Task Find_EndpointHangs_LogsHowLongItWasWaitedFor()
    {
        var log = new LogRecorder();
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        endpoint.Answer = Failing("hangs");
        using var host = Host(log, endpoint, ("JwksTimeout", "00:00:01"));

        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "ec")).Refusal);

        Assert.EndsWith("they have not come within 00:00:01", Assert.Single(log.At(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_NobodyListens_SaysSo()
    {
        var endpoint = await JwksEndpoint.StartAsync(Nothing);
        using var host = Host(endpoint);
        await endpoint.DisposeAsync();

        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "ec")).Refusal);
    }

    [Fact]
    public async Task Find_CallerGivesUp_StopsWaitingAndTheFetchGoesOn()
    {
        var released = new TaskCompletionSource();
        await using var endpoint = await JwksEndpoint.StartAsync(Nothing);
        endpoint.Answer = async context =>
        {
            await released.Task.WaitAsync(context.RequestAborted);
            await JwksEndpoint.With(JwtFixture.Jwks)(context);
        };
        using var host = Host(endpoint);
        using var gaveUp = new CancellationTokenSource();
        var waiting = Keys(host).FindAsync("ec", JwtAlgorithm.ES256, gaveUp.Token).AsTask();

        await gaveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        released.SetResult();
        Assert.NotNull((await FindAsync(host, "ec")).Key);
        Assert.Equal(1, endpoint.Requests);
    }

    [Fact]
    public async Task Validate_TokenSignedByARotatedKey_AcceptsBoth()
    {
        var options = new JwtIssuerOptions { Issuer = "https://issuer.test", Audience = "rankmybrand" };
        var ring = new SigningKeyRing(Microsoft.Extensions.Options.Options.Create(options), _time);
        var issuer = new JwtIssuer(Microsoft.Extensions.Options.Options.Create(options), ring, _time);
        ring.Add(SigningKey.Generate(_time.GetUtcNow()));
        await using var endpoint = await JwksEndpoint.StartAsync("");
        endpoint.Answer = context => context.Response.Body.WriteAsync(ring.ToJwks(), context.RequestAborted).AsTask();
        using var host = Host(endpoint);
        var validator = host.Services.GetRequiredService<JwtValidator>();
        var before = issuer.Issue(new TokenRequest { Subject = "a" }).Token;
        Assert.True((await validator.ValidateAsync(before, TestContext.Current.CancellationToken)).IsValid);

        ring.Add(SigningKey.Generate(_time.GetUtcNow().AddSeconds(30)));
        _time.Advance(TimeSpan.FromSeconds(31));
        var after = issuer.Issue(new TokenRequest { Subject = "a" }).Token;

        Assert.NotEqual(before.Split('.')[0], after.Split('.')[0]);
        Assert.True((await validator.ValidateAsync(after, TestContext.Current.CancellationToken)).IsValid);
        Assert.True((await validator.ValidateAsync(before, TestContext.Current.CancellationToken)).IsValid);
        Assert.Equal(2, endpoint.Requests);
    }

    [Fact]
    public async Task Find_AddressWithAQuery_IsLoggedWithoutIt()
    {
        var log = new LogRecorder();
        await using var endpoint = await JwksEndpoint.StartAsync(JwtFixture.Jwks);
        using var host = Host(log, endpoint, ("JwksUri", $"{endpoint.Address}?apikey=s3cret"));
        Assert.NotNull((await FindAsync(host, "ec")).Key);

        endpoint.Answer = JwksEndpoint.With(503);
        Assert.Equal(JwtRefusal.KeysUnavailable, (await FindAsync(host, "other")).Refusal);

        Assert.Contains(log.At(LogLevel.Debug), line => line == $"Fetched 3 keys from {endpoint.Address}");
        var warning = Assert.Single(log.At(LogLevel.Warning));
        Assert.StartsWith($"No keys from {endpoint.Address}, the last good ones stay: ", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(log.Entries, entry => entry.Text.Contains("s3cret", StringComparison.Ordinal));
    }

    private static Func<HttpContext, Task> Failing(string failure) => failure switch
    {
        "404" => JwksEndpoint.With(404),
        "500" => JwksEndpoint.With(500),
        "html" => JwksEndpoint.With("<html>login</html>"),
        "no set" => JwksEndpoint.With("{}"),
        "too large" => JwksEndpoint.With($$"""{"keys":[],"note":"{{new string('a', 2000)}}"}"""),
        "redirect" => Redirect,
        "hangs up" => HangUp,
        _ => context => Task.Delay(Timeout.Infinite, context.RequestAborted),
    };

    private static Task Redirect(HttpContext context)
    {
        context.Response.Redirect("/elsewhere");
        return Task.CompletedTask;
    }

    private static Task HangUp(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private IHost Host(JwksEndpoint endpoint, params (string Key, string Value)[] settings) => Host(null, endpoint, settings);

    private IHost Host(LogRecorder? log, JwksEndpoint endpoint, params (string Key, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration[$"{JwtOptions.Section}:Issuer"] = "https://issuer.test";
        builder.Configuration[$"{JwtOptions.Section}:Audiences:0"] = "rankmybrand";
        builder.Configuration[$"{JwtOptions.Section}:JwksUri"] = endpoint.Address.ToString();
        builder.Configuration[$"{JwtOptions.Section}:JwksMaxBytes"] = "1500";
        builder.Configuration[$"{JwtOptions.Section}:JwksTimeout"] = "00:01:00";
        foreach (var (key, value) in settings)
            builder.Configuration[$"{JwtOptions.Section}:{key}"] = value;
        builder.Services.AddSingleton<TimeProvider>(_time);
        if (log is not null)
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.AddJwtValidation();
        return builder.Build();
    }

    private static IJwtKeySource Keys(IHost host) => host.Services.GetRequiredService<IJwtKeySource>();

    private static async Task<JwtKeyLookup> FindAsync(IHost host, string? keyId, JwtAlgorithm algorithm = JwtAlgorithm.ES256) =>
        await Keys(host).FindAsync(keyId, algorithm, TestContext.Current.CancellationToken);

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
            await Task.Delay(20, limit.Token);
    }
}
