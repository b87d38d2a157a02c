using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Describes the span of an incoming request by OpenTelemetry's conventions for HTTP.</summary>
internal sealed class HttpInSpan(AspNetCoreTraceInstrumentationOptions options)
{
    public void Start(Activity activity, HttpContext context)
    {
        if (options.Filter?.Invoke(context) == false)
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        var request = context.Request;
        SetMethod(activity, request.Method, route: null);
        if (request.Host.HasValue)
        {
            activity.SetTag("server.address", request.Host.Host);
            activity.SetTag("server.port", request.Host.Port ?? (request.IsHttps ? 443 : 80));
        }

        activity.SetTag("url.scheme", request.Scheme);
        activity.SetTag("url.path", (request.PathBase.HasValue || request.Path.HasValue) ? (request.PathBase + request.Path).ToString() : "/");
        if (request.QueryString.HasValue)
        {
            activity.SetTag("url.query", QueryRedaction.Redact(request.QueryString.Value!));
        }

        if (request.Headers.UserAgent is [{ Length: > 0 } userAgent, ..])
        {
            activity.SetTag("user_agent.original", userAgent);
        }

        activity.SetTag("network.protocol.version", ProtocolVersion(request.Protocol));
        options.EnrichWithHttpRequest?.Invoke(activity, request);
    }

    public void Stop(Activity activity, HttpContext context)
    {
        var response = context.Response;
        // An exception handler has cleared the endpoint of a request that failed, but remembers it.
        var endpoint = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route is { Length: > 0 } route)
        {
            activity.SetTag("http.route", route);
            SetMethod(activity, context.Request.Method, route);
        }

        activity.SetTag("http.response.status_code", HttpStatusCodes.Box(response.StatusCode));
        if (activity.Status == ActivityStatusCode.Unset && response.StatusCode is >= 500 and <= 599)
        {
            activity.SetStatus(ActivityStatusCode.Error);
        }

        options.EnrichWithHttpResponse?.Invoke(activity, response);
    }

    public void Fail(Activity activity, Exception exception)
    {
        activity.SetTag("error.type", exception.GetType().FullName);
        if (options.RecordException)
        {
            activity.AddException(exception);
        }

        activity.SetStatus(ActivityStatusCode.Error);
        options.EnrichWithException?.Invoke(activity, exception);
    }

    private static void SetMethod(Activity activity, string method, string? route)
    {
        var known = KnownMethod(method);
        if (route is null)
        {
            activity.SetTag("http.request.method", known ?? "_OTHER");
            if (known is null)
            {
                activity.SetTag("http.request.method_original", method);
            }
        }

        var prefix = known ?? "HTTP";
        activity.DisplayName = route is null ? prefix : $"{prefix} {route}";
    }

    private static string? KnownMethod(string method) => method switch
    {
        _ when HttpMethods.IsGet(method) => HttpMethods.Get,
        _ when HttpMethods.IsPost(method) => HttpMethods.Post,
        _ when HttpMethods.IsPut(method) => HttpMethods.Put,
        _ when HttpMethods.IsDelete(method) => HttpMethods.Delete,
        _ when HttpMethods.IsPatch(method) => HttpMethods.Patch,
        _ when HttpMethods.IsHead(method) => HttpMethods.Head,
        _ when HttpMethods.IsOptions(method) => HttpMethods.Options,
        _ when HttpMethods.IsConnect(method) => HttpMethods.Connect,
        _ when HttpMethods.IsTrace(method) => HttpMethods.Trace,
        _ => null,
    };

    private static string ProtocolVersion(string protocol) => protocol switch
    {
        "HTTP/1.1" => "1.1",
        "HTTP/2" => "2",
        "HTTP/3" => "3",
        "HTTP/1.0" => "1.0",
        _ => protocol,
    };
}
