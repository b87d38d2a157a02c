namespace RankMyBrand.AppHost;

internal static class FirstSteps
{
    /// <summary>Prints, when the gateway is healthy for the first time, how to send it a first event.</summary>
    public static void WithFirstSteps(this IResourceBuilder<IResourceWithEndpoints> gateway, IResourceBuilder<ParameterResource> apiKey)
    {
        var printed = 0;
        gateway.OnResourceReady(async (_, _, cancellationToken) =>
        {
            if (Interlocked.Exchange(ref printed, 1) == 1)
                return;

            var url = gateway.GetEndpoint("http").Url;
            var key = await apiKey.Resource.GetValueAsync(cancellationToken);
            Console.WriteLine(
                $$$"""

                  The platform is ready. Send an event from another shell, then read it back:

                    export GATEWAY={{{url}}} KEY='{{{key}}}'
                    curl -s "$GATEWAY/api/events/ai.responses" -H "X-API-Key: $KEY" -H 'Content-Type: application/json' \
                      -d '{"type":"response.received","data":{"platform":"gpt-4","response":"Hello"}}'
                    curl -s "$GATEWAY/api/events/ai.responses?limit=1" -H "X-API-Key: $KEY"

                  The whole API: {{{url}}}/docs

                """);
        });
    }
}
