using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.Http;

/// <summary>Sets the headers that make browsers careful, at the last moment: a service's answer and an error get them, too.</summary>
internal sealed class SecurityHeadersMiddleware(
    RequestDelegate next, IOptions<SecurityHeadersOptions> options, IOptions<CorsSettings> cors)
{
    private readonly Func<object, Task> _write = new Policies(options.Value, cors.Value.DependsOnOrigin).WriteAsync;

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(_write, context);
        return next(context);
    }

    private sealed class Policies(SecurityHeadersOptions options, bool dependsOnOrigin)
    {
        private const string Permissions =
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

        private readonly string _strictTransport =
            string.Create(CultureInfo.InvariantCulture, $"max-age={(long)options.StrictTransportSecurity.TotalSeconds}; includeSubDomains");

        public Task WriteAsync(object request)
        {
            var context = (HttpContext)request;
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Permissions-Policy"] = Permissions;
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            if (headers.ContentSecurityPolicy.Count == 0)
                headers.ContentSecurityPolicy = IsPage(context.Response.ContentType) ? options.PagePolicy : options.DataPolicy;
            if (headers.XFrameOptions.Count == 0)
                headers.XFrameOptions = "DENY";
            if (context.Request.IsHttps && options.StrictTransportSecurity > TimeSpan.Zero)
                headers.StrictTransportSecurity = _strictTransport;
            // Caches keep answers to an X-API-Key, which they do not know as a credential, unless told otherwise.
            if (headers.CacheControl.Count == 0 && context.GetCaller().Identity is not null)
                headers.CacheControl = "no-store";
            // Without it a cache would give a page the answer to somebody who was none.
            if (dependsOnOrigin && !VariesByOrigin(headers))
                headers.Append(HeaderNames.Vary, HeaderNames.Origin);
            return Task.CompletedTask;
        }

        private static bool VariesByOrigin(IHeaderDictionary headers) =>
            headers.GetCommaSeparatedValues(HeaderNames.Vary).Contains(HeaderNames.Origin, StringComparer.OrdinalIgnoreCase);

        private static bool IsPage(string? contentType) =>
            contentType is not null
            && (contentType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) || contentType.StartsWith("application/xhtml", StringComparison.OrdinalIgnoreCase));
    }
}
