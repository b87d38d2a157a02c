using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Whose API key it is.</summary>
/// <param name="Name">The key's name in the configuration.</param>
/// <param name="Tenant">The tenant that the caller acts for; null for the default tenant.</param>
public sealed record ApiKeyIdentity(string Name, string? Tenant);

/// <summary>
/// Finds the owner of an API key. Only SHA-256 hashes are kept; keys are long and random, so a slow password hash would add nothing
/// but load. Every hash is compared in constant time, and all of them, so the answer's time tells nothing.
/// </summary>
public sealed class ApiKeyRing
{
    /// <summary>The longest key that is looked at, in characters.</summary>
    public const int MaxLength = 512;

    private readonly (byte[] Hash, ApiKeyIdentity Identity)[] _keys;

    /// <summary>Takes the configured keys.</summary>
    public ApiKeyRing(IOptions<ApiKeysOptions> options) =>
        _keys = [.. options.Value.ApiKeys.Select(key => (HashOf(key.Value), new ApiKeyIdentity(key.Key, key.Value.Tenant)))];

    /// <summary>The owner of a key, or null.</summary>
    public ApiKeyIdentity? Find(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > MaxLength)
            return null;
        Span<byte> text = stackalloc byte[MaxLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(key, text)], hash);

        ApiKeyIdentity? found = null;
        foreach (var (known, identity) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
                found = identity;
        }

        return found;
    }

    private static byte[] HashOf(ApiKeyOptions key) =>
        key.Sha256 is { Length: > 0 } hash ? Convert.FromHexString(hash) : SHA256.HashData(Encoding.UTF8.GetBytes(key.Key!));
}
