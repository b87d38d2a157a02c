using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Gateway.Routing;

namespace RankMyBrand.Tests.Foundation.Security;

/// <summary>Keys come, change and go while the service runs.</summary>
public sealed class ApiKeyReloadTests : IDisposable
{
    private const string Acme = "acme-key-0123456789abcdefghijklmnopqrstuv";
    private const string Other = "other-key-0123456789abcdefghijklmnopqrstu";

    private readonly TestConfiguration _configuration = new([("Security:ApiKeys:acme:Key", Acme), ("Security:ApiKeys:acme:Scopes:0", "events:read")]);
    private readonly LogRecorder _log = new();
    private readonly FaultyValidator _faulty = new();
    private readonly IHost _host;
    private readonly ApiKeyRing _keys;

    public ApiKeyReloadTests()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = "Production" });
        ((IConfigurationBuilder)builder.Configuration).Add(_configuration);
        builder.Logging.AddProvider(_log);
        builder.AddApiKeys();
        builder.Services.AddSingleton<IValidateOptions<ApiKeysOptions>>(_faulty);
        _host = builder.Build();
        _keys = _host.Services.GetRequiredService<ApiKeyRing>();
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Reload_ANewKey_IsTakenAtOnce()
    {
        Assert.Null(_keys.Find(Other));

        _configuration.Change(("Security:ApiKeys:other:Key", Other), ("Security:ApiKeys:other:Tenant", "other-inc"));

        Assert.Equal("other-inc", _keys.Find(Other)?.Tenant);
        Assert.Equal("acme", _keys.Find(Acme)?.Name);
        Assert.Equal("API keys were configured anew: 2 keys", Assert.Single(_log.At(LogLevel.Information)));
    }

    [Fact]
    public void Reload_AChangedKey_IsWhatItIsNow()
    {
        _configuration.Change(
            ("Security:ApiKeys:acme:Key", Other), ("Security:ApiKeys:acme:Scopes:0", "events:write"), ("Security:ApiKeys:acme:Networks:0", "10.0.0.0/8"));

        Assert.Null(_keys.Find(Acme));
        var key = _keys.Find(Other)!;
        Assert.Equal(("acme", "events:write"), (key.Name, Assert.Single(key.Scopes)));
        Assert.False(key.MayCallFrom(System.Net.IPAddress.Loopback));
    }

    [Fact]
    public void Reload_AKeyThatIsGone_IsNobodysFromThenOn()
    {
        _configuration.Change(("Security:ApiKeys:other:Key", Other));

        _configuration.Change(("Security:ApiKeys:acme", null));

        Assert.Null(_keys.Find(Acme));
        Assert.Equal("other", _keys.Find(Other)?.Name);
    }

    [Theory]
    [InlineData("Security:ApiKeys", null, "Security:ApiKeys is empty, so nobody could call")]
    [InlineData("Security:ApiKeys:acme:Key", "short", "Security:ApiKeys:acme:Key has 5 characters")]
    [InlineData("Security:ApiKeys:acme:Key", Other, "the same key under the names acme, other")]
    [InlineData("Security:ApiKeys:acme:Network:0", "10.0.0.0/8", "Security:ApiKeys:acme:Network is not a setting")]
    [InlineData("Security:ApiKeys:acme:ExpiresAt", "tomorrow", "'Security:ApiKeys:acme:ExpiresAt' is 'tomorrow'; it must be a time such as 2030-12-31T12:00:00Z")]
    [InlineData("Security:ApiKeys:acme:Sha256", "abc", "Security:ApiKeys:acme needs either Key or Sha256, and not both.")]
    public void Reload_KeysThatCannotBeRight_KeepsTheOldOnesAndSaysWhy(string setting, string? value, string reason)
    {
        // The new key is right, but what comes with a mistake is not taken in part.
        _configuration.Change(("Security:ApiKeys:other:Key", value is null ? null : Other), (setting, value));

        Assert.Equal("acme", _keys.Find(Acme)?.Name);
        Assert.Null(_keys.Find(Other));
        var error = Assert.Single(_log.At(LogLevel.Error));
        Assert.StartsWith("The new configuration of the API keys is invalid and the old keys stay in force: ", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.DoesNotContain(Other, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_ThatFailsInAWayNobodyThoughtOf_KeepsTheOldOnesAndSaysSo()
    {
        _faulty.IsOn = true;
        _configuration.Change(("Security:ApiKeys:acme", null), ("Security:ApiKeys:other:Key", Other));

        Assert.Equal("acme", _keys.Find(Acme)?.Name);
        Assert.Equal(
            "The new configuration of the API keys is invalid and the old keys stay in force: "
            + "InvalidOperationException: nobody thought of it",
            Assert.Single(_log.At(LogLevel.Error)));

        _faulty.IsOn = false;
        _configuration.Change(("Security:ApiKeys:other:Tenant", "other-inc"));
        Assert.Null(_keys.Find(Acme));
    }

    [Fact]
    public void Reload_AfterABadOne_IsTaken()
    {
        _configuration.Change(("Security:ApiKeys:acme:Key", "short"));

        _configuration.Change(("Security:ApiKeys:acme:Key", Other));

        Assert.Null(_keys.Find(Acme));
        Assert.Equal("acme", _keys.Find(Other)?.Name);
    }

    [Fact]
    public async Task Find_WhileKeysAreReloaded_SeesAllOfOneConfigurationOrOfTheOther()
    {
        using var stop = new CancellationTokenSource();
        var (found, missed) = (0, 0);
        var reading = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                    Interlocked.Increment(ref _keys.Find(Acme) is null ? ref missed : ref found);
            },
            TestContext.Current.CancellationToken);

        // A loaded machine may begin to read late.
        for (var i = 0; i < 200 || Volatile.Read(ref found) + Volatile.Read(ref missed) < 200; i++)
            _configuration.Change((("Security:ApiKeys:other:Key", i % 2 == 0 ? Other : null)));
        await stop.CancelAsync();

        await reading;
        Assert.Equal(0, missed);
    }

    private sealed class FaultyValidator : IValidateOptions<ApiKeysOptions>
    {
        public bool IsOn { get; set; }

        public ValidateOptionsResult Validate(string? name, ApiKeysOptions options) =>
            IsOn ? throw new InvalidOperationException("nobody thought of it") : ValidateOptionsResult.Success;
    }
}
