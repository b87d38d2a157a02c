using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>The HTTP API of the metrics.</summary>
internal static class MetricsApi
{
    public static void MapBrandMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/api/metrics").WithTags("Metrics").MapGet("/brands/{brand}", ReadBrand)
            .WithName("ReadBrandMetrics")
            .WithSummary("Reads a brand's visibility over time")
            .WithDescription("'from' and 'to' are ISO 8601 times, 'bucket' a length such as 1m, 1h or 1d. Sums are kept by the minute.")
            .Produces<BrandMetrics>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<IResult> ReadBrand(
        string brand, HttpContext http, VisibilityStore store, IOptions<BrandsOptions> options, TimeProvider time,
        CancellationToken cancellationToken, string? from = null, string? to = null, string? bucket = null)
    {
        // Routing decodes everything but this, and a brand may be called AC/DC.
        brand = brand.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var tracked = options.Value.Tracked;
        if (tracked.FirstOrDefault(known => known.Name.Equals(brand, StringComparison.OrdinalIgnoreCase)) is not { } found)
        {
            return Problem.Create(
                ProblemCode.NotFound,
                $"There is no brand '{brand}'. Tracked brands: {string.Join(", ", tracked.Select(known => known.Name))}. "
                + $"Configure others under {BrandsOptions.Section}:Tracked.");
        }

        var (query, fault) = MetricsQuery.Read(found.Name, from, to, bucket, time.GetUtcNow());
        if (query is null)
            return Problem.Create(ProblemCode.Validation, fault);

        var items = await store.ReadAsync(EventContext.Of(http).Tenant ?? EventStore.DefaultTenant, query, cancellationToken);
        return TypedResults.Ok(new BrandMetrics(found.Name, bucket ?? "1h", query.From, query.To, items));
    }
}
