using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>What is done about consumers that are gone, and what must not be done about others.</summary>
public class TakeOverTests
{
    /// <summary>Who has read a moment ago counts as living for longer than a test lasts.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_BehindManyOfALivingConsumer_AreTakenOver()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Redis.StreamCreateConsumerGroupAsync(Responses, "g", "0-0");
        await publisher.Bus.PublishAsync(Responses, Numbered(0, 55), Cancellation);
        await publisher.Redis.StreamReadGroupAsync(Responses, "g", "alive", ">", 50);
        var dead = await publisher.Redis.StreamReadGroupAsync(Responses, "g", "dead", ">", 5);
        await publisher.Redis.ExecuteAsync(
            "XCLAIM",
            [
                Responses, "g", "dead", 0, .. dead.Select(entry => (object)entry.Id),
                "IDLE", (long)TimeSpan.FromHours(1).TotalMilliseconds, "RETRYCOUNT", 1, "JUSTID",
            ]);

        var handled = new Handled();
        // Redis looks at ten entries for each that is asked for.
        await using var consumer = await StartAsync(
            redis, handled.AddAsync, options => (options.BatchSize, options.ClaimAfter) = (1, s_long));

        await handled.WaitAsync(5);
        Assert.Equal(Enumerable.Range(50, 5).Select(number => (number, 2)), handled.All);
    }

    [Fact]
    public async Task Names_OfConsumersThatAreGone_AreRemovedUnlessTheyHoldSomething()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Redis.StreamCreateConsumerGroupAsync(Responses, "g", "0-0");
        await publisher.Bus.PublishAsync(Responses, Numbered(0), Cancellation);
        await publisher.Redis.StreamReadGroupAsync(Responses, "g", "holding", ">", 1);
        await publisher.Redis.ExecuteAsync("XGROUP", "CREATECONSUMER", Responses, "g", "gone");
        await using var consumer = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.AddEventHandler<int>(
                Responses,
                "g",
                (_, _, _) => Task.CompletedTask,
                configure: options => (options.ClaimAfter, options.ForgetConsumerAfter) = (s_long, TimeSpan.FromSeconds(1)));
        });

        await Eventually.TrueAsync(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(2));
            // It looks around when there is news.
            await consumer.Get<ConsumerGroups>().ResumeAsync(Responses, "g", Cancellation);
            return !(await NamesAsync()).Contains("gone");
        });

        Assert.Contains("holding", await NamesAsync());
        Assert.Equal(1, await publisher.PendingAsync());

        async Task<IEnumerable<string>> NamesAsync() =>
            (await publisher.Redis.StreamConsumerInfoAsync(Responses, "g")).Select(one => one.Name);
    }
}
