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

    /// <summary>Moves a token that is offered as a subprotocol to where tokens are looked for. It must run before the identity is established.</summary>
    public static void UseTokens(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        var headers = http.Request.Headers;
        if (http.WebSockets.IsWebSocketRequest && headers.Authorization.Count == 0
            && http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(static offered => offered.StartsWith(TokenPrefix, StringComparison.Ordinal)) is { } token)
        {
            headers.Authorization = $"Bearer {token[TokenPrefix.Length..]}";
            headers.SecWebSocketProtocol = string.Join(", ", http.WebSockets.WebSocketRequestedProtocols.Where(offered => offered != token));
        }

        return next(http);
    });
}
