using System.Globalization;
using System.Text;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class PartitionTests
{
    private const string Stream = "metrics.raw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("acme", 4, 2)]
    [InlineData("zürich", 4, 3)]
    [InlineData("", 4, 1)]
    public void Of_AKey_IsTheSameInEveryVersion(string key, int partitions, int expected) =>
        Assert.Equal(expected, StreamPartitions.Of(key, partitions));

    [Fact]
    public void Of_KeysThatCountUp_SpreadEvenly()
    {
        var counts = Enumerable.Range(0, 8000).CountBy(i => StreamPartitions.Of($"brand-{i}", 8)).Select(count => count.Value).ToArray();

        Assert.Equal(8, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 800, 1200));
    }

    [Fact]
    public void KeysOf_AStream_BeginWithItsName()
    {
        var options = new EventsOptions { Streams = { ["a"] = new() { Partitions = 3 } } };

        Assert.Equal(["a", "a:1", "a:2"], options.KeysOf("a"));
        Assert.Equal(["unknown"], options.KeysOf("unknown"));
        Assert.All(options.KeysOf("a"), key => Assert.Equal("a", StreamPartitions.StreamOf(key)));
    }

    [Fact]
    public async Task Publish_ManyKeysAtOnce_KeepsTheOrderOfEach()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:Streams:metrics.raw:Partitions", "4"));

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async key =>
        {
            for (var batch = 0; batch < 5; batch++)
                await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(batch * 20, 20).Select(n => Keyed($"key-{key}", n))], Cancellation);
        }));

        var read = await ReadAsync(host, 4);
        Assert.All(read, partition => Assert.NotEmpty(partition));
        foreach (var key in Enumerable.Range(0, 12).Select(key => $"key-{key}"))
        {
            var holding = Assert.Single(read, partition => partition.Exists(one => one.Key == key));
            Assert.Equal(Enumerable.Range(0, 100), holding.Where(one => one.Key == key).Select(one => one.Number));
        }
    }

    [Fact]
    public async Task Publish_WithoutKeys_DealsOutInTurn()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:Streams:metrics.raw:Partitions", "4"));

        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 100).Select(n => Keyed(null, n))], Cancellation);

        Assert.All(await ReadAsync(host, 4), partition => Assert.Equal(25, partition.Count));
    }

    [Fact]
    public async Task Publish_OneDeduplicationKey_MeetsItselfInOnePartition()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:Streams:metrics.raw:Partitions", "4"));

        var published = await Task.WhenAll(Enumerable.Range(0, 20).Select(n =>
            host.Bus.PublishAsync(Stream, Keyed(null, n) with { DeduplicationKey = "order-7" }, Cancellation).AsTask()));

        Assert.Single(published, one => !one.IsDuplicate);
        Assert.Equal(1, (await ReadAsync(host, 4)).Sum(partition => partition.Count));
    }

    [Fact]
    public async Task Publish_BeyondTheLength_CountsAllPartitionsTogether()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(
            redis, null, ("Events:Streams:metrics.raw:Partitions", "4"), ("Events:Streams:metrics.raw:MaxLength", "100"));

        var results = await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 150).Select(n => Keyed(null, n))], Cancellation);

        Assert.All(results.Take(100), result => Assert.Null(result.Rejection));
        Assert.All(results.Skip(100), result => Assert.Equal(RejectionReason.StreamFull, result.Rejection?.Reason));
        Assert.Equal(100, (await ReadAsync(host, 4)).Sum(partition => partition.Count));
    }

    [Fact]
    public async Task Publish_ToFullPartitionsOfAcknowledged_TrimsThem()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(
            redis, null, ("Events:Streams:metrics.raw:Partitions", "4"), ("Events:Streams:metrics.raw:MaxLength", "40"));
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 40).Select(n => Keyed(null, n))], Cancellation);
        foreach (var key in Enumerable.Range(0, 4).Select(partition => StreamPartitions.KeyOf(Stream, partition)))
        {
            await host.Redis.StreamCreateConsumerGroupAsync(key, "g", "0-0");
            var read = await host.Redis.StreamReadGroupAsync(key, "g", "c", ">", 40);
            await host.Redis.StreamAcknowledgeAsync(key, "g", [.. read.Select(entry => entry.Id)]);
        }

        // All but the last one of each partition may go.
        for (var n = 0; n < 36; n++)
            await host.Bus.PublishAsync(Stream, Keyed(null, n), Cancellation);

        Assert.InRange((await ReadAsync(host, 4)).Sum(partition => partition.Count), 36, 40);
    }

    private static StreamEvent Keyed(string? key, int number) => new()
    {
        Type = "test.happened",
        Data = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
        PartitionKey = key,
    };

    private static async Task<List<(string? Key, int Number)>[]> ReadAsync(EventBusHost host, int partitions)
    {
        var read = new List<(string?, int)>[partitions];
        for (var partition = 0; partition < partitions; partition++)
        {
            var entries = await host.Redis.StreamRangeAsync(StreamPartitions.KeyOf(Stream, partition));
            read[partition] = [.. entries.Select(entry => ((string?)entry["partition_key"], (int)entry["data"]))];
        }

        return read;
    }
}
