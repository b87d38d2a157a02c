using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Http;

/// <summary>Whose pages may use the API in a browser; section <c>Gateway:Cors</c>. Without origins, none but the gateway's own.</summary>
internal sealed class CorsSettings
{
    public const string Section = "Gateway:Cors";
    private const string Any = "*";

    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] s_headers =
        ["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Correlation-ID", "traceparent", "tracestate"];
    private static readonly string[] s_exposed = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Correlation-ID"];

    /// <summary>Such as <c>https://app.example.com</c>; <c>*</c> for every page, which then cannot send cookies.</summary>
    public List<string> Origins { get; } = [];

    /// <summary>The headers that pages may send; none given means those that the API knows.</summary>
    public List<string> Headers { get; } = [];

    /// <summary>Whether pages may send cookies.</summary>
    public bool AllowCredentials { get; set; }

    /// <summary>How long a browser may remember the answer; 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether a page of this origin may use the API with cookies.</summary>
    public bool Trusts(string origin) => AllowCredentials && Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the same answer is told to some pages and not to others.</summary>
    public bool DependsOnOrigin => Origins.Count > 0 && !Origins.Contains(Any);

    internal sealed class Setup(IOptions<CorsSettings> settings) : IConfigureOptions<CorsOptions>
    {
        public void Configure(CorsOptions options) => options.AddDefaultPolicy(policy =>
        {
            var cors = settings.Value;
            policy.WithOrigins([.. cors.Origins]).WithMethods(s_methods).WithExposedHeaders(s_exposed).SetPreflightMaxAge(cors.MaxAge);
            policy.WithHeaders(cors.Headers.Count > 0 ? [.. cors.Headers] : s_headers);
            if (cors.AllowCredentials)
                policy.AllowCredentials();
        });
    }

    internal sealed class Validator : IValidateOptions<CorsSettings>
    {
        public ValidateOptionsResult Validate(string? name, CorsSettings options)
        {
            var failures = options.Origins.Where(origin => !IsOrigin(origin)).Select(origin =>
                $"{Section}:Origins has '{origin}'; each must be '{Any}' or as browsers write it, such as https://app.example.com, without a path.").ToList();
            if (options.AllowCredentials && (options.Origins.Contains(Any) || options.Headers.Contains(Any)))
                failures.Add($"{Section}:AllowCredentials is true and '{Any}' is allowed, so every page could act for whoever visits it; name the origins and headers.");
            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
        }

        // What a browser sends: scheme, host in lower case, and the port unless it is the usual one.
        private static bool IsOrigin(string text) =>
            text == Any
            || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text);
    }
}
