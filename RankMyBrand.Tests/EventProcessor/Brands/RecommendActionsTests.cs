using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Brands;

/// <summary>From calculated visibilities to recommended actions, with a real database.</summary>
public sealed class RecommendActionsTests(Servers servers)
{
    private static readonly DateTimeOffset s_ten = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private readonly RecordingBus _bus = new();
    private readonly BrandsOptions _options = new()
    {
        Tracked =
        {
            new BrandOptions { Name = "Google" },
            new BrandOptions { Name = "OpenAI" },
            new BrandOptions { Name = "Silent", MinShareOfVoice = 0 },
        },
        Rule = { MinShareOfVoice = 0.25, MinResponses = 4, Window = TimeSpan.FromHours(1), CoolDown = TimeSpan.FromHours(2) },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handle_ShareBelowMinimum_RecommendsOneAction()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        var handler = Handler(database);

        await handler.HandleAsync([.. Enumerable.Range(0, 4).Select(i => Calculated(s_ten.AddMinutes(i), ("Google", i == 0 ? 1 : 0), ("OpenAI", 2)))], Cancellation);

        var (stream, @event) = Assert.Single(_bus.Published);
        Assert.Equal(("actions.recommended", "brand.action.recommended", null), (stream, @event.Type, @event.Tenant));
        Assert.Equal(
            new RecommendedAction(
                "Google", "raise-visibility", "Google has 1 of 9 brand mentions (11.1 %); the minimum is 25.0 %.", 1 / 9.0, 0.25, 1, 9, s_ten, s_ten.AddHours(1)),
            JsonSerializer.Deserialize(@event.Data.Span, BrandsJson.Default.RecommendedAction));
    }

