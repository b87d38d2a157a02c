using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>The event bus's refusals in the words of HTTP.</summary>
internal static class Refusal
{
    public static IResult Of(EventRejection rejection) =>
        Problem.Create(CodeOf(rejection), rejection.Detail, retryAfter: rejection.RetryAfter);

    public static ProblemCode CodeOf(EventRejection rejection) => rejection.Reason switch
    {
        RejectionReason.UnknownStream => ProblemCode.NotFound,
        RejectionReason.StreamFull => ProblemCode.RateLimited,
        RejectionReason.Unavailable => ProblemCode.Unavailable,
        _ => ProblemCode.Validation,
    };
}
