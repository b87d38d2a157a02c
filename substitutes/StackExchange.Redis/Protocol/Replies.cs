namespace StackExchange.Redis;

/// <summary>Turns a reply into what the caller wants. It runs on the reading loop and must neither block nor keep the reader.</summary>
internal delegate T ReplyParser<out T>(ref RespReader reader);

/// <summary>The replies that many commands share.</summary>
internal static partial class Replies
{
    private const int MaxDepth = 128;

    public static readonly ReplyParser<RedisValue> Value = static (ref RespReader r) =>
    {
        if (!r.IsAggregate) return r.Value();
        // RANDOMKEY-like commands answer one element in an array when a count is given.
        return r.Count == 0 ? RedisValue.Null : r.Count == 1 ? r.NextValue() : throw r.Unexpected("a value");
    };

    public static readonly ReplyParser<RedisKey> Key = static (ref RespReader r) => (byte[]?)r.Value();

    public static readonly ReplyParser<string?> Text = static (ref RespReader r) => r.Text();

    public static readonly ReplyParser<byte[]?> Bytes = static (ref RespReader r) => r.Value();

    public static readonly ReplyParser<long> Integer = static (ref RespReader r) => r.Integer();

    public static readonly ReplyParser<long?> NullableInteger = static (ref RespReader r) => r.IsNull ? null : r.Integer();

    public static readonly ReplyParser<double> Real = static (ref RespReader r) => r.Real();

    public static readonly ReplyParser<double?> NullableReal = static (ref RespReader r) => r.IsNull ? null : r.Real();

    /// <summary>True for a positive number, for OK and for true.</summary>
    public static readonly ReplyParser<bool> Flag = static (ref RespReader r) => r.Type switch
    {
        _ when r.IsNull => false,
        (byte)':' => r.Integer() > 0,
        (byte)'#' => r.Is("t"u8),
        _ => r.Is("OK"u8) || r.Is("1"u8),
    };

    public static readonly ReplyParser<bool[]> Flags = static (ref RespReader r) => Array(ref r, static (ref RespReader e) => Flag(ref e));

    /// <summary>Any reply that is not an error will do.</summary>
    public static readonly ReplyParser<bool> Done = static (ref RespReader _) => true;

    public static readonly ReplyParser<RedisValue[]> Values = static (ref RespReader r) =>
        Array(ref r, static (ref RespReader e) => e.Value());

    public static readonly ReplyParser<RedisValue[]?> NullableValues = static (ref RespReader r) => r.IsNull ? null : Values(ref r);

    public static readonly ReplyParser<RedisKey[]> Keys = static (ref RespReader r) =>
        Array(ref r, static (ref RespReader e) => (RedisKey)(byte[]?)e.Value());

    public static readonly ReplyParser<long[]> Integers = static (ref RespReader r) =>
        Array(ref r, static (ref RespReader e) => e.Integer());

    public static readonly ReplyParser<double?[]> NullableReals = static (ref RespReader r) =>
        Array(ref r, static (ref RespReader e) => NullableReal(ref e));

    public static readonly ReplyParser<RedisResult> Any = static (ref RespReader r) => Result(ref r, 0);

    public static T[] Array<T>(ref RespReader reader, ReplyParser<T> element)
    {
        if (reader.IsNull) return [];
        if (!reader.IsAggregate) return [element(ref reader)];
        var items = reader.Count == 0 ? [] : new T[reader.Count];
        for (var i = 0; i < items.Length; i++)
        {
            reader.Next();
            items[i] = element(ref reader);
        }
        return items;
    }

    /// <summary>Two elements make one: in a map, in a flat array, or as an array of two.</summary>
    public static T[] Pairs<T>(ref RespReader reader, ReplyParser<T> pair)
    {
        if (reader.IsNull) return [];
        if (!reader.IsAggregate) throw reader.Unexpected("pairs");
        if (reader.Count == 0) return [];
        var count = reader.Count;
        reader.Next();
        var nested = reader.IsAggregate;
        var items = new T[nested ? count : count / 2];
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0) reader.Next();
            if (nested) reader.Next();
            items[i] = pair(ref reader);
        }
        return items;
    }

    private static RedisResult Result(ref RespReader reader, int depth)
    {
        var type = TypeOf(reader.Type);
        if (reader.IsError) return RedisResult.Error(reader.Text()!);
        if (!reader.IsAggregate)
        {
            return type == ResultType.VerbatimString ? RedisResult.Create(reader.Payload.ToArray(), type) : RedisResult.Create(reader.Value(), type);
        }
        if (reader.IsNull) return RedisResult.Create((RedisResult[])null!, type);
        if (depth == MaxDepth) throw new RespException($"A reply is nested more than {MaxDepth} levels deep.");
        var items = new RedisResult[reader.Count];
        for (var i = 0; i < items.Length; i++)
        {
            reader.Next();
            items[i] = Result(ref reader, depth + 1);
        }
        return RedisResult.Create(items, type);
    }

    private static ResultType TypeOf(byte type) => (char)type switch
    {
        '+' => ResultType.SimpleString,
        '-' => ResultType.Error,
        ':' => ResultType.Integer,
        '$' => ResultType.BulkString,
        '*' => ResultType.Array,
        '_' => ResultType.Null,
        ',' => ResultType.Double,
        '!' => ResultType.BlobError,
        '#' => ResultType.Boolean,
        '=' => ResultType.VerbatimString,
        '%' => ResultType.Map,
        '(' => ResultType.BigInteger,
        '~' => ResultType.Set,
        '>' => ResultType.Push,
        _ => ResultType.None,
    };
}
