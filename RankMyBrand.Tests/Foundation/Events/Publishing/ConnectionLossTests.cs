using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Substitutes.StackExchangeRedis;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>The connection is cut while replies are on their way: the server has done its work, and the publisher does not know.</summary>
public sealed class ConnectionLossTests
{
    private const string Stream = "metrics.raw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Publish_CutMidReply_IsAnsweredWithTheFirstEntry(int bytes)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var cut = new Cut();
        await using var proxy = new ChoppingProxy(redis.EndPoint, cut.Next);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("ConnectionStrings:redis", $"{proxy.EndPoint},abortConnect=false"));
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("0"), Cancellation);
        var @event = EventBusTests.Event("1") with { DeduplicationKey = "k" };

        cut.After(bytes);
        var published = await host.Bus.PublishAsync(Stream, @event, Cancellation);

        Assert.True(cut.IsDone);
        Assert.Equal(@event.Id, published.Id);
        await using var direct = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var entries = await direct.GetDatabase().StreamRangeAsync(Stream);
        Assert.Equal([0, 1], entries.Select(entry => (int)entry["data"]));
        Assert.Equal((string?)entries[1].Id, published.EntryId);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(400, true)]
    [InlineData(1, false)]
    [InlineData(400, false)]
    [InlineData(4000, false)]
    public async Task PublishBatch_CutMidReply_LosesNothingAndKeepsTheOrder(int bytes, bool once)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var cut = new Cut();
        await using var proxy = new ChoppingProxy(redis.EndPoint, cut.Next);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("ConnectionStrings:redis", $"{proxy.EndPoint},abortConnect=false"));
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("-1"), Cancellation);
        StreamEvent[] events = [.. Enumerable.Range(0, 200).Select(i => EventBusTests.Event($"{i}") with { DeduplicationKey = once ? $"k{i}" : null })];

        cut.After(bytes);
        var results = await host.Bus.PublishAsync(Stream, events, Cancellation);

        Assert.True(cut.IsDone);
        Assert.All(results, result => Assert.Null(result.Rejection));
        await using var direct = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var numbers = (await direct.GetDatabase().StreamRangeAsync(Stream)).Select(entry => (int)entry["data"]).Skip(1).ToArray();
        // Without keys the whole batch may stand there twice, but never a part of it.
        var copies = numbers.Length / events.Length;
        Assert.InRange(copies, 1, once ? 1 : 2);
        Assert.Equal(Enumerable.Repeat(Enumerable.Range(0, 200), copies).SelectMany(batch => batch), numbers);
    }

    /// <summary>Ends the connection, once, after so many more bytes of the server's.</summary>
    private sealed class Cut
    {
        private readonly Lock _lock = new();
        private int? _left;

        public bool IsDone { get; private set; }

        public void After(int bytes)
        {
            lock (_lock)
                _left = bytes;
        }

        public int Next()
        {
            lock (_lock)
            {
                if (_left is null)
                    return int.MaxValue;
                if (_left <= 0)
                {
                    (_left, IsDone) = (null, true);
                    throw new IOException("The connection was cut.");
                }

                var piece = Math.Min(64, _left.Value);
                _left -= piece;
                return piece;
            }
        }
    }
}
