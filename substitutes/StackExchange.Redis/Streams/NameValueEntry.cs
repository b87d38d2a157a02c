namespace StackExchange.Redis;

/// <summary>A field of a stream entry and its value.</summary>
public readonly struct NameValueEntry(RedisValue name, RedisValue value) : IEquatable<NameValueEntry>
{
    /// <summary>The name of the field.</summary>
    public RedisValue Name { get; } = name;

    /// <summary>The value of the field.</summary>
    public RedisValue Value { get; } = value;

    /// <summary>The same as a pair.</summary>
    public static implicit operator KeyValuePair<RedisValue, RedisValue>(NameValueEntry value) => new(value.Name, value.Value);

    /// <summary>An entry of a pair.</summary>
    public static implicit operator NameValueEntry(KeyValuePair<RedisValue, RedisValue> value) => new(value.Key, value.Value);

    /// <summary>Whether two entries are the same.</summary>
    public static bool operator ==(NameValueEntry x, NameValueEntry y) => x.Equals(y);

    /// <summary>Whether two entries differ.</summary>
    public static bool operator !=(NameValueEntry x, NameValueEntry y) => !x.Equals(y);

    /// <inheritdoc/>
    public bool Equals(NameValueEntry other) => Name == other.Name && Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NameValueEntry other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Value);

    /// <summary>Both parts, with a colon between.</summary>
    public override string ToString() => $"{Name}: {Value}";
}
