using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Substitutes.Prometheus;

public sealed class PrometheusExporterTests
{
    /// <summary>Name, unit, kind of instrument, and the family expected.</summary>
    public static TheoryData<string, string?, string, string> Names => new()
    {
        { "a.b-c", null, "counter", "a_b_c_total" },
        { "things", "{thing}", "counter", "things_total" },
        { "things_total", null, "counter", "things_total" },
        { "size", "By", "gauge", "size_bytes" },
        { "size_bytes", "By", "gauge", "size_bytes" },
        { "used", "1", "gauge", "used" },
        { "used", "%", "gauge", "used_percent" },
        { "speed", "m/s", "gauge", "speed_meters_per_second" },
        { "rate", "{request}/s", "gauge", "rate_per_second" },
        { "wait", "s", "histogram", "wait_seconds" },
        { "wait", "ms", "histogram", "wait_milliseconds" },
        { "a__b", null, "updown", "a_b" },
        { "time", "s", "counter", "time_seconds_total" },
        { "weight", "kg", "gauge", "weight_kg" },
        { "heat", "Cel", "gauge", "heat_celsius" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scrape_Instrument_IsNamedByTheRules(string name, string? unit, string kind, string expected)
    {
        await using var exporter = await Exporter.StartAsync();
        exporter.Record(kind, name, unit);

        var metrics = await exporter.ScrapeAsync();

        var type = kind switch { "counter" => "counter", "histogram" => "histogram", _ => "gauge" };
        Assert.Equal(type, Assert.Contains(expected, (IReadOnlyDictionary<string, string>)metrics.Types));
    }

    [Fact]
    public async Task Scrape_Histogram_IsCumulativeAndSound()
    {
        await using var exporter = await Exporter.StartAsync();
        var histogram = exporter.Meter.CreateHistogram<double>(
            "took", "s", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in (double[])[0.05, 0.5, 0.5, 5, 50])
        {
            histogram.Record(value, new KeyValuePair<string, object?>("le", "taken"), new KeyValuePair<string, object?>("kind", "a"));
        }

        histogram.Record(0.05, new KeyValuePair<string, object?>("kind", "b"));

        var metrics = await exporter.ScrapeAsync();

        metrics.AssertHistogramsAreSound();
        var buckets = metrics.Samples.Where(sample => sample.Name == "took_seconds_bucket" && sample.Labels["kind"] == "a").ToList();
        Assert.Equal(["0.1", "1", "10", "+Inf"], buckets.Select(bucket => bucket.Labels["le"]));
        Assert.Equal([1, 3, 4, 5], buckets.Select(bucket => bucket.Value));
        Assert.Equal(56.05, Assert.Single(metrics.Samples, sample => sample.Name == "took_seconds_sum" && sample.Labels["kind"] == "a").Value, 6);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("a\\\"\n", "a\\\\\\\"\\n")]
    [InlineData("größe", "größe")]
    [InlineData(true, "true")]
    [InlineData(1.5, "1.5")]
    [InlineData(null, "")]
    public async Task Scrape_LabelValue_IsEscaped(object? value, string expected)
    {
        await using var exporter = await Exporter.StartAsync();
        exporter.Meter.CreateCounter<long>("labelled").Add(1, new KeyValuePair<string, object?>("a.key", value));

        var metrics = await exporter.ScrapeAsync();

        Assert.Equal(expected, Assert.Single(metrics.Samples, sample => sample.Name == "labelled_total").Labels["a_key"]);
    }

    [Fact]
    public async Task Scrape_KeysThatBecomeOneLabel_ShareIt()
    {
        await using var exporter = await Exporter.StartAsync();
        exporter.Meter.CreateCounter<long>("merged").Add(
            1, new KeyValuePair<string, object?>("k.x", "2"), new KeyValuePair<string, object?>("k-x", "1"), new KeyValuePair<string, object?>("0", "d"));

        var metrics = await exporter.ScrapeAsync();

        var labels = Assert.Single(metrics.Samples, sample => sample.Name == "merged_total").Labels;
        Assert.Equal("1;2", labels["k_x"]);
        Assert.Equal("d", labels["_0"]);
    }

    [Fact]
    public async Task Scrape_Help_IsEscaped()
    {
        await using var exporter = await Exporter.StartAsync();
        exporter.Meter.CreateCounter<long>("helped", description: "two\nlines and a \\ and \"quotes\"").Add(1);

        var metrics = await exporter.ScrapeAsync();

        Assert.Equal("two\\nlines and a \\\\ and \"quotes\"", metrics.Help["helped_total"]);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.NaN)]
    [InlineData(1e300)]
    [InlineData(-0.1)]
    public async Task Scrape_UnusualNumber_IsReadable(double value)
    {
        await using var exporter = await Exporter.StartAsync();
        exporter.Meter.CreateObservableGauge("unusual", () => value);

        var metrics = await exporter.ScrapeAsync();

        Assert.Equal(value, Assert.Single(metrics.Samples, sample => sample.Name == "unusual").Value);
    }

    [Fact]
    public async Task Scrape_SameNameInTwoMeters_IsOneFamily()
    {
        await using var exporter = await Exporter.StartAsync();
        using var other = new Meter($"{exporter.Meter.Name}.other", "2.0");
        exporter.Meter.CreateCounter<long>("shared").Add(1);
        exporter.Meter.CreateCounter<long>("between").Add(1);
        other.CreateCounter<long>("shared").Add(2);
        other.CreateUpDownCounter<long>("between_total").Add(5);

        var metrics = await exporter.ScrapeAsync();

        var shared = metrics.Samples.Where(sample => sample.Name == "shared_total").ToList();
        Assert.Equal([1, 2], shared.Select(sample => sample.Value));
        Assert.Equal("2.0", shared[1].Labels["otel_scope_version"]);
        Assert.Single(metrics.Samples, sample => sample.Name == "between_total");
    }

    [Fact]
    public async Task Scrape_NothingMeasured_IsEmptyButFine()
    {
        await using var exporter = await Exporter.StartAsync();

        using var response = await exporter.GetAsync();

        Assert.True(response.IsSuccessStatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Scrape_WithinTheCacheTime_CollectsOnce()
    {
        await using var exporter = await Exporter.StartAsync(options => options.ScrapeResponseCacheDurationMilliseconds = 60_000);
        var collected = 0;
        exporter.Meter.CreateObservableGauge("collected", () => Interlocked.Increment(ref collected));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => exporter.ScrapeAsync()));

        Assert.Equal(1, collected);
    }

    [Fact]
    public async Task Scrape_CacheTurnedOff_CollectsEachTime()
    {
        await using var exporter = await Exporter.StartAsync();
        var collected = 0;
        exporter.Meter.CreateObservableGauge("collected", () => Interlocked.Increment(ref collected));

        await exporter.ScrapeAsync();
        await exporter.ScrapeAsync();

        Assert.Equal(2, collected);
    }

    [Fact]
    public async Task Scrape_TotalSuffixDisabled_KeepsTheName()
    {
        await using var exporter = await Exporter.StartAsync(options => options.DisableTotalNameSuffixForCounters = true);
        exporter.Meter.CreateCounter<long>("plain").Add(1);

        Assert.Contains("plain", (await exporter.ScrapeAsync()).Types.Keys);
    }

    [Fact]
    public void Options_NegativeCacheTime_AreRefused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new PrometheusAspNetCoreOptions { ScrapeResponseCacheDurationMilliseconds = -1 });

