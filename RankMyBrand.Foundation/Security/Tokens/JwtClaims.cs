using System.Buffers;
using System.Text.Json;

namespace RankMyBrand.Foundation.Security;

/// <summary>Reads and checks the claims of a token whose signature is good (RFC 7519 section 4). The first fault found stays.</summary>
internal sealed class JwtClaims(JsonElement claims)
{
    public const int MaxTextLength = 256;
    public const int MaxNameLength = 2048;                               // of an issuer, audience, scope or role, which may be an address
    private const double LastInstant = 253_402_300_799;                  // 9999-12-31T23:59:59Z

    private static readonly SearchValues<char> s_tenantLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private JwtRefusal _fault;

    public static bool IsText(string text, int maxLength = MaxTextLength) =>
        text.Length > 0 && text.Length <= maxLength && !text.Any(char.IsControl);

    // What a tenant ends in: a header of the requests behind the gateway, and keys of caches.
    public static bool IsTenant(string text) => text.Length is > 0 and <= 128 && !text.AsSpan().ContainsAnyExcept(s_tenantLetters);

    /// <summary>The claims as a token, or why they are refused.</summary>
    public static JwtValidation Check(ReadOnlySpan<byte> json, JwtOptions options, DateTimeOffset now)
    {
        var refusal = StrictJson.TryParse(json, JwtRefusal.MalformedClaims, out var claims);
        return refusal == JwtRefusal.None ? new JwtClaims(claims).Check(options, now) : JwtValidation.Refused(refusal);
    }

    private JwtValidation Check(JwtOptions options, DateTimeOffset now)
    {
        var token = new ValidatedToken
        {
            Issuer = Text("iss", MaxNameLength) ?? "",
            Subject = Text("sub"),
            Tenant = Tenant(options.TenantClaim),
            Id = Text("jti"),
            Scopes = Texts(options.ScopeClaim, separator: ' '),
            Roles = Texts(options.RolesClaim),
            IssuedAt = Instant("iat"),
            ExpiresAt = Instant("exp") ?? default,
        };
        var (notBefore, audiences) = (Instant("nbf"), Texts("aud"));
        var limited = options.MaxLifetime > TimeSpan.Zero;

        if (_fault == JwtRefusal.None)
        {
            _fault = token switch
            {
                _ when !Has("iss") || !Has("aud") || !Has("exp") || (limited && !Has("iat")) => JwtRefusal.MissingClaim,
                _ when !string.Equals(token.Issuer, options.Issuer, StringComparison.Ordinal) => JwtRefusal.WrongIssuer,
                _ when !audiences.Any(audience => options.Audiences.Contains(audience, StringComparer.Ordinal)) => JwtRefusal.WrongAudience,
                _ when now - options.ClockSkew >= token.ExpiresAt => JwtRefusal.Expired,
                _ when now + options.ClockSkew < notBefore => JwtRefusal.NotYetValid,
                _ when now + options.ClockSkew < token.IssuedAt => JwtRefusal.IssuedInFuture,
                _ when limited && token.ExpiresAt - token.IssuedAt > options.MaxLifetime => JwtRefusal.LifetimeTooLong,
                _ => JwtRefusal.None,
            };
        }

        return _fault == JwtRefusal.None ? JwtValidation.Of(token) : JwtValidation.Refused(_fault);
    }

    private bool Has(string name) => claims.TryGetProperty(name, out _);

    private string? Text(string name, int maxLength = MaxTextLength)
    {
        if (!claims.TryGetProperty(name, out var value))
            return null;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null && IsText(text, maxLength) ? text : Fault<string>();
    }

    private string? Tenant(string name)
    {
        var tenant = Text(name);
        return tenant is null || IsTenant(tenant) ? tenant : Fault<string>();
    }

    /// <summary>An array of strings, or one string, which is taken apart at the separator if there is one.</summary>
    private string[] Texts(string name, char? separator = null)
    {
        if (!claims.TryGetProperty(name, out var value))
            return [];
        string[]? texts = value.ValueKind switch
        {
            JsonValueKind.String when separator is { } at => value.GetString()!.Split(at, StringSplitOptions.RemoveEmptyEntries),
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. value.EnumerateArray().Select(item => item.GetString()!)],
            _ => null,
        };
        return texts is not null && texts.All(text => IsText(text, MaxNameLength)) ? texts : Fault<string[]>() ?? [];
    }

    // A NumericDate may have a fraction (RFC 7519 section 2).
    private DateTimeOffset? Instant(string name)
    {
        if (!claims.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= LastInstant))
            return Fault<DateTimeOffset?>();
        return DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private T? Fault<T>()
    {
        _fault = JwtRefusal.MalformedClaims;
        return default;
    }
}
