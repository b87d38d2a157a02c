using System.Collections.Concurrent;
using System.Net;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>
/// The gateway's own Program on a real Redis and in front of a real service, under random and mutated requests over raw sockets. Each
/// connection comes from an address of its own, which the gateway tells the service: so what has become of it can be told.
/// </summary>
[Collection(LoadsAlone.Name)]
public sealed class GatewayFuzz(Gateways gateways)
{
    private const int Requests = 100_000;
    private const int Clients = 32;
    private const int ShownFailures = 5;

    private static readonly (string Key, string Value)[] s_settings =
    [
        ("Security:ApiKeys:plain:Key", WellFormedRequests.KeyWithoutScopes),
        ("Security:ApiKeys:plain:Tenant", "acme"),
        // Nobody is a known proxy, so that nothing that clients say about their address counts.
        ("Gateway:Addresses:Proxies:0", "10.255.255.255"),
        ("ReverseProxy:Routes:open:ClusterId", "test"),
        ("ReverseProxy:Routes:open:Match:Path", "/open/{**rest}"),
        ("ReverseProxy:Routes:open:Metadata:Anonymous", "true"),
        ("ReverseProxy:Routes:small:ClusterId", "test"),
        ("ReverseProxy:Routes:small:Match:Path", "/small"),
        ("ReverseProxy:Routes:small:MaxRequestBodySize", "1000"),
        ("ReverseProxy:Routes:limited:ClusterId", "test"),
        ("ReverseProxy:Routes:limited:Match:Path", "/limited"),
        ("ReverseProxy:Routes:limited:Metadata:RateLimits", "few"),
        ("RateLimits:Policies:few:Permits", "1"),
        ("RateLimits:Policies:few:PartitionBy:0", "Ip"),
        ("RateLimits:Policies:caller:Permits", "100000000"),
        ("RateLimits:Policies:caller:Burst", "100000000"),
    ];

    [Fact]
    public async Task Requests_OfAnyForm_NeitherBreakTheGatewayNorReachAServiceUnseen()
    {
        var (seed, only) = FuzzSeed.Read();
        var log = new FuzzLog();
        await using var backend = new FuzzBackend();
        await using var gateway = await gateways.StartAsync(backend.Address, log, [
            .. s_settings,
            ("ApiDocument:Sources:event-processor", $"{backend.Address}openapi/v1.json"),
            ("Services:known:Instances:0", backend.Address.ToString()),
            ("ReverseProxy:Clusters:events:Destinations:event-processor:Address", backend.Address.ToString()),
            ("ReverseProxy:Clusters:registry:Destinations:registry:Address", backend.Address.ToString()),
        ]);
        var run = new Run(new IPEndPoint(IPAddress.Loopback, gateway.Address.Port), backend, seed, only);

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(run.ConverseAsync)));

        run.CheckBackend();
        TestContext.Current.TestOutputHelper?.WriteLine(run.ToString());
        var failures = run.Failures.Concat(log.Faults).Take(ShownFailures).ToArray();
        Assert.True(failures.Length == 0, $"GATEWAY_FUZZ={seed}\n{string.Join("\n\n", failures)}");
        using var client = gateway.CreateClient(GatewayHost.Key);
        Assert.Equal("127.0.0.1 GET /echo/after 0", await client.GetStringAsync("/echo/after", TestContext.Current.CancellationToken));
    }

    private sealed class Run(IPEndPoint gateway, FuzzBackend backend, int seed, int? only)
    {
        private readonly ConcurrentBag<Ended> _ended = [];
        private int _next = (only ?? 0) - 1;
        private int _requests;

        public ConcurrentQueue<string> Failures { get; } = new();

        public async Task ConverseAsync()
        {
            while (Volatile.Read(ref _requests) < Requests && Failures.Count < ShownFailures)
            {
                var number = Interlocked.Increment(ref _next);
                if (only is not null && number != only)
                    return;
                var conversation = Conversations.Create(seed, number);
                var client = new FuzzClient(gateway, conversation);
                try
                {
                    await client.RunAsync(TestContext.Current.CancellationToken);
                }
                catch (Exception e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
                {
                    Failures.Enqueue($"{e.GetType().Name}: {e.Message}\n{conversation}");
                }

                // Of what is not answered, one request at least was looked at.
                Interlocked.Add(ref _requests, client.Answers + (client.IsComplete || conversation.Expected is not null ? 0 : 1));
                _ended.Add(new Ended(
                    number, client.IsComplete, client.IsComplete ? client.Answers : conversation.MostRequests,
                    conversation.Expected?.Count(answer => answer.Echo is not null)));
            }
        }

        /// <summary>
        /// One request in is at most one at the service: with an answer for each, or with the end of a head for each where an answer may
        /// be lost.
        /// </summary>
        public void CheckBackend()
        {
            foreach (var (client, fault) in backend.Faults)
            {
                var sender = _ended.Where(ended => Conversation.AddressOf(ended.Number).ToString() == client);
                var shown = sender.Select(ended => Show(ended.Number)).FirstOrDefault();
                Failures.Enqueue($"The service got what it must not get from {client}: {fault}\n{shown}");
            }

            foreach (var (number, _, most, exact) in _ended)
            {
                var seen = backend.SeenFrom(Conversation.AddressOf(number).ToString());
                if (exact is null ? seen.Count > most : seen.Count != exact)
                {
                    var right = exact is null ? $"at most {most}" : $"{exact}";
                    Failures.Enqueue($"The service got {seen.Count} requests and not {right}: {string.Join(", ", seen)}\n{Show(number)}");
                }
            }
        }

        public override string ToString() =>
            $"{_requests} requests in {_ended.Count} connections, of which the gateway closed "
            + $"{_ended.Count(ended => ended.IsComplete)} in order";

        private string Show(int number) => Conversations.Create(seed, number).ToString();

        /// <summary>What counts of a conversation; the rest can be made again.</summary>
        /// <param name="Number">Its number.</param>
        /// <param name="IsComplete">Whether all answers are known.</param>
        /// <param name="Most">The most requests that the service may have got.</param>
        /// <param name="Exact">How many it must have got, where that is known.</param>
        private readonly record struct Ended(int Number, bool IsComplete, int Most, int? Exact);
    }
}
