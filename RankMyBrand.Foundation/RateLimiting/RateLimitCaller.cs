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

    /// <summary>The caller's address.</summary>
    public string? Ip { get; init; }

    /// <summary>The route.</summary>
    public string? Route { get; init; }

    internal string Part(RateLimitPartition partition) => partition switch
    {
        RateLimitPartition.ApiKey => ApiKey,
        RateLimitPartition.Tenant => Tenant,
        RateLimitPartition.User => User,
        RateLimitPartition.Ip => Ip,
        _ => Route,
    } ?? "";

    /// <summary>The parts, joined by a bar. A bar inside a part is escaped, so that nobody can pass for another.</summary>
    internal string Key(RateLimitPartition[] partitions) => partitions switch
    {
        [] => "",
        [var only] => Part(only),
        _ => Join(partitions),
    };

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
