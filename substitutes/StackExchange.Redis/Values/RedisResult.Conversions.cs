namespace StackExchange.Redis;

public abstract partial class RedisResult
{
    /// <summary>The reply as text.</summary>
    public static explicit operator string?(RedisResult? result) => result?.AsValue();

    /// <summary>The reply as bytes.</summary>
    public static explicit operator byte[]?(RedisResult? result) => result?.AsValue();

    /// <summary>The reply as a value.</summary>
    public static explicit operator RedisValue(RedisResult? result) => result?.AsValue() ?? RedisValue.Null;

    /// <summary>The reply as a key.</summary>
    public static explicit operator RedisKey(RedisResult? result) => (byte[]?)result?.AsValue();

    /// <summary>The reply as a number; nothing is 0.</summary>
    public static explicit operator double(RedisResult result) => (double)result.AsValue();

    /// <summary>The reply as a number, or null.</summary>
    public static explicit operator double?(RedisResult? result) => result is null ? null : (double?)result.AsValue();

    /// <summary>The reply as a number; nothing is 0.</summary>
    public static explicit operator long(RedisResult result) => (long)result.AsValue();

    /// <summary>The reply as a number, or null.</summary>
    public static explicit operator long?(RedisResult? result) => result is null ? null : (long?)result.AsValue();

    /// <summary>The reply as a number; nothing is 0.</summary>
    public static explicit operator ulong(RedisResult result) => (ulong)result.AsValue();

    /// <summary>The reply as a number, or null.</summary>
    public static explicit operator ulong?(RedisResult? result) => result is null ? null : (ulong?)result.AsValue();

    /// <summary>The reply as a number; nothing is 0.</summary>
    public static explicit operator int(RedisResult result) => (int)result.AsValue();

    /// <summary>The reply as a number, or null.</summary>
    public static explicit operator int?(RedisResult? result) => result is null ? null : (int?)result.AsValue();

    /// <summary>The reply as a flag; nothing is false.</summary>
    public static explicit operator bool(RedisResult result) => (bool)result.AsValue();

    /// <summary>The reply as a flag, or null.</summary>
    public static explicit operator bool?(RedisResult? result) => result is null ? null : (bool?)result.AsValue();

    /// <summary>The elements, each converted.</summary>
    public static explicit operator string?[]?(RedisResult? result) => Convert(result, item => (string?)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator byte[]?[]?(RedisResult? result) => Convert(result, item => (byte[]?)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator double[]?(RedisResult? result) => Convert(result, item => (double)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator long[]?(RedisResult? result) => Convert(result, item => (long)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator ulong[]?(RedisResult? result) => Convert(result, item => (ulong)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator int[]?(RedisResult? result) => Convert(result, item => (int)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator bool[]?(RedisResult? result) => Convert(result, item => (bool)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator RedisValue[]?(RedisResult? result) => Convert(result, item => (RedisValue)item);

    /// <summary>The elements, each converted.</summary>
    public static explicit operator RedisKey[]?(RedisResult? result) => Convert(result, item => (RedisKey)item);

    /// <summary>The elements.</summary>
    public static explicit operator RedisResult[]?(RedisResult? result) => result?.AsArray();

    private static T[]? Convert<T>(RedisResult? result, Converter<RedisResult, T> convert) =>
        result?.AsArray() is { } items ? Array.ConvertAll(items, convert) : null;
}
