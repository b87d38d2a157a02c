using System.Data.Common;
using System.Net.Sockets;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Tells a dependency that is away, and will come back, from a fault in the event or in the code.</summary>
internal static class TransientFailure
{
    public static bool Is(Exception e) => e switch
    {
        DbException { IsTransient: true } => true,
        // Starting up, shutting down and recovering from a crash (PostgreSQL's class 57P) are transient, whatever the driver says.
        DbException { SqlState: ['5', '7', 'P', ..] } => true,
        // A table or column that is not there yet: the service that migrates is behind the one that needs it.
        DbException { SqlState: "42P01" or "42703" } => true,
        // What a handler publishes may have to wait for room in its stream.
        EventRejectedException { Rejection.RetryAfter: not null } => true,
        RedisConnectionException or RedisTimeoutException or TimeoutException or SocketException or IOException or HttpRequestException =>
            true,
        // How HttpClient reports its own timeout.
        OperationCanceledException { InnerException: TimeoutException } => true,
        RedisServerException => e.Message.StartsWith("LOADING", StringComparison.Ordinal),
        DbException or AggregateException when e.InnerException is { } inner => Is(inner),
        _ => false,
    };
}
