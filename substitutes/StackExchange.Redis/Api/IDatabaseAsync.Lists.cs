namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>The element at a position (LINDEX).</summary>
    Task<RedisValue> ListGetByIndexAsync(RedisKey key, long index, CommandFlags flags = CommandFlags.None);

    /// <summary>Inserts behind an element (LINSERT AFTER); -1 when there is no such element.</summary>
    Task<long> ListInsertAfterAsync(RedisKey key, RedisValue pivot, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Inserts in front of an element (LINSERT BEFORE); -1 when there is no such element.</summary>
    Task<long> ListInsertBeforeAsync(RedisKey key, RedisValue pivot, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns elements from the head (LPOP).</summary>
    Task<RedisValue> ListLeftPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns elements from the head (LPOP).</summary>
    Task<RedisValue[]> ListLeftPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the head (LPUSH, LPUSHX) and returns the length.</summary>
    Task<long> ListLeftPushAsync(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the head (LPUSH, LPUSHX) and returns the length.</summary>
    Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the head (LPUSH, LPUSHX) and returns the length.</summary>
    Task<long> ListLeftPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags);

    /// <summary>How many elements there are (LLEN).</summary>
    Task<long> ListLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Moves an element from an end of one list to an end of another (LMOVE).</summary>
    Task<RedisValue> ListMoveAsync(
        RedisKey sourceKey, RedisKey destinationKey, ListSide sourceSide, ListSide destinationSide,
        CommandFlags flags = CommandFlags.None);

    /// <summary>The position of an element (LPOS); -1 when there is none.</summary>
    Task<long> ListPositionAsync(
        RedisKey key, RedisValue element, long rank = 1, long maxLength = 0, CommandFlags flags = CommandFlags.None);

    /// <summary>Elements by position (LRANGE).</summary>
    Task<RedisValue[]> ListRangeAsync(RedisKey key, long start = 0, long stop = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes elements of a value (LREM).</summary>
    Task<long> ListRemoveAsync(RedisKey key, RedisValue value, long count = 0, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns elements from the tail (RPOP).</summary>
    Task<RedisValue> ListRightPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns elements from the tail (RPOP).</summary>
    Task<RedisValue[]> ListRightPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    /// <summary>Moves an element from the tail of one list to the head of another (RPOPLPUSH).</summary>
    Task<RedisValue> ListRightPopLeftPushAsync(RedisKey source, RedisKey destination, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the tail (RPUSH, RPUSHX) and returns the length.</summary>
    Task<long> ListRightPushAsync(RedisKey key, RedisValue value, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the tail (RPUSH, RPUSHX) and returns the length.</summary>
    Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements at the tail (RPUSH, RPUSHX) and returns the length.</summary>
    Task<long> ListRightPushAsync(RedisKey key, RedisValue[] values, CommandFlags flags);

    /// <summary>Overwrites the element at a position (LSET).</summary>
    Task ListSetByIndexAsync(RedisKey key, long index, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Keeps only a range of elements (LTRIM).</summary>
    Task ListTrimAsync(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None);
}
