using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RankMyBrand.Gateway.Hub;
using RankMyBrand.Tests.Gateway.Fuzz;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Gateway.Hub;

/// <summary>The hub under messages of any size, in frames and packets that are cut anywhere, and under frames that break the protocol.</summary>
public sealed class HubFramesTests(Servers servers)
{
    private const int Conversations = 200;
    private const byte End = 0x80;
    private const byte Text = 1;
    private const byte Close = 8;
    private const byte Ping = 9;
    private const byte Pong = 10;

    private static readonly byte[] s_handshake = Encoding.ASCII.GetBytes(
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_HoweverTheyAreCut_AreAnsweredInOrder_AndTheirFaultsByTheRightCode()
    {
        var (seed, only) = FuzzSeed.Read();
        await using var hub = await RunningHub.StartAsync(("ConnectionStrings:redis", await servers.GetRedisAsync()));

        for (var number = only ?? 0; number < (only + 1 ?? Conversations); number++)
        {
            var script = new Script(new Random(seed + number));
            var heard = await ConverseAsync(hub.Address, script, new Random(seed + number));
            Assert.True(
                heard.SequenceEqual(script.Answers),
                $"GATEWAY_FUZZ={seed},{number}\nexpected: {string.Join(' ', script.Answers)}\nheard: {string.Join(' ', heard)}");
        }

        await hub.WaitForConnectionsAsync(0);
    }

    /// <summary>Sends all of it in pieces of any size, and returns what is answered until the hub closes, pongs last.</summary>
    private static async Task<List<string>> ConverseAsync(Uri hub, Script script, Random random)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, hub.Port, Token);
        await using var stream = new NetworkStream(socket);
        var sending = SendAsync(stream, [.. s_handshake, .. script.Bytes], random);
        await using var answers = new BufferedStream(stream);
        var last = new byte[4];
        while (!last.AsSpan().SequenceEqual("\r\n\r\n"u8))
        {
            last.AsSpan(1).CopyTo(last);
            await answers.ReadExactlyAsync(last.AsMemory(3), Token);
        }

        var (heard, pongs) = (new List<string>(), new List<string>());
        try
        {
            int kind;
            do
            {
                (kind, var content) = await ReadFrameAsync(answers);
                if (kind == (End | Pong))
                    pongs.Add(Convert.ToHexString(content));
                else
                    heard.Add(Read(kind, content));
            }
            while (kind != (End | Close));

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            heard.Add("cut off");
        }

        await sending;
        return [.. heard, .. pongs];
    }

    private static string Read(int kind, byte[] content) => kind switch
    {
        End | Text => JsonDocument.Parse(content).RootElement.GetProperty("op").GetString()!,
        End | Close => $"{BinaryPrimitives.ReadUInt16BigEndian(content)}",
        _ => $"frame {kind:x}",
    };

    private static async Task SendAsync(NetworkStream stream, byte[] bytes, Random random)
    {
        int[] most = [10, 1000, 4096, 5000, 100_000];
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                var length = Math.Min(bytes.Length - sent, random.Next(most[random.Next(most.Length)]) + 1);
                await stream.WriteAsync(bytes.AsMemory(sent, length), Token);
                sent += length;
            }
        }
        catch (IOException)
        {
            // The hub has closed before all was sent; what it has said tells why.
        }
    }

    private static async Task<(int Kind, byte[] Content)> ReadFrameAsync(Stream stream)
    {
        var head = new byte[4];
        await stream.ReadExactlyAsync(head.AsMemory(0, 2), Token);
        int length = head[1];
        if (length == 126)
        {
            await stream.ReadExactlyAsync(head.AsMemory(2), Token);
            length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2));
        }

        var content = new byte[length];
        await stream.ReadExactlyAsync(content, Token);
        return (head[0], content);
    }

    /// <summary>What a client sends, and what it must be answered.</summary>
    private sealed class Script
    {
        private readonly Random _random;
        private readonly List<byte> _bytes = [];
        private readonly List<string> _answers = [];
        private readonly List<string> _pongs = [];

        public Script(Random random)
        {
            _random = random;
            for (var left = random.Next(20); left > 0; left--)
                AddMessage();
            AddEnd();
        }

        public byte[] Bytes => [.. _bytes];

        public IEnumerable<string> Answers => [.. _answers, .. _pongs];

        private void AddMessage()
        {
            int[] lengths = [0, 125, 126, HubRequest.MaxBytes - 1, HubRequest.MaxBytes, _random.Next(300), _random.Next(HubRequest.MaxBytes)];
            (string Text, string Answer)[] messages =
            [
                ("""{"op":"ping"}""", "pong"), ("""{"op":"unsubscribe","stream":"x"}""", "unsubscribed"), ("", "error"), ("é€𝄞", "error"),
                ("""{"op":"subscribe","stream":"\ud800"}""", "error"),
            ];
            var (text, answer) = messages[_random.Next(messages.Length)];
            var message = Encoding.UTF8.GetBytes(text);
            AddFragments([.. message, .. Enumerable.Repeat((byte)' ', Math.Max(0, lengths[_random.Next(lengths.Length)] - message.Length))]);
            _answers.Add(answer);
        }

        private void AddFragments(byte[] message)
        {
            byte kind = Text;
            for (var left = _random.Next(4); left > 0; left--, kind = 0)
            {
                var length = _random.Next(message.Length + 1);
                AddFrame(kind, message[..length]);
                message = message[length..];
                AddControl();
            }

            AddFrame((byte)(End | kind), message);
        }

        private void AddControl()
        {
            var content = new byte[_random.Next(126)];
            _random.NextBytes(content);
            var kind = _random.Next(3) == 0 ? Pong : Ping;
            AddFrame((byte)(End | kind), content);
            if (kind == Ping)
                _pongs.Add(Convert.ToHexString(content));
        }

        private void AddEnd()
        {
            (byte Kind, byte[] Content, int Code)[] ends =
            [
                (End | Close, [3, 232], 1000), (End | Close, [3, 237], 1002), (End | Close, [3], 1002), (Close, [3, 232], 1002),
                (End | Ping, new byte[126], 1002), (Ping, [], 1002), (End, [], 1002), (End | 3, [], 1002), (End | 0x40 | Text, [], 1002),
                (End | Text, [0xE2, 0x82], 1007), (Text, [0xFF], 1007), (End | Text, new byte[HubRequest.MaxBytes + 1], 1009),
            ];
            var (kind, content, code) = ends[_random.Next(ends.Length)];
            AddFrame(kind, content);
            _answers.Add($"{code}");
            // Of a protocol that is broken, nothing more is read; it must not keep the client from hearing so.
            if (code is 1002 or 1007 && (kind & 0xF) != Close)
                _bytes.AddRange(new byte[_random.Next(2) * _random.Next(20_000)]);
        }

        private void AddFrame(byte kind, byte[] content)
        {
            _bytes.Add(kind);
            if (content.Length < 126)
                _bytes.Add((byte)(0x80 | content.Length));
            else
                _bytes.AddRange([0xFE, (byte)(content.Length >> 8), (byte)content.Length]);
            var mask = new byte[4];
            _random.NextBytes(mask);
            _bytes.AddRange(mask);
            _bytes.AddRange(content.Select((one, i) => (byte)(one ^ mask[i % 4])));
        }
    }
}
