using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Npgsql;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Platform;

/// <summary>
/// Processes are killed with SIGKILL while events flow. Every accepted event must be in the store exactly once, and the platform must
/// accept events again without anybody's help.
/// </summary>
[Collection(PlatformFixture.Collection)]
public sealed class CrashTests(PlatformFixture platform)
{
    private const int BatchSize = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("event-processor")]
    public async Task Kill_WhileEventsFlow_LosesNoneAndStoresNoneTwice(string victim)
    {
        var app = await platform.StartAsync();
        using var client = await platform.CreateClientAsync();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(s_patience);
        var target = await FindAsync(victim, timeout.Token);
        var type = $"crash.{Guid.NewGuid():N}";
        using var stopPublishing = new CancellationTokenSource();
        var publishing = PublishAsync(client, type, stopPublishing.Token, timeout.Token);

        await WaitUntilAsync(() => publishing.Accepted.Count >= 10, timeout.Token);
        Processes.Kill(target);
        var atKill = publishing.Accepted.Count;
        await WaitUntilAsync(() => publishing.Accepted.Count >= atKill + 20, timeout.Token);
        await stopPublishing.CancelAsync();
        await publishing.Completion;

        var accepted = publishing.Accepted.SelectMany(batch => Enumerable.Range(batch * BatchSize, BatchSize)).ToList();
        var stored = await ReadStoredAsync(type, accepted, timeout.Token);
        var times = stored.GroupBy(number => number).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(accepted, number => Assert.Equal(1, times[number]));

        await app.ResourceNotifications.WaitForResourceHealthyAsync(victim, timeout.Token);
    }

    private async Task<int> FindAsync(string victim, CancellationToken cancellationToken)
    {
        var app = await platform.StartAsync();
        if (victim == "event-processor")
            return Processes.DescendantsWith("RankMyBrand.EventProcessor.dll")[0];
        var connectionString = (await app.GetConnectionStringAsync(victim, cancellationToken))!;
        var port = victim == "postgres"
            ? new NpgsqlConnectionStringBuilder(connectionString).Port
            : ((DnsEndPoint)ConfigurationOptions.Parse(connectionString).EndPoints[0]).Port;
        return Processes.ListeningOn(port);
    }

    /// <summary>Posts batches one after the other. A refused batch is given up, not repeated: what counts is what was accepted.</summary>
    private static Publishing PublishAsync(HttpClient client, string type, CancellationToken stop, CancellationToken cancellationToken)
    {
        var accepted = new List<int>();
        return new Publishing(accepted, RunAsync());

        async Task RunAsync()
        {
            for (var batch = 0; !stop.IsCancellationRequested; batch++)
            {
                var body = string.Join('\n', Enumerable.Range(batch * BatchSize, BatchSize)
                    .Select(number => $$$"""{"type":"{{{type}}}","data":{"n":{{{number}}},"text":"{{{new string('x', 500)}}}"}}"""));
                try
                {
                    using var content = new StringContent(body, Encoding.UTF8, "application/x-ndjson");
                    using var response = await client.PostAsync("/api/events/ai.responses/batch", content, cancellationToken);
                    if (response.StatusCode is not HttpStatusCode.Accepted)
                    {
                        Assert.Equal("UNAVAILABLE", (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!["code"]);
                        continue;
                    }

                    var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!;
                    if ((int)answer["accepted"]! == BatchSize)
                    {
                        lock (accepted)
                            accepted.Add(batch);
                    }
                }
                catch (HttpRequestException)
                {
                    // The connection broke before there was an answer.
                }
            }
        }
    }

    /// <summary>
    /// Reads what is stored once it holds all that was accepted. Counting would not do: of a batch whose answer was lost some events may be
    /// stored too.
    /// </summary>
    private async Task<IReadOnlyList<int>> ReadStoredAsync(string type, IReadOnlyList<int> accepted, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var connection = await platform.OpenDatabaseAsync(cancellationToken);
                await using var command = new NpgsqlCommand("SELECT (event_data->>'n')::int FROM events WHERE event_type = $1", connection);
                command.Parameters.Add(new() { Value = type });
                var numbers = new List<int>();
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                while (await reader.ReadAsync(cancellationToken))
                    numbers.Add(reader.GetInt32(0));
                if (!accepted.Except(numbers).Any())
                    return numbers;
            }
            catch (NpgsqlException e) when (e.IsTransient || e.InnerException is IOException)
            {
                // It is still starting again.
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition())
            await Task.Delay(10, cancellationToken);
    }

    private sealed record Publishing(List<int> Batches, Task Completion)
    {
        public IReadOnlyList<int> Accepted
        {
            get
            {
                lock (Batches)
                    return [.. Batches];
            }
        }
    }
}
