namespace RankMyBrand.Foundation.Events;

/// <summary>Why a stream does not take an event.</summary>
public enum RejectionReason
{
    /// <summary>No stream of that name is configured.</summary>
    UnknownStream,

    /// <summary>The event is malformed or too large; publishing it again cannot help.</summary>
    Invalid,

    /// <summary>
    /// The stream holds as many unacknowledged events as it may; publish again after <see cref="EventRejection.RetryAfter"/>.
    /// </summary>
    StreamFull,

    /// <summary>
    /// Redis refuses to write, or did not answer in time, and whether it has the event is not known; publish again after
    /// <see cref="EventRejection.RetryAfter"/>.
    /// </summary>
    Unavailable,
}

/// <summary>A refusal to append an event, in words for the publisher.</summary>
public sealed record EventRejection(RejectionReason Reason, string Detail)
{
    /// <summary>When publishing again makes sense; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>An event was not appended.</summary>
public sealed class EventRejectedException(EventRejection rejection, Exception? innerException = null)
    : Exception(rejection.Detail, innerException)
{
    /// <summary>Why.</summary>
    public EventRejection Rejection { get; } = rejection;
}
