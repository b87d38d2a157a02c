using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.ServiceDefaults.Telemetry;

/// <summary>
/// Measures every multiplexer of the service, because the client has no metrics of its own.
/// Reading is on demand only: without a scrape nothing runs.
/// </summary>
internal sealed partial class RedisMetrics : IDisposable
{
    public const string MeterName = "RankMyBrand.Redis";

    private const string PoolName = "db.client.connection.pool.name";

    private readonly List<Source> _sources;
    private readonly Meter _meter;

    public RedisMetrics(IServiceProvider services, IEnumerable<ServiceDescriptor> registrations, ILogger<RedisMetrics> logger)
    {
        _sources = [.. registrations
            .Where(registration => registration.ServiceType == typeof(IConnectionMultiplexer))
            .Select(registration => registration.ServiceKey)
            .Distinct()
            .Select(key => new Source(
                key?.ToString() ?? "redis", () => services.GetRequiredKeyedService<IConnectionMultiplexer>(key), logger))];
        _meter = services.GetRequiredService<IMeterFactory>().Create(MeterName);
        _meter.CreateObservableUpDownCounter(
            "db.client.connection.count", ConnectionCount, "{connection}", "1 while the client has a connection to its server, else 0.");
        _meter.CreateObservableCounter(
            "db.client.connection.opened", () => Read(counters => counters.Interactive.SocketCount + counters.Subscription.SocketCount),
            "{connection}", "Connections opened so far; it grows with every reconnection.");
        _meter.CreateObservableUpDownCounter(
            "db.client.connection.pending_requests", () => Read(counters => counters.Interactive.PendingUnsentItems),
            "{request}", "Commands that wait for a connection.");
        _meter.CreateObservableUpDownCounter(
            "db.client.operation.executing", () => Read(counters => counters.Interactive.SentItemsAwaitingResponse),
            "{operation}", "Commands sent that wait for their reply.");
        _meter.CreateObservableCounter(
            "db.client.operation.count", () => Read(counters => counters.Interactive.OperationCount), "{operation}",
            "Commands sent so far.");
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<int>> ConnectionCount() => _sources.Select(source => new Measurement<int>(
        source.Current?.IsConnected == true ? 1 : 0,
        KeyValuePair.Create<string, object?>(PoolName, source.Name),
        KeyValuePair.Create<string, object?>("db.client.connection.state", "used")));

    private IEnumerable<Measurement<long>> Read(Func<ServerCounters, long> read)
    {
        foreach (var source in _sources)
        {
            if (source.Current is { } multiplexer)
            {
                yield return new Measurement<long>(
                    read(multiplexer.GetCounters()), KeyValuePair.Create<string, object?>(PoolName, source.Name));
            }
        }
    }

    /// <summary>One multiplexer, created in the background: the first use of a client may wait for a server that is down.</summary>
    private sealed class Source(string name, Func<IConnectionMultiplexer> create, ILogger logger)
    {
        private readonly Lock _gate = new();
        private Task<IConnectionMultiplexer?>? _creating;

        public string Name => name;

        public IConnectionMultiplexer? Current
        {
            get
            {
                lock (_gate)
                {
                    _creating ??= Task.Run(Create);
                    return _creating is { IsCompletedSuccessfully: true, Result: { } multiplexer } ? multiplexer : null;
                }
            }
        }

        private IConnectionMultiplexer? Create()
        {
            try
            {
                return create();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Log.NotMeasured(logger, name, e);
                return null;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventIds.RedisNotMeasured, LogLevel.Warning, "The Redis client {Name} is not measured because it could not be created")]
        public static partial void NotMeasured(ILogger logger, string name, Exception exception);
    }
}
