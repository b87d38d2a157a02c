using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
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
