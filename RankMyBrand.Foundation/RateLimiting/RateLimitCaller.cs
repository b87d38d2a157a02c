using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Who calls what: the parts that limits count by. A part that is null counts with all others that lack it.</summary>
public readonly record struct RateLimitCaller
{
    /// <summary>The name of the API key, never the key itself.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>The user.</summary>
    public string? User { get; init; }

    /// <summary>Who it is, whether known by a key or as a user.</summary>
    public string? Caller { get; init; }

    /// <summary>The caller's address.</summary>
    public IPAddress? Ip { get; init; }

    /// <summary>The route.</summary>
    public string? Route { get; init; }

    internal string Part(RateLimitPartition partition) => partition switch
    {
        RateLimitPartition.ApiKey => ApiKey,
        RateLimitPartition.Tenant => Tenant,
        RateLimitPartition.User => User,
        RateLimitPartition.Caller => Caller,
        RateLimitPartition.Ip => Text(Ip),
        _ => Route,
    } ?? "";

    /// <summary>The parts, joined by a bar. A bar inside a part is escaped, so that nobody can pass for another.</summary>
    internal string Key(RateLimitPartition[] partitions) => partitions switch
    {
        [] => "",
        [var only] => Part(only),
        _ => Join(partitions),
    };

    private static string? Text(IPAddress? address) => address switch
    {
        null or { AddressFamily: AddressFamily.InterNetwork } => address?.ToString(),
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => Network64(address),
    };

    private static string Network64(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private string Join(RateLimitPartition[] partitions)
    {
        var parts = new string[partitions.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Part(partitions[i])
                .Replace("%", "%25", StringComparison.Ordinal)
                .Replace("|", "%7C", StringComparison.Ordinal);
        }

        return string.Join("|", parts);
    }
}
