using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.SourcingDatabase;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class GlobalOrderTests(SourcingDatabase sourcing, Servers servers) : IClassFixture<SourcingDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAll_BehindARunningTransaction_WaitsForIt()
    {
        var (slow, fast) = (NewEvent(), NewEvent());
        await using var connection = await sourcing.Database.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await sourcing.Streams.AppendAsync(transaction, NewStream(), ExpectedVersion.NoStream, [slow], Token);
        await sourcing.Streams.AppendAsync(NewStream(), ExpectedVersion.NoStream, [fast], Token);

        var (before, position) = await ReadAsync(GlobalPosition.Start);
        await transaction.CommitAsync(Token);
        // Until all transactions that began before have ended, those of other tests on the server included.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        List<Guid> after;
        while ((after = [.. (await ReadAsync(position)).Ids.Where(id => id == slow.Id || id == fast.Id)]).Count < 2)
            await Task.Delay(100, patience.Token);

        Assert.DoesNotContain(fast.Id, before);
        Assert.Equal([slow.Id, fast.Id], after);
    }

    [Fact]
    public async Task ReadAll_WhileLongTransactionsCommitOutOfOrder_SkipsNoEvent()
    {
        using var writing = new CancellationTokenSource();
        var reader = ReadUntilAsync(writing.Token);
        var appended = await Task.WhenAll(Enumerable.Range(0, 12).Select(writer => WriteAsync(new Random(writer))));
        await writing.CancelAsync();

        var (ids, positions) = await reader;

        var mine = appended.SelectMany(id => id).ToHashSet();
        Assert.Equal(12 * 40 * 2, mine.Count);
        Assert.Equal(mine.Order(), ids.Where(mine.Contains).Order());
        Assert.Equal(positions.Order(), positions);
        Assert.Equal(ids, (await ReadAsync(GlobalPosition.Start)).Ids);
    }

    [Fact]
    public async Task ReadAll_AfterARestoreOnAnotherServer_SaysWhatToDoAndThenGoesOn()
    {
        await using var other = new SourcingDatabase(servers);
        await other.InitializeAsync();
        var (old, fresh) = (NewEvent(), NewEvent());
        await other.Streams.AppendAsync(NewStream(), ExpectedVersion.NoStream, [old], Token);
        // As if a server with far more transactions behind it had written the event.
        await ExecuteAsync(other.Database, "UPDATE sourced_events SET transaction_id = transaction_id + 5000000000");

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => other.Streams.ReadAllTenantsAsync(GlobalPosition.Start, Token).ToListAsync(Token).AsTask());
        await ExecuteAsync(other.Database, "SELECT sourced_events_restored()");
        await other.Streams.AppendAsync(NewStream(), ExpectedVersion.NoStream, [fresh], Token);
        // An event can be read when all transactions that began before its own have ended, those of other tests on the server included.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        List<Guid> ids = [];
        while (ids.Count < 2)
            ids = await other.Streams.ReadAllTenantsAsync(GlobalPosition.Start, patience.Token).Select(@event => @event.Event.Id).ToListAsync(patience.Token);

        Assert.Contains("sourced_events_restored()", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([old.Id, fresh.Id], ids);
    }

    [Fact]
    public void GlobalPosition_Text_RoundTripsAndRefusesNonsense()
    {
        var position = new GlobalPosition(7421, 90);

        Assert.Equal(position, GlobalPosition.Parse(position.ToString()));
        Assert.All(["", "7", "-1", "1-", "a-b", "1-2-3", "-1-2"], text => Assert.Throws<FormatException>(() => GlobalPosition.Parse(text)));
        Assert.True(GlobalPosition.Start < position && new GlobalPosition(7421, 91) > position && new GlobalPosition(7422, 1) >= position);
    }

    private static StreamId NewStream() => new("acme", $"brand-{Guid.NewGuid()}");

    private async Task<List<Guid>> WriteAsync(Random random)
    {
        var written = new List<Guid>();
        for (var i = 0; i < 40; i++)
        {
            var events = NewEvents(2);
            await using var connection = await sourcing.Database.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await sourcing.Streams.AppendAsync(transaction, NewStream(), ExpectedVersion.NoStream, [events[0]], Token);
            await Task.Delay(random.Next(0, 15), Token);
            await sourcing.Streams.AppendAsync(transaction, NewStream(), ExpectedVersion.NoStream, [events[1]], Token);
            await transaction.CommitAsync(Token);
            written.AddRange(events.Select(@event => @event.Id));
        }

        return written;
    }

    /// <summary>Follows the feed as a projection does, always from where it stopped.</summary>
    private async Task<(List<Guid> Ids, List<GlobalPosition> Positions)> ReadUntilAsync(CancellationToken written)
    {
        var (ids, positions) = (new List<Guid>(), new List<GlobalPosition>());
        while (true)
        {
            // Asked before reading: what was written by then must be in this read or an earlier one.
            var isLast = written.IsCancellationRequested;
            var before = ids.Count;
            await foreach (var @event in sourcing.Streams.ReadAllTenantsAsync(positions.LastOrDefault(), Token))
            {
                ids.Add(@event.Event.Id);
                positions.Add(@event.Position);
            }

            if (isLast)
                return (ids, positions);
            if (ids.Count == before)
                await Task.Delay(1, Token);
        }
    }

    private async Task<(List<Guid> Ids, GlobalPosition Position)> ReadAsync(GlobalPosition after)
    {
        var events = await sourcing.Streams.ReadAllTenantsAsync(after, Token).ToListAsync(Token);
        return (events.ConvertAll(@event => @event.Event.Id), events.Count == 0 ? after : events[^1].Position);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
