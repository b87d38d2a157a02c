using Microsoft.AspNetCore.Mvc;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>Answers a request that is over a limit: 429, or 503 when the limit cannot be checked and is to refuse then.</summary>
internal static class RateLimitRefusal
{
    public static async Task WriteAsync(HttpContext context, RateLimitResult result)
    {
        var isOver = result.Outcome == RateLimitOutcome.Refused;
        context.GetCaller().Refusal = $"{result.Outcome} by the rate limit {result.RefusedBy}";
        RateLimitHeaders.Write(context.Response.Headers, result);
        var details = new ProblemDetails
        {
            Status = isOver ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
            Type = isOver ? RateLimitHeaders.QuotaExceededType : RateLimitHeaders.ReducedCapacityType,
            Detail = Explain(result),
        };
        if (isOver)
            details.Extensions["violated-policies"] = Violated(result);
        await context.RequestServices.GetRequiredService<IProblemDetailsService>()
            .WriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = details });
    }

    private static string Explain(in RateLimitResult result) => result switch
    {
        { Outcome: RateLimitOutcome.Unavailable } => "The rate limits cannot be checked now; try again shortly.",
        { RetryAfter.Ticks: < 0 } => $"The request costs more than the rate limit '{result.RefusedBy}' ever allows.",
        _ => $"The rate limit '{result.RefusedBy}' is used up; try again in {RateLimitHeaders.RetryAfter(result)} s.",
    };

    private static List<string> Violated(in RateLimitResult result)
    {
        var policies = new List<string>();
        for (var i = 0; i < result.Count; i++)
        {
            if (result[i].IsRefused)
                policies.Add(result[i].Policy);
        }

        return policies;
    }
}
