using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Tells what another try can mend from what it cannot.</summary>
internal static class RedisFailure
{
    public static bool IsTransient(Exception e) => e switch
    {
        RedisConnectionException or RedisTimeoutException => true,
        AppendFailedException failed => failed.IsTransient,
        RedisServerException => IsTransient(e.Message),
        _ => false,
    };

    /// <summary>A server that is starting, has lost its primary or is being failed over will answer soon.</summary>
    public static bool IsTransient(string error) =>
        error.StartsWith("LOADING", StringComparison.Ordinal)
        || error.StartsWith("MASTERDOWN", StringComparison.Ordinal)
        || error.StartsWith("READONLY", StringComparison.Ordinal)
        || error.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
        || error.StartsWith("TRYAGAIN", StringComparison.Ordinal);

    /// <summary>
    /// A server that is full, cannot save or has lost its replicas takes writes again when somebody has mended it: too late for
    /// whoever waits for an answer, but no fault of what is written.
    /// </summary>
    public static bool WillPass(string error) =>
        IsTransient(error)
        || error.StartsWith("OOM", StringComparison.Ordinal)
        || error.StartsWith("MISCONF", StringComparison.Ordinal)
        || error.StartsWith("NOREPLICAS", StringComparison.Ordinal);
}
