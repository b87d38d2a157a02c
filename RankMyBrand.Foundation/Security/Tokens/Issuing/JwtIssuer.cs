using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>Issues access tokens signed with ES256 by the current key of the ring (RFC 7519, RFC 9068).</summary>
public sealed class JwtIssuer(IOptions<JwtIssuerOptions> options, SigningKeyRing ring, TimeProvider time)
{
    private static readonly JsonWriterOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Issues a token.</summary>
    /// <exception cref="ArgumentException">The request asks for something that no validator would accept.</exception>
    /// <exception cref="InvalidOperationException">The ring has no key that signs by now.</exception>
    public IssuedToken Issue(TokenRequest request)
    {
        var key = ring.Current
            ?? throw new InvalidOperationException("The key ring has no key that signs by now; add one before tokens are issued.");
        var lifetime = request.Lifetime ?? options.Value.Lifetime;
        Check(request, lifetime);

        var (now, id) = (time.GetUtcNow().ToUnixTimeSeconds(), Guid.CreateVersion7(time.GetUtcNow()).ToString("N"));
        var expires = now + (long)lifetime.TotalSeconds;
        var content = $"{Header(key)}.{Claims(request, id, now, expires)}";
        var token = $"{content}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(content)))}";
        if (token.Length > JwtValidator.MaxLength)
        {
            throw new ArgumentException(
                $"The token would have {token.Length} characters; with fewer scopes and roles it must fit in {JwtValidator.MaxLength}.",
                nameof(request));
        }

        return new IssuedToken(token, id, DateTimeOffset.FromUnixTimeSeconds(expires));
    }

    private void Check(TokenRequest request, TimeSpan lifetime)
    {
        foreach (var (what, text, maxLength) in TextsOf(request))
        {
            // What a validator refuses, and halves of surrogate pairs, of which JSON would make another text.
            if (!JwtClaims.IsText(text, maxLength) || !IsUnicode(text))
            {
                throw new ArgumentException(
                    $"The {what} has {text.Length} characters; it must have 1 to {maxLength}, "
                    + "and no control characters or halves of others.",
                    nameof(request));
            }
        }

        if (request.Tenant is { } tenant && !JwtClaims.IsTenant(tenant))
            throw new ArgumentException($"The tenant '{tenant}' must be 1 to 128 of A-Z, a-z, 0-9, '.', '_' and '-'.", nameof(request));
        if (request.Scopes.FirstOrDefault(scope => scope.Contains(' ', StringComparison.Ordinal)) is { } bad)
            throw new ArgumentException($"The scope '{bad}' has a space in it; give each scope as an entry of its own.", nameof(request));

        if (lifetime < TimeSpan.FromSeconds(1) || lifetime > options.Value.MaxLifetime)
            throw new ArgumentException($"The lifetime {lifetime} must be from 00:00:01 to {options.Value.MaxLifetime}.", nameof(request));
    }

    private static IEnumerable<(string What, string Text, int MaxLength)> TextsOf(TokenRequest request)
    {
        yield return ("subject", request.Subject, JwtClaims.MaxTextLength);
        if (request.Audience is { } audience)
            yield return ("audience", audience, JwtClaims.MaxNameLength);
        foreach (var scope in request.Scopes)
            yield return ("scope", scope, JwtClaims.MaxNameLength);
        foreach (var role in request.Roles)
            yield return ("role", role, JwtClaims.MaxNameLength);
    }

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i++))
                return false;
        }

        return true;
    }

    private string Header(SigningKey key) => Encode(json =>
    {
        json.WriteString("alg", "ES256");
        json.WriteString("typ", options.Value.Type);
        json.WriteString("kid", key.KeyId);
    });

    private string Claims(TokenRequest request, string id, long now, long expires) => Encode(json =>
    {
        json.WriteString("iss", options.Value.Issuer);
        json.WriteString("sub", request.Subject);
        json.WriteString("aud", request.Audience ?? options.Value.Audience);
        json.WriteNumber("iat", now);
        json.WriteNumber("exp", expires);
        json.WriteString("jti", id);
        if (request.Tenant is { } tenant)
            json.WriteString("tenant", tenant);
        if (request.Scopes.Count > 0)
            json.WriteString("scope", string.Join(' ', request.Scopes));
        if (request.Roles.Count > 0)
        {
            json.WriteStartArray("roles");
            foreach (var role in request.Roles)
                json.WriteStringValue(role);
            json.WriteEndArray();
        }
    });

    private static string Encode(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_relaxed))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}
