using Microsoft.AspNetCore.Http;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Why a request failed, in the words that clients may rely on.</summary>
public enum ProblemCode
{
    /// <summary><c>INTERNAL</c>, 500: our mistake.</summary>
    Internal,

    /// <summary><c>NOT_FOUND</c>, 404.</summary>
    NotFound,

    /// <summary><c>UNAUTHORIZED</c>, 401: who are you?</summary>
    Unauthorized,

    /// <summary><c>FORBIDDEN</c>, 403: you may not.</summary>
    Forbidden,

    /// <summary><c>VALIDATION</c>, 400 and the other ways in which a request can be wrong: 405, 406, 413, 415, 422.</summary>
    Validation,

    /// <summary><c>CONFLICT</c>, 409: not in the present state.</summary>
    Conflict,

    /// <summary><c>RATE_LIMITED</c>, 429: later.</summary>
    RateLimited,

    /// <summary><c>UNAVAILABLE</c>, 503: something we need is down.</summary>
    Unavailable,
}

/// <summary>Relates codes to their wire names and HTTP statuses.</summary>
public static class ProblemCodes
{
    /// <summary>The code as it stands in a response, for example <c>NOT_FOUND</c>.</summary>
    public static string WireName(this ProblemCode code) => code switch
    {
        ProblemCode.NotFound => "NOT_FOUND",
        ProblemCode.Unauthorized => "UNAUTHORIZED",
        ProblemCode.Forbidden => "FORBIDDEN",
        ProblemCode.Validation => "VALIDATION",
        ProblemCode.Conflict => "CONFLICT",
        ProblemCode.RateLimited => "RATE_LIMITED",
        ProblemCode.Unavailable => "UNAVAILABLE",
        _ => "INTERNAL",
    };

    internal static int Status(this ProblemCode code) => code switch
    {
        ProblemCode.NotFound => StatusCodes.Status404NotFound,
        ProblemCode.Unauthorized => StatusCodes.Status401Unauthorized,
        ProblemCode.Forbidden => StatusCodes.Status403Forbidden,
        ProblemCode.Validation => StatusCodes.Status400BadRequest,
        ProblemCode.Conflict => StatusCodes.Status409Conflict,
        ProblemCode.RateLimited => StatusCodes.Status429TooManyRequests,
        ProblemCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    internal static ProblemCode Of(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => ProblemCode.Unauthorized,
        StatusCodes.Status403Forbidden => ProblemCode.Forbidden,
        StatusCodes.Status404NotFound or StatusCodes.Status410Gone => ProblemCode.NotFound,
        StatusCodes.Status409Conflict or StatusCodes.Status412PreconditionFailed or StatusCodes.Status423Locked => ProblemCode.Conflict,
        StatusCodes.Status429TooManyRequests => ProblemCode.RateLimited,
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout =>
            ProblemCode.Unavailable,
        < StatusCodes.Status500InternalServerError => ProblemCode.Validation,
        _ => ProblemCode.Internal,
    };
}
