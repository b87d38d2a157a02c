using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

public class EventBusTests
{
    private static async Task<int> CallsOfAsync(IDatabase redis, string command)
    {
        var statistics = (string)(await redis.ExecuteAsync("INFO", "commandstats"))!;
        var calls = statistics.Split($"cmdstat_{command}:calls=")[1];
        return int.Parse(calls[..calls.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_WritesTheFieldsThatConsumersRead()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var @event = Event("""{"a": 1}""") with { CorrelationId = "c-1", Tenant = "acme", Source = "/s" };

        var published = await host.Bus.PublishAsync("ai.responses", @event, Cancellation);

        var entry = Assert.Single(await host.Redis.StreamRangeAsync("ai.responses"));
        Assert.Equal(published.EntryId, (string?)entry.Id);
        Assert.Equal(@event.Id.ToString(), (string?)entry["event_id"]);
        Assert.Equal("test.happened", (string?)entry["event_type"]);
        Assert.Equal("""{"a": 1}""", (string?)entry["data"]);
        Assert.Equal(@event.CreatedAt, DateTimeOffset.Parse((string)entry["timestamp"]!));
        Assert.Equal("c-1", (string?)entry["correlation_id"]);
        Assert.Equal("acme", (string?)entry["tenant"]);
        Assert.Equal("/s", (string?)entry["source"]);
    }

    [Fact]
    public async Task Publish_ABatch_KeepsItsOrder()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);

        var results = await host.Bus.PublishAsync("metrics.raw", [.. Enumerable.Range(0, 2000).Select(i => Event($"{i}"))], Cancellation);

        Assert.All(results, result => Assert.Null(result.Rejection));
        var entries = await host.Redis.StreamRangeAsync("metrics.raw");
        Assert.Equal(Enumerable.Range(0, 2000), entries.Select(entry => (int)entry["data"]));
    }

    [Fact]
    public async Task Publish_ManyAtOnce_SharesTransactionsAndTellsEachItsEntry()
    {
        const int Count = 5000;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        await host.Bus.PublishAsync("ai.responses", Event("0"), Cancellation);

        var publishing = Enumerable.Range(0, Count).Select(i => host.Bus.PublishAsync("metrics.raw", Event($"{i}"), Cancellation).AsTask());
        var published = await Task.WhenAll(publishing.ToArray());

        var entries = await host.Redis.StreamRangeAsync("metrics.raw");
        Assert.Equal(Count, entries.Length);
        Assert.All(entries, entry => Assert.Equal(published[(int)entry["data"]].EntryId, (string?)entry.Id));
        var transactions = await CallsOfAsync(host.Redis, "exec");
        Assert.InRange(transactions, 1, Count / 5);
    }

