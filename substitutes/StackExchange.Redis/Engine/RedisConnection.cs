using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;

namespace StackExchange.Redis;

/// <summary>
/// One socket: commands go out in the order in which they are appended, and replies are matched to them in that order.
/// It never reconnects; a <see cref="Link"/> replaces it.
/// </summary>
internal sealed class RedisConnection : IThreadPoolWorkItem, IDisposable
{
    private const int ReadBuffer = 64 * 1024;
    private readonly Lock _gate;
    private readonly Stream _stream;
    private readonly IConnectionOwner _owner;
    private readonly ConcurrentQueue<IMessage> _pending = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SendBuffer _filling = new();
    private SendBuffer _sending = new();
    private bool _flushing;
    private bool _manyReplies;
    private int _database;
    private int _failed;
    private RespScanner _scanner;
    private long _scanned;
    private long _lastRead = Environment.TickCount64;
    private long _lastWrite = Environment.TickCount64;

    public RedisConnection(EndPoint endPoint, ConnectionType type, Stream stream, Lock gate, IConnectionOwner owner)
    {
        EndPoint = endPoint;
        Type = type;
        _stream = stream;
        _gate = gate;
        _owner = owner;
    }

    public EndPoint EndPoint { get; }

    public ConnectionType Type { get; }

    /// <summary>What the handshake has learnt about the server.</summary>
    public ServerFacts Facts { get; set; } = new();

    /// <summary>Completes when the connection has failed or was closed and every message has its outcome.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Whether it has failed or was closed; set before <see cref="IConnectionOwner.Detach"/>.</summary>
    public bool HasFailed => Volatile.Read(ref _failed) != 0;

    public int PendingCount => _pending.Count;

    public IMessage? Oldest => _pending.TryPeek(out var message) ? message : null;

    public long LastRead => Volatile.Read(ref _lastRead);

    public long LastWrite => Volatile.Read(ref _lastWrite);

    public IEnumerable<IMessage> Pending => _pending;

    /// <summary>Starts to read.</summary>
    public void Start() => _ = ReadAsync();

    /// <summary>Appends a command; the caller holds the gate and calls <see cref="Flush"/> when it has left it.</summary>
    public void Append(IMessage message, int database, ReadOnlySpan<byte> frame)
    {
        Select(database);
        Enqueue(message);
        _filling.Append(frame);
    }

    /// <summary>Appends commands that belong together; the caller holds the gate.</summary>
    public void Append(IEnumerable<IMessage> messages, int database, SendBuffer frames)
    {
        Select(database);
        foreach (var message in messages)
        {
            if (message is WatchMessage watch) watch.Connection = this;
            Enqueue(message);
        }
        frames.MoveTo(_filling);
    }

    /// <summary>Whether the caller, who holds the gate, has to call <see cref="Flush"/> after leaving it.</summary>
    public bool NeedsFlush(out bool inline)
    {
        // With other replies outstanding there is company to wait for: the pool runs the flush after what is queued already, and
        // everything that is appended until then goes out in one write. A lone command goes out at once.
        inline = false;
        if (_flushing) return false;
        inline = !_manyReplies && _pending.Count <= 1;
        return _flushing = true;
    }

