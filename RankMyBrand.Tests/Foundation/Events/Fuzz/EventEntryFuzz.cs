using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>The envelope of an event in its stream, on events of all kinds and on entries of strangers.</summary>
public sealed class EventEntryFuzz
{
    private const int Inputs = 100_000;

    private static readonly string[] s_fields =
        ["event_id", "event_type", "data", "timestamp", "correlation_id", "traceparent", "tenant", "source", "partition_key", "attributes", "Data", "", "group"];

    [Fact]
    public void Entry_OfAnEvent_ReadsBackAsTheEvent() => Fuzzing.Check(Inputs / 2, Events(), written =>
    {
        var fields = EntryFields.Rent().Write(written);

        Assert.True(EventEntry.TryRead("1-0", fields, out var read, out var problem), problem);

        Assert.Equal(written.Id, read!.Id);
        Assert.Equal(written.CreatedAt, read.CreatedAt);
        Assert.Equal(written.Type, read.Type);
        Assert.Equal(written.CorrelationId ?? written.Id.ToString(), read.CorrelationId);
        Assert.Equal((written.TraceParent, written.Tenant, written.Source, written.PartitionKey), (read.TraceParent, read.Tenant, read.Source, read.PartitionKey));
        Assert.True(written.Data.Span.SequenceEqual(read.Data.Span));
        Assert.Equal(written.Attributes is null, read.Attributes is null);
        if (written.Attributes is { } attributes)
            Assert.True(attributes.Span.SequenceEqual(read.Attributes!.Value.Span));
    });

    [Fact]
    public void Entry_OfAStranger_IsAnEventOrSaysWhyNot() => Fuzzing.Check(Inputs, Strangers(), input =>
    {
        var (entryId, fields) = input;

        var isEvent = EventEntry.TryRead(entryId, fields, out var first, out var problem);

        if (!isEvent)
        {
            Assert.Null(first);
            Assert.False(string.IsNullOrWhiteSpace(problem));
            return;
        }

        // Each delivery gives the same id, and the store can hold what is taken.
        Assert.True(EventEntry.TryRead(entryId, fields, out var second, out _));
        Assert.Equal(first!.Id, second!.Id);
        Assert.Equal(7, first.Id.Version);
        Assert.InRange(first.CreatedAt, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        Assert.True(JsonText.IsStorable(first.Data, out _));
        Assert.NotEmpty(first.Type);
    });

    private static Gen<StreamEvent> Events() =>
        from id in Gen.Choose(0, int.MaxValue).Two()
        from data in JsonTexts.Any.Select(Encoding.UTF8.GetBytes).Where(bytes => JsonText.IsStorable(bytes, out _))
        from attributes in Gen.Elements<string?>(null, "{}", "{\"specversion\":\"1.0\",\"é\":[1]}")
        from texts in Gen.Elements<string?>(null, "a", "été", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x\ny", "😀").ArrayOf(5)
        from type in Gen.Elements("t", "response.received", "ü", "12", "-0", new string('t', 256))
        select new StreamEvent
        {
            Id = UuidV7.FromName(((long)id.Item1 << 10) % 253402300799999, BitConverter.GetBytes(id.Item2)),
            Type = type,
            Data = data,
            CorrelationId = texts[0],
            TraceParent = texts[1],
            Tenant = texts[2],
            Source = texts[3],
            PartitionKey = texts[4],
            Attributes = attributes is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(attributes),
        };

    private static Gen<(string EntryId, NameValueEntry[] Fields)> Strangers()
    {
        var value = Gen.Frequency(
            (4, JsonTexts.Bytes(JsonTexts.Any).Select(raw => (RedisValue)raw.Bytes)),
            (1, Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().Select(bytes => (RedisValue)bytes)),
            (1, Gen.Elements<RedisValue>(RedisValue.Null, "", 0, -1, 1.5, long.MaxValue, true)),
            (1, Gen.Elements<RedisValue>("01932f1a-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff", "evt_17", "00000000-0000-0000-0000-000000000000", "{01932f1a00007000800000000000000}")));
        var field = Gen.Elements(s_fields).Zip(value, (name, content) => new NameValueEntry(name, content));
        // Half of them have what an event needs, so that the rest is looked at too.
        NameValueEntry[] enough = [new("event_type", "t"), new("data", "{}")];
        var entryId = Gen.Elements("1763683200000-0", "0-1", "18446744073709551615-18446744073709551615", "9999999999999999-1", "1", "", "-", "x-y");
        return
            from id in entryId
            from start in Gen.Elements<NameValueEntry[]>(enough, [])
            from fields in field.ArrayOf().ScaleSize(size => Math.Min(size, 12))
            select (id, (NameValueEntry[])[.. start, .. fields]);
    }
}
