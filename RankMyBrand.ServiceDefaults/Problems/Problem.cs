using Microsoft.AspNetCore.Http;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Makes the errors that services answer with: RFC 9457 problem details with a <c>code</c>.</summary>
public static class Problem
{
    /// <summary>An error to return from an endpoint.</summary>
    /// <param name="code">Why; decides the status unless one is given.</param>
    /// <param name="detail">One sentence for the caller: the thing, the value and the remedy.</param>
    /// <param name="status">The HTTP status, when the code has several.</param>
    /// <param name="retryAfter">When to try again; sent as Retry-After in whole seconds.</param>
    public static ProblemResult Create(ProblemCode code, string? detail = null, int? status = null, TimeSpan? retryAfter = null) =>
        new(code, status ?? code.Status(), detail, retryAfter);

    /// <summary>An error that names what is wrong with each field of a request.</summary>
    public static ProblemResult Invalid(IReadOnlyDictionary<string, string[]> errors, string? detail = null) =>
        new(ProblemCode.Validation, StatusCodes.Status400BadRequest, detail, retryAfter: null) { Errors = errors };

    /// <summary>Writes an error from a middleware. The response must not have started.</summary>
    public static Task WriteAsync(
        HttpContext context, ProblemCode code, string? detail = null, int? status = null, TimeSpan? retryAfter = null) =>
        Create(code, detail, status, retryAfter).ExecuteAsync(context);
}
