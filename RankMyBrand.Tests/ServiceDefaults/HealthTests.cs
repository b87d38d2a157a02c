using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class HealthTests
{
    private const string Secret = "Host=db;Password=hunter2";

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/health/live")]
    public async Task Endpoint_AllWell_Answers200WithJson(string path)
    {
        await using var service = await ServiceUnderTest.StartAsync();

        var (response, json) = await service.GetJsonAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal("Healthy", json.GetProperty("status").GetString());
        Assert.True(json.GetProperty("totalDurationMs").GetDouble() >= 0);
        var self = json.GetProperty("checks").GetProperty("self");
        Assert.Equal("Healthy", self.GetProperty("status").GetString());
        Assert.True(self.GetProperty("latencyMs").GetDouble() >= 0);
        Assert.False(self.TryGetProperty("description", out _));
    }

    [Theory]
    [InlineData("/health", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/health/ready", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    public async Task Endpoint_DependencyDown_OnlyLivenessStaysUp(string path, HttpStatusCode expected)
    {
        await using var service = await ServiceUnderTest.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("db", () => HealthCheckResult.Unhealthy("no disk space")));

        var (response, json) = await service.GetJsonAsync(path);

        Assert.Equal(expected, response.StatusCode);
        if (expected is not HttpStatusCode.OK)
        {
            var check = json.GetProperty("checks").GetProperty("db");
            Assert.Equal("Unhealthy", check.GetProperty("status").GetString());
            Assert.Equal("no disk space", check.GetProperty("description").GetString());
        }
    }

    [Fact]
    public async Task Health_DependencyDegraded_Answers200()
    {
        await using var service = await ServiceUnderTest.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("memory", () => HealthCheckResult.Degraded("80 % used")));

        var (response, json) = await service.GetJsonAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Degraded", json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_CheckThrows_HidesTheException()
    {
        await using var service = await ServiceUnderTest.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddCheck("thrown", () => throw new InvalidOperationException(Secret))
            .AddCheck("described", () => HealthCheckResult.Unhealthy(Secret, new InvalidOperationException(Secret))));

        var (response, json) = await service.GetJsonAsync("/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.DoesNotContain("hunter2", json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(3, json.GetProperty("checks").EnumerateObject().Count());
    }

    [Fact]
    public async Task Health_CheckNeverEnds_IsUnhealthyAfterTheTimeout()
    {
        var never = new TaskCompletionSource<HealthCheckResult>();
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddHealthChecks().AddAsyncCheck("stuck", () => never.Task),
            settings: ("ServiceDefaults:Health:Timeout", "00:00:00.2"));

        var (response, json) = await service.GetJsonAsync("/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("No answer within 0.2 s.", json.GetProperty("checks").GetProperty("stuck").GetProperty("description").GetString());
    }

    [Fact]
    public async Task Health_CheckBlocksItsThread_IsUnhealthyAfterTheTimeout()
    {
        using var release = new ManualResetEventSlim();
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddHealthChecks().AddCheck("blocked", () =>
            {
                release.Wait(TestContext.Current.CancellationToken);
                return HealthCheckResult.Healthy();
            }),
            settings: ("ServiceDefaults:Health:Timeout", "00:00:00.2"));

        var (response, _) = await service.GetJsonAsync("/health/ready");
        release.Set();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task Health_ManyProbesAtOnce_RunTheChecksOnce()
    {
        var runs = 0;
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddHealthChecks().AddAsyncCheck("counted", async () =>
            {
                Interlocked.Increment(ref runs);
                await Task.Delay(200, TestContext.Current.CancellationToken);
                return HealthCheckResult.Healthy();
            }),
            settings: ("ServiceDefaults:Health:KeepFor", "00:01:00"));

        var probes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => service.GetJsonAsync(i % 2 == 0 ? "/health" : "/health/ready")));

        Assert.All(probes, probe => Assert.Equal(HttpStatusCode.OK, probe.Response.StatusCode));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Health_ResultGrownOld_RunsTheChecksAgain()
    {
        var runs = 0;
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddHealthChecks().AddCheck("counted", () =>
            {
                Interlocked.Increment(ref runs);
                return HealthCheckResult.Healthy();
            }),
            settings: ("ServiceDefaults:Health:KeepFor", "00:00:00"));

        await service.GetJsonAsync("/health");
        await service.GetJsonAsync("/health");

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Health_ProbeGivesUp_OthersStillGetTheirAnswer()
    {
        var release = new TaskCompletionSource<HealthCheckResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await ServiceUnderTest.StartAsync(configure: builder => builder.Services.AddHealthChecks()
            .AddAsyncCheck("slow", () =>
            {
                started.TrySetResult();
                return release.Task;
            }));
        using var impatient = new CancellationTokenSource();
        var first = service.Client.GetAsync(new Uri("/health", UriKind.Relative), impatient.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var second = service.GetJsonAsync("/health");

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.SetResult(HealthCheckResult.Healthy());

        Assert.Equal(HttpStatusCode.OK, (await second).Response.StatusCode);
    }

    [Fact]
    public async Task Health_Head_AnswersWithoutBody()
    {
        await using var service = await ServiceUnderTest.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/health");

        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Health_Json_HasOnlyTheDocumentedMembers()
    {
        await using var service = await ServiceUnderTest.StartAsync();

        var (_, json) = await service.GetJsonAsync("/health");

        Assert.Equal(["status", "totalDurationMs", "checks"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Object, json.GetProperty("checks").ValueKind);
    }
}
