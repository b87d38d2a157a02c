using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace RankMyBrand.Foundation.Security;

/// <summary>The trusted public keys of an issuer (RFC 7517 section 5). Immutable.</summary>
public sealed class JsonWebKeySet
{
    private const int MaxKeys = 64;

    private JsonWebKeySet(IReadOnlyList<JsonWebKey> keys, IReadOnlyList<SkippedKey> skipped) => (Keys, Skipped) = (keys, skipped);

    /// <summary>The usable keys.</summary>
    public IReadOnlyList<JsonWebKey> Keys { get; }

    /// <summary>The keys that were left out: as RFC 7517 asks, a key that is not understood does not spoil the others.</summary>
    public IReadOnlyList<SkippedKey> Skipped { get; }

    /// <summary>Reads a JWK set. Fails only if the document as a whole is none.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json, [NotNullWhen(true)] out JsonWebKeySet? set, [NotNullWhen(false)] out string? error)
    {
        set = null;
        error = StrictJson.TryParse(json, JwtRefusal.MalformedClaims, out var document) switch
        {
            JwtRefusal.None when document.TryGetProperty("keys", out var members) && members.ValueKind == JsonValueKind.Array => null,
            JwtRefusal.None => "the document has no array 'keys'",
            JwtRefusal.DuplicateMember => "the document names a member twice",
            _ => "the document is not a JSON object",
        };
        if (error is not null)
            return false;

        var (keys, skipped, index) = (new List<JsonWebKey>(), new List<SkippedKey>(), 0);
        foreach (var member in document.GetProperty("keys").EnumerateArray())
        {
            JsonWebKey? key = null;
            var refusal = index < MaxKeys ? JwkReader.Read(member, out key) : JwkRefusal.TooMany;
            if (key is not null
                && keys.Exists(known => known.KeyId == key.KeyId && known.Algorithm == key.Algorithm && key.KeyId is not null))
                refusal = JwkRefusal.Duplicate;
            if (refusal == JwkRefusal.None)
                keys.Add(key!);
            else
                skipped.Add(new SkippedKey(index, refusal));
            index++;
        }

        set = new JsonWebKeySet(keys, skipped);
        return true;
    }

    /// <summary>Finds the key for a token. Without a key id there must be exactly one key of the algorithm.</summary>
    public JwtKeyLookup Find(string? keyId, JwtAlgorithm algorithm)
    {
        JsonWebKey? found = null;
        var other = false;
        foreach (var key in Keys)
        {
            if (keyId is not null && !string.Equals(key.KeyId, keyId, StringComparison.Ordinal))
                continue;
            if (key.Algorithm != algorithm)
                other = keyId is not null;
            else if (found is not null)
                return new JwtKeyLookup(null, JwtRefusal.UnknownKey);
            else
                found = key;
        }

        if (found is not null)
            return new JwtKeyLookup(found, JwtRefusal.None);
        return new JwtKeyLookup(null, other ? JwtRefusal.KeyMismatch : JwtRefusal.UnknownKey);
    }
}
