using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

/// <summary>
/// An XADD that waits for the id of its entry: what a publisher sends by the hundred thousand, so it has nothing that this does not need.
/// </summary>
internal sealed class EntryIdMessage(Command command, CommandFlags flags)
    : TaskCompletionSource<RedisValue>(TaskCreationOptions.RunContinuationsAsynchronously), IMessage
{
    private const int SlabSize = 512;
    private const int Longest = 41;

    // The ids of a few dozen entries share one array; each is a slice of it.
    [ThreadStatic]
    private static byte[]? s_slab;

    [ThreadStatic]
    private static int s_used;

    // The clock of timeouts in 32 bits: differences are right across its overflow, and timeouts are far shorter than its 24 days.
    private readonly int _created = Environment.TickCount;

    public Command Command => command;

    public CommandFlags Flags => flags;

    public long? Created => Environment.TickCount64 - unchecked((uint)(Environment.TickCount - _created));

    public bool IsDone => Task.IsCompleted;

    public ProfiledCommand? Profile => null;

    public void Sent(RedisConnection connection) { }

    public void Complete(ref RespReader reader)
    {
        if (reader.IsError) Fail(RedisErrors.Exception(reader.Text()!, flags));
        else if (reader.Type == (byte)'$' && reader.Payload.Length <= Longest && !reader.IsNull) TrySetResult(Slice(reader.Payload));
        else TrySetResult(Replies.Value(ref reader));
    }

    public bool Fail(Exception exception) => TrySetException(exception);

    public void Cancel() => TrySetCanceled();

    private static RedisValue Slice(ReadOnlySpan<byte> id)
    {
        if (s_slab is null || SlabSize - s_used < id.Length) (s_slab, s_used) = (GC.AllocateUninitializedArray<byte>(SlabSize), 0);
        id.CopyTo(s_slab.AsSpan(s_used));
        var value = RedisValue.OfBytes(s_slab, s_used, id.Length);
        s_used += id.Length;
        return value;
    }
}
