using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using RankMyBrand.ServiceDefaults.Correlation;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Writes every problem of the service, whoever found it, whatever the caller accepts: an error has one form.</summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public const string ContentType = "application/problem+json";
    public const string CodeKey = "code";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context) => new(WriteAsync(context.HttpContext, context.ProblemDetails));

    public static Task WriteAsync(HttpContext context, ProblemDetails details)
    {
        // To nobody: an attempt would fail, and whoever handles an exception would have another one.
        if (context.RequestAborted.IsCancellationRequested)
            return Task.CompletedTask;
        var status = details.Status ?? context.Response.StatusCode;
        details.Status = status;
        details.Title ??= ReasonPhrases.GetReasonPhrase(status);
        details.Type ??= "about:blank";
        details.Extensions.TryAdd(CodeKey, ProblemCodes.Of(status).WireName());
        details.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
        details.Extensions["correlationId"] = context.GetCorrelationId();
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(details, details.GetType(), options: null, ContentType, CancellationToken.None);
    }
}
