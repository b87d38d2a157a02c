using Microsoft.Net.Http.Headers;
using RankMyBrand.ServiceDefaults.Configuration;

namespace RankMyBrand.Gateway.Documents;

/// <summary>
/// Describes the API: /openapi/v1.json for programs, /docs for people. Both are open to everybody; what they describe is not.
/// </summary>
internal static class DocumentsExtensions
{
    private const string Document = "/openapi/v1.json";
    private const string Page = "docs";

    public static void AddApiDocument(this IHostApplicationBuilder builder)
    {
        builder.Services.AddCheckedOptions<ApiDocumentOptions>(ApiDocumentOptions.Section);
        builder.Services.AddHttpClient(nameof(ApiDocument));
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<ApiDocument>(
            services, services.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(ApiDocument))));
    }

    /// <summary>Serves the page. It is a middleware, so before the endpoints; and it looks at every request, so only at its path.</summary>
    public static void UseApiPage(this IApplicationBuilder app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/" + Page, StringComparison.OrdinalIgnoreCase),
        branch => branch.UseSwaggerUI(page =>
        {
            page.RoutePrefix = Page;
            page.DocumentTitle = "RankMyBrand API";
            page.SwaggerEndpoint(Document, "RankMyBrand Foundation");
            page.DisplayRequestDuration();
        }));

    public static void MapApiDocument(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(Document, [HttpMethods.Get, HttpMethods.Head], async (ApiDocument document, HttpContext http) =>
        {
            http.Response.Headers.CacheControl = new CacheControlHeaderValue
            {
                Public = true,
                MaxAge = TimeSpan.FromSeconds(10),
            }.ToString();
            return TypedResults.Bytes(await document.GetAsync(http.RequestAborted), "application/json; charset=utf-8");
        }).AllowAnonymous();
}
