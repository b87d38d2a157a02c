using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Options of a circuit breaker around HTTP requests: breaks on <see cref="HttpClientResiliencePredicates.IsTransient(Polly.Outcome{HttpResponseMessage})"/>.</summary>
public class HttpCircuitBreakerStrategyOptions : CircuitBreakerStrategyOptions<HttpResponseMessage>
{
    /// <summary>Sets the defaults.</summary>
    public HttpCircuitBreakerStrategyOptions() =>
        ShouldHandle = arguments => ValueTask.FromResult(HttpClientResiliencePredicates.IsTransient(arguments.Outcome));
}

/// <summary>Options of a timeout around HTTP requests.</summary>
public class HttpTimeoutStrategyOptions : TimeoutStrategyOptions;

/// <summary>Options of a rate limiter around HTTP requests.</summary>
public class HttpRateLimiterStrategyOptions : RateLimiterStrategyOptions;
