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
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(1);

    public Task InvokeAsync(HttpContext context)
    {
        var rule = context.GetEndpoint() is { } endpoint ? AccessRule.Of(endpoint) : null;
        // Nothing there is nothing to protect: the answer is 404.
        if (rule is null or { IsAnonymous: true })
        {
            IdentityHeaders.RemoveCredentials(context.Request.Headers);
            return next(context);
        }

        if (guard.IsWary)
            return AnswerWarilyAsync(context);
        var authenticating = authenticator.AuthenticateAsync(context);
        return authenticating.IsCompletedSuccessfully
            ? AnswerAsync(context, authenticating.Result)
            : AnswerAsync(context, authenticating);
    }

    private async Task AnswerAsync(HttpContext context, ValueTask<Authentication> authenticating) =>
        await AnswerAsync(context, await authenticating);

    private Task AnswerAsync(HttpContext context, Authentication authentication) => IsCharged(authentication)
        ? ChargeAsync(context, authentication)
        : AnswerUnchargedAsync(context, authentication);

    /// <summary>Answers while guesses were refused lately, though perhaps not from the address of this request.</summary>
    private async Task AnswerWarilyAsync(HttpContext context)
    {
        // Before the credential is looked at: who guesses must not learn when he is right.
        if (!guard.TryBegin(context, out var turn, out var refusal))
        {
            await RefuseAsync(context, refusal);
            return;
        }

        Authentication authentication;
        RateLimitResult? charge = null;
        using (turn)
        {
            authentication = await authenticator.AuthenticateAsync(context);
            if (IsCharged(authentication))
                charge = await guard.ChargeAsync(context);
        }

        await (charge is { } charged
            ? AnswerChargedAsync(context, authentication, charged)
            : AnswerUnchargedAsync(context, authentication));
    }

    // That tokens cannot be checked is not the caller's fault.
    private static bool IsCharged(in Authentication authentication) => authentication.Identity is null
        && authentication.Failure is not (AuthenticationFailure.Unavailable or AuthenticationFailure.UnsoughtToken);

    private async Task ChargeAsync(HttpContext context, Authentication authentication) =>
        await AnswerChargedAsync(context, authentication, await guard.ChargeAsync(context));

    private Task AnswerUnchargedAsync(HttpContext context, Authentication authentication)
    {
        var caller = context.GetCaller();
        if (authentication.Identity is not { } identity)
        {
            caller.Refusal = authentication.Reason;
            return RefuseAsync(context, authentication.Failure);
        }

        caller.Identity = identity;
        IdentityHeaders.Set(context.Request.Headers, identity);
        return next(context);
    }

    private static async Task AnswerChargedAsync(HttpContext context, Authentication authentication, RateLimitResult charge)
    {
        using (charge)
        {
            context.GetCaller().Refusal = authentication.Reason;
            if (!charge.IsAllowed)
            {
                await RateLimitRefusal.WriteAsync(context, charge);
                return;
            }

            RateLimitHeaders.Write(context.Response.Headers, charge);
            await RefuseAsync(context, authentication.Failure);
        }
    }

    private static Task RefuseAsync(HttpContext context, in RateLimitResult? refusal)
    {
        if (refusal is { } usedUp)
            return RateLimitRefusal.WriteAsync(context, usedUp);
        context.GetCaller().Refusal = "Another request of the address has its turn";
        return Problem.WriteAsync(
            context,
            ProblemCode.RateLimited,
            "Too many requests from this address had no valid credential; for a while one is looked at after the other. Try again in 1 s.",
            retryAfter: s_turn);
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
                var isToken = failure is AuthenticationFailure.BadToken or AuthenticationFailure.UnsoughtToken;
                context.Response.Headers.WWWAuthenticate = isToken ? "Bearer error=\"invalid_token\"" : "Bearer";
                return Problem.WriteAsync(context, ProblemCode.Unauthorized, failure switch
                {
                    AuthenticationFailure.Missing =>
                        $"The request has no API key and no token; send it as '{Authenticator.KeyHeader}: KEY' or 'Authorization: Bearer KEY'.",
                    AuthenticationFailure.KeyExpired => "The API key has expired.",
                    _ when isToken => "The token is not valid.",
                    _ => "The API key is not known.",
                });
        }
    }
}
