using System.Buffers;
using System.Text;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Validates JSON Web Tokens: signed ones in the compact form (RFC 7515, RFC 7519), read strictly as RFC 8725 advises. Which algorithms,
/// issuer and keys count is settled by the configuration and never by the token. A refusal is a value, not an exception.
/// </summary>
public sealed class JwtValidator(
    IOptions<JwtOptions> options, IJwtKeySource keys, ValidatedTokenCache cache, TokenRevocations revocations, TimeProvider time)
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MaxLength = 8192;

    /// <summary>
    /// Validates a token. One that was valid a moment ago is answered from the cache, at the price of a hash; only a key that is not known
    /// yet makes the call wait.
    /// </summary>
    public ValueTask<JwtValidation> ValidateAsync(ReadOnlySpan<char> token, CancellationToken ct)
    {
        if (token.IsEmpty)
            return ValueTask.FromResult(JwtValidation.Refused(JwtRefusal.Empty));
        if (token.Length > MaxLength)
            return ValueTask.FromResult(JwtValidation.Refused(JwtRefusal.TooLarge));
        var buffer = ArrayPool<byte>.Shared.Rent(token.Length);
        try
        {
            return Ascii.FromUtf16(token, buffer, out var length) == OperationStatus.Done
                ? Validate(buffer.AsSpan(0, length), ct)
                : ValueTask.FromResult(JwtValidation.Refused(JwtRefusal.NotBase64Url));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether a token that was valid still is: it has neither expired nor been revoked since.</summary>
    public bool IsStillValid(ValidatedToken token) =>
        time.GetUtcNow() - options.Value.ClockSkew < token.ExpiresAt && !revocations.IsRevoked(token);

    private ValueTask<JwtValidation> Validate(ReadOnlySpan<byte> token, CancellationToken ct)
    {
        var digest = TokenDigest.Of(token);
        if (cache.Find(digest) is { } known)
            return ValueTask.FromResult(Unrevoked(known));
        var refusal = CompactJws.Parse(token, options.Value, out var jws);
        return jws is null ? ValueTask.FromResult(JwtValidation.Refused(refusal)) : VerifyAsync(jws, digest, ct);
    }

    private async ValueTask<JwtValidation> VerifyAsync(CompactJws jws, TokenDigest digest, CancellationToken ct)
    {
        var (key, missing) = await keys.FindAsync(jws.KeyId, jws.Algorithm, ct);
        if (key is null)
            return JwtValidation.Refused(missing);
        if (key.Verify(jws.SigningInput, jws.Signature) is var bad and not JwtRefusal.None)
            return JwtValidation.Refused(bad);
        var validation = JwtClaims.Check(jws.Claims, options.Value, time.GetUtcNow());
        if (!validation.IsValid)
            return validation;
        cache.Add(digest, validation.Token);
        return Unrevoked(validation.Token);
    }

    private JwtValidation Unrevoked(ValidatedToken token) =>
        revocations.IsRevoked(token) ? JwtValidation.Refused(JwtRefusal.Revoked) : JwtValidation.Of(token);
}
