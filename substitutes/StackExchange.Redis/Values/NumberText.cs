using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace StackExchange.Redis;

/// <summary>How Redis spells numbers, in both directions.</summary>
internal static class NumberText
{
    public const int MaxLength = 32;

    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public static int Format(long value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out var written);
        return written;
    }

    public static int Format(ulong value, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(value, destination, out var written);
        return written;
    }

    public static int Format(double value, Span<byte> destination)
    {
        if (double.IsPositiveInfinity(value)) return Copy("+inf"u8, destination);
        if (double.IsNegativeInfinity(value)) return Copy("-inf"u8, destination);
        if (double.IsNaN(value)) return Copy("nan"u8, destination);
        if (TryInteger(value, out var integer)) return Format(integer, destination);
        value.TryFormat(destination, out var written, "G17", CultureInfo.InvariantCulture);
        return written;
    }

    public static string Format(double value)
    {
        Span<byte> buffer = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(buffer[..Format(value, buffer)]);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out var consumed) && consumed == text.Length;

    public static bool TryParse(ReadOnlySpan<byte> text, out ulong value) =>
        Utf8Parser.TryParse(text, out value, out var consumed) && consumed == text.Length;

    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParse(text, out long integer))
        {
            value = integer;
            return true;
        }
        if (TryParseName(text, out value)) return true;
        return double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>Whether a double is a whole number that a long can hold.</summary>
    public static bool TryInteger(double value, out long integer)
    {
        integer = 0;
        if (value is not (>= long.MinValue and < 9223372036854775808d)) return false;
        integer = (long)value;
        return integer == value;
    }

    private static bool TryParseName(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (Ascii.EqualsIgnoreCase(text, "inf"u8) || Ascii.EqualsIgnoreCase(text, "+inf"u8)) value = double.PositiveInfinity;
        else if (Ascii.EqualsIgnoreCase(text, "-inf"u8)) value = double.NegativeInfinity;
        else if (Ascii.EqualsIgnoreCase(text, "nan"u8) || Ascii.EqualsIgnoreCase(text, "-nan"u8)) value = double.NaN;
        else return false;
        return true;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        text.CopyTo(destination);
        return text.Length;
    }
}
