using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Gateway.RateLimits;

/// <summary>Which policies of <c>RateLimits:Policies</c> hold where a route names none; section <c>Gateway:RateLimits</c>.</summary>
internal sealed class EdgeLimitsOptions
{
    public const string Section = "Gateway:RateLimits";

    /// <summary>For known callers.</summary>
    [Required]
    public string Default { get; set; } = "caller";

    /// <summary>For callers nobody asks for their names: anonymous routes, and addresses that lead nowhere.</summary>
    [Required]
    public string Anonymous { get; set; } = "address";

    /// <summary>
    /// For requests whose credential is missing or wrong. While it is used up, credentials from there are not even looked at.
    /// </summary>
    [Required]
    public string Credentials { get; set; } = "credentials";
}
