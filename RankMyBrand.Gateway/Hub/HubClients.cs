using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Hub;

/// <summary>All clients of the hub: counts them, keeps their connections warm, and sends them elsewhere when the gateway stops.</summary>
internal sealed class HubClients : BackgroundService
{
    private readonly ConcurrentDictionary<HubConnection, bool> _connections = new();
    private readonly HubOptions _options;
    private readonly TimeProvider _time;
    private int _count;

    public HubClients(IOptions<HubOptions> options, IMeterFactory meters, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        meters.Create("RankMyBrand.Hub")
            .CreateObservableUpDownCounter("rankmybrand.hub.connections", () => Count, "{connection}", "Clients of the real-time hub.");
    }

    /// <summary>How many clients are connected.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place for a client; false when there is none. Each place taken must be given back.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= _options.MaxConnections)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);

    public async Task ServeAsync(HubConnection connection, CancellationToken stopping)
    {
        _connections.TryAdd(connection, true);
        try
        {
            await using var elsewhere = stopping.Register(static client => SendElsewhere((HubConnection)client!), connection);
            await connection.RunAsync();
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Looking four times an interval keeps the longest silence near the interval.
        using var timer = new PeriodicTimer(_options.Heartbeat / 4, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var (connection, _) in _connections)
                    connection.Beat();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private static void SendElsewhere(HubConnection connection) =>
        connection.Close(WebSocketCloseStatus.EndpointUnavailable, "The gateway stops; connect again and resume after the last event.");
}
