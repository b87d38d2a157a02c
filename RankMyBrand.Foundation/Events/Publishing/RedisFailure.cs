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
        || error.StartsWith("READONLY", StringComparison.Ordinal);
}
