using System.Text;
using Npgsql;
using RankMyBrand.Foundation.Events;
using static RankMyBrand.Tests.Foundation.Events.SourcingDatabase;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class AppendTests(SourcingDatabase sourcing) : IClassFixture<SourcingDatabase>
{
    private readonly StreamId _stream = new("acme", $"brand-{Guid.NewGuid()}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_ToNewStream_GivesVersionsFromOne()
    {
        var result = await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(3), Token);

        Assert.Equal(new AppendResult(1, 3, IsDuplicate: false), result);
        Assert.Equal(3, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_WholeEvent_IsReadBackByteForByte()
    {
        const string Json = """{ "b" : 1.10, "a":"\u00e9" , "b": 2}""";
        var written = NewEvent(Json) with
        {
            CorrelationId = "order 7",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Source = "tests",
            Tenant = "acme",
            Attributes = """{"subject":"x"}"""u8.ToArray(),
        };

        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, [written], Token);

        var read = Assert.Single(await sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(Json, Encoding.UTF8.GetString(read.Event.Data.Span));
        Assert.Equal("""{"subject":"x"}""", Encoding.UTF8.GetString(read.Event.Attributes!.Value.Span));
        Assert.Equal(written with { Data = default, Attributes = null }, read.Event with { Data = default, Attributes = null });
    }

    [Fact]
    public async Task Append_BareEvent_IsReadBackBare()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, [NewEvent() with { TraceParent = null }], Token);

        var read = Assert.Single(await sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).ToListAsync(Token)).Event;
        Assert.Equal((null, null, null, null), (read.Attributes, read.CorrelationId, read.Source, read.TraceParent));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Append_WithWrongVersion_ThrowsConflictAndAppendsNothing(long expected)
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(2), Token);

        var conflict = await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(expected), NewEvents(1), Token));

        Assert.Equal((_stream, ExpectedVersion.Exactly(expected), 2L), (conflict.Stream, conflict.Expected, conflict.Actual));
        Assert.Equal(2, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_WithWrongVersion_NamesStreamExpectedAndActual()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(2), Token);

        var taken = await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(7), NewEvents(1), Token));
        var missing = await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(new StreamId(null, "brand-0"), ExpectedVersion.Exactly(1), NewEvents(1), Token));
        var exists = await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(1), Token));

        Assert.Equal($"The stream '{_stream}' was expected to have version 7 but has version 2. Read it again and retry.", taken.Message);
        Assert.Equal("The stream 'default/brand-0' was expected to have version 1 but has no events. Read it again and retry.", missing.Message);
        Assert.Equal($"The stream '{_stream}' was expected to have no events but has version 2. Read it again and retry.", exists.Message);
    }

    [Fact]
    public async Task Append_WithAnyVersion_AppendsAtTheEnd()
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, NewEvents(2), Token);

        var result = await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, NewEvents(2), Token);

        Assert.Equal(new AppendResult(3, 4, IsDuplicate: false), result);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Append_SameEventsAgain_IsAnsweredAsDuplicate(bool any)
    {
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, NewEvents(2), Token);
        var expected = any ? ExpectedVersion.Any : ExpectedVersion.Exactly(2);
        var events = NewEvents(3);
        await sourcing.Streams.AppendAsync(_stream, expected, events, Token);
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, NewEvents(1), Token);

        var again = await sourcing.Streams.AppendAsync(_stream, expected, events, Token);

        Assert.Equal(new AppendResult(3, 5, IsDuplicate: true), again);
        Assert.Equal(6, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_KnownEventElsewhere_ThrowsConflictThatNamesIt()
    {
        var known = NewEvent();
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, [NewEvent(), known], Token);

        var exact = await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(2), [NewEvent(), known], Token));
        await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, [known, NewEvent()], Token));

        Assert.Contains($"it holds the event {known.Id} as version 2", exact.Message, StringComparison.Ordinal);
        Assert.Equal(2, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_SameNameAndIdsOfAnotherTenant_IsAStreamOfItsOwn()
    {
        var events = NewEvents(2);
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, events, Token);

        var other = await sourcing.Streams.AppendAsync(new StreamId("rival", _stream.Name), ExpectedVersion.NoStream, events, Token);

        Assert.False(other.IsDuplicate);
        Assert.Empty(await sourcing.Streams.ReadAsync(new StreamId(null, _stream.Name), cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Append_ConcurrentAtOneVersion_ExactlyOneWins()
    {
        for (var version = 0L; version < 20; version++)
        {
            var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
            {
                try
                {
                    return (await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Exactly(version), NewEvents(1), Token)).LastVersion;
                }
                catch (VersionConflictException e)
                {
                    Assert.Equal(version + 1, e.Actual);
                    return 0;
                }
            }));

            Assert.Equal(version + 1, Assert.Single(attempts, won => won > 0));
        }
    }

    [Fact]
    public async Task Append_ConcurrentAtAnyVersion_LeavesNoGap()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(
            _ => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, NewEvents(3), Token)));

        Assert.Equal(300, results.Max(result => result.LastVersion));
        var read = await sourcing.Streams.ReadAsync(_stream, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(1, 300).Select(version => (long)version), read.Select(@event => @event.Version));
    }

    [Fact]
    public async Task Append_SameEventsConcurrently_AppendsOnce()
    {
        var events = NewEvents(2);

        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(
            _ => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, events, Token)));

        Assert.Single(results, result => !result.IsDuplicate);
        Assert.All(results, result => Assert.Equal((1, 2), (result.FirstVersion, result.LastVersion)));
    }

    [Fact]
    public async Task Append_InRolledBackTransaction_LeavesNothing()
    {
        await using (var connection = await sourcing.Database.OpenConnectionAsync(Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.NoStream, NewEvents(2), Token);
            await transaction.RollbackAsync(Token);
        }

        Assert.Equal(0, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_ConflictInTransaction_LeavesTheTransactionUsable()
    {
        var known = NewEvent();
        await sourcing.Streams.AppendAsync(_stream, ExpectedVersion.NoStream, [known], Token);
        await using var connection = await sourcing.Database.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Exactly(5), NewEvents(1), Token));
        await Assert.ThrowsAsync<VersionConflictException>(
            () => sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Exactly(1), [known], Token));
        var duplicate = await sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Any, [known], Token);
        var result = await sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Exactly(1), NewEvents(1), Token);
        await transaction.CommitAsync(Token);

        Assert.True(duplicate.IsDuplicate);
        Assert.Equal(2, result.LastVersion);
        Assert.Equal(2, await sourcing.Streams.GetVersionAsync(_stream, Token));
    }

    [Fact]
    public async Task Append_EndedTransaction_SaysSo()
    {
        await using var connection = await sourcing.Database.OpenConnectionAsync(Token);
        var transaction = await connection.BeginTransactionAsync(Token);
        await transaction.CommitAsync(Token);
        await transaction.DisposeAsync();

        await Assert.ThrowsAnyAsync<InvalidOperationException>(
            () => sourcing.Streams.AppendAsync(transaction, _stream, ExpectedVersion.Any, NewEvents(1), Token));
    }

    [Fact]
    public async Task Append_WhatCannotBeStored_IsRefusedBeforehand()
    {
        var twice = NewEvent();

        await Assert.ThrowsAsync<ArgumentException>(() => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, [], Token));
        await Assert.ThrowsAsync<ArgumentException>(() => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, [twice, twice], Token));
        await Assert.ThrowsAsync<ArgumentException>(() => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, [NewEvent("{")], Token));
        await Assert.ThrowsAsync<ArgumentException>(
            () => sourcing.Streams.AppendAsync(_stream, ExpectedVersion.Any, [NewEvent() with { Tenant = "rival" }], Token));
        Assert.Throws<ArgumentException>(() => new StreamId("acme", ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExpectedVersion.Exactly(-1));
    }
}
