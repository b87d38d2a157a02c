namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Acknowledges entries (XACK) and returns how many were pending.</summary>
    Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue messageId, CommandFlags flags = CommandFlags.None);

    /// <summary>Acknowledges entries (XACK) and returns how many were pending.</summary>
    Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None);

    /// <summary>Acknowledges and deletes entries in one step (XACKDEL, Redis 8.2).</summary>
    Task<StreamTrimResult> StreamAcknowledgeAndDeleteAsync(
        RedisKey key, RedisValue groupName, StreamTrimMode mode, RedisValue messageId, CommandFlags flags = CommandFlags.None);

    /// <summary>Acknowledges and deletes entries in one step (XACKDEL, Redis 8.2).</summary>
    Task<StreamTrimResult[]> StreamAcknowledgeAndDeleteAsync(
        RedisKey key, RedisValue groupName, StreamTrimMode mode, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds an entry (XADD) and returns its id.</summary>
    Task<RedisValue> StreamAddAsync(
        RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength,
        CommandFlags flags);

    /// <summary>Adds an entry (XADD) and returns its id.</summary>
    Task<RedisValue> StreamAddAsync(
        RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength,
        CommandFlags flags);

    /// <summary>Adds an entry (XADD) and returns its id.</summary>
    Task<RedisValue> StreamAddAsync(
        RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId = null, long? maxLength = null,
        bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode trimMode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Adds an entry (XADD) and returns its id.</summary>
    Task<RedisValue> StreamAddAsync(
        RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId = null, long? maxLength = null,
        bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode trimMode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Takes over entries that other consumers have left idle (XAUTOCLAIM).</summary>
    Task<StreamAutoClaimResult> StreamAutoClaimAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count = null,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Takes over idle entries and returns only their ids (XAUTOCLAIM JUSTID).</summary>
    Task<StreamAutoClaimIdsOnlyResult> StreamAutoClaimIdsOnlyAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count = null,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Takes over certain entries (XCLAIM).</summary>
    Task<StreamEntry[]> StreamClaimAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Takes over certain entries and returns only their ids (XCLAIM JUSTID).</summary>
    Task<RedisValue[]> StreamClaimIdsOnlyAsync(
        RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Sets what a group was given last (XGROUP SETID).</summary>
    Task<bool> StreamConsumerGroupSetPositionAsync(
        RedisKey key, RedisValue groupName, RedisValue position, CommandFlags flags = CommandFlags.None);

    /// <summary>Describes the consumers of a group (XINFO CONSUMERS).</summary>
    Task<StreamConsumerInfo[]> StreamConsumerInfoAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None);

    /// <summary>Creates a group (XGROUP CREATE), by default at the end of the stream, and the stream too.</summary>
    Task<bool> StreamCreateConsumerGroupAsync(RedisKey key, RedisValue groupName, RedisValue? position, CommandFlags flags);

    /// <summary>Creates a group (XGROUP CREATE), by default at the end of the stream, and the stream too.</summary>
    Task<bool> StreamCreateConsumerGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue? position = null, bool createStream = true, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes entries (XDEL, XDELEX).</summary>
    Task<long> StreamDeleteAsync(RedisKey key, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes entries (XDEL, XDELEX).</summary>
    Task<StreamTrimResult[]> StreamDeleteAsync(
        RedisKey key, RedisValue[] messageIds, StreamTrimMode mode, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes a consumer (XGROUP DELCONSUMER) and returns how many entries it had pending.</summary>
    Task<long> StreamDeleteConsumerAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes a group (XGROUP DESTROY).</summary>
    Task<bool> StreamDeleteConsumerGroupAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None);

    /// <summary>Describes the groups (XINFO GROUPS).</summary>
    Task<StreamGroupInfo[]> StreamGroupInfoAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Describes the stream (XINFO STREAM).</summary>
    Task<StreamInfo> StreamInfoAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>How many entries there are (XLEN).</summary>
    Task<long> StreamLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Summarizes what a group has not acknowledged (XPENDING).</summary>
    Task<StreamPendingInfo> StreamPendingAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None);

    /// <summary>Lists entries that a group has not acknowledged (XPENDING); a null consumer means all.</summary>
    Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId, RedisValue? maxId, CommandFlags flags);

    /// <summary>Lists entries that a group has not acknowledged (XPENDING); a null consumer means all.</summary>
    Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId = null, RedisValue? maxId = null,
        long? minIdleTimeInMs = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Entries between two ids (XRANGE, XREVRANGE).</summary>
    Task<StreamEntry[]> StreamRangeAsync(
        RedisKey key, RedisValue? minId = null, RedisValue? maxId = null, int? count = null, Order messageOrder = Order.Ascending,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Entries after a position (XREAD); never null.</summary>
    Task<StreamEntry[]> StreamReadAsync(RedisKey key, RedisValue position, int? count = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Entries after a position (XREAD); never null.</summary>
    Task<RedisStream[]> StreamReadAsync(StreamPosition[] streamPositions, int? countPerStream, CommandFlags flags);

    /// <summary>Entries after a position (XREAD); never null.</summary>
    Task<RedisStream[]> StreamReadAsync(
        StreamPosition[] streamPositions, int? countPerStream = null, int? maxCount = null, int? maxSize = null,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, CommandFlags flags);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, bool noAck, CommandFlags flags);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position = null, int? count = null, bool noAck = false,
        TimeSpan? claimMinIdleTime = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, CommandFlags flags);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck,
        CommandFlags flags);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck,
        TimeSpan? claimMinIdleTime, CommandFlags flags);

    /// <summary>Gives entries to a consumer of a group (XREADGROUP); never null.</summary>
    Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream = null, bool noAck = false,
        TimeSpan? claimMinIdleTime = null, int? maxCount = null, int? maxSize = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes the oldest entries beyond a number (XTRIM MAXLEN).</summary>
    Task<long> StreamTrimAsync(RedisKey key, int maxLength, bool useApproximateMaxLength, CommandFlags flags);

    /// <summary>Removes the oldest entries beyond a number (XTRIM MAXLEN).</summary>
    Task<long> StreamTrimAsync(
        RedisKey key, long maxLength, bool useApproximateMaxLength = false, long? limit = null,
        StreamTrimMode mode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes entries older than an id (XTRIM MINID).</summary>
    Task<long> StreamTrimByMinIdAsync(
        RedisKey key, RedisValue minId, bool useApproximateMaxLength = false, long? limit = null,
        StreamTrimMode mode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None);
}
