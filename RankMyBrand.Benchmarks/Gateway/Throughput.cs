using System.Globalization;
using RankMyBrand.Benchmarks.Gateway.Load;
using RankMyBrand.Benchmarks.Gateway.Servers;
using RankMyBrand.Benchmarks.Running;

namespace RankMyBrand.Benchmarks.Gateway;

/// <summary>How many requests a second the gateway, bare YARP and Caddy forward to the same backend.</summary>
internal sealed class Throughput : Benchmark
{
    private const string Setup = "with API key, leased rate limit, metrics, exported access log and 100 traces a second; wrk -t1 -c64";

    // Of each, because two processes of one program need not be equally fast.
    private const int Processes = 3;

    public override string Suite => "gateway";

    public override int Order => 10;

    public override async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkRun run, CancellationToken cancellationToken)
    {
        await using var servers = new ProxyServers();
        Contender gateway = new("the gateway"), yarp = new("YARP"), caddy = new("Caddy"), backend = new("the backend");
        var processes = run.Quick ? 1 : Processes;
        var version = "";
        for (var i = 0; i < processes; i++)
        {
            gateway.Add(await servers.GatewayAsync(run, cancellationToken));
            yarp.Add(await servers.YarpAsync(cancellationToken));
            (var server, version) = await servers.CaddyAsync(cancellationToken);
            caddy.Add(server);
        }

        backend.Add(await servers.BackendAsync(cancellationToken));
        Contender[] contenders = [gateway, yarp, caddy, backend];
        foreach (var contender in contenders)
            await contender.WarmUpAsync(servers.Key, untilSteady: !run.Quick, cancellationToken);
        for (var round = 0; round < run.Rounds * processes; round++)
        {
            // In two orders in which nobody follows himself: what was before has left its traces in the caches.
            for (var turn = 0; turn < contenders.Length; turn++)
                await contenders[round % 2 == 0 ? turn : turn ^ 1].MeasureAsync(round, servers.Key, TimeSpan.FromSeconds(2), cancellationToken);
        }

        return
        [
            Figure.MoreIsBetter(
                "throughput, against bare YARP", "requests/s", gateway.Median, yarp.Median, "YARP 2.1 that only forwards", 0.75,
                $"{Setup}; {gateway.Spread}, {yarp.Spread}"),
            Figure.MoreIsBetter(
                "throughput, against Caddy", "requests/s", gateway.Median, caddy.Median, $"Caddy {version} reverse-proxy", 2,
                $"{Setup}; {gateway.Spread}, {caddy.Spread}"),
            Figure.Plain("throughput of the backend", "requests/s", backend.Median, "asked directly"),
        ];
    }

    /// <summary>One program in some processes, which are loaded in turn.</summary>
    private sealed class Contender(string name)
    {
        private readonly List<(Uri Address, List<double> Rates)> _processes = [];

        public double Median => BenchmarkRun.Median([.. _processes.SelectMany(process => process.Rates)]);

        /// <summary>How far its processes are apart.</summary>
        public string Spread
        {
            get
            {
                var medians = _processes.ConvertAll(process => BenchmarkRun.Median(process.Rates));
                return string.Create(
                    CultureInfo.InvariantCulture, $"processes of {name} had medians from {medians.Min():N0} to {medians.Max():N0}");
            }
        }

        public void Add(ChildServer server) => _processes.Add((new Uri(server.Address, ProxyServers.Path), []));

        public async Task WarmUpAsync(string apiKey, bool untilSteady, CancellationToken cancellationToken)
        {
            foreach (var (address, _) in _processes)
                await Wrk.WarmUpAsync(address, apiKey, untilSteady, cancellationToken);
        }

        public async Task MeasureAsync(int round, string apiKey, TimeSpan duration, CancellationToken cancellationToken)
        {
            var (address, rates) = _processes[round % _processes.Count];
            rates.Add(await Wrk.RunAsync(address, apiKey, duration, cancellationToken));
        }
    }
}
