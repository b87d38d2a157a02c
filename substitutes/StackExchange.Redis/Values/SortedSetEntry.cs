namespace StackExchange.Redis;

/// <summary>A member of a sorted set and its score.</summary>
public readonly struct SortedSetEntry(
    RedisValue element, double score) : IEquatable<SortedSetEntry>, IComparable, IComparable<SortedSetEntry>
{
    /// <summary>The member.</summary>
    public RedisValue Element { get; } = element;

    /// <summary>The score.</summary>
    public double Score { get; } = score;

    /// <summary>The same as a pair.</summary>
    public static implicit operator KeyValuePair<RedisValue, double>(SortedSetEntry value) => new(value.Element, value.Score);

    /// <summary>An entry of a pair.</summary>
    public static implicit operator SortedSetEntry(KeyValuePair<RedisValue, double> value) => new(value.Key, value.Value);

    /// <summary>Whether two entries are the same.</summary>
    public static bool operator ==(SortedSetEntry x, SortedSetEntry y) => x.Equals(y);

    /// <summary>Whether two entries differ.</summary>
    public static bool operator !=(SortedSetEntry x, SortedSetEntry y) => !x.Equals(y);

    /// <inheritdoc/>
    public bool Equals(SortedSetEntry other) => Element == other.Element && Score.Equals(other.Score);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SortedSetEntry other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Element, Score);

    /// <summary>Both parts, with a colon between.</summary>
    public override string ToString() => $"{Element}: {Score}";

    /// <summary>Orders by score.</summary>
    public int CompareTo(SortedSetEntry other) => Score.CompareTo(other.Score);

    /// <summary>Orders by score; anything else comes first.</summary>
    public int CompareTo(object? obj) => obj is SortedSetEntry other ? CompareTo(other) : 1;
}
