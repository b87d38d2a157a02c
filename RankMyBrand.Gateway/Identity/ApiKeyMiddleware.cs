using RankMyBrand.Foundation.Security;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// Lets a request to /api through only with a known API key (<c>X-API-Key</c>, or <c>Authorization: Bearer</c>). The key ends here; the
/// services get the tenant instead, and whatever a client put into that header is dropped.
/// </summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, ApiKeyRing keys)
{
    public const string TenantHeader = "X-Tenant-ID";
    private const string KeyHeader = "X-API-Key";
    private const string BearerPrefix = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        headers.Remove(TenantHeader);
        if (!context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
            return next(context);

        var key = KeyOf(headers);
        if (keys.Find(key) is not { } identity)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            var detail = key.Length == 0
                ? $"The request has no API key; send it as '{KeyHeader}: KEY' or 'Authorization: Bearer KEY'."
                : "The API key is not known.";
            return Problem.Create(ProblemCode.Unauthorized, detail).ExecuteAsync(context);
        }

        headers.Remove(KeyHeader);
        headers.Remove("Authorization");
        if (identity.Tenant is not null)
            headers[TenantHeader] = identity.Tenant;
        return next(context);
    }

    private static string KeyOf(IHeaderDictionary headers)
    {
        if (headers.TryGetValue(KeyHeader, out var key))
            return key.ToString();
        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) ? authorization[BearerPrefix.Length..].Trim() : "";
    }
}
