using System.Collections.Concurrent;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class OrderingTests
{
    private const int Keys = 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ByKey_WhileEventsFail_KeepsTheOrderOfEachKeyAndHandlesKeysSideBySide()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        var (running, mostRunning, overlaps) = (0, 0, 0);
        var busy = new ConcurrentDictionary<int, bool>();
        await using var consumer = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                InterlockedMax(ref mostRunning, Interlocked.Increment(ref running));
                if (!busy.TryAdd(number % Keys, true))
                    Interlocked.Increment(ref overlaps);
                await Task.Delay(1, Cancellation);
                busy.TryRemove(number % Keys, out _);
                Interlocked.Decrement(ref running);
                if (number % 7 == 0 && delivery.Attempt == 1)
                    throw new InvalidOperationException("Not now.");
                await handled.AddAsync(number, delivery);
            },
            options => (options.Ordering, options.Concurrency) = (EventOrdering.ByKey, 8));

        await consumer.Bus.PublishAsync(Responses, [.. Enumerable.Range(0, 2000).Select(number => Numbered(number, $"{number % Keys}"))], Cancellation);

        await handled.WaitAsync(2000);
        AssertOrderPerKey(handled.Numbers, 2000);
        Assert.Equal(0, overlaps);
        Assert.InRange(mostRunning, 2, 8);
    }

    [Fact]
    public async Task ByKey_InBatches_NoBatchHasAKeyTwice()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, largest, doubled) = (new Handled(), 0, 0);
        await using var consumer = await StartBatchesAsync(
            redis,
            batch =>
            {
                InterlockedMax(ref largest, batch.Count);
                if (batch.Select(delivery => delivery.Event.PartitionKey).Distinct().Count() < batch.Count)
                    Interlocked.Increment(ref doubled);
                foreach (var delivery in batch)
                {
                    if (NumberOf(delivery) % 13 == 0 && delivery.Attempt < 3)
                        delivery.Retry(new InvalidOperationException("Not now."));
                    else
                        handled.Add(NumberOf(delivery), delivery);
                }
            },
            options => options.Ordering = EventOrdering.ByKey);

        await consumer.Bus.PublishAsync(Responses, [.. Enumerable.Range(0, 1000).Select(number => Numbered(number, $"{number % Keys}"))], Cancellation);

        await handled.WaitAsync(1000);
        AssertOrderPerKey(handled.Numbers, 1000);
        Assert.Equal(0, doubled);
        Assert.InRange(largest, 2, Keys);
    }

    [Fact]
    public async Task ByKey_WithAKeyOfItsOwn_OrdersByThat()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                if (number % 5 == 0 && delivery.Attempt == 1)
                    throw new InvalidOperationException("Not now.");
                await handled.AddAsync(number, delivery);
            },
            options =>
            {
                (options.Ordering, options.Concurrency) = (EventOrdering.ByKey, 4);
                options.Key = delivery => $"{NumberOf(delivery) % Keys}";
            });

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 500), Cancellation);

        await handled.WaitAsync(500);
        AssertOrderPerKey(handled.Numbers, 500);
    }

    [Fact]
    public async Task ByKey_EventWhoseKeyCannotBeTold_GoesToTheDeadLettersAndHoldsUpNoOther()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartAsync(
            redis,
            handled.AddAsync,
            options =>
            {
                options.Ordering = EventOrdering.ByKey;
                options.Key = delivery => NumberOf(delivery) == 1 ? throw new InvalidOperationException("No brand.") : "key";
            });

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 3), Cancellation);

        await handled.WaitAsync(2);
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == 0);
        Assert.Equal([0, 2], handled.Numbers);
        var dead = Assert.Single(await consumer.Redis.StreamRangeAsync($"{{{Responses}}}:dead"));
        Assert.Equal("The event has no key to order it by: No brand.", (string?)dead["error_message"]);
    }

    [Fact]
    public async Task Stream_WhileEventsFail_KeepsTheOrderOfAll()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartAsync(
            redis,
            (number, delivery) => number % 7 == 0 && delivery.Attempt < 3
                ? throw new InvalidOperationException("Not now.")
                : handled.AddAsync(number, delivery),
            options => (options.Ordering, options.Concurrency, options.RetryDelay) = (EventOrdering.Stream, 4, TimeSpan.FromMilliseconds(1)));

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 200), Cancellation);

        await handled.WaitAsync(200);
        Assert.Equal(Enumerable.Range(0, 200), handled.Numbers);
    }

    [Fact]
    public async Task Stream_InBatchesThatThrow_KeepsTheOrderOfAll()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartBatchesAsync(
            redis,
            batch =>
            {
                if (batch.Count > 1 || (NumberOf(batch[0]) % 5 == 0 && batch[0].Attempt == 1))
                    throw new InvalidOperationException("Not now.");
                handled.Add(NumberOf(batch[0]), batch[0]);
            },
            options => (options.Ordering, options.BatchSize, options.RetryDelay) = (EventOrdering.Stream, 8, TimeSpan.FromMilliseconds(1)));

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 100), Cancellation);

        await handled.WaitAsync(100);
        Assert.Equal(Enumerable.Range(0, 100), handled.Numbers);
    }

    [Theory]
    [InlineData(EventOrdering.ByKey)]
    [InlineData(EventOrdering.Stream)]
    public async Task Partition_AcquiredAfterRedisHasLostItsData_IsRead(EventOrdering ordering)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(
            redis, settings: ("ConnectionStrings:redis", $"{redis.EndPoint},allowAdmin=true"));
        // Others own everything, so that no reader is there to miss the group.
        foreach (var owner in (string[])["owner", "replay-owner"])
            await publisher.Redis.StringSetAsync($"{{{Responses}}}:{owner}:g", "other", TimeSpan.FromHours(1));
        var handled = new Handled();
        await using var consumer = await StartAsync(redis, handled.AddAsync, options => options.Ordering = ordering);
        await Eventually.TrueAsync(() => publisher.Redis.KeyExistsAsync($"{{{Responses}}}:members:g"));

        await publisher.Redis.ExecuteAsync("FLUSHALL");
        await publisher.Bus.PublishAsync(Responses, Numbered(0, 10), Cancellation);

        await handled.WaitAsync(10);
        Assert.Equal(Enumerable.Range(0, 10), handled.Numbers);
    }

    private static void AssertOrderPerKey(IReadOnlyList<int> numbers, int count)
    {
        Assert.Equal(Enumerable.Range(0, count), numbers.Order());
        foreach (var key in numbers.GroupBy(number => number % Keys))
            Assert.Equal(key.Order(), key);
    }

    private static void InterlockedMax(ref int most, int now)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, seen) != seen)
        {
            // Somebody else was quicker.
        }
    }
}
