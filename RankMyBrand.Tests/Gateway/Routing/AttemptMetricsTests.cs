using System.Net;
using RankMyBrand.Tests.ServiceDefaults;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>What /metrics tells of the destinations.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class AttemptMetricsTests(Gateways gateways)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attempts_AreTimedByDestinationAndOutcome()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend.Address, log: null, [.. Route("timed", backend.Address), .. Route("dead", new Uri("http://127.0.0.1:1"))]);
        using var client = gateway.CreateClient(GatewayHost.Key);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/timed", Cancellation)).StatusCode);
        backend.Answer = static _ => "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync("/timed", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync("/dead", Cancellation)).StatusCode);

        var metrics = await client.GetStringAsync("/metrics", Cancellation);
        Assert.Equal(1, Value(metrics, "rankmybrand_gateway_attempt_duration_seconds_count", "upstream=\"timed\"", "destination=\"one", "outcome=\"succeeded\""));
        Assert.Equal(1, Value(metrics, "rankmybrand_gateway_attempt_duration_seconds_count", "upstream=\"timed\"", "destination=\"one", "outcome=\"failed\""));
        Assert.Equal(1, Value(metrics, "rankmybrand_gateway_attempt_duration_seconds_count", "upstream=\"dead\"", "outcome=\"unreachable\""));
        Assert.Equal(0, Value(metrics, "rankmybrand_gateway_active_requests", "upstream=\"timed\"", "destination=\"one"));
    }

    [Fact]
    public async Task Requests_UnderWay_AreCountedAtTheirDestination()
    {
        using var answer = new ManualResetEventSlim();
        await using var backend = new RawBackend
        {
            Answer = _ =>
            {
                answer.Wait(TimeSpan.FromSeconds(30), Cancellation);
                return RawBackend.Ok("text/plain", "late");
            },
        };
        await using var gateway = await gateways.StartAsync(backend.Address, log: null, Route("busy", backend.Address));
        using var client = gateway.CreateClient(GatewayHost.Key);

        var asking = client.GetStringAsync("/busy", Cancellation);
        await RoutingHost.WaitUntilAsync(
            async () => asking.IsCompleted ? throw new InvalidOperationException(await asking) : Value(await client.GetStringAsync("/metrics", Cancellation), "rankmybrand_gateway_active_requests", "upstream=\"busy\"") == 1,
            "one request is under way");
        answer.Set();

        Assert.Equal("late", await asking);
        await RoutingHost.WaitUntilAsync(
            async () => Value(await client.GetStringAsync("/metrics", Cancellation), "rankmybrand_gateway_active_requests", "upstream=\"busy\"") == 0,
            "no request is under way");
    }

    private static (string, string)[] Route(string name, Uri destination) =>
    [
        ($"ReverseProxy:Clusters:{name}:Destinations:one:Address", destination.ToString()),
        ($"ReverseProxy:Routes:{name}:ClusterId", name),
        ($"ReverseProxy:Routes:{name}:Match:Path", $"/{name}"),
    ];

    // The one sample of that name that has these labels; not a number where there is none.
    private static double Value(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Select(static line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))
        .DefaultIfEmpty(double.NaN)
        .Single();
}
