using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace RankMyBrand.Foundation.Events;

/// <summary>The id of a stream entry: a time in milliseconds and a sequence number.</summary>
internal readonly record struct EntryId(ulong Milliseconds, ulong Sequence) : IComparable<EntryId>
{
    /// <summary>The longest text of an id.</summary>
    private const int MaxLength = 41;

    /// <summary>The highest id: nothing can follow it, and Redis refuses to look for what does.</summary>
    public static readonly EntryId Highest = new(ulong.MaxValue, ulong.MaxValue);

    /// <exception cref="FormatException">The text is not an entry id.</exception>
    public static EntryId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException($"'{text}' is not the id of a stream entry; one looks like 1763683200000-0.");

    /// <exception cref="FormatException">The UTF-8 text is not an entry id.</exception>
    public static EntryId ParseUtf8(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out ulong milliseconds, out var first)
        && first + 1 < text.Length
        && text[first] == (byte)'-'
        && Utf8Parser.TryParse(text[(first + 1)..], out ulong sequence, out var second)
        && first + 1 + second == text.Length
            ? new EntryId(milliseconds, sequence)
            : throw new FormatException(
                $"'{Encoding.UTF8.GetString(text)}' is not the id of a stream entry; one looks like 1763683200000-0.");

    public static bool TryParse(ReadOnlySpan<char> text, out EntryId id)
    {
        var dash = text.IndexOf('-');
        ulong sequence = 0;
        var valid = ulong.TryParse(dash < 0 ? text : text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && (dash < 0 || ulong.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out sequence));
        id = valid ? new EntryId(milliseconds, sequence) : default;
        return valid;
    }

    /// <summary>The beginning of a range that holds what was appended at a time or later.</summary>
    public static string RangeFrom(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.ToUnixTimeMilliseconds())}-0");

    /// <summary>The end of a range that holds what was appended before a time; no entry is before 0-1.</summary>
    public static string RangeBefore(DateTimeOffset time) =>
        time > DateTimeOffset.UnixEpoch ? $"({RangeFrom(time)}" : "0-0";

    public int CompareTo(EntryId other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    public static bool operator <(EntryId left, EntryId right) => left.CompareTo(right) < 0;

    public static bool operator >(EntryId left, EntryId right) => left.CompareTo(right) > 0;

    public static bool operator <=(EntryId left, EntryId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EntryId left, EntryId right) => left.CompareTo(right) >= 0;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, stackalloc char[MaxLength], $"{Milliseconds}-{Sequence}");
}
