using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Administration;

public sealed class ReplayRunTests(ArchiveDatabases databases) : IClassFixture<ArchiveDatabases>
{
    private const string Stream = "ai.responses";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_StoppedWhileRedisIsAway_EndsWithoutAFault(bool isKilled)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        for (var i = 0; i < 30; i++)
            await host.Bus.PublishAsync(Stream, EventBusTests.Event($"{i}"), Cancellation);
        var (replays, log) = (host.Get<Replays>(), new LogLines<ReplayRun>());
        var replay = await replays.StartAsync(
            new ReplayRequest(Stream, "g") { Source = ReplaySource.Stream, CreateGroup = true, EventsPerSecond = 1 }, Cancellation);
        using var stop = new CancellationTokenSource();
        var reader = new StreamReplayReader(host.Redis, replay.Request, [Stream]);
        var running = new ReplayRun(replays, replay, reader, "runner", archive: null, TimeProvider.System, log).RunAsync(stop.Token);
        await Recorder.Until(async () => (await replays.FindAsync(Stream, replay.Id, Cancellation))!.Sent > 0);

        if (isKilled)
        {
            redis.Kill();
            // It tries again and again.
            await Recorder.Until(() => Task.FromResult(!log.Lines.IsEmpty));
        }
        else
        {
            await redis.PauseAsync(Cancellation);
        }

        await stop.CancelAsync();
        await running.WaitAsync(s_patience, Cancellation);
        if (!isKilled)
            await redis.ContinueAsync(Cancellation);

        Assert.NotEmpty(log.Lines);
        Assert.All(log.Lines, line => Assert.StartsWith($"Replay {replay.Id} goes on later: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ThatReadsForLongerThanItsLease_KeepsItsReplay()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var (replays, database, time) = (host.Get<Replays>(), databases[ArchiveKind.Plain], new HeldTimers());
        await new EventStore(database).SaveAsync([ArchiveDatabases.Deliver(ArchiveDatabases.NewEvent(), Stream)], Cancellation);
        var replay = await replays.StartAsync(new ReplayRequest(Stream, "g") { CreateGroup = true }, Cancellation);
        var key = ReplayKeys.Of(Stream, replay.Id);
        await replays.NoteAsync(replay, ReplayRecord.Total, 1);
        // As in an archive in which what is looked for is rare: the page does not come.
        await using var connection = await database.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var locking = new NpgsqlCommand("LOCK TABLE events IN ACCESS EXCLUSIVE MODE", connection, transaction))
            await locking.ExecuteNonQueryAsync(Cancellation);

        var reader = new StoreReplayReader(database, replay.Request, NullLogger.Instance);
        var running = new ReplayRun(replays, replay, reader, "runner", null, time, NullLogger.Instance).RunAsync(Cancellation);
        for (var i = 0; i < 10; i++)
        {
            await Recorder.Until(() => Task.FromResult(time.Set.Count > 0));
            // It looks again before its lease is over, and not at the last moment.
            Assert.All(time.Set, after => Assert.InRange(after, TimeSpan.Zero, TimeSpan.FromSeconds(5)));
            await host.Redis.HashSetAsync(key, "taken_until", 0, When.Always);
            time.Fire();
            await Recorder.Until(async () => (long)await host.Redis.HashGetAsync(key, "taken_until") > 0);
            Assert.Equal("taken", (await replays.TakeAsync(replay, "another", TimeSpan.FromSeconds(10))).State);
        }

        await transaction.RollbackAsync(Cancellation);
        await running.WaitAsync(s_patience, Cancellation);
        var ended = (await replays.FindAsync(Stream, replay.Id, Cancellation))!;
        Assert.Equal((ReplayState.Done, 1), (ended.State, ended.Sent));
    }

    [Fact]
    public async Task Run_ThatHasReadItsPages_LeavesNoTimersBehind()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        for (var i = 0; i < ReplayRun.PageSize + 1; i++)
            await host.Bus.PublishAsync(Stream, EventBusTests.Event($"{i}"), Cancellation);
        var (replays, time) = (host.Get<Replays>(), new HeldTimers());
        var replay = await replays.StartAsync(
            new ReplayRequest(Stream, "g") { Source = ReplaySource.Stream, CreateGroup = true }, Cancellation);

        var reader = new StreamReplayReader(host.Redis, replay.Request, [Stream]);
        await new ReplayRun(replays, replay, reader, "runner", null, time, NullLogger.Instance).RunAsync(Cancellation)
            .WaitAsync(s_patience, Cancellation);

        Assert.Equal(ReplayState.Done, (await replays.FindAsync(Stream, replay.Id, Cancellation))!.State);
        await Recorder.Until(() => Task.FromResult(time.Set.Count == 0));
    }
}
