using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>
/// Adds calculated visibilities to the aggregates, each once, and then has the rule look at the windows that they fall into: a rule
/// that read the stream by itself could judge before the aggregates know what it judges.
/// </summary>
internal sealed class AggregateVisibility(VisibilityStore store, RecommendActions rule, TimeProvider time) : IEventHandler
{
    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var responses = new List<MeasuredResponse>(deliveries.Count);
        foreach (var delivery in deliveries.Where(delivery => delivery.Event.Type == CalculateVisibility.EventType))
        {
            if (!delivery.TryRead(BrandsJson.Default.ResponseVisibility, out var visibility))
                continue;
            // Anybody may publish to the stream. Its day is a chunk of the table, as it is in the archive.
            if (EventTime.FaultOf(visibility.RespondedAt, now) is { } fault)
                delivery.Reject($"The response is said to have come {fault}");
            else if (!IsWhole(visibility))
                delivery.Reject("A brand of the response has no name, or is mentioned nowhere.");
            else
                responses.Add(new MeasuredResponse(delivery.Event.Tenant ?? EventStore.DefaultTenant, visibility));
        }

        if (responses.Count == 0)
            return;
        await store.SaveAsync(responses, cancellationToken);
        await rule.JudgeAsync(responses, cancellationToken);
    }

    /// <summary>JSON that leaves members out has the form of a visibility all the same.</summary>
    private static bool IsWhole(ResponseVisibility visibility) => visibility.Brands is { } brands
        && brands.All(brand => brand is { Brand.Length: > 0 } and ({ Mentions: 0 } or { FirstPosition: not null, FirstWord: not null }));
}
