using System.Diagnostics;

namespace OpenTelemetry.Instrumentation.Http;

/// <summary>Options of the traces of HTTP clients.</summary>
public class HttpClientTraceInstrumentationOptions
{
    /// <summary>Answers false for requests that are not to be traced.</summary>
    public Func<HttpRequestMessage, bool>? FilterHttpRequestMessage { get; set; }

    /// <summary>Adds to a span when its request starts.</summary>
    public Action<Activity, HttpRequestMessage>? EnrichWithHttpRequestMessage { get; set; }

    /// <summary>Adds to a span when its response has come.</summary>
    public Action<Activity, HttpResponseMessage>? EnrichWithHttpResponseMessage { get; set; }

    /// <summary>Adds to a span when its request has failed.</summary>
    public Action<Activity, Exception>? EnrichWithException { get; set; }

    /// <summary>Whether an exception is recorded as an event of the span.</summary>
    public bool RecordException { get; set; }
}
