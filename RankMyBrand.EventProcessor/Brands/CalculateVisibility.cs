using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>
/// Measures the tracked brands in each AI response and publishes <c>brand.visibility.calculated</c>. The response's text is the member
/// <c>response</c> of the event's data; events without one are no responses and pass by.
/// </summary>
internal sealed class CalculateVisibility(VisibilityCalculator calculator, IEventBus bus, BrandsTelemetry telemetry) : IEventHandler
{
    public const string EventType = "brand.visibility.calculated";
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = JsonText.MaxDepth };

    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var sources = new List<Delivery>(deliveries.Count);
        var calculated = new List<StreamEvent>(deliveries.Count);
        foreach (var delivery in deliveries)
        {
            if (!TryRead(delivery, out var text, out var platform))
                continue;
            sources.Add(delivery);
            calculated.Add(
                Derived.From(delivery.Event, EventType, Measure(delivery.Event, text, platform), BrandsJson.Default.ResponseVisibility));
        }

        await bus.PublishDerivedAsync(BrandStreams.Calculated, calculated, sources, cancellationToken);
    }

    private ResponseVisibility Measure(StreamEvent response, string text, string? platform)
    {
        var brands = calculator.Calculate(text);
        telemetry.Measured(brands);
        return new ResponseVisibility(response.Id, response.CreatedAt, platform, brands.Sum(brand => brand.Mentions), brands);
    }

    private bool TryRead(Delivery delivery, out string text, out string? platform)
    {
        (text, platform) = ("", null);
        try
        {
            using var data = JsonDocument.Parse(delivery.Event.Data, s_json);
            if (StringOf(data.RootElement, "response") is not { } response)
            {
                telemetry.Skipped();
                return false;
            }

            (text, platform) = (response, StringOf(data.RootElement, "platform"));
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The HTTP API takes no such event, but whoever writes to Redis may.
            delivery.Reject($"The data is not JSON with readable text: {e.Message}");
            return false;
        }
    }

    private static string? StringOf(JsonElement data, string member) =>
        data.ValueKind is JsonValueKind.Object && data.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
