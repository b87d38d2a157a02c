using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A cursor names a place, not a row: pages neither repeat nor skip what stays, whatever is stored or removed between them.</summary>
public sealed class PagingTests(ArchiveDatabases databases) : IClassFixture<ArchiveDatabases>
{
    private readonly string _stream = NewStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ArchiveKind.Hypertable, true)]
    [InlineData(ArchiveKind.Hypertable, false)]
    [InlineData(ArchiveKind.Plain, true)]
    public async Task Pages_WhileEventsAreStoredAndRemoved_GiveEachThatStaysOnce(ArchiveKind kind, bool ascending)
    {
        var store = new EventStore(databases[kind]);
        var now = DateTimeOffset.UtcNow;
        var old = await SaveAsync(store, now.AddDays(-40), 100);
        // Several events share each millisecond, so that the time alone does not order them.
        var kept = await SaveAsync(store, now.AddDays(-5), 300);
        var upkeep = new ArchiveUpkeep(
            databases[kind],
            Options.Create(new EventArchiveOptions { Retention = TimeSpan.FromDays(30), CompressAfter = null }),
            new ManualTimeProvider(now),
            NullLogger<ArchiveUpkeep>.Instance);

        var seen = new List<Guid>();
        Guid? cursor = null;
        for (var page = 0; page == 0 || cursor is not null; page++)
        {
            var read = await store.ReadAsync(new EventQuery(_stream) { Limit = 37, Ascending = ascending, After = cursor }, Token);
            seen.AddRange(read.Items.Select(item => item.Id));
            cursor = read.NextCursor;
            // Newer ones come, and the row that the cursor names may go.
            if (page < 3)
                await SaveAsync(store, now.AddMinutes(page), 20);
            if (page == 1)
                await upkeep.RunAsync(Token);
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Empty(kept.Except(seen));
        Assert.Equal(kept.Order(), ascending ? seen.Where(kept.Contains) : seen.Where(kept.Contains).Reverse());
        Assert.True(old.Intersect(seen).Count() < old.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Page_FarFromTheFirst_LeavesTheChunksAloneThatThePagesBeforeHavePassed(bool ascending)
    {
        var store = new EventStore(databases[ArchiveKind.Hypertable]);
        var now = DateTimeOffset.UtcNow;
        foreach (var age in new[] { 13, 12, 11 })
            await SaveAsync(store, now.AddDays(-age), 10);
        var first = await store.ReadAsync(new EventQuery(_stream) { Limit = 15, Ascending = ascending }, Token);

        // As for a chunk that is being compressed or dropped: whoever so much as plans to read it would wait.
        await using var other = await databases[ArchiveKind.Hypertable].OpenConnectionAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using (var chunk = new NpgsqlCommand("SELECT tableoid::regclass::text FROM events WHERE stream_id = $1 AND id = $2", other, transaction))
        {
            chunk.Parameters.Add(new() { Value = _stream });
            chunk.Parameters.Add(new() { Value = first.Items[0].Id });
            var name = (string)(await chunk.ExecuteScalarAsync(Token))!;
            await using var block = new NpgsqlCommand($"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE", other, transaction);
            await block.ExecuteNonQueryAsync(Token);
        }

        var second = await store.ReadAsync(new EventQuery(_stream) { Limit = 15, Ascending = ascending, After = first.NextCursor }, Token);

        Assert.Equal((15, 15), (first.Items.Count, second.Items.Count));
        Assert.Empty(first.Items.IntersectBy(second.Items.Select(item => item.Id), item => item.Id));
    }

    [Fact]
    public async Task Pages_OfLargeEvents_AreShorterAndGiveEachOnce()
    {
        var store = new EventStore(databases[ArchiveKind.Plain]);
        var large = Enumerable.Range(0, 20).Select(_ => NewEvent($"\"{new string('x', 1_000_000)}\"")).ToList();
        await store.SaveAsync([.. large.Select(@event => Deliver(@event, _stream))], Token);

        var (first, seen) = (await store.ReadAsync(new EventQuery(_stream) { Limit = 1000, Ascending = true }, Token), new List<Guid>());
        for (var page = first; ; page = await store.ReadAsync(new EventQuery(_stream) { Limit = 1000, Ascending = true, After = page.NextCursor }, Token))
        {
            seen.AddRange(page.Items.Select(item => item.Id));
            if (page.NextCursor is null)
                break;
        }

        Assert.InRange(first.Items.Count, 1, 10);
        Assert.Equal(large.Select(@event => @event.Id), seen);
    }

    private async Task<HashSet<Guid>> SaveAsync(EventStore store, DateTimeOffset from, int count)
    {
        var events = Enumerable.Range(0, count).Select(number => NewEvent(createdAt: from.AddMilliseconds(number / 7))).ToList();
        await store.SaveAsync([.. events.Select(@event => Deliver(@event, _stream))], Token);
        return [.. events.Select(@event => @event.Id)];
    }
}
