using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RankMyBrand.ServiceDefaults.Correlation;

/// <summary>
/// The id that follows a piece of work through every service, in <c>X-Correlation-ID</c>: 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>.
/// Traces follow <c>traceparent</c>; this id is for people and for systems that know no traces.
/// </summary>
public static class CorrelationId
{
    /// <summary>The header of requests and responses.</summary>
    public const string Header = "X-Correlation-ID";

    /// <summary>The key in the baggage of activities.</summary>
    public const string BaggageKey = "correlation_id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a text may be a correlation id.</summary>
    public static bool IsValid([NotNullWhen(true)] string? value) =>
        value is { Length: > 0 and <= MaxLength } && !value.AsSpan().ContainsAnyExcept(s_allowed);

    /// <summary>A new id.</summary>
    public static string New() => Guid.CreateVersion7().ToString("N");

    /// <summary>
    /// The correlation id of a request: the caller's when it was valid, else the id of the request's trace. From now on it is the
    /// request's header, whatever that was, so that a proxy forwards it.
    /// </summary>
    public static string GetCorrelationId(this HttpContext context)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 1 && IsValid(header[0]))
            return header[0]!;
        var id = OfTrace(context.Features.Get<IHttpActivityFeature>()?.Activity) ?? New();
        context.Request.Headers[Header] = id;
        return id;
    }

    /// <summary>The id of the trace that an activity belongs to; null where there is none.</summary>
    internal static string? OfTrace(Activity? activity) =>
        activity is { IdFormat: ActivityIdFormat.W3C } ? activity.TraceId.ToHexString() : null;
}
