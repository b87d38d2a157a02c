using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// Lets a known caller through only where he has the scopes and one of the roles. Comes after the rate limits: a request that is refused
/// here counts like any other.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var caller = context.GetCaller();
        if (caller.Identity is not { } identity || AccessRule.Of(context.GetEndpoint()!) is not { } rule || rule.Admits(identity))
            return next(context);

        caller.Refusal = "Forbidden";
        if (Array.Find(rule.Scopes, scope => !identity.HasScope(scope)) is not { } missing)
        {
            var roles = string.Join(", ", rule.Roles);
            return Problem.WriteAsync(context, ProblemCode.Forbidden, $"The caller has none of the roles that may do this: {roles}.");
        }

        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{string.Join(' ', rule.Scopes)}\"";
        return Problem.WriteAsync(context, ProblemCode.Forbidden, $"The caller does not have the scope '{missing}' that this needs.");
    }
}
