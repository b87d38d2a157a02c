using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Hears when ASP.NET Core starts, fails and completes a request, and has the request's span described.</summary>
internal sealed class HttpInListener : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string ListenerName = "Microsoft.AspNetCore";
    private const string Operation = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private const string Started = Operation + ".Start";
    private const string Stopped = Operation + ".Stop";
    private const string UnhandledByHost = "Microsoft.AspNetCore.Hosting.UnhandledException";
    private const string UnhandledByApp = "Microsoft.AspNetCore.Diagnostics.UnhandledException";

    // The payloads of exceptions are anonymous types, the same two for the life of the process.
    private static readonly ConcurrentDictionary<Type, PropertyInfo?> s_exceptions = new();

    private readonly HttpInSpan _span;
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];

    public HttpInListener(AspNetCoreTraceInstrumentationOptions options)
    {
        _span = new HttpInSpan(options);
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public void OnNext(DiagnosticListener value)
    {
        if (string.Equals(value.Name, ListenerName, StringComparison.Ordinal))
        {
            // Only these names: whoever asks for all of them makes routing and MVC write events for every request.
            _subscriptions.Add(value.Subscribe(this, IsHeard));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (Activity.Current is not { IsAllDataRequested: true } activity)
        {
            return;
        }

        switch (value.Key)
        {
            case Started when value.Value is HttpContext context && IsServerSpan(activity):
                _span.Start(activity, context);
                break;
            case Stopped when value.Value is HttpContext context && IsServerSpan(activity):
                _span.Stop(activity, context);
                break;
            case UnhandledByHost or UnhandledByApp when value.Value is { } payload && ReadException(payload) is { } exception:
                _span.Fail(activity, exception);
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

    private static bool IsHeard(string name) => name is Operation or Started or Stopped or UnhandledByHost or UnhandledByApp;

    private static bool IsServerSpan(Activity activity) => string.Equals(activity.OperationName, Operation, StringComparison.Ordinal);

    private static Exception? ReadException(object payload) =>
        s_exceptions.GetOrAdd(payload.GetType(), static type =>
            type.GetProperty("exception", BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase))?.GetValue(payload) as Exception;
}
