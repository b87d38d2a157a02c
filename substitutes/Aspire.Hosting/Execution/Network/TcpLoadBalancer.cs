using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Execution;

/// <summary>
/// Listens on a fixed port of both loopback addresses and passes each connection to the live target with the fewest connections.
/// Targets may come and go while it runs; connections that exist stay with theirs.
/// </summary>
internal sealed class TcpLoadBalancer(int port) : IAsyncDisposable
{
    private const int Backlog = 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _acceptors = [];
    private TargetPort[] _targets = [];
    private int _turn;

    /// <summary>Replaces the target ports; a port that stays keeps its count of connections.</summary>
    public void SetTargets(IReadOnlyList<int> ports)
    {
        TargetPort[] current = Volatile.Read(ref _targets);
        Volatile.Write(ref _targets, [.. ports.Select(target => Array.Find(current, known => known.Port == target) ?? new TargetPort(target))]);
    }

    /// <exception cref="SocketException">The port is taken.</exception>
    public void Start()
    {
        try
        {
            Listen(IPAddress.Loopback);
            if (Socket.OSSupportsIPv6)
            {
                Listen(IPAddress.IPv6Loopback);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable && _listeners.Count > 0)
        {
            // The machine has IPv6 but no ::1; 127.0.0.1 is enough.
        }
        catch (SocketException)
        {
            CloseListeners();
            throw;
        }

        _acceptors.AddRange(_listeners.Select(AcceptAsync));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        CloseListeners();
        await Task.WhenAll(_acceptors);
        _stop.Dispose();
    }

    private void Listen(IPAddress address)
    {
        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listeners.Add(listener);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(Backlog);
    }

    private void CloseListeners() => _listeners.ForEach(listener => listener.Dispose());

    private async Task AcceptAsync(Socket listener)
    {
        List<Task> connections = [];
        int pruneAt = Backlog;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                connections.Add(ServeAsync(await listener.AcceptAsync(_stop.Token)));
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // The client gave up before it was accepted, or file handles have run out for a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                break;
            }

            if (connections.Count >= pruneAt)
            {
                connections.RemoveAll(connection => connection.IsCompleted);
                pruneAt = Math.Max(Backlog, connections.Count * 2);
            }
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            client.NoDelay = true;
            if (await ConnectAsync() is not var (target, server))
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0); // a reset tells the client at once that nobody serves
                return;
            }

            try
            {
                await TcpRelay.RunAsync(client, server, _stop.Token);
            }
            finally
            {
                server.Dispose();
                Interlocked.Decrement(ref target.Connections);
            }
        }
    }

    private async Task<(TargetPort Target, Socket Server)?> ConnectAsync()
    {
        TargetPort[] targets = Volatile.Read(ref _targets);
        int turn = Interlocked.Increment(ref _turn) & int.MaxValue;
        IEnumerable<TargetPort> candidates = targets.Length < 2
            ? targets
            : Enumerable.Range(0, targets.Length).Select(offset => targets[(turn + offset) % targets.Length])
                .OrderBy(target => Volatile.Read(ref target.Connections)).ToArray();

        foreach (TargetPort target in candidates)
        {
            // Counted before it is connected, or a burst would go to one target.
            Interlocked.Increment(ref target.Connections);
            if ((await DialAsync(IPAddress.Loopback, target.Port) ?? await DialAsync(IPAddress.IPv6Loopback, target.Port)) is { } server)
            {
                return (target, server);
            }

            Interlocked.Decrement(ref target.Connections);
        }

        return null;
    }

    private async Task<Socket?> DialAsync(IPAddress address, int targetPort)
    {
        Socket socket;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        }
        catch (SocketException)
        {
            return null;
        }

        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, targetPort), _stop.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    private sealed class TargetPort(int port)
    {
        public int Connections;

        public int Port { get; } = port;
    }
}
