using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Checks each strategy's own bounds and how they fit together.</summary>
internal sealed class HttpStandardResilienceOptionsValidator(string optionsName) : IValidateOptions<HttpStandardResilienceOptions>
{
    private const int SamplingToAttemptRatio = 2;

    public ValidateOptionsResult Validate(string? name, HttpStandardResilienceOptions options)
    {
        if (!string.Equals(name, optionsName, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = new List<string>();
        Check(failures, nameof(options.RateLimiter), options.RateLimiter);
        Check(failures, nameof(options.TotalRequestTimeout), options.TotalRequestTimeout);
        Check(failures, nameof(options.Retry), options.Retry);
        Check(failures, nameof(options.CircuitBreaker), options.CircuitBreaker);
        Check(failures, nameof(options.AttemptTimeout), options.AttemptTimeout);
        if (failures.Count == 0)
        {
            CheckFit(failures, options);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckFit(List<string> failures, HttpStandardResilienceOptions options)
    {
        var (attempt, total, sampling) = (options.AttemptTimeout.Timeout, options.TotalRequestTimeout.Timeout, options.CircuitBreaker.SamplingDuration);
        if (attempt > total)
        {
            failures.Add($"Total request timeout resilience strategy must have a greater timeout than the attempt resilience strategy. Total Request Timeout: {total.TotalSeconds}s, Attempt Timeout: {attempt.TotalSeconds}s");
        }

        if (sampling < attempt * SamplingToAttemptRatio)
        {
            failures.Add($"The sampling duration of circuit breaker strategy needs to be at least double of an attempt timeout strategy's timeout interval, in order to be effective. Sampling Duration: {sampling.TotalSeconds}s,Attempt Timeout: {attempt.TotalSeconds}s");
        }
    }

    private static void Check(List<string> failures, string path, object? strategy)
    {
        if (strategy is null)
        {
            failures.Add($"{path}: a value is required.");
            return;
        }

        var results = new List<ValidationResult>();
        Validator.TryValidateObject(strategy, new ValidationContext(strategy), results, validateAllProperties: true);
        failures.AddRange(results.Select(result => $"{path}: {result.ErrorMessage}"));
    }
}
