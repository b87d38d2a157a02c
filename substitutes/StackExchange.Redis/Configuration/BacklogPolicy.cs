namespace StackExchange.Redis;

/// <summary>What happens to commands while there is no connection.</summary>
public sealed class BacklogPolicy
{
    /// <summary>Commands fail at once.</summary>
    public static BacklogPolicy FailFast { get; } = new() { QueueWhileDisconnected = false, AbortPendingOnConnectionFailure = true };

    /// <summary>Commands wait for the connection, up to their timeout.</summary>
    public static BacklogPolicy Default { get; } = new() { QueueWhileDisconnected = true, AbortPendingOnConnectionFailure = false };

    /// <summary>Whether commands wait for the connection.</summary>
    public bool QueueWhileDisconnected { get; init; }

    /// <summary>Whether waiting commands fail when the connection does.</summary>
    public bool AbortPendingOnConnectionFailure { get; init; }
}
