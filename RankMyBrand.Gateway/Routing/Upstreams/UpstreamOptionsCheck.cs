using System.Buffers;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.SessionAffinity;

namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>Says what is wrong with the settings of a cluster or a service, by configuration key.</summary>
internal sealed class UpstreamOptionsCheck(string path, List<string> failures)
{
    private static readonly string[] s_policies =
        [LoadBalancingPolicies.PowerOfTwoChoices, LoadBalancingPolicies.LeastRequests, LoadBalancingPolicies.RoundRobin];

    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly string[] s_affinities =
        [SessionAffinityConstants.Policies.Cookie, SessionAffinityConstants.Policies.CustomHeader];

    public void Check(UpstreamOptions options)
    {
        OneOf("LoadBalancingPolicy", options.LoadBalancingPolicy, s_policies);
        CheckAffinity(options);
        CheckHealth(options.HealthCheck.Active);
        CheckClient(options);
        CheckTimeouts(options.Timeouts);

        Range("Retries:Attempts", options.Retries.Attempts, 0, 10);
        Range("Retries:Budget", options.Retries.Budget, 0, 1);
        Range("Retries:MaxBodySize", options.Retries.MaxBodySize, 0, 1024 * 1024);

        Range("Breaker:FailureRatio", options.Breaker.FailureRatio, 0.01, 1);
        Range("Breaker:MinimumRequests", options.Breaker.MinimumRequests, 1, 100_000);
        Range("Breaker:Window", options.Breaker.Window, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range("Breaker:OpenFor", options.Breaker.OpenFor, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));

        Range("Bulkhead:MaxConcurrency", options.Bulkhead.MaxConcurrency, 1, 1_000_000);
        Range("Bulkhead:QueueLength", options.Bulkhead.QueueLength, 0, 100_000);
        Range("Bulkhead:QueueTimeout", options.Bulkhead.QueueTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));

        if (options.Hedging.Delay is { } delay)
            Range("Hedging:Delay", delay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
    }

    private void CheckAffinity(UpstreamOptions options)
    {
        if (options.SessionAffinity is not { Enabled: true } affinity)
            return;
        // YARP's other policies put the destination into the cookie unsigned, for everybody to read and to choose.
        if (affinity.Policy is not null)
            OneOf("SessionAffinity:Policy", affinity.Policy, s_affinities);
        if (affinity.FailurePolicy is not null)
        {
            OneOf(
                "SessionAffinity:FailurePolicy",
                affinity.FailurePolicy,
                SessionAffinityConstants.FailurePolicies.Redistribute,
                SessionAffinityConstants.FailurePolicies.Return503Error);
        }

        if (affinity.AffinityKeyName is { } name && !IsToken(name))
            Add("SessionAffinity:AffinityKeyName", name, "it must be a name for a cookie or header, of letters, digits and hyphens");
        if (affinity.Cookie?.HttpOnly == false)
            Add("SessionAffinity:Cookie:HttpOnly", "False", "it cannot be turned off: no script needs to read this cookie");
    }

    // RFC 9110, 5.6.2.
    private static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(s_tokenCharacters);

    private void CheckHealth(ActiveHealthCheckOptions active)
    {
        // JSON can say null.
        if (string.IsNullOrEmpty(active.Path) || !active.Path.StartsWith('/'))
            Add("HealthCheck:Active:Path", active.Path ?? "", "it must begin with '/'");
        Range("HealthCheck:Active:Interval", active.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Range("HealthCheck:Active:Timeout", active.Timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Range("HealthCheck:Active:Threshold", active.Threshold, 1, 100);
    }

    private void CheckClient(UpstreamOptions options)
    {
        if (options.HttpClient.MaxConnectionsPerServer is { } connections)
            Range("HttpClient:MaxConnectionsPerServer", connections, 1, 1_000_000);
        if (options.HttpRequest.Version is { } version)
            OneOf("HttpRequest:Version", version, "1.0", "1.1", "2", "2.0", "3", "3.0");
    }

    private void CheckTimeouts(TimeoutOptions timeouts)
    {
        var (least, day) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
        Range("Timeouts:Connect", timeouts.Connect, least, TimeSpan.FromMinutes(1));
        Range("Timeouts:FirstByte", timeouts.FirstByte, least, day);
        Range("Timeouts:Total", timeouts.Total, least, day);
        Range("Timeouts:Idle", timeouts.Idle, TimeSpan.FromSeconds(1), day);
    }

    private void Range<T>(string key, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            Add(key, $"{value}", $"it must be from {least} to {most}");
    }

    private void OneOf(string key, string value, params string[] known)
    {
        if (!known.Contains(value, StringComparer.OrdinalIgnoreCase))
            Add(key, value, $"it must be one of {string.Join(", ", known)}");
    }

    private void Add(string key, string value, string expected) => failures.Add($"{path}:{key} is '{value}'; {expected}.");
}
