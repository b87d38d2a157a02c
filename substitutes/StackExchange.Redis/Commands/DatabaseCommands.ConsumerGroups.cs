namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue messageId, CommandFlags flags) =>
        Send(Start(Commands.Xack).Add(key).Add(groupName).Add(messageId), Replies.Integer, flags);

    public Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue[] messageIds, CommandFlags flags) =>
        Send(Start(Commands.Xack).Add(key).Add(groupName).Add(NotEmpty(messageIds)), Replies.Integer, flags);

    public Task<StreamTrimResult> StreamAcknowledgeAndDeleteAsync(
        RedisKey key, RedisValue groupName, StreamTrimMode mode, RedisValue messageId, CommandFlags flags) =>
        Send(Xackdel(key, groupName, mode, [messageId]), StreamReplies.TrimResult, flags);

    public Task<StreamTrimResult[]> StreamAcknowledgeAndDeleteAsync(
        RedisKey key, RedisValue groupName, StreamTrimMode mode, RedisValue[] messageIds, CommandFlags flags) =>
        Send(Xackdel(key, groupName, mode, NotEmpty(messageIds)), StreamReplies.TrimResults, flags);

    public Task<StreamAutoClaimResult> StreamAutoClaimAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count, CommandFlags flags) =>
        Send(Xautoclaim(key, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, count), StreamReplies.AutoClaim, flags);

    public Task<StreamAutoClaimIdsOnlyResult> StreamAutoClaimIdsOnlyAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count, CommandFlags flags) =>
        Send(Xautoclaim(key, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, count).Add("JUSTID"u8), StreamReplies.AutoClaimIds, flags);

    public Task<StreamEntry[]> StreamClaimAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds, CommandFlags flags) =>
        Send(Xclaim(key, consumerGroup, claimingConsumer, minIdleTimeInMs, messageIds), StreamReplies.Entries, flags);

    public Task<RedisValue[]> StreamClaimIdsOnlyAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds, CommandFlags flags) =>
        Send(Xclaim(key, consumerGroup, claimingConsumer, minIdleTimeInMs, messageIds).Add("JUSTID"u8), Replies.Values, flags);

    public Task<bool> StreamConsumerGroupSetPositionAsync(RedisKey key, RedisValue groupName, RedisValue position, CommandFlags flags) =>
        Send(Start(Commands.Xgroup).Add("SETID"u8).Add(key).Add(groupName).Add(StreamPosition.ForGroup(position)), Replies.Flag, flags);

    public Task<StreamConsumerInfo[]> StreamConsumerInfoAsync(RedisKey key, RedisValue groupName, CommandFlags flags) =>
        Send(Start(Commands.Xinfo).Add("CONSUMERS"u8).Add(key).Add(groupName), StreamReplies.Consumers, flags);

    public Task<bool> StreamCreateConsumerGroupAsync(RedisKey key, RedisValue groupName, RedisValue? position, CommandFlags flags) =>
        StreamCreateConsumerGroupAsync(key, groupName, position, createStream: true, flags);

    public Task<bool> StreamCreateConsumerGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue? position, bool createStream, CommandFlags flags)
    {
        var start = StreamPosition.ForGroup(position ?? StreamPosition.NewMessages);
        return Send(Start(Commands.Xgroup).Add("CREATE"u8).Add(key).Add(groupName).Add(start).AddIf(createStream, "MKSTREAM"u8), Replies.Flag, flags);
    }

    public Task<long> StreamDeleteConsumerAsync(RedisKey key, RedisValue groupName, RedisValue consumerName, CommandFlags flags) =>
        Send(Start(Commands.Xgroup).Add("DELCONSUMER"u8).Add(key).Add(groupName).Add(consumerName), Replies.Integer, flags);

    public Task<bool> StreamDeleteConsumerGroupAsync(RedisKey key, RedisValue groupName, CommandFlags flags) =>
        Send(Start(Commands.Xgroup).Add("DESTROY"u8).Add(key).Add(groupName), Replies.Flag, flags);

    public Task<StreamGroupInfo[]> StreamGroupInfoAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Xinfo).Add("GROUPS"u8).Add(key), StreamReplies.Groups, flags);

    public Task<StreamPendingInfo> StreamPendingAsync(RedisKey key, RedisValue groupName, CommandFlags flags) =>
        Send(Start(Commands.Xpending).Add(key).Add(groupName), StreamReplies.Pending, flags);

    public Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId, RedisValue? maxId, CommandFlags flags) =>
        StreamPendingMessagesAsync(key, groupName, count, consumerName, minId, maxId, null, flags);

    public Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId, RedisValue? maxId, long? minIdleTimeInMs, CommandFlags flags)
    {
        RequirePositive(count, nameof(count));
        var frame = Start(Commands.Xpending).Add(key).Add(groupName);
        if (minIdleTimeInMs is { } idle) frame.Add("IDLE"u8).Add(idle);
        frame.Add(minId ?? "-").Add(maxId ?? "+").Add(count);
        return Send(consumerName.IsNull ? frame : frame.Add(consumerName), StreamReplies.PendingMessages, flags);
    }

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, CommandFlags flags) =>
        StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck: false, null, flags);

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, bool noAck, CommandFlags flags) =>
        StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck, null, flags);

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, bool noAck, TimeSpan? claimMinIdleTime, CommandFlags flags)
    {
        var frame = Xreadgroup(groupName, consumerName, count, noAck, claimMinIdleTime).Add("STREAMS"u8);
        return Send(frame.Add(key).Add(StreamPosition.ForReadGroup(position ?? StreamPosition.NewMessages)), StreamReplies.SingleStream, flags);
    }

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, CommandFlags flags) =>
        StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck: false, null, null, null, flags);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck, CommandFlags flags) =>
        StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck, null, null, null, flags);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck, TimeSpan? claimMinIdleTime, CommandFlags flags) =>
        StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck, claimMinIdleTime, null, null, flags);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck, TimeSpan? claimMinIdleTime,
        int? maxCount, int? maxSize, CommandFlags flags)
    {
        RequireStreams(streamPositions);
        var frame = Limit(Xreadgroup(groupName, consumerName, countPerStream, noAck, claimMinIdleTime), maxCount, maxSize).Add("STREAMS"u8);
        foreach (var stream in streamPositions) frame.Add(stream.Key);
        foreach (var stream in streamPositions) frame.Add(StreamPosition.ForReadGroup(stream.Position));
        return Send(frame, StreamReplies.Streams, flags);
    }

    private CommandFrame Xreadgroup(RedisValue group, RedisValue consumer, int? count, bool noAck, TimeSpan? claim)
    {
        RequirePositive(count, nameof(count));
        var frame = Start(Commands.Xreadgroup).Add("GROUP"u8).Add(group).Add(consumer);
        if (count is { } limit) frame.Add("COUNT"u8).Add(limit);
        frame.AddIf(noAck, "NOACK"u8);
        return claim is { } idle ? frame.Add("CLAIM"u8).Add((long)idle.TotalMilliseconds) : frame;
    }

    private CommandFrame Xackdel(RedisKey key, RedisValue group, StreamTrimMode mode, RedisValue[] ids) =>
        Start(Commands.Xackdel).Add(key).Add(group).Add(Word(mode)).Add("IDS"u8).Add(ids.Length).Add(ids);

    private CommandFrame Xclaim(RedisKey key, RedisValue group, RedisValue consumer, long minIdle, RedisValue[] ids) =>
        Start(Commands.Xclaim).Add(key).Add(group).Add(consumer).Add(minIdle).Add(NotEmpty(ids));

    private CommandFrame Xautoclaim(RedisKey key, RedisValue group, RedisValue consumer, long minIdle, RedisValue start, int? count)
    {
        var frame = Start(Commands.Xautoclaim).Add(key).Add(group).Add(consumer).Add(minIdle).Add(start);
        return count is { } limit ? frame.Add("COUNT"u8).Add(limit) : frame;
    }
}
