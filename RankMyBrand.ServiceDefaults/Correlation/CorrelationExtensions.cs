using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.ServiceDefaults.Correlation;

/// <summary>Puts the correlation middleware before everything that a service maps.</summary>
internal static class CorrelationExtensions
{
    public static void AddCorrelation(this IServiceCollection services) => services.AddSingleton<IStartupFilter, Filter>();

    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseMiddleware<CorrelationMiddleware>();
            next(app);
        };
    }
}
