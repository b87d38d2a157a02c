using System.Text.Json;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class QueueActionsTests
{
    private static readonly DateTimeOffset s_ten = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "high")]
    [InlineData(0.0249, "high")]
    [InlineData(0.025, "normal")]
    public async Task Handle_Recommendation_WaitsWithItsPriority(double share, string priority)
    {
        var bus = new RecordingBus();
        var action = new RecommendedAction("Google", "raise-visibility", "Because.", share, 0.05, 1, 100, s_ten, s_ten.AddHours(1));
        var recommended = new StreamEvent
        {
            Type = RecommendActions.EventType,
            Data = JsonSerializer.SerializeToUtf8Bytes(action, BrandsJson.Default.RecommendedAction),
            Tenant = "acme",
        };
        var other = new StreamEvent { Type = "something.else", Data = "{}"u8.ToArray() };

        await new QueueActions(bus).HandleAsync([TestBrands.Deliver(recommended), TestBrands.Deliver(other)], TestContext.Current.CancellationToken);
        await new QueueActions(bus).HandleAsync([TestBrands.Deliver(recommended)], TestContext.Current.CancellationToken);

        Assert.All(bus.Published, published => Assert.Equal(("actions.pending", "brand.action.pending", "acme"), (published.Stream, published.Event.Type, published.Event.Tenant)));
        Assert.Equal(
            new PendingAction(recommended.Id, priority, action),
            JsonSerializer.Deserialize(bus.Published[0].Event.Data.Span, BrandsJson.Default.PendingAction));
        // Delivered twice, it is the same event both times.
        Assert.Equal(2, bus.Published.Count);
        Assert.Equal(bus.Published[0].Event.Id, bus.Published[1].Event.Id);
    }
}
