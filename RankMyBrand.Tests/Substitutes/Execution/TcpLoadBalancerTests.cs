using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class TcpLoadBalancerTests : IAsyncDisposable
{
    private readonly int _port = Ports.Reserve();
    private readonly TcpLoadBalancer _balancer;
    private readonly List<TcpListener> _servers = [];

    public TcpLoadBalancerTests() => _balancer = new TcpLoadBalancer(_port);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _balancer.DisposeAsync();
        _servers.ForEach(server => server.Dispose());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Connection_LargeAmountsBothWays_ArriveUnchangedAfterAHalfClose(string address)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(5_000_000);
        // Answers only when the client has ended its half.
        TcpListener server = Serve(async stream =>
        {
            using MemoryStream all = new();
            await stream.CopyToAsync(all, Cancellation);
            await stream.WriteAsync(all.ToArray(), Cancellation);
        });
        Start(PortOf(server));
        using TcpClient client = new(address.Contains(':', StringComparison.Ordinal) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);
        await client.ConnectAsync(IPAddress.Parse(address), _port, Cancellation);

        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(sent, Cancellation);
        client.Client.Shutdown(SocketShutdown.Send);
        using MemoryStream received = new();
        await stream.CopyToAsync(received, Cancellation);

        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public async Task Connections_SeveralTargets_GoToAll()
    {
        Start([.. Enumerable.Range(0, 3).Select(number => PortOf(ServeText($"{number}")))]);

        List<Task<string>> answers = [];
        for (int connection = 0; connection < 9; connection++)
        {
            answers.Add(AskAsync());
        }

        Assert.Equal(["0", "1", "2"], (await Task.WhenAll(answers)).Distinct().Order());
    }

    [Fact]
    public async Task Connections_OneTargetRefuses_GoToTheOther()
    {
        Start(Ports.Reserve(), PortOf(ServeText("alive")));

        for (int connection = 0; connection < 6; connection++)
        {
            Assert.Equal("alive", await AskAsync());
        }
    }

    [Fact]
    public async Task SetTargets_WhileRunning_TakesEffectForNewConnections()
    {
        Start(PortOf(ServeText("old")));
        Assert.Equal("old", await AskAsync());

        _balancer.SetTargets([PortOf(ServeText("new"))]);

        Assert.Equal("new", await AskAsync());
    }

    [Fact]
    public async Task Connection_NoTarget_IsReset()
    {
        Start();

        Exception? broken = await Record.ExceptionAsync(AskAsync);

        Assert.True(broken is IOException or SocketException, $"A reset was expected, not {broken}.");
    }

    [Fact]
    public async Task Connection_TargetBreaksOff_IsReset()
    {
        TcpListener server = Serve(async stream =>
        {
            await stream.WriteAsync("half"u8.ToArray(), Cancellation);
            // Disposing the stream would say goodbye first.
            stream.Socket.Close(timeout: 0);
        });
        Start(PortOf(server));

        Exception? broken = await Record.ExceptionAsync(AskAsync);

        Assert.True(broken is IOException or SocketException, $"A reset was expected, not {broken}.");
    }

    [Fact]
    public void Start_PortTaken_Throws()
    {
        using TcpListener holder = new(IPAddress.Loopback, _port);
        holder.Start();

        SocketException taken = Assert.Throws<SocketException>(_balancer.Start);

        Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private void Start(params int[] targets)
    {
        _balancer.SetTargets(targets);
        _balancer.Start();
    }

    private TcpListener ServeText(string text) => Serve(async stream =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Cancellation);
        stream.Socket.Shutdown(SocketShutdown.Send);
        await stream.CopyToAsync(Stream.Null, Cancellation);
    });

    private TcpListener Serve(Func<NetworkStream, Task> handle)
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _servers.Add(listener);
        _ = AcceptAsync();
        return listener;

        async Task AcceptAsync()
        {
            while (true)
            {
                TcpClient client;
                try
                {
                    client = await listener.AcceptTcpClientAsync(Cancellation);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    return;
                }

                _ = HandleAsync(client);
            }
        }

        async Task HandleAsync(TcpClient client)
        {
            using (client)
            {
                await handle(client.GetStream());
            }
        }
    }

    private async Task<string> AskAsync()
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _port, Cancellation);
        using StreamReader reader = new(client.GetStream());
        return await reader.ReadToEndAsync(Cancellation);
    }
}
