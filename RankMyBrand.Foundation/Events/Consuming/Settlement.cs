using Microsoft.Extensions.Logging;

namespace RankMyBrand.Foundation.Events;

/// <summary>Decides what becomes of deliveries that a handler has dealt with: acknowledged, tried again, or buried.</summary>
internal sealed partial class Settlement(
    ConsumerContext context, Acknowledgements acknowledgements, RetryQueue retries, DeadLetters deadLetters)
{
    private EventHandlerOptions Options => context.Options;

    public async Task SettleAsync(List<Delivery> batch)
    {
        if (!batch.Exists(delivery => delivery.Failed is not null))
        {
            context.Held.Finish(batch, []);
            acknowledgements.Add(batch);
            return;
        }

        List<Delivery> done = [], again = [], dead = [];
        foreach (var delivery in batch)
            FateOf(delivery, done, again, dead).Add(delivery);
        context.Held.Finish(batch, again);
        acknowledgements.Add(done);
        if (again.Count > 0)
            retries.Add(again, again.Max(RestOf));
        await Task.WhenAll(dead.Select(delivery =>
            deadLetters.BuryAsync(delivery.Source, delivery.Entry, delivery.Failed!, delivery.Attempt, delivery.FirstFailedAt)));
        context.Held.Remove(dead);
    }

    private List<Delivery> FateOf(Delivery delivery, List<Delivery> done, List<Delivery> again, List<Delivery> dead)
    {
        if (delivery.Failed is not { } failure)
            return done;
        if (failure.Kind is Delivery.FailureKind.NoAttempt)
            return again;
        delivery.FirstFailedAt ??= context.Time.GetUtcNow();
        LogFailed(
            context.Logger, delivery.Event.Type, delivery.Event.Id, delivery.Attempt, context.Subscription.Group, failure.Type,
            failure.Message);
        return failure.Kind is Delivery.FailureKind.Final || delivery.Attempt >= Options.MaxAttempts ? dead : again;
    }

    private TimeSpan RestOf(Delivery delivery) => Backoff.Of(
        delivery.Failed is { Kind: Delivery.FailureKind.Attempt } ? delivery.Attempt : delivery.Postponements + 1,
        Options.RetryDelay,
        Options.MaxRetryDelay);

    [LoggerMessage(114, LogLevel.Warning, "Event {Type} {Id} failed at attempt {Attempt} in group {Group}: {ErrorType}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string type, Guid id, int attempt, string group, string errorType, string reason);
}
