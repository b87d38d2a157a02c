namespace RankMyBrand.Gateway.Identity;

/// <summary>What is known about the caller of a request.</summary>
internal sealed class Caller
{
    /// <summary>Who it is; null while unknown, on anonymous routes and when refused.</summary>
    public CallerIdentity? Identity { get; set; }

    /// <summary>Why the request was refused, in words for the operator; null when it was not.</summary>
    public string? Refusal { get; set; }
}

/// <summary>Keeps the caller with the request.</summary>
internal static class CallerExtensions
{
    /// <summary>The caller of a request.</summary>
    public static Caller GetCaller(this HttpContext context)
    {
        if (context.Features.Get<Caller>() is { } caller)
            return caller;
        caller = new Caller();
        context.Features.Set(caller);
        return caller;
    }
}
