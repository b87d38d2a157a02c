using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.EventProcessor.Administration;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Administration;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Administration;

/// <summary>The administration over HTTP, with one group on one stream, against a Redis of its own.</summary>
internal sealed class AdministrationHost : IAsyncDisposable
{
    public const string Stream = "ai.responses";
    public const string Group = "counter";

    private readonly WebApplication _app;

    private AdministrationHost(WebApplication app, RedisServer redis, Recorder recorder, string database)
    {
        (_app, Redis, Recorder, Database) = (app, redis, recorder, database);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public RedisServer Redis { get; }

    public Recorder Recorder { get; }

    public string Database { get; }

    public HttpClient Client { get; }

    public DeadLetterBox Box => _app.Services.GetRequiredService<DeadLetterBox>();

    public static async Task<AdministrationHost> StartAsync(Servers servers)
    {
        var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        var recorder = new Recorder { Fails = delivery => delivery.Event.Type == "poison" };
        var database = await servers.CreateDatabaseAsync();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "tested" });
        Configure(builder, redis, database);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.AddEventArchive();
        builder.AddEventReplays();
        recorder.Subscribe(builder, Stream, Group);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapAdministration();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new AdministrationHost(app, redis, recorder, database);
    }

    /// <summary>Has a service, or a command, use this host's servers.</summary>
    public static void Configure(IHostApplicationBuilder builder, RedisServer redis, string database)
    {
        builder.Configuration["ConnectionStrings:redis"] = redis.EndPoint;
        builder.Configuration["ConnectionStrings:rankmybrand"] = database;
    }

    public async Task PublishAsync(params (string Type, string Data)[] events) => await _app.Services.GetRequiredService<IEventBus>().PublishAsync(
        Stream, [.. events.Select(e => new StreamEvent { Type = e.Type, Data = Encoding.UTF8.GetBytes(e.Data) })], TestContext.Current.CancellationToken);

    /// <summary>Publishes events that become dead letters, and returns these from the oldest on.</summary>
    public async Task<IReadOnlyList<DeadLetter>> PoisonAsync(int count)
    {
        var before = await Box.CountAsync(Stream, TestContext.Current.CancellationToken);
        for (var i = 0; i < count; i++)
        {
            await PublishAsync(("poison", $"{{\"n\":{i}}}"));
            var expected = before + i + 1;
            await Recorder.Until(async () => await Box.CountAsync(Stream, TestContext.Current.CancellationToken) == expected);
        }

        return (await Box.ListAsync(new DeadLetterFilter(Stream), ascending: true, 100, null, TestContext.Current.CancellationToken)).Items;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
