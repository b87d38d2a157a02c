namespace RankMyBrand.Foundation.Events;

/// <summary>What its <see cref="SourceQueue"/> keeps about a delivery, from when it is read until it is acknowledged.</summary>
public sealed partial class Delivery
{
    internal SourceQueue? Queue { get; set; }

    /// <summary>The neighbours in the list of all that the queue holds, where it is found without a search.</summary>
    internal Delivery? Older { get; set; }

    internal Delivery? Newer { get; set; }

    internal DeliveryState State { get; set; }

    internal string? OrderKey { get; set; }

    /// <summary>When it was read, or last renewed; a timestamp.</summary>
    internal long RenewedAt { get; set; }

    /// <summary>Redis has given the entry to another consumer.</summary>
    internal bool IsLost { get; set; }

    /// <summary>How many attempts count, were it given back now.</summary>
    internal int AttemptsMade => Failed?.Kind is FailureKind.Attempt ? Attempt : Attempt - 1;
}

/// <summary>What is being done with a delivery.</summary>
internal enum DeliveryState
{
    /// <summary>A handler may take it, at once or when those before it of its key are done.</summary>
    Ready,

    /// <summary>A handler has it.</summary>
    Taken,

    /// <summary>It waits for another attempt.</summary>
    Resting,

    /// <summary>It has been handled, or buried; Redis does not know it yet.</summary>
    Done,
}
