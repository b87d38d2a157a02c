using System.Text.Json;
using System.Text.Json.Serialization;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Words;

internal sealed class CountWords(IEventBus bus) : IEventHandler<Answer>
{
    public async Task HandleAsync(Answer answer, Delivery delivery, CancellationToken cancellationToken)
    {
        var count = new WordCount(answer.Response.Split(' ').Length);
        var counted = delivery.Event.Derive("words.counted", count, WordsJson.Default.WordCount);
        await bus.PublishAsync("metrics.raw", counted, cancellationToken);
    }
}

internal sealed record Answer
{
    public required string Response { get; init; }
}

internal sealed record WordCount(int Words);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Answer))]
[JsonSerializable(typeof(WordCount))]
internal sealed partial class WordsJson : JsonSerializerContext;
