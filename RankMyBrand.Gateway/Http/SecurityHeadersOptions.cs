using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Gateway.Http;

/// <summary>What browsers are told about answers; section <c>Gateway:Headers</c>. A service's own Content-Security-Policy comes first.</summary>
internal sealed class SecurityHeadersOptions
{
    public const string Section = "Gateway:Headers";

    private const string VisibleAscii = "^[ -~]+$";
    private const string NotVisibleAscii = "It must be one line of visible ASCII.";

    /// <summary>How long a browser that came by HTTPS comes by nothing else; a year. Zero says nothing.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1000.00:00:00")]
    public TimeSpan StrictTransportSecurity { get; set; } = TimeSpan.FromDays(365);

    /// <summary>The Content-Security-Policy of pages (HTML).</summary>
    [Required]
    [RegularExpression(VisibleAscii, ErrorMessage = NotVisibleAscii)]
    public string PagePolicy { get; set; } =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The Content-Security-Policy of everything else, which no browser should show as a page.</summary>
    [Required]
    [RegularExpression(VisibleAscii, ErrorMessage = NotVisibleAscii)]
    public string DataPolicy { get; set; } = "default-src 'none'; frame-ancestors 'none'";
}
