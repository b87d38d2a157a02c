using System.Globalization;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.Consuming.Handling;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>Several consumers of one group, each in a host of its own.</summary>
public class ReplicaTests
{
    private const int Keys = 1000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EventOrdering.None, 1)]
    [InlineData(EventOrdering.ByKey, 8)]
    public async Task EightConsumers_Over100000Events_HandleEachOnceAndInTheOrderOfItsKey(EventOrdering ordering, int partitions)
    {
        const int Count = 100_000;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis, settings: Settings(partitions));
        var handled = new Handled();
        var publishing = PublishAsync(publisher, Count);

        var consumers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StartReplicaAsync(redis, handled, ordering, partitions)));

        await publishing;
        await handled.WaitAsync(Count);
        foreach (var consumer in consumers)
            await consumer.DisposeAsync();
        AssertEachOnce(handled.Numbers, Count, ordering);
        Assert.All(await PendingAsync(publisher), pending => Assert.Equal(0, pending));
    }

    [Theory]
    [InlineData(EventOrdering.None, 1)]
    [InlineData(EventOrdering.ByKey, 4)]
    [InlineData(EventOrdering.Stream, 2)]
    public async Task RollingRestart_UnderLoad_HandlesEachOnceAndKeepsTheOrder(EventOrdering ordering, int partitions)
    {
        const int Count = 20_000;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis, settings: Settings(partitions));
        var handled = new Handled();
        var replicas = new Queue<EventBusHost>();
        for (var i = 0; i < 3; i++)
            replicas.Enqueue(await StartReplicaAsync(redis, handled, ordering, partitions));

        var publishing = PublishAsync(publisher, Count);
        while (!publishing.IsCompleted || handled.Count < Count / 2)
        {
            replicas.Enqueue(await StartReplicaAsync(redis, handled, ordering, partitions));
            await replicas.Dequeue().DisposeAsync();
        }

        await publishing;
        await handled.WaitAsync(Count);
        foreach (var replica in replicas)
            await replica.DisposeAsync();
        AssertEachOnce(handled.Numbers, Count, ordering);
        Assert.All(handled.All, one => Assert.Equal(1, one.Attempt));
        Assert.All(await PendingAsync(publisher), pending => Assert.Equal(0, pending));
    }

    [Fact]
    public async Task OrderedConsumers_ShareThePartitions()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handled = new Handled();
        await using var first = await StartReplicaAsync(redis, handled, EventOrdering.ByKey, 6);
        await Eventually.TrueAsync(async () => (await OwnersAsync(first)).Count(owner => owner is not null) == 6);

        await using (var second = await StartReplicaAsync(redis, handled, EventOrdering.ByKey, 6))
        {
            await using var third = await StartReplicaAsync(redis, handled, EventOrdering.ByKey, 6);
            await Eventually.TrueAsync(async () =>
            {
                var owners = await OwnersAsync(first);
                return owners.All(owner => owner is not null) && owners.GroupBy(owner => owner).Select(group => group.Count()).SequenceEqual([2, 2, 2]);
            });
        }

        await Eventually.TrueAsync(async () => (await OwnersAsync(first)).Distinct().ToList() is [not null]);
    }

    private static async Task<List<string?>> OwnersAsync(EventBusHost host)
    {
        var owners = await Task.WhenAll(KeysOf(6).Select(key => host.Redis.StringGetAsync($"{{{key}}}:owner:g")));
        return [.. owners.Select(owner => (string?)owner)];
    }

    private static IEnumerable<string> KeysOf(int partitions) =>
        Enumerable.Range(0, partitions).Select(partition => StreamPartitions.KeyOf(Responses, partition));

    private static async Task<long[]> PendingAsync(EventBusHost host) =>
        [.. (await host.Get<ConsumerGroups>().ListAsync(Responses, Cancellation)).Select(group => group.Pending)];

    private static Task<EventBusHost> StartReplicaAsync(RedisServer redis, Handled handled, EventOrdering ordering, int partitions) =>
        StartBatchesAsync(
            redis,
            batch =>
            {
                foreach (var delivery in batch)
                    handled.Add(NumberOf(delivery), delivery);
            },
            // Nobody dies here: what takes long on a busy machine must not look as if somebody did.
            options => (options.Ordering, options.ClaimAfter) = (ordering, TimeSpan.FromSeconds(20)),
            Settings(partitions));

    private static (string Key, string Value)[] Settings(int partitions) =>
    [
        ($"Events:Streams:{Responses}:Partitions", partitions.ToString(CultureInfo.InvariantCulture)),
        ($"Events:Streams:{Responses}:MaxLength", "1000000"),
    ];

    private static async Task PublishAsync(EventBusHost host, int count)
    {
        const int Batch = 1000;
        for (var from = 0; from < count; from += Batch)
        {
            var results = await host.Bus.PublishAsync(
                Responses, [.. Enumerable.Range(from, Batch).Select(number => Numbered(number, $"{number % Keys}"))], Cancellation);
            Assert.All(results, result => Assert.Null(result.Rejection));
        }
    }

    private static void AssertEachOnce(IReadOnlyList<int> numbers, int count, EventOrdering ordering)
    {
        Assert.Equal(Enumerable.Range(0, count), numbers.Order());
        if (ordering is EventOrdering.None)
            return;
        foreach (var key in numbers.GroupBy(number => number % Keys))
            Assert.True(key.SequenceEqual(key.Order()), $"The events of key {key.Key} were handled in the order {string.Join(", ", key)}.");
    }
}
