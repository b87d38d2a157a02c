using System.Text;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// How a stream is spread over Redis keys: the first partition's key is the stream's name, the others add their number,
/// <c>ai.responses:1</c>. Each key is a hash slot of its own in a cluster. A name holds no colon, so a key tells its stream.
/// </summary>
internal static class StreamPartitions
{
    /// <summary>The key of a partition, from 0.</summary>
    public static string KeyOf(string stream, int partition) => partition == 0 ? stream : $"{stream}:{partition}";

    /// <summary>The stream that a key belongs to.</summary>
    public static string StreamOf(string key) => key.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? key[..colon] : key;

    /// <summary>The partition that events with a key go to: FNV-1a over its UTF-8, the same in every process and every version.</summary>
    public static int Of(string partitionKey, int partitions)
    {
        const uint Offset = 2166136261;
        const uint Prime = 16777619;
        Span<byte> small = stackalloc byte[256];
        var bytes = Encoding.UTF8.TryGetBytes(partitionKey, small, out var length) ? small[..length] : Encoding.UTF8.GetBytes(partitionKey);
        var hash = Offset;
        foreach (var one in bytes)
            hash = (hash ^ one) * Prime;
        // The low bits alone follow the last character too closely for keys that count up.
        hash ^= hash >> 15;
        hash *= 0x85EBCA6B;
        hash ^= hash >> 13;
        return (int)(hash % (uint)partitions);
    }
}
