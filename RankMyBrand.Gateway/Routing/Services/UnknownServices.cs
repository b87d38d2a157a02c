using RankMyBrand.Gateway.Routing.Configuration;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>Answers for services that there are not.</summary>
internal static class UnknownServices
{
    private const int ShownLength = 63;
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Takes what no service's own route takes.</summary>
    public static void MapUnknownServices(this IEndpointRouteBuilder endpoints)
    {
        var loader = endpoints.ServiceProvider.GetRequiredService<RouteTableLoader>();
        endpoints.Map($"{ServiceRoutes.Prefix}/{{name}}/{{**rest}}", context => AnswerAsync(context, loader))
            .WithOrder(int.MaxValue)
            .WithDisplayName("unknown service");
    }

    private static Task AnswerAsync(HttpContext context, RouteTableLoader loader)
    {
        if (!loader.HasServices)
        {
            return Problem.WriteAsync(
                context, ProblemCode.Unavailable, "The services are not known yet; try again shortly.", retryAfter: s_retryAfter);
        }

        var name = (string)context.GetRouteValue("name")!;
        var shown = name.Length > ShownLength ? $"{name[..ShownLength]}…" : name;
        return Problem.WriteAsync(context, ProblemCode.NotFound, $"There is no service '{shown}'.");
    }
}
