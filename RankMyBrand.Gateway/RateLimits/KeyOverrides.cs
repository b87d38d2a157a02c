using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>
/// Brings the limits that are configured with an API key to the policies that count by it. Reads the keys anew each time, so that a reload
/// finds the limits of new keys, whichever of keys and limits is reloaded first.
/// </summary>
internal sealed class KeyOverrides(IOptionsFactory<ApiKeysOptions> keys) : IPostConfigureOptions<RateLimitsOptions>
{
    /// <exception cref="OptionsValidationException">
    /// The keys are not valid, or a key has limits for a policy that there is not, or that does not count by key.
    /// </exception>
    public void PostConfigure(string? name, RateLimitsOptions options)
    {
        foreach (var (keyName, key) in keys.Create(Options.DefaultName).ApiKeys)
        {
            foreach (var (policyName, numbers) in key.RateLimits)
            {
                var counted = options.Policies.GetValueOrDefault(policyName)?.PartitionBy switch
                {
                    [RateLimitPartition.ApiKey] => keyName,
                    [RateLimitPartition.Caller] => CallerIdentity.IdOf(keyName),
                    _ => throw new OptionsValidationException(
                        Options.DefaultName,
                        typeof(RateLimitsOptions),
                        [
                            $"{ApiKeysOptions.Section}:ApiKeys:{keyName}:RateLimits:{policyName} needs a policy '{policyName}' under "
                            + $"{RateLimitsOptions.Section}:Policies whose PartitionBy is {nameof(RateLimitPartition.Caller)} or "
                            + $"{nameof(RateLimitPartition.ApiKey)} alone.",
                        ]),
                };
                options.Policies[policyName].Overrides[$"{ApiKeysOptions.Section}.{keyName}"] = new RateLimitOverrideOptions
                {
                    Key = counted,
                    Permits = numbers.Permits,
                    Window = numbers.Window,
                    Burst = numbers.Burst,
                    Cost = numbers.Cost,
                };
            }
        }
    }
}
