namespace RankMyBrand.Foundation.Events;

/// <summary>The stages in which a consumer ends. Each is a token, and each comes with the ones before it.</summary>
internal sealed class ConsumerLifetime : IDisposable
{
    private static readonly TimeSpan s_drainFor = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly CancellationTokenSource _abandon = new();

    /// <summary>Nothing more is read; what has been read is still handled.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>No handler is called any more, and Redis is asked for nothing twice; handlers that run may end.</summary>
    public CancellationToken Hurrying => _hurry.Token;

    /// <summary>Handlers that run are cancelled.</summary>
    public CancellationToken Abandoning => _abandon.Token;

    /// <summary>Ends the consumer in order, and in a hurry a few seconds later.</summary>
    public void Stop()
    {
        _stop.Cancel();
        _hurry.CancelAfter(s_drainFor);
    }

    /// <summary>Ends the consumer as fast as its handlers can.</summary>
    public void Abandon()
    {
        _stop.Cancel();
        _hurry.Cancel();
        _abandon.Cancel();
    }

    /// <summary>Runs one of the loops that make up the consumer; if it fails, the others stop too.</summary>
    public async Task WatchAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch
        {
            Stop();
            throw;
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _hurry.Dispose();
        _abandon.Dispose();
    }
}
