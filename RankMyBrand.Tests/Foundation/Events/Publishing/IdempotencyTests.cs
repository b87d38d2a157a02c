using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class IdempotencyTests
{
    private const string Stream = "metrics.raw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_BatchesThatOverlapAtOnce_AppendEachEventOnceAndInOrder()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        StreamEvent[] events = [.. Enumerable.Range(0, 300).Select(i => EventBusTests.Event($"{i}") with { DeduplicationKey = $"k{i}" })];

        var published = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.Bus.PublishAsync(Stream, events, Cancellation)));

        var entries = await host.Redis.StreamRangeAsync(Stream);
        Assert.Equal(Enumerable.Range(0, 300), entries.Select(entry => (int)entry["data"]));
        Assert.All(published, results => Assert.Equal(entries.Select(entry => (string)entry.Id!), results.Select(result => result.Published.EntryId)));
        Assert.Equal(300, published.Sum(results => results.Count(result => !result.Published.IsDuplicate)));
    }

    [Fact]
    public async Task Publish_OneKeyTwiceInABatch_AnswersTheFirst()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var (first, second) = (EventBusTests.Event("1") with { DeduplicationKey = "k" }, EventBusTests.Event("2") with { DeduplicationKey = "k" });

        var results = await host.Bus.PublishAsync(Stream, [first, EventBusTests.Event("3"), second, EventBusTests.Event("4")], Cancellation);

        Assert.Equal([false, false, true, false], results.Select(result => result.Published.IsDuplicate));
        Assert.Equal(results[0].Published.EntryId, results[2].Published.EntryId);
        Assert.Equal(first.Id, results[2].Published.Id);
        Assert.Equal([1, 3, 4], (await host.Redis.StreamRangeAsync(Stream)).Select(entry => (int)entry["data"]));
    }

    [Fact]
    public async Task Publish_OneKeyOfTwoTenants_AppendsBoth()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);

        var first = await host.Bus.PublishAsync(Stream, EventBusTests.Event("1") with { Tenant = "acme", DeduplicationKey = "k" }, Cancellation);
        var second = await host.Bus.PublishAsync(Stream, EventBusTests.Event("2") with { Tenant = "other", DeduplicationKey = "k" }, Cancellation);

        Assert.False(first.IsDuplicate);
        Assert.False(second.IsDuplicate);
    }

    [Fact]
    public async Task Publish_DeduplicateById_KnowsTheEvent()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ($"Events:Streams:{Stream}:DeduplicateById", "true"));
        var @event = EventBusTests.Event("1");

        var published = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.Bus.PublishAsync(Stream, @event, Cancellation).AsTask()));

        Assert.Single(published, one => !one.IsDuplicate);
        Assert.Single(published.Select(one => one.EntryId).Distinct(StringComparer.Ordinal));
        Assert.Equal(1, await host.Redis.StreamLengthAsync(Stream));
    }

    [Fact]
    public async Task Publish_WithAKey_RemembersItForTheWindow()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:DeduplicationWindow", "2.00:00:00"));

        await host.Bus.PublishAsync(Stream, EventBusTests.Event("1") with { DeduplicationKey = "k" }, Cancellation);

        var key = Assert.Single((string[])(await host.Redis.ExecuteAsync("KEYS", "*:once:*"))!);
        Assert.InRange((await host.Redis.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromHours(47), TimeSpan.FromHours(48));
    }

    [Fact]
    public async Task Publish_AfterTheWindow_AppendsAgain()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:DeduplicationWindow", "00:00:01"));
        var @event = EventBusTests.Event("1") with { DeduplicationKey = "k" };
        await host.Bus.PublishAsync(Stream, @event, Cancellation);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await host.Bus.PublishAsync(Stream, @event, patience.Token)).IsDuplicate)
            await Task.Delay(50, patience.Token);

        Assert.Equal(2, await host.Redis.StreamLengthAsync(Stream));
    }
}
