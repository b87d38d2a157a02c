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
    private readonly Command? _select;
    private readonly Dictionary<int, Selection> _selections = [];
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

    /// <param name="endPoint">The server's address.</param>
    /// <param name="type">What the connection is for.</param>
    /// <param name="stream">The open socket.</param>
    /// <param name="gate">Held by whoever appends.</param>
    /// <param name="select">How databases are selected; null when they cannot be.</param>
    /// <param name="owner">The link.</param>
    public RedisConnection(
        EndPoint endPoint, ConnectionType type, Stream stream, Lock gate, Command? select, IConnectionOwner owner)
    {
        EndPoint = endPoint;
        Type = type;
        _stream = stream;
        _gate = gate;
        _select = select;
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
        foreach (var message in messages) Enqueue(message);
        frames.MoveTo(_filling);
    }

    /// <summary>Appends commands that have waited together; the caller holds the gate.</summary>
    public void Append(IEnumerable<IMessage> messages, int database, ReadOnlySpan<byte> frames)
    {
        Select(database);
        foreach (var message in messages) Enqueue(message);
        _filling.Append(frames);
    }

    /// <summary>
    /// Whether it is known that the server serves a database, or why it does not. Commands may follow the SELECT at once only then:
    /// behind one that is refused they would run in another database. The caller holds the gate.
    /// </summary>
    public bool Knows(int database, out string? refusal)
    {
        refusal = null;
        // The first database is where every connection starts.
        if (database <= 0) return true;
        if (_select is null)
        {
            refusal = $"SELECT is disabled in the command-map, so there is no database {database}";
            return true;
        }
        if (Facts.Databases is > 0 and var databases && database >= databases)
        {
            refusal = $"ERR DB index is out of range: the server has no database {database}";
            return true;
        }
        if (!_selections.TryGetValue(database, out var selection)) return false;
        refusal = selection.Refusal;
        return selection.IsKnown;
    }

    /// <summary>Asks the server for a database, once; the owner learns the answer. The caller holds the gate.</summary>
    public void Ask(int database)
    {
        if (!_selections.TryAdd(database, default)) return;
        var question = new SelectMessage(this, database, isQuestion: true);
        AppendSelect(database, question);
        // Back again, so that nothing depends on the answer. Who may not select at all may not do that either, and need not.
        if (_database >= 0) AppendSelect(_database, new(this, _database, undone: question));
    }

    /// <summary>Remembers what the server has answered; the caller holds the gate.</summary>
    public void Learn(int database, string? refusal) => _selections[database] = new(IsKnown: true, refusal);

    /// <summary>Selects the database anew for the next command that needs one; the caller holds the gate.</summary>
    public void ForgetDatabase() => _database = -1;

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
                pending.Fail(new RedisConnectionException(
                    type, pending.Flags, $"{text}, command={pending.Command}", cause, CommandStatus.Sent));
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
        AppendSelect(database, new(this, database));
        _database = database;
    }

    private void AppendSelect(int database, SelectMessage message)
    {
        var digits = database.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _pending.Enqueue(message);
        _filling.Append([.. "*2\r\n"u8, .. _select!.Bulk, .. System.Text.Encoding.ASCII.GetBytes($"${digits.Length}\r\n{digits}\r\n")]);
    }

    private void Enqueue(IMessage message)
    {
        message.Sent(this);
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
                await _sending.WriteToAsync(_stream, _stop.Token).ConfigureAwait(false);
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
                var read = await reader.ReadAsync(_stop.Token).ConfigureAwait(false);
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
            await reader.CompleteAsync().ConfigureAwait(false);
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
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            message.Fail(new RedisConnectionException(
                ConnectionFailureType.ProtocolFailure, message.Flags, $"The reply to {message.Command} was not understood: {e.Message}", e, CommandStatus.Sent));
            // The reply was delimited before it was read, so the next one is still in its place.
            if (!IsMisread(e)) throw;
        }
        // A script whose hash the server does not know is sent again, and its reply is still to come.
        if (message.IsDone) message.Profile?.Completed();
    }

    private static bool IsMisread(Exception error) => error is RespException
        or InvalidCastException or OverflowException or FormatException or ArgumentException or IndexOutOfRangeException;

    /// <summary>What is known of a database.</summary>
    private readonly record struct Selection(bool IsKnown, string? Refusal);

    private sealed class SelectMessage(
        RedisConnection connection, int database, bool isQuestion = false, SelectMessage? undone = null) : IMessage
    {
        private bool _isRefused;

        public Command Command => Commands.Select;

        public CommandFlags Flags => CommandFlags.None;

        public long? Created => null;

        public bool IsDone => true;

        public Profiling.ProfiledCommand? Profile => null;

        public void Sent(RedisConnection connection) { }

        public void Complete(ref RespReader reader)
        {
            _isRefused = reader.IsError;
            if (isQuestion)
            {
                connection._owner.Selected(connection, database, _isRefused ? reader.Text() : null);
            }
            else if (_isRefused && undone is not { _isRefused: true })
            {
                // It was served before. The commands behind it were meant for it: end the connection before more of them follow.
                connection.Fail(ConnectionFailureType.ProtocolFailure, "The database could not be selected: " + reader.Text());
            }
        }

        public bool Fail(Exception exception) => false;

        public void Cancel() { }
    }
}
