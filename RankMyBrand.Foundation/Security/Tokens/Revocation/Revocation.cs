using System.Globalization;

namespace RankMyBrand.Foundation.Security;

/// <summary>What an entry of the list of revocations is about.</summary>
internal enum RevocationKind
{
    /// <summary>One token, by its <c>jti</c>; the score is its expiry.</summary>
    Token = 1,

    /// <summary>All tokens of a subject that were issued before the instant of the score.</summary>
    Subject = 2,
}

/// <summary>An entry of the shared list of revocations, as it stands there; whoever can write to Redis can write anything.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Member">The <c>jti</c> or <c>sub</c>.</param>
/// <param name="Score">An instant, in Unix seconds.</param>
internal readonly record struct Revocation(RevocationKind Kind, string Member, double Score)
{
    private static readonly double s_last = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>The instant of the score; one that lies outside of the calendar is the end of the calendar on that side.</summary>
    public DateTimeOffset Instant =>
        Score >= s_last ? DateTimeOffset.MaxValue
        : Score > 0 ? DateTimeOffset.UnixEpoch.AddTicks((long)(Score * TimeSpan.TicksPerSecond))
        : DateTimeOffset.MinValue;

    /// <summary>The score of an instant.</summary>
    public static double ScoreOf(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>A score as Redis reads it.</summary>
    public static string TextOf(double score) => score.ToString("R", CultureInfo.InvariantCulture);
}
