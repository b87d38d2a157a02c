namespace RankMyBrand.Foundation.Security;

/// <summary>Why a key of a JWK set is not used.</summary>
public enum JwkRefusal
{
    /// <summary>It is used.</summary>
    None = 0,

    /// <summary>
    /// Not a JSON object, or a needed member is missing, of the wrong type, or not canonical base64url of the right length.
    /// </summary>
    Malformed,

    /// <summary>The <c>kid</c> has a form that no token may have.</summary>
    InvalidKeyId,

    /// <summary>The same <c>kid</c> and algorithm as a key before it.</summary>
    Duplicate,

    /// <summary>It has a private or secret part. Such a key is no longer one person's secret and must be replaced.</summary>
    Private,

    /// <summary><c>use</c> or <c>key_ops</c> say that it is not for verifying signatures.</summary>
    NotForSignatures,

    /// <summary>The <c>kty</c> is none of EC, RSA and OKP.</summary>
    UnsupportedType,

    /// <summary>The <c>crv</c> is none of P-256 and Ed25519.</summary>
    UnsupportedCurve,

    /// <summary>The <c>alg</c> is another one than the key's type has here.</summary>
    UnsupportedAlgorithm,

    /// <summary>RSA of fewer than 2048 or more than 8192 bits, or with a bad exponent, or an Ed25519 point of small order.</summary>
    Weak,

    /// <summary>The point is not on its curve.</summary>
    NotOnCurve,

    /// <summary>Beyond the first 64 keys.</summary>
    TooMany,
}
