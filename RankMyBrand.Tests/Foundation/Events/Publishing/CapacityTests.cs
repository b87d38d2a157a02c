using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>How much a stream holds, what it does when that is reached, and what it never forgets.</summary>
public sealed class CapacityTests
{
    private const string Stream = "metrics.raw";
    private const string Group = "group";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_ByManyUntilFull_FillsTheStreamExactly()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, ("MaxLength", "500"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");

        var accepted = await Task.WhenAll(Enumerable.Range(0, 8).Select(publisher => publisher % 2 == 0 ? FillSinglyAsync(host) : FillInBatchesAsync(host)));

        // What was under way when others were refused may have left room; one more caller finds it.
        var last = await FillSinglyAsync(host);
        Assert.Equal(500, accepted.Sum() + last);
        Assert.Equal(500, await host.Redis.StreamLengthAsync(Stream));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(50)]
    [InlineData(5000)]
    public async Task Publish_ToAFullStreamOfAcknowledged_TrimsThem(int maxLength)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, ("MaxLength", $"{maxLength}"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");
        await host.Bus.PublishAsync(Stream, Events(maxLength), Cancellation);
        await AcknowledgeAsync(host, maxLength);

        var published = await host.Bus.PublishAsync(Stream, Events(1)[0], Cancellation);

        Assert.NotEmpty(await host.Redis.StreamRangeAsync(Stream, published.EntryId, published.EntryId));
        Assert.InRange(await host.Redis.StreamLengthAsync(Stream), 1, maxLength);
    }

    [Fact]
    public async Task Trim_GroupsAtDifferentPlaces_KeepsWhatTheSlowestHasNotAcknowledged()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, ("MaxLength", "1000"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, "slow", "0-0");
        var first = await host.Bus.PublishAsync(Stream, Events(1000), Cancellation);
        await AcknowledgeAsync(host, 1000);
        var slow = await host.Redis.StreamReadGroupAsync(Stream, "slow", "c", ">", 400);
        // All that it has read but the hundredth: everything from there on has to stay.
        await host.Redis.StreamAcknowledgeAsync(Stream, "slow", [.. slow.Where((_, i) => i != 100).Select(entry => entry.Id)]);

        for (var i = 0; i < 20; i++)
            await host.Bus.PublishAsync(Stream, Events(50), Cancellation);

        var oldest = await host.Redis.StreamRangeAsync(Stream, "-", "+", 1);
        Assert.True(EntryId.Parse(oldest[0].Id!) <= EntryId.Parse(slow[100].Id!));
        Assert.NotEmpty(await host.Redis.StreamRangeAsync(Stream, slow[100].Id, slow[100].Id));
        var unread = await host.Redis.StreamReadGroupAsync(Stream, "slow", "c", ">", 600);
        Assert.Equal(first.Skip(400).Select(result => result.Published.EntryId), unread.Select(entry => (string)entry.Id!));
    }

    [Fact]
    public async Task Publish_PolicyTrimAcknowledged_GrowsRatherThanRefuse()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, ("MaxLength", "100"), ("Overflow", "TrimAcknowledged"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");

        for (var i = 0; i < 5; i++)
            Assert.All(await host.Bus.PublishAsync(Stream, Events(100), Cancellation), result => Assert.Null(result.Rejection));

        Assert.Equal(500, await host.Redis.StreamLengthAsync(Stream));
    }

    [Fact]
    public async Task Upkeep_RetentionHasPassed_RemovesOnlyWhatIsAcknowledged()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await StartAsync(redis, ("Retention", "00:00:01"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");
        await host.Bus.PublishAsync(Stream, Events(30), Cancellation);
        await AcknowledgeAsync(host, 20);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        // The last acknowledged entry stays: MINID keeps the id it is given.
        while (await host.Redis.StreamLengthAsync(Stream) > 11)
            await Task.Delay(50, patience.Token);

        var unread = await host.Redis.StreamReadGroupAsync(Stream, Group, "c", ">", 100);
        Assert.Equal(10, unread.Length);
    }

    [Fact]
    public async Task Publish_ToAFullStreamOfARedisThatTakesNoWrites_IsRefusedForNow()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(
            redis, null, ($"Events:Streams:{Stream}:MaxLength", "8"), ("ConnectionStrings:redis", $"{redis.EndPoint},allowAdmin=true"));
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");
        await host.Bus.PublishAsync(Stream, Events(8), Cancellation);
        await AcknowledgeAsync(host, 8);

        // As when its disk is full, or when its replicas are gone: it does not even trim.
        await host.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        var single = await Assert.ThrowsAsync<EventRejectedException>(
            async () => await host.Bus.PublishAsync(Stream, Events(1)[0], Cancellation));
        var results = await host.Bus.PublishAsync(Stream, Events(3), Cancellation);

        Assert.All(
            results.Select(result => result.Rejection).Append(single.Rejection),
            rejection =>
            {
                Assert.Equal(RejectionReason.Unavailable, rejection?.Reason);
                Assert.NotNull(rejection!.RetryAfter);
                Assert.Contains("NOREPLICAS", rejection.Detail, StringComparison.Ordinal);
            });
        await host.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await host.Bus.PublishAsync(Stream, Events(1)[0], Cancellation);
    }

    [Fact]
    public async Task Upkeep_WhileRedisIsAway_GoesOnAfterwards()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var log = new LogRecorder();
        await using var host = await EventBusHost.StartAsync(
            redis, builder => builder.Logging.AddProvider(log), ($"Events:Streams:{Stream}:Retention", "00:00:01"));
        redis.Kill();
        await Consuming.Eventually.TrueAsync(() => log.At(LogLevel.Warning).Any(text => text.Contains("could not be trimmed", StringComparison.Ordinal)));
        await redis.RestartAsync(Cancellation);

        await host.Bus.PublishAsync(Stream, Events(30), Cancellation);
        await host.Redis.StreamCreateConsumerGroupAsync(Stream, Group, "0-0");
        await AcknowledgeAsync(host, 30);

        await Consuming.Eventually.TrueAsync(async () => await host.Redis.StreamLengthAsync(Stream) == 1);
        Assert.False(host.Get<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    private static Task<EventBusHost> StartAsync(RedisServer redis, params (string Setting, string Value)[] settings) =>
        EventBusHost.StartAsync(redis, null, [.. settings.Select(setting => ($"Events:Streams:{Stream}:{setting.Setting}", setting.Value))]);

    private static StreamEvent[] Events(int count) => [.. Enumerable.Range(0, count).Select(i => EventBusTests.Event($"{i}"))];

    private static async Task AcknowledgeAsync(EventBusHost host, int count)
    {
        var read = await host.Redis.StreamReadGroupAsync(Stream, Group, "c", ">", count);
        await host.Redis.StreamAcknowledgeAsync(Stream, Group, [.. read.Select(entry => entry.Id)]);
    }

    private static async Task<int> FillSinglyAsync(EventBusHost host)
    {
        for (var accepted = 0; ; accepted++)
        {
            try
            {
                await host.Bus.PublishAsync(Stream, Events(1)[0], Cancellation);
            }
            catch (EventRejectedException e) when (e.Rejection.Reason is RejectionReason.StreamFull)
            {
                return accepted;
            }
        }
    }

    private static async Task<int> FillInBatchesAsync(EventBusHost host)
    {
        var accepted = 0;
        while (true)
        {
            var results = await host.Bus.PublishAsync(Stream, Events(7), Cancellation);
            accepted += results.Count(result => result.Rejection is null);
            if (results.Any(result => result.Rejection is not null))
                return accepted;
        }
    }
}
