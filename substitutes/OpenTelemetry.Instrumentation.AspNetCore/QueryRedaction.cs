using System.Text;

namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Hides the values of a query string, which may be secrets, and keeps its keys.</summary>
internal static class QueryRedaction
{
    private const string Redacted = "Redacted";

    public static string Redact(string query)
    {
        if (!query.Contains('=', StringComparison.Ordinal))
        {
            return query;
        }

        var result = new StringBuilder(query.Length + Redacted.Length);
        var position = 0;
        while (position < query.Length)
        {
            var equals = query.IndexOf('=', position);
            if (equals < 0)
            {
                result.Append(query, position, query.Length - position);
                break;
            }

            result.Append(query, position, equals + 1 - position).Append(Redacted);
            position = query.IndexOf('&', equals) is var next && next >= 0 ? next : query.Length;
        }

        return result.ToString();
    }
}
