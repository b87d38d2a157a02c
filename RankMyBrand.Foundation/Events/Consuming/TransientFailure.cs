using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
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
        // A server that is failed over (read-only) or overloaded (statements are cancelled), or that is being set up or changed: logins,
        // the database, permissions, plans that have become outdated.
        DbException { SqlState: "25006" or "57014" or "3D000" or "42501" or "0A000" or ['2', '8', ..] } => true,
        // A table or column that is not there yet: the service that migrates is behind the one that needs it.
        DbException { SqlState: "42P01" or "42703" } => true,
        // What a handler publishes may have to wait for room in its stream.
        EventRejectedException { Rejection.RetryAfter: not null } => true,
        HttpRequestException { StatusCode: { } status } =>
            status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError,
        // These are of a kind with failures of the network, but will be the same at the next attempt.
        FileNotFoundException or DirectoryNotFoundException or EndOfStreamException or RegexMatchTimeoutException => false,
        RedisConnectionException or RedisTimeoutException or TimeoutException or SocketException or IOException or HttpRequestException =>
            true,
        // How HttpClient reports its own timeout.
        OperationCanceledException { InnerException: TimeoutException } => true,
        RedisServerException => RedisFailure.WillPass(e.Message),
        DbException or AggregateException when e.InnerException is { } inner => Is(inner),
        _ => false,
    };
}
