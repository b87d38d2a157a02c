namespace RankMyBrand.Gateway.Identity;

/// <summary>Puts identity into the pipeline.</summary>
internal static class IdentityExtensions
{
    /// <summary>Requires an API key for everything under /api.</summary>
    public static void UseApiKeys(this WebApplication app) => app.UseMiddleware<ApiKeyMiddleware>();
}
