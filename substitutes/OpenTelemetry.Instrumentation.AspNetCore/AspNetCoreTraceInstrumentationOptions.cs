using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace OpenTelemetry.Instrumentation.AspNetCore;

/// <summary>Options of the traces of ASP.NET Core.</summary>
public class AspNetCoreTraceInstrumentationOptions
{
    /// <summary>Answers false for requests that are not to be traced.</summary>
    public Func<HttpContext, bool>? Filter { get; set; }

    /// <summary>Adds to a span when its request starts.</summary>
    public Action<Activity, HttpRequest>? EnrichWithHttpRequest { get; set; }

    /// <summary>Adds to a span when its response is complete.</summary>
    public Action<Activity, HttpResponse>? EnrichWithHttpResponse { get; set; }

    /// <summary>Adds to a span when its request has failed.</summary>
    public Action<Activity, Exception>? EnrichWithException { get; set; }

    /// <summary>Whether an exception is recorded as an event of the span.</summary>
    public bool RecordException { get; set; }

    /// <summary>Whether calls of SignalR hubs are traced. True by default.</summary>
    public bool EnableAspNetCoreSignalRSupport { get; set; } = true;

    /// <summary>Whether Razor components are traced. True by default.</summary>
    public bool EnableRazorComponentsSupport { get; set; } = true;
}
