using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Finds out who calls: by <c>X-API-Key</c>, or by <c>Authorization: Bearer</c> with an API key or a token.</summary>
internal sealed class Authenticator(ApiKeyRing keys, TimeProvider time, IServiceProvider services)
{
    public const string KeyHeader = "X-API-Key";
    private const string Scheme = "Bearer";

    // Keys and validated tokens are shared between requests, and so are the identities made of them.
    private readonly ConditionalWeakTable<object, CallerIdentity> _identities = [];

    // Only where tokens are configured.
    private readonly JwtValidator? _tokens = services.GetService<JwtValidator>();

    public ValueTask<Authentication> AuthenticateAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var (key, authorization) = (headers[KeyHeader], headers.Authorization);
        if (IsSeveral(key) || IsSeveral(authorization))
            return Refused(AuthenticationFailure.Ambiguous);
        var bearer = BearerOf(authorization);
        if (key.Count == 1 && key[0] is { Length: > 0 } text)
            return bearer.IsEmpty ? new(FindKey(text, context)) : Refused(AuthenticationFailure.Ambiguous);
        if (bearer.IsEmpty)
            return Refused(AuthenticationFailure.Missing);
        // A token has dots; a key may, too, where no tokens are taken.
        return _tokens is not null && bearer.Contains('.') ? FindTokenAsync(_tokens, bearer, context.RequestAborted) : new(FindKey(bearer, context));
    }

    /// <summary>Who a caller is now whose credential was good a while ago; null when it is good no more, or not from there.</summary>
    public CallerIdentity? Renew(CallerIdentity identity, IPAddress? address) => identity.Credential switch
    {
        ApiKeyIdentity key => keys.Renew(key) is { } current ? Check(current, address).Identity : null,
        ValidatedToken token => _tokens!.IsStillValid(token) ? identity : null,
        var other => throw new InvalidOperationException($"A {other.GetType().Name} is no credential."),
    };

    private static ValueTask<Authentication> Refused(AuthenticationFailure failure) => new(Authentication.Refused(failure));

    // Two lines of one name, which a proxy may have joined by a comma.
    private static bool IsSeveral(StringValues values) => values.Count > 1 || (values.Count == 1 && values[0]!.Contains(',', StringComparison.Ordinal));

    private static ReadOnlySpan<char> BearerOf(StringValues authorization)
    {
        var value = authorization.Count == 1 ? authorization[0].AsSpan() : default;
        return value.Length > Scheme.Length && value[Scheme.Length] == ' ' && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? value[Scheme.Length..].Trim(' ')
            : default;
    }

    private Authentication FindKey(ReadOnlySpan<char> text, HttpContext context)
    {
        return Find(text, context) is { } key
            ? Check(key, context.Connection.RemoteIpAddress)
            : Authentication.Refused(AuthenticationFailure.UnknownKey);
    }

    private Authentication Check(ApiKeyIdentity key, IPAddress? address)
    {
        if (time.GetUtcNow() >= key.ExpiresAt)
            return Authentication.Refused(AuthenticationFailure.KeyExpired);
        return key.MayCallFrom(address)
            ? Authentication.Of(_identities.GetValue(key, static key => new CallerIdentity((ApiKeyIdentity)key)))
            : Authentication.Refused(AuthenticationFailure.KeyNotFromHere);
    }

    private ApiKeyIdentity? Find(ReadOnlySpan<char> text, HttpContext context)
    {
        var (proven, generation) = (context.Features.Get<ProvenKey>(), keys.Generation);
        if (proven?.Find(text, generation) is { } known)
            return known;
        var key = keys.Find(text);
        if (key is not null)
            proven?.Remember(text, generation, key);
        return key;
    }

    private ValueTask<Authentication> FindTokenAsync(JwtValidator tokens, ReadOnlySpan<char> text, CancellationToken ct)
    {
        var validating = tokens.ValidateAsync(text, ct);
        return validating.IsCompletedSuccessfully ? new(Result(validating.Result)) : ResultAsync(validating);
    }

    private async ValueTask<Authentication> ResultAsync(ValueTask<JwtValidation> validating) => Result(await validating);

    private Authentication Result(JwtValidation validation)
    {
        // A token that names nobody could be anybody's.
        if (validation is { IsValid: true, Token.Subject: not null })
            return Authentication.Of(_identities.GetValue(validation.Token, static token => new CallerIdentity((ValidatedToken)token)));
        var failure = validation.Refusal switch
        {
            JwtRefusal.KeysUnavailable => AuthenticationFailure.Unavailable,
            JwtRefusal.KeyNotSought => AuthenticationFailure.UnsoughtToken,
            _ => AuthenticationFailure.BadToken,
        };
        return new Authentication(null, failure, validation.IsValid ? JwtRefusal.MissingClaim : validation.Refusal);
    }
}
