namespace RankMyBrand.Foundation.Security;

/// <summary>Why a token was refused. The list is closed: every token is valid or has exactly one of these.</summary>
public enum JwtRefusal
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>There was no token.</summary>
    Empty,

    /// <summary>Longer than <see cref="JwtValidator.MaxLength"/>.</summary>
    TooLarge,

    /// <summary>Not three non-empty parts between two dots (RFC 7515 section 7.1).</summary>
    NotCompactJws,

    /// <summary>An encrypted token (RFC 7516), which nobody here can open.</summary>
    Encrypted,

    /// <summary>A part is not canonical base64url: padding, white space, a foreign letter or stray low bits.</summary>
    NotBase64Url,

    /// <summary>The header is not a JSON object with members of the expected types.</summary>
    MalformedHeader,

    /// <summary>A JSON object names a member twice, so two readers could see two tokens (RFC 8725 section 2.4).</summary>
    DuplicateMember,

    /// <summary>The <c>typ</c> is another one than those of <see cref="JwtOptions.Types"/>.</summary>
    WrongType,

    /// <summary>The <c>alg</c> is <c>none</c>, in whatever case.</summary>
    NotSigned,

    /// <summary>The <c>alg</c> is not on the allow-list of <see cref="JwtOptions.Algorithms"/>; every HMAC ends here.</summary>
    AlgorithmNotAllowed,

    /// <summary>The header brings or points to its own key: <c>jwk</c>, <c>jku</c>, <c>x5u</c> or <c>x5c</c>.</summary>
    EmbeddedKey,

    /// <summary>The header has <c>crit</c>: no extension is understood here (RFC 7515 section 4.1.11).</summary>
    CriticalExtension,

    /// <summary>The header has <c>b64</c> (RFC 7797).</summary>
    UnencodedPayload,

    /// <summary>The header has <c>cty</c>: the payload is another token (RFC 7519 section 5.2).</summary>
    Nested,

    /// <summary>The <c>kid</c> is not 1 to 128 letters, digits or <c>._~=+/:@-</c>, or it has <c>..</c> in it.</summary>
    InvalidKeyId,

    /// <summary>No trusted key has this <c>kid</c>; or there is none, and no key or more than four would fit.</summary>
    UnknownKey,

    /// <summary>The key of this <c>kid</c> belongs to another algorithm.</summary>
    KeyMismatch,

    /// <summary>
    /// The key is not known, and the issuer could not be asked for it: the key endpoint is away. Not the caller's fault; answer 503.
    /// </summary>
    KeysUnavailable,

    /// <summary>
    /// The key is not known, and the issuer was not asked for it, because tokens of unknown keys have just had him asked a few times.
    /// It may be new: answer 401, and do not charge the caller.
    /// </summary>
    KeyNotSought,

    /// <summary>The signature has the wrong length or form, such as DER, or numbers out of their range.</summary>
    MalformedSignature,

    /// <summary>The signature does not belong to this content and key.</summary>
    BadSignature,

    /// <summary>The claims are not a JSON object, or a claim is not of its type.</summary>
    MalformedClaims,

    /// <summary><c>iss</c>, <c>aud</c>, <c>exp</c> or, with a lifetime limit, <c>iat</c> is missing.</summary>
    MissingClaim,

    /// <summary>Issued by somebody else than <see cref="JwtOptions.Issuer"/>.</summary>
    WrongIssuer,

    /// <summary>Meant for others than <see cref="JwtOptions.Audiences"/>.</summary>
    WrongAudience,

    /// <summary>Past <c>exp</c>.</summary>
    Expired,

    /// <summary>Before <c>nbf</c>.</summary>
    NotYetValid,

    /// <summary>The <c>iat</c> lies in the future.</summary>
    IssuedInFuture,

    /// <summary>From <c>iat</c> to <c>exp</c> is longer than <see cref="JwtOptions.MaxLifetime"/>.</summary>
    LifetimeTooLong,

    /// <summary>Withdrawn: see <see cref="TokenRevocations"/>.</summary>
    Revoked,
}
