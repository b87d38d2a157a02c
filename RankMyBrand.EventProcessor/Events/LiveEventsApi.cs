using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;
using StackExchange.Redis;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>
/// Events as they come: as server-sent events, or over a WebSocket where the request asks for one. Both resume: SSE by Last-Event-ID,
/// both by <c>?after=ENTRY-ID</c>.
/// </summary>
internal static class LiveEventsApi
{
    /// <summary>The longest silence of server-sent events.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);

    public static void MapLiveEvents(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/events/{stream}/live", Follow).WithTags("Events").DescribeFollow();

    private static async Task<IResult> Follow(
        string stream, HttpContext http, LiveEvents live, IOptions<EventsOptions> options, IHostApplicationLifetime host,
        TimeProvider time, string? after = null, string? type = null)
    {
        if (options.Value.Refuse(stream) is { } unknown)
            return Refusal.Of(unknown);
        var last = after ?? (http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : null);
        if (last is not null && !live.IsPlace(stream, last))
        {
            return Problem.Create(
                ProblemCode.Validation,
                $"'{last}' is not a place in a stream; use the id of the last event that you got, such as 1763683200000-0.");
        }

        var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        http.Response.RegisterForDispose(ended);
        var listener = await live.ListenAsync(
            new LiveTopic(stream) { After = last, Tenant = EventContext.Of(http).Tenant, Type = type }, ended.Token);
        http.Response.RegisterForDispose(listener);
        var events = UntilEnded(listener.ReadAllAsync(ended.Token), ended.Token);
        if (!http.WebSockets.IsWebSocketRequest)
            return TypedResults.ServerSentEvents(ToSseItems(http.Response, stream, events, time, ended.Token));

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await SendAsync(socket, stream, events, ended);
        return Results.Empty;
    }

    /// <summary>
    /// A client that goes, a host that stops, a listener that is too slow and a past that cannot be read, for Redis is away, all end the
    /// events; none is an error of the service.
    /// </summary>
    private static async IAsyncEnumerable<LiveEvent> UntilEnded(
        IAsyncEnumerable<LiveEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumerator = events.GetAsyncEnumerator(cancellationToken);
        await using var _ = enumerator.ConfigureAwait(false);
        while (await MoveNextAsync(enumerator))
            yield return enumerator.Current;
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<LiveEvent> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or ListenerTooSlowException or ChannelClosedException
            or RedisException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// The events, and comments: one at the beginning, with which the headers go out, and one whenever nothing else was said for a while.
    /// Whoever stands in between gives up on an answer that does not begin, and ends one that is silent.
    /// </summary>
    private static async IAsyncEnumerable<SseItem<byte[]>> ToSseItems(
        HttpResponse response, string stream, IAsyncEnumerable<LiveEvent> events, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumerator = events.GetAsyncEnumerator(cancellationToken);
        await using var _ = enumerator.ConfigureAwait(false);
        await CommentAsync(response);
        while (true)
        {
            var next = enumerator.MoveNextAsync().AsTask();
            while (!await EndsSoonAsync(next, time))
                await CommentAsync(response);
            if (!await next)
                yield break;
            var (live, data) = (enumerator.Current, LiveEventJson.Write(stream, enumerator.Current).ToArray());
            // Within JSON line breaks are white space: an event is one line of data.
            data.AsSpan().Replace((byte)'\n', (byte)' ');
            data.AsSpan().Replace((byte)'\r', (byte)' ');
            yield return new SseItem<byte[]>(data, live.Event.Type.ReplaceLineEndings(" ")) { EventId = live.EntryId };
        }
    }

    private static async Task<bool> EndsSoonAsync(Task task, TimeProvider time)
    {
        await task.WaitAsync(s_silence, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    /// <summary>A client that has gone makes no trouble here: the events end, too.</summary>
    private static async Task CommentAsync(HttpResponse response)
    {
        await response.Body.WriteAsync(":\n\n"u8.ToArray(), CancellationToken.None);
        await response.Body.FlushAsync(CancellationToken.None);
    }

    private static async Task SendAsync(WebSocket socket, string stream, IAsyncEnumerable<LiveEvent> events, CancellationTokenSource ended)
    {
        var closed = CloseWhenAskedAsync(socket, ended);
        await foreach (var live in events)
            await socket.SendAsync(LiveEventJson.Write(stream, live), WebSocketMessageType.Text, endOfMessage: true, ended.Token);
        if (socket.State is WebSocketState.Open)
        {
            await socket.CloseOutputAsync(
                WebSocketCloseStatus.EndpointUnavailable, "The stream has ended; resume after the last event.", CancellationToken.None);
        }
        else if (socket.State is WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        await closed;
    }

    private static async Task CloseWhenAskedAsync(WebSocket socket, CancellationTokenSource ended)
    {
        var buffer = new byte[512];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), ended.Token)).MessageType is not WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
        }

        await ended.CancelAsync();
    }
}
