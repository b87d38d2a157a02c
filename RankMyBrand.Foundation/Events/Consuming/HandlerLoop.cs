using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.Foundation.Events;

/// <summary>Calls the handler, as often at once as its concurrency allows, and has settled what it has dealt with.</summary>
internal sealed partial class HandlerLoop(ConsumerContext context, IEventHandler handler, Settlement settlement)
{
    private readonly EventSubscription _subscription = context.Subscription;

    // Calls in a row that failed because a dependency was away.
    private int _outages;

    /// <summary>Handles until nothing more is to be handled.</summary>
    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, context.Options.Concurrency).Select(_ => HandleAllAsync()));

    private async Task HandleAllAsync()
    {
        var batch = new List<Delivery>();
        while (await context.Held.TakeAsync(batch, _subscription.OneByOne ? 1 : context.Options.BatchSize))
        {
            await HandleAsync(batch);
            var isOutage = batch.TrueForAll(delivery => delivery.Failed is { Kind: Delivery.FailureKind.NoAttempt });
            await settlement.SettleAsync(batch);
            await RestDuringOutageAsync(isOutage);
            // A handler of batches may keep the list; the one for single events is our own and does not.
            if (_subscription.OneByOne)
                batch.Clear();
            else
                batch = [];
        }
    }

    private async Task HandleAsync(List<Delivery> batch)
    {
        var stream = batch[0].Stream;
        using var activity = _subscription.OneByOne
            ? ConsumerTelemetry.StartProcess(stream, _subscription.Group, batch[0])
            : ConsumerTelemetry.StartProcess(stream, _subscription.Group, batch);
        var started = context.Time.GetTimestamp();
        await CallAsync(batch);
        context.Telemetry.Processed(stream, _subscription.Group, batch.Count, context.Time.GetElapsedTime(started));
        if (activity is not null && batch.Find(delivery => delivery.Failed is not null) is { } failed)
            activity.SetStatus(ActivityStatusCode.Error, failed.Failed!.Message);
    }

    private async Task CallAsync(List<Delivery> batch)
    {
        try
        {
            await handler.HandleAsync(batch, context.Lifetime.Abandoning);
        }
        catch (Exception e) when (TransientFailure.Is(e)
            || (e is OperationCanceledException && context.Lifetime.Abandoning.IsCancellationRequested))
        {
            LogDependencyAway(context.Logger, _subscription.Group, batch.Count, e.Message);
            batch.ForEach(delivery => delivery.Postpone(e));
        }
        catch (Exception e) when (batch.Count == 1 && e is not OutOfMemoryException)
        {
            batch[0].Retry(e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await CallOneByOneAsync(batch, e);
        }
    }

    /// <summary>One bad event must not condemn the others of its batch: each is tried by itself.</summary>
    private async Task CallOneByOneAsync(List<Delivery> batch, Exception cause)
    {
        batch.ForEach(delivery => delivery.Reset());
        var isBlocked = false;
        foreach (var delivery in batch)
        {
            if (isBlocked)
                delivery.Postpone(cause);
            else
                await CallAsync([delivery]);
            // Nothing is handled before what stands in front of it where the order is that of the stream.
            isBlocked |= delivery.Failed?.Kind is Delivery.FailureKind.NoAttempt
                || (delivery.Failed?.Kind is Delivery.FailureKind.Attempt && context.Options.Ordering is EventOrdering.Stream);
        }
    }

    /// <summary>One failure may be due to one event; after several in a row it is better to wait than to try all that comes.</summary>
    private async Task RestDuringOutageAsync(bool isOutage)
    {
        if (!isOutage)
            Volatile.Write(ref _outages, 0);
        else if (Interlocked.Increment(ref _outages) is var outages and > 1)
            await context.Patience.RestAsync(outages - 1, context.Lifetime.Stopping);
    }

    [LoggerMessage(111, LogLevel.Warning, "Group {Group} waits with {Count} events, a dependency is away: {Reason}")]
    private static partial void LogDependencyAway(ILogger logger, string group, int count, string reason);
}
