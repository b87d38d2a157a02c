using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A fresh, migrated database with the event-sourced streams in it.</summary>
public sealed class SourcingDatabase(Servers servers) : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public NpgsqlDataSource Database { get; private set; } = null!;

    public SourcedStreams Streams { get; private set; } = null!;

    public static StreamEvent NewEvent(string data = "{}", Guid? id = null) =>
        new() { Id = id ?? UuidV7.Next(), Type = "brand.renamed", Data = Encoding.UTF8.GetBytes(data) };

    public static StreamEvent[] NewEvents(int count) => [.. Enumerable.Range(1, count).Select(number => NewEvent($$"""{"n":{{number}}}"""))];

    public async ValueTask InitializeAsync()
    {
        Database = NpgsqlDataSource.Create(await servers.CreateDatabaseAsync());
        Streams = new SourcedStreams(Database, _services.GetRequiredService<IMeterFactory>());
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _services.DisposeAsync();
    }
}
