using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Why nobody was recognised.</summary>
internal enum AuthenticationFailure
{
    None,

    /// <summary>No credential at all.</summary>
    Missing,

    /// <summary>Several credentials, of which a service behind might see another one than the gateway.</summary>
    Ambiguous,
    UnknownKey,
    KeyExpired,

    /// <summary>A good key from an address that it may not be used from.</summary>
    KeyNotFromHere,
    BadToken,

    /// <summary>A token of a key that is not known, and that the issuer was not asked for.</summary>
    UnsoughtToken,

    /// <summary>Tokens cannot be checked now, because their keys cannot be fetched.</summary>
    Unavailable,
}

/// <summary>What became of looking for the caller.</summary>
internal readonly record struct Authentication(CallerIdentity? Identity, AuthenticationFailure Failure, JwtRefusal TokenRefusal = JwtRefusal.None)
{
    public static Authentication Of(CallerIdentity identity) => new(identity, AuthenticationFailure.None);

    public static Authentication Refused(AuthenticationFailure failure) => new(null, failure);

    /// <summary>The reason for the operator's log; says nothing of the credential itself.</summary>
    public string Reason => TokenRefusal == JwtRefusal.None ? Failure.ToString() : $"{Failure} ({TokenRefusal})";
}
