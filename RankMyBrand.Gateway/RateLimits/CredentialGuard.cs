using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Limits guessing: every request whose credential is missing or wrong is charged to its address, and while that is used up no credential
/// from there is looked at, right or wrong. From then until the limit is whole again credentials from there are looked at one after the
/// other, so that of many guesses at once none is looked at before those before it are charged. The charges are shared by all replicas;
/// each learns of a used-up address by one refused charge.
/// </summary>
internal sealed class CredentialGuard(RateLimiter limiter, IOptions<EdgeLimitsOptions> options, TimeProvider time)
{
    private readonly string _policy = options.Value.Credentials;
    private readonly RefusedAddresses _refused = new(time);

    /// <summary>Whether a request has to begin before its credential is looked at. Nearly always nobody was refused lately.</summary>
    public bool IsWary => _refused.Any;

    /// <summary>Whether the credential of a request may be looked at.</summary>
    /// <param name="context">The request.</param>
    /// <param name="turn">To be disposed when the credential was looked at, and charged if it is wrong; null where all may at once.</param>
    /// <param name="refusal">Why not; null when another request has its turn.</param>
    public bool TryBegin(HttpContext context, out RefusedAddress? turn, out RateLimitResult? refusal)
    {
        (turn, refusal) = (null, null);
        var key = KeyOf(context);
        var address = _refused.Find(key);
        var isMine = address is null || address.TryEnter();
        // Not before the turn: by now, whoever had it is charged.
        if (limiter.IsUsedUp(_policy, key, out var known))
        {
            refusal = known;
            if (isMine)
                address?.Dispose();
            return false;
        }

        turn = isMine ? address : null;
        return isMine;
    }

    /// <summary>Charges a request that has failed to identify itself.</summary>
    public async ValueTask<RateLimitResult> ChargeAsync(HttpContext context)
    {
        var key = KeyOf(context);
        var result = await limiter.CheckAsync(new RateLimitRequest(_policy, key), context.RequestAborted);
        // Who was refused and guesses on keeps his limit from becoming whole.
        if (!result.IsAllowed || _refused.Find(key) is not null)
            _refused.Add(key, result.ResetAfter > result.RetryAfter ? result.ResetAfter : result.RetryAfter);
        return result;
    }

    private string KeyOf(HttpContext context) =>
        limiter.KeyFor(_policy, new RateLimitCaller { Ip = context.Connection.RemoteIpAddress });
}
