using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class KillTests
{
    private const int Killed = 137;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EventOrdering.None)]
    [InlineData(EventOrdering.ByKey)]
    public async Task Consumer_KilledBetweenHandlingAndAcknowledging_AnotherGetsTheEventAsItsSecondAttempt(EventOrdering ordering)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Responses, [.. Enumerable.Range(0, 10).Select(number => Numbered(number, "key"))], Cancellation);

        Assert.Equal(Killed, await ConsumerProcess.RunAsync(redis.EndPoint, victim: 4, ordering, Cancellation));
        var handled = new Handled();
        await using var survivor = await StartAsync(redis, handled.AddAsync, options => options.Ordering = ordering);

        // What was handled just before the death may not have been acknowledged.
        await Eventually.TrueAsync(() => handled.Numbers.Contains(9));
        await Eventually.TrueAsync(async () => await publisher.PendingAsync() == 0);
        Assert.Equal(["0:1", "1:1", "2:1", "3:1", "4:1"], await DiaryAsync(publisher));
        Assert.Equal((4, 2), handled.All.Single(one => one.Number == 4));
        Assert.Equal(Enumerable.Range(4, 6), handled.Numbers.Where(number => number >= 4));
        Assert.Equal(0, await publisher.Redis.StreamLengthAsync($"{{{Responses}}}:dead"));
    }

    [Fact]
    public async Task Event_AroundThoseThatItsNewConsumerHolds_KeepsItsAttempts()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Responses, Numbered(0, 12), Cancellation);
        await publisher.Redis.StreamCreateConsumerGroupAsync(Responses, "g", "0-0");
        var ids = (await publisher.Redis.StreamReadGroupAsync(Responses, "g", "dead", ">", 12)).Select(entry => entry.Id).ToList();
        // Those in the middle are taken over first; the first and the last, which have had all their attempts, when these are held.
        await ClaimAsync(publisher, ids[1..^1], idle: TimeSpan.FromHours(1), attempts: 1);
        await ClaimAsync(publisher, [ids[0], ids[^1]], idle: TimeSpan.Zero, attempts: 3);
        var (handled, release) = (new Handled(), new TaskCompletionSource());
        await using var survivor = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                await release.Task;
                handled.Add(number, delivery);
            },
            options => options.ClaimAfter = TimeSpan.FromSeconds(2));

        await Eventually.TrueAsync(async () => await publisher.Redis.StreamLengthAsync($"{{{Responses}}}:dead") == 2);
        release.SetResult();

        await handled.WaitAsync(10);
        Assert.Equal(Enumerable.Range(1, 10).Select(number => (number, 2)), handled.All.Order());
    }

    [Fact]
    public async Task Event_ThatKillsEveryConsumer_GoesToTheDeadLettersAfterItsLastAttempt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Responses, Numbered(0), Cancellation);

        for (var attempt = 1; attempt <= 3; attempt++)
            Assert.Equal(Killed, await ConsumerProcess.RunAsync(redis.EndPoint, victim: 0, EventOrdering.None, Cancellation));
        var handled = new Handled();
        await using var survivor = await StartAsync(redis, handled.AddAsync);

        await Eventually.TrueAsync(async () => await publisher.Redis.StreamLengthAsync($"{{{Responses}}}:dead") == 1);
        var dead = Assert.Single(await publisher.Redis.StreamRangeAsync($"{{{Responses}}}:dead"));
        Assert.Equal(["0:1", "0:2", "0:3"], await DiaryAsync(publisher));
        Assert.Equal(("Abandoned", 3), ((string?)dead["error_type"], (int)dead["attempts"]));
        Assert.Equal(["0:1", "0:2", "0:3"], await DiaryAsync(publisher));
        Assert.Empty(handled.Numbers);
        Assert.Equal(0, await publisher.PendingAsync());
    }

    private static async Task ClaimAsync(EventBusHost host, IEnumerable<RedisValue> ids, TimeSpan idle, int attempts) =>
        await host.Redis.ExecuteAsync(
            "XCLAIM",
            [
                Responses, "g", "dead", 0, .. ids.Select(id => (object)id),
                "IDLE", (long)idle.TotalMilliseconds, "RETRYCOUNT", attempts, "JUSTID",
            ]);

    private static async Task<List<string>> DiaryAsync(EventBusHost host) =>
        [.. (await host.Redis.ListRangeAsync(ConsumerProcess.Diary)).Select(entry => (string)entry!)];
}
