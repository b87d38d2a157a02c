namespace RankMyBrand.Foundation.Security;

/// <summary>
/// The signature algorithms that a validator can be told to take (RFC 7518 section 3.1, RFC 8037 section 3.1).
/// There is no shared-secret one.
/// </summary>
public enum JwtAlgorithm
{
    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256 and a key of at least 2048 bits.</summary>
    RS256,

    /// <summary>Ed25519; in a header it is called <c>EdDSA</c> or, since RFC 9864, <c>Ed25519</c>.</summary>
    EdDSA,
}