    public void Flush(bool inline)
    {
        if (inline) _ = FlushAsync();
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushAsync();

    /// <summary>Ends the connection. Messages in flight fail; the server may have carried them out.</summary>
    public void Fail(ConnectionFailureType type, string message, Exception? cause = null)
    {
        if (Interlocked.Exchange(ref _failed, 1) != 0) return;
        try
        {
            _owner.Detach(this);
            _stop.Cancel();
            _stream.Dispose();
        }
        finally
        {
            FailPending(type, $"{message} ({EndPointCollection.ToString(EndPoint)}/{Type})", cause);
        }
    }

    // The source of the token stays: whoever finds the connection failed already comes here while the failure is still being
    // dealt with, which then could not cancel any more. Without a timer it holds nothing.
    public void Dispose() => Fail(ConnectionFailureType.ConnectionDisposed, "The connection was closed.");

    private void FailPending(ConnectionFailureType type, string text, Exception? cause)
    {
        try
        {
            while (_pending.TryDequeue(out var pending))
            {
                pending.Fail(new RedisConnectionException(type, pending.Flags, $"{text}, command={pending.Command}", cause, CommandStatus.Sent));
            }
            _owner.Closed(this, new(type, CommandFlags.None, text, cause, CommandStatus.Sent));
        }
        finally
        {
            // The link waits for this before it connects again, and so does who closes it.
            _closed.TrySetResult();
        }
    }

    private void Select(int database)
    {
        if (database < 0 || database == _database) return;
        var frame = CommandFrameOfSelect(database);
        _pending.Enqueue(new SelectMessage(this));
        _filling.Append(frame);
        _database = database;
    }

    private static byte[] CommandFrameOfSelect(int database)
    {
        var digits = database.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return System.Text.Encoding.ASCII.GetBytes($"*2\r\n$6\r\nSELECT\r\n${digits.Length}\r\n{digits}\r\n");
    }

    private void Enqueue(IMessage message)
    {
        message.Profile?.Sent();
        _pending.Enqueue(message);
    }

    private async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_filling.IsEmpty)
                    {
                        _flushing = false;
                        return;
                    }
                    (_filling, _sending) = (_sending, _filling);
                }
                await _sending.WriteToAsync(_stream, _stop.Token);
                Volatile.Write(ref _lastWrite, Environment.TickCount64);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(FailureOf(e), $"Writing to the server failed: {e.Message}", e);
        }
    }

    private async Task ReadAsync()
    {
        var reader = PipeReader.Create(_stream, new(bufferSize: ReadBuffer, minimumReadSize: ReadBuffer / 4, leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(_stop.Token);
                Volatile.Write(ref _lastRead, Environment.TickCount64);
                var buffer = read.Buffer;
                Process(ref buffer);
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted) break;
            }
            Fail(ConnectionFailureType.SocketClosed, "The server closed the connection");
        }
        catch (RespException e)
        {
            Fail(ConnectionFailureType.ProtocolFailure, "The server sent something that is not understood: " + e.Message, e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail(FailureOf(e), $"Reading from the server failed: {e.Message}", e);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static ConnectionFailureType FailureOf(Exception error) =>
        error is IOException or ObjectDisposedException or OperationCanceledException
        ? ConnectionFailureType.SocketFailure
        : ConnectionFailureType.InternalFailure;

    private void Process(ref ReadOnlySequence<byte> buffer)
    {
        var replies = 0;
        while (buffer.Length > _scanned)
        {
            // Nearly always the replies lie in one piece and whole; only the one that is cut takes the longer way.
            if (_scanned == 0 && ProcessWhole(buffer.FirstSpan, ref replies) is var done and > 0)
            {
                buffer = buffer.Slice(done);
                continue;
            }
            var complete = false;
            foreach (var segment in buffer.Slice(_scanned))
            {
                _scanned += _scanner.Scan(segment.Span, out complete);
                if (complete) break;
            }
            if (!complete) break;
            var reply = buffer.Slice(0, _scanned);
            buffer = buffer.Slice(_scanned);
            _scanned = 0;
            Dispatch(reply);
            replies++;
        }
        _manyReplies = replies > 1;
    }

    /// <summary>Takes the replies that end within a piece, and returns how many bytes they were.</summary>
    private int ProcessWhole(ReadOnlySpan<byte> piece, ref int replies)
    {
        var taken = 0;
        while (taken < piece.Length)
        {
            var scanner = _scanner;
            var length = scanner.Scan(piece[taken..], out var complete);
            if (!complete) break;
            Dispatch(piece.Slice(taken, length));
            taken += length;
            replies++;
        }
        return taken;
    }

    private void Dispatch(in ReadOnlySequence<byte> reply)
    {
        var length = checked((int)reply.Length);
        var whole = ArrayPool<byte>.Shared.Rent(length);
        reply.CopyTo(whole);
        Dispatch(whole.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(whole);
    }

    private void Dispatch(ReadOnlySpan<byte> reply)
    {
        var reader = new RespReader(reply);
        if (_owner.TryPush(this, reader)) return;
        if (!_pending.TryDequeue(out var message)) throw new RespException("A reply came that belongs to no command.");
        if (reader.IsError) _owner.Refused(this, message, reader.Text()!);
        message.Profile?.Answered();
        try
        {
            message.Complete(ref reader);
        }
        catch (Exception e) when (e is RespException or InvalidCastException or OverflowException or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            // The reply was delimited before it was read, so the next one is still in its place.
            message.Fail(new RedisConnectionException(
                ConnectionFailureType.ProtocolFailure, message.Flags, $"The reply to {message.Command} was not understood: {e.Message}", e, CommandStatus.Sent));
        }
        // A script whose hash the server does not know is sent again, and its reply is still to come.
        if (message.IsDone) message.Profile?.Completed();
    }

    private sealed class SelectMessage(RedisConnection connection) : IMessage
    {
        public Command Command => Commands.Select;

        public CommandFlags Flags => CommandFlags.None;

        public long? Created => null;

        public bool IsDone => true;

        public Profiling.ProfiledCommand? Profile => null;

        public void Complete(ref RespReader reader)
        {
            // The commands behind it were meant for another database: end the connection before more of them follow.
            if (reader.IsError) connection.Fail(ConnectionFailureType.ProtocolFailure, "The database could not be selected: " + reader.Text());
        }

        public bool Fail(Exception exception) => false;

        public void Cancel() { }
    }
}
