namespace StackExchange.Redis;

/// <summary>What a server of a version can do.</summary>
public readonly struct RedisFeatures(Version version) : IEquatable<RedisFeatures>
{
    private static readonly Version s_unknown = new(0, 0);

    /// <summary>The version.</summary>
    public Version Version => version ?? s_unknown;

    /// <summary>GETDEL.</summary>
    public bool GetDelete => IsAtLeast(6, 2);

    /// <summary>Memory reports.</summary>
    public bool Memory => IsAtLeast(4, 0);

    /// <summary>RESP3.</summary>
    public bool Resp3 => IsAtLeast(6, 0);

    /// <summary>HELLO.</summary>
    public bool Hello => IsAtLeast(6, 0);

    /// <summary>SET with GET.</summary>
    public bool SetAndGet => IsAtLeast(6, 2);

    /// <summary>SET with KEEPTTL.</summary>
    public bool SetKeepTtl => IsAtLeast(6, 0);

    /// <summary>SET with NX and GET together.</summary>
    public bool SetNotExistsAndGet => IsAtLeast(7, 0);

    /// <summary>SET with IFEQ.</summary>
    public bool SetWithValueCheck => IsAtLeast(8, 4);

    /// <summary>DELEX.</summary>
    public bool DeleteWithValueCheck => IsAtLeast(8, 4);

    /// <summary>Sharded pub/sub.</summary>
    public bool ShardedPubSub => IsAtLeast(7, 0);

    /// <summary>ZPOPMIN and ZPOPMAX.</summary>
    public bool SortedSetPop => IsAtLeast(5, 0);

    /// <summary>ZRANGESTORE.</summary>
    public bool SortedSetRangeStore => IsAtLeast(6, 2);

    /// <summary>Streams.</summary>
    public bool Streams => IsAtLeast(5, 0);

    /// <summary>SWAPDB.</summary>
    public bool SwapDB => IsAtLeast(4, 0);

    /// <summary>UNLINK.</summary>
    public bool Unlink => IsAtLeast(4, 0);

    /// <summary>Whether two are the same.</summary>
    public static bool operator ==(RedisFeatures left, RedisFeatures right) => left.Equals(right);

    /// <summary>Whether two differ.</summary>
    public static bool operator !=(RedisFeatures left, RedisFeatures right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(RedisFeatures other) => Version == other.Version;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RedisFeatures other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Version.GetHashCode();

    /// <summary>The version.</summary>
    public override string ToString() => Version.ToString();

    private bool IsAtLeast(int major, int minor) => Version.Major > major || (Version.Major == major && Version.Minor >= minor);
}
