using System.Diagnostics;
using System.Net;

namespace StackExchange.Redis.Profiling;

/// <summary>Takes the times of one command and hands itself to the session when the command has its reply.</summary>
internal sealed class ProfiledCommand(
    ProfilingSession session, EndPoint endPoint, int database, string command, CommandFlags flags) : IProfiledCommand
{
    private readonly long _created = Stopwatch.GetTimestamp();
    private long _sent;
    private long _answered;
    private long _completed;
    private int _isAdded;

    public EndPoint EndPoint => endPoint;

    public int Db => database;

    public string Command => command;

    public CommandFlags Flags => flags;

    public DateTime CommandCreated { get; } = DateTime.UtcNow;

    public TimeSpan CreationToEnqueued => Between(_created, _sent);

    public TimeSpan EnqueuedToSending => TimeSpan.Zero;

    public TimeSpan SentToResponse => Between(_sent, _answered);

    public TimeSpan ResponseToCompletion => Between(_answered, _completed);

    public TimeSpan ElapsedTime => Between(_created, _completed);

    public IProfiledCommand? RetransmissionOf => null;

    public RetransmissionReasonType? RetransmissionReason => null;

    /// <summary>The next command of the same session.</summary>
    public ProfiledCommand? Next { get; set; }

    public void Sent() => _sent = Stopwatch.GetTimestamp();

    public void Answered() => _answered = Stopwatch.GetTimestamp();

    public void Completed()
    {
        _completed = Stopwatch.GetTimestamp();
        // Twice in the session's list it would be its own successor, and the list without an end.
        if (Interlocked.Exchange(ref _isAdded, 1) == 0) session.Add(this);
    }

    private static TimeSpan Between(long from, long to) => from == 0 || to == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(from, to);
}
