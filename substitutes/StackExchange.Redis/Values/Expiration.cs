using System.Globalization;

namespace StackExchange.Redis;

/// <summary>When a written key expires: after a time, at a time, as before, or never.</summary>
public readonly struct Expiration
{
    private readonly long _amount;
    private readonly Unit _unit;

    private Expiration(Unit unit, long amount = 0)
    {
        _unit = unit;
        _amount = amount;
    }

    /// <summary>Expires after a time, which must be positive.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is zero or negative.</exception>
    public Expiration(TimeSpan ttl)
    {
        if (ttl == TimeSpan.MaxValue) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(ttl, TimeSpan.FromMilliseconds(1), nameof(ttl));
        var milliseconds = ttl.Ticks / TimeSpan.TicksPerMillisecond;
        (_unit, _amount) = milliseconds % 1000 == 0 ? (Unit.Seconds, milliseconds / 1000) : (Unit.Milliseconds, milliseconds);
    }

    /// <summary>Expires at a time, which must be of kind UTC or local.</summary>
    public Expiration(DateTime when)
    {
        if (when == DateTime.MaxValue) return;
        var milliseconds = UnixMilliseconds(when);
        (_unit, _amount) = milliseconds % 1000 == 0 ? (Unit.UnixSeconds, milliseconds / 1000) : (Unit.UnixMilliseconds, milliseconds);
    }

    /// <summary>No expiry is sent: a plain write removes the present one.</summary>
    public static Expiration Default => default;

    /// <summary>The present expiry is kept.</summary>
    public static Expiration KeepTtl => new(Unit.Keep);

    /// <summary>The present expiry is removed.</summary>
    public static Expiration Persist => new(Unit.Persist);

    private enum Unit : byte { None, Seconds, Milliseconds, UnixSeconds, UnixMilliseconds, Keep, Persist }

    internal bool IsDefault => _unit == Unit.None;

    /// <summary>Expires after a time.</summary>
    public static implicit operator Expiration(TimeSpan ttl) => new(ttl);

    /// <summary>Expires at a time.</summary>
    public static implicit operator Expiration(DateTime when) => new(when);

    internal static Expiration Of(TimeSpan? ttl) => ttl is { } time ? new(time) : default;

    internal static Expiration Of(TimeSpan? ttl, bool keepTtl)
    {
        if (!keepTtl) return Of(ttl);
        return ttl is null ? KeepTtl : throw new ArgumentException("Either a new expiry or keepTtl can be given, not both.", nameof(keepTtl));
    }

    internal static long UnixMilliseconds(DateTime when) => when.Kind switch
    {
        DateTimeKind.Unspecified => throw new ArgumentException("The expiry must be a DateTime of kind Utc or Local, not Unspecified.", nameof(when)),
        _ => (long)(when.ToUniversalTime() - DateTime.UnixEpoch).TotalMilliseconds,
    };

    internal void WriteTo(CommandFrame frame)
    {
        if (Word.IsEmpty) return;
        frame.Add(Word);
        if (_unit < Unit.Keep) frame.Add(_amount);
    }

    /// <summary>The words that are sent, for instance <c>EX 90</c>.</summary>
    public override string ToString()
    {
        var word = System.Text.Encoding.ASCII.GetString(Word);
        return _unit is Unit.None or >= Unit.Keep ? word : string.Create(CultureInfo.InvariantCulture, $"{word} {_amount}");
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_unit, _amount);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Expiration other && other._unit == _unit && other._amount == _amount;

    private ReadOnlySpan<byte> Word => _unit switch
    {
        Unit.Seconds => "EX"u8,
        Unit.Milliseconds => "PX"u8,
        Unit.UnixSeconds => "EXAT"u8,
        Unit.UnixMilliseconds => "PXAT"u8,
        Unit.Keep => "KEEPTTL"u8,
        Unit.Persist => "PERSIST"u8,
        _ => default,
    };
}
