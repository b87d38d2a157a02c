using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.ServiceDefaults.Configuration;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the brand pipeline.</summary>
internal static class BrandsExtensions
{
    /// <summary>
    /// Measures brands in <c>ai.responses</c>, aggregates what was measured, recommends actions and queues them; brings the tables of its
    /// own into the platform's database.
    /// </summary>
    public static void AddBrandVisibility(this IHostApplicationBuilder builder)
    {
        builder.Services.AddCheckedOptions<BrandsOptions>(BrandsOptions.Section).PostConfigure(UseDefaultBrands);
        builder.Services.AddSingleton<IValidateOptions<BrandsOptions>, BrandsOptionsValidator>();
        builder.AddMigrations(typeof(BrandsExtensions).Assembly);
        builder.Services.TryAddSingleton<BrandsTelemetry>();
        builder.Services.TryAddSingleton<VisibilityCalculator>();
        builder.Services.TryAddSingleton<VisibilityStore>();
        builder.Services.TryAddSingleton<ActionStore>();
        builder.Services.TryAddSingleton<RecommendActions>();
        builder.AddEventHandler<CalculateVisibility>([BrandStreams.Responses], "calculate-visibility");
        builder.AddEventHandler<AggregateVisibility>([BrandStreams.Calculated], "aggregate-visibility");
        builder.AddEventHandler<QueueActions>([BrandStreams.Recommended], "queue-actions");
    }

    private static void UseDefaultBrands(BrandsOptions options)
    {
        if (options.Tracked.Count > 0)
            return;
        foreach (var brand in DefaultBrands.All)
            options.Tracked.Add(brand);
    }
}
