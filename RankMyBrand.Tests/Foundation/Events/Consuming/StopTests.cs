using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>What becomes of the events that a consumer has in hand when it stops.</summary>
public class StopTests
{
    /// <summary>So long that what is taken over in a test was given back.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_BeforeAllThatWasReadIsHandled_LeavesTheRestToAnotherAtOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (slow, other) = (new Handled(), new Handled());
        var first = await StartAsync(
            redis,
            async (number, delivery) =>
            {
                slow.Add(number, delivery);
                // Longer than what has been read is handled after the stop.
                await Task.Delay(TimeSpan.FromSeconds(6), Cancellation);
            },
            options => options.ClaimAfter = s_long);
        await first.Bus.PublishAsync(Responses, Numbered(0, 10), Cancellation);
        await Eventually.TrueAsync(async () => await first.PendingAsync() == 10);
        await using var second = await StartAsync(redis, other.AddAsync, options => options.ClaimAfter = s_long);
        await WaitForListenersAsync(second, 2);

        await first.DisposeAsync();

        await other.WaitAsync(10 - slow.Count);
        Assert.InRange(slow.Count, 1, 4);
        Assert.Equal(Enumerable.Range(0, 10).Select(number => (number, 1)), slow.All.Concat(other.All).Order());
    }

    [Theory]
    [InlineData(EventOrdering.None)]
    [InlineData(EventOrdering.ByKey)]
    public async Task Stop_WhileAHandlerRuns_LetsItEndAndKeepsItsEvent(EventOrdering ordering)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (handled, other) = (new Handled(), new Handled());
        var first = await EventBusHost.StartAsync(redis, builder => builder.AddEventHandler<int>(
            Responses,
            "g",
            async (number, delivery, cancellationToken) =>
            {
                entered.TrySetResult();
                await release.Task.WaitAsync(cancellationToken);
                handled.Add(number, delivery);
            },
            configure: Configure));
        await first.Bus.PublishAsync(Responses, Numbered(0), Cancellation);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        var reader = (await first.Redis.StreamConsumerInfoAsync(Responses, "g"))[0].Name;
        await using var second = await StartAsync(redis, other.AddAsync, Configure);

        var stopping = first.DisposeAsync().AsTask();
        await Eventually.TrueAsync(async () =>
            !((string)(await second.Redis.ExecuteAsync("CLIENT", "LIST"))!).Contains($"name=g:{reader}", StringComparison.Ordinal));
        // Far longer than an entry or a partition stays with a consumer that does not renew it.
        await Task.Delay(TimeSpan.FromSeconds(7), Cancellation);
        release.SetResult();
        await stopping;

        Assert.Equal([(0, 1)], handled.All);
        Assert.Empty(other.Numbers);
        Assert.Equal(0, await second.PendingAsync());

        void Configure(EventHandlerOptions options) => (options.Ordering, options.ClaimAfter) = (ordering, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Stop_WhenTheHostIsOutOfPatience_CancelsTheHandlersAndCountsNoAttempt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (entered, other) = (new TaskCompletionSource(), new Handled());
        await using var first = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
            builder.AddEventHandler<int>(
                Responses,
                "g",
                (_, _, cancellationToken) =>
                {
                    entered.TrySetResult();
                    return Task.Delay(Timeout.Infinite, cancellationToken);
                },
                configure: options => options.ClaimAfter = s_long);
        });
        await first.Bus.PublishAsync(Responses, Numbered(0), Cancellation);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await using var second = await StartAsync(redis, other.AddAsync, options => options.ClaimAfter = s_long);
        await WaitForListenersAsync(second, 2);

        await first.Get<IHost>().StopAsync(Cancellation);

        await other.WaitAsync(1);
        Assert.Equal([(0, 1)], other.All);
    }

    [Fact]
    public async Task Stop_WithADeadLetterThatThereIsNoRoomFor_LosesNothing()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using (var first = await StartAsync(
            redis,
            (_, delivery) =>
            {
                delivery.Reject("No.");
                return Task.CompletedTask;
            },
            settings: ($"Events:Streams:{Responses}:MaxDeadLetters", "1")))
        {
            await first.Bus.PublishAsync(Responses, Numbered(0, 2), Cancellation);
            await Eventually.TrueAsync(async () =>
                await first.PendingAsync() == 1 && await first.Redis.StreamLengthAsync($"{{{Responses}}}:dead") == 1);
        }

        await using var second = await StartAsync(redis, handled.AddAsync);

        await handled.WaitAsync(1);
        Assert.Equal([(1, 2)], handled.All);
    }

    [Fact]
    public async Task Stop_WithAnEventOutOfAttemptsThatThereIsNoRoomFor_HasItTriedOnceMore()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (failed, handled) = (new Handled(), new Handled());
        (string, string) settings = ($"Events:Streams:{Responses}:MaxDeadLetters", "1");
        await using (var first = await StartAsync(
            redis,
            (number, delivery) =>
            {
                failed.Add(number, delivery);
                throw new InvalidOperationException("The handler has a fault.");
            },
            settings: settings))
        {
            await first.Bus.PublishAsync(Responses, Numbered(0, 2), Cancellation);
            // It waits for room, and whatever becomes of this process, one attempt is left.
            await failed.WaitAsync(6);
            await Eventually.TrueAsync(async () =>
                await first.Redis.StreamPendingMessagesAsync(Responses, "g", 10, RedisValue.Null) is [{ DeliveryCount: 2 }]
                && await first.Redis.StreamLengthAsync($"{{{Responses}}}:dead") == 1);
        }

        // The fault was mended.
        await using var second = await StartAsync(redis, handled.AddAsync, settings: settings);

        await handled.WaitAsync(1);
        Assert.Equal(3, Assert.Single(handled.All).Attempt);
        await Eventually.TrueAsync(async () => await second.PendingAsync() == 0);
        Assert.Equal(1, await second.Redis.StreamLengthAsync($"{{{Responses}}}:dead"));
    }

    /// <summary>Waits until so many consumers hear what the others of their group say.</summary>
    private static Task WaitForListenersAsync(EventBusHost host, int count) => Eventually.TrueAsync(async () =>
        (int)(await host.Redis.ExecuteAsync("PUBSUB", "NUMSUB", "events:groups:g"))[1] == count);
}
