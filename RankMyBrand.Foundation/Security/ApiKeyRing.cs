using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Finds the owner of an API key. Only SHA-256 hashes are kept; keys are long and random, so a slow password hash would add nothing
/// but load. The lookup goes by the hash, which nobody can steer, so its time tells nothing about a key.
/// </summary>
public sealed class ApiKeyRing
{
    /// <summary>The longest key that is looked at, in characters.</summary>
    public const int MaxLength = 512;

    private readonly FrozenDictionary<TokenDigest, ApiKeyIdentity> _keys;

    /// <summary>Takes the configured keys.</summary>
    public ApiKeyRing(IOptions<ApiKeysOptions> options) =>
        _keys = options.Value.ApiKeys.ToFrozenDictionary(key => DigestOf(key.Value), key => new ApiKeyIdentity(key.Key, key.Value));

    /// <summary>
    /// The owner of a key, or null. Whether the key has expired or is used from the right place is for the caller to look at.
    /// </summary>
    public ApiKeyIdentity? Find(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > MaxLength)
            return null;
        Span<byte> text = stackalloc byte[MaxLength * 3];
        return _keys.GetValueOrDefault(TokenDigest.Of(text[..Encoding.UTF8.GetBytes(key, text)]));
    }

    internal static TokenDigest DigestOf(ApiKeyOptions key) =>
        key.Sha256 is { Length: > 0 } hash
            ? TokenDigest.FromHash(Convert.FromHexString(hash))
            : TokenDigest.Of(Encoding.UTF8.GetBytes(key.Key!));
}
