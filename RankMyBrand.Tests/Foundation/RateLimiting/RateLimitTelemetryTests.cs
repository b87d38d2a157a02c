using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class RateLimitTelemetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _measured = new();
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Check_Decisions_AreCountedByPolicyOutcomeAndDecider()
    {
        await using var instance = await LimiterInstance.StartAsync(
            _redis, ("Policies:api:Permits", "1"), ("Policies:api:Window", "01:00:00"), ("Policies:closed:Permits", "1"),
            ("Policies:closed:Failure", "Closed"));
        using var listener = Listen(instance);

        await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        await instance.CheckAsync("api");
        _redis.Kill();
        await instance.CheckAsync("api", "b");
        await instance.CheckAsync("closed");

        Assert.Equal(
            [
                "decided_by=redis outcome=allowed policy=api",
                "decided_by=redis outcome=refused policy=api",
                "decided_by=instance outcome=refused policy=api",
                "decided_by=fallback outcome=allowed policy=api",
                "decided_by=fallback outcome=unavailable policy=closed",
            ],
            _measured.Where(line => line.StartsWith("rankmybrand.rate_limit.decisions ", StringComparison.Ordinal)).Select(line => line[33..]));
        Assert.Equal(4, _measured.Count(line => line.StartsWith("rankmybrand.rate_limit.check.duration ", StringComparison.Ordinal)));
        Assert.Single(_measured, "rankmybrand.rate_limit.outages ");
    }

    private MeterListener Listen(LimiterInstance instance)
    {
        var factory = instance.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.Meter.Name == "RankMyBrand.RateLimiting")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => _measured.Enqueue(Line(instrument, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => _measured.Enqueue(Line(instrument, tags)));
        listener.Start();
        return listener;
    }

    private static string Line(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal))}";
}
