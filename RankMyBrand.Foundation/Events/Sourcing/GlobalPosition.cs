using System.Globalization;
using System.Runtime.InteropServices;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// A place in the order of all events of all streams. It is kept as text (<see cref="ToString"/>) by a reader that wants to go on later.
/// </summary>
/// <param name="Transaction">The number of the appending transaction.</param>
/// <param name="Sequence">The event's number, rising within its transaction.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GlobalPosition(long Transaction, long Sequence) : IComparable<GlobalPosition>
{
    /// <summary>Before the first event.</summary>
    public static GlobalPosition Start => default;

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException"><paramref name="text"/> is not a position.</exception>
    public static GlobalPosition Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var transaction)
            && long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? new GlobalPosition(transaction, sequence)
            : throw new FormatException(
                $"'{text}' is not a global position: expected two numbers joined by a hyphen, for example 7421-90.");
    }

    /// <inheritdoc/>
    public int CompareTo(GlobalPosition other) => (Transaction, Sequence).CompareTo((other.Transaction, other.Sequence));

    /// <summary>True when <paramref name="left"/> is earlier.</summary>
    public static bool operator <(GlobalPosition left, GlobalPosition right) => left.CompareTo(right) < 0;

    /// <summary>True when <paramref name="left"/> is later.</summary>
    public static bool operator >(GlobalPosition left, GlobalPosition right) => left.CompareTo(right) > 0;

    /// <summary>True when <paramref name="left"/> is not later.</summary>
    public static bool operator <=(GlobalPosition left, GlobalPosition right) => left.CompareTo(right) <= 0;

    /// <summary>True when <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(GlobalPosition left, GlobalPosition right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Transaction}-{Sequence}");
}
