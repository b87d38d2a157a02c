using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Docs.Examples.Events;

internal sealed class Example
{
    public ConcurrentQueue<string> Greeted { get; } = [];

    public void AddTo(IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddEventHandler("ai.responses", "greeter", (Answer answer, Delivery delivery, CancellationToken cancellationToken) =>
            GreetAsync(answer.Platform, cancellationToken));
    }

    public static async Task<IReadOnlyList<PublishResult>> PublishAsync(
        IEventBus bus, ReadOnlyMemory<byte> utf8Json, Answer answer, IReadOnlyList<StreamEvent> events)
    {
        await bus.PublishAsync("ai.responses", new StreamEvent { Type = "response.received", Data = utf8Json });  // JSON as it is
        await bus.PublishAsync("ai.responses", "response.received", answer, AnswerJson.Default.Answer);           // source-generated
        var results = await bus.PublishAsync("ai.responses", events);                                             // one result for each

        return results;
    }

    private Task GreetAsync(string platform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Greeted.Enqueue(platform);
        return Task.CompletedTask;
    }
}

internal sealed record Answer(string Platform, string Response);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Answer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
