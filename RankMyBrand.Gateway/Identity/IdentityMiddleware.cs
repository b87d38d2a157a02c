using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// Lets a request through only when its caller is known, unless its route is for anyone. The credential ends here; the services get the
/// identity and the tenant instead.
/// </summary>
internal sealed class IdentityMiddleware(RequestDelegate next, Authenticator authenticator, CredentialGuard guard)
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(5);

    public Task InvokeAsync(HttpContext context)
    {
        var rule = context.GetEndpoint() is { } endpoint ? AccessRule.Of(endpoint) : null;
        // Nothing there is nothing to protect: the answer is 404.
        if (rule is null or { IsAnonymous: true })
        {
            IdentityHeaders.RemoveCredentials(context.Request.Headers);
            return next(context);
        }

        // Before the credential is looked at: who guesses must not learn when he is right.
        if (guard.IsClosedFor(context, out var refusal))
            return RateLimitRefusal.WriteAsync(context, refusal);
        var authenticating = authenticator.AuthenticateAsync(context);
        return authenticating.IsCompletedSuccessfully
            ? AnswerAsync(context, authenticating.Result)
            : AnswerAsync(context, authenticating);
    }

    private async Task AnswerAsync(HttpContext context, ValueTask<Authentication> authenticating) =>
        await AnswerAsync(context, await authenticating);

    private Task AnswerAsync(HttpContext context, Authentication authentication)
    {
        var caller = context.GetCaller();
        if (authentication.Identity is not { } identity)
        {
            caller.Refusal = authentication.Reason;
            // That tokens cannot be checked is not the caller's fault.
            return authentication.Failure == AuthenticationFailure.Unavailable
                ? RefuseAsync(context, authentication.Failure)
                : ChargeAsync(context, authentication.Failure);
        }

        caller.Identity = identity;
        IdentityHeaders.Set(context.Request.Headers, identity);
        return next(context);
    }

    private async Task ChargeAsync(HttpContext context, AuthenticationFailure failure)
    {
        using var charge = await guard.ChargeAsync(context);
        if (!charge.IsAllowed)
        {
            await RateLimitRefusal.WriteAsync(context, charge);
            return;
        }

        RateLimitHeaders.Write(context.Response.Headers, charge);
        await RefuseAsync(context, failure);
    }

    // What a token lacks is for the operator's log: the holder of a stolen or forged one learns nothing.
    private static Task RefuseAsync(HttpContext context, AuthenticationFailure failure)
    {
        switch (failure)
        {
            case AuthenticationFailure.Unavailable:
                return Problem.WriteAsync(
                    context, ProblemCode.Unavailable, "Tokens cannot be checked now; try again shortly.", retryAfter: s_retryAfter);
            case AuthenticationFailure.Ambiguous:
                return Problem.WriteAsync(
                    context,
                    ProblemCode.Validation,
                    $"The request has more than one credential; send one {Authenticator.KeyHeader}, one Authorization or, "
                    + "with a WebSocket, one subprotocol 'bearer.TOKEN'.");
            case AuthenticationFailure.KeyNotFromHere:
                return Problem.WriteAsync(context, ProblemCode.Forbidden, "The API key may not be used from this address.");
            default:
                context.Response.Headers.WWWAuthenticate = failure == AuthenticationFailure.BadToken ? "Bearer error=\"invalid_token\"" : "Bearer";
                return Problem.WriteAsync(context, ProblemCode.Unauthorized, failure switch
                {
                    AuthenticationFailure.Missing =>
                        $"The request has no API key and no token; send it as '{Authenticator.KeyHeader}: KEY' or 'Authorization: Bearer KEY'.",
                    AuthenticationFailure.KeyExpired => "The API key has expired.",
                    AuthenticationFailure.BadToken => "The token is not valid.",
                    _ => "The API key is not known.",
                });
        }
    }
}
