using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Tests.Gateway;

/// <summary>A backend to which one can connect, and which never says anything.</summary>
internal sealed class SilentBackend : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SilentBackend()
    {
        _listener.Start(512);
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    }

    public Uri Address { get; }

    public void Dispose() => _listener.Dispose();
}
