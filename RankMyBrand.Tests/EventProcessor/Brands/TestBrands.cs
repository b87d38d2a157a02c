using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.EventProcessor.Brands;

/// <summary>What the tests of the pipeline share.</summary>
internal static class TestBrands
{
    private static readonly ServiceProvider s_services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    /// <summary>The options of a service that configures none.</summary>
    public static BrandsOptions Defaults
    {
        get
        {
            var options = new BrandsOptions();
            foreach (var brand in DefaultBrands.All)
                options.Tracked.Add(brand);
            return options;
        }
    }

    public static BrandsTelemetry Telemetry => new(s_services.GetRequiredService<IMeterFactory>());

    public static Delivery Deliver(StreamEvent @event, string stream = BrandStreams.Responses, int attempt = 1) => new(stream, "1-0", @event, attempt);
}

/// <summary>
/// Takes events as a stream does, in memory: one for a deduplication key. Refuses everything while <see cref="Refusal"/> is set.
/// </summary>
internal sealed class RecordingBus : IEventBus
{
    private readonly HashSet<string> _keys = [];

    public List<(string Stream, StreamEvent Event)> Published { get; } = [];

    public EventRejection? Refusal { get; set; }

    public async ValueTask<PublishedEvent> PublishAsync(string stream, StreamEvent @event, CancellationToken cancellationToken = default) =>
        (await PublishAsync(stream, [@event], cancellationToken))[0].Published;

    public Task<IReadOnlyList<PublishResult>> PublishAsync(
        string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<PublishResult>>([.. events.Select(@event => Publish(stream, @event))]);

    private PublishResult Publish(string stream, StreamEvent @event)
    {
        if (Refusal is { } refusal)
            return refusal;
        var isNew = @event.DeduplicationKey is null || _keys.Add(@event.DeduplicationKey);
        if (isNew)
            Published.Add((stream, @event));
        return new PublishedEvent(@event.Id, "1-0", !isNew);
    }
}
