using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>The real-time hub: one WebSocket, over which a client follows any number of streams.</summary>
internal static class HubExtensions
{
    private const string Path = "/ws";

    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_restTime = TimeSpan.FromSeconds(1);

    public static void AddHub(this IHostApplicationBuilder builder)
    {
        builder.AddLiveEvents();
        builder.Services.AddEdgeConnections();
        builder.Services.AddCheckedOptions<HubOptions>(HubOptions.Section);
        builder.Services.AddSingleton<HubFeed>();
        builder.Services.AddSingleton<HubClients>();
        builder.Services.AddHostedService(services => services.GetRequiredService<HubClients>());
    }

    /// <summary>
    /// Prepares handshakes of WebSockets, the hub's and those with a token for a service; must run before the identity is established.
    /// </summary>
    public static void UseHub(this IApplicationBuilder app) => app.UseWhen(
        static context => context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase)
            || context.Request.Headers.SecWebSocketProtocol.Count > 0,
        static hub =>
        {
            hub.UseWebSockets();
            hub.UseTokens();
        });

    /// <summary>A WebSocket begins with GET in HTTP/1.1, and with CONNECT in HTTP/2 (RFC 8441).</summary>
    public static void MapHub(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(Path, [HttpMethods.Get, HttpMethods.Connect], ConnectAsync).RequireScopes("events:read");

    private static async Task<IResult> ConnectAsync(
        HttpContext http, HubClients clients, HubFeed feed, IOptions<HubOptions> options)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            OfferUpgrade(http);
            return Problem.Create(
                ProblemCode.Validation, $"{Path} is a WebSocket; connect with the ws: or wss: scheme.", StatusCodes.Status426UpgradeRequired);
        }

        // Those that were sent away come back at once, for as long as load balancers do not know.
        if (clients.IsStopping)
        {
            return Problem.Create(
                ProblemCode.Unavailable, "The gateway stops; connect again and resume after the last event.", retryAfter: s_drainTime);
        }

        if (!clients.TryEnter())
        {
            return Problem.Create(
                ProblemCode.Unavailable,
                $"{options.Value.MaxConnections} clients are connected, which is as many as this gateway takes; try again later.",
                retryAfter: TimeSpan.FromSeconds(5));
        }

        var served = false;
        try
        {
            // The hub's heartbeats keep the connection warm.
            var accept = new WebSocketAcceptContext { SubProtocol = HubSubprotocol.Of(http), KeepAliveInterval = Timeout.InfiniteTimeSpan };
            var socket = await http.WebSockets.AcceptWebSocketAsync(accept);
            var permission = Permission.Of(http);
            var tenant = http.Request.Headers[IdentityHeaders.Tenant].ToString() is { Length: > 0 } named ? named : null;
            served = true;
            if (Handover.Of(http) is not { } handover)
                await clients.ServeAsync(new HubConnection(socket, http.Abort, tenant, permission, feed, options.Value));
            else
                handover.To(Serve);
            return Results.Empty;

            async Task Serve(ConnectionContext connection)
            {
                var stream = new ConnectionStream(connection.Transport);
                var over = Over(stream, accept);
                await clients.ServeAsync(new HubConnection(over, connection.Abort, tenant, permission, feed, options.Value));
                if (over.State is WebSocketState.Aborted)
                    await stream.DiscardAsync(s_restTime);
            }
        }
        finally
        {
            if (!served)
                clients.Leave();
        }
    }

    // RFC 9110, 15.5.22, and RFC 6455, 4.2.2. The connection is as good as before; without the second option the server would end it.
    private static void OfferUpgrade(HttpContext http)
    {
        if (!HttpProtocol.IsHttp11(http.Request.Protocol))
            return;
        var headers = http.Response.Headers;
        var isLast = http.Request.Headers.Connection.ToString().Contains("close", StringComparison.OrdinalIgnoreCase);
        headers.Connection = isLast ? "Upgrade, close" : "Upgrade, keep-alive";
        headers.Upgrade = "websocket";
        headers.SecWebSocketVersion = "13";
    }

    private static WebSocket Over(ConnectionStream stream, WebSocketAcceptContext accepted) => WebSocket.CreateFromStream(
        stream,
        new WebSocketCreationOptions { IsServer = true, SubProtocol = accepted.SubProtocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
}
