namespace Polly;

/// <summary>Carries the request through a pipeline.</summary>
internal static class HttpResilienceContextExtensions
{
    private static readonly ResiliencePropertyKey<HttpRequestMessage?> s_request = new("Resilience.Http.RequestMessage");

    public static HttpRequestMessage? GetRequestMessage(this ResilienceContext context) =>
        context.Properties.GetValue(s_request, null);

    public static void SetRequestMessage(this ResilienceContext context, HttpRequestMessage? request) =>
        context.Properties.Set(s_request, request);
}
