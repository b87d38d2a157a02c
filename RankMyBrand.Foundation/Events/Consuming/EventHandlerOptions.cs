namespace RankMyBrand.Foundation.Events;

/// <summary>How a handler consumes its streams.</summary>
public sealed class EventHandlerOptions
{
    /// <summary>
    /// The most events that are read at once, and that one call of a handler of batches gets. 500, or 64 where the handler takes one
    /// event at a time.
    /// </summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>How many calls of the handler run at once.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>Where the group begins that does not exist yet; by default with all that the stream still holds.</summary>
    public StartFrom StartFrom { get; set; }

    /// <summary>Which order is kept.</summary>
    public EventOrdering Ordering { get; set; }

    /// <summary>
    /// The key for <see cref="EventOrdering.ByKey"/>; null for an event that has no order to keep. By default the
    /// <see cref="StreamEvent.PartitionKey"/>, which keeps its events in one partition; other keys are ordered within each partition.
    /// </summary>
    public Func<Delivery, string?> Key { get; set; } = static delivery => delivery.Event.PartitionKey;

    /// <summary>The types of events that are handled; the others are acknowledged unseen. Empty means all.</summary>
    public ISet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>How often an event is tried before it goes to the dead letters.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>The wait before the second attempt; it doubles with each further one, with jitter.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before an attempt.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most events that wait for another attempt, or behind one of their key. While there are as many nothing new is read.
    /// </summary>
    public int MaxWaiting { get; set; } = 1000;

    /// <summary>
    /// How long an entry or partition stays with a consumer that has stopped renewing it before another one takes it over. A living
    /// consumer renews what it holds, however long its handler takes.
    /// </summary>
    public TimeSpan ClaimAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a consumer that holds nothing may be silent before its name is removed from the group.</summary>
    public TimeSpan ForgetConsumerAfter { get; set; } = TimeSpan.FromHours(1);

    internal void Validate(string group)
    {
        Require(BatchSize is >= 1 and <= 10_000, nameof(BatchSize), BatchSize, "from 1 to 10000");
        Require(Concurrency is >= 1 and <= 256, nameof(Concurrency), Concurrency, "from 1 to 256");
        Require(Enum.IsDefined(Ordering), nameof(Ordering), Ordering, "None, ByKey or Stream");
        Require(MaxAttempts >= 1, nameof(MaxAttempts), MaxAttempts, "at least 1");
        Require(
            RetryDelay > TimeSpan.Zero && RetryDelay <= MaxRetryDelay,
            nameof(RetryDelay),
            RetryDelay,
            "above zero and at most MaxRetryDelay");
        Require(MaxWaiting is >= 1 and <= 1_000_000, nameof(MaxWaiting), MaxWaiting, "from 1 to 1000000");
        Require(ClaimAfter >= TimeSpan.FromMilliseconds(100), nameof(ClaimAfter), ClaimAfter, "at least 100 ms");
        Require(ForgetConsumerAfter > TimeSpan.Zero, nameof(ForgetConsumerAfter), ForgetConsumerAfter, "above zero");

        void Require(bool holds, string option, object value, string expected)
        {
            if (!holds)
                throw new ArgumentException($"{option} of the event handler in group '{group}' is {value}; it must be {expected}.");
        }
    }
}
