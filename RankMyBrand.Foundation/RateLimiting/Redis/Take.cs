using System.Buffers.Binary;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>What the script is asked to take from one limit.</summary>
/// <param name="Claim">The limit, and the cost: the script refuses when less is there.</param>
/// <param name="Demand">Taken as far as there.</param>
/// <param name="Spare">Taken on top, at most half of what is left.</param>
internal readonly record struct Take(Claim Claim, long Demand, long Spare)
{
    public static Take Exactly(Claim claim) => new(claim, claim.Cost, 0);
}

/// <summary>What the script has answered for one limit; times are milliseconds from the server's decision.</summary>
/// <param name="Taken">How much was taken; -1 when this limit refused.</param>
/// <param name="Remaining">What is left.</param>
/// <param name="Reset">Until all of it is there again.</param>
/// <param name="Retry">Until the cost may be there.</param>
/// <param name="Valid">Sliding window: until the running segment ends.</param>
/// <param name="Segment">Sliding window: the running segment.</param>
internal readonly record struct Grant(long Taken, long Remaining, long Reset, long Retry, long Valid, long Segment)
{
    /// <summary>The bytes of an answer: six numbers.</summary>
    public const int Length = 6 * sizeof(double);

    public bool IsRefused => Taken < 0;

    /// <summary>Reads an answer of check.lua.</summary>
    public static Grant Read(ReadOnlySpan<byte> answer) => new(
        Number(answer, 0), Number(answer, 1), Number(answer, 2), Number(answer, 3), Number(answer, 4), Number(answer, 5));

    public RateLimitStatus Status(RateLimitRule rule) => new(
        rule, IsRefused, Remaining, TimeSpan.FromMilliseconds(Reset), IsRefused ? Wait(rule) : TimeSpan.Zero);

    /// <summary>Nobody knows when a slot becomes free; a second is a wait that neither hammers nor starves.</summary>
    private TimeSpan Wait(RateLimitRule rule) =>
        rule.Algorithm == RateLimitAlgorithm.Concurrency ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(Retry);

    private static long Number(ReadOnlySpan<byte> answer, int index) =>
        (long)BinaryPrimitives.ReadDoubleLittleEndian(answer[(index * sizeof(double))..]);
}
