using System.Net;
using RankMyBrand.Tests.Gateway.Routing;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>Keys of a file that changes while the gateway runs.</summary>
public sealed class KeyReloadTests : IAsyncLifetime
{
    private const string First = "first-key-0123456789abcdefghijklmnopqrstu";
    private const string Second = "second-key-0123456789abcdefghijklmnopqrst";

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-").FullName;
    private readonly RawBackend _backend = new();
    private readonly TestLog _log = new();
    private readonly Gateways _gateways;
    private GatewayHost _gateway = null!;

    public KeyReloadTests(Gateways gateways) => _gateways = gateways;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Settings => Path.Combine(_directory, "appsettings.json");

    public async ValueTask InitializeAsync()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "gateway", "appsettings.json"), Settings);
        await WriteKeysAsync($$"""{ "file": { "Key": "{{First}}", "Tenant": "first-inc" } }""");
        // Every question with a key that is not there yet is a wrong guess.
        _gateway = await _gateways.StartAsync(_backend.Address, _log, ("contentRoot", _directory), ("RateLimits:Policies:credentials:Permits", "1000000"));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task File_WithOtherKeys_TakesEffectWhileTheGatewayRuns()
    {
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(First)).Status);
        // It has a connection that knows no other key.
        using var faithful = _gateway.CreateClient(First);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(faithful));

        await WriteKeysAsync($$$"""{ "second": { "Key": "{{{Second}}}", "RateLimits": { "caller": { "Permits": 1234 } } } }""");
        await RoutingHost.WaitUntilAsync(async () => (await AskAsync(Second)).Status == HttpStatusCode.OK, "the new key is taken");

        // The limits that come with a key are there with it, or a moment later.
        await RoutingHost.WaitUntilAsync(
            async () => (await AskAsync(Second)).Policy.StartsWith("\"caller\";q=1234;", StringComparison.Ordinal), "the new key has its limits");
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(First)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(faithful));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(GatewayHost.Key)).Status);
    }

    [Fact]
    public async Task File_ThatCannotBeRead_RevokesNothing()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "appsettings.Production.json"), "{ \"Security\": {", Cancellation);
        await _log.WaitForAsync("appsettings.Production.json cannot be read");

        // The next change of anything finds the broken file empty, and the keys that remain are right by themselves.
        File.SetLastWriteTimeUtc(Settings, DateTime.UtcNow.AddMinutes(1));
        await _log.WaitForAsync("the old keys stay in force: A configuration file cannot be read or is gone.");

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(First)).Status);
    }

    [Fact]
    public async Task File_WithANullInAList_IsRefusedAloud()
    {
        await WriteKeysAsync($$"""{ "second": { "Key": "{{Second}}", "Networks": [null] } }""");
        await _log.WaitForAsync(
            "the old keys stay in force: 'Security:ApiKeys:second:Networks:0' is null; it must be a text (String), or be left out.");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(First)).Status);

        await WriteKeysAsync($$"""{ "second": { "Key": "{{Second}}" } }""");

        await RoutingHost.WaitUntilAsync(async () => (await AskAsync(Second)).Status == HttpStatusCode.OK, "the file without it is read");
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(First)).Status);
    }

    [Fact]
    public async Task File_ThatIsDeleted_RevokesNothing()
    {
        await WriteKeysAsync($$$"""{ "file": { "Key": "{{{First}}}", "RateLimits": { "caller": { "Permits": 1234 } } } }""");
        await RoutingHost.WaitUntilAsync(
            async () => (await AskAsync(First)).Policy.StartsWith("\"caller\";q=1234;", StringComparison.Ordinal), "the key has its limits");

        File.Delete(Path.Combine(_directory, "appsettings.Production.json"));
        await _log.WaitForAsync("appsettings.Production.json is gone, and routes, services, keys and limits stay as they are");
        await _log.WaitForAsync("the old keys stay in force: A configuration file cannot be read or is gone.");

        var (status, policy) = await AskAsync(First);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("\"caller\";q=1234;", policy, StringComparison.Ordinal);
        await WriteKeysAsync($$"""{ "second": { "Key": "{{Second}}" } }""");
        await RoutingHost.WaitUntilAsync(async () => (await AskAsync(Second)).Status == HttpStatusCode.OK, "the file that is back is read");
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(First)).Status);
    }

    private async Task<(HttpStatusCode Status, string Policy)> AskAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/echo/x") { Headers = { { "X-API-Key", key } } };
        using var response = await _gateway.Client.SendAsync(request, Cancellation);
        return (response.StatusCode, response.Headers.TryGetValues("RateLimit-Policy", out var values) ? values.Single() : "");
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/echo/x", Cancellation);
        return response.StatusCode;
    }

    // Renamed into its place: a file that is seen half written is a broken one.
    private async Task WriteKeysAsync(string keys)
    {
        var file = Path.Combine(_directory, "appsettings.Production.json");
        await File.WriteAllTextAsync($"{file}.new", $$"""{ "Security": { "ApiKeys": {{keys}} } }""", Cancellation);
        File.Move($"{file}.new", file, overwrite: true);
    }
}
