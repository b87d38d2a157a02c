namespace RankMyBrand.EventProcessor.Administration;

/// <summary>The HTTP API for operators, which the gateway opens to callers with the scope <c>admin</c>.</summary>
internal static class AdministrationApi
{
    public static void MapAdministration(this IEndpointRouteBuilder routes)
    {
        var administration = routes.MapGroup("/api/admin")
            .WithTags("Administration")
            .AddEndpointFilter<RouteGroupBuilder, AdministrationFilter>();
        administration.MapStreams();
        administration.MapDeadLetters();
        administration.MapReplays();
    }
}
