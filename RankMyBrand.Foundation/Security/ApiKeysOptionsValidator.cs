using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Refuses to start without a key, or with one that can be guessed. No message repeats a key.</summary>
internal sealed class ApiKeysOptionsValidator(IHostEnvironment environment, IConfiguration configuration) : IValidateOptions<ApiKeysOptions>
{
    private const int MinLength = 32;
    private const int MaxNameLength = 64;

    public ValidateOptionsResult Validate(string? name, ApiKeysOptions options)
    {
        var failures = new List<string>();
        if (options.ApiKeys.Count == 0)
        {
            failures.Add(
                $"{ApiKeysOptions.Section}:ApiKeys is empty, so nobody could call; set "
                + $"{ApiKeysOptions.Section}:ApiKeys:NAME:Sha256 to the SHA-256 of a key (or :Key to the key itself in development).");
        }

        foreach (var (keyName, key) in options.ApiKeys)
        {
            var path = $"{ApiKeysOptions.Section}:ApiKeys:{keyName}";
            failures.AddRange(Identity(path, keyName, key));
            failures.AddRange(Secret(path, key));
        }

        if (failures.Count == 0)
            failures.AddRange(Twins(options));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> Secret(string path, ApiKeyOptions key)
    {
        if (string.IsNullOrEmpty(key.Key) == string.IsNullOrEmpty(key.Sha256))
            yield return $"{path} needs either Key or Sha256, and not both.";
        else if (key.Sha256 is { Length: > 0 } hash && (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)))
            yield return $"{path}:Sha256 has {hash.Length} characters; it must be 64 hexadecimal digits.";
        else if (key.Key is { Length: > 0 and < MinLength } && !environment.IsDevelopment())
            yield return $"{path}:Key has {key.Key.Length} characters; outside Development it must have at least {MinLength}.";
        else if (key.Key is { Length: > 0 } text && !text.All(c => c is > ' ' and < '\x7f' and not ','))
        {
            yield return $"{path}:Key has characters that a header cannot carry as they are; "
                + "it must be visible ASCII characters without ','.";
        }
        else if (key.Key is { Length: > ApiKeyRing.MaxLength })
            yield return $"{path}:Key has {key.Key.Length} characters; at most {ApiKeyRing.MaxLength} are looked at.";
        else if (key.Key?.Contains('.', StringComparison.Ordinal) == true && configuration.GetSection(JwtOptions.Section).Exists())
        {
            yield return $"{path}:Key has a '.', by which tokens are told from keys where {JwtOptions.Section} is configured; "
                + "make one without.";
        }
    }

    // Names, tenants and scopes end in headers, log lines and keys of Redis.
    private static IEnumerable<string> Identity(string path, string name, ApiKeyOptions key)
    {
        if (name.Length > MaxNameLength || !JwtClaims.IsTenant(name))
            yield return $"{path} has a name that cannot be used; it must be 1 to {MaxNameLength} letters, digits, '.', '_' and '-'.";
        if (key.Tenant is { } tenant && !JwtClaims.IsTenant(tenant))
            yield return $"{path}:Tenant is '{tenant}'; it must be 1 to 128 letters, digits, '.', '_' and '-'.";
        foreach (var (setting, values) in new[] { (nameof(key.Scopes), key.Scopes), (nameof(key.Roles), key.Roles) })
        {
            if (values.Find(value => !ApiKeyIdentity.IsScope(value)) is { } value)
                yield return $"{path}:{setting} has '{value}'; each must be 1 to 128 visible ASCII characters without ',' and '\"'.";
        }

        if (key.Networks.Find(network => !NetworkList.TryParse(network, out _)) is { } bad)
        {
            yield return $"{path}:Networks has '{bad}'; each must be {NetworkList.Form}.";
        }
    }

    private static IEnumerable<string> Twins(ApiKeysOptions options) =>
        options.ApiKeys.GroupBy(key => ApiKeyRing.DigestOf(key.Value)).Where(same => same.Skip(1).Any()).Select(same =>
            $"{ApiKeysOptions.Section}:ApiKeys has the same key under the names "
            + $"{string.Join(", ", same.Select(key => key.Key))}; give each a key of its own.");
}
