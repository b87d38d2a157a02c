using System.Globalization;
using System.Text;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class LiveEventsTests
{
    private const string Stream = "metrics.raw";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Listen_ReadThatRedisEndsWithAnError_GoesOnForThoseWhoListenAndThoseWhoComeLater()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        await using var heard = listener.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var next = heard.MoveNextAsync().AsTask();

        // As in a failover, when the server that has become a replica ends waiting reads.
        while ((int)await host.Redis.ExecuteAsync("CLIENT", "UNBLOCK", await ReaderAsync(host.Redis), "ERROR") == 0)
            await Task.Delay(20, Cancellation);
        using var later = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);

        Assert.True(await next.WaitAsync(s_patience, Cancellation));
        Assert.Equal("1"u8, heard.Current.Event.Data.Span);
        var laterHeard = await later.ReadAllAsync(Cancellation).FirstAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        Assert.Equal("1"u8, laterHeard.Event.Data.Span);
    }

    [Fact]
    public async Task Listen_ResumedBeforeManyLargeEvents_HearsThemAllAndLosesNoConnection()
    {
        const int Count = 400;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var connection = host.Get<IConnectionMultiplexer>();
        // Redis limits what may wait on a connection that hears messages, to 32 MB.
        await connection.GetSubscriber().SubscribeAsync(RedisChannel.Literal("news"));
        var failures = 0;
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref failures);
        var data = $"\"{new string('a', 100_000)}\"";
        for (var i = 0; i < Count; i += 20)
            await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 20).Select(_ => EventBusTests.Event(data))], Cancellation);

        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream) { After = "0-0" }, Cancellation);
        var heard = await listener.ReadAllAsync(Cancellation).Take(Count).CountAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);

        Assert.Equal(Count, heard);
        Assert.Equal(0, failures);
    }

    [Fact]
    public async Task Listen_ManyLargeEventsAtOnce_HearsThemAFewAtATime()
    {
        const int Count = 60;
        // A server that closes a connection on which more than so much waits to be sent.
        await using var redis = await RedisServer.StartAsync(Cancellation, "--client-output-buffer-limit", "normal", "40mb", "0", "0");
        await using var host = await EventBusHost.StartAsync(redis);
        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        var data = $"\"{new string('a', 1_000_000)}\"";

        var together = host.Redis.CreateTransaction();
        for (var i = 0; i < Count; i++)
            _ = together.StreamAddAsync(Stream, [new("event_type", "large"), new("data", data)]);
        Assert.True(await together.ExecuteAsync());

        var heard = await listener.ReadAllAsync(Cancellation).Take(Count).CountAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        Assert.Equal(Count, heard);
    }

    [Fact]
    public async Task Listen_LargeEventsThatAreNotTaken_EndsTheListenerThatHearsTheRestWhenItResumes()
    {
        const int Count = 90;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        using var slow = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        using var quick = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        await using var heardByQuick = quick.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var data = $"\"{new string('a', 1_000_000)}\"";
        for (var i = 0; i < Count; i++)
        {
            await host.Bus.PublishAsync(Stream, EventBusTests.Event(data), Cancellation);
            Assert.True(await heardByQuick.MoveNextAsync().AsTask().WaitAsync(s_patience, Cancellation));
        }

        var heard = new List<LiveEvent>();
        await Assert.ThrowsAsync<ListenerTooSlowException>(() => HearAsync().WaitAsync(s_patience, Cancellation));

        // As much as a listener may leave untaken, and no more.
        Assert.InRange(heard.Count, 60, 70);
        using var resumed = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream) { After = heard[^1].EntryId }, Cancellation);
        var rest = Count - heard.Count;
        Assert.Equal(rest, await resumed.ReadAllAsync(Cancellation).Take(rest).CountAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation));

        async Task HearAsync()
        {
            await foreach (var live in slow.ReadAllAsync(Cancellation))
                heard.Add(live);
        }
    }

    [Fact]
    public async Task Listen_MoreThanMayWaitButTakenInTime_GoesOn()
    {
        // Twice as much, as it comes.
        const int Count = 130;
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream), Cancellation);
        await using var heard = listener.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var data = $"\"{new string('a', 1_000_000)}\"";

        for (var i = 0; i < Count; i++)
        {
            await host.Bus.PublishAsync(Stream, EventBusTests.Event(data), Cancellation);
            Assert.True(await heard.MoveNextAsync().AsTask().WaitAsync(s_patience, Cancellation));
        }
    }

    [Theory]
    [InlineData(null, "default")]
    [InlineData("default", null)]
    public async Task Listen_DefaultTenantByItsNameOrByNone_IsTheSame(string? listening, string? publishing)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("1") with { Tenant = "other" }, Cancellation);
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("2") with { Tenant = publishing }, Cancellation);

        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream) { After = "0-0", Tenant = listening }, Cancellation);

        var heard = await listener.ReadAllAsync(Cancellation).FirstAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);
        Assert.Equal("2"u8, heard.Event.Data.Span);
    }

    [Fact]
    public async Task Listen_ResumedJustBeforeEventsCome_HearsEachOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        using var listener = await host.Get<LiveEvents>().ListenAsync(new LiveTopic(Stream) { After = "0-0" }, Cancellation);

        // They are of the past when that is read, and have been heard since the listening began.
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 3).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        var heard = new List<string>();
        await foreach (var live in listener.ReadAllAsync(Cancellation))
        {
            heard.Add(Encoding.UTF8.GetString(live.Event.Data.Span));
            if (heard.Count == 3)
                await host.Bus.PublishAsync(Stream, EventBusTests.Event("3"), Cancellation);
            if (heard.Count == 4)
                break;
        }

        Assert.Equal(["0", "1", "2", "3"], heard);
    }

    [Fact]
    public async Task Listen_PastThatCouldNotBeRead_CanBeReadWhenRedisIsBack()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var fromTheBeginning = new LiveTopic(Stream) { After = "0-0" };
        using (var failing = await host.Get<LiveEvents>().ListenAsync(fromTheBeginning, Cancellation))
        {
            redis.Kill();
            var failure = await Record.ExceptionAsync(async () => await failing.ReadAllAsync(Cancellation).FirstAsync(Cancellation));
            Assert.True(TransientFailure.Is(failure!), $"{failure}");
        }

        await redis.RestartAsync(Cancellation);
        await host.Bus.PublishAsync(Stream, EventBusTests.Event("1"), Cancellation);
        using var listener = await host.Get<LiveEvents>().ListenAsync(fromTheBeginning, Cancellation);
        var heard = await listener.ReadAllAsync(Cancellation).FirstAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation);

        Assert.Equal("1"u8, heard.Event.Data.Span);
    }

    private static async Task<string> ReaderAsync(IDatabase redis)
    {
        while (true)
        {
            var clients = ((string)(await redis.ExecuteAsync("CLIENT", "LIST"))!).Split('\n');
            if (Array.Find(clients, client => client.Contains("name=live:", StringComparison.Ordinal) && client.Contains("cmd=xread", StringComparison.Ordinal)) is { } reader)
                return reader.Split(' ')[0]["id=".Length..];
            await Task.Delay(20, Cancellation);
        }
    }
}
