using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Shares the partitions of each stream among the consumers of a group, where an order is kept: only its owner reads and handles a
/// partition. Each consumer says that it is there, takes free partitions up to its share and gives up those above it. A partition changes
/// hands when its owner has settled what it had begun, or has not been heard of for long.
/// </summary>
internal sealed partial class Ownership(
    ConsumerContext context, GroupWatch watch, TakeOver takeOver, PendingEntries pending, Func<Task> passAsync) : IDisposable
{
    private readonly TimeSpan _lease = context.Options.ClaimAfter;
    private readonly Signal _now = new();
    private readonly List<Task> _changes = [];
    private bool _isKnown;

    /// <summary>Looks at once, and not only when it is time.</summary>
    public void Wake() => _now.Set();

    /// <summary>
    /// Shares until it is cancelled. Ownerships are renewed meanwhile, also those of sources whose last events are still being handled.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await context.Patience.UntilDoneAsync("share the partitions", ShareAsync, cancellationToken);
            await _now.WaitAsync(_lease / 4, cancellationToken);
        }

        await Task.WhenAll(_changes);
    }

    /// <summary>Gives up everything, after all else has ended.</summary>
    public async Task LeaveAsync()
    {
        await Task.WhenAll(context.Subscription.Sources.Where(source => source.Access is not SourceAccess.None).Select(ReleaseAsync));
        foreach (var stream in context.Subscription.Sources.Select(source => source.Stream).Distinct(StringComparer.Ordinal))
            await CountMembersAsync(stream, TimeSpan.Zero);
    }

    /// <summary>Another consumer has a source: what this one holds of it is that one's now.</summary>
    public void Lose(StreamSource source)
    {
        if (source.Access is SourceAccess.None)
            return;
        LogLost(context.Logger, source.Name, context.Subscription.Group);
        context.Held.Change(() =>
        {
            foreach (var delivery in source.Queue.All)
                delivery.IsLost = true;
            source.Close(context.Options.Ordering);
        });
    }

    public void Dispose() => _now.Dispose();

    private async Task ShareAsync()
    {
        // What is replayed is shared by itself, so that everybody gets an equal part of what is new.
        foreach (var stream in context.Subscription.Sources.GroupBy(source => (source.Stream, source.IsReplay)))
        {
            var members = await CountMembersAsync(stream.Key.Stream, _lease);
            var partitions = stream.ToList();
            var share = (partitions.Count + members - 1) / members;
            var owned = new List<StreamSource>();
            foreach (var source in partitions.Where(source => source.Access is not SourceAccess.None || source.IsLeaving))
            {
                if (await OwnAsync(source))
                    owned.Add(source);
            }

            foreach (var surplus in owned.Skip(share))
                Track(ReleaseAsync(surplus));
            if (!context.Lifetime.Stopping.IsCancellationRequested)
            {
                await AcquireAsync(
                    partitions.FindAll(source => source.Access is SourceAccess.None && !source.IsLeaving), share - owned.Count);
            }
        }

        if (_isKnown)
            return;
        _isKnown = true;
        await watch.WakeOthersAsync();
    }

    private async Task AcquireAsync(List<StreamSource> free, int count)
    {
        // Consumers that begin at different places seldom want the same one.
        var first = Random.Shared.Next(Math.Max(1, free.Count));
        for (var i = 0; i < free.Count && count > 0; i++)
            count -= await OwnAsync(free[(first + i) % free.Count]) ? 1 : 0;
    }

    /// <summary>Takes or keeps a source; false when another consumer has it, or is to have it.</summary>
    private async Task<bool> OwnAsync(StreamSource source)
    {
        // What is given up while the answer is on its way must not be taken for a new one.
        var (asked, isLeaving) = (context.Time.GetTimestamp(), source.IsLeaving);
        var answer = (int)await context.Database.ScriptEvaluateAsync(
            Script.OwnSource, [source.OwnerKey], [context.Subscription.Consumer, (long)_lease.TotalMilliseconds, !isLeaving]);
        // A lease that had run out may have been another's in between.
        if (answer != 1)
            Lose(source);
        if (answer == 0)
            return false;
        var isNew = source.Access is SourceAccess.None && !isLeaving;
        context.Held.Change(() =>
        {
            source.OwnedUntil = asked + (long)(_lease.TotalSeconds * context.Time.TimestampFrequency);
            source.Access = isNew ? SourceAccess.Handle : source.Access;
        });
        if (isNew)
            Track(BeginAsync(source));
        return !isLeaving;
    }

    /// <summary>First what the last owner has left behind, then what is new.</summary>
    private async Task BeginAsync(StreamSource source)
    {
        LogOwned(context.Logger, source.Name, context.Subscription.Group);
        source.ClaimCursor = null;
        var isTaken = await context.Patience.UntilDoneAsync(
            "take over a partition", () => takeOver.RunAsync(source, TimeSpan.Zero), context.Lifetime.Stopping);
        if (!isTaken)
            return;
        context.Held.Change(() => source.Access = source.Access is SourceAccess.Handle ? SourceAccess.Full : source.Access);
        watch.WakeReaders();
    }

    /// <summary>Gives up a source: nothing more is read, what has not begun is given back, what has begun is settled.</summary>
    private async Task ReleaseAsync(StreamSource source)
    {
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Held.Change(() => (source.IsLeaving, source.Access) = (true, SourceAccess.None));
        watch.WakeReaders();
        await passAsync();
        var queue = context.Held.Ask(() =>
        {
            var queue = source.Queue;
            source.Close(context.Options.Ordering);
            queue.Settled = () => settled.TrySetResult();
            if (!queue.IsBusy)
                settled.TrySetResult();
            return queue;
        });
        await GiveBackAsync();
        await settled.Task.WaitAsync(context.Lifetime.Hurrying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What was to be tried again here is tried by the next owner.
        await GiveBackAsync();
        await context.Patience.UntilDoneAsync(
            "give up a partition",
            () => context.Database.ScriptEvaluateAsync(Script.DisownSource, [source.OwnerKey], [context.Subscription.Consumer]),
            context.Lifetime.Hurrying);
        context.Held.Change(() => source.IsLeaving = false);
        await watch.WakeOthersAsync();

        Task<bool> GiveBackAsync()
        {
            var idle = context.Held.Ask(queue.Abandon);
            return context.Patience.UntilDoneAsync(
                "give entries back", () => pending.GiveBackAsync(source, idle), context.Lifetime.Hurrying);
        }
    }

    private async Task<int> CountMembersAsync(string stream, TimeSpan lease) => (int)await context.Database.ScriptEvaluateAsync(
        Script.JoinMembers, [$"{{{stream}}}:members:{context.Subscription.Group}"],
        [context.Subscription.Consumer, (long)lease.TotalMilliseconds]);

    private void Track(Task change)
    {
        _changes.RemoveAll(task => task.IsCompletedSuccessfully);
        _changes.Add(context.Lifetime.WatchAsync(change));
    }

    [LoggerMessage(116, LogLevel.Information, "This consumer now reads {Stream} for group {Group}")]
    private static partial void LogOwned(ILogger logger, string stream, string group);

    [LoggerMessage(117, LogLevel.Warning, "Another consumer reads {Stream} for group {Group}: this one was not heard of for too long")]
    private static partial void LogLost(ILogger logger, string stream, string group);
}
