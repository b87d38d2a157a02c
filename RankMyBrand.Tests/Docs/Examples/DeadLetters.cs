using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Docs.Examples.DeadLetters;

internal static class Example
{
    public static void AddTo(IHostApplicationBuilder builder)
    {
        builder.AddEventHandler<ScoreAnswers, Answer>("ai.responses", "scores", configure: options =>
            options.StartFrom = StartFrom.Store());
    }
}

internal sealed record Answer(string Platform, string Response);

internal sealed class ScoreAnswers : IEventHandler<Answer>
{
    public Task HandleAsync(Answer answer, Delivery delivery, CancellationToken cancellationToken) => Task.CompletedTask;
}
