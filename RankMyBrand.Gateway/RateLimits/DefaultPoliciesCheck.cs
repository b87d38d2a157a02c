using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Refuses a configuration of limits that lacks a policy which holds where a route names none: that limit does not vanish because somebody
/// removed its policy, and requests do not fail for it. On a reload the old limits stay in force.
/// </summary>
internal sealed class DefaultPoliciesCheck(IOptions<EdgeLimitsOptions> edge) : IValidateOptions<RateLimitsOptions>
{
    public ValidateOptionsResult Validate(string? name, RateLimitsOptions options)
    {
        var defaults = edge.Value;
        (string Setting, string Policy)[] used =
        [
            (nameof(defaults.Default), defaults.Default),
            (nameof(defaults.Anonymous), defaults.Anonymous),
            (nameof(defaults.Credentials), defaults.Credentials),
        ];
        string[] failures =
        [
            .. used.Where(use => !options.Policies.ContainsKey(use.Policy)).Select(use =>
                $"{EdgeLimitsOptions.Section}:{use.Setting} uses the policy '{use.Policy}', which {RateLimitsOptions.Section}:Policies "
                + "does not have; add it there, or use another one."),
        ];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
