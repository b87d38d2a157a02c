using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Makes problem details of exceptions, of bad requests and of statuses without a body.</summary>
internal static class ProblemExtensions
{
    public static void AddProblems(this IServiceCollection services)
    {
        // First, because the framework's own writer stays silent when the caller does not accept JSON.
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddSingleton<ExceptionProblems>();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.AddSingleton<IDeveloperPageExceptionFilter, ProblemExceptionHandler>();
        // Binding failures carry the reason only in the exception.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddSingleton<IStartupFilter, Filter>();
    }

    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            // Only what nobody expected is logged as an error with its stack; the handler has dealt with the rest.
            app.UseExceptionHandler(new ExceptionHandlerOptions
            {
                SuppressDiagnosticsCallback =
                    static failed => failed.HttpContext.Response.StatusCode != StatusCodes.Status500InternalServerError,
            });
            app.UseStatusCodePages(async page => await new ProblemResult(
                ProblemCodes.Of(page.HttpContext.Response.StatusCode), page.HttpContext.Response.StatusCode, detail: null, retryAfter: null)
                .ExecuteAsync(page.HttpContext));
            next(app);
        };
    }
}
