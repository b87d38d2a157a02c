using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Compresses what is worth it. Not where cookies are: the length of a compressed answer tells what of its content repeats the request, and
/// with cookies another site's page could make the requests (BREACH). Not event streams either, whose types are not on the list.
/// </summary>
internal sealed class CompressionProvider(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    private const int WorthIt = 1024;

    public override bool ShouldCompressResponse(HttpContext context)
    {
        var headers = context.Response.Headers;
        var isCompressed = context.Request.Headers.Cookie.Count == 0
            && headers.SetCookie.Count == 0
            && headers.ContentLength is null or >= WorthIt
            && !headers.CacheControl.ToString().Contains("no-transform", StringComparison.OrdinalIgnoreCase)
            && base.ShouldCompressResponse(context);
        if (isCompressed && headers.AcceptRanges.Count > 0 && GetCompressionProvider(context) is not null)
            TakeBackRanges(headers);
        return isCompressed;
    }

    // The service would take a range of what is not compressed, and a client would put the two together (RFC 9110, 8.8.3.3 and 13.1.5).
    private static void TakeBackRanges(IHeaderDictionary headers)
    {
        headers.AcceptRanges = default;
        if (headers.ETag.ToString() is { } tag && tag.StartsWith('"'))
            headers.ETag = $"W/{tag}";
    }
}
