using System.Net;
using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Foundation.Security.Tokens;
using RankMyBrand.Tests.Gateway.Routing;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>The settings of tokens, in a file that changes while the gateway runs.</summary>
public sealed class TokenSettingsTests(Gateways gateways) : IDisposable
{
    private const string Changed = "The settings of Security:Jwt have changed, and the old ones stay in force; restart the gateway";

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly TestLog _log = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("https://issuer.test")]
    [InlineData(null)]
    public async Task File_WithOtherSettingsOfTokens_ChangesNothingAndSaysSoOnce(string? issuer)
    {
        using var jwt = new JwtFixture();
        jwt.Time.Advance(DateTimeOffset.UtcNow - jwt.Time.GetUtcNow());
        File.Copy(Path.Combine(AppContext.BaseDirectory, "gateway", "appsettings.json"), Path.Combine(_directory, "appsettings.json"));
        await WriteAsync(issuer, key: 1);
        await using var backend = new RawBackend();
        // Every question with a key that is not there yet is a wrong guess.
        await using var gateway = await gateways.StartAsync(
            backend.Address, _log, ("contentRoot", _directory), ("RateLimits:Policies:credentials:Permits", "1000000"));
        // Something else changes: there is nothing to say.
        await WriteAsync(issuer, key: 2);
        await WaitForKeyAsync(gateway, key: 2);
        Assert.DoesNotContain(_log.Lines, line => line.Text == Changed);

        await WriteAsync("https://other.test", key: 2);
        var (level, _, _) = await _log.WaitForAsync(Changed);
        await WriteAsync("https://other.test", key: 3);
        await WaitForKeyAsync(gateway, key: 3);

        Assert.Equal(LogLevel.Warning, level);
        Assert.Single(_log.Lines, line => line.Text == Changed);
        using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("Authorization", $"Bearer {jwt.Token()}"));
        Assert.Equal(issuer is null ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, response.StatusCode);
    }

    private static string KeyOf(int number) => $"file-key-{number}-0123456789abcdefghijklmnopqr";

    private static Task WaitForKeyAsync(GatewayHost gateway, int key) => RoutingHost.WaitUntilAsync(
        async () =>
        {
            using var response = await AuthenticationTests.SendAsync(gateway, "/echo/x", ("X-API-Key", KeyOf(key)));
            return response.StatusCode == HttpStatusCode.OK;
        },
        "the file is read");

    private async Task WriteAsync(string? issuer, int key)
    {
        var settings = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["ApiKeys"] = new { File = new { Key = KeyOf(key) } },
        };
        if (issuer is not null)
            settings["Jwt"] = new { Issuer = issuer, Audiences = new[] { "rankmybrand" }, JwtFixture.Jwks };
        var file = Path.Combine(_directory, "appsettings.Production.json");
        // Renamed into its place: a file that is seen half written is a broken one.
        await File.WriteAllTextAsync(
            $"{file}.new", System.Text.Json.JsonSerializer.Serialize(new { Security = settings }), TestContext.Current.CancellationToken);
        File.Move($"{file}.new", file, overwrite: true);
    }
}
