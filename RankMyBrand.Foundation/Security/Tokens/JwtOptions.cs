namespace RankMyBrand.Foundation.Security;

/// <summary>Whose tokens a service takes and how strictly; section <c>Security:Jwt</c>.</summary>
public sealed class JwtOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Security:Jwt";

    private static readonly JwtAlgorithm[] s_defaultAlgorithms = Enum.GetValues<JwtAlgorithm>();
    private static readonly string[] s_defaultTypes = ["JWT", "at+jwt"];

    /// <summary>The one trusted issuer: a token's <c>iss</c> must equal it, letter by letter. Required.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>The names this service answers to: one of them must be in a token's <c>aud</c>. Required.</summary>
    public IList<string> Audiences { get; } = [];

    /// <summary>
    /// The algorithms that are taken; none given means ES256, RS256 and EdDSA. A key of the issuer goes with one of them alone, that of its
    /// <c>kty</c> and <c>crv</c>, whatever a token says, so a longer list lets nobody choose.
    /// </summary>
    public IList<JwtAlgorithm> Algorithms { get; } = [];

    /// <summary>
    /// The values of <c>typ</c> that are taken, without <c>application/</c>; none given means <c>JWT</c> and <c>at+jwt</c> (RFC 9068).
    /// </summary>
    public IList<string> Types { get; } = [];

    /// <summary>
    /// Whether a token without <c>typ</c> is refused. Off by default: several identity providers leave it out. A
    /// wrong one is always refused.
    /// </summary>
    public bool RequireType { get; set; }

    /// <summary>How far clocks may differ when <c>exp</c>, <c>nbf</c> and <c>iat</c> are checked; 60 s.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The longest life, from <c>iat</c> to <c>exp</c>, that a token may have; 24 h. It makes <c>iat</c> required and lets revocations of a
    /// subject be forgotten in the end. Zero lifts the limit.
    /// </summary>
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The claim with the scopes: a string with spaces between, or an array.</summary>
    public string ScopeClaim { get; set; } = "scope";

    /// <summary>The claim with the roles: an array or one string.</summary>
    public string RolesClaim { get; set; } = "roles";

    /// <summary>The claim with the tenant.</summary>
    public string TenantClaim { get; set; } = "tenant";

    /// <summary>A JWK set as JSON, for an issuer whose keys are configured. Give this or <see cref="JwksUri"/>.</summary>
    public string? Jwks { get; set; }

    /// <summary>Where the issuer publishes its JWK set. Give this or <see cref="Jwks"/>.</summary>
    public Uri? JwksUri { get; set; }

    /// <summary>
    /// Whether <see cref="JwksUri"/> must be https, unless it is on this machine. Switch it off only for an issuer inside
    /// the same private network.
    /// </summary>
    public bool RequireHttps { get; set; } = true;

    /// <summary>
    /// After which time the key set is fetched again; 10 min. The old one serves until the new one is there, or until it is twice as old.
    /// </summary>
    public TimeSpan JwksRefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How often unknown key ids can have the key set fetched, after three times at once; 30 s. Hostile ids cause no more than that.
    /// </summary>
    public TimeSpan JwksMinRefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one fetch may take; 5 s.</summary>
    public TimeSpan JwksTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest key set that is read, in bytes; 256 KiB.</summary>
    public int JwksMaxBytes { get; set; } = 256 * 1024;

    /// <summary>How many validated tokens are remembered; 10,000.</summary>
    public int CacheCapacity { get; set; } = 10_000;

    /// <summary>How long a validated token is remembered at most; 5 min. For so long a withdrawn key can still speak through it.</summary>
    public TimeSpan CacheLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary><see cref="JwksUri"/> for messages and logs, without what may be a secret in it.</summary>
    internal string? JwksAddress => JwksUri is { IsAbsoluteUri: true } uri
        ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : JwksUri?.OriginalString.Split('?', '#')[0];

    internal IList<JwtAlgorithm> AllowedAlgorithms => Algorithms.Count > 0 ? Algorithms : s_defaultAlgorithms;

    internal IList<string> AllowedTypes => Types.Count > 0 ? Types : s_defaultTypes;
}
