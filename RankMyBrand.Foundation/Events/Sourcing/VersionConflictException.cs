namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Nothing was appended: the stream is not as the appender expected it (CONFLICT). Read it again, decide again, append again.
/// </summary>
public sealed class VersionConflictException : Exception
{
    internal VersionConflictException(StreamId stream, ExpectedVersion expected, long actual, string? detail = null)
        : base($"The stream '{stream}' was expected to have {expected} but has {Describe(actual)}{detail}. Read it again and retry.") =>
        (Stream, Expected, Actual) = (stream, expected, actual);

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>What the appender expected.</summary>
    public ExpectedVersion Expected { get; }

    /// <summary>The stream's version; 0 when it has no events.</summary>
    public long Actual { get; }

    private static string Describe(long version) => version == 0 ? "no events" : $"version {version}";
}
