using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Turns a request that was made for one destination into one for another.</summary>
internal static class RequestCopies
{
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
    public static void Redirect(HttpRequestMessage request, Destination fromDestination, Destination toDestination)
    {
        var (from, to) = (fromDestination.State.Model.Config, toDestination.State.Model.Config);
        var rest = request.RequestUri!.OriginalString.AsSpan(from.Address.TrimEnd('/').Length);
        request.RequestUri = new Uri(string.Concat(to.Address.AsSpan().TrimEnd('/'), rest), UriKind.Absolute);
        // Unless the client's own host is passed on.
        if (request.Headers.Host == from.Host)
            request.Headers.Host = to.Host;
    }

    /// <summary>
    /// Gives slashes that the client has encoded their encoding back. The server leaves them as %2F in the path, which YARP takes for a
    /// percent sign.
    /// </summary>
    public static void KeepEncodedSlashes(HttpRequestMessage request, HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        // Where the client has encoded a percent sign, it may have meant that.
        if (raw is null || raw.Contains("%252F", StringComparison.OrdinalIgnoreCase))
            return;
        var address = request.RequestUri!.OriginalString;
        var path = address.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : address.Length;
        var kept = address[..path].Replace("%252F", "%2F", StringComparison.OrdinalIgnoreCase);
        request.RequestUri = new Uri(string.Concat(kept, address.AsSpan(path)), UriKind.Absolute);
    }
}
