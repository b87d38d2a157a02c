namespace StackExchange.Redis;

/// <summary>A reply of any shape. A RESP3 map is an array of keys and values in turn.</summary>
public abstract partial class RedisResult
{
    private protected RedisResult(ResultType type) => Resp3Type = type;

    /// <summary>How many elements the reply has; -1 when it is not an array.</summary>
    public virtual int Length => -1;

    /// <summary>The shape of the reply.</summary>
    public ResultType Resp3Type { get; }

    /// <summary>The shape that the reply would have in RESP2.</summary>
    public ResultType Resp2Type => Resp3Type switch
    {
        ResultType.Null => ResultType.BulkString,
        ResultType.Double => ResultType.BulkString,
        var type => (ResultType)((int)type & 0b111),
    };

    /// <summary>Whether the reply is nothing.</summary>
    public abstract bool IsNull { get; }

    /// <summary>The element at a position.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element, or the reply is not an array.</exception>
    public virtual RedisResult this[int index] => throw new InvalidOperationException("Indexers can only be used on array results");

    /// <summary>A reply of one value.</summary>
    public static RedisResult Create(RedisValue value, ResultType? resultType = null) =>
        new ScalarResult(value, resultType ?? (value.IsInteger ? ResultType.Integer : value.IsNull ? ResultType.Null : ResultType.BulkString));

    /// <summary>A reply of one value.</summary>
    public static RedisResult Create(RedisKey key) => Create(key.AsValue(), ResultType.BulkString);

    /// <summary>A reply of one value.</summary>
    public static RedisResult Create(RedisChannel channel) => Create((byte[]?)channel, ResultType.BulkString);

    /// <summary>A reply of several values.</summary>
    public static RedisResult Create(RedisValue[] values) => Create(values, ResultType.Array);

    /// <summary>A reply of several values.</summary>
    public static RedisResult Create(RedisValue[] values, ResultType resultType) =>
        new ArrayResult(values is null ? null : Array.ConvertAll(values, value => Create(value, null)), resultType);

    /// <summary>A reply of several replies.</summary>
    public static RedisResult Create(RedisResult[] values) => Create(values, ResultType.Array);

    /// <summary>A reply of several replies.</summary>
    public static RedisResult Create(RedisResult[] values, ResultType resultType) => new ArrayResult(values, resultType);

    internal static RedisResult Error(string message) => new ErrorResult(message);

    /// <summary>The reply as text; the number of elements for an array.</summary>
    public sealed override string ToString() => ToString(out _) ?? "";

    /// <summary>The reply as text, and the format that a verbatim text names.</summary>
    public abstract string? ToString(out string? type);

    /// <summary>Keys and values in turn as a dictionary; the keys are compared without regard to case unless a comparer is given.</summary>
    public Dictionary<string, RedisResult> ToDictionary(IEqualityComparer<string>? comparer = null)
    {
        var items = Elements();
        var result = new Dictionary<string, RedisResult>(items.Length / 2, comparer ?? StringComparer.InvariantCultureIgnoreCase);
        for (var i = 0; i + 1 < items.Length; i += 2) result.Add(items[i].ToString(), items[i + 1]);
        return result;
    }

    internal abstract RedisValue AsValue();

    internal virtual RedisResult[]? AsArray() => IsNull ? null : [this];

    private RedisResult[] Elements() => AsArray() ?? [];

    private sealed class ScalarResult(RedisValue value, ResultType type) : RedisResult(type)
    {
        public override bool IsNull => value.IsNull;

        public override string? ToString(out string? type)
        {
            type = null;
            string? text = value;
            if (Resp3Type != ResultType.VerbatimString || text is not { Length: >= 4 } || text[3] != ':') return text;
            type = text[..3];
            return text[4..];
        }

        internal override RedisValue AsValue() => Resp3Type == ResultType.VerbatimString ? ToString(out _) : value;
    }

    private sealed class ErrorResult(string message) : RedisResult(ResultType.Error)
    {
        public override bool IsNull => false;

        public override string ToString(out string? type)
        {
            type = null;
            return message;
        }

        internal override RedisValue AsValue() => throw RedisErrors.Exception(message, CommandFlags.None);

        internal override RedisResult[] AsArray() => throw RedisErrors.Exception(message, CommandFlags.None);
    }

    private sealed class ArrayResult(RedisResult[]? items, ResultType type) : RedisResult(type)
    {
        public override int Length => items?.Length ?? -1;

        public override bool IsNull => items is null;

        public override RedisResult this[int index] => (items ?? [])[index];

        public override string? ToString(out string? type)
        {
            type = null;
            return items is null ? "(nil)" : $"{items.Length} element(s)";
        }

        internal override RedisValue AsValue() => items switch
        {
            null => RedisValue.Null,
            { Length: 1 } => items[0].AsValue(),
            _ => throw new InvalidCastException($"A reply of {items.Length} elements cannot be converted to a single value."),
        };

        internal override RedisResult[]? AsArray() => items;
    }
}
