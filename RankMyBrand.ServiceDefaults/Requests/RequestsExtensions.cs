using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.ServiceDefaults.Requests;

/// <summary>Keeps the requests of a connection apart.</summary>
internal static class RequestsExtensions
{
    /// <summary>Comes before everything that answers.</summary>
    public static void AddRequestBoundaries(this IServiceCollection services) => services.AddSingleton<IStartupFilter, Filter>();

    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseMiddleware<UnreadBodyMiddleware>();
            next(app);
        };
    }
}
