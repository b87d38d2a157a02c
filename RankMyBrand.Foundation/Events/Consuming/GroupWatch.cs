using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Keeps an eye on what others do to the group: its pauses, and the messages by which they say that something has changed. The keys are
/// the truth; messages may get lost.
/// </summary>
internal sealed class GroupWatch(ConsumerContext context) : IDisposable
{
    private CancellationTokenSource _change = new();
    private long _lookedAt;

    /// <summary>Cancelled when something has changed that a reader who waits should know.</summary>
    public CancellationToken Changed => Volatile.Read(ref _change).Token;

    private RedisChannel Channel => GroupPauses.ChannelOf(context.Subscription.Group);

    /// <summary>Listens until the consumer stops, and calls back at each message.</summary>
    public async Task RunAsync(Action changed)
    {
        var stop = context.Lifetime.Stopping;
        ChannelMessageQueue? messages = null;
        await context.Patience.UntilDoneAsync(
            "listen to the others", async () => messages = await context.Redis.GetSubscriber().SubscribeAsync(Channel), stop);
        if (messages is null)
            return;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                // At first too: something may have changed before anybody listened.
                await context.Patience.UntilDoneAsync("look for pauses", RefreshAsync, stop);
                changed();
                await messages.ReadAsync(stop);
                while (messages.TryRead(out _))
                {
                    // Several messages ask for one look.
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            await messages.UnsubscribeAsync(CommandFlags.FireAndForget);
        }
    }

    /// <summary>Looks which sources are paused.</summary>
    public async Task RefreshAsync()
    {
        _lookedAt = context.Time.GetTimestamp();
        var sources = context.Subscription.Sources;
        var database = context.Database;
        var pauses = await Task.WhenAll(sources.Select(source => database.StringGetAsync(source.PauseKey)));
        for (var i = 0; i < pauses.Length; i++)
            Learn(sources[i], isPaused: !pauses[i].IsNull);
    }

    /// <summary>Looks again once in a while as long as something is paused: the message that it goes on may have been lost.</summary>
    public async Task RefreshSometimesAsync()
    {
        if (!context.Subscription.Sources.Any(source => source.IsPaused)
            || context.Time.GetElapsedTime(_lookedAt) < BlockingConnection.Block)
            return;
        await RefreshAsync();
    }

    /// <summary>Heeds what Redis says about the pause of a source.</summary>
    public void Learn(StreamSource source, bool isPaused)
    {
        if (source.IsPaused == isPaused)
            return;
        context.Held.Change(() => source.IsPaused = isPaused);
        WakeReaders();
    }

    /// <summary>Has the readers look again which sources they may read.</summary>
    public void WakeReaders() =>
        // Not disposed: a reader may have it in hand and be about to ask for its token.
        Interlocked.Exchange(ref _change, new CancellationTokenSource()).Cancel();

    public void Dispose() => _change.Dispose();

    /// <summary>Tells the other consumers of the group that there may be something to take over.</summary>
    public Task WakeOthersAsync() => context.Redis.GetSubscriber().PublishAsync(Channel, RedisValue.EmptyString);
}