    [Fact]
    public async Task Handle_ShareAtMinimum_RecommendsNothing()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);

        await Handler(database).HandleAsync([.. Enumerable.Range(0, 4).Select(i => Calculated(s_ten.AddMinutes(i), ("Google", 1), ("OpenAI", 3)))], Cancellation);

        Assert.Empty(_bus.Published);
    }

    [Theory]
    [InlineData("""{"brand":"Google","mentions":1,"shareOfVoice":1}""")]
    [InlineData("""{"brand":"Google","mentions":1,"firstPosition":3,"shareOfVoice":1}""")]
    [InlineData("""{"mentions":1,"firstPosition":3,"firstWord":1}""")]
    [InlineData("null")]
    public async Task Handle_WhatIsNotWhole_IsRejectedAndSpoilsNothing(string brand)
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        var data = $$"""{"responseId":"{{UuidV7.Next()}}","respondedAt":"{{s_ten:O}}","totalMentions":1,"brands":[{{brand}}]}""";
        var wrong = TestBrands.Deliver(new StreamEvent { Type = CalculateVisibility.EventType, Data = Encoding.UTF8.GetBytes(data) }, BrandStreams.Calculated);

        await Handler(database).HandleAsync([wrong, Calculated(s_ten, ("Google", 1))], Cancellation);

        Assert.True(wrong.Failed?.IsFinal);
        var bucket = Assert.Single(await new VisibilityStore(database).ReadAsync(
            "default", new MetricsQuery("Google", s_ten, s_ten.AddHours(1), TimeSpan.FromHours(1)), Cancellation));
        Assert.Equal((1, 1), (bucket.Responses, bucket.Mentions));
    }

    [Fact]
    public async Task Handle_TooFewResponses_RecommendsNothingUntilThereAreEnough()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        var handler = Handler(database);

        // Three that mention a brand and one that mentions none; those of another window or tenant do not help.
        await handler.HandleAsync([.. Enumerable.Range(0, 3).Select(i => Calculated(s_ten.AddMinutes(i), ("OpenAI", 2))), Calculated(s_ten)], Cancellation);
        await handler.HandleAsync([Calculated(s_ten.AddMinutes(-1), ("OpenAI", 1)), Calculated(s_ten.AddHours(1), ("OpenAI", 1))], Cancellation);
        await handler.HandleAsync([Calculated(s_ten, "acme", ("OpenAI", 1))], Cancellation);
        Assert.Empty(_bus.Published);

        await handler.HandleAsync([Calculated(s_ten.AddMinutes(59), ("OpenAI", 1))], Cancellation);
        Assert.Single(_bus.Published);
    }

    [Fact]
    public async Task Handle_ShareStaysLow_RecommendsOncePerCoolDown()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        var handler = Handler(database);

        for (var minute = 0; minute < 4 * 60; minute += 5)
            await handler.HandleAsync([Calculated(s_ten.AddMinutes(minute), ("OpenAI", 1))], Cancellation);

        Assert.Equal([s_ten, s_ten.AddHours(2)], Windows());
    }

    [Fact]
    public async Task Handle_RedeliveredEverything_RecommendsNothingMore()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        List<Delivery> deliveries = [.. Enumerable.Range(0, 4).Select(i => Calculated(s_ten.AddMinutes(i), ("OpenAI", 1)))];
        await Handler(database).HandleAsync(deliveries, Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Handler(database).HandleAsync(deliveries, Cancellation)));

        Assert.Single(_bus.Published);
    }

    [Fact]
    public async Task Handle_StreamWasFull_PublishesTheActionLater()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        var handler = Handler(database);
        _bus.Refusal = new EventRejection(RejectionReason.StreamFull, "full") { RetryAfter = TimeSpan.FromSeconds(1) };
        await handler.HandleAsync([.. Enumerable.Range(0, 4).Select(i => Calculated(s_ten.AddMinutes(i), ("OpenAI", 1)))], Cancellation);
        Assert.Empty(_bus.Published);

        _bus.Refusal = null;
        await handler.HandleAsync([Calculated(s_ten.AddHours(9), ("OpenAI", 1))], Cancellation);

        Assert.Equal([s_ten], Windows());
    }

    [Fact]
    public async Task Handle_DataOfAnotherForm_IsRejected()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Plain, Cancellation);
        var foreign = TestBrands.Deliver(new StreamEvent { Type = CalculateVisibility.EventType, Data = "[1]"u8.ToArray() });
        var other = TestBrands.Deliver(new StreamEvent { Type = "something.else", Data = "[1]"u8.ToArray() });

        await Handler(database).HandleAsync([foreign, other], Cancellation);

        Assert.True(foreign.Failed?.IsFinal);
        Assert.Null(other.Failed);
    }

    [Fact]
    public async Task Handle_ResponseOfAnImpossibleTime_IsRejectedAndTheOthersAreStored()
    {
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, Cancellation);
        DateTimeOffset[] impossible = [DateTimeOffset.MinValue, new(1066, 10, 14, 9, 0, 0, TimeSpan.Zero), s_ten.AddDays(1).AddMinutes(1)];
        List<Delivery> deliveries = [.. impossible.Append(s_ten).Select(at => Calculated(s_ten, null, at, ("OpenAI", 1)))];

        await Handler(database).HandleAsync(deliveries, Cancellation);

        Assert.All(deliveries.Take(3), delivery => Assert.True(delivery.Failed?.IsFinal));
        Assert.StartsWith(
            "The response is said to have come at 1066-10-14T09:00:00Z; times from",
            deliveries[1].Failed!.Message,
            StringComparison.Ordinal);
        Assert.Null(deliveries[3].Failed);
        await using var stored = database.CreateCommand("SELECT count(DISTINCT event_id) FROM brand_visibility");
        Assert.Equal(1L, await stored.ExecuteScalarAsync(Cancellation));
    }

    private IEnumerable<DateTimeOffset> Windows() => _bus.Published.Select(published =>
        JsonSerializer.Deserialize(published.Event.Data.Span, BrandsJson.Default.RecommendedAction)!.WindowStart);

    private AggregateVisibility Handler(NpgsqlDataSource database)
    {
        var store = new VisibilityStore(database);
        var rule = new RecommendActions(
            store, new ActionStore(database), _bus, Options.Create(_options), TestBrands.Telemetry, NullLogger<RecommendActions>.Instance);
        return new AggregateVisibility(store, rule, new ManualTimeProvider(s_ten));
    }

    private static Delivery Calculated(DateTimeOffset at, params (string Brand, int Mentions)[] brands) => Calculated(at, null, brands);

    private static Delivery Calculated(DateTimeOffset at, string? tenant, params (string Brand, int Mentions)[] brands) =>
        Calculated(at, tenant, at, brands);

    private static Delivery Calculated(
        DateTimeOffset at, string? tenant, DateTimeOffset respondedAt, params (string Brand, int Mentions)[] brands)
    {
        var total = brands.Sum(brand => brand.Mentions);
        var visibility = new ResponseVisibility(
            UuidV7.FromName(at.ToUnixTimeMilliseconds(), Guid.NewGuid().ToByteArray()), respondedAt, "gpt-4", total,
            [.. brands.Select(brand => new BrandVisibility(brand.Brand, brand.Mentions, 0, 0, total == 0 ? 0 : (double)brand.Mentions / total))]);
        return TestBrands.Deliver(
            new StreamEvent
            {
                Type = CalculateVisibility.EventType,
                Data = JsonSerializer.SerializeToUtf8Bytes(visibility, BrandsJson.Default.ResponseVisibility),
                Tenant = tenant,
            },
            BrandStreams.Calculated);
    }
}
