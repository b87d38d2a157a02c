using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using RankMyBrand.ServiceDefaults.Correlation;

namespace RankMyBrand.ServiceDefaults.Http;

/// <summary>HTTP clients that carry the correlation id, survive failures and find services by name.</summary>
internal static class HttpClientExtensions
{
    public static void AddHttpClientDefaults(this IServiceCollection services)
    {
        services.AddServiceDiscovery();
        services.AddTransient<CorrelationHandler>();
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddHttpMessageHandler<CorrelationHandler>();
            // Outside discovery, so that every attempt may meet another endpoint.
            // By authority, because these defaults are one pipeline: the circuit of one service that fails would be everybody's.
            http.AddStandardResilienceHandler(RetrySafeMethodsOnly).SelectPipelineByAuthority();
            http.AddServiceDiscovery();
        });
    }

    private static void RetrySafeMethodsOnly(HttpStandardResilienceOptions options)
    {
        // Experimental in name only: it has not changed since its introduction, and a repeated POST may publish twice.
#pragma warning disable EXTEXP0001
        options.Retry.DisableForUnsafeHttpMethods();
#pragma warning restore EXTEXP0001
    }
}
