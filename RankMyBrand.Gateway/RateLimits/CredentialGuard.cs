using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Limits guessing: every request whose credential is missing or wrong is charged to its address, and while that is used up no credential
/// from there is looked at, right or wrong. The charges are shared by all replicas; each learns of a used-up address by one refused charge.
/// </summary>
internal sealed class CredentialGuard(RateLimiter limiter, IOptions<EdgeLimitsOptions> options, TimeProvider time)
{
    // Refusals are remembered for at most 10 s.
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(11);

    private readonly string _policy = options.Value.Credentials;
    private long _refusedAt = time.GetTimestamp() - (long)(s_memory.TotalSeconds * time.TimestampFrequency);

    /// <summary>Whether the address of a request has guessed too often.</summary>
    public bool IsClosedFor(HttpContext context, out RateLimitResult refusal)
    {
        // Nearly always: nobody was refused lately.
        refusal = default;
        return time.GetElapsedTime(Volatile.Read(ref _refusedAt)) < s_memory && limiter.IsUsedUp(_policy, KeyOf(context), out refusal);
    }

    /// <summary>Charges a request that has failed to identify itself.</summary>
    public async ValueTask<RateLimitResult> ChargeAsync(HttpContext context)
    {
        var result = await limiter.CheckAsync(new RateLimitRequest(_policy, KeyOf(context)), context.RequestAborted);
        if (!result.IsAllowed)
            Volatile.Write(ref _refusedAt, time.GetTimestamp());
        return result;
    }

    private string KeyOf(HttpContext context) =>
        limiter.KeyFor(_policy, new RateLimitCaller { Ip = context.Connection.RemoteIpAddress });
}
