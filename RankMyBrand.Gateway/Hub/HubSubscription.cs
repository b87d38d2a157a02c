using System.Threading.Channels;
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

    /// <summary>Begins to write the stream's events to a queue. <paramref name="tooSlow"/> is called when they come faster than they are taken.</summary>
    public static HubSubscription Start(HubFeed feed, LiveTopic topic, ChannelWriter<ReadOnlyMemory<byte>> queue, Action<string> tooSlow)
    {
        var subscription = new HubSubscription();
        subscription._running = subscription.RunAsync(feed, topic, queue, tooSlow);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
    }

    private async Task RunAsync(HubFeed feed, LiveTopic topic, ChannelWriter<ReadOnlyMemory<byte>> queue, Action<string> tooSlow)
    {
        try
        {
            using var listener = await feed.ListenAsync(topic, _ended.Token);
            await queue.WriteAsync(HubFrame.Subscribed(topic.Stream), _ended.Token);
            await foreach (var live in listener.ReadAllAsync(_ended.Token))
                await queue.WriteAsync(HubFrame.Event(topic.Stream, live), _ended.Token);
        }
        catch (ListenerTooSlowException)
        {
            tooSlow(topic.Stream);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            queue.TryWrite(HubFrame.Error(
                ProblemCode.Unavailable, $"'{topic.Stream}' cannot be followed now; subscribe again, after the last event that you got.", topic.Stream));
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // Unsubscribed, or the connection is closing.
        }
    }
}
