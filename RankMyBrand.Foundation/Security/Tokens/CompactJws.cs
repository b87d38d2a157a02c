using System.Text.Json;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// A signed token in its compact form (RFC 7515 section 7.1), taken apart and with an acceptable header; nothing is verified yet.
/// </summary>
internal sealed record CompactJws(JwtAlgorithm Algorithm, string? KeyId, byte[] SigningInput, byte[] Claims, byte[] Signature)
{
    // Parameters that would let the token choose its own key or its own reading. All others but alg, typ and kid are ignored.
    private static readonly Dictionary<string, JwtRefusal> s_forbidden = new(StringComparer.Ordinal)
    {
        ["jwk"] = JwtRefusal.EmbeddedKey,
        ["jku"] = JwtRefusal.EmbeddedKey,
        ["x5u"] = JwtRefusal.EmbeddedKey,
        ["x5c"] = JwtRefusal.EmbeddedKey,
        ["crit"] = JwtRefusal.CriticalExtension,
        ["b64"] = JwtRefusal.UnencodedPayload,
        ["cty"] = JwtRefusal.Nested,
        ["enc"] = JwtRefusal.Encrypted,
        ["zip"] = JwtRefusal.Encrypted,
    };

    /// <summary>Takes a token apart. Only the header is read as JSON: whoever cannot sign does not get any further.</summary>
    public static JwtRefusal Parse(ReadOnlySpan<byte> token, JwtOptions options, out CompactJws? jws)
    {
        jws = null;
        var dots = token.Count((byte)'.');
        if (dots != 2)
            return dots == 4 ? JwtRefusal.Encrypted : JwtRefusal.NotCompactJws;
        var (first, last) = (token.IndexOf((byte)'.'), token.LastIndexOf((byte)'.'));
        if (first == 0 || last == first + 1)
            return JwtRefusal.NotCompactJws;
        if (!StrictBase64Url.TryDecode(token[..first], out var headerText))
            return JwtRefusal.NotBase64Url;
        if (StrictJson.TryParse(headerText, JwtRefusal.MalformedHeader, out var header) is var bad and not JwtRefusal.None)
            return bad;
        if (ReadHeader(header, options, out var algorithm, out var keyId) is var refusal and not JwtRefusal.None)
            return refusal;
        if (last == token.Length - 1)
            return JwtRefusal.MalformedSignature;
        if (!StrictBase64Url.TryDecode(token[(first + 1)..last], out var claims)
            || !StrictBase64Url.TryDecode(token[(last + 1)..], out var signature))
            return JwtRefusal.NotBase64Url;
        jws = new CompactJws(algorithm, keyId, token[..last].ToArray(), claims, signature);
        return JwtRefusal.None;
    }

    private static JwtRefusal ReadHeader(JsonElement header, JwtOptions options, out JwtAlgorithm algorithm, out string? keyId)
    {
        (algorithm, keyId) = (default, null);
        foreach (var member in header.EnumerateObject())
        {
            if (s_forbidden.TryGetValue(member.Name, out var refusal))
                return refusal;
        }

        if (!TryGetText(header, "alg", out var name) || name is null || !TryGetText(header, "typ", out var type))
            return JwtRefusal.MalformedHeader;
        if (name.Equals("none", StringComparison.OrdinalIgnoreCase))
            return JwtRefusal.NotSigned;
        if (ToAlgorithm(name) is not { } known || !options.AllowedAlgorithms.Contains(known))
            return JwtRefusal.AlgorithmNotAllowed;
        if (!IsAcceptable(type, options))
            return JwtRefusal.WrongType;
        if (!TryGetText(header, "kid", out keyId) || (keyId is not null && !JwtKeyId.IsValid(keyId)))
            return JwtRefusal.InvalidKeyId;
        algorithm = known;
        return JwtRefusal.None;
    }

    private static JwtAlgorithm? ToAlgorithm(string name) => name switch
    {
        "ES256" => JwtAlgorithm.ES256,
        "RS256" => JwtAlgorithm.RS256,
        "EdDSA" or "Ed25519" => JwtAlgorithm.EdDSA,
        _ => null,
    };

    // RFC 7515 section 4.1.9: media types, so case does not count and "application/" may be left out.
    private static bool IsAcceptable(string? type, JwtOptions options)
    {
        const string Prefix = "application/";
        if (type is null)
            return !options.RequireType;
        if (type.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            type = type[Prefix.Length..];
        return options.AllowedTypes.Contains(type, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>False when the member is there and is not a string.</summary>
    private static bool TryGetText(JsonElement header, string name, out string? text)
    {
        text = null;
        if (!header.TryGetProperty(name, out var value))
            return true;
        text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }
}
