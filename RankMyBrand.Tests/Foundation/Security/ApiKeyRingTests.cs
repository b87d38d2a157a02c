using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security;

public class ApiKeyRingTests
{
    private const string Key = "rmb_0123456789abcdefghijklmnopqrstuvwxyz";

    [Fact]
    public void Find_AKnownKey_TellsWhoseItIs()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
        var keys = Ring(("acme", new ApiKeyOptions { Sha256 = hash, Tenant = "acme-inc" }), ("other", new ApiKeyOptions { Key = "another key" }));

        Assert.Equal(("acme", "acme-inc"), keys.Find(Key) is { } acme ? (acme.Name, acme.Tenant) : default);
        Assert.Equal(("other", null), keys.Find("another key") is { } other ? (other.Name, other.Tenant) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rmb_0123456789abcdefghijklmnopqrstuvwxyZ")]
    [InlineData("rmb_0123456789abcdefghijklmnopqrstuvwxyz ")]
    public void Find_AnyOtherText_IsNobody(string text) =>
        Assert.Null(Ring(("acme", new ApiKeyOptions { Key = Key })).Find(text));

    [Fact]
    public void Find_TextOfAnyLength_IsNobody() =>
        Assert.Null(Ring(("acme", new ApiKeyOptions { Key = Key })).Find(new string('x', 100_000)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("2001:db8:1::5", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("11.0.0.1", false)]
    [InlineData("2001:db9::1", false)]
    [InlineData("::ffff:11.0.0.1", false)]
    [InlineData("::a01:203", false)]
    public void MayCallFrom_NetworksOfTheKey_AreTheOnlyOnes(string address, bool expected)
    {
        var key = Ring(("acme", new ApiKeyOptions { Key = Key, Networks = { "10.0.0.0/8", "192.0.2.7", "2001:db8::/32" } })).Find(Key)!;

        Assert.Equal(expected, key.MayCallFrom(System.Net.IPAddress.Parse(address)));
        Assert.False(key.MayCallFrom(null));
    }

    [Theory]
    [InlineData("acme:Network:0", "10.0.0.0/8", "Security:ApiKeys:acme:Network is not a setting; those are Key, Sha256, Tenant, Scopes, Roles, Networks")]
    [InlineData("acme:ExpiresAt", "tomorrow", "'Security:ApiKeys:acme:ExpiresAt' is 'tomorrow'; it must be a time such as 2030-12-31T12:00:00Z")]
    [InlineData("acme:Scopes", "events:write", "'Security:ApiKeys:acme:Scopes' is a text; it must be a list, as in Security:ApiKeys:acme:Scopes:0.")]
    [InlineData("other", Key, "'Security:ApiKeys:other' is a text; it must be a section.")]
    [InlineData("other", "", "Security:ApiKeys:other needs either Key or Sha256")]
    [InlineData("acme:Networks:0", "10.0.0.1/8", "Security:ApiKeys:acme:Networks has '10.0.0.1/8'; each must be an address range")]
    [InlineData("acme:Networks:0", "10/8", "Security:ApiKeys:acme:Networks has '10/8'")]
    [InlineData("acme:Networks:0", "::ffff:10.0.0.0/104", "bits behind the prefix are zero, with IPv4 written as IPv4.")]
    [InlineData("acme:Networks", "", "'Security:ApiKeys:acme:Networks' is empty; it must have at least one item, or be left out.")]
    [InlineData("acme:ExpiresAt", "", "'Security:ApiKeys:acme:ExpiresAt' is empty; it must be a time such as 2030-12-31T12:00:00Z (DateTimeOffset), or be left out.")]
    [InlineData("acme:RateLimits:caller:Permits", "", "'Security:ApiKeys:acme:RateLimits:caller:Permits' is empty; it must be a whole number")]
    [InlineData("acme:Scopes:0", "a b", "Security:ApiKeys:acme:Scopes has 'a b'")]
    [InlineData("acme:Roles:0", "", "Security:ApiKeys:acme:Roles has ''")]
    [InlineData("acme:Tenant", "a\r\nb", "Security:ApiKeys:acme:Tenant is")]
    [InlineData("a b:Key", "another-key-0123456789abcdefghijklmnopqr", "has a name that cannot be used")]
    [InlineData("twin:Key", Key, "the same key under the names acme, twin")]
    public async Task Start_ASettingThatCannotBeRight_IsRefused(string setting, string value, string expected)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Configuration["Security:ApiKeys:acme:Key"] = Key;
        builder.Configuration[$"Security:ApiKeys:{setting}"] = value;
        builder.AddApiKeys();
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "Production", "Security:ApiKeys:acme needs either Key or Sha256")]
    [InlineData(Key, "00", "Production", "Security:ApiKeys:acme needs either Key or Sha256")]
    [InlineData(null, "abc", "Production", "Security:ApiKeys:acme:Sha256 has 3 characters; it must be 64 hexadecimal digits")]
    [InlineData("short", null, "Production", "Security:ApiKeys:acme:Key has 5 characters; outside Development it must have at least 32")]
    public async Task Start_ABadKey_NamesItWithoutTellingIt(string? key, string? sha256, string environment, string expected)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Configuration["Security:ApiKeys:acme:Tenant"] = "acme";
        builder.Configuration["Security:ApiKeys:acme:Key"] = key;
        builder.Configuration["Security:ApiKeys:acme:Sha256"] = sha256;
        builder.AddApiKeys();
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Networks\": [null]", "'Security:ApiKeys:acme:Networks:0' is null; it must be a text (String), or be left out.")]
    [InlineData("\"Scopes\": [\"events:read\", null]", "'Security:ApiKeys:acme:Scopes:1' is null")]
    [InlineData("\"Roles\": [null]", "'Security:ApiKeys:acme:Roles:0' is null")]
    [InlineData("\"Networks\": []", "'Security:ApiKeys:acme:Networks' is empty; it must have at least one item, or be left out.")]
    public async Task Start_AListThatSaysNothing_IsRefused(string setting, string expected)
    {
        using var host = HostWith(setting);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Networks\": null, \"ExpiresAt\": null, \"RateLimits\": null")]
    [InlineData("\"RateLimits\": {}")]
    public async Task Start_ASettingThatIsNull_IsAsIfLeftOut(string setting)
    {
        using var host = HostWith(setting);

        await host.StartAsync(TestContext.Current.CancellationToken);

        var key = host.Services.GetRequiredService<ApiKeyRing>().Find(Key)!;
        Assert.Null(key.ExpiresAt);
        Assert.True(key.MayCallFrom(System.Net.IPAddress.Loopback));
    }

    [Fact]
    public async Task Start_AKeyThatWouldBeTakenForAToken_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Configuration["Security:ApiKeys:dots:Key"] = "rmb.live.0123456789abcdefghijklmnopqrstuv";
        builder.Configuration["Security:Jwt:Issuer"] = "https://issuer.test";
        builder.AddApiKeys();
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            "Security:ApiKeys:dots:Key has a '.', by which tokens are told from keys where Security:Jwt is configured; make one without.",
            error.Message);
    }

    [Fact]
    public async Task Start_WithoutKeys_SaysWhatToSet()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddApiKeys();
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Security:ApiKeys is empty", error.Message, StringComparison.Ordinal);
    }

    /// <summary>With a key <c>acme</c> in a file, which has one more setting.</summary>
    private static IHost HostWith(string setting)
    {
        var file = $$$"""{ "Security": { "ApiKeys": { "acme": { "Key": "{{{Key}}}", {{{setting}}} } } } }""";
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(file)));
        builder.AddApiKeys();
        return builder.Build();
    }

    private static ApiKeyRing Ring(params (string Name, ApiKeyOptions Key)[] keys)
    {
        var options = new OptionsFactory<ApiKeysOptions>([new ConfigureOptions<ApiKeysOptions>(options =>
        {
            foreach (var (name, key) in keys)
                options.ApiKeys.Add(name, key);
        })], []);
        return new ApiKeyRing(options, new ConfigurationBuilder().Build(), NullLogger<ApiKeyRing>.Instance);
    }
}
