using System.Text;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Tests.Docs.Examples.EventSourcing;

internal static class Example
{
    public const string HoldsTheFeedBack =
        """
        SELECT pid, now() - xact_start AS open_for, application_name, query FROM pg_stat_activity
        WHERE backend_xid IS NOT NULL ORDER BY age(backend_xid) DESC LIMIT 1;
        """;

    public static void AddTo(IHostApplicationBuilder builder)
    {
        builder.AddProblem<VersionConflictException>(conflict => Problem.Create(ProblemCode.Conflict, conflict.Message));
    }

    public static async Task RenameAsync(SourcedStreams streams, string tenant, string id, CancellationToken ct)
    {
        var stream = new StreamId(tenant, $"brand-{id}");
        var state = new Brand();
        var version = 0L;
        if (await streams.LoadSnapshotAsync(stream, Brand.Schema, ct) is { } snapshot)
            (state, version) = (Brand.Restore(snapshot.Data), snapshot.Version);
        await foreach (var item in streams.ReadAsync(stream, version + 1, ct))
            (state, version) = (state.Apply(item.Event), item.Version);

        await streams.AppendAsync(stream, ExpectedVersion.Exactly(version), state.Rename("Acme"), ct);
    }

    public static async Task AppendAndPublishAsync(
        NpgsqlConnection connection, SourcedStreams streams, Outbox outbox, StreamId stream, long version, StreamEvent[] events,
        CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await streams.AppendAsync(transaction, stream, ExpectedVersion.Exactly(version), events, ct);
        await outbox.AddAsync(transaction, "actions.recommended", events, ct);
        await transaction.CommitAsync(ct);
    }
}

internal sealed class ChargeOnce(NpgsqlDataSource database, Inbox inbox) : IEventHandler
{
    public List<Guid> Charged { get; } = [];

    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var delivery in await inbox.BeginAsync(transaction, "billing", deliveries, ct))
            await ChargeAsync(transaction, delivery.Event, ct);
        await transaction.CommitAsync(ct);
    }

    private async Task ChargeAsync(NpgsqlTransaction transaction, StreamEvent @event, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("SELECT 1", transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync(ct);
        Charged.Add(@event.Id);
    }
}

internal sealed record Brand(string Name = "")
{
    public const int Schema = 1;

    public static Brand Restore(ReadOnlyMemory<byte> data) => new(Encoding.UTF8.GetString(data.Span));

    public Brand Apply(StreamEvent @event) => this with { Name = Encoding.UTF8.GetString(@event.Data.Span).Trim('"') };

    public StreamEvent[] Rename(string name) =>
        name == Name ? [] : [new() { Type = "brand.renamed", Data = Encoding.UTF8.GetBytes($"\"{name}\"") }];
}
