using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Interop;

/// <summary>The Node event bus, which this one replaces, and this one on the same stream: real Node, real ioredis.</summary>
public sealed class NodeEventBusTests(Servers servers)
{
    private const string Stream = "ai.responses";

    private static readonly string[] s_data =
    [
        """{"platform":"gpt-4","response":"Hello"}""", """{"text":"Zürich 日本 😀 \"quoted\"\n"}""", "[1,2.5,-3e-7,null,true]", "\"a text\"", "0",
        """{"nested":{"deep":[{"er":[]}]}}""",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_OfNode_AreHandledAndArchived()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var events = Enumerable.Range(0, 25).Select(i => (Type: $"node.happened.{i}", Data: s_data[i % s_data.Length], CorrelationId: i % 2 == 0 ? $"c-{i}" : null)).ToArray();
        var json = new JsonArray([.. events.Select(e => new JsonArray(e.Type, JsonNode.Parse(e.Data), e.CorrelationId))]).ToJsonString();

        var published = (await NodePeer.RunAsync("publish.js", Cancellation, $"{redis.Port}", Stream, json)).Select(line => JsonNode.Parse(line)!).ToArray();

        var database = await servers.CreateDatabaseAsync();
        var seen = new Handled();
        await using var host = await EventBusHost.StartAsync(
            redis,
            builder =>
            {
                builder.Services.AddSingleton(seen);
                builder.AddEventHandler<Handled>([Stream], "interop");
                builder.AddEventArchive();
            },
            ("ConnectionStrings:rankmybrand", database));
        await seen.WaitAsync(events.Length);
        var rows = await RowsAsync(database, events.Length);

        Assert.Equal(events.Select(e => e.Type), seen.Events.Select(e => e.Type));
        for (var i = 0; i < events.Length; i++)
        {
            var (row, id) = (rows[events[i].Type], (string)published[i]["id"]!);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(events[i].Data), JsonNode.Parse(row.Data)), row.Data);
            Assert.Equal(events[i].CorrelationId ?? id, (string?)row.Metadata["correlationId"]);
            Assert.Equal((string?)published[i]["entryId"], (string?)row.Metadata["entryId"]);
            // Node's ids carry no time; the id that stands for it in the store is the one that handlers get.
            Assert.Equal(seen.Events[i].Id, row.Id);
            Assert.Equal(7, row.Id.Version);
        }
    }

    [Fact]
    public async Task Events_OfOurs_AreReadByNode()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);
        var events = Enumerable.Range(0, 25).Select(i => new StreamEvent
        {
            Type = $"our.happened.{i}",
            Data = Encoding.UTF8.GetBytes(s_data[i % s_data.Length]),
            CorrelationId = i % 2 == 0 ? $"c-{i}" : null,
            Tenant = "acme",
            Source = "tests",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        }).ToArray();
        await host.Bus.PublishAsync(Stream, events, Cancellation);

        var lines = await NodePeer.RunAsync("consume.js", Cancellation, $"{redis.Port}", Stream, "node-group", "25");

        var read = lines.Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(events.Select(e => e.Type), read.Select(line => (string)line["event_type"]!));
        for (var i = 0; i < events.Length; i++)
        {
            Assert.Equal(events[i].Id.ToString(), (string?)read[i]["event_id"]);
            Assert.Equal(events[i].CorrelationId ?? events[i].Id.ToString(), (string?)read[i]["correlation_id"]);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(events[i].Data.Span), read[i]["data"]));
            Assert.Equal(events[i].CreatedAt, DateTimeOffset.Parse((string)read[i]["timestamp"]!, CultureInfo.InvariantCulture));
            Assert.Equal(("acme", "tests"), ((string?)read[i]["tenant"], (string?)read[i]["source"]));
        }

        Assert.Equal(0, (await host.Redis.StreamPendingAsync(Stream, "node-group")).PendingMessageCount);
    }

    [Fact]
    public async Task Events_ThatANodeConsumerDiedWith_AreTakenOver()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var publisher = await EventBusHost.StartAsync(redis);
        await publisher.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 20).Select(i => new StreamEvent { Type = $"our.{i}", Data = "1"u8.ToArray() })], Cancellation);
        await NodePeer.RunAsync("consume.js", Cancellation, $"{redis.Port}", Stream, "shared", "10", "die");

        var seen = new Handled();
        await using var host = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(seen);
            builder.AddEventHandler<Handled>([Stream], "shared", options => options.ClaimAfter = TimeSpan.FromSeconds(1));
        });

        await seen.WaitAsync(20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"our.{i}").Order(), seen.Events.Select(e => e.Type).Distinct().Order());
    }

    private static async Task<Dictionary<string, (Guid Id, string Data, JsonNode Metadata)>> RowsAsync(string connectionString, int count)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var rows = new Dictionary<string, (Guid, string, JsonNode)>(StringComparer.Ordinal);
            await using var command = database.CreateCommand("SELECT event_type, id, event_data, metadata FROM events");
            await using (var reader = await command.ExecuteReaderAsync(timeout.Token))
            {
                while (await reader.ReadAsync(timeout.Token))
                    rows.Add(reader.GetString(0), (reader.GetGuid(1), reader.GetString(2), JsonNode.Parse(reader.GetString(3))!));
            }

            if (rows.Count >= count)
                return rows;
            await Task.Delay(50, timeout.Token);
        }
    }

    private sealed class Handled : IEventHandler
    {
        private readonly ConcurrentQueue<StreamEvent> _events = new();

        public IReadOnlyList<StreamEvent> Events => [.. _events];

        public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            foreach (var delivery in deliveries)
                _events.Enqueue(delivery.Event);
            return Task.CompletedTask;
        }

        public async Task WaitAsync(int count)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            timeout.CancelAfter(TimeSpan.FromSeconds(60));
            while (_events.Count < count)
                await Task.Delay(20, timeout.Token);
        }
    }
}
