using System.Globalization;

namespace RankMyBrand.Foundation.Events;

/// <summary>What an appender knows of a stream: which version it must have for the append to happen.</summary>
/// <remarks>
/// The first event of a stream has version 1. A stream has the version of its newest event; one without events has version 0.
/// </remarks>
public readonly record struct ExpectedVersion
{
    private const long AnyVersion = -1;

    private readonly long _version;

    private ExpectedVersion(long version) => _version = version;

    /// <summary>Appends at the end, whatever the version is.</summary>
    public static ExpectedVersion Any { get; } = new(AnyVersion);

    /// <summary>The stream must not have events yet.</summary>
    public static ExpectedVersion NoStream { get; } = new(0);

    /// <summary>The stream must have exactly this version.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="version"/> is negative.</exception>
    public static ExpectedVersion Exactly(long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new ExpectedVersion(version);
    }

    internal bool IsAny => _version == AnyVersion;

    internal long Value => _version;

    /// <inheritdoc/>
    public override string ToString() => _version switch
    {
        AnyVersion => "any version",
        0 => "no events",
        _ => string.Create(CultureInfo.InvariantCulture, $"version {_version}"),
    };
}
