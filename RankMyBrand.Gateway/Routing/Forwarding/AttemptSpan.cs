using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// The trace of one attempt: a span where the trace is recorded, and in any case the headers by which the destination goes on with it.
/// In the place of the HTTP client's own, which describes every request whether or not anybody records it.
/// </summary>
internal readonly struct AttemptSpan
{
    private static readonly ActivitySource s_source = new(RoutingTelemetry.Name);

    private static readonly FrozenSet<string> s_methods =
        FrozenSet.Create(StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE");

    private readonly Activity? _activity;

    private AttemptSpan(Activity? activity) => _activity = activity;

    public static AttemptSpan Begin(Destination destination, HttpRequestMessage request)
    {
        var activity = s_source.StartActivity(NameOf(request.Method.Method) ?? "HTTP", ActivityKind.Client);
        if (activity is { IsAllDataRequested: true })
            Describe(activity, destination, request);
        Propagate(activity ?? Activity.Current, request);
        return new AttemptSpan(activity);
    }

    public void End(in AttemptResult result)
    {
        if (_activity is null)
            return;
        if (result.Response is { } response)
        {
            var status = (int)response.StatusCode;
            _activity.SetTag("http.response.status_code", status);
            if (status >= StatusCodes.Status400BadRequest)
                _activity.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture)).SetStatus(ActivityStatusCode.Error);
        }
        else
        {
            _activity.SetTag("error.type", result.Error!.GetType().FullName).SetStatus(ActivityStatusCode.Error, result.Failure.ToString());
        }

        _activity.Dispose();
    }

    // A client must not be able to make up names of spans.
    private static string? NameOf(string method) => s_methods.Contains(method) ? method : null;

    // Names of the semantic conventions for HTTP clients. No query and no user: some put keys and tokens there.
    private static void Describe(Activity activity, Destination destination, HttpRequestMessage request)
    {
        var address = request.RequestUri!;
        activity.SetTag("http.request.method", NameOf(request.Method.Method) ?? "_OTHER");
        activity.SetTag("server.address", address.Host);
        activity.SetTag("server.port", address.Port);
        activity.SetTag("url.full", address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped));
        activity.SetTag("proxy.destination_id", destination.State.DestinationId);
    }

    // What the client sent, or an attempt before this one, is replaced.
    private static void Propagate(Activity? activity, HttpRequestMessage request)
    {
        if (activity is null)
            return;
        var propagator = DistributedContextPropagator.Current;
        foreach (var field in propagator.Fields)
            request.Headers.Remove(field);
        propagator.Inject(
            activity, request, static (request, name, value) => ((HttpRequestMessage)request!).Headers.TryAddWithoutValidation(name, value));
    }
}
