using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>The real-time hub: one WebSocket, over which a client follows any number of streams.</summary>
internal static class HubExtensions
{
    private const string Path = "/ws";

    public static void AddHub(this IHostApplicationBuilder builder)
    {
        builder.AddLiveEvents();
        builder.Services.AddCheckedOptions<HubOptions>(HubOptions.Section);
        builder.Services.AddSingleton<HubFeed>();
        builder.Services.AddSingleton<HubClients>();
        builder.Services.AddHostedService(services => services.GetRequiredService<HubClients>());
    }

    public static void MapHub(this IEndpointRouteBuilder routes) => routes.MapGet(Path, ConnectAsync).RequireScopes("events:read");

    private static async Task<IResult> ConnectAsync(
        HttpContext http, HubClients clients, HubFeed feed, IOptions<HubOptions> options, IHostApplicationLifetime host)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            return Problem.Create(
                ProblemCode.Validation, $"{Path} is a WebSocket; connect with the ws: or wss: scheme.", StatusCodes.Status426UpgradeRequired);
        }

        if (!clients.TryEnter())
        {
            return Problem.Create(
                ProblemCode.Unavailable,
                $"{options.Value.MaxConnections} clients are connected, which is as many as this gateway takes; try again later.",
                retryAfter: TimeSpan.FromSeconds(5));
        }

        try
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = HubSubprotocol.Of(http) });
            using var connection = new HubConnection(
                socket, http.Request.Headers[IdentityHeaders.Tenant].ToString() is { Length: > 0 } tenant ? tenant : null, feed, options.Value);
            await clients.ServeAsync(connection, host.ApplicationStopping);
            return Results.Empty;
        }
        finally
        {
            clients.Leave();
        }
    }
}
