using System.Net;
using System.Text.Json.Nodes;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Administration;

/// <summary>One host for all tests of a class that change nothing.</summary>
public sealed class AdministrationFixture(Servers servers) : IAsyncLifetime
{
    private AdministrationHost? _host;

    public HttpClient Client => _host!.Client;

    public async ValueTask InitializeAsync() => _host = await AdministrationHost.StartAsync(servers);

    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code, string detail)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Contains(detail, (string?)problem["detail"], StringComparison.Ordinal);
    }
}
