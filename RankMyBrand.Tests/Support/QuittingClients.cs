using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Support;

/// <summary>Clients that send a request and go away as soon as there is an answer.</summary>
internal static class QuittingClients
{
    /// <summary>How many requests <see cref="SendAsync"/> sends.</summary>
    public const int Requests = Clients * RequestsEach;

    private const int Clients = 16;
    private const int RequestsEach = 300;

    /// <summary>Sends all, each over a connection of its own.</summary>
    public static Task SendAsync(Uri server, string request, CancellationToken cancellationToken)
    {
        var bytes = Encoding.Latin1.GetBytes(request);
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            // All of it: what is left would make a reset of the end.
            var answer = new byte[4096];
            for (var i = 0; i < RequestsEach; i++)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, server.Port, cancellationToken);
                await socket.SendAsync(bytes, cancellationToken);
                await socket.ReceiveAsync(answer, cancellationToken);
            }
        }));
    }
}
