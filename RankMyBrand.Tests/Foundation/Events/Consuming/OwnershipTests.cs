using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>How partitions change hands where an order is kept.</summary>
public class OwnershipTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("returns", "1:1")]
    [InlineData("rejects", "1:1")]
    [InlineData("fails", "0:2 1:1")]
    [InlineData("is away", "0:1 1:1")]
    public async Task Partition_GivenUpWhileAnEventOfItIsHandled_GoesToTheOtherWhenThatIsDone(string end, string expected)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (entered, release, other) = (new TaskCompletionSource(), new TaskCompletionSource(), new Handled());
        await using var first = await StartOwnerAsync(redis, 2, async (_, delivery) =>
        {
            entered.TrySetResult();
            await release.Task;
            if (end == "rejects")
                delivery.Reject("No.");
            else if (end == "fails")
                throw new InvalidOperationException("Not now.");
            else if (end == "is away")
                throw new TimeoutException("Away.");
        });
        // The first owner gives up the second partition, for it comes last.
        var key = Enumerable.Range(0, 100).Select(i => $"{i}").First(key => StreamPartitions.Of(key, 2) == 1);
        await first.Bus.PublishAsync(Responses, [Numbered(0, key), Numbered(1, key)], Cancellation);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        var replays = $"{{{Responses}:1}}:replay-owner:g";
        var owner = await first.Redis.StringGetAsync(replays);

        await using var second = await StartOwnerAsync(redis, 2, other.AddAsync);
        // What is replayed of a partition is given up after it, and has nothing to wait for.
        await Eventually.TrueAsync(async () => await second.Redis.StringGetAsync(replays) is { IsNull: false } next && next != owner);
        await Task.Delay(500, Cancellation);
        Assert.Empty(other.Numbers);
        release.SetResult();

        await Eventually.TrueAsync(() => other.Numbers.Contains(1));
        Assert.Equal(expected, string.Join(' ', other.All.Select(one => $"{one.Number}:{one.Attempt}")));
    }

    [Fact]
    public async Task Partition_WhoseLeaseHasRunOut_HasNothingBegunUntilItIsRenewed()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        var (entered, release, begun) = (new TaskCompletionSource(), new TaskCompletionSource(), new ConcurrentQueue<int>());
        await using var consumer = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.AddEventHandler<int>(
                Responses,
                "g",
                async (number, _, _) =>
                {
                    begun.Enqueue(number);
                    entered.TrySetResult();
                    await release.Task;
                },
                configure: Patient);
        });
        await consumer.Bus.PublishAsync(Responses, [.. Enumerable.Range(0, 3).Select(number => Numbered(number, "key"))], Cancellation);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await Eventually.TrueAsync(async () => await consumer.PendingAsync() == 3);

        // Nobody can tell whether another one has it by now.
        await redis.PauseAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(21));
        release.SetResult();
        await Task.Delay(500, Cancellation);
        Assert.Equal([0], begun);

        await redis.ContinueAsync(Cancellation);
        await Eventually.TrueAsync(() => begun.Contains(2));
    }

    [Fact]
    public async Task Partitions_WhenAConsumerIsGone_AreOwnedByThoseThatAreThere()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        // It has said that it is there, and will not do so again.
        await publisher.Redis.ScriptEvaluateAsync(Script.JoinMembers, [$"{{{Responses}}}:members:g"], ["gone", 10_000]);

        await using var consumer = await StartOwnerAsync(redis, 4, (_, _) => Task.CompletedTask);

        await Eventually.TrueAsync(async () =>
        {
            var owners = await Task.WhenAll(Enumerable.Range(0, 4).Select(partition =>
                publisher.Redis.StringGetAsync($"{{{StreamPartitions.KeyOf(Responses, partition)}}}:owner:g")));
            return Array.TrueForAll(owners, owner => !owner.IsNull);
        });
    }

    private static Task<EventBusHost> StartOwnerAsync(RedisServer redis, int partitions, Func<int, Delivery, Task> handle) =>
        StartAsync(redis, handle, Patient, ($"Events:Streams:{Responses}:Partitions", $"{partitions}"));

    /// <summary>Nobody dies here.</summary>
    private static void Patient(EventHandlerOptions options) =>
        (options.Ordering, options.ClaimAfter) = (EventOrdering.ByKey, TimeSpan.FromSeconds(20));
}
