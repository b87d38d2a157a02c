using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Words;

namespace RankMyBrand.Tests.Docs.Examples.FirstModule;

internal static class Example
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddEventHandler<CountWords, Answer>("ai.responses", "count-words", WordsJson.Default.Answer);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.RunAsync();
    }

    public static void AddTo(IDistributedApplicationBuilder builder, IResourceBuilder<RedisResource> redis)
    {
        builder.AddProject<Projects.RankMyBrand_Words>("words")
            .WithReference(redis).WaitFor(redis)
            .WithHttpHealthCheck("/health/ready");
    }
}
