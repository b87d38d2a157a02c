using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Connections;

/// <summary>Puts the gateway's own handling of connections before that of HTTP.</summary>
internal static class ConnectionsExtensions
{
    /// <summary>Whoever hands connections over needs it; it does no harm twice.</summary>
    public static void AddEdgeConnections(this IServiceCollection services) =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>, EdgeConnections>());
}
