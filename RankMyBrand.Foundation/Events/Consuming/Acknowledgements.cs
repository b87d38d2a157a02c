namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Acknowledges what has been handled. While one round is on its way to Redis the next one gathers: the busier the handlers, the more
/// entries share a command.
/// </summary>
internal sealed class Acknowledgements(ConsumerContext context) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Signal _signal = new();
    private List<Delivery> _gathering = [];
    private List<Delivery> _sending = [];
    private bool _isComplete;

    public void Add(IEnumerable<Delivery> deliveries)
    {
        lock (_lock)
            _gathering.AddRange(deliveries);
        _signal.Set();
    }

    /// <summary>Nothing more comes.</summary>
    public void Complete()
    {
        lock (_lock)
            _isComplete = true;
        _signal.Set();
    }

    /// <summary>Acknowledges until it is complete; while Redis is away it goes on trying until it has to hurry.</summary>
    public async Task RunAsync()
    {
        while (Next())
        {
            if (_sending.Count == 0)
                await _signal.WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
            else if (await context.Patience.UntilDoneAsync("acknowledge", SendAsync, context.Lifetime.Hurrying))
                context.Held.Remove(_sending);
            _sending.Clear();
        }
    }

    public void Dispose() => _signal.Dispose();

    private bool Next()
    {
        lock (_lock)
        {
            (_gathering, _sending) = (_sending, _gathering);
            return _sending.Count > 0 || !_isComplete;
        }
    }

    private Task SendAsync()
    {
        var database = context.Database;
        return Task.WhenAll(_sending.GroupBy(delivery => delivery.Source).Select(part =>
            database.StreamAcknowledgeAsync(part.Key.Key, context.Subscription.Group, [.. part.Select(delivery => delivery.Entry.Id)])));
    }
}