    private sealed class Exporter(WebApplication app, HttpClient client, Meter meter) : IAsyncDisposable
    {
        public Meter Meter => meter;

        public static async Task<Exporter> StartAsync(Action<PrometheusAspNetCoreOptions>? configure = null)
        {
            var meter = new Meter($"test.{Guid.NewGuid():N}");
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter($"{meter.Name}*").AddPrometheusExporter(options =>
            {
                options.ScrapeResponseCacheDurationMilliseconds = 0;
                configure?.Invoke(options);
            }));
            var app = builder.Build();
            app.MapPrometheusScrapingEndpoint();
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new Exporter(app, new HttpClient { BaseAddress = new Uri(app.Urls.First()) }, meter);
        }

        public void Record(string kind, string name, string? unit)
        {
            switch (kind)
            {
                case "counter":
                    meter.CreateCounter<long>(name, unit).Add(1);
                    break;
                case "histogram":
                    meter.CreateHistogram<double>(name, unit).Record(1);
                    break;
                case "updown":
                    meter.CreateUpDownCounter<int>(name, unit).Add(1);
                    break;
                default:
                    meter.CreateObservableGauge(name, () => 1.5, unit);
                    break;
            }
        }

        public Task<HttpResponseMessage> GetAsync() => client.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        public async Task<PrometheusText> ScrapeAsync()
        {
            using var response = await GetAsync();
            response.EnsureSuccessStatusCode();
            return PrometheusText.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            meter.Dispose();
            await app.DisposeAsync();
        }
    }
}
