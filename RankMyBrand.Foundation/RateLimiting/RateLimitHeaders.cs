using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Foundation.RateLimiting;

/// <summary>Writes results as the fields of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After.</summary>
public static class RateLimitHeaders
{
    /// <summary>The name of the field that tells the limits.</summary>
    public const string PolicyField = "RateLimit-Policy";

    /// <summary>The name of the field that tells what is left.</summary>
    public const string LimitField = "RateLimit";

    /// <summary>The draft's problem type of a refusal; its member <c>violated-policies</c> lists the policies.</summary>
    public const string QuotaExceededType = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    /// <summary>The draft's problem type for limits that cannot be checked.</summary>
    public const string ReducedCapacityType = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

    /// <summary>Sets the fields of a response.</summary>
    public static void Write(IHeaderDictionary headers, in RateLimitResult result)
    {
        headers[PolicyField] = Policies(result);
        headers[LimitField] = Limits(result);
        if (RetryAfter(result) is { } seconds)
            headers.RetryAfter = seconds;
    }

    /// <summary>The value of RateLimit-Policy, such as <c>"api";q=100;w=60</c>.</summary>
    public static string Policies(in RateLimitResult result)
    {
        if (result.Count == 1)
            return result[0].Rule.Header;
        var items = new string[result.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = result[i].Rule.Header;
        return string.Join(", ", items);
    }

    /// <summary>The value of RateLimit, such as <c>"api";r=42;t=30</c>.</summary>
    public static string Limits(in RateLimitResult result)
    {
        if (result.Count == 1)
            return LimitItem(result[0]);
        var items = new string[result.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = LimitItem(result[i]);
        return string.Join(", ", items);
    }

    /// <summary>The value of Retry-After in whole seconds; null when the request may pass, or when waiting will not help.</summary>
    public static string? RetryAfter(in RateLimitResult result) =>
        result.IsAllowed || result.RetryAfter < TimeSpan.Zero
            ? null
            : Math.Max(1, Seconds(result.RetryAfter)).ToString(CultureInfo.InvariantCulture);

    internal static string PolicyItem(RateLimitRule rule)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"\"{rule.Policy}\";q={rule.Permits}");
        if (rule.Algorithm == RateLimitAlgorithm.Concurrency)
            return text.Append(";qu=\"concurrent-requests\"").ToString();
        // The draft's windows are whole seconds, so a shorter one is not told.
        if (rule.Window.Ticks % TimeSpan.TicksPerSecond == 0)
            text.Append(CultureInfo.InvariantCulture, $";w={(long)rule.Window.TotalSeconds}");
        if (rule.Capacity != rule.Permits)
            text.Append(CultureInfo.InvariantCulture, $";rmb-burst={rule.Capacity}");
        return text.ToString();
    }

    // Of a limit that refuses, the time that a client should wait: Retry-After is never before it.
    private static string LimitItem(in RateLimitStatus status)
    {
        var seconds = Seconds(status.IsRefused ? status.RetryAfter : status.ResetAfter);
        return seconds > 0
            ? string.Create(CultureInfo.InvariantCulture, $"\"{status.Policy}\";r={status.Remaining};t={seconds}")
            : string.Create(CultureInfo.InvariantCulture, $"\"{status.Policy}\";r={status.Remaining}");
    }

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);
}
