using System.Globalization;
using RankMyBrand.Gateway.Routing.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>Makes the clients of the clusters, with their connect timeout.</summary>
internal sealed class ForwarderClientFactory(ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    // Names are resolved anew with new connections.
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(5);

    private static readonly UnheardMeters s_meters = new();

    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && ConnectTimeout(context.OldMetadata) == ConnectTimeout(context.NewMetadata);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = ConnectTimeout(context.NewMetadata);
        handler.PooledConnectionLifetime = s_connectionLifetime;
        // Attempts are traced and measured where they are made.
        handler.ActivityHeadersPropagator = null;
        handler.MeterFactory = s_meters;
        handler.PlaintextStreamFilter = static (connection, _) => new(
            connection.NegotiatedHttpVersion.Major == 1 ? new DestinationStream(connection.PlaintextStream) : connection.PlaintextStream);
    }

    private static TimeSpan ConnectTimeout(IReadOnlyDictionary<string, string>? metadata) =>
        TimeSpan.Parse(metadata![ClusterBuilder.ConnectTimeoutKey], CultureInfo.InvariantCulture);
}
