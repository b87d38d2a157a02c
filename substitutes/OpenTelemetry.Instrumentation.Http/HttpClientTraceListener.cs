using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;

namespace OpenTelemetry.Instrumentation.Http;

/// <summary>Lets the application filter and enrich the spans of outgoing requests.</summary>
internal sealed class HttpClientTraceListener : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string ListenerName = "HttpHandlerDiagnosticListener";
    private const string Started = "System.Net.Http.HttpRequestOut.Start";
    private const string Stopped = "System.Net.Http.HttpRequestOut.Stop";
    private const string Failed = "System.Net.Http.Exception";

    // The payloads are internal types of .NET, the same few for the life of the process.
    private static readonly ConcurrentDictionary<(Type Type, string Name), PropertyInfo?> s_properties = new();

    private readonly HttpClientTraceInstrumentationOptions _options;
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];

    public HttpClientTraceListener(HttpClientTraceInstrumentationOptions options)
    {
        _options = options;
        if (options.FilterHttpRequestMessage is not null
            || options.EnrichWithHttpRequestMessage is not null
            || options.EnrichWithHttpResponseMessage is not null
            || options.EnrichWithException is not null)
        {
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }
    }

    public void OnNext(DiagnosticListener value)
    {
        if (string.Equals(value.Name, ListenerName, StringComparison.Ordinal))
        {
            _subscriptions.Add(value.Subscribe(this));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (Activity.Current is not { IsAllDataRequested: true } activity || value.Value is not { } payload)
        {
            return;
        }

        switch (value.Key)
        {
            case Started when Read<HttpRequestMessage>(payload, "Request") is { } request:
                Start(activity, request);
                break;
            case Stopped when Read<HttpResponseMessage>(payload, "Response") is { } response:
                _options.EnrichWithHttpResponseMessage?.Invoke(activity, response);
                break;
            case Failed when Read<Exception>(payload, "Exception") is { } exception:
                _options.EnrichWithException?.Invoke(activity, exception);
                break;
        }
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    public void Dispose()
    {
        while (_subscriptions.TryTake(out var subscription))
        {
            subscription.Dispose();
        }
    }

    private void Start(Activity activity, HttpRequestMessage request)
    {
        if (_options.FilterHttpRequestMessage?.Invoke(request) == false)
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        _options.EnrichWithHttpRequestMessage?.Invoke(activity, request);
    }

    private static T? Read<T>(object payload, string name)
        where T : class =>
        s_properties.GetOrAdd((payload.GetType(), name), static key => key.Type.GetProperty(key.Name))?.GetValue(payload) as T;
}
