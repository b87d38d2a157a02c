using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>
/// Events as they come: as server-sent events, or over a WebSocket where the request asks for one. Both resume: SSE by Last-Event-ID,
/// both by <c>?after=ENTRY-ID</c>.
/// </summary>
internal static class LiveEventsApi
{
    public static void MapLiveEvents(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/events/{stream}/live", Follow).WithTags("Events").DescribeFollow();

    private static async Task<IResult> Follow(
        string stream, HttpContext http, LiveEvents live, IOptions<EventsOptions> options, IHostApplicationLifetime host,
        string? after = null, string? type = null)
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
            return TypedResults.ServerSentEvents(ToSseItems(stream, events, ended.Token));

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await SendAsync(socket, stream, events, ended);
        return Results.Empty;
    }

    /// <summary>
    /// A client that goes, a host that stops and a listener that is too slow all end the events; none is an error of the service.
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
        catch (Exception e) when (e is OperationCanceledException or ListenerTooSlowException or ChannelClosedException)
        {
            return false;
        }
    }

    private static async IAsyncEnumerable<SseItem<JsonElement>> ToSseItems(
        string stream, IAsyncEnumerable<LiveEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var live in events.WithCancellation(cancellationToken))
        {
            using var item = JsonDocument.Parse(LiveEventJson.Write(stream, live));
            yield return new SseItem<JsonElement>(item.RootElement, live.Event.Type) { EventId = live.EntryId };
        }
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
