namespace StackExchange.Redis;

/// <summary>Replies of the stream commands, in their RESP2 and RESP3 shapes.</summary>
internal static class StreamReplies
{
    public static readonly ReplyParser<StreamEntry[]> Entries = static (ref RespReader r) => Replies.Array(ref r, Entry);

    public static readonly ReplyParser<RedisStream[]> Streams = static (ref RespReader r) =>
    {
        if (r.IsNull) return [];
        // RESP3 answers a map of streams, RESP2 an array of pairs.
        var nested = !r.IsMap;
        var streams = new RedisStream[nested ? r.Count : r.Count / 2];
        for (var i = 0; i < streams.Length; i++)
        {
            if (nested) r.Next();
            RedisKey key = (byte[]?)r.NextValue();
            r.Next();
            streams[i] = new(key, Entries!(ref r));
        }
        return streams;
    };

    public static readonly ReplyParser<StreamEntry[]> SingleStream = static (ref RespReader r) =>
        Streams(ref r) is [var stream, ..] ? stream.Entries : [];

    public static readonly ReplyParser<StreamAutoClaimResult> AutoClaim = static (ref RespReader r) =>
    {
        if (r.IsNull) return StreamAutoClaimResult.Null;
        var parts = r.Count;
        var next = r.NextValue();
        r.Next();
        var entries = Entries(ref r);
        return new(next, entries, DeletedIds(ref r, parts));
    };

    public static readonly ReplyParser<StreamAutoClaimIdsOnlyResult> AutoClaimIds = static (ref RespReader r) =>
    {
        if (r.IsNull) return StreamAutoClaimIdsOnlyResult.Null;
        var parts = r.Count;
        var next = r.NextValue();
        r.Next();
        var ids = Replies.Values(ref r);
        return new(next, ids, DeletedIds(ref r, parts));
    };

    public static readonly ReplyParser<StreamPendingInfo> Pending = static (ref RespReader r) =>
    {
        if (r.Count != 4) throw r.Unexpected("a summary of pending entries");
        r.Next();
        var count = (int)r.Integer();
        var lowest = r.NextValue();
        var highest = r.NextValue();
        r.Next();
        return new(count, lowest, highest, Replies.Array(ref r, static (ref RespReader e) => new StreamConsumer(e.NextValue(), (int)NextInteger(ref e))));
    };

    public static readonly ReplyParser<StreamPendingMessageInfo[]> PendingMessages = static (ref RespReader r) =>
        Replies.Array(ref r, static (ref RespReader e) =>
            new StreamPendingMessageInfo(e.NextValue(), e.NextValue(), NextInteger(ref e), (int)NextInteger(ref e)));

    public static readonly ReplyParser<StreamTrimResult> TrimResult = static (ref RespReader r) =>
        TrimResults!(ref r) is [var result, ..] ? result : StreamTrimResult.NotFound;

    public static readonly ReplyParser<StreamTrimResult[]> TrimResults = static (ref RespReader r) =>
        Replies.Array(ref r, static (ref RespReader e) => (StreamTrimResult)e.Integer());

    public static readonly ReplyParser<StreamConsumerInfo[]> Consumers = static (ref RespReader r) =>
        Replies.Array(ref r, static (ref RespReader e) =>
        {
            var (name, pending, idle) = ("", 0L, 0L);
            for (var left = e.Count / 2; left > 0; left--)
            {
                switch (NextText(ref e))
                {
                    case "name": name = NextText(ref e); break;
                    case "pending": pending = NextInteger(ref e); break;
                    case "idle": idle = NextInteger(ref e); break;
                    default: Pass(ref e); break;
                }
            }
            return new StreamConsumerInfo(name, (int)pending, idle);
        });

    public static readonly ReplyParser<StreamGroupInfo[]> Groups = static (ref RespReader r) =>
        Replies.Array(ref r, static (ref RespReader e) =>
        {
            var group = new StreamGroupInfo();
            for (var left = e.Count / 2; left > 0; left--)
            {
                group = NextText(ref e) switch
                {
                    "name" => group with { Name = NextText(ref e) },
                    "consumers" => group with { ConsumerCount = (int)NextInteger(ref e) },
                    "pending" => group with { PendingMessageCount = (int)NextInteger(ref e) },
                    "last-delivered-id" => group with { LastDeliveredId = NextText(ref e) },
                    "entries-read" => group with { EntriesRead = (long?)e.NextValue() },
                    "lag" => group with { Lag = (long?)e.NextValue() },
                    _ => Passed(ref e, group),
                };
            }
            return group;
        });

    public static readonly ReplyParser<StreamInfo> Info = static (ref RespReader r) =>
    {
        var info = new StreamInfo { FirstEntry = StreamEntry.Null, LastEntry = StreamEntry.Null, EntriesAdded = -1 };
        for (var left = r.Count / 2; left > 0; left--)
        {
            info = NextText(ref r) switch
            {
                "length" => info with { Length = (int)NextInteger(ref r) },
                "radix-tree-keys" => info with { RadixTreeKeys = (int)NextInteger(ref r) },
                "radix-tree-nodes" => info with { RadixTreeNodes = (int)NextInteger(ref r) },
                "groups" => info with { ConsumerGroupCount = (int)NextInteger(ref r) },
                "last-generated-id" => info with { LastGeneratedId = r.NextValue() },
                "recorded-first-entry-id" => info with { RecordedFirstEntryId = r.NextValue() },
                "max-deleted-entry-id" => info with { MaxDeletedEntryId = r.NextValue() },
                "entries-added" => info with { EntriesAdded = NextInteger(ref r) },
                "first-entry" => info with { FirstEntry = NextEntry(ref r) },
                "last-entry" => info with { LastEntry = NextEntry(ref r) },
                _ => Passed(ref r, info),
            };
        }
        return info;
    };

    private static StreamEntry Entry(ref RespReader reader)
    {
        // Redis 6.2 answers nothing for an entry that was deleted while it was pending.
        if (reader.IsNull) return StreamEntry.Null;
        var parts = reader.Count;
        if (parts < 2) throw reader.Unexpected("a stream entry");
        var id = reader.NextValue();
        reader.Next();
        var fields = reader.IsNull ? [] : new NameValueEntry[reader.Count / 2];
        for (var i = 0; i < fields.Length; i++) fields[i] = new(reader.NextValue(), reader.NextValue());
        if (parts < 4) return new(id, fields);
        // XREADGROUP CLAIM adds how long the entry was idle and how often it had been delivered.
        var idle = NextInteger(ref reader);
        return new(id, fields, TimeSpan.FromMilliseconds(idle), (int)NextInteger(ref reader));
    }

    private static StreamEntry NextEntry(ref RespReader reader)
    {
        reader.Next();
        return Entry(ref reader);
    }

    private static RedisValue[] DeletedIds(ref RespReader reader, int parts)
    {
        if (parts < 3) return [];
        reader.Next();
        return Replies.Values(ref reader);
    }

    private static long NextInteger(ref RespReader reader)
    {
        reader.Next();
        return reader.Integer();
    }

    private static string NextText(ref RespReader reader)
    {
        reader.Next();
        return reader.Text() ?? "";
    }

    private static void Pass(ref RespReader reader)
    {
        reader.Next();
        reader.SkipChildren();
    }

    private static T Passed<T>(ref RespReader reader, T value)
    {
        Pass(ref reader);
        return value;
    }
}
