namespace RankMyBrand.Gateway.Routing.Upstreams;

/// <summary>Whether a destination gets requests.</summary>
internal enum CircuitState
{
    /// <summary>It does.</summary>
    Closed,

    /// <summary>It does not: too many have failed.</summary>
    Open,

    /// <summary>One request is trying whether it answers again.</summary>
    HalfOpen,
}

/// <summary>How an attempt ended, as far as the destination is concerned.</summary>
internal enum AttemptOutcome
{
    Succeeded,

    Failed,

    /// <summary>There was no connection. A few in a row leave no doubt, whatever there was before.</summary>
    Unreachable,

    /// <summary>It says nothing about the destination: the client went away, or another attempt was faster.</summary>
    Abandoned,
}

/// <summary>
/// Cuts a destination off that fails too often, and lets single requests through after a while until one succeeds. Only they decide
/// then: what was sent before the circuit opened and fails late does not count.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    /// <summary>So many connections in a row that fail open the circuit.</summary>
    public const int MaxUnreachable = 3;

    private readonly Lock _lock = new();
    private readonly RollingCounts _counts = new(time);
    private volatile CircuitState _state;
    private long _openedAt;
    private TimeSpan _openFor;
    private int _unreachable;

    public CircuitState State => _state;

    /// <summary>How long it will still be before a request may try; zero when one may.</summary>
    public TimeSpan OpenFor
    {
        get
        {
            lock (_lock)
            {
                var left = _state == CircuitState.Open ? _openFor - time.GetElapsedTime(_openedAt) : TimeSpan.Zero;
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Whether passage would be given now, if only to the one request that tries.</summary>
    public bool MayPass => _state == CircuitState.Closed || (_state == CircuitState.Open && OpenFor == TimeSpan.Zero);

    /// <summary>Asks for passage. Whoever gets it reports how it went.</summary>
    /// <param name="isProbe">Whether this is the request on which the state depends.</param>
    public bool TryPass(out bool isProbe)
    {
        isProbe = false;
        if (_state == CircuitState.Closed)
            return true;
        lock (_lock)
        {
            if (_state == CircuitState.Closed)
                return true;
            if (_state == CircuitState.HalfOpen || time.GetElapsedTime(_openedAt) < _openFor)
                return false;
            _state = CircuitState.HalfOpen;
            isProbe = true;
            return true;
        }
    }

    /// <summary>Has new settings count for what is under way: a shorter time, or none.</summary>
    /// <returns>Whether the circuit has closed by it.</returns>
    public bool Change(BreakerOptions options)
    {
        lock (_lock)
        {
            if (_state == CircuitState.Closed)
                return false;
            if (options.OpenFor < _openFor)
                _openFor = options.OpenFor;
            if (options.Enabled)
                return false;
            Close();
            return true;
        }
    }

    /// <summary>Takes note of how an attempt ended.</summary>
    /// <returns>Whether the circuit has opened or closed by it.</returns>
    public bool Report(AttemptOutcome outcome, bool isProbe, BreakerOptions options)
    {
        if (isProbe)
            return ReportProbe(outcome, options);
        if (outcome == AttemptOutcome.Abandoned || !options.Enabled)
            return false;
        var failed = outcome != AttemptOutcome.Succeeded;
        _counts.Add(options.Window, 1, failed ? 1 : 0);
        var isDown = CountUnreachable(outcome) >= MaxUnreachable;
        return failed && TryOpen(options, isDown);
    }

    private bool ReportProbe(AttemptOutcome outcome, BreakerOptions options)
    {
        lock (_lock)
        {
            if (outcome == AttemptOutcome.Succeeded || !options.Enabled)
            {
                Close();
                return true;
            }

            // The next request may probe at once when this one has found nothing out.
            if (outcome != AttemptOutcome.Abandoned)
                (_openedAt, _openFor) = (time.GetTimestamp(), options.OpenFor);
            _state = CircuitState.Open;
            return false;
        }
    }

    private void Close()
    {
        _counts.Clear();
        _unreachable = 0;
        _state = CircuitState.Closed;
    }

    private int CountUnreachable(AttemptOutcome outcome)
    {
        if (outcome == AttemptOutcome.Unreachable)
            return Interlocked.Increment(ref _unreachable);
        // Written only when it changes, because nearly every request comes by here.
        if (Volatile.Read(ref _unreachable) != 0)
            Volatile.Write(ref _unreachable, 0);
        return 0;
    }

    private bool TryOpen(BreakerOptions options, bool isDown)
    {
        lock (_lock)
        {
            var (all, failed) = _counts.Read(options.Window);
            if (_state != CircuitState.Closed || (!isDown && (all < options.MinimumRequests || failed < options.FailureRatio * all)))
                return false;
            (_openedAt, _openFor) = (time.GetTimestamp(), options.OpenFor);
            _state = CircuitState.Open;
            return true;
        }
    }
}
