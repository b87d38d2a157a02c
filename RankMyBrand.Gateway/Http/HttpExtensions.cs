using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.RateLimits;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Telemetry;
using Yarp.ReverseProxy.Transforms.Builder;

namespace RankMyBrand.Gateway.Http;

/// <summary>Makes the gateway a good citizen of the web: what it takes, what it tells, and what it notes down.</summary>
internal static class HttpExtensions
{
    // Where a collector gets the access log, a line of text beside it is the dearest part of a request.
    private static readonly Dictionary<string, string?> s_loggingWithCollector = new(StringComparer.OrdinalIgnoreCase)
    {
        [$"Logging:Console:LogLevel:{AccessLogMiddleware.Category}"] = "Warning",
    };

    public static void AddHttpHygiene(this WebApplicationBuilder builder)
    {
        if (builder.Configuration.HasCollector())
            builder.Configuration.AddBelowOthers(s_loggingWithCollector);
        // A line of HTTP/1 ends with CR LF and nothing else: other servers disagree on what a lone LF is.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var services = builder.Services;
        services.AddCheckedSections(
            "Gateway",
            EdgeLimits.Section, AddressesOptions.Section, SecurityHeadersOptions.Section, CorsSettings.Section, EdgeLimitsOptions.Section);
        services.AddCheckedOptions<EdgeLimits>(EdgeLimits.Section);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, EdgeLimits.Setup>();
        services.AddEdgeConnections();
        services.AddCheckedOptions<AddressesOptions>(AddressesOptions.Section);
        services.AddSingleton<IValidateOptions<AddressesOptions>, AddressesOptions.Validator>();
        services.AddHostedService<OperatorsPort>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<AddressesOptions>>(BelieveKnownProxies);
        services.AddCheckedOptions<SecurityHeadersOptions>(SecurityHeadersOptions.Section);
        services.AddCheckedOptions<CorsSettings>(CorsSettings.Section);
        services.AddSingleton<IValidateOptions<CorsSettings>, CorsSettings.Validator>();
        services.AddSingleton<IConfigureOptions<CorsOptions>, CorsSettings.Setup>();
        services.AddCors();
        services.AddResponseCompression(options => options.EnableForHttps = true);
        services.AddSingleton<IResponseCompressionProvider, CompressionProvider>();
        services.AddSingleton<ITransformProvider, BackendHeaders>();
    }

    /// <summary>Comes before everything that answers.</summary>
    public static void UseHttpHygiene(this WebApplication app)
    {
        app.UseMiddleware<AccessLogMiddleware>();
        app.UseMiddleware<SecurityHeadersMiddleware>();
        app.UseMiddleware<OperatorsMiddleware>();
        app.UseWhen(static context => SaysWhere(context.Request.Headers), static branch => branch.UseForwardedHeaders());
        app.UseMiddleware<StrictRequestMiddleware>();
        app.UseResponseCompression();
        app.UseWhen(ConcernsCors, static branch => branch.UseCors());
        app.UseMiddleware<CrossSiteMiddleware>();
    }

    // The framework insists where a route names a policy, whoever asks.
    private static bool ConcernsCors(HttpContext context) =>
        context.Request.Headers.Origin.Count > 0 || context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() is not null;

    private static bool SaysWhere(IHeaderDictionary headers) =>
        headers.ContainsKey(ForwardedHeadersDefaults.XForwardedForHeaderName) || headers.ContainsKey(ForwardedHeadersDefaults.XForwardedProtoHeaderName);

    private static void BelieveKnownProxies(ForwardedHeadersOptions options, IOptions<AddressesOptions> addresses)
    {
        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // From right to left through any number of known proxies, to the first address that is none.
        options.ForwardLimit = null;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in addresses.Value.KnownProxies.Networks)
            options.KnownIPNetworks.Add(network);
    }
}
