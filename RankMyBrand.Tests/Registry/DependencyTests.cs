using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RankMyBrand.Registry.Dependencies;
using RankMyBrand.Tests.ServiceDefaults;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Registry;

public sealed class DependencyTests
{
    [Fact]
    public async Task Health_ServersUnwell_SaysHowAndDegrades()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var chroma = await ServiceUnderTest.StartAsync(app => app.MapGet("/api/v2/heartbeat", () => Results.StatusCode(503)));
        await using var minio = await ServiceUnderTest.StartAsync(app => app.MapGet("/minio/health/live", () => "well"));
        await using var registry = await StartAsync(redis, chroma.Address, minio.Address);

        var (response, json) = await registry.GetJsonAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("Degraded", "It answered with status 503."), Check(json, "chroma"));
        Assert.Equal(("Healthy", null), Check(json, "minio"));
    }

    [Fact]
    public async Task Health_ServerAway_IsToldWithoutTryingAgain()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var minio = await ServiceUnderTest.StartAsync(app => app.MapGet("/minio/health/live", () => "well"));
        var chroma = await ServiceUnderTest.StartAsync();
        var away = chroma.Address;
        await chroma.DisposeAsync();
        await using var registry = await StartAsync(redis, away, minio.Address);

        var (response, json) = await registry.GetJsonAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("Degraded", "The check failed; see the log of the service."), Check(json, "chroma"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Key=x")]
    [InlineData("Endpoint=")]
    [InlineData("Endpoint=localhost:8000")]
    [InlineData("Endpoint=redis://localhost:8000")]
    [InlineData("http://localhost:8000")]
    [InlineData("Endpoint='http://localhost:8000")]
    public void Start_NoEndpointInTheConnectionString_IsNamed(string connectionString)
    {
        var error = Assert.Throws<InvalidOperationException>(() => ServiceUnderTest.Build(
            configure: builder => builder.AddDependencyChecks(), settings: ("ConnectionStrings:chroma", connectionString)));

        Assert.StartsWith("ConnectionStrings:chroma is missing or has no Endpoint", error.Message, StringComparison.Ordinal);
    }

    private static Task<ServiceUnderTest> StartAsync(RedisServer redis, Uri chroma, Uri minio) => ServiceUnderTest.StartAsync(
        configure: builder => builder.AddDependencyChecks(),
        settings:
        [
            ("ConnectionStrings:cache", redis.EndPoint),
            ("ConnectionStrings:chroma", $"Endpoint={chroma}"),
            ("ConnectionStrings:minio", $"Endpoint={minio};AccessKey=a;SecretKey=b"),
        ]);

    private static (string? Status, string? Description) Check(JsonElement json, string name)
    {
        var check = json.GetProperty("checks").GetProperty(name);
        return (check.GetProperty("status").GetString(), check.TryGetProperty("description", out var description) ? description.GetString() : null);
    }
}
