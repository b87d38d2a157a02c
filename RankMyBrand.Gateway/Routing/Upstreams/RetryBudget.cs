namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>Keeps retries a small part of the traffic: when everything fails, retries would double the load on what is left.</summary>
internal sealed class RetryBudget(TimeProvider time)
{
    /// <summary>What may be retried however little traffic there is.</summary>
    public const int Reserve = 100;

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    private readonly RollingCounts _requests = new(time);

    public void Add() => _requests.Add(s_window, 1, 0);

    /// <param name="part">How many retries there may be a request.</param>
    public bool TryTake(double part) => _requests.TryMark(
        s_window, static (requests, retries, part) => retries < Math.Max(part > 0 ? Reserve : 0, part * requests), part);
}
