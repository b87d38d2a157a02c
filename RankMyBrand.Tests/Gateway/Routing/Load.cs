using System.Collections.Concurrent;
using System.Net;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Clients that ask without a pause, and what they got that was not 200.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _clients;
    private int _answered;

    public Load(HttpClient client, string path, int clients = 8, HttpMethod? method = null) =>
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(() => AskAsync(client, path, method ?? HttpMethod.Get)))];

    /// <summary>Requests that were answered well.</summary>
    public int Answered => Volatile.Read(ref _answered);

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Waits for that many further good answers.</summary>
    public async Task WaitForAsync(int answers)
    {
        var goal = Answered + answers;
        await RoutingHost.WaitUntilAsync(() => Task.FromResult(Answered >= goal || !Failures.IsEmpty), "enough requests are answered");
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(HttpClient client, string path, HttpMethod method)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(method, path);
                if (method == HttpMethod.Put)
                    request.Content = new StringContent("body");
                // Every request that was begun is counted, so none is cancelled.
                using var response = await client.SendAsync(request, CancellationToken.None);
                if (response.StatusCode == HttpStatusCode.OK)
                    Interlocked.Increment(ref _answered);
                else
                    Failures.Enqueue($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}");
            }
            catch (HttpRequestException e)
            {
                Failures.Enqueue(e.ToString());
            }
        }
    }
}
