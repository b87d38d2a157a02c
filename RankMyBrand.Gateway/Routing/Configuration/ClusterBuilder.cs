using System.Globalization;
using System.Net;
using System.Security.Authentication;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.SessionAffinity;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>Makes clusters for YARP of our settings. What YARP does not know stays with the upstream.</summary>
internal static class ClusterBuilder
{
    /// <summary>Where the client factory finds how long connecting may take.</summary>
    public const string ConnectTimeoutKey = "ConnectTimeout";

    public static ClusterConfig Build(string id, UpstreamOptions options, IReadOnlyDictionary<string, DestinationConfig> destinations) =>
        new()
        {
            ClusterId = id,
            LoadBalancingPolicy = options.LoadBalancingPolicy,
            SessionAffinity = Secure(id, options.SessionAffinity),
            HealthCheck = new HealthCheckConfig
            {
                // Neither more nor less than the checks say: nobody is helped by a request to what is known to be down.
                AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyAndUnknown,
                Active = Build(options.HealthCheck.Active),
            },
            HttpClient = Build(options.HttpClient),
            HttpRequest = Build(options.HttpRequest, options.Timeouts),
            Destinations = destinations,
            Metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                [ConnectTimeoutKey] = options.Timeouts.Connect.ToString("c"),
                [ConsecutiveFailuresHealthPolicyOptions.ThresholdMetadataName] =
                    options.HealthCheck.Active.Threshold.ToString(CultureInfo.InvariantCulture),
            },
        };

    // YARP's cookie is encrypted; what is missing to a safe one is SameSite, and Secure where the client came by HTTPS.
    private static SessionAffinityConfig? Secure(string id, SessionAffinityConfig? affinity)
    {
        if (affinity is not { Enabled: true })
            return affinity;
        return affinity with
        {
            Policy = affinity.Policy ?? SessionAffinityConstants.Policies.Cookie,
            AffinityKeyName = affinity.AffinityKeyName ?? $"affinity-{id.Replace(':', '-')}",
            Cookie = (affinity.Cookie ?? new()) with
            {
                HttpOnly = true,
                SameSite = affinity.Cookie?.SameSite ?? SameSiteMode.Lax,
                SecurePolicy = affinity.Cookie?.SecurePolicy ?? CookieSecurePolicy.SameAsRequest,
            },
        };
    }

    private static ActiveHealthCheckConfig? Build(ActiveHealthCheckOptions active) => active.Enabled != true ? null : new()
    {
        Enabled = true,
        Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
        Path = active.Path,
        Interval = active.Interval,
        Timeout = active.Timeout,
    };

    private static HttpClientConfig Build(HttpClientOptions client) => new()
    {
        SslProtocols = client.SslProtocols.Count == 0 ? null : client.SslProtocols.Aggregate(SslProtocols.None, (all, one) => all | one),
        DangerousAcceptAnyServerCertificate = client.DangerousAcceptAnyServerCertificate,
        MaxConnectionsPerServer = client.MaxConnectionsPerServer,
        EnableMultipleHttp2Connections = client.EnableMultipleHttp2Connections,
    };

    private static ForwarderRequestConfig Build(HttpVersionOptions request, TimeoutOptions timeouts) => new()
    {
        ActivityTimeout = timeouts.Idle,
        Version = request.Version is not { } version
            ? null
            : Version.Parse(version.Contains('.', StringComparison.Ordinal) ? version : $"{version}.0"),
        VersionPolicy = request.VersionPolicy,
    };
}
