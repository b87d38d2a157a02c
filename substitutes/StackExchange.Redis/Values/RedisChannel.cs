using System.Text;

namespace StackExchange.Redis;

/// <summary>The name of a pub/sub channel, or a pattern of such names.</summary>
public readonly struct RedisChannel : IEquatable<RedisChannel>
{
    private readonly byte[]? _name;
    private readonly Kind _kind;

    private RedisChannel(byte[]? name, Kind kind)
    {
        _name = name;
        _kind = kind;
    }

    /// <summary>Makes a channel of bytes.</summary>
    public RedisChannel(byte[]? value, PatternMode mode) : this(value, KindOf(value, mode)) { }

    /// <summary>Makes a channel of a text.</summary>
    public RedisChannel(string value, PatternMode mode) : this(value is null ? null : Encoding.UTF8.GetBytes(value), mode) { }

    /// <summary>How a name is understood: as it is, as a pattern, or by whether it contains a star.</summary>
    public enum PatternMode
    {
        /// <summary>A pattern when the name contains a star.</summary>
        Auto = 0,

        /// <summary>Exactly this name.</summary>
        Literal = 1,

        /// <summary>Every name that matches.</summary>
        Pattern = 2,
    }

    internal enum Kind : byte { Literal, Pattern, Sharded }

    /// <summary>Whether implicit conversions from text make a pattern of a name with a star.</summary>
    public static bool UseImplicitAutoPattern { get; set; } = true;

    /// <summary>Whether there is no name.</summary>
    public bool IsNullOrEmpty => _name is null or { Length: 0 };

    /// <summary>Whether this is a pattern of names.</summary>
    public bool IsPattern => _kind == Kind.Pattern;

    /// <summary>Whether this channel is of the sharded pub/sub (SSUBSCRIBE).</summary>
    public bool IsSharded => _kind == Kind.Sharded;

    internal ReadOnlyMemory<byte> Bytes => _name;

    internal static RedisChannel Received(byte[] name, Kind kind) => new(name, kind);

    /// <summary>The channel of exactly this name.</summary>
    public static RedisChannel Literal(string value) => new(value, PatternMode.Literal);

    /// <summary>The channel of exactly this name.</summary>
    public static RedisChannel Literal(byte[] value) => new(value, PatternMode.Literal);

    /// <summary>Every channel whose name matches.</summary>
    public static RedisChannel Pattern(string value) => new(value, PatternMode.Pattern);

    /// <summary>Every channel whose name matches.</summary>
    public static RedisChannel Pattern(byte[] value) => new(value, PatternMode.Pattern);

    /// <summary>The sharded channel of exactly this name.</summary>
    public static RedisChannel Sharded(string value) => new(Encoding.UTF8.GetBytes(value), Kind.Sharded);

    /// <summary>The sharded channel of exactly this name.</summary>
    public static RedisChannel Sharded(byte[]? value) => new(value, Kind.Sharded);

    /// <summary>Makes a channel of a text.</summary>
    [Obsolete("It is preferable to explicitly specify a PatternMode, or use the Literal/Pattern methods", error: false)]
    public static implicit operator RedisChannel(string key) => new(key, ImplicitMode);

    /// <summary>Makes a channel of bytes.</summary>
    [Obsolete("It is preferable to explicitly specify a PatternMode, or use the Literal/Pattern methods", error: false)]
    public static implicit operator RedisChannel(byte[]? key) => new(key, ImplicitMode);

    /// <summary>The name as bytes.</summary>
    public static implicit operator byte[]?(RedisChannel key) => key._name;

    /// <summary>The name as text.</summary>
    public static implicit operator string?(RedisChannel key) => key._name is { } name ? Encoding.UTF8.GetString(name) : null;

    /// <summary>Whether two channels are the same.</summary>
    public static bool operator ==(RedisChannel x, RedisChannel y) => x.Equals(y);

    /// <summary>Whether two channels differ.</summary>
    public static bool operator !=(RedisChannel x, RedisChannel y) => !x.Equals(y);

    /// <inheritdoc/>
    public bool Equals(RedisChannel other) =>
        _kind == other._kind && (_name is null) == (other._name is null) && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RedisChannel other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Utf8Hash.Of(Bytes.Span), _kind);

    /// <summary>The name as text, or <c>(null)</c>.</summary>
    public override string ToString() => (string?)this ?? "(null)";

    private static PatternMode ImplicitMode => UseImplicitAutoPattern ? PatternMode.Auto : PatternMode.Literal;

    private static Kind KindOf(byte[]? value, PatternMode mode) => mode switch
    {
        PatternMode.Literal => Kind.Literal,
        PatternMode.Pattern => Kind.Pattern,
        PatternMode.Auto => value.AsSpan().Contains((byte)'*') ? Kind.Pattern : Kind.Literal,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "The pattern mode must be Auto, Literal or Pattern."),
    };
}
