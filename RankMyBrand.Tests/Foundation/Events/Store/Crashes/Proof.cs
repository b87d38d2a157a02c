using System.Text.Json;
using Npgsql;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>What must hold after any crash: nothing accepted is lost, nothing is stored twice, and each key's order is kept.</summary>
internal static class Proof
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Waits until the archive has dealt with the whole stream, then looks at the stream, the dead letters and the table.</summary>
    public static async Task AssertAllStoredOnceAsync(
        RedisServer redis, string postgres, IReadOnlyCollection<(Guid Id, string Key, int Number)> accepted)
    {
        await using var direct = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        await WaitUntilDrainedAsync(direct.GetDatabase());
        await AssertOrderInStreamAsync(direct.GetDatabase());
        var dead = await direct.GetDatabase().StreamRangeAsync($"{{{ArchivingService.Stream}}}:dead");
        Assert.Empty(dead.Select(entry => $"{entry["error_type"]}: {entry["error_message"]} ({entry["attempts"]})").Distinct());

        var stored = await ReadAsync(postgres);
        Assert.Empty(accepted.Select(@event => @event.Id).Except(stored.Select(row => row.Id)));
        Assert.Equal(stored.Count, stored.DistinctBy(row => (row.Key, row.Number)).Count());
        foreach (var key in stored.GroupBy(row => row.Key))
            Assert.Equal(key.Select(row => row.Number).Order(), key.Select(row => row.Number));
    }

    /// <summary>Waits until the archive holds no entry and has read all; whoever cannot be reached is asked again.</summary>
    public static async Task WaitUntilDrainedAsync(IDatabase redis)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        while (true)
        {
            var last = (await redis.StreamInfoAsync(ArchivingService.Stream)).LastGeneratedId;
            var groups = await redis.StreamGroupInfoAsync(ArchivingService.Stream);
            if (groups.Any(group => group.Name == "archive" && group.PendingMessageCount == 0 && group.LastDeliveredId == last))
                return;
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>A publish that was repeated may stand in the stream twice, but never behind what its publisher published later.</summary>
    private static async Task AssertOrderInStreamAsync(IDatabase redis)
    {
        var newest = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<(string, int)>();
        foreach (var entry in await redis.StreamRangeAsync(ArchivingService.Stream))
        {
            using var data = JsonDocument.Parse((ReadOnlyMemory<byte>)entry["data"]);
            var (key, number) = (data.RootElement.GetProperty("key").GetString()!, data.RootElement.GetProperty("n").GetInt32());
            if (!seen.Add((key, number)))
                continue;
            Assert.True(number > newest.GetValueOrDefault(key, -1), $"Event {number} of {key} stands behind event {newest.GetValueOrDefault(key)}.");
            newest[key] = number;
        }
    }

    private static async Task<IReadOnlyList<(Guid Id, string Key, int Number)>> ReadAsync(string postgres)
    {
        await using var database = NpgsqlDataSource.Create(postgres);
        await using var command = database.CreateCommand(
            "SELECT id, event_data->>'key', (event_data->>'n')::int FROM events WHERE stream_id = $1 ORDER BY created_at, id");
        command.Parameters.Add(new() { Value = ArchivingService.Stream });
        var rows = new List<(Guid, string, int)>();
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add((reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2)));
        return rows;
    }
}
