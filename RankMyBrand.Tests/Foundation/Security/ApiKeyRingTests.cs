using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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

        Assert.Equal(new ApiKeyIdentity("acme", "acme-inc"), keys.Find(Key));
        Assert.Equal(new ApiKeyIdentity("other", null), keys.Find("another key"));
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

    [Fact]
    public async Task Start_WithoutKeys_SaysWhatToSet()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddApiKeys();
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Security:ApiKeys is empty", error.Message, StringComparison.Ordinal);
    }

    private static ApiKeyRing Ring(params (string Name, ApiKeyOptions Key)[] keys)
    {
        var options = new ApiKeysOptions();
        foreach (var (name, key) in keys)
            options.ApiKeys.Add(name, key);
        return new ApiKeyRing(Options.Create(options));
    }
}
