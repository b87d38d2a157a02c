using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace RankMyBrand.Foundation.Events;

/// <summary>Tells whether a text is JSON that PostgreSQL's jsonb can hold.</summary>
public static class JsonText
{
    /// <summary>The deepest nesting that is taken.</summary>
    public const int MaxDepth = 128;

    /// <summary>
    /// How many digits the exponents of all numbers together may stand for: jsonb writes them out, so that a few bytes (1e9999) become
    /// ten thousand whenever somebody reads the value.
    /// </summary>
    private const int MaxExpandedDigits = 4 * 1024 * 1024;

    /// <summary>
    /// True for one complete JSON value (RFC 8259) in UTF-8, without NUL characters, unpaired surrogates and numbers beyond
    /// numeric, which jsonb refuses.
    /// </summary>
    public static bool IsStorable(ReadOnlyMemory<byte> json, out string? fault) => IsStorable(json.Span, out fault);

    /// <inheritdoc cref="IsStorable(ReadOnlyMemory{byte}, out string?)"/>
    public static bool IsStorable(ReadOnlySpan<byte> json, out string? fault)
    {
        // The reader below takes any bytes above 127 within a string.
        fault = Utf8.IsValid(json) ? null : "the text is not valid UTF-8";
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var expanded = 0;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    fault ??= FaultOf(ref reader);
                else if (reader.TokenType is JsonTokenType.Number)
                    fault ??= FaultOfNumber(reader.ValueSpan, ref expanded);
            }
        }
        catch (JsonException e)
        {
            fault = $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: not valid JSON";
        }

        return fault is null;
    }

    private static string? FaultOf(ref Utf8JsonReader reader)
    {
        // Utf8JsonReader checks escapes only when a value is taken out, and few values have any.
        if (!reader.ValueIsEscaped)
            return null;
        try
        {
            var text = reader.GetString()!;
            return text.Contains('\0', StringComparison.Ordinal)
                ? "a string holds the character \\u0000, which the store cannot hold"
                : null;
        }
        catch (InvalidOperationException)
        {
            return "a string holds an unpaired surrogate, which is not a character";
        }
    }

    private static string? FaultOfNumber(ReadOnlySpan<byte> number, ref int expanded)
    {
        // PostgreSQL's numeric has at most 131072 digits before the point and 16383 after it.
        var exponentAt = number.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt < 0)
            return number.Length <= 16_000 ? null : "a number has more than 16000 digits";
        var exponent = number[(exponentAt + 1)..].TrimStart("+-0"u8);
        if (exponent.Length > 4 || exponentAt > 4_000)
            return "a number's exponent is too large";
        if (!exponent.IsEmpty)
            expanded += int.Parse(exponent, NumberStyles.None, CultureInfo.InvariantCulture);
        return expanded <= MaxExpandedDigits
            ? null
            : $"its numbers, written out without exponents, have more than {MaxExpandedDigits} digits";
    }
}
