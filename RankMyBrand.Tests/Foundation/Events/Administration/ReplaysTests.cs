using System.Globalization;
using System.Text;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Administration;

public sealed class ReplaysTests(Servers servers) : IAsyncLifetime
{
    private const string Stream = "ai.responses";

    private RedisServer _redis = null!;
    private string _database = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");
        _database = await servers.CreateDatabaseAsync();
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Replay_OfTheStore_GivesAllToTheGroupAloneInOrderAndStoresNothingTwice()
    {
        var (group, other) = (new Recorder(), new Recorder());
        await using var host = await StartAsync(builder =>
        {
            group.Subscribe(builder, Stream, "group");
            other.Subscribe(builder, Stream, "other");
        });
        var events = Events(600);
        await PublishAsync(host, events);
        await group.WaitAsync(600);
        await host.Redis.StreamTrimAsync(Stream, 0);

        var replay = await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group"), Cancellation));
        var again = await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "archive"), Cancellation));

        Assert.Equal((ReplayState.Done, 600, 600), (replay.State, replay.Sent, replay.Total));
        Assert.Equal(600, again.Sent);
        Assert.Equal(events.OrderBy(e => e.CreatedAt).ThenBy(e => e.Id.ToString(), StringComparer.Ordinal).Select(e => e.Id), group.Replayed.Select(delivery => delivery.Event.Id));
        Assert.Empty(other.Replayed);
        Assert.Equal(600, await RowsAsync());
        // What comes back is what was published.
        foreach (var (delivery, published) in group.Replayed.Join(events, delivery => delivery.Event.Id, e => e.Id, (delivery, e) => (delivery, e)))
        {
            Assert.Equal((published.Type, published.Tenant, published.Source, published.CorrelationId, published.PartitionKey, published.TraceParent), (
                delivery.Event.Type, delivery.Event.Tenant, delivery.Event.Source, delivery.Event.CorrelationId, delivery.Event.PartitionKey, delivery.Event.TraceParent));
            Assert.Equal(published.CreatedAt, delivery.Event.CreatedAt);
            Assert.Equal(Encoding.UTF8.GetString(published.Data.Span), Encoding.UTF8.GetString(delivery.Event.Data.Span));
            Assert.Equal("{\"a\": 1}", Encoding.UTF8.GetString(delivery.Event.Attributes!.Value.Span));
            Assert.Equal(1, delivery.Attempt);
        }
    }

    [Theory]
    [InlineData(ReplaySource.Store)]
    [InlineData(ReplaySource.Stream)]
    public async Task Replay_OfAPart_SendsThatPart(ReplaySource source)
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        await PublishAsync(host, Events(40));
        await Task.Delay(20, Cancellation);
        var from = DateTimeOffset.UtcNow;
        var wanted = Events(40);
        await PublishAsync(host, wanted, archived: 80);
        await Task.Delay(20, Cancellation);
        var to = DateTimeOffset.UtcNow;
        await Task.Delay(20, Cancellation);
        await PublishAsync(host, Events(40), archived: 120);

        await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group") { Source = source, From = from, To = to }, Cancellation));
        await EndAsync(host, await host.Get<Replays>().StartAsync(
            new ReplayRequest(Stream, "group") { Source = source, From = from, To = to, Type = "even", Tenant = "acme" }, Cancellation));
        await EndAsync(host, await host.Get<Replays>().StartAsync(
            new ReplayRequest(Stream, "group") { Source = source, From = from, To = to, Tenant = "default" }, Cancellation));

        var (even, own) = (wanted.Where(e => e is { Type: "even", Tenant: "acme" }).Select(e => e.Id), wanted.Where(e => e.Tenant is null).Select(e => e.Id));
        Assert.Equal([.. wanted.Select(e => e.Id), .. even, .. own], group.Replayed.Select(delivery => delivery.Event.Id));
    }

    [Fact]
    public async Task Replay_OfAStreamWithPartitions_SendsEachOnceWithItsEntryId()
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"), ("Events:Streams:ai.responses:Partitions", "3"));
        await PublishAsync(host, Events(700));
        await group.WaitAsync(700);

        var replay = await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group") { Source = ReplaySource.Stream }, Cancellation));

        Assert.Equal((700, 700), (replay.Sent, replay.Total));
        Assert.Equal(
            group.Handled.Where(delivery => !delivery.IsReplay).Select(delivery => (delivery.Event.Id, delivery.EntryId)).Order(),
            group.Replayed.Select(delivery => (delivery.Event.Id, delivery.EntryId)).Order());
    }

    [Fact]
    public async Task Replay_OfAnArchiveThatIsSlow_GoesOnWithoutATotal()
    {
        var group = new Recorder();
        // As in a service with a large archive, statements take longer than they are given.
        _database += ";Command Timeout=1";
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        await PublishAsync(host, Events(3));
        await using (var database = NpgsqlDataSource.Create(_database))
        await using (var slow = database.CreateCommand(
            "ALTER TABLE events RENAME TO kept; CREATE VIEW events AS SELECT * FROM kept WHERE pg_sleep(2) IS NOT NULL"))
            await slow.ExecuteNonQueryAsync(Cancellation);

        var replay = await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group"), Cancellation));

        Assert.Equal((ReplayState.Done, 3, null), (replay.State, replay.Sent, replay.Total));
        Assert.Equal(3, group.Replayed.Count);
    }

    [Fact]
    public async Task StartFromTheStore_HasANewHandlerCatchUpWithoutAGap()
    {
        await using var host = await StartAsync();
        var old = Events(400);
        await PublishAsync(host, old);
        await host.Redis.StreamTrimAsync(Stream, 0);

        // The new module starts while others go on publishing.
        var newcomer = new Recorder();
        var fresh = Events(400);
        var publishing = PublishOneByOneAsync(host, fresh);
        await using var module = await EventBusHost.StartAsync(
            _redis, builder => newcomer.Subscribe(builder, Stream, "newcomer", options => options.StartFrom = StartFrom.Store()));
        await publishing;

        await Recorder.Until(() => Task.FromResult(newcomer.Handled.Select(delivery => delivery.Event.Id).Distinct().Count() == 800));
        var replay = await EndAsync(host, Assert.Single(await host.Get<Replays>().ListAsync(Stream, Cancellation)));
        Assert.Equal(ReplayState.Done, replay.State);
        Assert.Equal(old.Select(e => e.Id), newcomer.Replayed.Take(400).Select(delivery => delivery.Event.Id));

        // A second start of the module begins nothing anew.
        await module.DisposeAsync();
        await using var second = await EventBusHost.StartAsync(
            _redis, builder => newcomer.Subscribe(builder, Stream, "newcomer", options => options.StartFrom = StartFrom.Store()));
        await PublishAsync(host, Events(1), archived: 801);
        await Recorder.Until(() => Task.FromResult(newcomer.Handled.Select(delivery => delivery.Event.Id).Distinct().Count() == 801));
        Assert.Single(await host.Get<Replays>().ListAsync(Stream, Cancellation));
    }

    [Fact]
    public async Task StartFromTheEnd_BeginsWithWhatComesNext()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, Events(10));
        var newcomer = new Recorder();
        await using var module = await EventBusHost.StartAsync(
            _redis, builder => newcomer.Subscribe(builder, Stream, "newcomer", options => options.StartFrom = StartFrom.End));
        await Recorder.Until(async () => (await host.Redis.StreamGroupInfoAsync(Stream)).Any(group => group.Name == "newcomer"));

        var next = Events(1);
        await PublishAsync(host, next, archived: 11);

        await newcomer.WaitAsync(1);
        Assert.Equal(next[0].Id, Assert.Single(newcomer.Handled).Event.Id);
    }

    [Fact]
    public async Task Replay_IntoANewGroup_WaitsForTheArchiveAndThenForAHandler()
    {
        await using var host = await StartAsync();
        await Recorder.Until(() => host.Get<ConsumerGroups>().PauseAsync(Stream, "archive", Cancellation));
        await host.Bus.PublishAsync(Stream, Events(20), Cancellation);
        var replays = host.Get<Replays>();

        var replay = await replays.StartAsync(new ReplayRequest(Stream, "later") { CreateGroup = true }, Cancellation);
        await Recorder.Until(async () => (await replays.FindAsync(Stream, replay.Id, Cancellation))!.Reason is { } reason && reason.Contains("archive", StringComparison.Ordinal));
        await host.Get<ConsumerGroups>().ResumeAsync(Stream, "archive", Cancellation);
        await Recorder.Until(async () => (await replays.FindAsync(Stream, replay.Id, Cancellation)) is { State: ReplayState.Done, Sent: 20, Waiting: 20, Reason: null });
        await host.Bus.PublishAsync(Stream, Events(5), Cancellation);

        var later = new Recorder();
        await using var module = await EventBusHost.StartAsync(_redis, builder => later.Subscribe(builder, Stream, "later"));

        await later.WaitAsync(25);
        Assert.Equal((20, 25), (later.Replayed.Count, later.Handled.Select(delivery => delivery.Event.Id).Distinct().Count()));
    }

    [Fact]
    public async Task Start_WhatCannotBe_SaysWhy()
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        var replays = host.Get<Replays>();
        await PublishAsync(host, Events(1000));
        await Recorder.Until(() => host.Get<ConsumerGroups>().PauseAsync(Stream, "group", Cancellation));

        Assert.Contains("no group 'nobody'", (await ConflictAsync(() => replays.StartAsync(new ReplayRequest(Stream, "nobody"), Cancellation))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EventRejectedException>(() => replays.StartAsync(new ReplayRequest("no.such", "group"), Cancellation));
        var first = await replays.StartAsync(new ReplayRequest(Stream, "group"), Cancellation);
        Assert.Contains(first.Id, (await ConflictAsync(() => replays.StartAsync(new ReplayRequest(Stream, "group"), Cancellation))).Message, StringComparison.Ordinal);
        Assert.Contains("is running", (await ConflictAsync(() => replays.ResumeAsync(Stream, first.Id, Cancellation))).Message, StringComparison.Ordinal);
        Assert.False(await replays.CancelAsync(Stream, "nothing", Cancellation));

        // A group that does not handle them gets two pages at most, so that memory stays small.
        await Recorder.Until(async () => (await replays.FindAsync(Stream, first.Id, Cancellation))!.Sent >= 250);
        Assert.True(await replays.CancelAsync(Stream, first.Id, Cancellation));
        Assert.Contains("is cancelled", (await ConflictAsync(() => replays.CancelAsync(Stream, first.Id, Cancellation))).Message, StringComparison.Ordinal);
        var cancelled = await replays.FindAsync(Stream, first.Id, Cancellation);
        Assert.InRange(cancelled!.Sent, 250, 500);

        await host.Get<ConsumerGroups>().ResumeAsync(Stream, "group", Cancellation);
        Assert.True(await replays.ResumeAsync(Stream, first.Id, Cancellation));
        var ended = await EndAsync(host, first);
        Assert.Equal((ReplayState.Done, 1000), (ended.State, ended.Sent));
        Assert.Contains("is done", (await ConflictAsync(() => replays.ResumeAsync(Stream, first.Id, Cancellation))).Message, StringComparison.Ordinal);
        Assert.Equal(1000, group.Replayed.Select(delivery => delivery.Event.Id).Distinct().Count());
    }

    [Fact]
    public async Task Replay_WhoseRunnerEnds_IsCarriedOnByAnotherWithoutLossOrDouble()
    {
        var group = new Recorder();
        var first = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        await PublishAsync(first, Events(3000));
        await group.WaitAsync(3000);
        var replay = await first.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group"), Cancellation);
        await Recorder.Until(() => Task.FromResult(group.Replayed.Count > 100));
        await first.DisposeAsync();

        await using var second = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        var ended = await EndAsync(second, replay);

        Assert.Equal((ReplayState.Done, 3000, 3000), (ended.State, ended.Sent, ended.Total));
        Assert.Equal(3000, group.Replayed.Select(delivery => delivery.Event.Id).Distinct().Count());
    }

    [Fact]
    public async Task Replay_WhileRedisIsKilled_SendsEachOnce()
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        await PublishAsync(host, Events(3000));
        await group.WaitAsync(3000);
        var replay = await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group"), Cancellation);
        await Recorder.Until(() => Task.FromResult(group.Replayed.Count > 100));

        _redis.Kill();
        await _redis.RestartAsync(Cancellation);

        var ended = await EndAsync(host, replay);
        Assert.Equal((ReplayState.Done, 3000), (ended.State, ended.Sent));
        Assert.Equal(3000, group.Replayed.Select(delivery => delivery.Event.Id).Distinct().Count());
    }

    [Fact]
    public async Task Replay_OfAnEventThatPostgresCannotRead_LeavesOutThatOne()
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        var events = Events(40);
        events[25] = events[25] with { Type = "unreadable" };
        await PublishAsync(host, events);
        await group.WaitAsync(40);
        // As a value does that PostgreSQL cannot write out as one text, but without the gigabyte.
        await ExecuteAsync(
            """
            ALTER TABLE events RENAME TO stored;
            CREATE FUNCTION unreadable(id uuid) RETURNS jsonb STABLE LANGUAGE plpgsql
                AS $$ BEGIN RAISE EXCEPTION 'out of memory' USING ERRCODE = '54000'; END $$;
            CREATE VIEW events AS SELECT
                id, tenant_id, stream_id, event_type, metadata, created_at,
                CASE WHEN event_type = 'unreadable' THEN unreadable(id) ELSE event_data END AS event_data
            FROM stored
            """);

        var replay = await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group"), Cancellation));

        Assert.Equal((ReplayState.Done, 39), (replay.State, replay.Sent));
        Assert.Equal(
            events.Where(e => e.Type != "unreadable").Select(e => e.Id).Order(),
            group.Replayed.Select(delivery => delivery.Event.Id).Order());
    }

    [Fact]
    public async Task Replay_WithALimit_IsNoFaster()
    {
        var group = new Recorder();
        await using var host = await StartAsync(builder => group.Subscribe(builder, Stream, "group"));
        await PublishAsync(host, Events(30));
        var started = TimeProvider.System.GetTimestamp();

        await EndAsync(host, await host.Get<Replays>().StartAsync(new ReplayRequest(Stream, "group") { EventsPerSecond = 20 }, Cancellation));

        Assert.Equal(30, group.Replayed.Count);
        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(1));
    }

    private async Task<EventBusHost> StartAsync(Action<IHostApplicationBuilder>? configure = null, params (string Key, string Value)[] settings) =>
        await EventBusHost.StartAsync(
            _redis,
            builder =>
            {
                builder.AddEventArchive();
                builder.AddEventReplays();
                configure?.Invoke(builder);
            },
            [("ConnectionStrings:rankmybrand", _database), .. settings]);

    private static async Task<ReplayConflictException> ConflictAsync(Func<Task> act) => await Assert.ThrowsAsync<ReplayConflictException>(act);

    /// <summary>Waits until all events have been sent and handled.</summary>
    private static async Task<Replay> EndAsync(EventBusHost host, Replay replay)
    {
        await Recorder.Until(async () =>
        {
            try
            {
                replay = (await host.Get<Replays>().FindAsync(Stream, replay.Id, Cancellation))!;
                return replay is { State: not ReplayState.Running, Waiting: 0 };
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                return false;
            }
        });
        return replay;
    }

    private async Task PublishAsync(EventBusHost host, StreamEvent[] events, int? archived = null)
    {
        var results = await host.Bus.PublishAsync(Stream, events, Cancellation);
        Assert.All(results, result => Assert.Null(result.Rejection));
        await Recorder.Until(async () => await RowsAsync() >= (archived ?? events.Length));
    }

    private static async Task PublishOneByOneAsync(EventBusHost host, StreamEvent[] events)
    {
        foreach (var @event in events)
            await host.Bus.PublishAsync(Stream, @event, Cancellation);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(_database);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<long> RowsAsync()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM events", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static StreamEvent[] Events(int count) => [.. Enumerable.Range(0, count).Select(i => new StreamEvent
    {
        Type = i % 2 == 0 ? "even" : "odd",
        Data = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)),
        Tenant = i % 3 == 0 ? null : "acme",
        Source = "tests",
        CorrelationId = $"c-{i}",
        PartitionKey = $"k-{i % 7}",
        TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        Attributes = "{\"a\":1}"u8.ToArray(),
    })];
}
