using System.Text;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Refuses settings under which a validator would be open, deaf or a nuisance to the issuer.</summary>
/// <param name="needsKeys">Whether the keys must come from these options, because there is no other source of them.</param>
internal sealed class JwtOptionsValidator(bool needsKeys) : IValidateOptions<JwtOptions>
{
    public ValidateOptionsResult Validate(string? name, JwtOptions options)
    {
        List<string> failures = [.. Trust(options), .. Keys(options), .. Bounds(options)];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Trust(JwtOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Issuer))
            yield return $"{JwtOptions.Section}:Issuer is empty; it must be the 'iss' of the tokens to accept.";
        if (options.Audiences.Count == 0 || options.Audiences.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{JwtOptions.Section}:Audiences has {options.Audiences.Count} entries; "
                + "it must have at least one, and none may be blank.";
        }

        (string, string)[] claims =
            [("ScopeClaim", options.ScopeClaim), ("RolesClaim", options.RolesClaim), ("TenantClaim", options.TenantClaim)];
        foreach (var (key, claim) in claims)
        {
            if (string.IsNullOrWhiteSpace(claim))
                yield return $"{JwtOptions.Section}:{key} is empty; it must be the name of a claim.";
        }
    }

    private IEnumerable<string> Keys(JwtOptions options)
    {
        if (!needsKeys)
            yield break;
        if ((options.Jwks is { Length: > 0 }) == (options.JwksUri is not null))
            yield return $"{JwtOptions.Section} needs either Jwks or JwksUri, and not both.";
        else if (options.JwksUri is { } uri)
        {
            if (!uri.IsAbsoluteUri || uri.Scheme is not ("https" or "http" or "https+http"))
                yield return $"{JwtOptions.Section}:JwksUri is '{options.JwksAddress}'; it must be an absolute http or https address.";
            else if (uri.UserInfo.Length > 0)
                yield return $"{JwtOptions.Section}:JwksUri has a user name or password, which is not sent; leave it out.";
            else if (options.RequireHttps && uri.Scheme != "https" && !uri.IsLoopback)
            {
                yield return $"{JwtOptions.Section}:JwksUri is '{options.JwksAddress}'; it must be https, "
                    + $"or set {JwtOptions.Section}:RequireHttps to false if the network is your own.";
            }
        }
        else if (!JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(options.Jwks!), out var set, out var error))
            yield return $"{JwtOptions.Section}:Jwks is not a JWK set: {error}.";
        else if (set.Keys.Count == 0)
        {
            yield return $"{JwtOptions.Section}:Jwks has no usable key ({string.Join(", ", set.Skipped)}); "
                + "it must have an EC P-256, RSA (2048 bits or more) or Ed25519 public key.";
        }
    }

    private static IEnumerable<string> Bounds(JwtOptions options) =>
        new[]
        {
            Within("ClockSkew", options.ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            Within("MaxLifetime", options.MaxLifetime, TimeSpan.Zero, TimeSpan.FromDays(366)),
            Within("JwksRefreshInterval", options.JwksRefreshInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Within("JwksMinRefreshInterval", options.JwksMinRefreshInterval, TimeSpan.FromSeconds(1), options.JwksRefreshInterval),
            Within("JwksTimeout", options.JwksTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            Within("JwksMaxBytes", options.JwksMaxBytes, 1024, 4 * 1024 * 1024),
            Within("CacheCapacity", options.CacheCapacity, 2, 1_000_000),
            Within("CacheLifetime", options.CacheLifetime, TimeSpan.Zero, TimeSpan.FromHours(1)),
        }.OfType<string>();

    private static string? Within<T>(string key, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) < 0 || value.CompareTo(most) > 0
            ? $"{JwtOptions.Section}:{key} is {value}; it must be from {least} to {most}."
            : null;
}
