using System.Collections.Concurrent;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class RetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FailedEvent_OfABatch_HoldsUpNoOther()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartBatchesAsync(
            redis,
            batch =>
            {
                foreach (var delivery in batch)
                {
                    if (NumberOf(delivery) % 10 == 0)
                        delivery.Retry(new InvalidOperationException("Not now."));
                    else
                        handled.Add(NumberOf(delivery), delivery);
                }
            },
            options => options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromHours(1));

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 1000), Cancellation);

        await handled.WaitAsync(900);
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == 100);
    }

    [Fact]
    public async Task FailedEvent_OfATypedHandler_HoldsUpNoOther()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartAsync(
            redis,
            (number, delivery) => number == 0 ? throw new InvalidOperationException("Not now.") : handled.AddAsync(number, delivery),
            options => options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromHours(1));

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 200), Cancellation);

        await handled.WaitAsync(199);
        Assert.Equal(Enumerable.Range(1, 199), handled.Numbers);
    }

    [Fact]
    public async Task FailedEvents_AsManyAsMayWait_StopTheReader()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var tried = new Handled();
        await using var consumer = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                await tried.AddAsync(number, delivery);
                throw new InvalidOperationException("Not now.");
            },
            options =>
            {
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromHours(1);
                (options.BatchSize, options.MaxWaiting) = (10, 50);
            });

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 5000), Cancellation);

        await tried.WaitAsync(50);
        // The reader may have one batch more in hand, and be just about to read another.
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == tried.Count);
        Assert.InRange(tried.Count, 50, 70);
    }

    [Fact]
    public async Task FailedEvents_ThatAnotherConsumerTakes_MakeRoomForNewOnes()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (tried, handled) = (new Handled(), new Handled());
        await using var consumer = await StartAsync(
            redis,
            (number, delivery) =>
            {
                (number < 20 ? tried : handled).Add(number, delivery);
                return number < 20 ? throw new InvalidOperationException("Not now.") : Task.CompletedTask;
            },
            options =>
            {
                // What is lost is noticed meanwhile: what is held is renewed every quarter of a second.
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromSeconds(2);
                (options.BatchSize, options.MaxWaiting) = (10, 20);
            });
        await consumer.Bus.PublishAsync(Responses, Numbered(0, 20), Cancellation);
        await tried.WaitAsync(20);

        var pending = await consumer.Redis.StreamPendingMessagesAsync(Responses, "g", 100, RedisValue.Null);
        RedisValue[] ids = [.. pending.Select(message => message.MessageId)];
        await consumer.Redis.StreamClaimIdsOnlyAsync(Responses, "g", "other", 0, ids);
        await consumer.Redis.StreamAcknowledgeAsync(Responses, "g", ids);
        await consumer.Bus.PublishAsync(Responses, Numbered(20, 20), Cancellation);

        await handled.WaitAsync(20);
        Assert.Equal(20, tried.Count);
    }

    [Fact]
    public async Task TransientFailure_OfOneEvent_CountsNoAttemptAndHoldsUpNoOther()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, failures) = (new Handled(), 0);
        await using var consumer = await StartAsync(redis, (number, delivery) =>
            number == 0 && Interlocked.Increment(ref failures) <= 6 ? throw new HttpRequestException("Away.") : handled.AddAsync(number, delivery));

        await consumer.Bus.PublishAsync(Responses, Numbered(0, 100), Cancellation);

        await handled.WaitAsync(100);
        Assert.Equal((0, 1), handled.All.Single(one => one.Number == 0));
        Assert.Equal(Enumerable.Range(1, 99), handled.Numbers.Where(number => number > 0));
        Assert.Equal(0, await consumer.Redis.StreamLengthAsync($"{{{Responses}}}:dead"));
    }

    [Fact]
    public async Task Outage_OfADependency_LosesNothingAndFillsNoMemory()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, isAway, most) = (new Handled(), true, 0L);
        await using var consumer = await StartBatchesAsync(
            redis,
            batch =>
            {
                if (Volatile.Read(ref isAway))
                    throw new TimeoutException("Away.");
                foreach (var delivery in batch)
                    handled.Add(NumberOf(delivery), delivery);
            },
            options => (options.BatchSize, options.MaxWaiting, options.MaxRetryDelay) = (100, 200, TimeSpan.FromMilliseconds(50)));
        await consumer.Bus.PublishAsync(Responses, Numbered(0, 5000), Cancellation);

        for (var look = 0; look < 50; look++)
        {
            most = Math.Max(most, await consumer.PendingAsync());
            await Task.Delay(10, Cancellation);
        }

        Volatile.Write(ref isAway, false);
        await handled.WaitAsync(5000);
        Assert.InRange(most, 1, 500);
        Assert.Equal(Enumerable.Range(0, 5000), handled.Numbers.Order());
        Assert.All(handled.All, one => Assert.Equal(1, one.Attempt));
    }

    [Fact]
    public async Task Stop_WhileEventsWaitForAnotherAttempt_NextConsumerGoesOnWithTheCount()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (tried, handled) = (new Handled(), new Handled());
        await using (var first = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                await tried.AddAsync(number, delivery);
                throw new InvalidOperationException("Not now.");
            },
            options => options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromHours(1)))
        {
            await first.Bus.PublishAsync(Responses, Numbered(0, 10), Cancellation);
            await tried.WaitAsync(10);
        }

        await using var second = await StartAsync(redis, handled.AddAsync);

        await handled.WaitAsync(10);
        Assert.Equal(Enumerable.Range(0, 10).Select(number => (number, 2)), handled.All.Order());
    }

    [Fact]
    public async Task Attempt_ThatHasBegun_IsCountedInRedis()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        var counts = new ConcurrentQueue<int>();
        await using var consumer = await StartAsync(redis, async (_, delivery) =>
        {
            counts.Enqueue((await publisher.Redis.StreamPendingMessagesAsync(Responses, "g", 1, RedisValue.Null))[0].DeliveryCount);
            if (delivery.Attempt < 3)
                throw new InvalidOperationException("Not now.");
        });

        await publisher.Bus.PublishAsync(Responses, Numbered(0), Cancellation);

        // One that ended the process would be known to have been made.
        await Eventually.TrueAsync(() => counts.Count == 3);
        Assert.Equal([1, 2, 3], counts);
    }

    [Fact]
    public async Task Batch_ThatThrows_ForgetsWhatWasSaidOfItsEvents()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Responses, Numbered(0, 3), Cancellation);
        var (handled, batches) = (new Handled(), 0);
        await using var consumer = await StartBatchesAsync(redis, batch =>
        {
            if (batch.Count == 1)
            {
                handled.Add(NumberOf(batch[0]), batch[0]);
                return;
            }

            batches++;
            batch[0].Reject("Not with the others.");
            throw new InvalidOperationException("Not together.");
        });

        await handled.WaitAsync(3);
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == 0);
        Assert.Equal((1, 0), (batches, await consumer.Redis.StreamLengthAsync($"{{{Responses}}}:dead")));
        Assert.Equal([(0, 1), (1, 1), (2, 1)], handled.All);
    }
}
