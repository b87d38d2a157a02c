using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace RankMyBrand.Foundation.Security;

/// <summary>The trusted public keys of an issuer (RFC 7517 section 5). Immutable.</summary>
public sealed class JsonWebKeySet
{
    private const int MaxKeys = 64;

    private readonly Dictionary<JwtAlgorithm, JsonWebKey> _anyOf;        // what a token without a key id is checked with

    private JsonWebKeySet(IReadOnlyList<JsonWebKey> keys, IReadOnlyList<SkippedKey> skipped)
    {
        (Keys, Skipped) = (keys, skipped);
        _anyOf = keys.GroupBy(key => key.Algorithm)
            .Select(same => same.ToArray())
            .Where(same => same.Length <= AnyKey.MaxKeys)
            .ToDictionary(same => same[0].Algorithm, same => same.Length == 1 ? same[0] : new AnyKey(same));
    }

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

    /// <summary>
    /// Finds the key for a token. Without a key id it is any key of the algorithm, of which there may be no more than
    /// <see cref="AnyKey.MaxKeys"/>.
    /// </summary>
    public JwtKeyLookup Find(string? keyId, JwtAlgorithm algorithm)
    {
        if (keyId is null)
        {
            return _anyOf.TryGetValue(algorithm, out var any)
                ? new JwtKeyLookup(any, JwtRefusal.None)
                : new JwtKeyLookup(null, JwtRefusal.UnknownKey);
        }

        var refusal = JwtRefusal.UnknownKey;
        foreach (var key in Keys)
        {
            if (!string.Equals(key.KeyId, keyId, StringComparison.Ordinal))
                continue;
            if (key.Algorithm == algorithm)
                return new JwtKeyLookup(key, JwtRefusal.None);
            refusal = JwtRefusal.KeyMismatch;
        }

        return new JwtKeyLookup(null, refusal);
    }
}
