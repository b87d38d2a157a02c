using Aspire.Hosting;
using Aspire.Hosting.Testing;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>Streams whose publishers wait until the append-only file is on disk.</summary>
public sealed class SyncedTests
{
    private const string Stream = "metrics.raw";

    private static readonly (string, string) s_synced = ($"Events:Streams:{Stream}:Durability", "Synced");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_ServerThatSyncsEverySecond_WaitsForTheSync()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddRedis("redis").WithArgs(context => context.Args[^1] = $"{context.Args[^1]} --appendonly yes --appendfsync everysec");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", Cancellation);
        var connection = (await app.GetConnectionStringAsync("redis", Cancellation))!;
        await using var unused = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(unused, null, s_synced, ("ConnectionStrings:redis", connection));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => host.Bus.PublishAsync(Stream, EventBusTests.Event($"{i}"), Cancellation).AsTask()));
        var batch = await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(50, 50).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        var once = EventBusTests.Event("100") with { DeduplicationKey = "k" };
        await host.Bus.PublishAsync(Stream, once, Cancellation);
        var again = await host.Bus.PublishAsync(Stream, once, Cancellation);

        Assert.All(batch, result => Assert.Null(result.Rejection));
        Assert.True(again.IsDuplicate);
        Assert.Equal(101, await host.Redis.StreamLengthAsync(Stream));
        Assert.True(await CallsOfAsync(host.Redis, "waitaof") >= 4);
    }

    [Theory]
    [InlineData("no", "has no append-only file (appendonly no)")]
    [InlineData("yes", "WAITAOF needs 7.2")]
    public async Task Start_ServerThatCannotSync_IsRefused(string appendOnly, string reason)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--appendonly", appendOnly);
        if (appendOnly == "yes" && await VersionAsync(redis) >= new Version(7, 2))
            Assert.Skip("This server can sync.");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => EventBusHost.StartAsync(redis, null, s_synced));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(Stream, error.Message, StringComparison.Ordinal);
    }

    private static async Task<Version> VersionAsync(RedisServer redis)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        return connection.GetServers()[0].Version;
    }

    private static async Task<int> CallsOfAsync(IDatabase redis, string command)
    {
        var statistics = (string)(await redis.ExecuteAsync("INFO", "commandstats"))!;
        var line = statistics.Split('\n').Single(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
        return int.Parse(line.Split("calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}
