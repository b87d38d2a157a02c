using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Turns a request that was made for one destination into one for another.</summary>
internal static class RequestCopies
{
    private const string EncodedPercent = "%252F";

    /// <summary>A second request that may be under way at the same time. Its body is in memory, or there is none.</summary>
    public static HttpRequestMessage Copy(HttpRequestMessage request, ReadOnlyMemory<byte> body)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri)
        {
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
            copy.Headers.TryAddWithoutValidation(name, values);
        if (request.Content is not null)
            copy.Content = WithHeaders(new ReadOnlyMemoryContent(body), request.Content);
        return copy;
    }

    public static HttpContent WithHeaders(HttpContent content, HttpContent original)
    {
        foreach (var (name, values) in original.Headers.NonValidated)
            content.Headers.TryAddWithoutValidation(name, values);
        return content;
    }

    /// <summary>The same path and query elsewhere. Transforms have made them, so they are taken as they are.</summary>
    /// <param name="from">Where the request would go. It has to be what the request was made from, not what is configured since.</param>
    public static void Redirect(HttpRequestMessage request, DestinationConfig from, DestinationConfig to)
    {
        var rest = request.RequestUri!.OriginalString.AsSpan(from.Address.TrimEnd('/').Length);
        request.RequestUri = new Uri(string.Concat(to.Address.AsSpan().TrimEnd('/'), rest), UriKind.Absolute);
        // Unless the client's own host is passed on.
        if (request.Headers.Host == from.Host)
            request.Headers.Host = to.Host;
    }

    /// <summary>
    /// Gives slashes that the client has encoded their encoding back. The server leaves them as %2F in the path, which YARP takes for a
    /// percent sign, so that they look like the %252F of a client that has encoded that one.
    /// </summary>
    public static void KeepEncodedSlashes(HttpRequestMessage request, HttpContext context)
    {
        var (sent, address) = (context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "", request.RequestUri!.OriginalString);
        var (left, end) = (PathEnd(sent), PathEnd(address));
        var kept = new StringBuilder(address);
        // From the end, because transforms take away and add at the start.
        for (int at; (at = address.AsSpan(0, end).LastIndexOf(EncodedPercent, StringComparison.OrdinalIgnoreCase)) >= 0; end = at)
        {
            var (slash, percent) = (Last(sent, left, "%2F"), Last(sent, left, EncodedPercent));
            if (slash < 0 && percent < 0)
                break;
            if (slash > percent)
                kept.Remove(at + 1, 2);
            left = Math.Max(slash, percent);
        }

        request.RequestUri = new Uri(kept.ToString(), UriKind.Absolute);
    }

    private static int PathEnd(string target) => target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length;

    private static int Last(string text, int end, string part) => text.AsSpan(0, end).LastIndexOf(part, StringComparison.OrdinalIgnoreCase);
}
