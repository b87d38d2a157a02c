using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Http2;

internal enum FrameType : byte
{
    Data, Headers, Priority, Reset, Settings, PushPromise, Ping, GoAway, WindowUpdate, Continuation,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0, EndStream = 1, Ack = EndStream, EndHeaders = 4, Padded = 8, Priority = 32,
}

internal readonly record struct Frame(FrameType Type, FrameFlags Flags, int Stream, byte[] Payload);

/// <summary>How a request has ended: a status with a body, or what the server has done to the stream or the connection.</summary>
internal sealed record Outcome(string What, string Body);

/// <summary>A client that writes HTTP/2 frames as they are (RFC 9113), over TLS with ALPN where the address is https.</summary>
internal sealed class Http2Client : IAsyncDisposable
{
    private const int MaxOutOfPatience = 60;
    private static readonly string[] s_errors =
    [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL",
        "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ];

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private Stream _stream = null!;

    /// <summary>Connects and says what both sides have to say first.</summary>
    public static async Task<Http2Client> ConnectAsync(Uri gateway)
    {
        var client = new Http2Client();
        client._patience.CancelAfter(TimeSpan.FromSeconds(MaxOutOfPatience));
        await client._client.ConnectAsync(gateway.Host, gateway.Port, client._patience.Token);
        client._stream = gateway.Scheme == Uri.UriSchemeHttps ? await client.SecureAsync() : client._client.GetStream();
        await client.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        // SETTINGS_HEADER_TABLE_SIZE = 0: responses refer to no table that this client would have to keep.
        await client.SendAsync(FrameType.Settings, FrameFlags.None, 0, 0, 1, 0, 0, 0, 0);
        return client;
    }

    /// <summary>Sends one frame.</summary>
    public Task SendAsync(FrameType type, FrameFlags flags, int stream, params byte[] payload) => WriteAsync(Encode(type, flags, stream, payload));

    /// <summary>Sends bytes that may be anything. What the server does about them is in what it answers.</summary>
    public async Task WriteAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, _patience.Token);
        }
        catch (IOException)
        {
            // It has closed before it had them all.
        }
    }

    /// <summary>One frame as bytes; its length field is that of the payload unless another is given.</summary>
    public static byte[] Encode(FrameType type, FrameFlags flags, int stream, byte[] payload, int? length = null)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (length ?? payload.Length) << 8);
        (frame[3], frame[4]) = ((byte)type, (byte)flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>The next frame; null when the server has closed.</summary>
    public async Task<Frame?> ReadAsync()
    {
        try
        {
            var head = new byte[9];
            await _stream.ReadExactlyAsync(head, _patience.Token);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
            await _stream.ReadExactlyAsync(payload, _patience.Token);
            return new Frame((FrameType)head[3], (FrameFlags)head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads until it is clear what has become of a stream.</summary>
    public async Task<Outcome> OutcomeAsync(int stream = 1)
    {
        var (status, body) = (0, new StringBuilder());
        while (await ReadAsync() is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Headers when frame.Stream == stream:
                    status = HeaderBlock.ReadStatus(frame.Payload);
                    break;
                case FrameType.Data when frame.Stream == stream:
                    body.Append(Encoding.UTF8.GetString(frame.Payload));
                    break;
                case FrameType.Reset when frame.Stream == stream && status == 0:
                    return new Outcome($"RST_STREAM {ErrorOf(frame.Payload)}", "");
                // The last message of a server that has nothing against the client is followed by what it still owes.
                case FrameType.GoAway when ErrorOf(frame.Payload.AsSpan(4)) is var error and not "NO_ERROR":
                    return new Outcome($"GOAWAY {error}", "");
            }

            if (frame.Stream == stream && frame.Type is FrameType.Headers or FrameType.Data && frame.Flags.HasFlag(FrameFlags.EndStream))
                return new Outcome($"{status}", body.ToString());
        }

        return new Outcome(status == 0 ? "closed" : $"{status} and closed", body.ToString());
    }

    private async Task<Stream> SecureAsync()
    {
        var tls = new SslStream(_client.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                // Of itself, since the certificate is the test's own.
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == Http2Fixture.Subject,
            },
            _patience.Token);
        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
        return tls;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
        _patience.Dispose();
    }

    public static string ErrorOf(ReadOnlySpan<byte> payload) => s_errors[BinaryPrimitives.ReadInt32BigEndian(payload)];
}
