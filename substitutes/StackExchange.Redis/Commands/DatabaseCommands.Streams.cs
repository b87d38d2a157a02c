namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<RedisValue> StreamAddAsync(
        RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        StreamAddAsync(key, streamField, streamValue, messageId, (long?)maxLength, useApproximateMaxLength, null, StreamTrimMode.KeepReferences, flags);

    public Task<RedisValue> StreamAddAsync(
        RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        StreamAddAsync(key, streamPairs, messageId, (long?)maxLength, useApproximateMaxLength, null, StreamTrimMode.KeepReferences, flags);

    public Task<RedisValue> StreamAddAsync(
        RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId, long? maxLength, bool useApproximateMaxLength, long? limit,
        StreamTrimMode trimMode, CommandFlags flags)
    {
        var frame = Xadd(key, messageId, maxLength, useApproximateMaxLength, limit, trimMode);
        return SendXadd(frame.Add(streamField).Add(streamValue), flags);
    }

    public Task<RedisValue> StreamAddAsync(
        RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId, long? maxLength, bool useApproximateMaxLength, long? limit,
        StreamTrimMode trimMode, CommandFlags flags)
    {
        ArgumentNullException.ThrowIfNull(streamPairs);
        if (streamPairs.Length == 0) throw new ArgumentOutOfRangeException(nameof(streamPairs), "streamPairs must contain at least one item.");
        var frame = Xadd(key, messageId, maxLength, useApproximateMaxLength, limit, trimMode);
        foreach (var pair in streamPairs) frame.Add(pair.Name).Add(pair.Value);
        return SendXadd(frame, flags);
    }

    public Task<StreamEntry[]> StreamRangeAsync(
        RedisKey key, RedisValue? minId, RedisValue? maxId, int? count, Order messageOrder, CommandFlags flags)
    {
        RequirePositive(count, nameof(count));
        var (low, high) = (minId ?? "-", maxId ?? "+");
        var frame = messageOrder == Order.Ascending
            ? Start(Commands.Xrange).Add(key).Add(low).Add(high)
            : Start(Commands.Xrevrange).Add(key).Add(high).Add(low);
        if (count is { } limit) frame.Add("COUNT"u8).Add(limit);
        return Send(frame, StreamReplies.Entries, flags);
    }

    public Task<long> StreamLengthAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Xlen).Add(key), Replies.Integer, flags);

    public Task<long> StreamDeleteAsync(RedisKey key, RedisValue[] messageIds, CommandFlags flags) =>
        Send(Start(Commands.Xdel).Add(key).Add(NotEmpty(messageIds)), Replies.Integer, flags);

    public Task<StreamTrimResult[]> StreamDeleteAsync(RedisKey key, RedisValue[] messageIds, StreamTrimMode mode, CommandFlags flags) =>
        Send(Start(Commands.Xdelex).Add(key).Add(Word(mode)).Add("IDS"u8).Add(NotEmpty(messageIds).Length).Add(messageIds), StreamReplies.TrimResults, flags);

    public Task<long> StreamTrimAsync(RedisKey key, int maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        StreamTrimAsync(key, maxLength, useApproximateMaxLength, null, StreamTrimMode.KeepReferences, flags);

    public Task<long> StreamTrimAsync(
        RedisKey key, long maxLength, bool useApproximateMaxLength, long? limit, StreamTrimMode mode, CommandFlags flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        return Send(Trim(Start(Commands.Xtrim).Add(key), "MAXLEN"u8, maxLength, useApproximateMaxLength, limit, mode), Replies.Integer, flags);
    }

    public Task<long> StreamTrimByMinIdAsync(
        RedisKey key, RedisValue minId, bool useApproximateMaxLength, long? limit, StreamTrimMode mode, CommandFlags flags) =>
        Send(Trim(Start(Commands.Xtrim).Add(key), "MINID"u8, minId, useApproximateMaxLength, limit, mode), Replies.Integer, flags);

    public Task<StreamEntry[]> StreamReadAsync(RedisKey key, RedisValue position, int? count, CommandFlags flags)
    {
        RequirePositive(count, nameof(count));
        var after = StreamPosition.ForRead(position);
        var frame = Start(Commands.Xread);
        if (count is { } limit) frame.Add("COUNT"u8).Add(limit);
        return Send(frame.Add("STREAMS"u8).Add(key).Add(after), StreamReplies.SingleStream, flags);
    }

    public Task<RedisStream[]> StreamReadAsync(StreamPosition[] streamPositions, int? countPerStream, CommandFlags flags) =>
        StreamReadAsync(streamPositions, countPerStream, null, null, flags);

    public Task<RedisStream[]> StreamReadAsync(
        StreamPosition[] streamPositions, int? countPerStream, int? maxCount, int? maxSize, CommandFlags flags)
    {
        RequireStreams(streamPositions);
        RequirePositive(countPerStream, nameof(countPerStream));
        var positions = Array.ConvertAll(streamPositions, position => StreamPosition.ForRead(position.Position));
        var frame = Start(Commands.Xread);
        if (countPerStream is { } limit) frame.Add("COUNT"u8).Add(limit);
        Limit(frame, maxCount, maxSize).Add("STREAMS"u8);
        foreach (var stream in streamPositions) frame.Add(stream.Key);
        return Send(frame.Add(positions), StreamReplies.Streams, flags);
    }

    public Task<StreamInfo> StreamInfoAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Xinfo).Add("STREAM"u8).Add(key), StreamReplies.Info, flags);

    private static void RequirePositive(int? count, string name)
    {
        if (count is <= 0) throw new ArgumentOutOfRangeException(name, count, $"{name} must be greater than 0.");
    }

    private static void RequireStreams(StreamPosition[] streamPositions)
    {
        ArgumentNullException.ThrowIfNull(streamPositions);
        if (streamPositions.Length == 0) throw new ArgumentOutOfRangeException(nameof(streamPositions), "streamPositions must contain at least one item.");
    }

    private static RedisValue[] NotEmpty(RedisValue[] messageIds)
    {
        ArgumentNullException.ThrowIfNull(messageIds);
        return messageIds.Length > 0 ? messageIds : throw new ArgumentOutOfRangeException(nameof(messageIds), "messageIds must contain at least one item.");
    }

    private static ReadOnlySpan<byte> Word(StreamTrimMode mode) => mode switch
    {
        StreamTrimMode.KeepReferences => "KEEPREF"u8,
        StreamTrimMode.DeleteReferences => "DELREF"u8,
        StreamTrimMode.Acknowledged => "ACKED"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "The trim mode must be KeepReferences, DeleteReferences or Acknowledged."),
    };

    private static CommandFrame Limit(CommandFrame frame, int? maxCount, int? maxSize)
    {
        if (maxCount is { } count) frame.Add("MAXCOUNT"u8).Add(count);
        if (maxSize is { } size) frame.Add("MAXSIZE"u8).Add(size);
        return frame;
    }

    private static CommandFrame Trim(
        CommandFrame frame, ReadOnlySpan<byte> by, RedisValue threshold, bool approximate, long? limit, StreamTrimMode mode)
    {
        frame.Add(by).AddIf(approximate, "~"u8).Add(threshold);
        if (limit is { } most) frame.Add("LIMIT"u8).Add(most);
        return mode == StreamTrimMode.KeepReferences ? frame : frame.Add(Word(mode));
    }

    private Task<RedisValue> SendXadd(CommandFrame frame, CommandFlags flags)
    {
        if (flags.HasFlag(CommandFlags.FireAndForget) || flags.HasFlag(CommandFlags.DemandReplica) || AsyncState is not null) return Send(frame, Replies.Value, flags);
        if (Owner.Profile(Database, frame.Command, flags) is { } profile)
        {
            var profiled = new Message<RedisValue>(frame.Command, flags, Replies.Value) { Profile = profile };
            Deliver(profiled, frame);
            return profiled.Task;
        }
        var message = new EntryIdMessage(frame.Command, flags);
        Deliver(message, frame);
        return message.Task;
    }

    private CommandFrame Xadd(RedisKey key, RedisValue? id, long? maxLength, bool approximate, long? limit, StreamTrimMode mode)
    {
        if (maxLength is <= 0) throw new ArgumentOutOfRangeException(nameof(maxLength), maxLength, "maxLength must be greater than 0.");
        var frame = Start(Commands.Xadd).Add(key);
        if (maxLength is { } most) Trim(frame, "MAXLEN"u8, most, approximate, limit, mode);
        return id is { IsNull: false } given ? frame.Add(given) : frame.Add("*"u8);
    }
}
