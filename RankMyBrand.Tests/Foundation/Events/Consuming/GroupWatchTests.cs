using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class GroupWatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changed_AskedForWhileSomethingChanges_IsAlwaysThere()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var subscription = new EventSubscription(["ai.responses"], "g", new EventHandlerOptions(), new EventsOptions());
        using var context = new ConsumerContext(
            connection, subscription, new ConsumerTelemetry(services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger.Instance);
        using var watch = new GroupWatch(context);

        var changing = Task.Run(
            () =>
            {
                for (var i = 0; i < 500_000; i++)
                    watch.WakeReaders();
            },
            Cancellation);
        var asked = 0L;
        while (!changing.IsCompleted)
            asked += watch.Changed.CanBeCanceled ? 1 : 0;

        await changing;
        Assert.True(asked > 0);
    }
}
