using System.Text;

namespace StackExchange.Redis;

/// <summary>The name of a key: text or bytes. A text and its UTF-8 bytes are the same key.</summary>
public readonly struct RedisKey : IEquatable<RedisKey>
{
    private readonly object? _name;

    private RedisKey(byte[]? key) => _name = key;

    /// <summary>Makes a key of a text.</summary>
    public RedisKey(string? key) => _name = key;

    internal bool IsNull => _name is null;

    internal bool IsNullOrEmpty => _name is null or "" or byte[] { Length: 0 };

    internal string? Text => _name as string;

    internal ReadOnlyMemory<byte> Bytes => _name switch
    {
        string text => Encoding.UTF8.GetBytes(text),
        byte[] bytes => bytes,
        _ => default,
    };

    /// <summary>Makes a key of a text.</summary>
    public static implicit operator RedisKey(string? key) => new(key);

    /// <summary>Makes a key of bytes, which must not change while the key is in use.</summary>
    public static implicit operator RedisKey(byte[]? key) => new(key);

    /// <summary>The key as bytes.</summary>
    public static implicit operator byte[]?(RedisKey key) => key._name switch
    {
        string text => Encoding.UTF8.GetBytes(text),
        byte[] bytes => bytes,
        _ => null,
    };

    /// <summary>The key as text.</summary>
    public static implicit operator string?(RedisKey key) => key._name switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => null,
    };

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(RedisKey x, RedisKey y) => x.Equals(y);

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(string x, RedisKey y) => y.Equals((RedisKey)x);

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(byte[] x, RedisKey y) => y.Equals((RedisKey)x);

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(RedisKey x, string y) => x.Equals((RedisKey)y);

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(RedisKey x, byte[] y) => x.Equals((RedisKey)y);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(RedisKey x, RedisKey y) => !x.Equals(y);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(string x, RedisKey y) => !y.Equals((RedisKey)x);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(byte[] x, RedisKey y) => !y.Equals((RedisKey)x);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(RedisKey x, string y) => !x.Equals((RedisKey)y);

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(RedisKey x, byte[] y) => !x.Equals((RedisKey)y);

    /// <summary>The key with another text or bytes in front.</summary>
    public RedisKey Prepend(RedisKey prefix) => prefix.Append(this);

    /// <summary>The key with another text or bytes behind.</summary>
    public RedisKey Append(RedisKey suffix)
    {
        if (suffix.IsNullOrEmpty) return this;
        if (IsNullOrEmpty) return suffix;
        if (_name is string first && suffix._name is string second) return first + second;
        return (byte[])[.. Bytes.Span, .. suffix.Bytes.Span];
    }

    /// <inheritdoc/>
    public bool Equals(RedisKey other)
    {
        if (_name is string x && other._name is string y) return x == y;
        if (_name is null || other._name is null) return ReferenceEquals(_name, other._name);
        return Bytes.Span.SequenceEqual(other.Bytes.Span);
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj switch
    {
        RedisKey key => Equals(key),
        string text => Equals((RedisKey)text),
        byte[] bytes => Equals((RedisKey)bytes),
        _ => false,
    };

    /// <inheritdoc/>
    public override int GetHashCode() => _name switch
    {
        string text => Utf8Hash.Of(text),
        byte[] bytes => Utf8Hash.Of(bytes),
        _ => -1,
    };

    /// <summary>The key as text, or <c>(null)</c>.</summary>
    public override string ToString() => (string?)this ?? "(null)";

    internal RedisValue AsValue() => _name switch
    {
        string text => text,
        byte[] bytes => bytes,
        _ => RedisValue.Null,
    };
}
