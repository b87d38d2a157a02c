using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Gateway.Hub;

/// <summary>All clients of the hub: counts them, keeps their connections warm, and sends them elsewhere when the gateway stops.</summary>
internal sealed class HubClients : BackgroundService
{
    // One timer for all: ten thousand of them would cost more than what they watch.
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<HubConnection, bool> _connections = new();
    private readonly HubOptions _options;
    private readonly CancellationToken _stopping;
    private readonly TimeProvider _time;
    private int _count;

    public HubClients(IOptions<HubOptions> options, IHostApplicationLifetime host, IMeterFactory meters, TimeProvider time)
    {
        (_options, _stopping, _time) = (options.Value, host.ApplicationStopping, time);
        meters.Create("RankMyBrand.Hub")
            .CreateObservableUpDownCounter("rankmybrand.hub.connections", () => Count, "{connection}", "Clients of the real-time hub.");
    }

    /// <summary>Whether clients have to go elsewhere.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

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

    /// <summary>Serves a client that has a place, and gives that back.</summary>
    public async Task ServeAsync(HubConnection connection)
    {
        _connections.TryAdd(connection, true);
        if (_stopping.IsCancellationRequested)
            SendElsewhere(connection);
        try
        {
            await connection.RunAsync();
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            Leave();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var elsewhere = _stopping.Register(SendAllElsewhere);
        using var timer = new PeriodicTimer(s_beat, _time);
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

    private void SendAllElsewhere()
    {
        foreach (var (connection, _) in _connections)
            SendElsewhere(connection);
    }

    private static void SendElsewhere(HubConnection connection) =>
        connection.Close(WebSocketCloseStatus.EndpointUnavailable, "The gateway stops; connect again and resume after the last event.");
}
