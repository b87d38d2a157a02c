using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// One event on its way, in the usual case: the gate is open, nothing has to be compared, and Redis answers. It is used again and again
/// and is itself what the caller awaits, so it leaves no garbage; everything unusual is handed to the event bus's other way.
/// </summary>
internal sealed class SinglePublish : IValueTaskSource<PublishedEvent>, IQueuedAppend
{
    private const int MaxKept = 1024;

    private static readonly Lock s_lock = new();
    private static readonly Stack<SinglePublish> s_free = new();

    private readonly Action _onReply;
    private ManualResetValueTaskSourceCore<PublishedEvent> _caller;
    private ConfiguredTaskAwaitable<RedisValue>.ConfiguredTaskAwaiter _reply;
    private EntryFields? _fields;
    private RedisEventBus _bus = null!;
    private PublishedStream _stream = null!;
    private RedisKey _key;
    private StreamEvent _event = null!;
    private CancellationToken _cancellationToken;
    private long _started;

    private SinglePublish() => _onReply = OnReply;

    /// <summary>Appends an event that has passed the gate of its stream.</summary>
    public static ValueTask<PublishedEvent> Start(
        RedisEventBus bus, StreamAppender appender, PublishedStream stream, StreamEvent @event, long started,
        CancellationToken cancellationToken)
    {
        SinglePublish? publish;
        lock (s_lock)
            s_free.TryPop(out publish);
        publish ??= new SinglePublish();
        (publish._bus, publish._stream, publish._event) = (bus, stream, @event);
        (publish._started, publish._cancellationToken) = (started, cancellationToken);
        var result = new ValueTask<PublishedEvent>(publish, publish._caller.Version);
        var partition = stream.PartitionOf(@event);
        publish._key = stream.Keys[partition];
        appender.QueueOf(stream, partition).Add(publish);
        return result;
    }

    public int Count => 1;

    public long Bytes => EventEntry.SizeOf(_event);

    public Task Write(IDatabaseAsync redis)
    {
        try
        {
            _fields = EntryFields.Rent();
            var reply = redis.StreamAddAsync(_key, _fields.Write(_event));
            _reply = reply.ConfigureAwait(false).GetAwaiter();
            _reply.UnsafeOnCompleted(_onReply);
            return reply;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _ = FinishAsync(e);
            return Task.CompletedTask;
        }
    }

    public PublishedEvent GetResult(short token)
    {
        try
        {
            return _caller.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _caller.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _caller.OnCompleted(continuation, state, token, flags);

    private void OnReply()
    {
        try
        {
            var entryId = EntryId.ParseUtf8(((ReadOnlyMemory<byte>)_reply.GetResult()).Span);
            EntryFields.Return(_fields!);
            _bus.Published(_stream, _started);
            _caller.SetResult(new PublishedEvent(_event.Id, entryId, isDuplicate: false));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _ = FinishAsync(e);
        }
    }

    private async Task FinishAsync(Exception failure)
    {
        try
        {
            _caller.SetResult(await _bus.PublishAgainAsync(_stream, _event, failure, _started, _cancellationToken));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _caller.SetException(e);
        }
    }

    private void Recycle()
    {
        _caller.Reset();
        (_reply, _fields, _key, _event, _cancellationToken) = (default, null, default, null!, CancellationToken.None);
        lock (s_lock)
        {
            if (s_free.Count < MaxKept)
                s_free.Push(this);
        }
    }
}
