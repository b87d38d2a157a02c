using System.Threading.RateLimiting;
using Polly.RateLimiting;

namespace Polly;

/// <summary>Adds rate limiters to pipelines.</summary>
public static class RateLimiterResiliencePipelineBuilderExtensions
{
    /// <summary>Adds a rate limiter.</summary>
    public static TBuilder AddRateLimiter<TBuilder>(this TBuilder builder, RateLimiterStrategyOptions options)
        where TBuilder : ResiliencePipelineBuilderBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.AddStrategy(_ => new RateLimiterStrategy(options.RateLimiter ?? Concurrency(options), options.OnRejected), options);
    }

    /// <summary>Adds a limit on concurrent executions.</summary>
    public static TBuilder AddConcurrencyLimiter<TBuilder>(this TBuilder builder, int permitLimit, int queueLimit = 0)
        where TBuilder : ResiliencePipelineBuilderBase => builder.AddRateLimiter(new RateLimiterStrategyOptions
        {
            DefaultRateLimiterOptions = new ConcurrencyLimiterOptions { PermitLimit = permitLimit, QueueLimit = queueLimit },
        });

    private static Func<RateLimiterArguments, ValueTask<RateLimitLease>> Concurrency(RateLimiterStrategyOptions options)
    {
        // Lives as long as the pipeline and holds no timer, so nothing is left to release when the pipeline goes.
        var limiter = new ConcurrencyLimiter(options.DefaultRateLimiterOptions);
        return arguments => limiter.AcquireAsync(cancellationToken: arguments.Context.CancellationToken);
    }
}
