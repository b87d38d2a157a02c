using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Refuses to start without a key, or with one that can be guessed. No message repeats a key.</summary>
internal sealed class ApiKeysOptionsValidator(IHostEnvironment environment) : IValidateOptions<ApiKeysOptions>
{
    private const int MinLength = 32;

    public ValidateOptionsResult Validate(string? name, ApiKeysOptions options)
    {
        var failures = new List<string>();
        if (options.ApiKeys.Count == 0)
        {
            failures.Add(
                $"{ApiKeysOptions.Section}:ApiKeys is empty, so nobody could call; set {ApiKeysOptions.Section}:ApiKeys:NAME:Sha256 to the SHA-256 of a key (or :Key to the key itself in development).");
        }

        foreach (var (keyName, key) in options.ApiKeys)
        {
            var path = $"{ApiKeysOptions.Section}:ApiKeys:{keyName}";
            if (string.IsNullOrEmpty(key.Key) == string.IsNullOrEmpty(key.Sha256))
                failures.Add($"{path} needs either Key or Sha256, and not both.");
            else if (key.Sha256 is { Length: > 0 } hash && (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)))
                failures.Add($"{path}:Sha256 has {hash.Length} characters; it must be 64 hexadecimal digits.");
            else if (key.Key is { Length: > 0 and < MinLength } && !environment.IsDevelopment())
                failures.Add($"{path}:Key has {key.Key.Length} characters; outside Development it must have at least {MinLength}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
