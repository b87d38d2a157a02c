using System.Security.Authentication;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>
/// How the gateway treats a group of equal destinations. A cluster (<c>ReverseProxy:Clusters:ID</c>) and a service
/// (<c>Services:NAME</c>) take the same settings; what YARP has too is called as YARP calls it.
/// </summary>
internal class UpstreamOptions
{
    /// <summary><c>PowerOfTwoChoices</c>, <c>LeastRequests</c> or <c>RoundRobin</c>.</summary>
    public string LoadBalancingPolicy { get; set; } = LoadBalancingPolicies.PowerOfTwoChoices;

    /// <summary>Whether a client stays at the destination that answered it first; off unless enabled.</summary>
    public SessionAffinityConfig? SessionAffinity { get; set; }

    public HealthCheckOptions HealthCheck { get; set; } = new();

    public HttpClientOptions HttpClient { get; set; } = new();

    public HttpVersionOptions HttpRequest { get; set; } = new();

    public TimeoutOptions Timeouts { get; set; } = new();

    public RetryOptions Retries { get; set; } = new();

    public BreakerOptions Breaker { get; set; } = new();

    public BulkheadOptions Bulkhead { get; set; } = new();

    public HedgingOptions Hedging { get; set; } = new();
}

/// <summary>Whether destinations are asked how they are.</summary>
internal sealed class HealthCheckOptions
{
    public ActiveHealthCheckOptions Active { get; set; } = new();
}

/// <summary>A request now and then to every destination.</summary>
internal sealed class ActiveHealthCheckOptions
{
    /// <summary>Null for on in services and off in clusters.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Any status below 300 is healthy.</summary>
    public string Path { get; set; } = "/health/ready";

    /// <summary>100 ms to 1 h.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>10 ms to 1 min.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many checks in a row must fail before the destination gets no more requests. 1 to 100.</summary>
    public int Threshold { get; set; } = 2;
}

/// <summary>The connections to the destinations.</summary>
internal sealed class HttpClientOptions
{
    public List<SslProtocols> SslProtocols { get; } = [];

    public bool? DangerousAcceptAnyServerCertificate { get; set; }

    public int? MaxConnectionsPerServer { get; set; }

    public bool? EnableMultipleHttp2Connections { get; set; }
}

/// <summary>The HTTP version that the destinations speak.</summary>
internal sealed class HttpVersionOptions
{
    /// <summary><c>1.1</c> or <c>2</c>. Null asks for 2 where TLS can negotiate it and takes 1.1 elsewhere.</summary>
    public string? Version { get; set; }

    /// <summary><c>RequestVersionExact</c> with version 2 speaks HTTP/2 without TLS, as gRPC servers want it.</summary>
    public HttpVersionPolicy? VersionPolicy { get; set; }
}

/// <summary>How long things may take.</summary>
internal sealed class TimeoutOptions
{
    /// <summary>To a connection. 10 ms to 1 min.</summary>
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>From the end of the request to the beginning of the answer, of each attempt. 10 ms to 1 day.</summary>
    public TimeSpan FirstByte { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// All attempts and the whole answer. 10 ms to 1 day. WebSockets, event streams and gRPC calls are only bound by it until they begin.
    /// </summary>
    public TimeSpan Total { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Without a byte in either direction once the request is under way. 1 s to 1 day.</summary>
    public TimeSpan Idle { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>Second chances: at another destination, or once more at the only one.</summary>
internal sealed class RetryOptions
{
    /// <summary>How many other destinations may be asked after the first. 0 to 10; 0 turns retries off.</summary>
    public int Attempts { get; set; } = 2;

    /// <summary>
    /// The part of all requests of the last ten seconds that may be retried or hedged; a hundred may be in any case. 0 to 1.
    /// </summary>
    public double Budget { get; set; } = 0.2;

    /// <summary>The largest request body, in bytes, that is kept for a repetition. 0 to 1048576.</summary>
    public int MaxBodySize { get; set; } = 64 * 1024;
}

/// <summary>When a destination that fails gets no more requests.</summary>
internal sealed class BreakerOptions
{
    public bool Enabled { get; set; } = true;

    /// <summary>The part of failures, transport errors and 5xx, that opens the circuit. 0.01 to 1.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>How many requests there must have been in the window. 1 to 100000.</summary>
    public int MinimumRequests { get; set; } = 10;

    /// <summary>100 ms to 1 h.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the circuit stays open before one request may try. 10 ms to 1 h.</summary>
    public TimeSpan OpenFor { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>How many requests the destinations together get at a time. Streams do not count once they have begun.</summary>
internal sealed class BulkheadOptions
{
    /// <summary>1 to 1000000.</summary>
    public int MaxConcurrency { get; set; } = 1000;

    /// <summary>How many requests may wait for a place. 0 to 100000.</summary>
    public int QueueLength { get; set; } = 100;

    /// <summary>How long a request waits. 1 ms to 1 min.</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>A second attempt beside one that takes long, but never to delete; the first good answer counts.</summary>
internal sealed class HedgingOptions
{
    public bool Enabled { get; set; }

    /// <summary>After which time; null for the time in which 95 % of the recent requests were answered. 1 ms to 1 min.</summary>
    public TimeSpan? Delay { get; set; }
}
