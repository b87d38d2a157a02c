using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public sealed class ConsumerGroupsTests : IAsyncLifetime
{
    private const string Stream = "ai.responses";

    private RedisServer _redis = null!;
    private EventBusHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ConsumerGroups Groups => _host.Get<ConsumerGroups>();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation);
        _host = await EventBusHost.StartAsync(_redis);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task List_StreamThatNobodyUsedYet_HasNoGroups() =>
        Assert.Empty(await Groups.ListAsync(Stream, Cancellation));

    [Fact]
    public async Task List_UnknownStream_IsRefusedWithTheKnownOnes()
    {
        var refusal = await Assert.ThrowsAsync<EventRejectedException>(() => Groups.ListAsync("nope", Cancellation));

        Assert.Equal(RejectionReason.UnknownStream, refusal.Rejection.Reason);
        Assert.Contains("ai.responses", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_GroupThatReadAFew_TellsLagPendingAndConsumers()
    {
        await _host.Redis.StreamCreateConsumerGroupAsync(Stream, "b", "0-0");
        await _host.Redis.StreamCreateConsumerGroupAsync(Stream, "a", "0-0");
        await _host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 10).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        await _host.Redis.StreamReadGroupAsync(Stream, "a", "first", ">", 3);
        await _host.Redis.StreamReadGroupAsync(Stream, "a", "second", ">", 1);

        var groups = await Groups.ListAsync(Stream, Cancellation);

        Assert.Equal(["a", "b"], groups.Select(group => group.Name));
        Assert.Equal((6, 4), (groups[0].Lag, groups[0].Pending));
        Assert.Equal([("first", 3), ("second", 1)], groups[0].Consumers.Select(consumer => (consumer.Name, consumer.Pending)).Order());
        Assert.InRange(groups[0].OldestPendingAge!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Equal((10, 0, null), (groups[1].Lag, groups[1].Pending, groups[1].OldestPendingAge));
        Assert.All(groups, group => Assert.Null(group.PausedAt));
    }

    [Fact]
    public async Task Pause_TwiceAndResumed_TellsTheFirstTimeAndThenNone()
    {
        await _host.Redis.StreamCreateConsumerGroupAsync(Stream, "g", "0-0");

        Assert.True(await Groups.PauseAsync(Stream, "g", Cancellation));
        var first = Assert.Single(await Groups.ListAsync(Stream, Cancellation)).PausedAt;
        Assert.True(await Groups.PauseAsync(Stream, "g", Cancellation));
        var second = Assert.Single(await Groups.ListAsync(Stream, Cancellation)).PausedAt;
        Assert.True(await Groups.ResumeAsync(Stream, "g", Cancellation));

        Assert.NotNull(first);
        Assert.Equal(first, second);
        Assert.Null(Assert.Single(await Groups.ListAsync(Stream, Cancellation)).PausedAt);
    }

    [Fact]
    public async Task Pause_GroupThatDoesNotExist_IsFalse()
    {
        Assert.False(await Groups.PauseAsync(Stream, "g", Cancellation));
        Assert.False(await Groups.ResumeAsync(Stream, "g", Cancellation));
    }
}
