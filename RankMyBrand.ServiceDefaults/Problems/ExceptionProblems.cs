using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Polly;
using StackExchange.Redis;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Tells the caller what an exception means to him; what it says only where the service has asked for that.</summary>
internal sealed class ExceptionProblems(IEnumerable<ExpectedException> expected)
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(2);

    // Redis is starting, being failed over, or full; not one of these is a fault of the request.
    private static readonly RedisErrorKind[] s_passing =
    [
        RedisErrorKind.Loading, RedisErrorKind.MasterDown, RedisErrorKind.ReadOnly, RedisErrorKind.ClusterDown, RedisErrorKind.TryAgain,
        RedisErrorKind.Busy, RedisErrorKind.MaxClients, RedisErrorKind.OutOfMemory, RedisErrorKind.Misconfigured, RedisErrorKind.NoReplicas,
    ];

    public ProblemResult Of(Exception exception) =>
        expected.Select(kind => kind.Answer(exception)).FirstOrDefault(answer => answer is not null) ?? General(exception);

    private static ProblemResult General(Exception exception) => exception switch
    {
        BadHttpRequestException bad => Problem.Create(ProblemCodes.Of(bad.StatusCode), Explain(bad), bad.StatusCode),
        _ when IsUnavailable(exception) => Problem.Create(
            ProblemCode.Unavailable, "A service that this request needs does not answer now; try again shortly.", retryAfter: s_retryAfter),
        _ => Problem.Create(ProblemCode.Internal, "The request failed unexpectedly; the trace id identifies it in the logs."),
    };

    private static bool IsUnavailable(Exception exception) => exception switch
    {
        TimeoutException or SocketException or HttpIOException or ExecutionRejectedException or RedisConnectionException => true,
        // How HttpClient reports its own timeout.
        OperationCanceledException { InnerException: TimeoutException } => true,
        RedisServerException redis => s_passing.Contains(redis.Kind),
        // PostgreSQL: read only since it has been failed over, and overloaded, so that it cancels what takes too long.
        DbException database => database.IsTransient || database.SqlState is "25006" or "57014",
        HttpRequestException http => http.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError,
        _ => false,
    };

    private static string Explain(BadHttpRequestException exception) => exception switch
    {
        { InnerException: JsonException json } =>
            $"The request body is not the JSON that is expected: see '{json.Path ?? "$"}', line {(json.LineNumber ?? 0) + 1}.",
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => "The request body is larger than this endpoint accepts.",
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => "This endpoint does not accept the content type of the request.",
        { StatusCode: StatusCodes.Status408RequestTimeout } => "The request arrived too slowly.",
        _ => "A parameter, header or body that this endpoint needs is missing or has the wrong form.",
    };
}
