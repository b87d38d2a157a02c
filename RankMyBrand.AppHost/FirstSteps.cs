namespace RankMyBrand.AppHost;

internal static class FirstSteps
{
    /// <summary>Prints, once the gateway is healthy, how to send it a first event.</summary>
    public static IResourceBuilder<ProjectResource> WithFirstSteps(
        this IResourceBuilder<ProjectResource> gateway, IResourceBuilder<ParameterResource> apiKey) =>
        gateway.OnResourceReady(async (resource, _, cancellationToken) =>
        {
            var url = gateway.GetEndpoint("http").Url;
            var key = await apiKey.Resource.GetValueAsync(cancellationToken);
            Console.WriteLine(
                $$$"""

                  The platform is ready.

                    Gateway   {{{url}}}
                    API key   {{{key}}}

                  Send an event, then read it back:

                    curl -s {{{url}}}/api/events/ai.responses -H 'X-API-Key: {{{key}}}' \
                      -H 'Content-Type: application/json' -d '{"type":"response.received","data":{"platform":"gpt-4","response":"Hello"}}'
                    curl -s '{{{url}}}/api/events/ai.responses?limit=1' -H 'X-API-Key: {{{key}}}'

                """);
        });
}
