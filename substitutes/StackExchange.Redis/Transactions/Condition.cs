namespace StackExchange.Redis;

/// <summary>What must hold when a transaction begins, and still when it is executed.</summary>
public abstract class Condition
{
    private Condition(RedisKey key) => Key = key;

    internal RedisKey Key { get; }

    internal abstract CommandFrame Compose(ConnectionMultiplexer owner);

    internal abstract bool Holds(RedisResult answer);

    /// <summary>The key exists.</summary>
    public static Condition KeyExists(RedisKey key) =>
        new Probe(key, Commands.Exists, [], static r => (long)r == 1);

    /// <summary>The key does not exist.</summary>
    public static Condition KeyNotExists(RedisKey key) =>
        new Probe(key, Commands.Exists, [], static r => (long)r == 0);

    /// <summary>The key holds this value; null means that it does not exist.</summary>
    public static Condition StringEqual(RedisKey key, RedisValue value) =>
        new Probe(key, Commands.Get, [], r => (RedisValue)r == value);

    /// <summary>The key does not hold this value.</summary>
    public static Condition StringNotEqual(RedisKey key, RedisValue value) =>
        new Probe(key, Commands.Get, [], r => (RedisValue)r != value);

    /// <summary>The field exists.</summary>
    public static Condition HashExists(RedisKey key, RedisValue hashField) =>
        new Probe(key, Commands.Hexists, [hashField], static r => (long)r == 1);

    /// <summary>The field does not exist.</summary>
    public static Condition HashNotExists(RedisKey key, RedisValue hashField) =>
        new Probe(key, Commands.Hexists, [hashField], static r => (long)r == 0);

    /// <summary>The field holds this value.</summary>
    public static Condition HashEqual(RedisKey key, RedisValue hashField, RedisValue value) =>
        new Probe(key, Commands.Hget, [hashField], r => (RedisValue)r == value);

    /// <summary>The field does not hold this value.</summary>
    public static Condition HashNotEqual(RedisKey key, RedisValue hashField, RedisValue value) =>
        new Probe(key, Commands.Hget, [hashField], r => (RedisValue)r != value);

    /// <summary>The element at this position is this value.</summary>
    public static Condition ListIndexEqual(RedisKey key, long index, RedisValue value) =>
        new Probe(key, Commands.Lindex, [index], r => (RedisValue)r == value);

    /// <summary>The element at this position is not this value.</summary>
    public static Condition ListIndexNotEqual(RedisKey key, long index, RedisValue value) =>
        new Probe(key, Commands.Lindex, [index], r => (RedisValue)r != value);

    /// <summary>There is an element at this position.</summary>
    public static Condition ListIndexExists(RedisKey key, long index) =>
        new Probe(key, Commands.Lindex, [index], static r => !r.IsNull);

    /// <summary>There is no element at this position.</summary>
    public static Condition ListIndexNotExists(RedisKey key, long index) =>
        new Probe(key, Commands.Lindex, [index], static r => r.IsNull);

    /// <summary>The set has this member.</summary>
    public static Condition SetContains(RedisKey key, RedisValue member) =>
        new Probe(key, Commands.Sismember, [member], static r => (long)r == 1);

    /// <summary>The set does not have this member.</summary>
    public static Condition SetNotContains(RedisKey key, RedisValue member) =>
        new Probe(key, Commands.Sismember, [member], static r => (long)r == 0);

    /// <summary>The sorted set has this member.</summary>
    public static Condition SortedSetContains(RedisKey key, RedisValue member) =>
        new Probe(key, Commands.Zscore, [member], static r => !r.IsNull);

    /// <summary>The sorted set does not have this member.</summary>
    public static Condition SortedSetNotContains(RedisKey key, RedisValue member) =>
        new Probe(key, Commands.Zscore, [member], static r => r.IsNull);

    /// <summary>The member has this score.</summary>
    public static Condition SortedSetEqual(RedisKey key, RedisValue member, RedisValue score) =>
        new Probe(key, Commands.Zscore, [member], r => (RedisValue)r == score);

    /// <summary>The member does not have this score.</summary>
    public static Condition SortedSetNotEqual(RedisKey key, RedisValue member, RedisValue score) =>
        new Probe(key, Commands.Zscore, [member], r => (RedisValue)r != score);

    /// <summary>The length of the value is this.</summary>
    public static Condition StringLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Strlen, [], r => (long)r == length);

    /// <summary>The length of the value is less than this.</summary>
    public static Condition StringLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Strlen, [], r => (long)r < length);

    /// <summary>The length of the value is greater than this.</summary>
    public static Condition StringLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Strlen, [], r => (long)r > length);

    /// <summary>The length of the hash is this.</summary>
    public static Condition HashLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Hlen, [], r => (long)r == length);

    /// <summary>The length of the hash is less than this.</summary>
    public static Condition HashLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Hlen, [], r => (long)r < length);

    /// <summary>The length of the hash is greater than this.</summary>
    public static Condition HashLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Hlen, [], r => (long)r > length);

    /// <summary>The length of the list is this.</summary>
    public static Condition ListLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Llen, [], r => (long)r == length);

    /// <summary>The length of the list is less than this.</summary>
    public static Condition ListLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Llen, [], r => (long)r < length);

    /// <summary>The length of the list is greater than this.</summary>
    public static Condition ListLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Llen, [], r => (long)r > length);

    /// <summary>The length of the set is this.</summary>
    public static Condition SetLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Scard, [], r => (long)r == length);

    /// <summary>The length of the set is less than this.</summary>
    public static Condition SetLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Scard, [], r => (long)r < length);

    /// <summary>The length of the set is greater than this.</summary>
    public static Condition SetLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Scard, [], r => (long)r > length);

    /// <summary>The length of the sorted set is this.</summary>
    public static Condition SortedSetLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Zcard, [], r => (long)r == length);

    /// <summary>The length of the sorted set is less than this.</summary>
    public static Condition SortedSetLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Zcard, [], r => (long)r < length);

    /// <summary>The length of the sorted set is greater than this.</summary>
    public static Condition SortedSetLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Zcard, [], r => (long)r > length);

    /// <summary>The length of the stream is this.</summary>
    public static Condition StreamLengthEqual(RedisKey key, long length) =>
        new Probe(key, Commands.Xlen, [], r => (long)r == length);

    /// <summary>The length of the stream is less than this.</summary>
    public static Condition StreamLengthLessThan(RedisKey key, long length) =>
        new Probe(key, Commands.Xlen, [], r => (long)r < length);

    /// <summary>The length of the stream is greater than this.</summary>
    public static Condition StreamLengthGreaterThan(RedisKey key, long length) =>
        new Probe(key, Commands.Xlen, [], r => (long)r > length);

    private sealed class Probe(RedisKey key, Command command, RedisValue[] arguments, Func<RedisResult, bool> test) : Condition(key)
    {
        internal override CommandFrame Compose(ConnectionMultiplexer owner) => owner.Start(command).Add(Key).Add(arguments);

        internal override bool Holds(RedisResult answer) => test(answer);
    }
}
