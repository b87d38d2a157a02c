using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>Publishes events in batches, and waits until the archive has them.</summary>
internal static class ArchiveLoad
{
    public const int BatchSize = 500;
    public const int Publishers = 2;

    public static Task PublishAsync(
        IEventBus bus, string stream, IReadOnlyList<byte[]> payloads, int count, CancellationToken cancellationToken)
    {
        var next = 0;
        return Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(
            async () =>
            {
                for (int at; (at = Interlocked.Add(ref next, BatchSize) - BatchSize) < count;)
                {
                    var events = new StreamEvent[Math.Min(BatchSize, count - at)];
                    for (var i = 0; i < events.Length; i++)
                        events[i] = new StreamEvent { Type = EventLoad.Type, Data = payloads[(at + i) % payloads.Count] };
                    var results = await bus.PublishAsync(stream, events, cancellationToken);
                    if (results.FirstOrDefault(result => result.Rejection is not null).Rejection is { } rejection)
                        throw new InvalidOperationException(rejection.Detail);
                }
            },
            cancellationToken)));
    }

    /// <summary>An entry is acknowledged after the commit, so when none of the archive's is unread or pending all are stored.</summary>
    public static async Task WaitUntilStoredAsync(
        IConnectionMultiplexer redis, string stream, int count, Action whileWaiting, CancellationToken cancellationToken)
    {
        var database = redis.GetDatabase();
        while (true)
        {
            await Task.Delay(10, cancellationToken);
            whileWaiting();
            if (!await database.KeyExistsAsync(stream))
                continue;
            var archive = (await database.StreamGroupInfoAsync(stream)).FirstOrDefault(group => group.Name == "archive");
            if (archive is { PendingMessageCount: 0, EntriesRead: { } read } && read == count)
                return;
        }
    }
}
