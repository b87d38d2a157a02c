using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Docs.Examples.EventHandlers;

internal sealed class Example
{
    public ConcurrentQueue<string> Greeted { get; } = [];

    public void AddFunction(IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddEventHandler("ai.responses", "greeter", async (Answer answer, Delivery delivery, CancellationToken cancellationToken) =>
        {
            await GreetAsync(answer.Platform, delivery.Event.Tenant, cancellationToken);
        }, AppJson.Default.Answer);
    }

    public static void AddClass(IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AnswerStore>();

        builder.AddEventHandler<KeepAnswers, Answer>("ai.responses", "keeper", AppJson.Default.Answer);
    }

    public static void AddBatches(IHostApplicationBuilder builder)
    {
        builder.AddEventHandler<CountAnswers>(["ai.responses"], "counter");
    }

    public void AddWithOptions(IHostApplicationBuilder builder)
    {
        Task greet(Answer answer, Delivery delivery, CancellationToken cancellationToken) =>
            GreetAsync(answer.Platform, delivery.Event.Tenant, cancellationToken);

        builder.AddEventHandler("ai.responses", "greeter", greet, AppJson.Default.Answer, options =>
        {
            options.Types.Add("response.received");
            options.Ordering = EventOrdering.ByKey;
            options.Concurrency = 8;
        });
    }

    private Task GreetAsync(string platform, string? tenant, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Greeted.Enqueue($"{platform} for {tenant}");
        return Task.CompletedTask;
    }
}

internal sealed class KeepAnswers(AnswerStore store) : IEventHandler<Answer>
{
    public Task HandleAsync(Answer answer, Delivery delivery, CancellationToken cancellationToken) =>
        store.AddAsync(delivery.Event.Id, answer.Platform, cancellationToken);
}

internal sealed class CountAnswers(AnswerStore store) : IEventHandler
{
    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var platforms = new List<string>(deliveries.Count);
        foreach (var delivery in deliveries)
        {
            if (delivery.TryRead(AppJson.Default.Answer, out var answer))
                platforms.Add(answer.Platform);
        }

        await store.CountAsync(platforms, cancellationToken);
    }
}

internal sealed record Answer(string Platform, string Response);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Answer))]
internal sealed partial class AppJson : JsonSerializerContext;

internal sealed class AnswerStore
{
    public ConcurrentDictionary<Guid, string> Kept { get; } = [];

    public ConcurrentQueue<string> Counted { get; } = [];

    public Task AddAsync(Guid id, string platform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Kept[id] = platform;
        return Task.CompletedTask;
    }

    public Task CountAsync(IEnumerable<string> platforms, CancellationToken cancellationToken)
    {
        foreach (var platform in platforms)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Counted.Enqueue(platform);
        }

        return Task.CompletedTask;
    }
}
