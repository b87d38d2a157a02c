using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
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

    private static async Task<List<string>> DiaryAsync(EventBusHost host) =>
        [.. (await host.Redis.ListRangeAsync(ConsumerProcess.Diary)).Select(entry => (string)entry!)];
}
