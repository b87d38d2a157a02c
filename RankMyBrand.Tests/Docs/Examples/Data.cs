using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Docs.Examples.Data;

internal static class Example
{
    public static void AddTo(IHostApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddMigrations(typeof(WordCounts).Assembly);
        builder.Services.AddSingleton<WordCounts>();
    }
}

internal sealed class WordCounts(NpgsqlDataSource database)
{
    public async Task SaveAsync(StreamEvent answer, int words, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("INSERT INTO word_counts VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        command.Parameters.Add(new() { Value = answer.Id });
        command.Parameters.Add(new() { Value = answer.CreatedAt });
        command.Parameters.Add(new() { Value = words });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
