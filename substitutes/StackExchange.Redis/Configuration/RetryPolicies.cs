namespace StackExchange.Redis;

/// <summary>Decides when to try to connect again.</summary>
public interface IReconnectRetryPolicy
{
    /// <summary>Whether to try now, given the number of tries so far and the milliseconds since the last one.</summary>
    bool ShouldRetry(long currentRetryCount, int timeElapsedMillisecondsSinceLastRetry);
}

/// <summary>Tries again after the same time every time.</summary>
public class LinearRetry(int maxRetryElapsedTimeAllowedMilliseconds) : IReconnectRetryPolicy
{
    /// <inheritdoc/>
    public bool ShouldRetry(long currentRetryCount, int timeElapsedMillisecondsSinceLastRetry) =>
        timeElapsedMillisecondsSinceLastRetry >= maxRetryElapsedTimeAllowedMilliseconds;
}

/// <summary>Tries again after times that grow by a tenth each, with a random part so that clients do not return all at once.</summary>
public class ExponentialRetry : IReconnectRetryPolicy
{
    private const int DefaultMaximum = 10_000;
    private readonly int _delta;
    private readonly int _maximum;

    /// <summary>Waits at least the given milliseconds and at most ten seconds, or as long as the minimum if that is more.</summary>
    public ExponentialRetry(int deltaBackOffMilliseconds)
        : this(deltaBackOffMilliseconds, Math.Max(deltaBackOffMilliseconds, DefaultMaximum)) { }

    /// <summary>Waits between the given milliseconds.</summary>
    /// <exception cref="ArgumentException">The minimum is negative or more than the maximum.</exception>
    public ExponentialRetry(int deltaBackOffMilliseconds, int maxDeltaBackOffMilliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deltaBackOffMilliseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDeltaBackOffMilliseconds, deltaBackOffMilliseconds);
        _delta = deltaBackOffMilliseconds;
        _maximum = maxDeltaBackOffMilliseconds;
    }

    /// <inheritdoc/>
    public bool ShouldRetry(long currentRetryCount, int timeElapsedMillisecondsSinceLastRetry)
    {
        var exponential = (long)Math.Min(_maximum, _delta * Math.Pow(1.1, currentRetryCount));
#pragma warning disable CA5394 // Spreading the load of reconnecting clients needs no secret randomness.
        var wait = Random.Shared.NextInt64(_delta, exponential + 1);
#pragma warning restore CA5394
        return timeElapsedMillisecondsSinceLastRetry >= wait;
    }
}
