using RankMyBrand.Foundation.Events;
using static RankMyBrand.Tests.Foundation.Events.SourcingDatabase;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class ReadTests(SourcingDatabase sourcing) : IClassFixture<SourcingDatabase>
{
    private readonly StreamId _stream = new("acme", $"brand-{Guid.NewGuid()}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_SeveralPages_GivesEveryVersionOnceForwardAndBackward()
    {
        var events = NewEvents(1201);
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, events, Token);

        var forward = await sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).ToListAsync(Token);
        var backward = await sourcing.Streams.ReadBackwardAsync(_stream, cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(1, 1201).Select(version => (long)version), forward.Select(@event => @event.Version));
        Assert.Equal(events.Select(@event => @event.Id), forward.Select(@event => @event.Event.Id));
        Assert.Equal(forward.Select(@event => @event.Event.Id).Reverse(), backward.Select(@event => @event.Event.Id));
    }

    [Fact]
    public async Task Read_FromAVersion_StartsWithIt()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(5), Token);

        var forward = await sourcing.Streams.ReadAsync(_stream, 4, Token).Select(@event => @event.Version).ToListAsync(Token);
        var backward = await sourcing.Streams.ReadBackwardAsync(_stream, 2, Token).Select(@event => @event.Version).ToListAsync(Token);
        var beyond = await sourcing.Streams.ReadAsync(_stream, 6, Token).ToListAsync(Token);

        Assert.Equal([4, 5], forward);
        Assert.Equal([2, 1], backward);
        Assert.Empty(beyond);
    }

    [Fact]
    public async Task Read_LargeEvents_PagesByBytesAndMissesNone()
    {
        var text = new string('x', 1_000_000);
        for (var i = 0; i < 20; i++)
            await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(i), [NewEvent($"\"{text}\"")], Token);

        var versions = await sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).Select(@event => @event.Version).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(1, 20).Select(version => (long)version), versions);
    }

    [Fact]
    public async Task Read_Abandoned_HoldsNoConnection()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(600), Token);

        // More readers than the pool has connections, all in the middle of their stream.
        var readers = Enumerable.Range(0, 150).Select(_ => sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).GetAsyncEnumerator(Token)).ToList();
        foreach (var reader in readers)
            Assert.True(await reader.MoveNextAsync());
        foreach (var reader in readers)
            await reader.DisposeAsync();
    }

    [Fact]
    public async Task Snapshot_NewestWinsWithinItsSchema()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(30), Token);
        await sourcing.Streams.SaveSnapshotAsync(_stream, new Snapshot(10, Schema: 1, "ten"u8.ToArray()), Token);
        await sourcing.Streams.SaveSnapshotAsync(_stream, new Snapshot(30, Schema: 1, "thirty"u8.ToArray()), Token);
        await sourcing.Streams.SaveSnapshotAsync(_stream, new Snapshot(20, Schema: 1, "twenty"u8.ToArray()), Token);

        var snapshot = await sourcing.Streams.LoadSnapshotAsync(_stream, schema: 1, Token);

        Assert.Equal(30, snapshot!.Version);
        Assert.Equal("thirty"u8, snapshot.Data.Span);
        Assert.Null(await sourcing.Streams.LoadSnapshotAsync(_stream, schema: 2, Token));
        Assert.Null(await sourcing.Streams.LoadSnapshotAsync(new StreamId("rival", _stream.Name), schema: 1, Token));
    }

    [Fact]
    public async Task Snapshot_OfEventsThatAreNotCommitted_IsRefused()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(2), Token);
        await using (var connection = await sourcing.Database.OpenConnectionAsync(Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var appended = await sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Exactly(2), NewEvents(1), Token);

            var refused = await Assert.ThrowsAsync<ArgumentException>(
                () => sourcing.Streams.SaveSnapshotAsync(_stream, new Snapshot(appended.LastVersion, Schema: 1, "three"u8.ToArray()), Token));

            Assert.StartsWith($"The snapshot of the stream '{_stream}' has version 3, but the stream has version 2.", refused.Message, StringComparison.Ordinal);
        }

        Assert.Null(await sourcing.Streams.LoadSnapshotAsync(_stream, schema: 1, Token));
        await sourcing.Streams.SaveSnapshotAsync(_stream, new Snapshot(2, Schema: 1, "two"u8.ToArray()), Token);
        Assert.Equal(2, (await sourcing.Streams.LoadSnapshotAsync(_stream, schema: 1, Token))!.Version);
    }
}
