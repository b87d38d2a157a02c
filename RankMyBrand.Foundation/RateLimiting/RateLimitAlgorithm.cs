namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>How a limit counts.</summary>
public enum RateLimitAlgorithm
{
    /// <summary>A bucket of <c>Burst</c> tokens that refills by <c>Permits</c> a <c>Window</c>.</summary>
    TokenBucket,

    /// <summary>
    /// At most <c>Permits</c> in any span of <c>Window</c>. What was taken comes back one <c>Window</c> later, at most a segment more.
    /// </summary>
    SlidingWindow,

    /// <summary>At most <c>Permits</c> at the same time. A slot is held until the result of the check is disposed.</summary>
    Concurrency,
}

/// <summary>Where a limit is decided.</summary>
public enum RateLimitMode
{
    /// <summary>By Redis, in one round trip a check. Exact.</summary>
    Atomic,

    /// <summary>
    /// By the instance, with tokens that it takes from Redis in small blocks. Never admits more; may refuse a little early.
    /// </summary>
    Leased,
}

/// <summary>What a limit does while Redis is away.</summary>
public enum RateLimitFailure
{
    /// <summary>Each instance limits by itself, to its share of the limit.</summary>
    Open,

    /// <summary>Everything is refused.</summary>
    Closed,
}

/// <summary>What a limit counts by. Several together count by their combination.</summary>
public enum RateLimitPartition
{
    /// <summary>The API key's name.</summary>
    ApiKey,

    /// <summary>The tenant.</summary>
    Tenant,

    /// <summary>The user.</summary>
    User,

    /// <summary>Whoever it is: the owner of an API key, or a user.</summary>
    Caller,

    /// <summary>The caller's address; of IPv6 its /64, which one caller usually has to himself.</summary>
    Ip,

    /// <summary>The route.</summary>
    Route,
}
