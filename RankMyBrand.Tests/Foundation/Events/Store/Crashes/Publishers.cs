using System.Text;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>
/// Publish numbered events, each publisher under a key of its own and one batch after the other, until they are told to stop. What was
/// refused is given up, not published again: what counts is what was accepted.
/// </summary>
internal sealed class Publishers
{
    public const string EventType = "audit.completed";

    private const int BatchSize = 40;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<(Guid Id, string Key, int Number)> _accepted = [];
    private readonly Task _all;

    public Publishers(IEventBus bus, int count = 3) => _all = Task.WhenAll(Enumerable.Range(0, count).Select(number => PublishAsync(bus, $"key-{number}")));

    /// <summary>How many events have been accepted.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _accepted.Count;
        }
    }

    /// <summary>What was refused, in words.</summary>
    public List<string> Refusals { get; } = [];

    /// <summary>Waits until so many more have been accepted.</summary>
    public async Task WaitForMoreAsync(int events, CancellationToken cancellationToken)
    {
        for (var until = Count + events; Count < until; await Task.Delay(5, cancellationToken))
        {
            if (_all.IsCompleted)
                await _all;
        }
    }

    /// <summary>Stops, and returns what was accepted.</summary>
    public async Task<IReadOnlyList<(Guid Id, string Key, int Number)>> StopAsync()
    {
        await _stop.CancelAsync();
        await _all;
        _stop.Dispose();
        return _accepted;
    }

    private async Task PublishAsync(IEventBus bus, string key)
    {
        for (var first = 0; !_stop.IsCancellationRequested; first += BatchSize)
        {
            var events = Enumerable.Range(first, BatchSize).Select(number => new StreamEvent
            {
                Type = EventType,
                PartitionKey = key,
                Data = Encoding.UTF8.GetBytes($$"""{"key":"{{key}}","n":{{number}},"text":"{{new string((char)('a' + (number % 26)), number % 1500)}}"}"""),
            }).ToArray();
            var results = await bus.PublishAsync(ArchivingService.Stream, events, TestContext.Current.CancellationToken);
            lock (_lock)
            {
                for (var i = 0; i < events.Length; i++)
                {
                    if (results[i].Rejection is { } rejection)
                        Refusals.Add(rejection.Detail);
                    else
                        _accepted.Add((events[i].Id, key, first + i));
                }
            }

            // Enough to keep every part at work, without filling the disk while one of them is away.
            await Task.Delay(15, TestContext.Current.CancellationToken);
        }
    }
}
