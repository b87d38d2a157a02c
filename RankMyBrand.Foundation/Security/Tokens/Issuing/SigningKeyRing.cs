using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// The issuer's keys, at most two of them live: the one that signs, and beside it either its successor, published ahead of its time, or its
/// predecessor, published until the last token it signed has expired. Also the key source of a validator in the same process.
/// </summary>
public sealed class SigningKeyRing(IOptions<JwtIssuerOptions> options, TimeProvider time) : IJwtKeySource
{
    /// <summary>How many keys may be live at once.</summary>
    public const int MaxLive = 2;

    // Beyond the last token's life, for validators whose clocks are late.
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private SigningKey[] _keys = [];                                     // by SignsFrom; replaced whole

    /// <summary>The live keys, the oldest first.</summary>
    public IReadOnlyList<SigningKey> Live => Unretired(Volatile.Read(ref _keys));

    /// <summary>The key that signs now; null when there is none yet.</summary>
    public SigningKey? Current => Array.FindLast(Volatile.Read(ref _keys), key => key.SignsFrom <= time.GetUtcNow());

    /// <summary>
    /// Publishes a key at once and signs with it from its time on. To rotate, add one whose time leaves
    /// validators their refresh interval.
    /// </summary>
    /// <exception cref="InvalidOperationException">Two keys are live, or the key would begin before one that is there.</exception>
    public void Add(SigningKey key)
    {
        lock (_gate)
        {
            var live = Unretired(_keys);
            if (live.Length >= MaxLive)
            {
                throw new InvalidOperationException(
                    $"The ring has {MaxLive} live keys until {RetiresAt(live[1].SignsFrom):u}; rotate after that.");
            }

            if (live.Any(other => other.SignsFrom >= key.SignsFrom))
            {
                throw new InvalidOperationException(
                    $"The key signs from {key.SignsFrom:u}; that must be after {live[^1].SignsFrom:u}, when the key before it begins.");
            }

            Volatile.Write(ref _keys, [.. live, key]);
        }
    }

    /// <summary>The JWK set to publish (RFC 7517), as UTF-8 JSON. Serve it as <c>application/jwk-set+json</c>.</summary>
    public byte[] ToJwks()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in Live)
            {
                json.WriteStartObject();
                json.WriteString("kty", "EC");
                json.WriteString("crv", "P-256");
                json.WriteString("use", "sig");
                json.WriteString("alg", "ES256");
                json.WriteString("kid", key.KeyId);
                json.WriteString("x", key.X);
                json.WriteString("y", key.Y);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <inheritdoc/>
    public ValueTask<JwtKeyLookup> FindAsync(string? keyId, JwtAlgorithm algorithm, CancellationToken ct)
    {
        var key = Array.Find(Unretired(Volatile.Read(ref _keys)), key => key.KeyId == keyId);
        return ValueTask.FromResult(key switch
        {
            null => new JwtKeyLookup(null, JwtRefusal.UnknownKey),
            _ when algorithm != JwtAlgorithm.ES256 => new JwtKeyLookup(null, JwtRefusal.KeyMismatch),
            _ => new JwtKeyLookup(key.PublicKey, JwtRefusal.None),
        });
    }

    // A key retires when the last token it may have signed before its successor began has expired.
    private SigningKey[] Unretired(SigningKey[] keys)
    {
        var now = time.GetUtcNow();
        return [.. keys.Where((_, index) => index == keys.Length - 1 || now < RetiresAt(keys[index + 1].SignsFrom))];
    }

    private DateTimeOffset RetiresAt(DateTimeOffset successorSignsFrom) => successorSignsFrom + options.Value.MaxLifetime + s_grace;
}
