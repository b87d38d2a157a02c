using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace RankMyBrand.Gateway.Connections;

/// <summary>
/// Lets a request that has switched protocols leave its connection to somebody else, and end. What the server and the pipeline hold for a
/// request is many times what an idle connection needs, and would be held as long as the WebSocket lasts. A feature of every connection.
/// </summary>
internal sealed class Handover : IConnectionHeartbeatFeature, IDisposable
{
    private static readonly TimeSpan s_drainTime = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _closed = new();
    private readonly ConnectionContext _connection;
    private readonly CancellationToken _end;
    private readonly CancellationTokenRegistration _ending;
    private volatile bool _isBeginning;
    private Action? _beat;
    private Func<ConnectionContext, Task>? _heir;
    private IDisposable? _kept;

    public Handover(ConnectionContext connection)
    {
        (_connection, _end) = (connection, connection.ConnectionClosed);
        connection.ConnectionClosed = _closed.Token;
        _ending = _end.UnsafeRegister(static handover => ((Handover)handover!).TellEnd(), this);
        connection.Features.Get<IConnectionHeartbeatFeature>()!.OnHeartbeat(static handover => ((Handover)handover).Beat(), this);
        connection.Features.Set<IConnectionHeartbeatFeature>(this);
        connection.Features.Set(this);
    }

    /// <summary>
    /// Null where a request cannot leave its connection: HTTP/2 shares it with others, and what comes through TLS is readable only inside.
    /// </summary>
    public static Handover? Of(HttpContext http) =>
        HttpProtocol.IsHttp11(http.Request.Protocol) && http.Features.Get<ITlsConnectionFeature>() is null ? http.Features.Get<Handover>() : null;

    /// <summary>
    /// To be called before the client is told that protocols have switched: if it then sends all it has and ends its half before the request
    /// has ended, it is still listening. The server would take it for gone, and close the connection.
    /// </summary>
    public void Begin() => _isBeginning = true;

    /// <summary>Protocols have not switched.</summary>
    public void GiveUp()
    {
        _isBeginning = false;
        if (_end.IsCancellationRequested)
            TellEnd();
    }

    /// <summary>Names who serves the connection once the request, which must have switched protocols, has ended.</summary>
    public void To(Func<ConnectionContext, Task> heir) => _heir = heir;

    /// <summary>Disposes something when the connection ends; false when it is not handed over, so that its request has to.</summary>
    public bool TryKeep(IDisposable kept)
    {
        if (_heir is null)
            return false;
        _kept = kept;
        return true;
    }

    /// <summary>Serves the connection after its last request.</summary>
    public async Task CompleteAsync()
    {
        if (_heir is not { } heir)
            return;
        // The server's own handler, which would keep the request's objects.
        (_heir, _beat) = (null, null);
        try
        {
            await heir(_connection);
        }
        finally
        {
            _kept?.Dispose();
            CloseWithin(s_drainTime);
        }
    }

    public void Dispose()
    {
        _ending.Dispose();
        _connection.ConnectionClosed = _end;
        _closed.Dispose();
    }

    /// <summary>The server keeps every handler as long as the connection, so it gets one that can be emptied.</summary>
    public void OnHeartbeat(Action<object> action, object state) => _beat += () => action(state);

    private void TellEnd()
    {
        if (!_isBeginning)
            _closed.Cancel();
    }

    private void Beat() => Volatile.Read(ref _beat)?.Invoke();

    // What was sent last is still on its way when the connection closes. A client that does not take it must not keep the connection.
    private void CloseWithin(TimeSpan time)
    {
        var end = Environment.TickCount64 + (long)time.TotalMilliseconds;
        Volatile.Write(ref _beat, () =>
        {
            if (Environment.TickCount64 > end)
                _connection.Abort();
        });
    }
}
