namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Rate limits; section <c>RateLimits</c>. A changed configuration is taken over at once, unless it is invalid.</summary>
public sealed class RateLimitsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "RateLimits";

    /// <summary>The policies, by the name that callers see in the headers.</summary>
    public Dictionary<string, RateLimitPolicyOptions> Policies { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// What every key in Redis begins with. The part in braces is the hash tag: all limits live in one slot, so that one check may
    /// combine any of them.
    /// </summary>
    public string KeyPrefix { get; set; } = "rl:{rl}:";

    /// <summary>
    /// How many instances share the limits. While Redis is away each gives out this part of a limit, and at least one request.
    /// </summary>
    public int Instances { get; set; } = 1;

    /// <summary>How long a check waits for Redis, its turn included, before it is decided locally. 10 ms to 30 s.</summary>
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often an absent Redis is looked for. 50 ms to 1 min.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long tokens that were taken in a block may wait for their use before they go back. 10 ms to 1 min.</summary>
    public TimeSpan Hold { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many keys an instance remembers. Leased limits of further ones are decided by Redis. 1 to 10000000.</summary>
    public int MaxLocalKeys { get; set; } = 100_000;
}

/// <summary>One policy.</summary>
public sealed class RateLimitPolicyOptions
{
    /// <summary>How the limit counts.</summary>
    public RateLimitAlgorithm Algorithm { get; set; }

    /// <summary>The sustained limit: requests a window, 1 to 1000000000, or at the same time, 1 to 100000. Required.</summary>
    public long Permits { get; set; }

    /// <summary>
    /// The time that <see cref="Permits"/> are for. 10 ms to 31 days, whole milliseconds; not used by concurrency limits.
    /// </summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What a token bucket holds, so what may come at once; null for <see cref="Permits"/>.</summary>
    public long? Burst { get; set; }

    /// <summary>What a request costs that names no cost of its own.</summary>
    public long Cost { get; set; } = 1;

    /// <summary>Where the limit is decided.</summary>
    public RateLimitMode Mode { get; set; }

    /// <summary>What happens while Redis is away.</summary>
    public RateLimitFailure Failure { get; set; }

    /// <summary>
    /// The most tokens that an instance takes in advance in leased mode; null for a twentieth of <see cref="Permits"/> or, if less, of
    /// <see cref="Burst"/>. An instance takes fewer of keys that are seldom used. 1 to 1000000.
    /// </summary>
    public long? BlockSize { get; set; }

    /// <summary>The segments of a sliding window: more come back sooner and take more memory. 1 to 60.</summary>
    public int Segments { get; set; } = 10;

    /// <summary>How long the slot of a crashed holder stays taken. 1 s to 1 h; renewed while the holder lives.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What the limit counts by, in this order; empty for one limit over all.</summary>
    public List<RateLimitPartition> PartitionBy { get; } = [];

    /// <summary>Other numbers for certain keys, by the key.</summary>
    public Dictionary<string, RateLimitOverrideOptions> Overrides { get; } = new(StringComparer.Ordinal);
}

/// <summary>Other numbers for one key; what is null stays as in the policy.</summary>
public sealed class RateLimitOverrideOptions
{
    /// <summary>The key, where it cannot be the name of a setting (a colon separates those); null for the name.</summary>
    public string? Key { get; set; }

    /// <inheritdoc cref="RateLimitPolicyOptions.Permits"/>
    public long? Permits { get; set; }

    /// <inheritdoc cref="RateLimitPolicyOptions.Window"/>
    public TimeSpan? Window { get; set; }

    /// <inheritdoc cref="RateLimitPolicyOptions.Burst"/>
    public long? Burst { get; set; }

    /// <inheritdoc cref="RateLimitPolicyOptions.Cost"/>
    public long? Cost { get; set; }
}
