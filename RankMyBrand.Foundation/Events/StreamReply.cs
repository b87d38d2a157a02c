using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads the reply of XREAD and XREADGROUP in its RESP2 shape: an array of streams, each with its entries.</summary>
internal static class StreamReply
{
    public static IReadOnlyList<(string Stream, StreamEntry[] Entries)> Parse(RedisResult reply)
    {
        if (reply.IsNull)
            return [];
        var streams = new (string, StreamEntry[])[reply.Length];
        for (var i = 0; i < streams.Length; i++)
        {
            var entries = reply[i][1];
            var parsed = new StreamEntry[entries.Length];
            for (var k = 0; k < parsed.Length; k++)
                parsed[k] = ParseEntry(entries[k]);
            streams[i] = ((string)reply[i][0]!, parsed);
        }

        return streams;
    }

    private static StreamEntry ParseEntry(RedisResult entry)
    {
        // The fields of an entry that was deleted while it was pending are nil.
        var values = entry[1];
        var fields = values.IsNull ? [] : new NameValueEntry[values.Length / 2];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new NameValueEntry((RedisValue)values[i * 2], (RedisValue)values[(i * 2) + 1]);
        return new StreamEntry((RedisValue)entry[0], fields);
    }
}
