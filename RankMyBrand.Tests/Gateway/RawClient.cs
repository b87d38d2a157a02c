using System.Net.Sockets;
using System.Text;

namespace RankMyBrand.Tests.Gateway;

/// <summary>A client that sends bytes as they are.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private RawReader _reader = null!;

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var client = new RawClient();
        await client._client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        client._reader = new RawReader(client._client.GetStream());
        return client;
    }

    /// <summary>Sends one request on a connection of its own and returns everything that is answered until the server closes.</summary>
    public static async Task<IReadOnlyList<string>> AnswersAsync(Uri address, string request)
    {
        await using var client = await ConnectAsync(address);
        await client.SendAsync(request);
        var answers = new List<string>();
        while (await client.ReadAsync() is { } answer)
            answers.Add(answer);
        return answers;
    }

    /// <summary>Sends text as Latin-1: one byte a character.</summary>
    public async Task SendAsync(string text)
    {
        try
        {
            await _client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // The server has refused it before it was all sent; the answer tells.
        }
    }

    /// <summary>Sends nothing more, but still reads.</summary>
    public void End() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Goes without a goodbye: the server gets a reset.</summary>
    public void Reset() => _client.Client.Close(0);

    /// <summary>The next answer; null when the server has closed.</summary>
    public async Task<string?> ReadAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            return await _reader.ReadMessageAsync(patience.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
