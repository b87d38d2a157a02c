using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>Publishes the events of a batch in groups while the body is still being read, and keeps the account of it.</summary>
internal sealed class BatchPublisher(IEventBus bus, string stream, EventContext context)
{
    private const int GroupSize = 500;

    /// <summary>Large events make a group shorter: it is held in memory.</summary>
    private const int GroupBytes = 4 * 1024 * 1024;

    /// <summary>A body of nothing but faults must not fill the memory with their list.</summary>
    private const int MaxRejected = 1000;

    private readonly List<StreamEvent> _group = new(GroupSize);
    private readonly List<int> _numbers = new(GroupSize);
    private readonly List<RejectedLine> _rejected = [];
    private EventRejection? _lastRejection;
    private int _accepted;
    private int _lastNumber;
    private long _groupBytes;

    /// <summary>True while no event has been accepted or rejected.</summary>
    public bool IsEmpty => _accepted == 0 && _rejected.Count == 0 && _group.Count == 0;

    /// <summary>Takes a line; false when the rest of the body is not worth reading.</summary>
    public async ValueTask<bool> AddAsync(BatchLine line, CancellationToken cancellationToken)
    {
        if (_rejected.Count >= MaxRejected)
        {
            _rejected.Add(
                new(
                    line.Number,
                    ProblemCode.Validation.WireName(),
                    $"{MaxRejected} lines were rejected; this one and those after it were not read."));
            return false;
        }

        _lastNumber = line.Number;
        var key = context.IdempotencyKey is { } batchKey ? $"{batchKey}/{line.Number}" : null;
        StreamEvent? @event = null;
        var json = line.Json.GetValueOrDefault();
        var fault = line.Json is null
            ? "The line is longer than an event may be."
            : EventParser.TryParse(json, context, key, out @event);
        if (fault is not null)
        {
            _rejected.Add(new(line.Number, ProblemCode.Validation.WireName(), fault));
            return true;
        }

        _group.Add(@event!);
        _numbers.Add(line.Number);
        _groupBytes += json.Length;
        if (_group.Count == GroupSize || _groupBytes >= GroupBytes)
            await FlushAsync(cancellationToken);
        return true;
    }

    /// <summary>Takes note that the rest of the body could not be read.</summary>
    public void Break(string reason) => _rejected.Add(new(
        _lastNumber + 1, ProblemCode.Validation.WireName(), $"This line and those after it could not be read: {reason}"));

    /// <summary>Publishes what is left, and answers.</summary>
    public async Task<IResult> CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        if (IsEmpty)
            return Problem.Create(ProblemCode.Validation, "The batch holds no events.");

        // When the stream took nothing at all, the client should wait rather than look for faults in its events.
        if (_accepted == 0 && _lastRejection is { Reason: RejectionReason.StreamFull or RejectionReason.Unavailable } rejection)
            return Refusal.Of(rejection);
        return TypedResults.Accepted((string?)null, new BatchAnswer(_accepted, _rejected));
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var results = await bus.PublishAsync(stream, _group, cancellationToken);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Rejection is { } rejection)
            {
                _lastRejection = rejection;
                _rejected.Add(new(_numbers[i], Refusal.CodeOf(rejection).WireName(), rejection.Detail));
            }
            else
            {
                _accepted++;
            }
        }

        _group.Clear();
        _numbers.Clear();
        _groupBytes = 0;
    }
}
