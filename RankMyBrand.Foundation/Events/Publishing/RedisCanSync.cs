using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Refuses to start with streams that are to be synced against a Redis that cannot: WAITAOF needs version 7.2 and an append-only file.</summary>
internal sealed class RedisCanSync(IConnectionMultiplexer redis, IOptions<EventsOptions> options) : IHostedService
{
    private static readonly Version s_needed = new(7, 2);

    /// <exception cref="InvalidOperationException">The server cannot sync on demand.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var synced = options.Value.Streams.Where(stream => stream.Value.Durability is Durability.Synced).Select(stream => stream.Key).ToArray();
        if (synced.Length == 0)
            return;

        var server = redis.GetServers()[0];
        Dictionary<string, string> facts;
        try
        {
            var info = await server.InfoAsync().WaitAsync(cancellationToken);
            facts = info.SelectMany(section => section).DistinctBy(fact => fact.Key).ToDictionary(fact => fact.Key, fact => fact.Value, StringComparer.Ordinal);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // Readiness tells that Redis is away; a publish would be refused with the server's own words.
            return;
        }

        var problem = facts.GetValueOrDefault("aof_enabled") != "1" ? "has no append-only file (appendonly no)"
            : Version.TryParse(facts.GetValueOrDefault("redis_version"), out var version) && version < s_needed
                ? string.Create(CultureInfo.InvariantCulture, $"is version {version}, which cannot sync on demand (WAITAOF needs {s_needed})")
                : null;
        if (problem is not null)
        {
            throw new InvalidOperationException(
                $"Redis at {server.EndPoint} {problem}, but the streams {string.Join(", ", synced)} have the durability Synced. "
                + $"Use a Redis {s_needed} or later with appendonly yes, or set {EventsOptions.Section}:Streams:NAME:Durability to Appended.");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
