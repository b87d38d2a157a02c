using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Puts entries of the shared list into force in this process, and leaves out those that no token can meet.</summary>
internal sealed partial class RevocationIntake(
    TokenRevocations revocations, IOptions<JwtOptions> options, TimeProvider time, ILogger<RevocationIntake> logger)
{
    private readonly HashSet<Revocation> _ahead = [];

    public void Take(Revocation entry)
    {
        if (!JwtClaims.IsText(entry.Member))
            return;
        var (now, instant) = (time.GetUtcNow(), entry.Instant);
        if (entry.Kind == RevocationKind.Token)
        {
            if (instant >= now - options.Value.ClockSkew)
                revocations.RevokeToken(entry.Member, instant);
        }
        else if (instant > now && (instant > now + TokenRevoker.ClockTolerance || _ahead.Contains(entry)))
            TakeAhead(entry, now);
        else if (options.Value.MaxLifetime <= TimeSpan.Zero || instant >= now - options.Value.MaxLifetime - options.Value.ClockSkew)
            revocations.RevokeSubject(entry.Member, instant);
    }

    // Most likely milliseconds. As it stands nobody could ever get a good token for the subject again, so it counts from when it is seen,
    // and once more, as it stands, when its instant has come.
    private void TakeAhead(Revocation entry, DateTimeOffset now)
    {
        if (!_ahead.Add(entry))
            return;
        revocations.RevokeSubject(entry.Member, now);
        LogAhead(logger, entry.Member, entry.Score, now);
    }

    [LoggerMessage(
        530, LogLevel.Warning,
        "The revocation of the subject '{Subject}' has the score {Score}, which lies in the future; it must be in Unix seconds. "
        + "Its tokens from before {Now:u} are revoked; remove the entry with ZREM and add it again")]
    private static partial void LogAhead(ILogger logger, string subject, double score, DateTimeOffset now);
}
