using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>A request through the gateway is one span of the gateway's, and one of its call to the service.</summary>
public sealed class SpanTests(Gateways gateways)
{
    [Fact]
    public async Task Request_Forwarded_NamesItsRouteAndDestinationOnItsOwnSpan()
    {
        var trace = ActivityTraceId.CreateRandom();
        var spans = new BlockingCollection<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> span) =>
                span.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log: null);
        using var client = gateway.CreateClient(GatewayHost.Key);
        client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");

        using var response = await client.GetAsync("/echo/x", TestContext.Current.CancellationToken);

        Assert.Equal(StatusCodes.Status200OK, (int)response.StatusCode);
        Assert.True(spans.TryTake(out var span, TimeSpan.FromSeconds(30)), "The request has no span.");
        Assert.Equal("echo", span.GetTagItem("proxy.route_id"));
        Assert.Equal("test", span.GetTagItem("proxy.cluster_id"));
        Assert.StartsWith("one", (string?)span.GetTagItem("proxy.destination_id"), StringComparison.Ordinal);
    }
}
