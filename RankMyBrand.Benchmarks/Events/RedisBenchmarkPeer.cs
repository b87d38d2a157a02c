using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using RankMyBrand.Benchmarks.Servers;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>The redis-benchmark tool: about as fast as the server takes commands.</summary>
internal static partial class RedisBenchmarkPeer
{
    /// <summary>Appends entries and returns how many a second.</summary>
    public static async Task<double> AppendAsync(
        ConfigurationOptions redis, string stream, int count, int connections, int pipeline, byte[] payload,
        CancellationToken cancellationToken)
    {
        var output = await Tool.RunAsync(
            "redis-benchmark",
            [
                .. Connection(redis), "-q", "-n", Text(count), "-c", Text(connections), "-P", Text(pipeline),
                "XADD", stream, "*", .. EventLoad.Fields(payload),
            ],
            cancellationToken);
        var rates = Rate().Matches(output);
        return rates.Count > 0
            ? double.Parse(rates[^1].Groups["rate"].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"redis-benchmark printed no rate: {output}");
    }

    /// <summary>The arguments that name the server; the peers in Node take them in another order.</summary>
    public static (string Host, string Port, string Password) Address(ConfigurationOptions redis) => redis.EndPoints[0] switch
    {
        DnsEndPoint dns => (dns.Host, Text(dns.Port), redis.Password ?? ""),
        IPEndPoint ip => (ip.Address.ToString(), Text(ip.Port), redis.Password ?? ""),
        var other => throw new NotSupportedException($"{other} is no TCP endpoint."),
    };

    private static string[] Connection(ConfigurationOptions redis)
    {
        var (host, port, password) = Address(redis);
        return password.Length == 0 ? ["-h", host, "-p", port] : ["-h", host, "-p", port, "-a", password];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<rate>[0-9.]+) requests per second", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rate();
}
