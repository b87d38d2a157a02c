namespace RankMyBrand.Foundation.Events;

/// <summary>Which streams are left alone for a while because they did not take an event, with exponential back-off and jitter.</summary>
internal sealed class StreamPauses(TimeSpan maxBackoff, TimeProvider time)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> _pauses = new(StringComparer.Ordinal);

    /// <summary>The streams that are paused now.</summary>
    public IReadOnlyCollection<string> Current =>
        [.. _pauses.Where(pause => pause.Value.Until > time.GetUtcNow()).Select(pause => pause.Key)];

    /// <summary>The time until the next pause ends; null when there is none.</summary>
    public TimeSpan? NextEnd
    {
        get
        {
            var now = time.GetUtcNow();
            var ends = _pauses.Values.Where(pause => pause.Until > now).Select(pause => pause.Until - now).ToList();
            return ends.Count == 0 ? null : ends.Min();
        }
    }

    /// <summary>Pauses a stream, each time for longer, and at least as long as it asked for. Returns the pause.</summary>
    public TimeSpan Failed(string stream, TimeSpan? atLeast)
    {
        var failures = _pauses.GetValueOrDefault(stream).Failures + 1;
        var pause = Backoff.Of(failures, s_firstPause, maxBackoff);
        if (atLeast > pause)
            pause = atLeast.Value;
        _pauses[stream] = (failures, time.GetUtcNow() + pause);
        return pause;
    }

    /// <summary>The stream takes events again.</summary>
    public void Succeeded(string stream) => _pauses.Remove(stream);
}
