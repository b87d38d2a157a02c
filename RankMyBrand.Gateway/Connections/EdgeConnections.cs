using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Http;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.Connections;

/// <summary>
/// What every connection goes through before HTTP: it is counted from its beginning to its end, remembers its last good API key, and is
/// served on by whoever a request has handed it over to. The server's own limits count a connection only while it serves it.
/// </summary>
internal sealed class EdgeConnections(IOptions<EdgeLimits> limits) : IConfigureOptions<KestrelServerOptions>
{
    private int _count;

    public void Configure(KestrelServerOptions kestrel) =>
        kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(http => connection => ServeAsync(http, connection)));

    private async Task ServeAsync(ConnectionDelegate http, ConnectionContext connection)
    {
        try
        {
            // Beyond the limit it ends here, and with that is closed.
            if (Interlocked.Increment(ref _count) > limits.Value.Connections)
                return;
            connection.Features.Set(new ProvenKey());
            using var handover = new Handover(connection);
            if (await LostConnection.EndsFirstAsync(http(connection), connection))
                await handover.CompleteAsync();
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
