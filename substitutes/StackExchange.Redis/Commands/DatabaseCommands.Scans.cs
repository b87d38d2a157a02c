using System.Runtime.CompilerServices;

namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    private async IAsyncEnumerable<T> ScanAsync<T>(
        Command command, RedisKey key, RedisValue pattern, int pageSize, long cursor, int pageOffset, ReplyParser<T[]> items, CommandFlags flags,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageSize);
        ReplyParser<ScanPage<T>> page = (ref RespReader r) => ScanPage<T>.Read(ref r, items);
        var skip = pageOffset;
        do
        {
            var frame = Start(command).Add(key).Add((RedisValue)unchecked((ulong)cursor));
            var (next, found) = await Send(ScanPage<T>.Options(frame, pattern, pageSize), page, flags)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            foreach (var item in found.Skip(skip)) yield return item;
            (cursor, skip) = (next, 0);
        }
        while (cursor != 0);
    }
}

/// <summary>One page of a scan: where the next one begins, and what this one holds.</summary>
internal readonly record struct ScanPage<T>(long Cursor, T[] Items)
{
    public static ScanPage<T> Read(ref RespReader reader, ReplyParser<T[]> items)
    {
        if (reader.Count != 2) throw reader.Unexpected("a page of a scan");
        reader.Next();
        // Cursors are unsigned; they only go back to the server, so their bits are what counts.
        var cursor = unchecked((long)ulong.Parse(reader.Payload, System.Globalization.CultureInfo.InvariantCulture));
        reader.Next();
        return new(cursor, items(ref reader));
    }

    public static CommandFrame Options(CommandFrame frame, RedisValue pattern, int pageSize)
    {
        if (!pattern.IsNullOrEmpty && pattern != "*") frame.Add("MATCH"u8).Add(pattern);
        return frame.Add("COUNT"u8).Add(pageSize);
    }
}
