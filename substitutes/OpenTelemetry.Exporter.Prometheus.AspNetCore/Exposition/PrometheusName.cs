using System.Collections.Concurrent;
using System.Text;

namespace OpenTelemetry.Exporter;

/// <summary>Turns OpenTelemetry's names and units into the names of Prometheus.</summary>
internal static class PrometheusName
{
    // Tag keys are literals of the instrumented code, so the cache ends at their number.
    private static readonly ConcurrentDictionary<string, string> s_labels = new(StringComparer.Ordinal);

    public static string OfMetric(string name, string? unit, bool isTotal)
    {
        var result = Sanitize(name, allowColon: true);
        if (char.IsAsciiDigit(result[0]))
        {
            result = $"_{result[1..]}";
        }

        if (PrometheusUnit.Of(unit) is { Length: > 0 } suffix && !result.EndsWith(suffix, StringComparison.Ordinal))
        {
            result = $"{result}_{suffix}";
        }

        return isTotal && !result.EndsWith("_total", StringComparison.Ordinal) ? $"{result}_total" : result;
    }

    public static string OfLabel(string key) => s_labels.GetOrAdd(key, static key =>
    {
        var result = Sanitize(key, allowColon: false);
        return result.Length > 0 && char.IsAsciiDigit(result[0]) ? $"_{result}" : result;
    });

    public static string Sanitize(string text, bool allowColon)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var kept = char.IsAsciiLetterOrDigit(c) || (c == ':' && allowColon) ? c : '_';
            if (kept != '_' || result.Length == 0 || result[^1] != '_')
            {
                result.Append(kept);
            }
        }

        return result.Length == 0 ? "_" : result.ToString();
    }
}
