using System.Buffers;
using System.Net.Sockets;

namespace Aspire.Hosting.Execution;

/// <summary>Copies bytes between two connections, each direction on its own, so that either side may end its half first.</summary>
internal static class TcpRelay
{
    // A waiting connection holds a small buffer; one that fills it gets a large one for as long as it needs it.
    private const int SmallBuffer = 4 * 1024;
    private const int LargeBuffer = 64 * 1024;

    public static async Task RunAsync(Socket left, Socket right, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.Register(() => Abort(left, right));
        await Task.WhenAll(CopyAsync(left, right), CopyAsync(right, left));
    }

    private static async Task CopyAsync(Socket source, Socket destination)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        try
        {
            int count;
            while ((count = await source.ReceiveAsync(buffer, SocketFlags.None)) > 0)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await destination.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None);
                }

                buffer = Fit(buffer, count);
            }

            destination.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort(source, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Fit(byte[] buffer, int received)
    {
        int size = received == buffer.Length ? LargeBuffer : received < SmallBuffer ? SmallBuffer : buffer.Length;
        if (size == buffer.Length)
        {
            return buffer;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return ArrayPool<byte>.Shared.Rent(size);
    }

    // A reset, so that neither side takes a broken stream for a finished one; it also ends the other direction's wait.
    private static void Abort(Socket left, Socket right)
    {
        left.Close(timeout: 0);
        right.Close(timeout: 0);
    }
}
