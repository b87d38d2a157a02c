namespace RankMyBrand.Foundation.Events;

/// <summary>How a handler consumes its streams.</summary>
public sealed class EventHandlerOptions
{
    /// <summary>The most events that one call of the handler gets.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>How many batches are handled at once; 1 keeps the order of the stream.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>How often an event is tried before it goes to the dead letters.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The wait before the second attempt; it doubles with each further one, with jitter.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before an attempt.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an entry stays with a consumer that has stopped renewing it before another one takes it over. A living consumer
    /// renews what it holds, however long its handler takes.
    /// </summary>
    public TimeSpan ClaimAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a consumer that holds nothing may be silent before its name is removed from the group.</summary>
    public TimeSpan ForgetConsumerAfter { get; set; } = TimeSpan.FromHours(1);

    internal void Validate(string group)
    {
        Require(BatchSize is >= 1 and <= 10_000, nameof(BatchSize), BatchSize, "from 1 to 10000");
        Require(Concurrency is >= 1 and <= 256, nameof(Concurrency), Concurrency, "from 1 to 256");
        Require(MaxAttempts >= 1, nameof(MaxAttempts), MaxAttempts, "at least 1");
        Require(RetryDelay > TimeSpan.Zero && RetryDelay <= MaxRetryDelay, nameof(RetryDelay), RetryDelay, "above zero and at most MaxRetryDelay");
        Require(ClaimAfter >= TimeSpan.FromMilliseconds(100), nameof(ClaimAfter), ClaimAfter, "at least 100 ms");

        void Require(bool holds, string option, object value, string expected)
        {
            if (!holds)
                throw new ArgumentException($"{option} of the event handler in group '{group}' is {value}; it must be {expected}.");
        }
    }
}
