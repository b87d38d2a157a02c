using System.Collections.Frozen;

namespace OpenTelemetry.Exporter;

/// <summary>Turns the units of UCUM into the words that Prometheus ends names with.</summary>
internal static class PrometheusUnit
{
    private static readonly FrozenDictionary<string, string> s_units = Words(
    [
        ("d", "days"), ("h", "hours"), ("min", "minutes"), ("s", "seconds"),
        ("ms", "milliseconds"), ("us", "microseconds"), ("ns", "nanoseconds"),
        ("By", "bytes"), ("KiBy", "kibibytes"), ("MiBy", "mebibytes"), ("GiBy", "gibibytes"), ("TiBy", "tibibytes"),
        ("KBy", "kilobytes"), ("MBy", "megabytes"), ("GBy", "gigabytes"), ("TBy", "terabytes"),
        ("B", "bytes"), ("KB", "kilobytes"), ("MB", "megabytes"), ("GB", "gigabytes"), ("TB", "terabytes"),
        ("m", "meters"), ("V", "volts"), ("A", "amperes"), ("J", "joules"), ("W", "watts"), ("g", "grams"),
        ("Cel", "celsius"), ("Hz", "hertz"), ("%", "percent"), ("$", "dollars"), ("1", "")
    ]);

    private static readonly FrozenDictionary<string, string> s_per = Words(
    [
        ("s", "second"), ("m", "minute"), ("h", "hour"), ("d", "day"), ("w", "week"), ("mo", "month"), ("y", "year")
    ]);

    /// <summary>The suffix of a unit, empty when it has none.</summary>
    public static string Of(string? unit)
    {
        var bare = WithoutAnnotations(unit ?? "");
        var slash = bare.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == bare.Length - 1)
        {
            return Word(s_units, bare.Trim('/'));
        }

        var (amount, time) = (Word(s_units, bare[..slash]), Word(s_per, bare[(slash + 1)..]));
        return $"{amount}_per_{time}".Trim('_');
    }

    private static FrozenDictionary<string, string> Words(ReadOnlySpan<(string Unit, string Word)> words) =>
        words.ToArray().ToFrozenDictionary(entry => entry.Unit, entry => entry.Word, StringComparer.Ordinal);

    private static string Word(FrozenDictionary<string, string> words, string unit) =>
        words.TryGetValue(unit, out var word) ? word
        : unit.Length == 0 ? ""
        : PrometheusName.Sanitize(unit, allowColon: false).Trim('_');

    private static string WithoutAnnotations(string unit)
    {
        while (unit.IndexOf('{', StringComparison.Ordinal) is var open and >= 0
            && unit.IndexOf('}', open) is var close and >= 0)
        {
            unit = unit.Remove(open, close - open + 1);
        }

        return unit;
    }
}
