using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.ServiceDefaults.Correlation;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Notes down every request in one structured event: Information, Warning when the answer is a 5xx, Debug for probes. It holds no query
/// and no header but the correlation id, so no credential either; and nothing in it can break a line.
/// </summary>
internal sealed class AccessLogMiddleware(RequestDelegate next, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>The log category.</summary>
    public const string Category = "RankMyBrand.Gateway.AccessLog";

    private const int LongestPath = 256;
    private const int ClientClosedRequest = 499;

    private static readonly EventId s_event = new(2300, "Request");

    private readonly TimeProvider _time = time;
    private readonly ILogger _logger = loggers.CreateLogger(Category);

    public Task InvokeAsync(HttpContext context)
    {
        var request = new Request(this, context, _time.GetTimestamp());
        if (_logger.IsEnabled(LogLevel.Information))
            request.CountBytes();
        // After everything, a failure's answer included.
        context.Response.OnCompleted(static request => ((Request)request).WriteAsync(), request);
        return next(context);
    }

    private static LogLevel LevelOf(HttpContext context, int status) => status switch
    {
        >= StatusCodes.Status500InternalServerError => LogLevel.Warning,
        _ when context.GetEndpoint()?.Metadata.GetMetadata<IDisableHttpMetricsMetadata>() is not null => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    // As it came, so still encoded: a decoded path may hold line breaks. What came without being encoded is not for a terminal to act on.
    // The query stays out: some put keys and tokens there.
    private static string PathOf(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        // A whole address, as a proxy is asked; it may hold a password before the host.
        if (target.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme && !target.StartsWith('/'))
            target = target.IndexOf('/', scheme + 3) is >= 0 and var start ? target[start..] : "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var length = Math.Min(query < 0 ? target.Length : query, LongestPath);
        var path = length == target.Length ? target : target[..length];
        return path.AsSpan().ContainsAnyExceptInRange('!', '~') ? Uri.EscapeDataString(path) : path;
    }

    private static string? RouteOf(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId ?? endpoint?.DisplayName;

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        var address => address?.ToString(),
    };

    private sealed class Request(AccessLogMiddleware log, HttpContext context, long started)
    {
        private CountedBody? _body;

        public void CountBytes()
        {
            _body = new CountedBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
            context.Features.Set<IHttpResponseBodyFeature>(_body);
        }

        public Task WriteAsync()
        {
            var status = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted
                ? ClientClosedRequest
                : context.Response.StatusCode;
            Write(LevelOf(context, status), status);
            return Task.CompletedTask;
        }

        private void Write(LogLevel level, int status)
        {
            if (!log._logger.IsEnabled(level))
                return;
            var caller = context.GetCaller();
            var entry = new AccessLogEntry
            {
                Method = context.Request.Method,
                Path = PathOf(context),
                Status = status,
                DurationMs = log._time.GetElapsedTime(started).TotalMilliseconds,
                Route = RouteOf(context.GetEndpoint()),
                Upstream = context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination?.DestinationId,
                RequestBytes = context.Request.ContentLength,
                ResponseBytes = _body?.Bytes,
                ClientIp = AddressOf(context),
                Identity = caller.Identity?.Id,
                Tenant = caller.Identity?.Tenant,
                CorrelationId = context.GetCorrelationId(),
                Refusal = caller.Refusal,
            };
            log._logger.Log(level, s_event, entry, exception: null, static (entry, _) => entry.ToString());
        }
    }
}
