using System.Collections.Concurrent;

namespace RankMyBrand.Gateway.Identity;

/// <summary>Looks every second whether what is open for long may stay open.</summary>
internal sealed partial class CredentialWatch(Authenticator authenticator, TimeProvider time, ILogger<CredentialWatch> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Permission, bool> _open = new();

    /// <summary>How much is open.</summary>
    public int Count => _open.Count;

    public void Add(Permission permission) => _open.TryAdd(permission, true);

    public void Remove(Permission permission) => _open.TryRemove(permission, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                EndThoseWithout();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void EndThoseWithout()
    {
        var ended = 0;
        foreach (var (permission, _) in _open)
        {
            if (permission.StillHolds(authenticator) || !_open.TryRemove(permission, out _))
                continue;
            permission.End();
            ended++;
        }

        if (ended > 0)
            LogEnded(logger, ended);
    }

    [LoggerMessage(1420, LogLevel.Information, "Ended {Count} streams and WebSockets whose credential was revoked, has expired or may do less now")]
    private static partial void LogEnded(ILogger logger, int count);
}
