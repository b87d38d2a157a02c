using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Takes over what consumers that are gone have left behind, and forgets their names.</summary>
internal sealed partial class TakeOver(ConsumerContext context, PendingEntries pending, Intake intake) : IDisposable
{
    private static readonly TimeSpan s_cleanUpEvery = TimeSpan.FromMinutes(1);

    private readonly ReadSize _size = new(context.Options.BatchSize, sources: 1);
    private readonly SemaphoreSlim _claiming = new(1, 1);
    private readonly Signal _now = new();

    /// <summary>Looks at once, and not only when it is time.</summary>
    public void Wake() => _now.Set();

    public async Task RunAsync()
    {
        var stop = context.Lifetime.Stopping;
        var cleanedUp = context.Time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            foreach (var source in context.Subscription.Sources)
            {
                if (source.CanRead)
                {
                    await context.Patience.UntilDoneAsync(
                        "take over pending entries", () => RunAsync(source, context.Options.ClaimAfter), stop);
                }
            }

            if (context.Time.GetElapsedTime(cleanedUp) > s_cleanUpEvery)
            {
                cleanedUp = context.Time.GetTimestamp();
                await context.Patience.UntilDoneAsync("remove idle consumers", pending.RemoveIdleConsumersAsync, stop);
            }

            await _now.WaitAsync(context.Options.ClaimAfter / 2, stop);
        }
    }

    /// <summary>Takes over everything of a source that has been idle for long.</summary>
    public async Task RunAsync(StreamSource source, TimeSpan idle)
    {
        var (queue, stop) = (source.Queue, context.Lifetime.Stopping);
        do
        {
            await context.Held.WaitForRoomAsync([source], stop);
        }
        while (!stop.IsCancellationRequested && await RunRoundAsync(source, queue, idle));
    }

    /// <summary>Returns when a round that is under way has ended, and its entries are held.</summary>
    public async Task PassAsync()
    {
        await _claiming.WaitAsync(CancellationToken.None);
        _claiming.Release();
    }

    public void Dispose()
    {
        _claiming.Dispose();
        _now.Dispose();
    }

    /// <summary>True when there may be more.</summary>
    private async Task<bool> RunRoundAsync(StreamSource source, SourceQueue queue, TimeSpan idle)
    {
        await _claiming.WaitAsync(CancellationToken.None);
        try
        {
            // It may have become another consumer's since the last round; claiming would rob that one.
            if (source.Queue != queue || source.Access is SourceAccess.None)
                return false;
            var (entries, attempts, next) = await pending.ClaimAsync(source, idle, source.ClaimCursor, _size.Count);
            source.ClaimCursor = next;
            _size.Learn(entries);
            if (entries.Length > 0)
            {
                LogTakenOver(context.Logger, entries.Length, source.Name, context.Subscription.Group);
                context.Telemetry.Redelivered(source.Stream, context.Subscription.Group, entries.Length);
                await intake.AcceptAsync(source, queue, entries, attempts);
            }

            return next is not null;
        }
        catch (RedisServerException e) when (PendingEntries.IsGroupMissing(e))
        {
            // Where an order is kept nobody else may notice: what is left behind is taken over before anything is read.
            await pending.CreateGroupsAgainAsync(e);
            return false;
        }
        finally
        {
            _claiming.Release();
        }
    }

    [LoggerMessage(113, LogLevel.Information, "Took over {Count} entries of {Stream} in group {Group} from consumers that are gone")]
    private static partial void LogTakenOver(ILogger logger, int count, string stream, string group);
}
