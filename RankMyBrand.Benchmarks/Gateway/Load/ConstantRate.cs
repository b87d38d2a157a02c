using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Benchmarks.Gateway.Load;

/// <summary>
/// Sends requests at a constant rate whatever the server does, and counts each one's time from when it was due. A server that stops for
/// a moment so pays for all requests that were due meanwhile, not for one (no coordinated omission).
/// </summary>
internal sealed class ConstantRate(Uri address, string apiKey, int perSecond)
{
    // Few enough that they seldom run at the same time, enough that one late answer makes no other request late.
    private const int Connections = 16;

    private readonly byte[] _request = Encoding.ASCII.GetBytes(
        $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nX-API-Key: {apiKey}\r\n\r\n");

    /// <summary>Sends for some time and returns every request's latency, shortest first.</summary>
    public TimeSpan[] Run(TimeSpan duration)
    {
        var each = (int)(perSecond * duration.TotalSeconds / Connections);
        var latencies = new TimeSpan[Connections * each];
        var failures = new Exception?[Connections];
        var start = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 20;
        var threads = Enumerable.Range(0, Connections).Select(index => new Thread(() =>
        {
            try
            {
                Send(start, index, latencies.AsSpan(index * each, each));
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                failures[index] = e;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (Array.Find(failures, failure => failure is not null) is { } failure)
            throw new InvalidOperationException($"A request to {address} failed: {failure.Message}", failure);
        Array.Sort(latencies);
        return latencies;
    }

    private void Send(long start, int index, Span<TimeSpan> latencies)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, address.Port);
        var buffer = new byte[4096];
        for (var i = 0; i < latencies.Length; i++)
        {
            var due = start + (((long)i * Connections) + index) * Stopwatch.Frequency / perSecond;
            PreciseTimer.WaitUntil(due);
            socket.Send(_request);
            Receive(socket, buffer);
            latencies[i] = Stopwatch.GetElapsedTime(due);
        }
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        var (length, end) = (0, -1);
        while (end < 0 || length < end)
        {
            var read = socket.Receive(buffer.AsSpan(length));
            length += read;
            if (read == 0)
                throw new InvalidDataException("The server has closed the connection.");
            if (end < 0)
                end = EndOf(buffer.AsSpan(0, length));
        }
    }

    /// <summary>Where the answer ends; -1 while that is not known.</summary>
    private static int EndOf(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return -1;
        var length = answer[..head].IndexOf("\r\nContent-Length: "u8);
        if (!answer.StartsWith("HTTP/1.1 200 "u8) || length < 0)
            throw new InvalidDataException($"Unexpected answer: {Encoding.Latin1.GetString(answer)}");
        var digits = answer[(length + "\r\nContent-Length: ".Length)..];
        return head + 4 + int.Parse(digits[..digits.IndexOfAny("\r "u8)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
