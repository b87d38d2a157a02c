using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Reads what is new, as fast as the handlers take it.</summary>
internal sealed class ReadLoop(
    ConsumerContext context, IReadOnlyList<StreamSource> sources, GroupWatch watch, Intake intake, PendingEntries pending) : IDisposable
{
    // How long an event of one source may have to wait while there is enough to do of another.
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _reading = new(1, 1);

    /// <summary>Called when a source turns out to be another consumer's.</summary>
    public Action<StreamSource> Lost { get; init; } = static _ => { };

    public async Task RunAsync()
    {
        var stop = context.Lifetime.Stopping;
        await using var reader = new GroupReader(context, sources);
        while (!stop.IsCancellationRequested)
        {
            await context.Held.WaitForRoomAsync(sources, stop);
            await context.Patience.UntilDoneAsync("read", () => ReadAsync(reader), stop);
        }
    }

    /// <summary>Returns when a read that is under way has ended, and its entries are held or given back.</summary>
    public async Task PassAsync()
    {
        await _reading.WaitAsync(CancellationToken.None);
        _reading.Release();
    }

    public void Dispose() => _reading.Dispose();

    private async Task ReadAsync(GroupReader reader)
    {
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(context.Lifetime.Stopping, watch.Changed);
        await watch.RefreshSometimesAsync();
        if (!await TryReadAsync(reader, wake.Token))
        {
            // Somebody will say so when there is something to read; that message may get lost.
            await Task.Delay(BlockingConnection.Block, context.Time, wake.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False when there is nothing that may be read.</summary>
    private async Task<bool> TryReadAsync(GroupReader reader, CancellationToken wake)
    {
        await _reading.WaitAsync(CancellationToken.None);
        try
        {
            var from = context.Held.Readable(sources);
            if (from.Length == 0)
                return false;
            var queues = Array.ConvertAll(from, source => source.Queue);
            // A read that blocks would leave out for seconds what only now has no room.
            var full = context.Held.Full(sources);
            var read = await reader.ReadAsync(from, mayBlock: full.Length == 0, wake);
            await AcceptAsync(from, queues, read);
            if (full.Length > 0 && read.Parts.Count == 0)
                await WaitForRoomAsync(full, wake);
        }
        catch (RedisServerException e) when (PendingEntries.IsGroupMissing(e))
        {
            await pending.CreateGroupsAgainAsync(e);
        }
        finally
        {
            _reading.Release();
        }

        return true;
    }

    private async Task WaitForRoomAsync(StreamSource[] full, CancellationToken wake)
    {
        using var glance = CancellationTokenSource.CreateLinkedTokenSource(wake);
        glance.CancelAfter(s_glance);
        await context.Held.WaitForRoomAsync(full, glance.Token);
    }

    private async Task AcceptAsync(StreamSource[] from, SourceQueue[] queues, GroupRead read)
    {
        for (var i = 0; i < from.Length; i++)
        {
            watch.Learn(from[i], isPaused: !read.Gates[i].IsNull);
            if (context.Subscription.IsOrdered && read.Gates[from.Length + i] != context.Subscription.Consumer)
                Lost(from[i]);
        }

        foreach (var (source, entries) in read.Parts)
        {
            var queue = queues[Array.IndexOf(from, source)];
            if (source.Queue != queue || source.Access is SourceAccess.None)
                await pending.GiveBackAsync(source, entries);
            else
                await intake.AcceptAsync(source, queue, entries);
        }
    }
}
