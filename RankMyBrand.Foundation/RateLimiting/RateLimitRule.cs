using RankMyBrand.Foundation.RateLimiting.Redis;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>The numbers that hold for one key of a policy: the policy's own, or those of an override. Never changes.</summary>
internal sealed class RateLimitRule
{
    /// <summary>A block is at most this part of the limit, unless the policy says otherwise.</summary>
    private const int BlocksPerLimit = 20;

    /// <summary>What an empty limit may take to be whole again: longer than anybody waits, and short enough for every clock.</summary>
    public static readonly TimeSpan LongestRefill = TimeSpan.FromDays(3650);

    public RateLimitRule(string policy, RateLimitPolicyOptions options, RateLimitOverrideOptions? other, RateLimitsOptions all)
    {
        Policy = policy;
        Algorithm = options.Algorithm;
        Permits = other?.Permits ?? options.Permits;
        Window = Algorithm == RateLimitAlgorithm.Concurrency ? options.LeaseDuration : other?.Window ?? options.Window;
        // An override of the permits alone means its burst as well: the policy's burst belongs to the policy's permits.
        var burst = other?.Burst ?? (other?.Permits is null ? options.Burst : null) ?? Permits;
        Capacity = Algorithm == RateLimitAlgorithm.TokenBucket ? burst : Permits;
        Segments = options.Segments;
        Cost = other?.Cost ?? options.Cost;
        IsLeased = options.Mode == RateLimitMode.Leased;
        FailsOpen = options.Failure == RateLimitFailure.Open;
        MaxBlock = Math.Min(Capacity, options.BlockSize ?? Math.Max(1, Math.Min(Permits, Capacity) / BlocksPerLimit));
        Share = Math.Max(Math.Min(Cost, Capacity), Capacity / all.Instances);
        ShareOfPermits = Math.Max(1, Permits / all.Instances);
        Header = RateLimitHeaders.PolicyItem(this);

        var windowMilliseconds = (long)Window.TotalMilliseconds;
        // Form and scale of the stored numbers are part of the name: a changed window starts afresh instead of misreading them.
        (Prefix, var kind, var rate) = Algorithm switch
        {
            RateLimitAlgorithm.TokenBucket => ($"{all.KeyPrefix}{policy}:b{windowMilliseconds}:", 'T', Permits),
            RateLimitAlgorithm.SlidingWindow => ($"{all.KeyPrefix}{policy}:s{windowMilliseconds}.{Segments}:", 'S', Segments),
            _ => ($"{all.KeyPrefix}{policy}:c:", 'C', 0L),
        };
        Record = LimitRecord.OfRule(kind, Capacity, rate, windowMilliseconds);
        Signature = string.Join(
            '|', Prefix, Permits, Capacity, Window, Segments, Cost, IsLeased, FailsOpen, MaxBlock, Share, ShareOfPermits);
    }

    /// <summary>Equal for rules that say the same.</summary>
    public string Signature { get; }

    public string Policy { get; }

    /// <summary>What the keys of the limit begin with in Redis.</summary>
    public string Prefix { get; }

    public RateLimitAlgorithm Algorithm { get; }

    /// <summary>Tokens that a window brings, permits of a window, or slots.</summary>
    public long Permits { get; }

    /// <summary>What can be had at once.</summary>
    public long Capacity { get; }

    /// <summary>The window; of a concurrency limit, how long a slot is held unless renewed.</summary>
    public TimeSpan Window { get; }

    public int Segments { get; }

    public long Cost { get; }

    public bool IsLeased { get; }

    public bool FailsOpen { get; }

    public long MaxBlock { get; }

    /// <summary>The part of the capacity that this instance gives out while Redis is away.</summary>
    public long Share { get; }

    /// <summary>The part of the permits that this instance gives out while Redis is away.</summary>
    public long ShareOfPermits { get; }

    /// <summary>The item of the RateLimit-Policy header.</summary>
    public string Header { get; }

    /// <summary>The rule as the scripts read it.</summary>
    public byte[] Record { get; }

    /// <summary>How long the limit takes to bring tokens, in milliseconds. Of a token bucket.</summary>
    public double MillisecondsFor(long tokens) => tokens * Window.TotalMilliseconds / Permits;

    public RedisKey RedisKey(string key) => Prefix + key;
}
