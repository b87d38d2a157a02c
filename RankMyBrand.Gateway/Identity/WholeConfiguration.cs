using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Gateway.Routing.Configuration;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// Refuses new keys while a configuration file cannot be read or is gone: to the framework such a file is empty, so that a slip in it
/// would revoke the keys that it has. New limits, which may come with keys, are refused with them.
/// </summary>
internal sealed class WholeConfiguration(ConfigurationFiles files) : IValidateOptions<ApiKeysOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiKeysOptions options) =>
        files.AnyBroken() ? ValidateOptionsResult.Fail("A configuration file cannot be read or is gone.") : ValidateOptionsResult.Success;
}
