using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class CalculateVisibilityTests
{
    private readonly RecordingBus _bus = new();
    private readonly CalculateVisibility _handler;

    public CalculateVisibilityTests() =>
        _handler = new CalculateVisibility(new VisibilityCalculator(Options.Create(TestBrands.Defaults)), _bus, TestBrands.Telemetry);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handle_Response_PublishesItsVisibility()
    {
        var response = Event("""{"platform":"gpt-4","response":"Ask Claude, or ChatGPT, or Claude again."}""") with { CorrelationId = "c-1", Tenant = "acme" };

        await _handler.HandleAsync([TestBrands.Deliver(response)], Cancellation);

        var (stream, calculated) = Assert.Single(_bus.Published);
        Assert.Equal(("metrics.calculated", "brand.visibility.calculated", "c-1", "acme"), (stream, calculated.Type, calculated.CorrelationId, calculated.Tenant));
        Assert.Equal(response.CreatedAt, calculated.CreatedAt);
        var data = JsonNode.Parse(calculated.Data.Span)!;
        Assert.Equal(response.Id, (Guid)data["responseId"]!);
        Assert.Equal(response.CreatedAt, (DateTimeOffset)data["respondedAt"]!);
        Assert.Equal("gpt-4", (string?)data["platform"]);
        Assert.Equal(3, (int)data["totalMentions"]!);
        Assert.Equal(10, data["brands"]!.AsArray().Count);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"brand":"Anthropic","mentions":2,"firstPosition":4,"firstWord":1,"shareOfVoice":0.6666666666666666}"""), data["brands"]![1]));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"brand":"Google","mentions":0,"firstPosition":null,"firstWord":null,"shareOfVoice":0}"""), data["brands"]![2]));
    }

    [Fact]
    public async Task Handle_SameResponseAgain_PublishesTheSameEvent()
    {
        var response = Event("""{"response":"Google"}""");

        await _handler.HandleAsync([TestBrands.Deliver(response)], Cancellation);
        await _handler.HandleAsync([TestBrands.Deliver(response, attempt: 2)], Cancellation);

        Assert.Equal(_bus.Published[0].Event.Id, _bus.Published[1].Event.Id);
        Assert.Equal(_bus.Published[0].Event.Data.ToArray(), _bus.Published[1].Event.Data.ToArray());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"text":"Google"}""")]
    [InlineData("""{"response":null}""")]
    [InlineData("""{"response":["Google"]}""")]
    public async Task Handle_EventWithoutText_PassesBy(string data)
    {
        var delivery = TestBrands.Deliver(Event(data));

        await _handler.HandleAsync([delivery], Cancellation);

        Assert.Empty(_bus.Published);
        Assert.Null(delivery.Failed);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"response":"\ud800"}""")]
    public async Task Handle_UnreadableText_IsRejectedAndTheOthersAreNot(string data)
    {
        Delivery[] deliveries = [TestBrands.Deliver(Event(data)), TestBrands.Deliver(Event("""{"response":"Google"}"""))];

        await _handler.HandleAsync(deliveries, Cancellation);

        Assert.Single(_bus.Published);
        Assert.True(deliveries[0].Failed?.IsFinal);
        Assert.Null(deliveries[1].Failed);
    }

    [Theory]
    [InlineData(RejectionReason.StreamFull, 1)]
    [InlineData(RejectionReason.Unavailable, 2)]
    [InlineData(RejectionReason.UnknownStream, null)]
    public async Task Handle_StreamTakesNothing_ThrowsSoThatTheResponsesComeAgain(RejectionReason reason, int? retryAfter)
    {
        _bus.Refusal = new EventRejection(reason, "no") { RetryAfter = retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
        var delivery = TestBrands.Deliver(Event("""{"response":"Google"}"""));

        var error = await Assert.ThrowsAsync<EventRejectedException>(() => _handler.HandleAsync([delivery], Cancellation));

        Assert.Equal(retryAfter is not null, TransientFailure.Is(error));
        Assert.Null(delivery.Failed);
    }

    [Fact]
    public async Task Handle_EventCanNeverBePublished_RejectsItsResponse()
    {
        _bus.Refusal = new EventRejection(RejectionReason.Invalid, "too large");
        var delivery = TestBrands.Deliver(Event("""{"response":"Google"}"""));

        await _handler.HandleAsync([delivery], Cancellation);

        Assert.EndsWith("too large", delivery.Failed!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handle_AllSampleResponses_PublishesOneEventForEach()
    {
        var deliveries = SampleResponses.Lines.Select(line => TestBrands.Deliver(Event(line))).ToList();

        await _handler.HandleAsync(deliveries, Cancellation);

        var calculated = _bus.Published.ConvertAll(published => JsonSerializer.Deserialize(published.Event.Data.Span, BrandsJson.Default.ResponseVisibility)!);
        Assert.Equal(deliveries.Select(delivery => delivery.Event.Id), calculated.Select(visibility => visibility.ResponseId));
        // 39 times Python and 12 times C++, by grep: see VisibilityCalculatorTests.
        Assert.Equal(51, calculated.Sum(visibility => visibility.TotalMentions));
    }

    private static StreamEvent Event(string data) => new() { Type = "response.received", Data = Encoding.UTF8.GetBytes(data) };
}
