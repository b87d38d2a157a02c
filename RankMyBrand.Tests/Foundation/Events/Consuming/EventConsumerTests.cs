using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class EventConsumerTests
{
    private const string Stream = "ai.responses";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_PublishedBeforeTheGroupExisted_AreHandledInOrder()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 3000).Select(i => EventBusTests.Event($"{i}"))], Cancellation);

        var handler = new Recorder();
        await using var consumer = await StartAsync(redis, handler);

        await handler.WaitAsync(3000);
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => $"{i}"), handler.Handled);
        await WaitForAsync(async () => (await publisher.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount == 0);
    }

    [Fact]
    public async Task Event_ThatFailsAtFirst_IsTriedAgain()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handler = new Recorder { Fail = delivery => delivery.Attempt < 3 };
        await using var consumer = await StartAsync(redis, handler);

        await consumer.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);

        await handler.WaitAsync(1);
        Assert.Equal([1, 2, 3], handler.Attempts);
        Assert.Equal(0, await consumer.Redis.StreamLengthAsync($"{{{Stream}}}:dead"));
    }

    [Fact]
    public async Task Event_ThatAlwaysFails_GoesToTheDeadLettersWithItsStoryAndHarmsNoOther()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handler = new Recorder { Fail = delivery => Encoding.UTF8.GetString(delivery.Event.Data.Span) == "13" };
        await using var consumer = await StartAsync(redis, handler);

        await consumer.Bus.PublishAsync(Stream, [.. Enumerable.Range(10, 6).Select(i => EventBusTests.Event($"{i}"))], Cancellation);

        await handler.WaitAsync(5);
        await WaitForAsync(async () => await consumer.Redis.StreamLengthAsync($"{{{Stream}}}:dead") == 1);
        var dead = Assert.Single(await consumer.Redis.StreamRangeAsync($"{{{Stream}}}:dead"));
        Assert.Equal("13", (string?)dead["data"]);
        Assert.Equal("g", (string?)dead["group"]);
        Assert.Equal(3, (int)dead["attempts"]);
        Assert.Equal("System.InvalidOperationException", (string?)dead["error_type"]);
        Assert.Equal("It was told to fail.", (string?)dead["error_message"]);
        Assert.True(DateTimeOffset.Parse((string)dead["first_failed_at"]!) < DateTimeOffset.Parse((string)dead["last_failed_at"]!));
        Assert.Equal(["10", "11", "12", "14", "15"], handler.Handled.Order());
        await WaitForAsync(async () => (await consumer.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount == 0);
    }

    [Fact]
    public async Task Entry_ThatIsNoEvent_GoesToTheDeadLettersAtOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handler = new Recorder();
        await using var consumer = await StartAsync(redis, handler);

        await consumer.Redis.StreamAddAsync(Stream, [new("event_type", "t"), new("data", "{broken")]);
        await consumer.Redis.StreamAddAsync(Stream, [new("something", "else")]);
        await consumer.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);

        await handler.WaitAsync(1);
        await WaitForAsync(async () => await consumer.Redis.StreamLengthAsync($"{{{Stream}}}:dead") == 2);
        var dead = await consumer.Redis.StreamRangeAsync($"{{{Stream}}}:dead");
        Assert.Contains("data is not JSON", (string?)dead[0]["error_message"], StringComparison.Ordinal);
        Assert.Contains("event_type is missing", (string?)dead[1]["error_message"], StringComparison.Ordinal);
        Assert.Equal("else", (string?)dead[1]["something"]);
    }

    [Fact]
    public async Task Entry_OfTheFirstEventBus_IsHandledWithAnIdThatStaysTheSame()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var handler = new Recorder();
        await using var consumer = await StartAsync(redis, handler);

        var id = await consumer.Redis.StreamAddAsync(
            Stream, [new("event_id", "evt_17"), new("event_type", "t"), new("data", "{\"a\":1}"), new("timestamp", "1763683200000"), new("correlation_id", "c")]);

        await handler.WaitAsync(1);
        var entry = (await consumer.Redis.StreamRangeAsync(Stream, id, id))[0];
        Assert.True(EventEntry.TryRead(id!, entry.Values, out var again, out _));
        Assert.Equal(again!.Id, handler.Ids.Single());
        Assert.Equal(7, again.Id.Version);
    }

    [Fact]
    public async Task Entries_OfADeadConsumer_AreTakenOver()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Redis.StreamCreateConsumerGroupAsync(Stream, "g", "0-0");
        await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 250).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        await publisher.Redis.StreamReadGroupAsync(Stream, "g", "died", ">", 200);

        var handler = new Recorder();
        await using var consumer = await StartAsync(redis, handler);

        await handler.WaitAsync(250);
        Assert.Equal(250, handler.Handled.Distinct().Count());
        await WaitForAsync(async () => (await publisher.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount == 0);
    }

    [Fact]
    public async Task Consumer_ThatIsSlow_KeepsItsEntries()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (release, slow, other) = (new TaskCompletionSource(), new Recorder(), new Recorder());
        slow.Gate = release.Task;
        await using var first = await StartAsync(redis, slow);
        await first.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);
        await slow.Entered.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await using (var second = await StartAsync(redis, other))
        {
            // Far longer than an entry stays with a consumer that does not renew it.
            await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
            release.SetResult();
            await slow.WaitAsync(1);
        }

        Assert.Empty(other.Handled);
        Assert.Equal([1], slow.Attempts);
    }

    [Fact]
    public async Task Stop_AcknowledgesWhatIsBeingHandledAndLeavesTheGroup()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        var handler = new Recorder();
        await using (var consumer = await StartAsync(redis, handler))
        {
            await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 1000).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
            await handler.WaitAsync(1);
        }

        var pending = await publisher.Redis.StreamPendingAsync(Stream, "g");
        Assert.Equal(0, pending.PendingMessageCount);
        Assert.Empty(await publisher.Redis.StreamConsumerInfoAsync(Stream, "g"));
    }

    [Fact]
    public async Task RedisRestart_WhileEventsFlow_LosesNoEvent()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");
        var handler = new Recorder();
        await using var consumer = await StartAsync(redis, handler);
        var published = 0;
        for (var batch = 0; batch < 20; batch++)
        {
            var results = await consumer.Bus.PublishAsync(Stream, [.. Enumerable.Range(batch * 100, 100).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
            published += results.Count(result => result.Rejection is null);
            if (batch % 8 == 4)
            {
                redis.Kill();
                await redis.RestartAsync(Cancellation);
            }
        }

        Assert.Equal(2000, published);
        await handler.WaitAsync(2000);
        Assert.Equal(2000, handler.Handled.Distinct().Count());
    }

    [Fact]
    public async Task Backlog_OfLargeEvents_IsHeldUpToALimit()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        // A MiB each.
        var @event = $"\"{new string('x', (1024 * 1024) - 2)}\"";
        for (var i = 0; i < 10; i++)
            await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 10).Select(_ => EventBusTests.Event(@event))], Cancellation);
        var (release, entered, handled) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        await using var consumer = await EventBusHost.StartAsync(redis, builder => builder.AddEventHandler<string>(
            Stream,
            "g",
            async (_, _, _) =>
            {
                entered.TrySetResult();
                await release.Task;
                handled++;
            },
            configure: options => options.BatchSize = 500));
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        await WaitForAsync(async () => await PendingAsync() >= 60);
        // Longer than it would take to read the others, too.
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);

        // 64 MiB, and what a read brings.
        Assert.InRange(await PendingAsync(), 60, 81);
        release.SetResult();
        await WaitForAsync(async () => await PendingAsync() == 0);
        Assert.Equal(100, handled);

        async Task<long> PendingAsync() => (await publisher.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount;
    }

    [Fact]
    public async Task Streams_OfOneHandler_HaveTheirTurns()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 500).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        await publisher.Bus.PublishAsync("metrics.raw", EventBusTests.Event("1000"), Cancellation);
        var (release, handler) = (new TaskCompletionSource(), new Recorder());
        handler.Gate = release.Task;
        await using var consumer = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(handler);
            builder.AddEventHandler<Recorder>([Stream, "metrics.raw"], "g", options => options.BatchSize = 10);
        });
        await handler.Entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        await WaitForAsync(async () => await PendingAsync(Stream) >= 20 && await PendingAsync("metrics.raw") == 1);

        release.SetResult();

        // There is enough to do of the first, always.
        await handler.WaitAsync(501);
        Assert.InRange(handler.Handled.ToList().IndexOf("1000"), 0, 10);

        async Task<long> PendingAsync(string stream) => (await publisher.Redis.StreamPendingAsync(stream, "g")).PendingMessageCount;
    }

    [Fact]
    public async Task Group_ThatBeganAtTheEndAndIsLost_HandlesWhatCameMeanwhile()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);
        var handler = new Recorder();
        await using var consumer = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(handler);
            builder.AddEventHandler<Recorder>([Stream], "g", options => options.StartFrom = StartFrom.End);
        });
        await WaitForAsync(async () => (await publisher.Redis.StreamGroupInfoAsync(Stream)).Length == 1);
        await publisher.Bus.PublishAsync(Stream, EventBusTests.Event("2"), Cancellation);
        await handler.WaitAsync(1);

        // In one step, so that the group is missing when it is published.
        var together = publisher.Redis.CreateTransaction();
        _ = together.ExecuteAsync("XGROUP", "DESTROY", Stream, "g");
        _ = together.StreamAddAsync(Stream, [new("event_type", "t"), new("data", "3")]);
        Assert.True(await together.ExecuteAsync());
        await WaitForAsync(() => Task.FromResult(handler.Handled.Contains("3")));

        // As if Redis had come back without anything, and somebody had been quicker than the consumer.
        var anew = publisher.Redis.CreateTransaction();
        _ = anew.KeyDeleteAsync(Stream);
        _ = anew.ExecuteAsync("XADD", Stream, "1-1", "event_type", "t", "data", "4");
        Assert.True(await anew.ExecuteAsync());
        await WaitForAsync(() => Task.FromResult(handler.Handled.Contains("4")));

        Assert.DoesNotContain("1", handler.Handled);
    }

    private static Task<EventBusHost> StartAsync(RedisServer redis, Recorder handler) => EventBusHost.StartAsync(redis, builder =>
    {
        builder.Services.AddSingleton(handler);
        builder.AddEventHandler<Recorder>([Stream], "g", options =>
        {
            options.MaxAttempts = 3;
            options.RetryDelay = TimeSpan.FromMilliseconds(20);
            options.ClaimAfter = TimeSpan.FromSeconds(1);
        });
    });

    private static async Task WaitForAsync(Func<Task<bool>> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(20, timeout.Token);
    }

    private sealed class Recorder : IEventHandler
    {
        private readonly ConcurrentQueue<string> _handled = new();
        private readonly ConcurrentQueue<int> _attempts = new();
        private readonly ConcurrentQueue<Guid> _ids = new();

        public Func<Delivery, bool> Fail { get; init; } = _ => false;

        public Task Gate { get; set; } = Task.CompletedTask;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Handled => [.. _handled];

        public IReadOnlyList<int> Attempts => [.. _attempts];

        public IReadOnlyList<Guid> Ids => [.. _ids];

        public Task WaitAsync(int count) => WaitForAsync(() => Task.FromResult(Handled.Distinct().Count() >= count));

        public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            Entered.TrySetResult();
            await Gate;
            foreach (var delivery in deliveries)
            {
                _attempts.Enqueue(delivery.Attempt);
                if (Fail(delivery))
                {
                    delivery.Retry(new InvalidOperationException("It was told to fail."));
                    continue;
                }

                _handled.Enqueue(Encoding.UTF8.GetString(delivery.Event.Data.Span));
                _ids.Enqueue(delivery.Event.Id);
            }
        }
    }
}
