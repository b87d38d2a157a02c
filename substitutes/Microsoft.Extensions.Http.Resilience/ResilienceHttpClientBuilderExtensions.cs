using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes HTTP clients resilient.</summary>
public static class ResilienceHttpClientBuilderExtensions
{
    private const string StandardName = "standard";

    /// <summary>Adds the standard pipeline: rate limiter, total timeout, retry, circuit breaker, attempt timeout.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(
        this IHttpClientBuilder builder, IConfigurationSection section) => builder.AddStandardResilienceHandler().Configure(section);

    /// <summary>Adds the standard pipeline: rate limiter, total timeout, retry, circuit breaker, attempt timeout.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(
        this IHttpClientBuilder builder, Action<HttpStandardResilienceOptions> configure) => builder.AddStandardResilienceHandler().Configure(configure);

    /// <summary>Adds the standard pipeline: rate limiter, total timeout, retry, circuit breaker, attempt timeout.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var optionsName = PipelineName(builder, StandardName);
        builder.Services.AddOptionsWithValidateOnStart<HttpStandardResilienceOptions>(optionsName);
        builder.Services.AddSingleton<IValidateOptions<HttpStandardResilienceOptions>>(new HttpStandardResilienceOptionsValidator(optionsName));
        builder.AddResilienceHandler(StandardName, (pipeline, context) =>
        {
            context.EnableReloads<HttpStandardResilienceOptions>(optionsName);
            var options = context.GetOptions<HttpStandardResilienceOptions>(optionsName);
            pipeline
                .AddRateLimiter(options.RateLimiter)
                .AddTimeout(options.TotalRequestTimeout)
                .AddRetry(options.Retry)
                .AddCircuitBreaker(options.CircuitBreaker)
                .AddTimeout(options.AttemptTimeout);
        });
        // The pipeline has its own timeouts; the client's would cut retries short.
        builder.ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan);
        return new HttpStandardResiliencePipelineBuilder(optionsName, builder.Services);
    }

    /// <summary>Adds a pipeline.</summary>
    public static IHttpResiliencePipelineBuilder AddResilienceHandler(
        this IHttpClientBuilder builder, string pipelineName, Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure) =>
        builder.AddResilienceHandler(pipelineName, (pipeline, _) => configure(pipeline));

    /// <summary>Adds a pipeline.</summary>
    public static IHttpResiliencePipelineBuilder AddResilienceHandler(
        this IHttpClientBuilder builder,
        string pipelineName,
        Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(pipelineName);
        ArgumentNullException.ThrowIfNull(configure);
        var name = PipelineName(builder, pipelineName);
        builder.Services.TryAddSingleton<HttpPipelines>();
        builder.AddHttpMessageHandler(services => new ResilienceHandler(services.GetRequiredService<HttpPipelines>().Provider(name, configure)));
        return new HttpResiliencePipelineBuilder(name, builder.Services);
    }

    /// <summary>Removes the resilience handlers that were added to the client before.</summary>
    [Experimental("EXTEXP0001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
    public static IHttpClientBuilder RemoveAllResilienceHandlers(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
        {
            for (var i = handlers.Count - 1; i >= 0; i--)
            {
                if (handlers[i] is ResilienceHandler)
                {
                    handlers.RemoveAt(i);
                }
            }
        });
    }

    private static string PipelineName(IHttpClientBuilder builder, string pipelineName) => $"{builder.Name}-{pipelineName}";
}
