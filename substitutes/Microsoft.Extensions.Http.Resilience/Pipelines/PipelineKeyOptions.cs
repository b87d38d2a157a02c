namespace Microsoft.Extensions.Http.Resilience;

/// <summary>How requests are divided among instances of a pipeline; null keeps one instance for all.</summary>
internal sealed class PipelineKeyOptions
{
    public Func<IServiceProvider, Func<HttpRequestMessage, string>>? SelectorFactory { get; set; }

    public static string Authority(HttpRequestMessage request) => request.RequestUri is { IsAbsoluteUri: true } uri
        ? uri.GetLeftPart(UriPartial.Authority)
        : throw new InvalidOperationException("The request has no absolute URI, so no pipeline can be selected by its authority.");
}
