namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Adds members (SADD).</summary>
    Task<bool> SetAddAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds members (SADD).</summary>
    Task<long> SetAddAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sets (SUNION, SINTER, SDIFF).</summary>
    Task<RedisValue[]> SetCombineAsync(SetOperation operation, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sets (SUNION, SINTER, SDIFF).</summary>
    Task<RedisValue[]> SetCombineAsync(SetOperation operation, RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sets into another (SUNIONSTORE, SINTERSTORE, SDIFFSTORE).</summary>
    Task<long> SetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None);

    /// <summary>Combines sets into another (SUNIONSTORE, SINTERSTORE, SDIFFSTORE).</summary>
    Task<long> SetCombineAndStoreAsync(
        SetOperation operation, RedisKey destination, RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Whether members belong to the set (SISMEMBER, SMISMEMBER).</summary>
    Task<bool> SetContainsAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Whether members belong to the set (SISMEMBER, SMISMEMBER).</summary>
    Task<bool[]> SetContainsAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    /// <summary>How many members there are (SCARD).</summary>
    Task<long> SetLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>All members (SMEMBERS).</summary>
    Task<RedisValue[]> SetMembersAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Moves a member to another set (SMOVE).</summary>
    Task<bool> SetMoveAsync(RedisKey source, RedisKey destination, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns members (SPOP).</summary>
    Task<RedisValue> SetPopAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes and returns members (SPOP).</summary>
    Task<RedisValue[]> SetPopAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    /// <summary>Any member (SRANDMEMBER).</summary>
    Task<RedisValue> SetRandomMemberAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Several members (SRANDMEMBER).</summary>
    Task<RedisValue[]> SetRandomMembersAsync(RedisKey key, long count, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members (SREM).</summary>
    Task<bool> SetRemoveAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes members (SREM).</summary>
    Task<long> SetRemoveAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    /// <summary>Walks the members without blocking the server (SSCAN).</summary>
    IAsyncEnumerable<RedisValue> SetScanAsync(
        RedisKey key, RedisValue pattern = default, int pageSize = 250, long cursor = 0, int pageOffset = 0,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements to a HyperLogLog (PFADD).</summary>
    Task<bool> HyperLogLogAddAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Adds elements to a HyperLogLog (PFADD).</summary>
    Task<bool> HyperLogLogAddAsync(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None);

    /// <summary>Estimates how many different elements were added (PFCOUNT).</summary>
    Task<long> HyperLogLogLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Estimates how many different elements were added (PFCOUNT).</summary>
    Task<long> HyperLogLogLengthAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Merges HyperLogLogs (PFMERGE).</summary>
    Task HyperLogLogMergeAsync(RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None);

    /// <summary>Merges HyperLogLogs (PFMERGE).</summary>
    Task HyperLogLogMergeAsync(RedisKey destination, RedisKey[] sourceKeys, CommandFlags flags = CommandFlags.None);
}
