using System.Diagnostics.CodeAnalysis;

namespace StackExchange.Redis;

/// <summary>Conversions of arrays of entries.</summary>
public static class ExtensionMethods
{
    /// <summary>The fields as a dictionary of texts.</summary>
    [return: NotNullIfNotNull(nameof(hash))]
    public static Dictionary<string, string>? ToStringDictionary(this HashEntry[]? hash) =>
        hash?.ToDictionary(entry => entry.Name.ToString(), entry => entry.Value.ToString(), StringComparer.Ordinal);

    /// <summary>The fields as a dictionary.</summary>
    [return: NotNullIfNotNull(nameof(hash))]
    public static Dictionary<RedisValue, RedisValue>? ToDictionary(this HashEntry[]? hash) =>
        hash?.ToDictionary(entry => entry.Name, entry => entry.Value);

    /// <summary>The members as a dictionary of their scores.</summary>
    [return: NotNullIfNotNull(nameof(sortedSet))]
    public static Dictionary<string, double>? ToStringDictionary(this SortedSetEntry[]? sortedSet) =>
        sortedSet?.ToDictionary(entry => entry.Element.ToString(), entry => entry.Score, StringComparer.Ordinal);

    /// <summary>The members as a dictionary of their scores.</summary>
    [return: NotNullIfNotNull(nameof(sortedSet))]
    public static Dictionary<RedisValue, double>? ToDictionary(this SortedSetEntry[]? sortedSet) =>
        sortedSet?.ToDictionary(entry => entry.Element, entry => entry.Score);

    /// <summary>The pairs as a dictionary of texts.</summary>
    [return: NotNullIfNotNull(nameof(pairs))]
    public static Dictionary<string, string>? ToStringDictionary(this KeyValuePair<RedisKey, RedisValue>[]? pairs) =>
        pairs?.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToString(), StringComparer.Ordinal);

    /// <summary>The pairs as a dictionary.</summary>
    [return: NotNullIfNotNull(nameof(pairs))]
    public static Dictionary<RedisKey, RedisValue>? ToDictionary(this KeyValuePair<RedisKey, RedisValue>[]? pairs) =>
        pairs?.ToDictionary(pair => pair.Key, pair => pair.Value);

    /// <summary>The pairs as a dictionary.</summary>
    [return: NotNullIfNotNull(nameof(pairs))]
    public static Dictionary<string, string>? ToDictionary(this KeyValuePair<string, string>[]? pairs) =>
        pairs?.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    /// <summary>The texts as values.</summary>
    [return: NotNullIfNotNull(nameof(values))]
    public static RedisValue[]? ToRedisValueArray(this string[]? values) =>
        values is null ? null : Array.ConvertAll(values, value => (RedisValue)value);

    /// <summary>The values as texts.</summary>
    [return: NotNullIfNotNull(nameof(values))]
    public static string?[]? ToStringArray(this RedisValue[]? values) =>
        values is null ? null : Array.ConvertAll(values, value => (string?)value);
}
