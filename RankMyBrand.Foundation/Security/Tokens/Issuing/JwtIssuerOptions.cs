namespace RankMyBrand.Foundation.Security;

/// <summary>What an issuer writes into its tokens; section <c>Security:JwtIssuer</c>.</summary>
public sealed class JwtIssuerOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Security:JwtIssuer";

    /// <summary>The <c>iss</c>; validators compare it letter by letter. Required.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>The <c>aud</c> of tokens that are not asked for another one. Required.</summary>
    public string Audience { get; set; } = "";

    /// <summary>How long a token lives if it is not asked for less; 15 min.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The longest life that may be asked for; 24 h. A replaced key stays published for so long, and ten minutes more.</summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The <c>typ</c>; <c>at+jwt</c>, an access token (RFC 9068).</summary>
    public string Type { get; set; } = "at+jwt";
}
