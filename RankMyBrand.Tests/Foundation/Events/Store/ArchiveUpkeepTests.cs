using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using static RankMyBrand.Tests.Foundation.Events.ArchiveDatabases;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class ArchiveUpkeepTests(ArchiveDatabases databases) : IClassFixture<ArchiveDatabases>
{
    private readonly LogLines<ArchiveUpkeep> _log = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Run_WithRetention_RemovesWhatIsOlderAndNothingElse(ArchiveKind kind)
    {
        var stream = NewStream();
        var now = new DateTimeOffset(2026, 11, 21, 15, 0, 0, TimeSpan.Zero);
        await SaveAsync(kind, stream, now.AddDays(-400), count: 1);
        await SaveAsync(kind, stream, now.AddDays(-40), count: 12_000);
        await SaveAsync(kind, stream, now.AddDays(-30).AddMinutes(1), count: 50);
        await SaveAsync(kind, stream, now, count: 50);
        var upkeep = Create(kind, now, new() { Retention = TimeSpan.FromDays(30) });

        Assert.True(await upkeep.RunAsync(Token));

        Assert.Equal(100, await databases.CountAsync(kind, stream));
        Assert.Contains(_log.Lines, line => line.StartsWith("Removed ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Run_WithoutRetention_KeepsEverything(ArchiveKind kind)
    {
        var stream = NewStream();
        await SaveAsync(kind, stream, DateTimeOffset.UtcNow.AddDays(-2000), count: 10);

        Assert.True(await Create(kind, DateTimeOffset.UtcNow, new() { CompressAfter = null }).RunAsync(Token));

        Assert.Equal(10, await databases.CountAsync(kind, stream));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData(ArchiveKind.Hypertable)]
    [InlineData(ArchiveKind.Plain)]
    public async Task Run_ServerCannotCompress_WarnsOnce(ArchiveKind kind)
    {
        var upkeep = Create(kind, DateTimeOffset.UtcNow, new());

        await upkeep.RunAsync(Token);
        await upkeep.RunAsync(Token);

        Assert.Single(_log.Lines, line => line.Contains("stay uncompressed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WhileAnotherInstanceIsAtIt_LeavesItAlone()
    {
        var upkeep = Create(ArchiveKind.Plain, DateTimeOffset.UtcNow, new());
        await using var other = await databases[ArchiveKind.Plain].OpenConnectionAsync(Token);
        await using var block = new NpgsqlCommand("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE", other);
        await block.ExecuteNonQueryAsync(Token);
        var retaining = Create(ArchiveKind.Plain, DateTimeOffset.UtcNow, new() { Retention = TimeSpan.FromDays(30) });

        var first = retaining.RunAsync(Token);
        while (await IsWaitingAsync(other) is false)
            await Task.Delay(20, Token);
        Assert.False(await upkeep.RunAsync(Token));
        await using var release = new NpgsqlCommand("COMMIT", other);
        await release.ExecuteNonQueryAsync(Token);

        Assert.True(await first);
        Assert.True(await upkeep.RunAsync(Token));
    }

    [Fact]
    public async Task Run_ChunkIsInUse_GivesUpInsteadOfHoldingUpTheArchive()
    {
        var stream = NewStream();
        var created = DateTimeOffset.UtcNow.AddDays(-700);
        await SaveAsync(ArchiveKind.Hypertable, stream, created, count: 10);
        await using var reader = await databases[ArchiveKind.Hypertable].OpenConnectionAsync(Token);
        await using var read = new NpgsqlCommand("BEGIN; SELECT count(*) FROM events", reader);
        await read.ExecuteNonQueryAsync(Token);
        var upkeep = Create(ArchiveKind.Hypertable, DateTimeOffset.UtcNow, new() { Retention = TimeSpan.FromDays(600) });

        var failure = await Assert.ThrowsAsync<PostgresException>(() => upkeep.RunAsync(Token));

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, failure.SqlState);
        Assert.Equal(10, await databases.CountAsync(ArchiveKind.Hypertable, stream));
    }

    [Theory]
    [InlineData("Retention", "01:00:00")]
    [InlineData("Retention", "-30.00:00:00")]
    [InlineData("CompressAfter", "00:00:01")]
    [InlineData("UpkeepInterval", "00:00:00")]
    public async Task Settings_OutOfRange_StopTheStartByName(string setting, string value)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["ConnectionStrings:rankmybrand"] = "Host=127.0.0.1;Port=1";
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration[$"Events:Archive:{setting}"] = value;
        builder.AddEventArchive();
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Contains(setting, failure.Message, StringComparison.Ordinal);
    }

    private ArchiveUpkeep Create(ArchiveKind kind, DateTimeOffset now, EventArchiveOptions options) =>
        new(databases[kind], Options.Create(options), new ManualTimeProvider(now), _log);

    private async Task SaveAsync(ArchiveKind kind, string stream, DateTimeOffset createdAt, int count)
    {
        var events = Enumerable.Range(0, count).Select(_ => Deliver(NewEvent(createdAt: createdAt), stream));
        Assert.Equal(count, await new EventStore(databases[kind]).SaveAsync([.. events], Token));
    }

    private static async Task<bool> IsWaitingAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass)", connection);
        return await command.ExecuteScalarAsync(Token) is true;
    }
}
