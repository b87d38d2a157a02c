using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>A problem as the answer of an endpoint.</summary>
public sealed class ProblemResult : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    private readonly int _status;
    private readonly string? _detail;
    private readonly TimeSpan? _retryAfter;

    internal ProblemResult(ProblemCode code, int status, string? detail, TimeSpan? retryAfter)
    {
        Code = code;
        _status = status;
        _detail = detail;
        _retryAfter = retryAfter;
    }

    /// <summary>Why the request failed.</summary>
    public ProblemCode Code { get; }

    /// <inheritdoc />
    public int? StatusCode => _status;

    internal IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = _status;
        if (_retryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var details = new ProblemDetails { Status = _status, Detail = _detail };
        details.Extensions[ProblemWriter.CodeKey] = Code.WireName();
        if (Errors is not null)
        {
            details.Extensions["errors"] = Errors;
        }

        await ProblemWriter.WriteAsync(httpContext, details);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(
            StatusCodes.Status400BadRequest, typeof(ProblemDetails), [ProblemWriter.ContentType]));
}
