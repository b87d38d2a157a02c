using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Puts each recommended action, with a priority, into the queue of those that wait for somebody to take them.</summary>
internal sealed class QueueActions(IEventBus bus) : IEventHandler
{
    public const string EventType = "brand.action.pending";

    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var sources = new List<Delivery>(deliveries.Count);
        var pending = new List<StreamEvent>(deliveries.Count);
        foreach (var delivery in deliveries.Where(delivery => delivery.Event.Type == RecommendActions.EventType))
        {
            if (!delivery.TryRead(BrandsJson.Default.RecommendedAction, out var action))
                continue;
            sources.Add(delivery);
            pending.Add(Derived.From(
                delivery.Event, EventType, new PendingAction(delivery.Event.Id, PriorityOf(action), action),
                BrandsJson.Default.PendingAction));
        }

        await bus.PublishDerivedAsync(BrandStreams.Pending, pending, sources, cancellationToken);
    }

    private static string PriorityOf(RecommendedAction action) => action.ShareOfVoice < action.MinShareOfVoice / 2 ? "high" : "normal";
}