    [Fact]
    public async Task Publish_TheSameDeduplicationKeyAtOnce_AppendsOne()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);

        var published = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ =>
            host.Bus.PublishAsync("ai.responses", Event("1") with { DeduplicationKey = "order-7" }, Cancellation).AsTask()));

        Assert.Single(published.Select(one => (one.Id, one.EntryId)).Distinct());
        Assert.Single(published, one => !one.IsDuplicate);
        Assert.Equal(1, await host.Redis.StreamLengthAsync("ai.responses"));
    }

    [Fact]
    public async Task Publish_ToAnUnknownStream_ListsTheKnownOnes()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);

        var error = await Assert.ThrowsAsync<EventRejectedException>(async () => await host.Bus.PublishAsync("nope", Event("1"), Cancellation));

        Assert.Equal(RejectionReason.UnknownStream, error.Rejection.Reason);
        Assert.Contains("no stream 'nope'. Known streams: actions.pending, actions.recommended, ai.responses, metrics.calculated, metrics.raw", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_ToAnUnknownStreamWithAutoCreate_CreatesIt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:AutoCreateStreams", "true"));

        await host.Bus.PublishAsync("new.stream", Event("1"), Cancellation);

        Assert.Equal(1, await host.Redis.StreamLengthAsync("new.stream"));
    }

    [Fact]
    public async Task Publish_MoreThanAnEventMayHold_SaysHowMuch()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:MaxEventBytes", "10"));

        var error = await Assert.ThrowsAsync<EventRejectedException>(async () => await host.Bus.PublishAsync("ai.responses", Event("\"0123456789\""), Cancellation));

        Assert.Contains("12 bytes; at most 10 are taken (Events:MaxEventBytes)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_MoreThanAnEventMayHaveBesideItsData_SaysHowMuch()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var attributes = Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', 65_600)}\"}}");
        var @event = Event("1") with { Attributes = attributes, TraceParent = null };

        var error = await Assert.ThrowsAsync<EventRejectedException>(
            async () => await host.Bus.PublishAsync("ai.responses", @event, Cancellation));

        Assert.Equal("The event has 65621 bytes beside its data; at most 65536 are taken.", error.Message);
    }

    [Fact]
    public async Task Publish_ToAFullStream_WaitsForAcknowledgementsAndLosesNothing()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:Streams:metrics.raw:MaxLength", "1000"));
        await host.Redis.StreamCreateConsumerGroupAsync("metrics.raw", "slow", "0-0");
        for (var i = 0; i < 10; i++)
            await host.Bus.PublishAsync("metrics.raw", [.. Enumerable.Range(0, 100).Select(n => Event($"{n}"))], Cancellation);

        var error = await Assert.ThrowsAsync<EventRejectedException>(async () => await host.Bus.PublishAsync("metrics.raw", Event("1"), Cancellation));

        Assert.Equal(RejectionReason.StreamFull, error.Rejection.Reason);
        Assert.NotNull(error.Rejection.RetryAfter);
        Assert.Contains("'metrics.raw' is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(1000, await host.Redis.StreamLengthAsync("metrics.raw"));

        var read = await host.Redis.StreamReadGroupAsync("metrics.raw", "slow", "c", ">", 500);
        await host.Redis.StreamAcknowledgeAsync("metrics.raw", "slow", [.. read.Select(entry => entry.Id)]);
        await host.Bus.PublishAsync("metrics.raw", Event("1"), Cancellation);
        Assert.Equal(500, (await host.Redis.StreamGroupInfoAsync("metrics.raw"))[0].Lag - 1);
    }

    [Fact]
    public async Task Publish_WhileRedisIsAway_WaitsAndSucceeds()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");
        await using var host = await EventBusHost.StartAsync(redis);
        await host.Bus.PublishAsync("ai.responses", Event("1"), Cancellation);
        redis.Kill();

        var publishing = host.Bus.PublishAsync("ai.responses", Event("2"), Cancellation);
        await redis.RestartAsync(Cancellation);
        await publishing;

        Assert.Equal(2, await host.Redis.StreamLengthAsync("ai.responses"));
    }

    [Fact]
    public async Task Publish_WhenRedisStaysAway_SaysThatItIsNotKnown()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ("Events:PublishTimeout", "00:00:00.5"));
        redis.Kill();

        var error = await Assert.ThrowsAsync<EventRejectedException>(async () => await host.Bus.PublishAsync("ai.responses", Event("1"), Cancellation));

        Assert.Equal(RejectionReason.Unavailable, error.Rejection.Reason);
        Assert.Contains("may or may not have been published", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    // More than are appended in one step.
    [InlineData(2500, null)]
    [InlineData(1, "once")]
    public async Task Publish_ToARedisThatIsFull_IsRefusedForNow(int count, string? deduplicationKey)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(
            redis, settings: ("ConnectionStrings:redis", $"{redis.EndPoint},allowAdmin=true"));
        await host.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        var events = Enumerable.Range(0, count).Select(_ => Event("1") with { DeduplicationKey = deduplicationKey }).ToList();

        var results = await host.Bus.PublishAsync("ai.responses", events, Cancellation);

        Assert.All(results, result => Assert.Equal(RejectionReason.Unavailable, result.Rejection?.Reason));
        Assert.All(results, result => Assert.NotNull(result.Rejection?.RetryAfter));
        Assert.StartsWith(
            "Redis refused the event: OOM command not allowed when used memory > 'maxmemory'.",
            results[0].Rejection!.Detail,
            StringComparison.Ordinal);
        Assert.False(results[0].Rejection!.Detail.EndsWith("..", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Publish_CancelledWhileRedisIsAway_Ends(int count)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        // On a clock that stands still the length is asked for once, and no time passes in which it might give up.
        await using var host = await EventBusHost.StartAsync(
            redis, builder => builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider(DateTimeOffset.UtcNow)));
        await host.Bus.PublishAsync("ai.responses", Event("1"), Cancellation);
        redis.Kill();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        Task publishing = count == 1
            ? host.Bus.PublishAsync("ai.responses", Event("2"), cancel.Token).AsTask()
            : host.Bus.PublishAsync("ai.responses", [.. Enumerable.Range(0, count).Select(_ => Event("2"))], cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
    }

    [Fact]
    public async Task Publish_ThatHasFailed_TakesNoRoom()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        // On a clock that stands still the length is asked for once.
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await EventBusHost.StartAsync(
            redis,
            builder => builder.Services.AddSingleton<TimeProvider>(time),
            ("Events:Streams:metrics.raw:MaxLength", "5"),
            ("Events:PublishTimeout", "00:00:00"));
        await host.Bus.PublishAsync("metrics.raw", Event("1"), Cancellation);
        redis.Kill();
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAsync<EventRejectedException>(async () => await host.Bus.PublishAsync("metrics.raw", Event("2"), Cancellation));

        // It has kept nothing.
        await redis.RestartAsync(Cancellation);
        await Consuming.Eventually.TrueAsync(() => host.Redis.Multiplexer.IsConnected);
        time.Advance(TimeSpan.FromSeconds(1));

        var results = await host.Bus.PublishAsync("metrics.raw", [.. Enumerable.Range(0, 5).Select(i => Event($"{i}"))], Cancellation);
        Assert.All(results, result => Assert.Null(result.Rejection));
    }

    [Fact]
    public async Task Start_AgainstARedisWhoseMemoryIsNearlyUsed_Warns()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--maxmemory", "1mb");
        var log = new LogRecorder();

        await using var host = await EventBusHost.StartAsync(redis, builder => builder.Logging.AddProvider(log));

        Assert.Contains("of its memory", Assert.Single(log.At(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AgainstARedisThatEvicts_Refuses()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => EventBusHost.StartAsync(redis));

        Assert.Contains("has maxmemory-policy 'allkeys-lru' and would drop events", error.Message, StringComparison.Ordinal);
        Assert.Contains("Set maxmemory-policy to noeviction", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Events:Streams:bad name:MaxLength", "5", "the key 'bad name': a stream's name is 1 to 128 characters")]
    [InlineData("Events:Streams:metrics.raw:MaxLength", "0", "Events:Streams:metrics.raw:MaxLength is 0; it must be from 1 to 100000000")]
    [InlineData("Events:MaxEventBytes", "0", "MaxEventBytes")]
    [InlineData("Events:DeduplicationWindow", "00:00:00", "DeduplicationWindow")]
    public async Task Start_WithABadSetting_NamesIt(string key, string value, string expected)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => EventBusHost.StartAsync(redis, settings: (key, value)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    internal static StreamEvent Event(string json) => new() { Type = "test.happened", Data = Encoding.UTF8.GetBytes(json) };
}
