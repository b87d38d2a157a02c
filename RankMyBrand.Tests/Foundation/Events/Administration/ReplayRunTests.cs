using Microsoft.Extensions.Logging.Abstractions;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

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
        var (replays, database) = (host.Get<Replays>(), databases[ArchiveKind.Plain]);
        await new EventStore(database).SaveAsync([ArchiveDatabases.Deliver(ArchiveDatabases.NewEvent(), Stream)], Cancellation);
        // As in an archive in which what is looked for is rare.
        await using (var slow = database.CreateCommand(
            "ALTER TABLE events RENAME TO kept; CREATE VIEW events AS SELECT * FROM kept WHERE pg_sleep(12) IS NOT NULL"))
            await slow.ExecuteNonQueryAsync(Cancellation);
        var replay = await replays.StartAsync(new ReplayRequest(Stream, "g") { CreateGroup = true }, Cancellation);

        var reader = new StoreReplayReader(database, replay.Request, NullLogger.Instance);
        var running = new ReplayRun(replays, replay, reader, "runner", null, TimeProvider.System, NullLogger.Instance).RunAsync(Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (!running.IsCompleted)
        {
            var (state, _) = await replays.TakeAsync(replay, "another", TimeSpan.FromSeconds(10));
            Assert.Contains(state, new[] { "taken", "done" });
            await Task.Delay(100, patience.Token);
        }

        await running;
        var ended = (await replays.FindAsync(Stream, replay.Id, Cancellation))!;
        Assert.Equal((ReplayState.Done, 1), (ended.State, ended.Sent));
    }
}
