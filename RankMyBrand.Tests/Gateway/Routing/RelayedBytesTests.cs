using System.Net;
using System.Net.Sockets;
using System.Text;
using RankMyBrand.Tests.Gateway.Fuzz;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>After protocols have switched, what goes in on one side comes out on the other, byte for byte.</summary>
public sealed class RelayedBytesTests(Gateways gateways) : IDisposable
{
    private const int Conversations = 150;
    private static readonly byte[] s_switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"u8.ToArray();
    private static readonly byte[] s_request = Encoding.ASCII.GetBytes(
        $"GET /echo/x HTTP/1.1\r\nHost: a\r\nX-API-Key: {GatewayHost.Key}\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");

    private readonly TcpListener _services = new(IPAddress.Loopback, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Bytes_HoweverTheyAreCut_PassBothWaysAsTheyAre()
    {
        var (seed, only) = FuzzSeed.Read();
        await using var gateway = await StartAsync();

        for (var number = only ?? 0; number < (only + 1 ?? Conversations); number++)
        {
            var random = new Random(seed + number);
            var (up, down) = (Bytes(random), Bytes(random));
            var cuts = (Up: new Random(random.Next()), Down: new Random(random.Next()));
            using var client = await ConnectAsync(gateway);

            // Some of the client's bytes come together with its request.
            var early = random.Next(Math.Min(up.Length, 10_000) + 1);
            await client.WriteAsync((byte[])[.. s_request, .. up[..early]], Token);
            using var service = await AcceptAsync();
            var serving = Task.WhenAll(SendAsync(service, [.. s_switching, .. down], cuts.Down), ReadToEndAsync(service));
            await ReadHeadAsync(client);
            var answered = ReadToEndAsync(client);
            await SendAsync(client, up[early..], cuts.Up);
            client.Socket.Shutdown(SocketShutdown.Send);
            var arrived = (await serving)[1];
            service.Close();

            Assert.True(arrived.SequenceEqual(up), $"GATEWAY_FUZZ={seed},{number}: {arrived.Length} of the client's {up.Length} bytes arrived as they were.");
            var answer = await answered;
            Assert.True(answer.SequenceEqual(down), $"GATEWAY_FUZZ={seed},{number}: {answer.Length} of the service's {down.Length} bytes arrived as they were.");
        }
    }

    [Fact]
    public async Task Service_ThatIsGone_HasSaidWhatItHasSaid()
    {
        await using var gateway = await StartAsync();
        using var client = await ConnectAsync(gateway);
        var (up, down) = (new byte[10_000], new byte[30_000]);
        new Random(1).NextBytes(down);
        await client.WriteAsync((byte[])[.. s_request, .. up], Token);

        using (var service = await AcceptAsync())
        {
            await service.WriteAsync((byte[])[.. s_switching, .. down], Token);
            // Without a goodbye: what is then sent to it fails.
            service.Socket.Close(0);
        }

        await ReadHeadAsync(client);
        Assert.Equal(down, await ReadToEndAsync(client));
    }

    private async Task<GatewayHost> StartAsync()
    {
        _services.Start();
        return await gateways.StartAsync(new Uri($"http://{_services.LocalEndpoint}"), log: null);
    }

    private static byte[] Bytes(Random random)
    {
        int[] lengths = [0, 1, 4096, 4097, 65_536, random.Next(10_000), random.Next(500_000)];
        var bytes = new byte[lengths[random.Next(lengths.Length)]];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task<NetworkStream> ConnectAsync(GatewayHost gateway)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port, Token);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The next connection that the gateway makes, after the head of its request.</summary>
    private async Task<NetworkStream> AcceptAsync()
    {
        var service = new NetworkStream(await _services.AcceptSocketAsync(Token), ownsSocket: true);
        service.Socket.NoDelay = true;
        await ReadHeadAsync(service);
        return service;
    }

    private static async Task ReadHeadAsync(NetworkStream stream)
    {
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, Token);
            head.Append((char)one[0]);
        }
    }

    private static async Task<byte[]> SendAsync(NetworkStream stream, byte[] bytes, Random random)
    {
        int[] most = [1, 100, 4096, 5000, 65_536, 1_000_000];
        for (var sent = 0; sent < bytes.Length;)
        {
            // Of what is much, few small pieces.
            var length = Math.Min(bytes.Length - sent, Math.Max(random.Next(most[random.Next(most.Length)]) + 1, bytes.Length / 200));
            await stream.WriteAsync(bytes.AsMemory(sent, length), Token);
            sent += length;
            if (random.Next(20) == 0)
                await Task.Yield();
        }

        return bytes;
    }

    private static async Task<byte[]> ReadToEndAsync(NetworkStream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Token);
        return all.ToArray();
    }
}
