using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class PauseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pause_HasReturned_NothingPublishedAfterwardsIsHandledUntilResume()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, control) = (new Handled(), new Handled());
        await using var consumer = await StartAsync(redis, handled.AddAsync);
        await using var other = await StartControlAsync(redis, control);
        var groups = consumer.Get<ConsumerGroups>();

        for (var round = 0; round < 20; round++)
        {
            Assert.True(await groups.PauseAsync(Responses, "g", Cancellation));
            // While the reader may still be blocked in a read that began before the pause.
            await consumer.Bus.PublishAsync(Responses, Numbered(round), Cancellation);
            await control.WaitAsync(round + 1);
            Assert.Equal(round, handled.Count);
            Assert.True(await groups.ResumeAsync(Responses, "g", Cancellation));
            await handled.WaitAsync(round + 1);
        }

        Assert.Equal(Enumerable.Range(0, 20), handled.Numbers);
        Assert.All(handled.All, one => Assert.Equal(1, one.Attempt));
    }

    [Fact]
    public async Task Pause_BeforeAConsumerStarts_IsHeededByIt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, control) = (new Handled(), new Handled());
        await using (var first = await StartAsync(redis, handled.AddAsync))
        {
            await first.Bus.PublishAsync(Responses, Numbered(0), Cancellation);
            await handled.WaitAsync(1);
            Assert.True(await first.Get<ConsumerGroups>().PauseAsync(Responses, "g", Cancellation));
        }

        await using var second = await StartAsync(redis, handled.AddAsync);
        await using var other = await StartControlAsync(redis, control);
        await second.Bus.PublishAsync(Responses, Numbered(1), Cancellation);
        await control.WaitAsync(2);

        Assert.Equal([0], handled.Numbers);
        await second.Get<ConsumerGroups>().ResumeAsync(Responses, "g", Cancellation);
        await handled.WaitAsync(2);
    }

    [Fact]
    public async Task Pause_WhileEventsFlow_ResumeHandlesEachOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await StartBatchesAsync(redis, batch =>
        {
            foreach (var delivery in batch)
                handled.Add(NumberOf(delivery), delivery);
        });
        var groups = consumer.Get<ConsumerGroups>();

        for (var round = 0; round < 10; round++)
        {
            await consumer.Bus.PublishAsync(Responses, Numbered(round * 500, 500), Cancellation);
            await groups.PauseAsync(Responses, "g", Cancellation);
            await groups.ResumeAsync(Responses, "g", Cancellation);
        }

        await handled.WaitAsync(5000);
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == 0);
        Assert.Equal(Enumerable.Range(0, 5000), handled.Numbers);
    }

    [Fact]
    public async Task Pause_OfOneStream_LeavesTheOthersOfTheHandlerAlone()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var consumer = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(handled);
            builder.AddEventHandler<BothStreams>([Responses, "metrics.raw"], "g", Impatient);
        });
        var groups = consumer.Get<ConsumerGroups>();
        await Eventually.TrueAsync(() => groups.PauseAsync(Responses, "g", Cancellation));

        await consumer.Bus.PublishAsync(Responses, Numbered(1), Cancellation);
        await consumer.Bus.PublishAsync("metrics.raw", Numbered(2), Cancellation);
        await handled.WaitAsync(1);

        Assert.Equal([2], handled.Numbers);
        await groups.ResumeAsync(Responses, "g", Cancellation);
        await handled.WaitAsync(2);
    }

    [Fact]
    public async Task Resume_ThatNobodyWasToldOf_IsNoticed()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (handled, control) = (new Handled(), new Handled());
        await using var consumer = await StartAsync(redis, handled.AddAsync);
        await using var other = await StartControlAsync(redis, control);
        await Eventually.TrueAsync(() => consumer.Get<ConsumerGroups>().PauseAsync(Responses, "g", Cancellation));
        await consumer.Bus.PublishAsync(Responses, Numbered(0), Cancellation);
        await control.WaitAsync(1);
        Assert.Empty(handled.Numbers);

        // The key is the truth; the message that goes with it may be lost.
        await consumer.Redis.KeyDeleteAsync($"{{{Responses}}}:paused:g");

        await handled.WaitAsync(1);
    }

    /// <summary>Another group of the stream: what it has handled, the paused one could have handled too.</summary>
    private static Task<EventBusHost> StartControlAsync(RedisServer redis, Handled control) => EventBusHost.StartAsync(redis, builder =>
        builder.AddEventHandler<int>(Responses, "control", (number, delivery, _) => control.AddAsync(number, delivery)));

    private sealed class BothStreams(Handled handled) : IEventHandler
    {
        public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            foreach (var delivery in deliveries)
                await handled.AddAsync(NumberOf(delivery), delivery);
        }
    }
}
