using System.Net;

namespace StackExchange.Redis.Profiling;

/// <summary>One command and the times it took.</summary>
public interface IProfiledCommand
{
    /// <summary>The server it was sent to.</summary>
    EndPoint EndPoint { get; }

    /// <summary>The database.</summary>
    int Db { get; }

    /// <summary>The name of the command.</summary>
    string Command { get; }

    /// <summary>The flags of the command.</summary>
    CommandFlags Flags { get; }

    /// <summary>When it was created, in UTC.</summary>
    DateTime CommandCreated { get; }

    /// <summary>From its creation until it was queued.</summary>
    TimeSpan CreationToEnqueued { get; }

    /// <summary>From then until it was written.</summary>
    TimeSpan EnqueuedToSending { get; }

    /// <summary>From then until its reply came.</summary>
    TimeSpan SentToResponse { get; }

    /// <summary>From then until its task completed.</summary>
    TimeSpan ResponseToCompletion { get; }

    /// <summary>All of these together.</summary>
    TimeSpan ElapsedTime { get; }

    /// <summary>The command of which this is a repetition.</summary>
    IProfiledCommand? RetransmissionOf { get; }

    /// <summary>Why it was repeated.</summary>
    RetransmissionReasonType? RetransmissionReason { get; }
}
