using StackExchange.Redis;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Revokes tokens everywhere: it writes to the list in Redis that every validator with <c>AddTokenRevocationList</c> follows, which
/// takes effect within about a second, and within two on what is open for long. Any service may do it; it need not validate tokens itself.
/// </summary>
public sealed class TokenRevoker
{
    /// <summary>How far the clocks of issuers, services and operators may differ before an instant is taken for a mistake.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly RevocationList _list;
    private readonly TimeProvider _time;

    /// <summary>Revokes tokens on a Redis.</summary>
    public TokenRevoker(IConnectionMultiplexer redis, TimeProvider time) => (_list, _time) = (new RevocationList(redis), time);

    /// <summary>Revokes the token with this <c>jti</c>. To do so again is harmless.</summary>
    /// <param name="tokenId">The <c>jti</c>.</param>
    /// <param name="expiresAt">The token's <c>exp</c>: the revocation is forgotten some time after it. When in doubt, later.</param>
    /// <param name="cancellationToken">Ends the wait; the token may have been revoked all the same.</param>
    /// <exception cref="ArgumentException">No token can have this id, or it has expired long ago.</exception>
    /// <exception cref="RedisException">Redis is away or refuses; whether the token is revoked is not known, so try again.</exception>
    /// <exception cref="TimeoutException">As with <see cref="RedisException"/>.</exception>
    public Task RevokeTokenAsync(string tokenId, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        Check(tokenId, "jti", nameof(tokenId));
        var now = _time.GetUtcNow();
        if (expiresAt < now - ClockTolerance)
        {
            throw new ArgumentOutOfRangeException(
                nameof(expiresAt),
                $"The token '{tokenId}' expired at {expiresAt:u}, and it is {now:u}: there is nothing to revoke. Pass the token's exp.");
        }

        return AddAsync(new Revocation(RevocationKind.Token, tokenId, Revocation.ScoreOf(expiresAt)), cancellationToken);
    }

    /// <summary>
    /// Revokes all tokens of a subject with an <c>iat</c> before an instant, and those without <c>iat</c>. To do so again with an earlier
    /// instant changes nothing.
    /// </summary>
    /// <param name="subject">The <c>sub</c>.</param>
    /// <param name="issuedBefore">Tokens issued at this instant or later stay good; mostly now.</param>
    /// <param name="cancellationToken">Ends the wait; the tokens may have been revoked all the same.</param>
    /// <exception cref="ArgumentException">No token can have this subject, or the instant lies in the future.</exception>
    /// <exception cref="RedisException">Redis is away or refuses; whether the tokens are revoked is not known, so try again.</exception>
    /// <exception cref="TimeoutException">As with <see cref="RedisException"/>.</exception>
    public Task RevokeSubjectAsync(string subject, DateTimeOffset issuedBefore, CancellationToken cancellationToken)
    {
        Check(subject, "sub", nameof(subject));
        var now = _time.GetUtcNow();
        if (issuedBefore > now + ClockTolerance)
        {
            throw new ArgumentOutOfRangeException(
                nameof(issuedBefore),
                $"The tokens of '{subject}' cannot be revoked until {issuedBefore:u}, for it is {now:u}: "
                + "those to come would be refused, too. Pass the present time, or an earlier one.");
        }

        return AddAsync(new Revocation(RevocationKind.Subject, subject, Revocation.ScoreOf(issuedBefore)), cancellationToken);
    }

    private static void Check(string text, string claim, string parameter)
    {
        if (!JwtClaims.IsText(text))
        {
            throw new ArgumentException(
                $"'{text}' is not a {claim} that a token can have; "
                + $"it must be of 1 to {JwtClaims.MaxTextLength} characters, without control characters.",
                parameter);
        }
    }

    private async Task AddAsync(Revocation entry, CancellationToken cancellationToken) =>
        await _list.AddAsync(entry).WaitAsync(cancellationToken);
}
