using System.Text;
using System.Text.Json.Nodes;
using RankMyBrand.Foundation.Events;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class EventStoreTests(ArchiveDatabases databases) : IClassFixture<ArchiveDatabases>
{
    private readonly string _stream = NewStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ArchiveKind.Hypertable, 1)]
    [InlineData(ArchiveKind.Hypertable, 2)]
    [InlineData(ArchiveKind.Plain, 1)]
    public async Task Save_WholeEvent_KeepsAllOfIt(ArchiveKind kind, int attempt)
    {
        var store = new EventStore(databases[kind]);
        var whole = NewEvent("""{"text":"Zażółć \"gęślą\" 😀","n":[1,2.50,null]}""") with
        {
            CorrelationId = "order \"7\"",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Source = "/prompts/7",
            Tenant = "acme",
            Attributes = """{"subject":"x"}"""u8.ToArray(),
        };
        var bare = NewEvent("7") with { TraceParent = null, Tenant = "acme" };

        Assert.Equal(2, await store.SaveAsync([Deliver(whole, _stream, attempt), Deliver(bare, _stream, attempt)], Token));

        var stored = (await store.ReadAsync(new EventQuery(_stream) { Tenant = "acme", Ascending = true }, Token)).Items;
        Assert.Equal([whole.Id, bare.Id], stored.Select(item => item.Id));
        Assert.Equal((_stream, "audit.completed", whole.CreatedAt), (stored[0].StreamId, stored[0].Type, stored[0].CreatedAt));
        AssertJson(Encoding.UTF8.GetString(whole.Data.Span), stored[0].Data);
        AssertJson(
            """
            {"correlationId":"order \"7\"","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","source":"/prompts/7",
             "entryId":"1763683200000-7","attributes":{"subject":"x"}}
            """,
            stored[0].Metadata);
        AssertJson("7", stored[1].Data);
        AssertJson($$"""{"correlationId":"{{bare.Id}}","entryId":"1763683200000-7"}""", stored[1].Metadata);
    }

    [Theory]
    [InlineData(ArchiveKind.Hypertable, 1)]
    [InlineData(ArchiveKind.Hypertable, 2)]
    [InlineData(ArchiveKind.Plain, 1)]
    public async Task Save_SomeAreThereAlready_StoresTheRestAndLeavesThose(ArchiveKind kind, int attempt)
    {
        var store = new EventStore(databases[kind]);
        var events = Enumerable.Range(0, 10).Select(number => NewEvent($"{number}")).ToList();
        await store.SaveAsync([.. events.Take(4).Select(@event => Deliver(@event, _stream))], Token);

        var stored = await store.SaveAsync([.. events.Select(@event => Deliver(@event with { Data = "-1"u8.ToArray() }, _stream, attempt))], Token);

        Assert.Equal(6, stored);
        var items = (await store.ReadAsync(new EventQuery(_stream) { Ascending = true }, Token)).Items;
        Assert.Equal(["0", "1", "2", "3", "-1", "-1", "-1", "-1", "-1", "-1"], items.Select(item => item.Data));
    }

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Save_OneEventTwiceInABatch_StoresItOnce(ArchiveKind kind)
    {
        var store = new EventStore(databases[kind]);
        var @event = NewEvent("1");

        Assert.Equal(2, await store.SaveAsync([Deliver(@event, _stream), Deliver(NewEvent("2"), _stream), Deliver(@event, _stream)], Token));

        Assert.Equal(2, await databases.CountAsync(kind, _stream));
    }

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Save_SameEventsAtTheSameTime_StoresEachOnce(ArchiveKind kind)
    {
        var store = new EventStore(databases[kind]);
        var events = Enumerable.Range(0, 500).Select(_ => NewEvent()).ToList();

        // Windows that overlap, as those of consumers that take over from one another.
        var stored = await Task.WhenAll(Enumerable.Range(0, 12).Select(writer => store.SaveAsync(
            [.. events.Skip(writer * 30).Take(150).Select(@event => Deliver(@event, _stream, 1 + (writer % 2)))], Token)));

        Assert.Equal(480, stored.Sum());
        Assert.Equal(480, await databases.CountAsync(kind, _stream));
    }

    [Fact]
    public async Task Save_LargeEvents_AreCompressedWithLz4()
    {
        var store = new EventStore(databases[ArchiveKind.Hypertable]);
        await store.SaveAsync([Deliver(NewEvent($"\"{new string('x', 100_000)}\""), _stream)], Token);

        await using var command = databases[ArchiveKind.Hypertable].CreateCommand(
            "SELECT pg_column_compression(event_data), pg_column_size(event_data) < 10000 FROM events WHERE stream_id = $1");
        command.Parameters.Add(new() { Value = _stream });
        await using var reader = await command.ExecuteReaderAsync(Token);

        Assert.True(await reader.ReadAsync(Token));
        Assert.Equal("lz4", reader.GetString(0));
        Assert.True(reader.GetBoolean(1));
    }

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), $"Expected {expected}, got {actual}.");
}
