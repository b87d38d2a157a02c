using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;
using StackExchange.Redis;

namespace RankMyBrand.Gateway.Hub;

/// <summary>One stream that one client follows.</summary>
internal sealed class HubSubscription : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    private HubSubscription()
    {
    }

    /// <summary>True when it has ended by itself.</summary>
    public bool HasEnded => _running.IsCompleted;

    /// <summary>Begins to send the stream's events, and closes the connection when they come faster than they are taken.</summary>
    public static HubSubscription Start(HubFeed feed, LiveTopic topic, HubOutbox outbox)
    {
        var subscription = new HubSubscription();
        subscription._running = subscription.RunAsync(feed, topic, outbox);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
    }

    private async Task RunAsync(HubFeed feed, LiveTopic topic, HubOutbox outbox)
    {
        try
        {
            if (!await FollowAsync(feed, topic, outbox))
            {
                await outbox.WriteAsync(
                    HubFrame.Error(
                        ProblemCode.Unavailable,
                        $"'{topic.Stream}' cannot be followed now; subscribe again, after the last event that you got.",
                        topic.Stream),
                    _ended.Token);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Unsubscribed, or the client has gone.
        }
    }

    /// <returns>False when the stream cannot be read.</returns>
    private async Task<bool> FollowAsync(HubFeed feed, LiveTopic topic, HubOutbox outbox)
    {
        try
        {
            using var listener = await feed.ListenAsync(topic, _ended.Token);
            await outbox.WriteAsync(HubFrame.Subscribed(topic.Stream), _ended.Token);
            await foreach (var live in listener.ReadAllAsync(_ended.Token))
            {
                if (!await outbox.WriteAsync(HubFrame.Event(topic.Stream, live), _ended.Token))
                    break;
            }
        }
        catch (ListenerTooSlowException)
        {
            outbox.Close(HubConnection.TryAgainLater, $"Too slow for '{topic.Stream}'; resume after the last event.");
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }

        return true;
    }
}
