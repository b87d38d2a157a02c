using System.Text;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>The keys of <see cref="JwtOptions.Jwks"/>.</summary>
internal sealed class StaticKeys : IJwtKeySource
{
    private readonly JsonWebKeySet _set;

    public StaticKeys(IOptions<JwtOptions> options)
    {
        if (!JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(options.Value.Jwks ?? ""), out var set, out var error))
        {
            throw new OptionsValidationException(
                JwtOptions.Section, typeof(JwtOptions), [$"{JwtOptions.Section}:Jwks is not a JWK set: {error}."]);
        }

        _set = set;
    }

    public ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct) =>
        ValueTask.FromResult(_set.Find(keyId, algorithm));
}
