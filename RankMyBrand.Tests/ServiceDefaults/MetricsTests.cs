using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Tests.ServiceDefaults;

[Collection(MeasuredAlone.Name)]
public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_AfterRequests_CountThemByRouteAndStatus()
    {
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/brands/{id:int}", (int id) => id > 0 ? Results.Ok() : Results.NotFound()),
            settings: ("OTEL_SERVICE_NAME", "ranked"));
        for (var i = 0; i < 3; i++)
        {
            await service.Client.GetAsync(new Uri("/brands/1", UriKind.Relative), TestContext.Current.CancellationToken);
        }

        await service.Client.GetAsync(new Uri("/brands/0", UriKind.Relative), TestContext.Current.CancellationToken);
        await service.GetJsonAsync("/health");

        var metrics = await ScrapeAsync(service);

        metrics.AssertHistogramsAreSound(sample => sample.Labels.GetValueOrDefault("http_route") is "/brands/{id:int}");
        Assert.Equal("histogram", metrics.Types["http_server_request_duration_seconds"]);
        var counts = metrics.Samples.Where(sample => sample.Name == "http_server_request_duration_seconds_count").ToList();
        Assert.Equal(3, Assert.Single(counts, sample => Is(sample, "200")).Value);
        Assert.Equal(1, Assert.Single(counts, sample => Is(sample, "404")).Value);
        Assert.DoesNotContain(counts, sample => sample.Labels.GetValueOrDefault("http_route") is "/health");
        Assert.Equal("ranked", Assert.Single(metrics.Samples, sample => sample.Name == "target_info").Labels["service_name"]);
        Assert.Contains("dotnet_process_cpu_time_seconds_total", metrics.Types.Keys);
        Assert.Contains("dotnet_gc_collections_total", metrics.Types.Keys);

        static bool Is(PrometheusText.Sample sample, string status) =>
            sample.Labels.GetValueOrDefault("http_route") is "/brands/{id:int}" && sample.Labels["http_response_status_code"] == status;
    }

    [Fact]
    public async Task Metrics_OfAServiceThatTheEnvironmentDescribes_SayWhatItSays()
    {
        await using var service = await ServiceUnderTest.StartAsync(settings:
        [
            ("OTEL_SERVICE_NAME", ""),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,service.version=9.8.7,service.instance.id=shop-1"),
        ]);
        await service.GetJsonAsync("/health");

        var described = Assert.Single((await ScrapeAsync(service)).Samples, sample => sample.Name == "target_info").Labels;

        Assert.Equal("shop", described["service_name"]);
        Assert.Equal("9.8.7", described["service_version"]);
        Assert.Equal("shop-1", described["service_instance_id"]);
    }

    [Fact]
    public async Task Metrics_OfAServiceThatNobodyDescribes_SayWhatItKnows()
    {
        await using var service = await ServiceUnderTest.StartAsync();

        var described = Assert.Single((await ScrapeAsync(service)).Samples, sample => sample.Name == "target_info").Labels;

        Assert.Equal("tested", described["service_name"]);
        Assert.NotEmpty(described["service_version"]);
        Assert.True(Guid.TryParse(described["service_instance_id"], out _));
    }

    [Fact]
    public async Task Metrics_OfTheProduct_AreExported()
    {
        using var meter = new Meter("RankMyBrand.Sample");
        await using var service = await ServiceUnderTest.StartAsync();
        meter.CreateCounter<long>("rankmybrand.sample.things", "{thing}", "Things seen.").Add(7);

        var metrics = await ScrapeAsync(service);

        var sample = Assert.Single(metrics.Samples, sample => sample.Name == "rankmybrand_sample_things_total");
        Assert.Equal(7, sample.Value);
        Assert.Equal("RankMyBrand.Sample", sample.Labels["otel_scope_name"]);
        Assert.Equal("Things seen.", metrics.Help["rankmybrand_sample_things_total"]);
    }

    [Fact]
    public async Task Metrics_OfASdkThatIsSwitchedOff_AreNowhereAndTheServiceServes()
    {
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/brands", () => "all"), settings: ("OTEL_SDK_DISABLED", "true"));

        var (metrics, problem) = await service.GetJsonAsync("/metrics");

        Assert.Equal(HttpStatusCode.NotFound, metrics.StatusCode);
        Assert.Equal("NOT_FOUND", problem.GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await service.GetJsonAsync("/health")).Response.StatusCode);
        using var brands = await service.Client.GetAsync(new Uri("/brands", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("all", await brands.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(Assert.Single(brands.Headers.GetValues("X-Correlation-ID")));
    }

    [Fact]
    public async Task Response_NeverNamesTheServer()
    {
        await using var service = await ServiceUnderTest.StartAsync();

        var (response, _) = await service.GetJsonAsync("/health/live");

        Assert.False(response.Headers.Contains("Server"));
    }

    internal static async Task<PrometheusText> ScrapeAsync(ServiceUnderTest service)
    {
        using var response = await service.Client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return PrometheusText.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), shared: true);
    }
}
