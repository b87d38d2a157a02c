using System.Globalization;
using RankMyBrand.Benchmarks.Servers;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>The event bus that this one replaces, as scripts under peers/. They print how many events a second they did.</summary>
internal static class NodeDesign
{
    public static async Task<double> RunAsync(string script, ConfigurationOptions redis, int[] numbers, CancellationToken cancellationToken)
    {
        var (host, port, password) = RedisBenchmarkPeer.Address(redis);
        var output = await NodePeer.RunAsync(
            script,
            [host, port, password, EventLoad.Stream, .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))],
            cancellationToken);
        return double.Parse(output, CultureInfo.InvariantCulture);
    }
}
