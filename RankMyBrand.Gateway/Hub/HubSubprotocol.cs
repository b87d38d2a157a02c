using Microsoft.Extensions.Primitives;

namespace RankMyBrand.Gateway.Hub;

/// <summary>
/// The WebSocket subprotocol of the hub. A browser cannot set headers on a WebSocket, but it can offer subprotocols, which unlike the
/// URL stand in no log: <c>new WebSocket(url, ["rankmybrand.v1", "bearer.TOKEN"])</c>.
/// </summary>
internal static class HubSubprotocol
{
    private const string Name = "rankmybrand.v1";
    private const string TokenPrefix = "bearer.";

    /// <summary>The subprotocol to answer with; null when the client has not offered it.</summary>
    public static string? Of(HttpContext http) =>
        http.WebSockets.WebSocketRequestedProtocols.Contains(Name, StringComparer.Ordinal) ? Name : null;

    /// <summary>
    /// Moves tokens that a WebSocket offers as subprotocols to where tokens are looked for, beside those that are there: several are refused
    /// there. Takes them off every request, so that no service sees one. It must run before the identity is established.
    /// </summary>
    public static void UseTokens(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        var headers = http.Request.Headers;
        var offered = Offered(headers.SecWebSocketProtocol).ToLookup(IsToken);
        if (!offered[true].Any())
            return next(http);
        headers.SecWebSocketProtocol = offered[false].Any() ? string.Join(", ", offered[false]) : StringValues.Empty;
        if (http.WebSockets.IsWebSocketRequest)
        {
            var tokens = offered[true].Select(static token => $"Bearer {token[TokenPrefix.Length..]}").ToArray();
            headers.Authorization = StringValues.Concat(headers.Authorization, tokens);
        }

        return next(http);
    });

    // A name may not be quoted, but whoever reads the header behind may not mind.
    private static IEnumerable<string> Offered(StringValues header) =>
        header.SelectMany(static line => line!.Split(',')).Select(static name => name.Trim(' ', '\t', '"')).Where(static name => name.Length > 0);

    // However it is spelt, it is meant as one.
    private static bool IsToken(string name) => name.StartsWith(TokenPrefix, StringComparison.OrdinalIgnoreCase);
}
