using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// What was withdrawn before its time, in this process: single tokens by their <c>jti</c>, and all tokens of a subject issued before an
/// instant. Takes effect on the next look at a token, a remembered one too. Whoever owns the truth calls in at the
/// start and at each change; with <c>AddTokenRevocationList</c> that is the list in Redis, and <see cref="TokenRevoker"/> writes to it.
/// </summary>
public sealed class TokenRevocations(IOptions<JwtOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Cutoff> _subjects = new(StringComparer.Ordinal);
    private long _nextSweep;

    /// <summary>How many revocations are held.</summary>
    public int Count => _ids.Count + _subjects.Count;

    /// <summary>Withdraws the token with this <c>jti</c>.</summary>
    /// <param name="tokenId">The <c>jti</c>.</param>
    /// <param name="expiresAt">The token's <c>exp</c>: the revocation is forgotten once it has passed. When in doubt, later.</param>
    public void RevokeToken(string tokenId, DateTimeOffset expiresAt)
    {
        Sweep();
        var until = Later(expiresAt, options.Value.ClockSkew);
        _ids.AddOrUpdate(tokenId, until, (_, known) => known > until ? known : until);
    }

    /// <summary>Withdraws all tokens of a subject with an <c>iat</c> before an instant, and those without <c>iat</c>.</summary>
    /// <param name="subject">The <c>sub</c>.</param>
    /// <param name="issuedBefore">Tokens issued at this instant or later stay good; an earlier call's later instant is kept.</param>
    public void RevokeSubject(string subject, DateTimeOffset issuedBefore)
    {
        Sweep();
        var (life, skew) = (options.Value.MaxLifetime, options.Value.ClockSkew);
        var cutoff = new Cutoff(issuedBefore, life > TimeSpan.Zero ? Later(issuedBefore, life + skew) : DateTimeOffset.MaxValue);
        _subjects.AddOrUpdate(subject, cutoff, (_, known) => known.IssuedBefore > issuedBefore ? known : cutoff);
    }

    /// <summary>Whether a token was withdrawn.</summary>
    public bool IsRevoked(ValidatedToken token) =>
        (token.Id is { } id && _ids.ContainsKey(id))
        || (token.Subject is { } subject && _subjects.TryGetValue(subject, out var cutoff)
            && (token.IssuedAt is not { } issued || issued < cutoff.IssuedBefore));

    // At most once a minute, when something is added: what no unexpired token can meet any more is dropped.
    private void Sweep()
    {
        var now = time.GetUtcNow();
        var due = Interlocked.Read(ref _nextSweep);
        if (now.UtcTicks < due || Interlocked.CompareExchange(ref _nextSweep, now.AddMinutes(1).UtcTicks, due) != due)
            return;
        foreach (var (id, until) in _ids)
        {
            if (until < now)
                _ids.TryRemove(id, out _);
        }

        foreach (var (subject, cutoff) in _subjects)
        {
            if (cutoff.Until < now)
                _subjects.TryRemove(subject, out _);
        }
    }

    // After the end of the calendar there is nothing.
    private static DateTimeOffset Later(DateTimeOffset instant, TimeSpan by) =>
        instant < DateTimeOffset.MaxValue - by ? instant + by : DateTimeOffset.MaxValue;

    private sealed record Cutoff(DateTimeOffset IssuedBefore, DateTimeOffset Until);
}
